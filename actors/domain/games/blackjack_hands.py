"""Hands at blackjack: what cards count, what a hand is, what it pays.

An ace counts eleven where that does not bring the hand above 21 (the hand is soft then), else one; court cards ten.
Source: house rules, domain.md 7.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from actors.domain.games.cards import rank

SEATS: Final = 7
HANDS_MAX: Final = 4  # of one seat, splits included
DECKS: Final = 6

#: Kinds of positions; a position is seat * 10 + kind.
MAIN: Final = 0
PERFECT_PAIRS: Final = 1
TWENTY_ONE_PLUS_3: Final = 2
BEHIND: Final = 3
KINDS: Final = (MAIN, PERFECT_PAIRS, TWENTY_ONE_PLUS_3, BEHIND)


class HandState(Enum):
    """Where a hand is. Only an acting hand is asked; the last three never act again."""

    WAITING = "waiting"
    ACTING = "acting"
    STOOD = "stood"
    BUST = "bust"
    BLACKJACK = "blackjack"


def value(card: int) -> int:
    """Return what a card counts: an ace 1, ten and court cards 10."""
    return min(rank(card) + 1, 10)


def total(cards: Sequence[int]) -> tuple[int, bool]:
    """Return a hand's best total and whether it is soft (an ace in it counts eleven). Hidden cards (-1) count nothing."""
    values = [value(card) for card in cards if card >= 0]
    hard = sum(values)
    soft = 1 in values and hard <= 11
    return (hard + 10 if soft else hard), soft


def is_natural(cards: Sequence[int]) -> bool:
    """Return whether two cards are 21. (Of a hand that was split it is no blackjack: `Hand.settle`.)"""
    return len(cards) == 2 and total(cards)[0] == 21


class Hand:
    """A player's hand. index: its place among the seat's hands. base_minor: the stake it began with."""

    __slots__ = ("added_minor", "base_minor", "cards", "index", "of_split", "seat", "state")

    def __init__(self, seat: int, index: int, base_minor: int, cards: list[int], *, of_split: bool = False) -> None:
        self.seat = seat
        self.index = index
        self.base_minor = base_minor
        self.added_minor = 0
        self.cards = cards
        self.of_split = of_split
        self.state = HandState.WAITING

    @property
    def number(self) -> int:
        """The hand's number: orders name it."""
        return self.seat * 10 + self.index

    def take(self, card: int) -> None:
        """Take a card: 21 stands by itself, above is bust."""
        self.cards.append(card)
        points = total(self.cards)[0]
        if points > 21:
            self.state = HandState.BUST
        elif points == 21:
            self.state = HandState.BLACKJACK if len(self.cards) == 2 and not self.of_split else HandState.STOOD

    def may_double(self) -> bool:
        """Any first two cards, after a split too."""
        return len(self.cards) == 2

    def is_pair(self) -> bool:
        """Two cards of equal value: any two of ten, jack, queen and king are a pair."""
        return len(self.cards) == 2 and value(self.cards[0]) == value(self.cards[1])

    def result(self, dealer: Sequence[int]) -> int:
        """Return 1 if the hand beats the dealer's final cards, 0 if equal, -1 if it loses."""
        if self.state is HandState.BUST:
            return -1
        natural = self.state is HandState.BLACKJACK
        if natural or is_natural(dealer):
            return natural - is_natural(dealer)
        mine, his = total(self.cards)[0], total(dealer)[0]
        return 1 if his > 21 else (mine > his) - (mine < his)

    def pays(self, stake_minor: int, dealer: Sequence[int]) -> int:
        """Return what a stake on this hand pays against the dealer's final cards, stake included.

        A blackjack pays 3 to 2, its winnings rounded down to minor units; a push gives the stake back.
        Source: house rules, domain.md 7.2.
        """
        result = self.result(dealer)
        if result == 1 and self.state is HandState.BLACKJACK:
            return stake_minor + stake_minor * 3 // 2
        return stake_minor * (result + 1)
