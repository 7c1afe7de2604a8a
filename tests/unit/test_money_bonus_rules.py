"""The rules of bonuses that must be wagered: grant, funding, progress, conversion, forfeit."""

from __future__ import annotations

from typing import Any

import pytest

from actors.domain.money.orders import ConvertBonus, Done, ForfeitBonus, Funding, GrantBonus
from tests.fakes.money import JACKPOT, settle, void
from tests.fakes.money_books import (
    BONUS,
    CASH,
    COST,
    ESCROW,
    GGR,
    HAD,
    OVERFLOW,
    POOL,
    TURNOVER,
    UNITS,
    WANTED,
    Books,
    documented,
)

MOST = 2**62 - 1


@pytest.fixture
def books() -> Books:
    """Cash 10.00, a bonus of 5.00 that wants stakes of 20.00."""
    made = Books()
    made.did(made.orders.bonus(500, wagering=2000))
    return made


def purse(books: Books) -> tuple[int, int, int]:
    """Cash, bonus, escrow."""
    return books.balance(CASH), books.balance(BONUS), books.balance(ESCROW)


def progress(books: Books) -> tuple[int, int]:
    """Stakes that the bonus still wants, and has had."""
    return books.balance(WANTED), books.balance(HAD)


# ---------------------------------------------------------------- grant


def test_grant_gives_bonus_money_and_units_to_wager(books: Books) -> None:
    assert books.legs == {COST: -500, BONUS: 500, WANTED: 2000, UNITS: -2000}
    assert books.rows[-1].meta == '{"tick":1,"wagering":2000}'
    assert (books.rows[-1].cash_minor, books.rows[-1].bonus_minor) == (1000, 500)


def test_grant_answers_what_it_gave() -> None:
    books = Books()
    assert books.do(books.orders.bonus(500, wagering=2000)) == Done(3, 1000, 0, 500, 500)


def test_grant_bonus_refuses_in_the_documented_order() -> None:
    books = Books()
    orders = books.orders
    books.did(orders.open(9), orders.bonus(1, wagering=1))
    most = orders.bonus(MOST, 9, wagering=MOST)
    steps = (orders.bonus(MOST, 8, wagering=MOST), orders.bonus(MOST, wagering=MOST), most)
    assert books.refusals(*steps) == documented(GrantBonus)
    books.did(orders.bonus(1, 9, wagering=1))


@pytest.mark.parametrize(("funding", "stake"), [(Funding.BONUS_FIRST, 500), (Funding.CASH_FIRST, 1500)])
def test_second_grant_is_refused_while_bonus_money_exists_or_is_staked(
    books: Books, funding: Funding, stake: int
) -> None:
    """The stake takes all of the bonus; only when it has been lost is there room for another."""
    orders = books.orders
    assert books.refusals(orders.bonus(1, wagering=1)) == ["BONUS_ACTIVE"]
    bet = orders.reserve(stake, funding=funding)
    books.did(bet)
    assert books.refusals(orders.bonus(1, wagering=1)) == ["BONUS_ACTIVE"]
    books.did(settle(bet, 0), orders.bonus(60, wagering=100))
    assert progress(books) == (100, 0)
    assert books.balance(UNITS) == -100


def test_bonus_tick_is_paid_beside_a_bonus_in_force(books: Books) -> None:
    books.did(books.orders.bonus(30))
    assert purse(books) == (1030, 500, 0)


# ---------------------------------------------------------------- which money a stake takes


@pytest.mark.parametrize(
    ("funding", "stake", "left"),
    [
        (Funding.CASH_FIRST, 900, (100, 500, 900)),
        (Funding.CASH_FIRST, 1200, (0, 300, 1200)),
        (Funding.BONUS_FIRST, 300, (1000, 200, 300)),
        (Funding.BONUS_FIRST, 700, (800, 0, 700)),
        (Funding.PROPORTIONAL, 100, (933, 467, 100)),
        (Funding.PROPORTIONAL, 2, (998, 500, 2)),
        (Funding.PROPORTIONAL, 1500, (0, 0, 1500)),
        (Funding.CASH_ONLY, 1000, (0, 500, 1000)),
    ],
)
def test_stake_takes_the_money_that_its_funding_says(
    books: Books, funding: Funding, stake: int, left: tuple[int, int, int]
) -> None:
    bet = books.orders.reserve(stake, funding=funding)
    assert books.do(bet) == Done(4, left[0], stake, stake, left[1])
    assert purse(books) == left
    assert books.state.reservations[bet.cmd_id].bonus_minor == 500 - left[1]


