"""Side bets at blackjack, decided on the seat's first two cards and the dealer's first. They win or lose for themselves.

| bet | wins with | pays |
| --- | --- | --- |
| perfect pairs | two cards of one rank: same suit, same colour, both colours | 25, 12, 6 to 1 |
| 21+3 | suited three of a kind, straight flush, three of a kind, straight, flush | 100, 40, 30, 10, 5 to 1 |

In a straight the ace stands below the two or above the king. A better combination pays instead of a lesser one.
"""

from __future__ import annotations

from typing import Final

from actors.domain.games.cards import rank, suit

#: Name -> "pays to 1", best first.
PERFECT_PAIRS_PAYS: Final = {"perfect pair": 25, "coloured pair": 12, "mixed pair": 6}
TWENTY_ONE_PLUS_3_PAYS: Final = {
    "suited three of a kind": 100,
    "straight flush": 40,
    "three of a kind": 30,
    "straight": 10,
    "flush": 5,
}

_RED_SUITS: Final = (1, 2)


def pair_of(first: int, second: int) -> str:
    """Return which of `PERFECT_PAIRS_PAYS` two cards are, "" if none."""
    if rank(first) != rank(second):
        return ""
    if suit(first) == suit(second):
        return "perfect pair"
    return "coloured pair" if (suit(first) in _RED_SUITS) == (suit(second) in _RED_SUITS) else "mixed pair"


def is_straight(ranks: list[int]) -> bool:
    """Return whether three ranks follow each other, the ace first or last."""
    low, middle, high = sorted(ranks)
    return (low, middle, high) == (0, 11, 12) or (middle == low + 1 and high == low + 2)


def three_of(first: int, second: int, up: int) -> str:
    """Return which of `TWENTY_ONE_PLUS_3_PAYS` three cards are, "" if none."""
    cards = (first, second, up)
    ranks = [rank(card) for card in cards]
    flush = len({suit(card) for card in cards}) == 1
    if len(set(ranks)) == 1:
        return "suited three of a kind" if flush else "three of a kind"
    if is_straight(ranks):
        return "straight flush" if flush else "straight"
    return "flush" if flush else ""


def perfect_pairs_pays(stake_minor: int, first: int, second: int) -> int:
    """Return what perfect pairs pays, stake included; 0 if lost."""
    pair = pair_of(first, second)
    return stake_minor * (PERFECT_PAIRS_PAYS[pair] + 1) if pair else 0


def twenty_one_plus_3_pays(stake_minor: int, first: int, second: int, up: int) -> int:
    """Return what 21+3 pays, stake included; 0 if lost."""
    three = three_of(first, second, up)
    return stake_minor * (TWENTY_ONE_PLUS_3_PAYS[three] + 1) if three else 0
