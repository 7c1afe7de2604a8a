"""What a round of blackjack returns against each of the dealer's cards, by optimal play or by the usual chart.

The chart is basic strategy for six decks, dealer stands on soft 17, double after split, no surrender, as the trade prints it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from server.rtp.blackjack_cards import ACE, FULL, OURS, RANKS, TEN, Rules, hand_of, hands, without
from server.rtp.blackjack_solver import Decide, Split, Spot, deal_chance, natural_chance

#: Dealer's cards of the chart, in its order.
_UPS: Final = "23456789TA"
#: Total -> what to do against 2 .. 9, ten, ace. H hit, S stand, D double or hit, E double or stand.
_HARD: Final = {
    9: "HDDDDHHHHH",
    10: "DDDDDDDDHH",
    11: "DDDDDDDDDH",
    12: "HHSSSHHHHH",
    **dict.fromkeys((13, 14, 15, 16), "SSSSSHHHHH"),
}
_SOFT: Final = {
    **dict.fromkeys((13, 14), "HHHDDHHHHH"),
    **dict.fromkeys((15, 16), "HHDDDHHHHH"),
    17: "HDDDDHHHHH",
    18: "SEEEESSHHH",
}
#: Value of a pair's cards (ace 1) -> dealer's cards against which it is split.
_PAIRS: Final = {1: _UPS, 2: "234567", 3: "234567", 4: "56", 6: "23456", 7: "234567", 8: _UPS, 9: "2345689"}


class Returns(NamedTuple):
    """What is won against one of the dealer's cards, times how likely that card is: of one stake on the seat, and behind."""

    main: float
    behind: float


def _chart_column(up: int) -> int:
    return (up - 1) % 10


def chart(up: int) -> Decide:
    """Return the chart's decisions against one card."""

    def decide(node: int, may_double: bool) -> str:
        hand = hands()[1][node]
        row = _SOFT.get(hand.total, "S" * 10) if hand.soft else _HARD.get(hand.total, "H" * 10)
        if hand.total >= 17 and not hand.soft:
            row = "S" * 10
        if hand.soft and hand.total == 12:
            row = "H" * 10
        letter = row[_chart_column(up)]
        if letter in "DE":
            return "double" if may_double else {"D": "hit", "E": "stand"}[letter]
        return {"H": "hit", "S": "stand"}[letter]

    return decide


def chart_splits(pair: int, up: int) -> bool:
    """Return whether the chart splits two cards of this rank."""
    return _UPS[_chart_column(up)] in _PAIRS.get(pair + 1, "")


def optimal_returns(up: int, rules: Rules = OURS) -> Returns:
    """Return what the best play returns: before a split by the exact cards seen; after it by the hand's own cards."""
    spot = Spot(without(FULL, up), up, rules)

    def split_of(pair: int) -> Split:
        return Split(pair, up, Spot(without(FULL, up, pair), up, rules).decide, rules)

    def splits(pair: int, split: Split) -> bool:
        node = hand_of(pair, pair)
        return split.value() > max(spot.play_on(node), spot.doubled(node))

    return _returns(up, spot, spot.decide, split_of, splits)


def chart_returns(up: int) -> Returns:
    """Return what play by the chart returns."""
    decide = chart(up)
    return _returns(
        up,
        Spot(without(FULL, up), up),
        decide,
        lambda pair: Split(pair, up, decide),
        lambda pair, _: chart_splits(pair, up),
    )


def _returns(
    up: int,
    spot: Spot,
    decide: Decide,
    split_of: Callable[[int], Split],
    splits: Callable[[int, Split], bool],
) -> Returns:
    main = behind = 0.0
    known: dict[bool, dict[tuple[int, bool], float]] = {False: {}, True: {}}
    for first in RANKS:
        for second in range(first, 10):
            chance = deal_chance(first, second, up)
            lost = natural_chance(first, second, up)
            if (first, second) == (ACE, TEN):
                won = followed = 1.5
                lost_minor = 0.0
            else:
                node = hand_of(first, second)
                won = spot.value(node, decide, known[False], may_double=True)
                followed = spot.value(node, decide, known[True], may_double=True, behind=True)
                lost_minor = lost
                if first == second:
                    split = split_of(first)
                    if splits(first, split):
                        won, followed = split.value(), split.first_hand()
            main += chance * ((1 - lost) * won - lost_minor)
            behind += chance * ((1 - lost) * followed - lost_minor)
    return Returns(main, behind)


def short_pay_cost() -> float:
    """Return what 6 to 5 instead of 3 to 2 costs of a stake: three tenths of every blackjack that is no push."""
    naturals = [(deal_chance(ACE, TEN, up), natural_chance(ACE, TEN, up)) for up in RANKS]
    return 0.3 * sum(chance * (1 - push) for chance, push in naturals)