@pytest.mark.parametrize(
    ("funding", "stake"),
    [(Funding.CASH_FIRST, 1501), (Funding.BONUS_FIRST, 1501), (Funding.PROPORTIONAL, 1501), (Funding.CASH_ONLY, 1001)],
)
def test_stake_above_what_its_funding_reaches_is_refused(books: Books, funding: Funding, stake: int) -> None:
    orders = (books.orders.reserve(stake, funding=funding), books.orders.wager(stake, 0, funding=funding))
    assert books.refusals(*orders) == ["INSUFFICIENT_FUNDS"] * 2


@pytest.mark.parametrize("funding", list(Funding))
def test_funding_makes_no_difference_without_a_bonus(funding: Funding) -> None:
    books = Books()
    books.did(books.orders.reserve(1000, funding=funding))
    assert purse(books) == (0, 0, 1000)


def test_bonus_is_out_of_reach_of_a_withdrawal_and_an_exchange(books: Books) -> None:
    orders = (books.orders.withdraw(1001), books.orders.adjust(-1001))
    assert books.refusals(*orders) == ["INSUFFICIENT_FUNDS"] * 2


# ---------------------------------------------------------------- what comes back


def test_void_returns_the_recorded_split(books: Books) -> None:
    bet = books.orders.reserve(1200)
    books.did(bet)
    assert books.do(void(bet)) == Done(5, 1000, 0, 1200, 500)
    assert progress(books) == (2000, 0)


def test_payout_is_split_as_the_stake_was_rounded_down_for_the_bonus(books: Books) -> None:
    """Of 1200 staked 200 were bonus; of 1001 paid floor(1001 * 200 / 1200) = 166 go back to it."""
    bet = books.orders.reserve(1200)
    books.did(bet, settle(bet, 1001))
    assert purse(books) == (835, 466, 0)
    assert progress(books) == (800, 1200)
    assert books.balance(GGR) == 199


def test_wager_does_to_a_bonus_what_reserve_and_settle_do(books: Books) -> None:
    books.did(books.orders.wager(1200, 1001))
    assert purse(books) == (835, 466, 0)
    assert progress(books) == (800, 1200)
    assert books.balance(GGR) == 199


def test_stake_of_cash_counts_too(books: Books) -> None:
    books.did(books.orders.wager(300, 0, funding=Funding.CASH_ONLY))
    assert progress(books) == (1700, 300)


def test_voided_stake_does_not_count(books: Books) -> None:
    bet = books.orders.reserve(300)
    books.did(bet, void(bet))
    assert progress(books) == (2000, 0)


# ---------------------------------------------------------------- conversion


def test_stake_that_completes_the_wagering_turns_the_bonus_into_cash_in_its_row(books: Books) -> None:
    books.did(books.orders.deposit(2000))
    bet = books.orders.reserve(2200, funding=Funding.CASH_ONLY)
    books.did(bet, settle(bet, 0))
    assert books.legs == {ESCROW: -2200, WANTED: -2000, HAD: 2000, BONUS: -500, CASH: 500, GGR: 2200}
    assert (purse(books), progress(books)) == ((1300, 0, 0), (0, 2000))


def test_payout_of_the_completing_stake_is_cash(books: Books) -> None:
    books.did(books.orders.deposit(1000), books.orders.wager(1000, 1000))
    bet = books.orders.reserve(1000, funding=Funding.BONUS_FIRST)
    books.did(bet, settle(bet, 3000))
    assert (purse(books), progress(books)) == ((4500, 0, 0), (0, 2000))
    books.did(books.orders.withdraw(4500))


def test_stake_still_in_play_when_the_bonus_is_converted_comes_back_as_cash(books: Books) -> None:
    bet = books.orders.reserve(200, funding=Funding.BONUS_FIRST)
    books.did(bet, books.orders.deposit(2000), books.orders.wager(2000, 0, funding=Funding.CASH_ONLY), void(bet))
    assert (purse(books), progress(books)) == ((1500, 0, 0), (0, 2000))


def test_convert_waives_the_rest(books: Books) -> None:
    books.did(books.orders.wager(300, 0))
    assert books.do(books.orders.convert()) == Done(5, 1200, 0, 0, 0)
    assert books.legs == {BONUS: -500, CASH: 500, WANTED: -1700, HAD: 1700}
    assert books.rows[-1].meta == '{"reason":"goodwill"}'


