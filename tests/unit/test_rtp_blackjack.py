"""The solution of blackjack: against enumeration by hand on small shoes, published odds, and a part of itself solved anew."""

from __future__ import annotations

import math
from functools import cache

import pytest

from server import rtp
from server.rtp import blackjack
from server.rtp.blackjack_cards import (
    ACE,
    BUST,
    FULL,
    RANKS,
    TEN,
    Composition,
    Rules,
    best,
    dealer_ends,
    draw_chances,
    hand_of,
    hands,
    makes_natural,
    without,
)
from server.rtp.blackjack_simulation import play_quickly
from server.rtp.blackjack_solver import Split, Spot, deal_chance
from server.rtp.blackjack_strategy import chart, chart_splits, short_pay_cost

#: Few ranks, so that every order can be enumerated; cards enough for four hands and the dealer.
SMALL: Composition = (2, 0, 3, 0, 0, 1, 0, 5, 0, 8)


def _total(cards: tuple[int, ...]) -> int:
    return best(tuple(cards.count(rank) for rank in RANKS))[0]


@cache
def _dealer_wins(left: Composition, dealer: tuple[int, ...], mine: tuple[int, ...]) -> float:
    """What hands with these totals win against a dealer who draws from what is left, card by card."""
    his = _total(dealer)
    if his >= 17:
        return float(sum(-1 if total > 21 else 1 if his > 21 else (total > his) - (total < his) for total in mine))
    size = sum(left)
    return sum(left[r] / size * _dealer_wins(without(left, r), (*dealer, r), mine) for r in RANKS if left[r])


def _enumerate(
    left: Composition, up: int, hole: int, waiting: tuple[tuple[int, ...], ...], done: tuple[int, ...]
) -> float:
    """What a split wins, hand after hand: take a second card; a pair is split to four hands; below 12 take one more."""
    if not waiting:
        return _dealer_wins(left, (up, hole), done)
    hand, *others = waiting
    size = sum(left)
    found = 0.0
    for card in RANKS:
        if not left[card]:
            continue
        after, longer = without(left, card), (*hand, card)
        if len(hand) == 1 and card == hand[0] and len(waiting) + len(done) < 4:
            won = _enumerate(after, up, hole, (hand, *others, (card,)), done)
        elif len(hand) == 1 and _total(longer) < 12:
            won = _enumerate(after, up, hole, (longer, *others), done)
        else:
            won = _enumerate(after, up, hole, tuple(others), (*done, _total(longer)))
        found += left[card] / size * won
    return found


def _below_12(node: int, may_double: bool) -> str:
    return "hit" if may_double and hands()[1][node].total < 12 else "stand"


@pytest.mark.parametrize("up", [5, TEN])
def test_split_to_four_hands_is_what_enumeration_gives(up: int) -> None:
    # against a ten the hole card is no ace: the shoe's next cards are then no fair sample of the unseen
    pair = 7
    unseen = without(SMALL, up, pair, pair)
    allowed = [rank for rank in RANKS if unseen[rank] and rank != makes_natural(up)]
    size = sum(unseen[rank] for rank in allowed)
    exact = sum(
        unseen[hole] / size * _enumerate(without(unseen, hole), up, hole, ((pair,), (pair,)), ()) for hole in allowed
    )
    assert Split(pair, up, _below_12, cards=SMALL).value() == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("up", [ACE, 5, TEN])
def test_draws_and_dealer_are_what_enumeration_gives(up: int) -> None:
    unseen = without(SMALL, up)
    allowed = [rank for rank in RANKS if unseen[rank] and rank != makes_natural(up)]
    size = sum(unseen[rank] for rank in allowed)
    draws = [
        sum(unseen[hole] * without(unseen, hole)[rank] / size / (sum(unseen) - 1) for hole in allowed) for rank in RANKS
    ]
    assert draw_chances(unseen, up) == pytest.approx(draws, abs=1e-13)
    won = sum(unseen[hole] / size * _dealer_wins(without(unseen, hole), (up, hole), (19,)) for hole in allowed)
    ends = dealer_ends(unseen, up)
    assert sum(ends) == pytest.approx(1, abs=1e-13)
    assert ends[BUST] + ends[0] + ends[1] - ends[3] - ends[4] == pytest.approx(won, abs=1e-12)


@pytest.mark.parametrize("up", RANKS)
def test_dealers_ends_are_all_there_are(up: int) -> None:
    assert sum(dealer_ends(without(FULL, up), up)) == pytest.approx(1, abs=1e-13)


def test_first_cards_are_all_there_are() -> None:
    chances = [deal_chance(a, b, up) for a in RANKS for b in range(a, 10) for up in RANKS]
    assert math.fsum(chances) == pytest.approx(1, abs=1e-13)


