"""The rules of stakes: reserve, settle, void, wager."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from actors.domain.money.accounts import Kind
from actors.domain.money.orders import Done, Fenced, FenceTable, Reserve, Settle, Void, Wager
from actors.domain.refusals import Refusal
from tests.fakes.money import EUR, JACKPOT, PLAYER, settle, void
from tests.fakes.money_books import (
    BONUS,
    CASH,
    ESCROW,
    GGR,
    POOL,
    TURNOVER,
    UNITS,
    Books,
    code,
    documented,
    house,
    own,
)

MOST = 2**62 - 1


@pytest.fixture
def books() -> Books:
    return Books()


# ---------------------------------------------------------------- reserve


def test_reserve_moves_cash_to_escrow(books: Books) -> None:
    assert books.do(books.orders.reserve(300)) == Done(3, 700, 300, 300)
    assert books.rows[-1].legs == ((CASH, -300, 700), (ESCROW, 300, 300))


def test_reserve_of_everything_is_done(books: Books) -> None:
    assert books.do(books.orders.reserve(1000)) == Done(3, 0, 1000, 1000)


def test_reserve_refuses_in_the_documented_order(books: Books) -> None:
    """Each order has all the faults that come after its own."""
    orders = books.orders
    dead = orders.reserve(2000, epoch=4)
    books.did(orders.fence(5), void(dead))
    steps = (orders.reserve(2000, 8, epoch=4), dead, orders.reserve(2000, epoch=4), orders.reserve(1001, epoch=5))
    assert books.refusals(*steps) == documented(Reserve)
    books.did(orders.reserve(1000, epoch=5))


# ---------------------------------------------------------------- settle


def test_settle_lost_bet_gives_stake_to_the_house(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.did(stake)
    assert books.do(settle(stake, 0)) == Done(4, 700, 0, 0)
    assert books.rows[-1].legs == ((ESCROW, -300, 0), (GGR, 300, 300))


def test_settle_won_bet_pays_from_the_house(books: Books) -> None:
    stake = books.orders.reserve(100)
    books.did(stake)
    assert books.do(settle(stake, 3600)) == Done(4, 4500, 0, 3600)
    assert books.rows[-1].legs == ((ESCROW, -100, 0), (CASH, 3600, 4500), (GGR, -3500, -3500))


def test_settle_of_a_part_splits_the_stake(books: Books) -> None:
    stake = books.orders.reserve(100)
    books.did(stake)
    assert books.do(settle(stake, 50)) == Done(4, 950, 0, 50)
    assert books.legs == {ESCROW: -100, CASH: 50, GGR: 50}


def test_settle_for_exactly_the_stake_leaves_the_house_out(books: Books) -> None:
    stake = books.orders.reserve(100)
    books.did(stake)
    assert books.do(settle(stake, 100)) == Done(4, 1000, 0, 100)
    assert GGR not in books.state.balances


def test_settle_feeds_its_jackpot_out_of_ggr(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.did(books.orders.define(1, 100), stake)
    assert books.do(settle(stake, 100, jackpot=JACKPOT)) == Done(5, 800, 0, 100)
    assert books.legs == {ESCROW: -300, CASH: 100, GGR: 197, POOL: 3, TURNOVER: 300, UNITS: -300}
    assert books.rows[-1].meta == '{"jackpot":3}'


def test_settle_refuses_in_the_documented_order(books: Books) -> None:
    orders = books.orders
    stake, closed = orders.reserve(100), orders.reserve(100)
    books.did(orders.define(), stake, closed, settle(closed, 0, 9))
    steps = (
        settle(orders.reserve(300), MOST, jackpot=8),
        settle(closed, MOST, jackpot=8),
        settle(stake, MOST, 1, jackpot=8),
        settle(stake, MOST, 2, jackpot=JACKPOT),
    )
    assert books.refusals(*steps) == documented(Settle)
    books.did(settle(stake, 0, 3, jackpot=JACKPOT))


def test_settle_towards_a_jackpot_of_another_currency_is_refused(books: Books) -> None:
    stake = books.orders.reserve(100)
    books.did(books.orders.define(ccy=EUR), stake)
    assert books.refusals(settle(stake, 0, jackpot=JACKPOT)) == ["UNKNOWN_JACKPOT"]


def test_payout_beyond_the_limit_is_refused_and_the_reservation_stays(books: Books) -> None:
    stake = books.orders.reserve(100)
    books.did(stake)
    assert books.refusals(settle(stake, MOST)) == ["SETTLE_OUT_OF_RANGE"]
    assert books.do(settle(stake, 0, 1)) == Done(5, 900, 0, 0)


def test_payout_up_to_the_limit_is_exact(books: Books) -> None:
    stake = books.orders.reserve(100)
    books.did(stake, settle(stake, MOST - 900))
    assert (books.balance(CASH), books.balance(GGR)) == (MOST, 1000 - MOST)


# ---------------------------------------------------------------- void


def test_void_returns_the_recorded_amount(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.did(stake)
    assert books.do(void(stake)) == Done(4, 1000, 0, 300)


def test_void_twice_with_other_id_is_done_and_moves_nothing(books: Books) -> None:
    stake = books.orders.reserve(300)
    books.did(stake, void(stake))
    assert books.do(void(stake, 1)) == Done(5, 1000, 0, 0)


def test_void_before_reserve_leaves_a_tombstone_that_refuses_it(books: Books) -> None:
    stake = books.orders.reserve(300)
    assert books.do(void(stake)) == Done(3, 1000, 0, 0)
    assert code(books.do(stake)) == Refusal.ALREADY_VOIDED
    assert books.balance(CASH) == 1000


def test_void_refuses_in_the_documented_order(books: Books) -> None:
    """The last: what a forfeited bonus had staked goes to the cost of bonuses, which may not pass 2^62 either."""
    orders = books.orders
    stake, settled = orders.reserve(1050), orders.reserve(1)
    books.did(orders.bonus(100, wagering=5000), stake, orders.forfeit(), orders.deposit(1), settled, settle(settled, 0))
    books.state.balances[house(Kind.BONUS_COST)] = MOST - 49
    steps = (msgspec.structs.replace(void(settled), player_id=8), void(settled, 1), void(stake, 1))
    assert books.refusals(*steps) == documented(Void)
    books.state.balances[house(Kind.BONUS_COST)] -= 1
    books.did(void(stake, 2))


# ---------------------------------------------------------------- whose, and which round


@pytest.mark.parametrize("change", [{"player_id": 8}, {"round_id": bytes(16)}])
@pytest.mark.parametrize("end", [lambda stake: settle(stake, 0), void, lambda stake: stake])
def test_settle_and_void_of_anothers_reservation_are_refused(books: Books, change: dict[str, Any], end: Any) -> None:
    """Whether it is open, or ended before by its own order: the documented order says so first."""
    stake = books.orders.reserve(300)
    books.did(stake, end(stake))
    orders = [msgspec.structs.replace(order, **change) for order in (settle(stake, 600, 1), void(stake, 1))]
    assert books.refusals(*orders) == ["RESERVATION_UNKNOWN"] * 2


def test_void_in_another_currency_is_refused(books: Books) -> None:
    """It once gave the stake back, in a row of the wrong currency."""
    stake = books.orders.reserve(300)
    books.did(stake)
    assert books.refusals(msgspec.structs.replace(void(stake), ccy=EUR)) == ["RESERVATION_UNKNOWN"]
    assert books.balance(ESCROW) == 300


# ---------------------------------------------------------------- wager


@pytest.mark.parametrize(
    ("payout", "legs"),
    [
        (0, {CASH: -100, GGR: 100}),
        (40, {CASH: -60, GGR: 60}),
        (100, {}),
        (900, {CASH: 800, GGR: -800}),
    ],
)
def test_wager_is_a_whole_round_in_one_row(books: Books, payout: int, legs: dict[int, int]) -> None:
    cash = 900 + payout
    assert books.do(books.orders.wager(100, payout)) == Done(3, cash, 0, abs(payout - 100))
    assert books.legs == legs
    assert books.state.reservations == {}


def test_wager_keeps_what_was_committed_to(books: Books) -> None:
    books.did(books.orders.define(), books.orders.wager(100, 90, jackpot=JACKPOT))
    assert books.rows[-1].meta == (
        '{"stake":100,"payout":90,"table":"slots-1","epoch":1,"commitment":"636f6d6d6974746564","jackpot":3}'
    )
    assert books.legs == {CASH: -10, GGR: 9, POOL: 1, TURNOVER: 100, UNITS: -100}


def test_wager_of_the_last_cent_is_done(books: Books) -> None:
    assert books.do(books.orders.wager(1000, 0)) == Done(3, 0, 0, 1000)


def test_wager_cannot_be_staked_from_its_own_payout(books: Books) -> None:
    assert books.refusals(books.orders.wager(1001, 5000)) == ["INSUFFICIENT_FUNDS"]


def test_wager_refuses_in_the_documented_order(books: Books) -> None:
    orders = books.orders
    books.did(orders.define(), orders.fence(5, "slots-1"))
    steps = (
        orders.wager(2000, MOST, 8, epoch=4, jackpot=8),
        orders.wager(2000, MOST, epoch=4, jackpot=8),
        orders.wager(2000, MOST, epoch=5, jackpot=8),
        orders.wager(2000, MOST, epoch=5, jackpot=JACKPOT),
        orders.wager(1, MOST, epoch=5, jackpot=JACKPOT),
    )
    assert books.refusals(*steps) == documented(Wager)
    books.did(orders.wager(1000, MOST, epoch=5))


# ---------------------------------------------------------------- fences


def test_fence_lists_what_is_open_at_this_table(books: Books) -> None:
    mine, other = books.orders.reserve(300), books.orders.reserve(100, table="roulette-2")
    closed = books.orders.reserve(50)
    books.did(mine, other, closed, void(closed), books.orders.withdraw(5))
    answer = books.do(books.orders.fence(2))
    assert isinstance(answer, Fenced)
    assert [(r.reservation_id, r.amount_minor) for r in answer.open] == [(mine.cmd_id, 300)]


def test_fence_refuses_reservations_of_older_incarnations(books: Books) -> None:
    books.did(books.orders.fence(2))
    assert code(books.do(books.orders.reserve(1, epoch=1))) == Refusal.STALE_TABLE_EPOCH
    books.did(books.orders.reserve(1, epoch=2), books.orders.reserve(1, epoch=1, table="roulette-2"))


def test_older_fence_is_refused_and_the_same_is_done(books: Books) -> None:
    books.did(books.orders.fence(2))
    assert books.refusals(books.orders.fence(1)) == documented(FenceTable) == ["STALE_TABLE_EPOCH"]
    assert isinstance(books.do(books.orders.fence(2)), Fenced)


def test_fence_again_with_the_same_id_lists_what_is_open_now(books: Books) -> None:
    stake, fence = books.orders.reserve(300), books.orders.fence(2)
    books.did(stake)
    first = books.do(fence)
    books.did(void(stake))
    again = books.do(fence)
    assert (again.seq, again.open) == (first.seq, [])


# ---------------------------------------------------------------- what a player has of each kind


def test_stake_of_one_player_leaves_another_alone(books: Books) -> None:
    books.did(books.orders.open(8), books.orders.deposit(5, 8), books.orders.wager(100, 0, PLAYER))
    assert books.balance(own(Kind.CASH, 8)) == 5
    assert BONUS not in books.state.balances
