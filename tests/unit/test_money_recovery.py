"""Recovery proves the books before it serves: each way in which they may be broken, and what is built anew from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from actors.domain.ids import linked_id
from actors.domain.money.accounts import Kind
from actors.domain.money.apply import apply
from actors.domain.money.batch import Batch
from actors.domain.money.entries import ReservationState
from actors.domain.money.lookups import missing
from actors.domain.money.orders import Funding, WalletOrder
from actors.domain.money.recovery import BooksDisagree, Loaded, recover
from actors.domain.money.state import ShardState
from tests.fakes.ledger import FakeBooks
from tests.fakes.money import JACKPOT, NOW_MS, Orders, empty_state, settle, void
from tests.fakes.money_books import BONUS, CASH, ESCROW, GGR, PENDING, PSP, UNITS, WANTED, own


class World:
    """Books with a bit of everything, and the memory that wrote them."""

    def __init__(self) -> None:
        self.orders = orders = Orders()
        self.state: ShardState = empty_state()
        self.books = FakeBooks()
        self.books.claim("test")
        self.staked, self.closed = orders.reserve(300), orders.reserve(60, funding=Funding.BONUS_FIRST)
        self.of_bonus, self.leaving = orders.reserve(50, funding=Funding.BONUS_FIRST), orders.withdraw(200)
        self.exchange = orders.exchange(10, 9)
        self.commit(orders.open(), orders.open(ccy=2), orders.deposit(1000), orders.bonus(100, wagering=700))
        self.commit(self.staked, self.closed, self.of_bonus, self.leaving, settle(self.closed, 90), orders.define())
        self.commit(self.exchange, void(orders.reserve(1)), orders.fence(1), orders.wager(10**9, 0))

    def commit(self, *orders: WalletOrder) -> None:
        head = self.books.head
        batch = Batch(0, head.head)
        for order in orders:
            for row in apply(self.state, order, NOW_MS)[1]:
                batch.add(row)
        self.books.commit(batch.seal(head.epoch, head.seq))

    def loaded(self, **changes: Any) -> Loaded:
        return msgspec.structs.replace(self.books.load(NOW_MS - 120_000), **changes)


@pytest.fixture
def world() -> World:
    return World()


# ---------------------------------------------------------------- what is built anew


def test_recovered_memory_is_what_it_was(world: World) -> None:
    rebuilt = recover(0, world.loaded(), NOW_MS)
    for part in ("balances", "reservations", "open_by_table", "bonus_in_play", "fences", "jackpots", "outcomes", "seq"):
        assert getattr(rebuilt, part) == getattr(world.state, part), part


def test_recovered_memory_gives_every_answer_again(world: World) -> None:
    rebuilt = recover(0, world.loaded(), NOW_MS)
    rebuilt.end_day = world.state.end_day
    for order in (world.staked, world.closed, world.leaving, world.exchange):
        assert apply(rebuilt, order, NOW_MS) == (apply(world.state, order, NOW_MS)[0], ())


def test_second_row_of_an_exchange_is_no_order_of_its_own(world: World) -> None:
    """Memory that wrote it never knew its id; memory that read it once did."""
    assert linked_id(world.exchange.cmd_id) not in recover(0, world.loaded(), NOW_MS).outcomes


def test_bonus_in_play_is_that_of_open_stakes_alone(world: World) -> None:
    assert recover(0, world.loaded(), NOW_MS).bonus_in_play == {own(Kind.CASH) - Kind.CASH: 40}


def test_bonus_in_play_keeps_a_second_grant_out_after_recovery(world: World) -> None:
    world.commit(world.orders.forfeit())
    rebuilt = recover(0, world.loaded(), NOW_MS)
    rebuilt.end_day = world.state.end_day
    grant = world.orders.bonus(1, wagering=1)
    assert apply(rebuilt, grant, NOW_MS)[0] == apply(world.state, grant, NOW_MS)[0]
    assert apply(rebuilt, void(world.of_bonus), NOW_MS)[0] == apply(world.state, void(world.of_bonus), NOW_MS)[0]
    assert rebuilt.balances == world.state.balances
    assert rebuilt.bonus_in_play == {}


def test_old_rows_and_closed_reservations_are_looked_up_instead(world: World) -> None:
    later = world.orders.clock.ms = NOW_MS + 3_600_000
    rebuilt = recover(0, world.books.load(later - 120_000), later)
    rebuilt.end_day = world.state.end_day
    assert rebuilt.outcomes == {}
    assert set(rebuilt.reservations) == {world.staked.cmd_id, world.of_bonus.cmd_id, world.leaving.cmd_id}
    asked = missing(rebuilt, [world.closed, world.leaving, world.orders.cancel(world.leaving)], later)
    assert asked == ({world.closed.cmd_id, world.leaving.cmd_id}, {world.closed.cmd_id})


def test_cancel_of_an_old_withdrawal_is_looked_up(world: World) -> None:
    """Else it would leave a tombstone where a reservation stands."""
    world.commit(world.orders.cancel(world.leaving))
    later = world.orders.clock.ms = NOW_MS + 3_600_000
    rebuilt = recover(0, world.books.load(later - 120_000), later)
    assert missing(rebuilt, [world.orders.cancel(world.leaving)], later)[1] == {world.leaving.cmd_id}


def test_new_shard_is_recovered_from_nothing() -> None:
    books = FakeBooks()
    books.claim("test")
    assert recover(0, books.load(NOW_MS), NOW_MS).seq == 0


# ---------------------------------------------------------------- books that are broken


def _moved(*changes: tuple[int, int]) -> Callable[[World], Loaded]:
    """Balances with amounts added."""

    def bend(world: World) -> Loaded:
        balances = dict(world.books.balances)
        for account, amount in changes:
            balances[account] = balances.get(account, 0) + amount
        return world.loaded(balances=balances)

    return bend


def _reservations(change: Callable[[World, dict[bytes, Any]], None]) -> Callable[[World], Loaded]:
    """Reservations with something changed."""

    def bend(world: World) -> Loaded:
        reservations = dict(world.books.reservations)
        change(world, reservations)
        return world.loaded(reservations=list(reservations.values()))

    return bend


def _drop_stake(world: World, reservations: dict[bytes, Any]) -> None:
    del reservations[world.staked.cmd_id]


def _drop_withdrawal(world: World, reservations: dict[bytes, Any]) -> None:
    del reservations[world.leaving.cmd_id]


def _change(which: str, **changes: Any) -> Callable[[World], Loaded]:
    def change(world: World, reservations: dict[bytes, Any]) -> None:
        id_ = getattr(world, which).cmd_id
        reservations[id_] = msgspec.structs.replace(reservations[id_], **changes)

    return _reservations(change)


def _without_tail_row(world: World) -> Loaded:
    loaded = world.loaded()
    return world.loaded(tail=loaded.tail[:-1], tail_hashes=loaded.tail_hashes[:-1])


def _gap(world: World) -> Loaded:
    loaded = world.loaded()
    return world.loaded(tail=loaded.tail[:4] + loaded.tail[5:], tail_hashes=loaded.tail_hashes[1:])


def _row(**changes: Any) -> Callable[[World], Loaded]:
    def bend(world: World) -> Loaded:
        tail = world.loaded().tail
        return world.loaded(tail=[*tail[:5], msgspec.structs.replace(tail[5], **changes), *tail[6:]])

    return bend


def _swapped_hashes(world: World) -> Loaded:
    hashes = world.loaded().tail_hashes
    return world.loaded(tail_hashes=[hashes[1], hashes[0], *hashes[2:]])


def _head(world: World) -> Loaded:
    return world.loaded(head=msgspec.structs.replace(world.books.head, head=bytes(32)))


def _head_ahead(world: World) -> Loaded:
    head = world.books.head
    return world.loaded(head=msgspec.structs.replace(head, seq=head.seq + 1))


BROKEN: list[tuple[str, Callable[[World], Loaded], str]] = [
    ("money from nowhere", _moved((CASH, 1)), "trial balance of currency 1 is 1, not 0 .money"),
    ("money gone in another currency", _moved((own(Kind.CASH, ccy=2), -1)), "currency 2 is -1, not 0 .money"),
    ("units from nowhere", _moved((WANTED, 5)), "currency 1 is 5, not 0 .units"),
    ("units against money", _moved((UNITS, 5), (GGR, -5)), "trial balance of currency 1"),
    ("cash below its floor", _moved((CASH, -1000), (GGR, 1000)), "below its floor"),
    ("bonus below its floor", _moved((BONUS, -1000), (GGR, 1000)), "below its floor"),
    ("escrow without a stake", _moved((ESCROW, 7), (GGR, -7)), "escrow account 701120 has 357"),
    ("pending without a withdrawal", _moved((PENDING, 7), (PSP, -7)), "withdrawal account 701130 has 207"),
    ("escrow taken for pending", _moved((PENDING, 7), (ESCROW, -7)), "escrow account 701120 has 343"),
    ("another's escrow", _moved((own(Kind.ESCROW, 8), 7), (GGR, -7)), "escrow account 801120 has 7"),
    ("stake that is missing", _reservations(_drop_stake), "escrow account"),
    ("withdrawal that is missing", _reservations(_drop_withdrawal), "withdrawal account"),
    ("stake of another amount", _change("staked", amount_minor=301), "escrow account"),
    ("stake of another player", _change("staked", player_id=8), "escrow account"),
    ("stake that is closed", _change("staked", state=ReservationState.SETTLED), "escrow account"),
    ("stake that is open again", _change("closed", state=ReservationState.OPEN), "escrow account"),
    ("withdrawal taken for a stake", _change("leaving", kind=Kind.ESCROW), "escrow account"),
    (
        "stake of a player without accounts",
        _change("closed", state=ReservationState.OPEN, player_id=9),
        "without escrow",
    ),
    ("last row that is missing", _without_tail_row, "not dense"),
    ("row that is missing", _gap, "not dense"),
    ("row of another amount", _row(legs=((PSP, -1, -1), (CASH, 1, 1))), "row 6 does not follow the chain"),
    ("row of another text", _row(meta="x"), "row 6 does not follow the chain"),
    ("row of another player", _row(player_id=8), "row 6 does not follow the chain"),
    ("row of another bonus", _row(bonus_minor=1), "row 6 does not follow the chain"),
    ("hashes that were swapped", _swapped_hashes, "row 1 does not follow the chain"),
    ("head of another row", _head, "not the shard's head"),
    ("head that is ahead", _head_ahead, "not dense"),
    ("another shard's books", lambda world: world.loaded(before=bytes(32)), "genesis"),
]


@pytest.mark.parametrize(("name", "bend", "says"), BROKEN, ids=[name for name, *_ in BROKEN])
def test_broken_books_are_not_served(world: World, name: str, bend: Callable[[World], Loaded], says: str) -> None:
    with pytest.raises(BooksDisagree, match=says):
        recover(0, bend(world), NOW_MS)


def test_jackpots_are_recovered(world: World) -> None:
    assert set(recover(0, world.loaded(), NOW_MS).jackpots) == {JACKPOT}