def _more_hands(now: int, waiting: int, tens: int, seen: int) -> float:
    """How many hands more a split of tens against a six comes to, second card after second card."""
    if waiting == 0 or now == 4:
        return 0.0
    chance = (FULL[TEN] - 2 - tens) / (sum(FULL) - 3 - seen)
    another = 1 + _more_hands(now + 1, waiting + 1, tens + 1, seen + 1)
    return chance * another + (1 - chance) * _more_hands(now, waiting - 1, tens, seen + 1)


def test_hands_that_are_worth_one_each_are_counted() -> None:
    split = Split(TEN, 5, _below_12)
    for more in range(5):
        unseen = without(FULL, 5, *[TEN] * (more + 2))
        split._worth[more, False] = (1 - draw_chances(unseen, 5)[TEN], 1.0)
    assert split.value() == pytest.approx(2 + _more_hands(2, 2, 0, 0), abs=1e-12)


def test_solution_against_ten_is_the_kept_one() -> None:
    assert blackjack.unlike_solution([TEN]) == []


def test_solution_that_differs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = blackjack.SOLVED
    other = [each._replace(main=each.main + 1e-10 * (up == 8)) for up, each in enumerate(kept)]
    monkeypatch.setattr(blackjack, "optimal_returns", other.__getitem__)
    assert len(blackjack.unlike_solution()) == 1


def test_solution_is_the_published_figure() -> None:
    # domain.md: -0.4027 % +- 0.005
    assert 100 * sum(each.main for each in blackjack.SOLVED) == pytest.approx(-0.4027, abs=0.005)
    assert sum(each.main for each in blackjack.SOLVED) > blackjack.CHART.main


def test_rules_of_other_tables_cost_what_is_published() -> None:
    # domain.md: 6 to 5 costs 1.36 - 1.39 %, hitting soft 17 0.21 %, no doubling after a split 0.14 %
    ours = sum(each.main for each in blackjack.SOLVED)
    soft, split = (100 * (ours - won) for won in blackjack.VARIANTS.values())
    assert (round(soft, 2), round(split, 2)) == (0.21, 0.14)
    assert 1.355 < 100 * short_pay_cost() < 1.395


def test_dealer_who_hits_soft_17_ends_less_often_at_17() -> None:
    unseen = without(FULL, ACE)
    stands, hits = dealer_ends(unseen, ACE), dealer_ends(unseen, ACE, Rules(hits_soft_17=True))
    assert sum(hits) == pytest.approx(1, abs=1e-13)
    assert hits[0] < stands[0]
    assert hits[BUST] > stands[BUST]


def test_split_without_doubling_is_worth_less() -> None:
    decide = Spot(without(FULL, TEN, 7), TEN).decide
    assert Split(7, TEN, decide, Rules(doubles_after_split=False)).value() < Split(7, TEN, decide).value()


@pytest.mark.parametrize(
    ("ranks", "up", "action"),
    [
        ((9, 5), TEN, "hit"),  # 16 of ten and six against a ten ...
        ((8, 6), TEN, "hit"),
        ((4, 3, 6), TEN, "stand"),  # ... and of 4 5 7: the small cards are gone
        ((9, 5), 6, "hit"),
        ((8, 2), 3, "stand"),
        ((9, 1), 3, "hit"),  # 12 against a four: of ten and two one hits, else one stands
        ((5, 4), ACE, "hit"),
        ((5, 4), TEN, "double"),
        ((0, 6), 8, "hit"),
        ((0, 6), 5, "double"),
        ((0, 7), 5, "stand"),
    ],
)
def test_decisions_are_those_of_the_books(ranks: tuple[int, ...], up: int, action: str) -> None:
    spot = Spot(without(FULL, up), up)
    assert spot.decide(hand_of(*ranks), len(ranks) == 2) == action


def test_chart_is_complete() -> None:
    assert {chart(up)(node, True) for up in RANKS for node in range(len(hands()[1]))} == {"hit", "stand", "double"}
    assert [sum(chart_splits(pair, up) for up in RANKS) for pair in RANKS] == [10, 6, 6, 2, 0, 5, 6, 10, 7, 0]


def test_module_takes_part_in_the_table() -> None:
    assert blackjack in rtp.MODULES


def test_quick_rounds_are_within_three_sigma() -> None:
    won = play_quickly(20_000, "unit")
    variance = won.main_squares / 4 / won.rounds
    assert abs(won.main / 2 / won.rounds - blackjack.CHART.main) < 3 * math.sqrt(variance / won.rounds)
