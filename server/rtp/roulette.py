"""Roulette by enumeration: 157 positions over 37 pockets. What a bet pays follows from how many numbers it covers.

The layout is counted here from the shape of the cloth, not read from the game: a bet on n numbers pays 36/n - 1 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from actors.domain.games.game import Outcome
from actors.domain.games.roulette import LAYOUT
from actors.domain.games.roulette_game import ROULETTE
from server.rtp.rows import Row, Teller, paid_rows, row_of

#: Bet -> (positions, numbers covered), from domain.md 7.1.
CLOTH: Final[Mapping[str, tuple[int, int]]] = {
    "straight": (37, 1),
    "split": (60, 2),
    "trio": (2, 3),
    "street": (12, 3),
    "first_four": (1, 4),
    "corner": (22, 4),
    "six_line": (11, 6),
    "dozen": (3, 12),
    "column": (3, 12),
    **dict.fromkeys(("red", "black", "odd", "even", "low", "high"), (1, 18)),
}


GAMES: Final[tuple[Teller, ...]] = (ROULETTE,)


def rows() -> list[Row]:
    """Return every kind of bet."""
    return [
        row_of(ROULETTE.name, bet, positions, {Fraction(36, n): n, Fraction(0): 37 - n}, f"covers {n} of 37 pockets")
        for bet, (positions, n) in CLOTH.items()
    ]


def paid() -> list[Row]:
    """Return what the code pays on each of the 157 positions over all pockets."""
    bets = {bet: [place.position for place in LAYOUT if place.kind == bet] for bet in CLOTH}
    return paid_rows(ROULETTE, bets, [(Outcome(drawn), 1) for drawn in range(37)], "the game's code, over all pockets")


def first_positions() -> dict[str, int]:
    """Return of each kind of bet its first position."""
    first = {place.kind: place.position for place in reversed(LAYOUT)}
    return {bet: first[bet] for bet in CLOTH}
