"""The rules of payments: accounts, deposits, withdrawals, exchange, adjustments."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from actors.domain.ids import linked_id
from actors.domain.money.accounts import Kind
from actors.domain.money.entries import EntryCode, Reservation, ReservationState
from actors.domain.money.orders import (
    Adjust,
    CancelWithdrawal,
    CompleteWithdrawal,
    Deposit,
    Done,
    Exchange,
    RequestWithdrawal,
)
from actors.domain.refusals import Refusal
from tests.fakes.money import EUR, JPY, PLAY, PLAYER, settle, void
from tests.fakes.money_books import CASH, COST, PENDING, PSP, Books, code, documented, house, own

MOST = 2**62 - 1


@pytest.fixture
def books() -> Books:
    return Books()


# ---------------------------------------------------------------- accounts, deposits


def test_open_account_twice_is_done_and_opens_nothing(books: Books) -> None:
    assert books.do(books.orders.open()) == Done(3, 1000, 0, 0)
    assert books.rows[-1].accounts == ()


def test_deposit_moves_from_clearing_to_cash(books: Books) -> None:
    assert books.rows[-1].legs == ((PSP, -1000, -1000), (CASH, 1000, 1000))


def test_deposit_keeps_the_reference_in_the_row(books: Books) -> None:
    books.did(msgspec.structs.replace(books.orders.deposit(1), psp_ref='Überweisung "7"\0'))
    assert books.rows[-1].meta == '{"psp_ref":"Überweisung \\"7\\"\\u0000"}'


def test_deposit_refuses_in_the_documented_order(books: Books) -> None:
    orders = books.orders
    assert books.refusals(orders.deposit(MOST, 8), orders.deposit(MOST)) == documented(Deposit)
    books.did(orders.deposit(1))


def test_deposit_up_to_the_limit_is_exact_and_beyond_is_refused(books: Books) -> None:
    books.did(books.orders.deposit(MOST - 1000))
    assert books.balance(CASH) == MOST
    assert code(books.do(books.orders.deposit(1))) == Refusal.AMOUNT_INVALID


def test_what_is_reserved_or_pending_counts_towards_the_limit(books: Books) -> None:
    """Else a void or a cancellation could not give it back."""
    books.did(books.orders.deposit(MOST - 1000), books.orders.reserve(500), books.orders.withdraw(400))
    assert code(books.do(books.orders.deposit(1))) == Refusal.AMOUNT_INVALID


def test_bonus_tick_is_paid_in_cash(books: Books) -> None:
    assert books.do(books.orders.bonus(500)) == Done(3, 1500, 0, 500)
    assert books.balance(COST) == -500


def test_other_currency_has_books_of_its_own(books: Books) -> None:
    books.did(books.orders.open(ccy=EUR))
    assert code(books.do(books.orders.reserve(1, ccy=EUR))) == Refusal.INSUFFICIENT_FUNDS
    assert books.do(books.orders.deposit(5, ccy=EUR)) == Done(5, 5, 0, 5)
    assert books.balance(CASH) == 1000


def test_currency_without_minor_units_is_exact(books: Books) -> None:
    stake = books.orders.reserve(1, ccy=JPY)
    books.did(books.orders.open(ccy=JPY), books.orders.deposit(3, ccy=JPY), stake, settle(stake, 2))
    assert books.balance(own(Kind.CASH, ccy=JPY)) == 4
    assert books.balance(house(Kind.GGR, ccy=JPY)) == -1


# ---------------------------------------------------------------- withdrawals


def test_requested_withdrawal_lies_apart_until_it_ends(books: Books) -> None:
    order = books.orders.withdraw(300)
    assert books.do(order) == Done(3, 700, 0, 300)
    assert books.rows[-1].legs == ((CASH, -300, 700), (PENDING, 300, 300))
    held = Reservation(order.cmd_id, PLAYER, PLAY, 300, b"", "", 0, ReservationState.OPEN, kind=Kind.WITHDRAWAL)
    assert books.state.reservations[order.cmd_id] == held


def test_completed_withdrawal_leaves_the_books(books: Books) -> None:
    order = books.orders.withdraw(300)
    books.did(order)
    assert books.do(books.orders.complete(order)) == Done(4, 700, 0, 0)
    assert books.rows[-1].legs == ((PENDING, -300, 0), (PSP, 300, -700))
    assert books.rows[-1].meta == '{"psp_ref":"psp-1"}'


def test_cancelled_withdrawal_comes_back_once(books: Books) -> None:
    order = books.orders.withdraw(300)
    books.did(order)
    assert books.do(books.orders.cancel(order)) == Done(4, 1000, 0, 300)
    assert books.rows[-1].legs == ((PENDING, -300, 0), (CASH, 300, 1000))
    assert books.do(books.orders.cancel(order)) == Done(5, 1000, 0, 0)


def test_cancel_before_request_leaves_a_tombstone_that_refuses_it(books: Books) -> None:
    order = books.orders.withdraw(300)
    assert books.do(books.orders.cancel(order)) == Done(3, 1000, 0, 0)
    assert code(books.do(order)) == Refusal.ALREADY_VOIDED
    assert code(books.do(books.orders.complete(order))) == Refusal.RESERVATION_CLOSED
    assert books.do(books.orders.cancel(order)) == Done(6, 1000, 0, 0)
    assert books.balance(PENDING) == 0


def test_request_withdrawal_refuses_in_the_documented_order(books: Books) -> None:
    orders = books.orders
    cancelled = orders.withdraw(2000)
    books.did(orders.cancel(cancelled))
    steps = (orders.withdraw(2000, 8), cancelled, orders.withdraw(1001))
    assert books.refusals(*steps) == documented(RequestWithdrawal)
    books.did(orders.withdraw(1000))


def test_complete_withdrawal_refuses_in_the_documented_order(books: Books) -> None:
    """PSP clearing may not pass 2^62 either; bonus ticks and adjustments bring the money in."""
    orders = books.orders
    most, more = orders.withdraw(MOST), orders.withdraw(1001)
    books.did(orders.bonus(MOST - 1000), most, orders.complete(most), orders.adjust(1001), more)
    steps = (orders.complete(orders.withdraw(1)), orders.complete(most), orders.complete(more))
    assert books.refusals(*steps) == documented(CompleteWithdrawal)
    books.did(orders.deposit(1), orders.complete(more))


def test_cancel_withdrawal_refuses_in_the_documented_order(books: Books) -> None:
    done = books.orders.withdraw(300)
    books.did(done, books.orders.complete(done))
    anothers = msgspec.structs.replace(books.orders.cancel(done), player_id=8)
    assert books.refusals(anothers, books.orders.cancel(done)) == documented(CancelWithdrawal)


@pytest.mark.parametrize("change", [{"player_id": 8}, {"ccy": EUR}])
def test_cancel_of_anothers_withdrawal_or_currency_is_refused(books: Books, change: dict[str, Any]) -> None:
    order = books.orders.withdraw(300)
    books.did(order)
    cancel = msgspec.structs.replace(books.orders.cancel(order), **change)
    assert code(books.do(cancel)) == Refusal.RESERVATION_UNKNOWN
    assert books.balance(PENDING) == 300


def test_withdrawal_cannot_be_settled_or_voided_as_a_stake(books: Books) -> None:
    """Its id is no secret to the cashier, but its money is not in escrow."""
    order = books.orders.withdraw(300)
    books.did(order)
    as_stake = msgspec.structs.replace(books.orders.reserve(300), cmd_id=order.cmd_id, round_id=bytes(16))
    assert books.refusals(settle(as_stake, 0), void(as_stake)) == ["RESERVATION_UNKNOWN"] * 2


def test_stake_cannot_be_completed_or_cancelled_as_a_withdrawal(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.did(stake)
    as_withdrawal = msgspec.structs.replace(books.orders.withdraw(300), cmd_id=stake.cmd_id)
    orders = (books.orders.complete(as_withdrawal), books.orders.cancel(as_withdrawal))
    assert books.refusals(*orders) == ["RESERVATION_UNKNOWN"] * 2


def test_void_of_an_id_refuses_a_withdrawal_that_comes_under_it(books: Books) -> None:
    order = books.orders.withdraw(300)
    books.did(void(msgspec.structs.replace(books.orders.reserve(300), cmd_id=order.cmd_id)))
    assert code(books.do(order)) == Refusal.ALREADY_VOIDED


# ---------------------------------------------------------------- exchange


@pytest.fixture
def two(books: Books) -> Books:
    """The same player with an empty account in euro."""
    books.did(books.orders.open(ccy=EUR))
    return books


def test_exchange_is_two_rows_over_the_position(two: Books) -> None:
    order = two.orders.exchange(100, 90)
    assert two.do(order) == Done(4, 900, 0, 100)
    first, second = two.rows[-2:]
    assert (first.code, first.ccy, first.ref) == (EntryCode.EXCHANGE, PLAY, linked_id(order.cmd_id))
    assert first.legs == ((CASH, -100, 900), (house(Kind.EXCHANGE), 100, 100))
    assert first.meta == '{"to_ccy":2,"to_minor":90}'
    assert (second.code, second.ccy, second.cmd_id, second.ref) == (
        EntryCode.EXCHANGED,
        EUR,
        linked_id(order.cmd_id),
        order.cmd_id,
    )
    assert second.legs == ((house(Kind.EXCHANGE, ccy=EUR), -90, -90), (own(Kind.CASH, ccy=EUR), 90, 90))
    assert second.meta == '{"from_ccy":1,"from_minor":100}'
    assert (second.seq, second.cash_minor) == (5, 90)


def test_exchange_again_gives_the_same_answer_and_no_row(two: Books) -> None:
    order = two.orders.exchange(100, 90)
    first, rows = two.do(order), len(two.rows)
    assert two.do(order) == first
    assert len(two.rows) == rows


def test_exchange_refuses_in_the_documented_order(two: Books) -> None:
    orders = two.orders
    steps = (orders.exchange(2000, MOST, 8), orders.exchange(2000, MOST), _beyond(two))
    assert two.refusals(*steps) == documented(Exchange)
    two.did(orders.exchange(1000, 1))


def _beyond(two: Books) -> Exchange:
    """What would come is one too many."""
    two.did(two.orders.deposit(1, ccy=EUR))
    return two.orders.exchange(1000, MOST)


def _no_account_for_what_goes(books: Books) -> Exchange:
    return books.orders.exchange(1, 1, ccy=JPY)


def _no_account_for_what_comes(books: Books) -> Exchange:
    return books.orders.exchange(1, 1, to_ccy=JPY)


def _too_little(books: Books) -> Exchange:
    return books.orders.exchange(1001, 1)


def _position_given_up_at_the_limit(books: Books) -> Exchange:
    books.state.balances[house(Kind.EXCHANGE)] = MOST
    return books.orders.exchange(1, 1)


def _position_taken_at_the_limit(books: Books) -> Exchange:
    books.state.balances[house(Kind.EXCHANGE, ccy=EUR)] = -MOST
    return books.orders.exchange(1, 1)


@pytest.mark.parametrize(
    "broken",
    [
        _no_account_for_what_goes,
        _no_account_for_what_comes,
        _too_little,
        _position_given_up_at_the_limit,
        _position_taken_at_the_limit,
        _beyond,
    ],
)
def test_exchange_with_any_leg_failing_moves_nothing(two: Books, broken: Any) -> None:
    order = broken(two)
    rows = len(two.rows)
    two.refusals(order)
    assert [row.legs for row in two.rows[rows:]] == [()]
    assert linked_id(order.cmd_id) not in {row.cmd_id for row in two.rows}


# ---------------------------------------------------------------- adjustments


@pytest.mark.parametrize(("amount", "cash"), [(250, 1250), (-1000, 0)])
def test_adjustment_goes_both_ways_and_names_two_persons(books: Books, amount: int, cash: int) -> None:
    assert books.do(books.orders.adjust(amount)) == Done(3, cash, 0, abs(amount))
    assert books.legs == {house(Kind.ADJUSTMENT): -amount, CASH: amount}
    assert books.rows[-1].meta == '{"reason":"a mistake","requested_by":101,"approved_by":102}'


def test_adjust_refuses_in_the_documented_order(books: Books) -> None:
    orders = books.orders
    assert books.refusals(orders.adjust(-MOST, 8), orders.adjust(-1001), orders.adjust(MOST)) == documented(Adjust)
    books.did(orders.adjust(-1000))


@pytest.mark.parametrize(
    "change",
    [{"approved_by": 101}, {"requested_by": 0}, {"approved_by": 0}, {"requested_by": -5}, {"reason": ""}],
)
def test_adjustment_without_two_persons_and_a_reason_is_refused(books: Books, change: dict[str, Any]) -> None:
    order = msgspec.structs.replace(books.orders.adjust(5), **change)
    assert books.refusals(order) == ["FOUR_EYES_REQUIRED"]
