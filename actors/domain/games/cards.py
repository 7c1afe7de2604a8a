"""Playing cards and shoes. A card is 0 .. 51: rank = card % 13 (ace 0, two 1 ... ten 9, jack 10, queen 11, king 12), suit =
card // 13 (spades, hearts, diamonds, clubs). The numbers stand in recorded outcomes, so they never change."""

from __future__ import annotations

from typing import Final

from actors.domain.games.game import Draws

DECK: Final = 52
RANKS: Final = "A23456789TJQK"
SUITS: Final = "shdc"


def rank(card: int) -> int:
    """Return the rank, 0 (ace) .. 12 (king)."""
    return card % 13


def suit(card: int) -> int:
    """Return the suit: 0 spades, 1 hearts, 2 diamonds, 3 clubs."""
    return card // 13


def card_name(card: int) -> str:
    """Return "As", "Th", "Kd"."""
    return RANKS[card % 13] + SUITS[card // 13]


def shuffled(draws: Draws, decks: int) -> list[int]:
    """Return a shoe in the order in which it is dealt: Fisher-Yates from the last place down, one number for each place."""
    shoe = list(range(DECK)) * decks
    for last in range(len(shoe) - 1, 0, -1):
        other = draws.below(last + 1)
        shoe[last], shoe[other] = shoe[other], shoe[last]
    return shoe


class Shoe:
    """A shuffled shoe, shuffled only as far as it is dealt: Fisher-Yates from the first place up, one number a card.

    Twelve cards of 416 cost twelve numbers. The k-th card comes from the k-th number, whoever asks for it.
    """

    def __init__(self, draws: Draws, decks: int) -> None:
        self._draws = draws
        self._left = list(range(DECK)) * decks
        self._next = 0

    def deal(self) -> int:
        """Return the next card. Raises IndexError when the shoe is empty."""
        left, place = self._left, self._next
        if place == len(left):
            raise IndexError("the shoe is empty")
        other = place + self._draws.below(len(left) - place)
        left[place], left[other] = left[other], left[place]
        self._next = place + 1
        return left[place]
