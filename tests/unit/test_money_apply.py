"""The rules of the books, one at a time."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest

from actors.domain.commands import Refused
from actors.domain.ids import Origin
from actors.domain.money.accounts import Kind, account_id
from actors.domain.money.apply import answer_of_row, apply
from actors.domain.money.entries import Row
from actors.domain.money.orders import Done, Fenced, RequestWithdrawal, WalletOrder
from actors.domain.money.state import ShardState
from actors.domain.refusals import Refusal
from tests.fakes.money import NOW_MS, PLAY, PLAYER, Orders, empty_state, settle, void

CASH = account_id(PLAYER, PLAY, Kind.CASH)
ESCROW = account_id(PLAYER, PLAY, Kind.ESCROW)
GGR = account_id(0, PLAY, Kind.GGR)
PSP = account_id(0, PLAY, Kind.PSP_CLEARING)
DAY_MS = 86_400_000


class Books:
    """A state and the rows that it gave."""

    def __init__(self) -> None:
        self.state = empty_state()
        self.orders = Orders()
        self.rows: list[Row] = []

    def do(self, order: WalletOrder, now_ms: int = NOW_MS) -> Any:
        answer, rows = apply(self.state, order, now_ms)
        self.rows += rows
        return answer

    def balance(self, account: int) -> int:
        return self.state.balances.get(account, 0)


@pytest.fixture
def books() -> Books:
    """A player with 10.00 in cash."""
    made = Books()
    made.do(made.orders.open())
    made.do(made.orders.deposit(1000))
    return made


def code(answer: Any) -> int:
    assert isinstance(answer, Refused), answer
    return answer.code


def picture(state: ShardState) -> Any:
    """Everything a refusal must leave alone; only the journal's position and the id's outcome may change."""
    return copy.deepcopy((state.balances, state.reservations, state.open_by_table, state.fences))


def test_deposit_moves_from_clearing_to_cash(books: Books) -> None:
    assert books.rows[-1].legs == ((PSP, -1000, -1000), (CASH, 1000, 1000))


def test_bonus_tick_is_paid_in_cash(books: Books) -> None:
    answer = books.do(books.orders.bonus(500))
    assert answer == Done(3, 1500, 0, 500)
    assert books.balance(account_id(0, PLAY, Kind.BONUS_COST)) == -500


def test_open_account_twice_is_done_and_opens_nothing(books: Books) -> None:
    answer = books.do(books.orders.open())
    assert answer == Done(3, 1000, 0, 0)
    assert books.rows[-1].accounts == ()


def test_reserve_moves_cash_to_escrow(books: Books) -> None:
    answer = books.do(books.orders.reserve(300))
    assert answer == Done(3, 700, 300, 300)
    assert books.rows[-1].legs == ((CASH, -300, 700), (ESCROW, 300, 300))


def test_reserve_of_everything_is_done(books: Books) -> None:
    assert books.do(books.orders.reserve(1000)) == Done(3, 0, 1000, 1000)


def test_settle_lost_bet_gives_stake_to_the_house(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.do(stake)
    assert books.do(settle(stake, 0)) == Done(4, 700, 0, 0)
    assert books.rows[-1].legs == ((ESCROW, -300, 0), (GGR, 300, 300))


def test_settle_won_bet_pays_from_the_house(books: Books) -> None:
    stake = books.orders.reserve(100)
    books.do(stake)
    assert books.do(settle(stake, 3600)) == Done(4, 4500, 0, 3600)
    assert books.rows[-1].legs == ((ESCROW, -100, 0), (CASH, 3600, 4500), (GGR, -3500, -3500))


def test_settle_for_exactly_the_stake_leaves_the_house_out(books: Books) -> None:
    stake = books.orders.reserve(100)
    books.do(stake)
    assert books.do(settle(stake, 100)) == Done(4, 1000, 0, 100)
    assert GGR not in books.state.balances


def test_void_returns_the_recorded_amount(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.do(stake)
    assert books.do(void(stake)) == Done(4, 1000, 0, 300)


def test_void_twice_with_other_id_is_done_and_moves_nothing(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.do(stake)
    books.do(void(stake))
    assert books.do(void(stake, 1)) == Done(5, 1000, 0, 0)


def test_void_before_reserve_leaves_a_tombstone_that_refuses_it(books: Books) -> None:
    stake = books.orders.reserve(300)
    assert books.do(void(stake)) == Done(3, 1000, 0, 0)
    assert code(books.do(stake)) == Refusal.ALREADY_VOIDED
    assert books.balance(CASH) == 1000


def test_void_of_settled_reservation_is_refused(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.do(stake)
    books.do(settle(stake, 0))
    assert code(books.do(void(stake))) == Refusal.RESERVATION_CLOSED


@pytest.mark.parametrize("first", [settle, lambda stake, payout: void(stake)])
def test_settle_of_closed_reservation_is_refused(books: Books, first: Any) -> None:
    stake = books.orders.reserve(300)
    books.do(stake)
    books.do(first(stake, 0))
    assert code(books.do(settle(stake, 600, 1))) == Refusal.RESERVATION_CLOSED
    assert books.balance(ESCROW) == 0


def test_settle_of_tombstone_is_refused(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.do(void(stake))
    assert code(books.do(settle(stake, 600))) == Refusal.RESERVATION_CLOSED


def test_settle_of_unknown_reservation_is_refused(books: Books) -> None:
    assert code(books.do(settle(books.orders.reserve(300), 0))) == Refusal.RESERVATION_UNKNOWN


@pytest.mark.parametrize("change", [{"player_id": 8}, {"round_id": bytes(16)}])
def test_settle_and_void_of_anothers_reservation_are_refused(books: Books, change: dict[str, Any]) -> None:
    stake = books.orders.reserve(300)
    books.do(stake)
    for order in (settle(stake, 600), void(stake)):
        assert code(books.do(msgspec.structs.replace(order, **change))) == Refusal.RESERVATION_UNKNOWN
    assert books.balance(ESCROW) == 300


# ---------------------------------------------------------------- ids


def test_same_order_again_gets_the_same_answer_and_no_row(books: Books) -> None:
    stake = books.orders.reserve(300)
    first = books.do(stake)
    books.do(books.orders.deposit(50))
    before, rows = picture(books.state), len(books.rows)
    assert books.do(stake) == first
    assert picture(books.state) == before
    assert len(books.rows) == rows


def test_refusal_is_remembered_after_the_balance_changed(books: Books) -> None:
    stake = books.orders.reserve(1001)
    assert code(books.do(stake)) == Refusal.INSUFFICIENT_FUNDS
    books.do(books.orders.deposit(5000))
    assert code(books.do(stake)) == Refusal.INSUFFICIENT_FUNDS
    assert books.balance(CASH) == 6000


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 301},
        {"player_id": 8},
        {"ccy": 2},
        {"round_id": bytes(16)},
        {"table_id": "x"},
        {"table_epoch": 2},
    ],
)
def test_same_id_with_another_body_is_refused(books: Books, change: dict[str, Any]) -> None:
    stake = books.orders.reserve(300)
    books.do(stake)
    before = picture(books.state)
    assert code(books.do(msgspec.structs.replace(stake, **change))) == Refusal.ID_REUSED
    assert picture(books.state) == before


def test_same_id_for_another_kind_of_order_is_refused(books: Books) -> None:
    money = books.orders.deposit(300)
    books.do(money)
    other = RequestWithdrawal(money.cmd_id, PLAYER, PLAY, 300)
    assert code(books.do(other)) == Refusal.ID_REUSED


@pytest.mark.parametrize(
    ("at_ms", "refusal"),
    [
        (NOW_MS - 30 * DAY_MS, None),
        (NOW_MS - 30 * DAY_MS - 1, Refusal.ID_TOO_OLD),
        (NOW_MS + 300_000, None),
        (NOW_MS + 300_001, Refusal.ID_IN_FUTURE),
    ],
)
def test_client_id_is_carried_out_only_in_its_time(books: Books, at_ms: int, refusal: Refusal | None) -> None:
    answer = books.do(books.orders.reserve(300, at_ms=at_ms))
    assert (answer.code if isinstance(answer, Refused) else None) == refusal


def test_derived_id_of_a_long_frozen_game_is_carried_out(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.do(stake)
    later = NOW_MS + 90 * DAY_MS
    books.state.advance(later)
    assert books.do(settle(stake, 0), later) == Done(4, 700, 0, 0)


def test_id_of_a_day_without_room_in_the_journal_is_refused(books: Books) -> None:
    books.state.first_day = NOW_MS // DAY_MS
    books.state.end_day = books.state.first_day + 1
    old = books.orders.reserve(1, at_ms=NOW_MS - DAY_MS)
    assert code(books.do(old)) == Refusal.ID_TOO_OLD
    assert code(books.do(void(old))) == Refusal.ID_TOO_OLD
    books.state.end_day = books.state.first_day
    assert code(books.do(books.orders.reserve(1))) == Refusal.ID_IN_FUTURE


def test_ids_out_of_their_time_are_not_recorded(books: Books) -> None:
    rows = len(books.rows)
    books.do(books.orders.reserve(300, at_ms=NOW_MS - 31 * DAY_MS))
    assert len(books.rows) == rows


# ---------------------------------------------------------------- malformed orders


def bad_orders() -> list[tuple[str, WalletOrder, Refusal]]:
    orders = Orders()
    stake, change = orders.reserve(300), msgspec.structs.replace
    return [
        ("zero", orders.reserve(0), Refusal.AMOUNT_INVALID),
        ("negative", orders.reserve(-1), Refusal.AMOUNT_INVALID),
        ("2^62", orders.reserve(2**62), Refusal.AMOUNT_INVALID),
        ("2^63", orders.reserve(2**63), Refusal.AMOUNT_INVALID),
        ("2^200", orders.deposit(2**200), Refusal.AMOUNT_INVALID),
        ("deposit of nothing", orders.deposit(0), Refusal.AMOUNT_INVALID),
        ("bonus below nothing", orders.bonus(-5), Refusal.AMOUNT_INVALID),
        ("payout below nothing", settle(stake, -1), Refusal.AMOUNT_INVALID),
        ("payout of 2^62", settle(stake, 2**62), Refusal.AMOUNT_INVALID),
        ("short id", change(stake, cmd_id=b"short"), Refusal.ID_CLASS_FORBIDDEN),
        ("id of version 4", change(stake, cmd_id=bytes(16)), Refusal.ID_CLASS_FORBIDDEN),
        ("settle by a client", change(settle(stake, 1), cmd_id=orders.id()), Refusal.ID_CLASS_FORBIDDEN),
        ("void by a client", change(void(stake), cmd_id=orders.id()), Refusal.ID_CLASS_FORBIDDEN),
        ("reserve as settle", change(stake, cmd_id=orders.id(Origin.SETTLE)), Refusal.ID_CLASS_FORBIDDEN),
        ("fence as void", change(orders.fence(1), cmd_id=orders.id(Origin.VOID)), Refusal.ID_CLASS_FORBIDDEN),
        ("short reservation", change(void(stake), reservation_id=b""), Refusal.ID_CLASS_FORBIDDEN),
        ("no player", orders.reserve(1, 0), Refusal.UNKNOWN_ACCOUNT),
        ("player beyond 2^46", orders.open(2**46 + 1), Refusal.UNKNOWN_ACCOUNT),
        ("void of no player", change(void(stake), player_id=-1), Refusal.UNKNOWN_ACCOUNT),
        ("no such currency", orders.reserve(1, ccy=3), Refusal.CURRENCY_MISMATCH),
        ("void in no currency", change(void(stake), ccy=0), Refusal.CURRENCY_MISMATCH),
        ("table without name", orders.reserve(1, table=""), Refusal.UNKNOWN_TABLE),
        ("table with NUL", orders.fence(1, "a\0b"), Refusal.UNKNOWN_TABLE),
        ("long table", orders.fence(1, "x" * 65), Refusal.UNKNOWN_TABLE),
        ("negative epoch", orders.fence(-1), Refusal.UNKNOWN_TABLE),
        ("short round", change(stake, round_id=b"r"), Refusal.WRONG_ROUND),
    ]


@pytest.mark.parametrize(("name", "order", "refusal"), bad_orders())
def test_malformed_order_is_refused_unrecorded(books: Books, name: str, order: WalletOrder, refusal: Refusal) -> None:
    before, rows = picture(books.state), len(books.rows)
    assert code(books.do(order)) == refusal
    assert picture(books.state) == before
    assert len(books.rows) == rows


# ---------------------------------------------------------------- order of refusals, extremes


def test_reserve_refuses_in_the_documented_order(books: Books) -> None:
    """Each step mends one fault of an order that has all of them."""
    orders = books.orders
    books.do(orders.fence(5))
    dead = orders.reserve(2000, epoch=4)
    books.do(void(dead))
    assert code(books.do(msgspec.structs.replace(dead, amount_minor=0, player_id=8))) == Refusal.AMOUNT_INVALID
    nobody = msgspec.structs.replace(orders.reserve(2000, 8, epoch=4))
    assert code(books.do(nobody)) == Refusal.UNKNOWN_ACCOUNT
    assert code(books.do(dead)) == Refusal.ALREADY_VOIDED
    assert code(books.do(orders.reserve(2000, epoch=4))) == Refusal.STALE_TABLE_EPOCH
    assert code(books.do(orders.reserve(2000, epoch=5))) == Refusal.INSUFFICIENT_FUNDS
    assert isinstance(books.do(orders.reserve(1000, epoch=5)), Done)


def test_recorded_refusal_changes_nothing_but_the_journal(books: Books) -> None:
    orders = books.orders
    stake = orders.reserve(10)
    books.do(stake)
    books.do(settle(stake, 0))
    books.do(orders.fence(9))
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
    assert picture(books.state) == before


def test_deposit_up_to_the_limit_is_exact_and_beyond_is_refused(books: Books) -> None:
    assert isinstance(books.do(books.orders.deposit(2**62 - 1 - 1000)), Done)
    assert books.balance(CASH) == 2**62 - 1
    assert code(books.do(books.orders.deposit(1))) == Refusal.AMOUNT_INVALID
    assert books.balance(CASH) == 2**62 - 1


def test_payout_beyond_the_limit_is_refused_and_the_reservation_stays(books: Books) -> None:
    stake = books.orders.reserve(100)
    books.do(stake)
    assert code(books.do(settle(stake, 2**62 - 1))) == Refusal.SETTLE_OUT_OF_RANGE
    assert books.do(settle(stake, 0, 1)) == Done(5, 900, 0, 0)


def test_other_currency_has_books_of_its_own(books: Books) -> None:
    books.do(books.orders.open(ccy=2))
    assert code(books.do(books.orders.reserve(1, ccy=2))) == Refusal.INSUFFICIENT_FUNDS
    assert books.do(books.orders.deposit(5, ccy=2)) == Done(5, 5, 0, 5)
    assert books.balance(CASH) == 1000


# ---------------------------------------------------------------- fences


def test_fence_lists_what_is_open_at_this_table(books: Books) -> None:
    mine, other = books.orders.reserve(300), books.orders.reserve(100, table="roulette-2")
    closed = books.orders.reserve(50)
    for order in (mine, other, closed, void(closed)):
        books.do(order)
    answer = books.do(books.orders.fence(2))
    assert isinstance(answer, Fenced)
    assert [(r.reservation_id, r.amount_minor) for r in answer.open] == [(mine.cmd_id, 300)]


def test_fence_refuses_reservations_of_older_incarnations(books: Books) -> None:
    books.do(books.orders.fence(2))
    assert code(books.do(books.orders.reserve(1, epoch=1))) == Refusal.STALE_TABLE_EPOCH
    assert isinstance(books.do(books.orders.reserve(1, epoch=2)), Done)
    assert isinstance(books.do(books.orders.reserve(1, epoch=1, table="roulette-2")), Done)


def test_older_fence_is_refused_and_the_same_is_done(books: Books) -> None:
    books.do(books.orders.fence(2))
    assert code(books.do(books.orders.fence(1))) == Refusal.STALE_TABLE_EPOCH
    assert isinstance(books.do(books.orders.fence(2)), Fenced)


def test_fence_again_with_the_same_id_lists_what_is_open_now(books: Books) -> None:
    stake, fence = books.orders.reserve(300), books.orders.fence(2)
    books.do(stake)
    first = books.do(fence)
    books.do(void(stake))
    again = books.do(fence)
    assert (again.seq, again.open) == (first.seq, [])


# ---------------------------------------------------------------- memory


def test_outcomes_are_forgotten_after_the_window_and_not_before(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.do(stake)
    books.state.advance(NOW_MS + 119_000)
    assert stake.cmd_id in books.state.outcomes
    books.state.advance(NOW_MS + 125_000)
    assert stake.cmd_id not in books.state.outcomes
    assert stake.cmd_id in books.state.reservations, "an open reservation is never forgotten"


def test_old_id_booked_now_is_kept_for_a_window(books: Books) -> None:
    """A look into the store that began before this booking must not find the id absent in both places."""
    stake = books.orders.reserve(300, at_ms=NOW_MS - DAY_MS)
    books.do(stake)
    books.state.advance(NOW_MS + 100_000)
    assert stake.cmd_id in books.state.outcomes


def test_id_ahead_of_the_clock_is_kept_until_its_own_time_has_passed(books: Books) -> None:
    """No store is asked about an id above the floor, so memory must still know it."""
    ahead = books.orders.reserve(300, at_ms=NOW_MS + 290_000)
    first = books.do(ahead)
    books.do(void(ahead))
    later = NOW_MS + 300_000
    books.state.advance(later)
    assert books.do(ahead, later) == first
    assert code(books.do(settle(ahead, 1), later)) == Refusal.RESERVATION_CLOSED


def test_closed_reservations_are_forgotten_after_the_window(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.do(stake)
    books.do(void(stake))
    books.state.advance(NOW_MS + 125_000)
    assert books.state.reservations == {}
    assert books.state.open_by_table == {}


def test_floor_never_falls_when_the_clock_does(books: Books) -> None:
    books.state.advance(NOW_MS + 10_000)
    floor = books.state.floor_ms
    books.state.advance(NOW_MS - 50_000)
    assert books.state.floor_ms == floor


def test_answer_is_rebuilt_from_its_row(books: Books) -> None:
    orders = books.orders
    stake, lost = orders.reserve(300), orders.reserve(20)
    for order in (stake, lost, settle(stake, 900), settle(lost, 0), orders.reserve(10**9), orders.bonus(5)):
        answer = books.do(order)
        assert answer_of_row(books.rows[-1]) == answer
