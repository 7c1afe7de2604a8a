"""What holds for orders of every kind: ids, repetition, refusals that stay, what memory keeps, and what a row says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from actors.domain.commands import Refused
from actors.domain.ids import Origin, id_origin, make_id, relayed_id
from actors.domain.money.accounts import FIRST_UNIT_KIND, account_kind, floor_of
from actors.domain.money.apply import answer_of_row, request_hash
from actors.domain.money.entries import EntryCode
from actors.domain.money.orders import Done, RequestWithdrawal, TransferIn, WalletOrder
from actors.domain.refusals import Refusal
from tests.fakes.money import NOW_MS, PLAY, PLAYER, settle, void
from tests.fakes.money_books import CASH, Books, code, everything_in_place, picture

DAY_MS = 86_400_000
KINDS = sorted(everything_in_place()[1])
#: Whose ids tell of something that may have begun long ago.
AGELESS = {"Settle", "Void", "DefineJackpot", "MoveJackpot", "PayJackpot", "TransferOut", "TransferIn"}
#: What another value of a field is refused as, before the id is looked at; elsewhere the id is seen to be reused.
FORGED = {
    ("MoveJackpot", "source"): Refusal.ACCOUNT_FORBIDDEN,
    ("MoveJackpot", "target"): Refusal.ACCOUNT_FORBIDDEN,
    ("TransferOut", "kind"): Refusal.ACCOUNT_FORBIDDEN,
    ("TransferIn", "kind"): Refusal.ACCOUNT_FORBIDDEN,
    ("TransferIn", "transfer_id"): Refusal.ID_CLASS_FORBIDDEN,
    ("TransferIn", "peer"): Refusal.ID_CLASS_FORBIDDEN,
}


@pytest.fixture
def books() -> Books:
    return Books()


def test_there_is_an_order_of_every_kind() -> None:
    codes = {code.name.title().replace("_", "") for code in EntryCode}
    assert set(KINDS) == codes - {"Exchanged"}


# ---------------------------------------------------------------- every kind of order


@pytest.mark.parametrize("kind", KINDS)
def test_order_books_rows_that_sum_to_zero(kind: str) -> None:
    books, orders = everything_in_place()
    position, first = books.state.seq, len(books.rows)
    books.did(orders[kind])
    rows = books.rows[first:]
    assert [row.seq for row in rows] == list(range(position + 1, position + 1 + len(rows)))
    assert rows[0].cmd_id == orders[kind].cmd_id
    for row in rows:
        money = [leg for leg in row.legs if account_kind(leg[0]) < FIRST_UNIT_KIND]
        assert sum(amount for _, amount, _ in money) == 0
        assert sum(amount for _, amount, _ in row.legs) == 0
        assert len({account for account, _, _ in row.legs}) == len(row.legs)
        assert all(amount for _, amount, _ in row.legs)
        assert all(balance >= floor_of(account_kind(account)) for account, _, balance in row.legs)


@pytest.mark.parametrize("kind", KINDS)
def test_order_again_gets_the_same_answer_and_no_row(kind: str) -> None:
    books, orders = everything_in_place()
    first = books.do(orders[kind])
    books.did(books.orders.deposit(50))
    before, rows = picture(books.state), len(books.rows)
    assert books.do(orders[kind]) == first
    assert picture(books.state) == before
    assert len(books.rows) == rows


@pytest.mark.parametrize("kind", KINDS)
def test_same_id_with_another_body_is_refused(kind: str) -> None:
    """Whichever field differs."""
    books, orders = everything_in_place()
    order = orders[kind]
    books.did(order)
    before, rows = picture(books.state), len(books.rows)
    for field in type(order).__struct_fields__[1:]:
        forged = msgspec.structs.replace(order, **{field: _other(getattr(order, field))})
        assert request_hash(forged) != request_hash(order)
        assert code(books.do(forged)) == FORGED.get((kind, field), Refusal.ID_REUSED), field
    assert picture(books.state) == before
    assert len(books.rows) == rows


def _other(value: Any) -> Any:
    """Return a value of the same type that is not this one."""
    match value:
        case bytes():
            return make_id(NOW_MS, Origin.CLIENT, b"something else") if len(value) == 16 else value + b"!"
        case str():
            return value + "!"
        case msgspec.Struct():
            return msgspec.structs.replace(value, rate_num=2)
        case _:
            return value + 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ms", [NOW_MS - 30 * DAY_MS - 1, NOW_MS + 300_001])
def test_id_out_of_its_time_is_refused_unrecorded(kind: str, ms: int) -> None:
    """Except for those that follow from something old."""
    books, orders = everything_in_place()
    rows = len(books.rows)
    answer = books.do(_at(orders[kind], ms))
    refusal = Refusal.ID_IN_FUTURE if ms > NOW_MS else None if kind in AGELESS else Refusal.ID_TOO_OLD
    assert (answer.code if isinstance(answer, Refused) else None) == refusal
    assert (len(books.rows) == rows) == (refusal is not None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ms", [NOW_MS - 30 * DAY_MS, NOW_MS + 300_000])
def test_id_at_the_edge_of_its_time_is_carried_out(kind: str, ms: int) -> None:
    books, orders = everything_in_place()
    books.did(_at(orders[kind], ms))


def _at(order: WalletOrder, ms: int) -> WalletOrder:
    """Return the order as given at another time."""
    if isinstance(order, TransferIn):
        sent = make_id(ms, Origin.JACKPOT, b"another time")
        return msgspec.structs.replace(order, cmd_id=relayed_id(sent, order.peer), transfer_id=sent)
    id_ = make_id(ms, Origin(id_origin(order.cmd_id)), b"another time")
    return msgspec.structs.replace(order, cmd_id=id_)


@pytest.mark.parametrize("kind", KINDS)
def test_day_without_room_in_the_journal_is_refused(kind: str) -> None:
    books, orders = everything_in_place()
    books.state.first_day = NOW_MS // DAY_MS
    books.state.end_day = books.state.first_day + 1
    assert code(books.do(_at(orders[kind], NOW_MS - DAY_MS))) == Refusal.ID_TOO_OLD
    books.state.end_day = books.state.first_day
    assert code(books.do(orders[kind])) == Refusal.ID_IN_FUTURE


@pytest.mark.parametrize("kind", KINDS)
def test_answer_is_rebuilt_from_its_row(kind: str) -> None:
    books, orders = everything_in_place()
    first = len(books.rows)
    answer = books.do(orders[kind])
    assert answer_of_row(books.rows[first]) in (answer, _without_list(answer))


def _without_list(answer: Any) -> Any:
    return msgspec.structs.replace(answer, open=[]) if hasattr(answer, "open") else answer


# ---------------------------------------------------------------- refusals that stay


def test_refusal_is_remembered_after_the_balance_changed(books: Books) -> None:
    stake = books.orders.reserve(1001)
    assert code(books.do(stake)) == Refusal.INSUFFICIENT_FUNDS
    books.did(books.orders.deposit(5000))
    assert code(books.do(stake)) == Refusal.INSUFFICIENT_FUNDS
    assert books.balance(CASH) == 6000


def test_every_recorded_refusal_stays_whatever_happens_after(books: Books) -> None:
    orders = books.orders
    refused: list[WalletOrder] = [
        orders.wager(10, 5, jackpot=3),
        orders.pay(1),
        orders.move(1),
        orders.convert(),
        orders.forfeit(),
        orders.exchange(10, 10),
        orders.send(5),
        orders.withdraw(1001),
        orders.adjust(-1001),
        orders.deposit(1, 8),
    ]
    codes = [code(books.do(order)) for order in refused]
    books.did(orders.open(ccy=2), orders.open(8), orders.deposit(5000), orders.define(), orders.move(500))
    books.did(orders.bonus(100, wagering=1000))
    rows = len(books.rows)
    assert [code(books.do(order)) for order in refused] == codes
    assert len(books.rows) == rows


def test_recorded_refusal_is_a_row_without_legs(books: Books) -> None:
    orders = books.orders
    stake = orders.reserve(10)
    books.did(stake, settle(stake, 0), orders.fence(9))
    before = picture(books.state)
    for order in (
        orders.reserve(10_000, epoch=9),
        orders.reserve(1, 99, epoch=9),
        orders.reserve(1, epoch=8),
        orders.deposit(1, 99),
        orders.bonus(1, 99),
        settle(stake, 5, 1),
        void(stake),
        settle(orders.reserve(1), 1),
        orders.fence(8),
    ):
        answer = books.do(order)
        assert books.rows[-1].status == code(answer)
        assert books.rows[-1].legs == ()
        assert answer_of_row(books.rows[-1]) == answer
    assert picture(books.state) == before


def test_same_id_for_another_kind_of_order_is_refused(books: Books) -> None:
    money = books.orders.deposit(300)
    books.did(money)
    assert code(books.do(RequestWithdrawal(money.cmd_id, PLAYER, PLAY, 300))) == Refusal.ID_REUSED


def test_derived_id_of_a_long_frozen_game_is_carried_out(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.did(stake)
    later = NOW_MS + 90 * DAY_MS
    books.state.advance(later)
    assert books.do(settle(stake, 0), later) == Done(4, 700, 0, 0)


# ---------------------------------------------------------------- memory


def test_outcomes_are_forgotten_after_the_window_and_not_before(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.did(stake)
    books.state.advance(NOW_MS + 119_000)
    assert stake.cmd_id in books.state.outcomes
    books.state.advance(NOW_MS + 125_000)
    assert stake.cmd_id not in books.state.outcomes
    assert stake.cmd_id in books.state.reservations, "an open reservation is never forgotten"


def test_open_withdrawal_is_never_forgotten_and_a_closed_one_is(books: Books) -> None:
    open_, closed = books.orders.withdraw(300), books.orders.withdraw(5)
    books.did(open_, closed, books.orders.cancel(closed))
    books.state.advance(NOW_MS + 125_000)
    assert set(books.state.reservations) == {open_.cmd_id}


def test_old_id_booked_now_is_kept_for_a_window(books: Books) -> None:
    """A look into the store that began before this booking must not find the id absent in both places."""
    stake = books.orders.reserve(300, at_ms=NOW_MS - DAY_MS)
    books.did(stake)
    books.state.advance(NOW_MS + 100_000)
    assert stake.cmd_id in books.state.outcomes


def test_id_ahead_of_the_clock_is_kept_until_its_own_time_has_passed(books: Books) -> None:
    """No store is asked about an id above the floor, so memory must still know it."""
    ahead = books.orders.reserve(300, at_ms=NOW_MS + 290_000)
    first = books.do(ahead)
    books.did(void(ahead))
    later = NOW_MS + 300_000
    books.state.advance(later)
    assert books.do(ahead, later) == first
    assert code(books.do(settle(ahead, 1), later)) == Refusal.RESERVATION_CLOSED


def test_closed_reservations_are_forgotten_after_the_window(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.did(stake, void(stake))
    books.state.advance(NOW_MS + 125_000)
    assert books.state.reservations == {}
    assert books.state.open_by_table == {}


def test_floor_never_falls_when_the_clock_does(books: Books) -> None:
    books.state.advance(NOW_MS + 10_000)
    floor = books.state.floor_ms
    books.state.advance(NOW_MS - 50_000)
    assert books.state.floor_ms == floor
