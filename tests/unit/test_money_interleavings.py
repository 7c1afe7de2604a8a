"""One reservation and all orders that may end it, in every order, once and again: it ends once, whoever comes first."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from actors.domain.commands import Refused
from actors.domain.money.entries import ReservationState
from actors.domain.money.orders import Funding, RequestWithdrawal, Reserve, WalletOrder
from tests.fakes.money import settle, void
from tests.fakes.money_books import BONUS, CASH, COST, ESCROW, GGR, PENDING, PSP, Books

MakeOrders = Callable[[Books], tuple[WalletOrder, ...]]


def _stake(books: Books) -> tuple[WalletOrder, ...]:
    """Two tables, of which one is a zombie with another outcome, and two voids, settle one bet of 300."""
    stake = books.orders.reserve(300)
    return stake, settle(stake, 900), settle(stake, 0, 1), void(stake), void(stake, 1)


def _stake_of_bonus(books: Books) -> tuple[WalletOrder, ...]:
    books.did(books.orders.bonus(100, wagering=5000))
    stake = books.orders.reserve(300, funding=Funding.BONUS_FIRST)
    return stake, settle(stake, 900), void(stake), books.orders.forfeit()


def _withdrawal(books: Books) -> tuple[WalletOrder, ...]:
    request = books.orders.withdraw(300)
    cancel, complete = books.orders.cancel, books.orders.complete
    return request, complete(request), complete(request), cancel(request), cancel(request)


def _reserved(books: Books) -> int:
    """What open reservations say, which is what lies apart."""
    return sum(r.amount_minor for r in books.state.reservations.values() if r.state is ReservationState.OPEN)


@pytest.mark.parametrize("make", [_stake, _stake_of_bonus, _withdrawal])
def test_every_interleaving_ends_a_reservation_once(make: MakeOrders) -> None:
    """Every order of the orders, each sent twice in a row, ends in one of the possible states with exact books."""
    for places in permutations(range(len(make(Books())))):
        books = Books()
        orders = make(books)
        (id_,) = {order.cmd_id for order in orders if isinstance(order, Reserve | RequestWithdrawal)}
        ended = 0
        for place in places:
            first = books.do(orders[place])
            was_closed = books.rows[-1].closed is not None
            assert books.do(orders[place]) == first
            ended += was_closed
            assert books.balance(ESCROW) + books.balance(PENDING) == _reserved(books)
        assert ended == (books.state.reservations[id_].state is not ReservationState.TOMBSTONE)
        assert _reserved(books) == 0
        assert sum(books.balance(a) for a in (CASH, BONUS, ESCROW, PENDING, GGR, COST, PSP)) == 0


@pytest.mark.parametrize(
    ("make", "outcomes"),
    [
        (_stake, {(1600, ReservationState.SETTLED), (700, ReservationState.SETTLED), (1000, ReservationState.VOIDED)}),
        (_withdrawal, {(700, ReservationState.SETTLED), (1000, ReservationState.VOIDED)}),
    ],
)
def test_first_order_after_the_reservation_decides(make: MakeOrders, outcomes: set[tuple[int, object]]) -> None:
    found = set()
    for places in permutations(range(1, len(make(Books())))):
        books = Books()
        orders = make(books)
        books.did(orders[0], orders[places[0]])
        decided = books.balance(CASH), next(iter(books.state.reservations.values())).state
        for place in places[1:]:
            books.do(orders[place])
        assert (books.balance(CASH), next(iter(books.state.reservations.values())).state) == decided
        found.add(decided)
    assert found == outcomes


@pytest.mark.parametrize("make", [_stake, _withdrawal])
def test_reservation_that_was_ended_before_it_came_is_refused(make: MakeOrders) -> None:
    """By its last order, the void or the cancellation; whatever else comes before or after, nothing moves."""
    for early in permutations(range(1, len(make(Books())) - 1)):
        for cut in range(len(early) + 1):
            books = Books()
            orders = make(books)
            for place in early[:cut]:
                books.do(orders[place])
            books.did(orders[-1])
            assert isinstance(books.do(orders[0]), Refused)
            for place in early[cut:]:
                books.do(orders[place])
            assert books.balance(CASH) == 1000
            assert all(not row.legs for row in books.rows[2:])