def test_converted_bonus_counts_no_more_stakes(books: Books) -> None:
    books.did(books.orders.convert(), books.orders.wager(300, 0))
    assert progress(books) == (0, 2000)


def test_grant_after_a_conversion_starts_anew(books: Books) -> None:
    books.did(books.orders.convert(), books.orders.bonus(10, wagering=30))
    assert progress(books) == (30, 0)
    assert books.balance(UNITS) == -30


@pytest.mark.parametrize("end", ["convert", "forfeit"])
def test_second_grant_waits_for_the_last_stake_of_a_bonus_that_has_ended(books: Books, end: str) -> None:
    """Else its payout would be taken for the new bonus's."""
    bet = books.orders.reserve(100, funding=Funding.BONUS_FIRST)
    books.did(bet, getattr(books.orders, end)())
    assert books.refusals(books.orders.bonus(1, wagering=1)) == ["BONUS_ACTIVE"]
    books.did(void(bet), books.orders.bonus(1, wagering=1))


# ---------------------------------------------------------------- forfeit


def test_forfeit_takes_back_bonus_and_units(books: Books) -> None:
    books.did(books.orders.wager(300, 0))
    assert books.do(books.orders.forfeit()) == Done(5, 700, 0, 500, 0)
    assert books.legs == {BONUS: -500, COST: 500, WANTED: -1700, HAD: -300, UNITS: 2000}
    assert (books.balance(COST), books.balance(UNITS)) == (0, 0)


@pytest.mark.parametrize(("end", "cash", "cost"), [(void, 1000, 0), (lambda bet: settle(bet, 3000), 2000, 1000)])
def test_stake_still_in_play_when_the_bonus_is_forfeited_goes_to_its_cost(
    books: Books, end: Any, cash: int, cost: int
) -> None:
    """Half of the stake is bonus: half of what comes back stays with the house."""
    bet = books.orders.reserve(1000, funding=Funding.BONUS_FIRST)
    books.did(bet, books.orders.forfeit(), end(bet))
    assert (purse(books), books.balance(COST)) == ((cash, 0, 0), cost)


@pytest.mark.parametrize("kind", [ConvertBonus, ForfeitBonus])
def test_ending_a_bonus_that_is_not_there_is_refused(books: Books, kind: Any) -> None:
    """Nobody's, another's, one that was lost, one that has ended."""
    orders = books.orders
    end: Any = {ConvertBonus: orders.convert, ForfeitBonus: orders.forfeit}[kind]
    assert books.refusals(end(8)) == documented(kind)[:1] == ["NO_BONUS"]
    books.did(end())
    assert books.refusals(end()) == ["NO_BONUS"]
    books.did(orders.bonus(10, wagering=5000), orders.wager(10, 0, funding=Funding.BONUS_FIRST))
    assert books.refusals(end()) == ["NO_BONUS"]


def test_bonus_that_is_all_in_play_is_in_force(books: Books) -> None:
    bet = books.orders.reserve(500, funding=Funding.BONUS_FIRST)
    books.did(bet, books.orders.convert(), settle(bet, 800))
    assert purse(books) == (1800, 0, 0)


def test_forfeit_bonus_refuses_in_the_documented_order(books: Books) -> None:
    """Winnings of a bonus may be more than it cost; the account may not pass 2^62 either."""
    books.state.balances[COST] = MOST - 499
    assert books.refusals(books.orders.forfeit(8), books.orders.forfeit()) == documented(ForfeitBonus)
    books.state.balances[COST] -= 1
    books.did(books.orders.forfeit())


# ---------------------------------------------------------------- all at once


def test_longest_row_has_ten_legs(books: Books) -> None:
    """From a bonus that reaches its target, towards a jackpot that reaches its ceiling."""
    orders = books.orders
    bet = orders.reserve(2100, funding=Funding.CASH_ONLY)
    books.did(orders.define(1, 10, 50), orders.deposit(2000), bet, settle(bet, 4200, jackpot=JACKPOT))
    assert books.legs == {
        ESCROW: -2100,
        WANTED: -2000,
        HAD: 2000,
        BONUS: -500,
        CASH: 4700,
        GGR: -2310,
        POOL: 50,
        OVERFLOW: 160,
        TURNOVER: 2100,
        UNITS: -2100,
    }
