"""How many players there are at what time, and when they all act at once: curves as data."""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

#: After the given time nobody stakes any more, and what is staked comes to its end; then everybody leaves.
DRAIN_S: Final = 25.0
#: The number of players follows its curve in steps this long.
STEP_S: Final = 2.0


class Shape(NamedTuple):
    """Shares of the run's time and of the players.

    points: (when, how many), straight lines between. rushes: from when to when everybody bets in the last moment before
    betting closes. storms: when all connections are cut at once.
    """

    meaning: str
    points: tuple[tuple[float, float], ...]
    rushes: tuple[tuple[float, float], ...] = ()
    storms: tuple[float, ...] = ()


SHAPES: Final[dict[str, Shape]] = {
    "ramp": Shape("everybody comes within the first fifth, and stays", ((0.0, 0.02), (0.2, 1.0), (1.0, 1.0))),
    "evening": Shape(
        "few in the afternoon, all at the peak, few at night",
        ((0.0, 0.2), (0.4, 1.0), (0.65, 1.0), (0.95, 0.25), (1.0, 0.25)),
    ),
    "flash": Shape(
        "twice a crowd rushes in, and bets when the croupier is about to say 'no more bets'",
        (
            (0.0, 0.05),
            (0.1, 0.4),
            (0.25, 0.4),
            (0.3, 1.0),
            (0.5, 1.0),
            (0.55, 0.4),
            (0.65, 0.4),
            (0.7, 1.0),
            (1.0, 1.0),
        ),
        rushes=((0.25, 0.5), (0.65, 1.0)),
    ),
    "storm": Shape(
        "all connections are cut at once, again and again",
        ((0.0, 0.02), (0.2, 1.0), (1.0, 1.0)),
        storms=(0.3, 0.5, 0.7, 0.9),
    ),
}


def gathered(shape: Shape) -> float:
    """Return from which share of the time on the number of players stays what it is; 1.0: never."""
    last = shape.points[-1][1]
    since = 1.0
    for when, many in reversed(shape.points):
        if many != last:
            break
        since = when
    return since


def players_at(shape: Shape, since_s: float, seconds: float, players: int) -> int:
    """Return how many there are so long after the start, at least one. All that remain stay to the drain's end."""
    share = min(1.0, int(since_s / STEP_S) * STEP_S / seconds)
    for (left, low), (right, high) in pairwise(shape.points):
        if share <= right:
            return max(1, round(players * (low + (high - low) * (share - left) / (right - left))))
    return max(1, round(players * shape.points[-1][1]))


def is_rush(shape: Shape, since_s: float, seconds: float) -> bool:
    """Tell whether everybody waits for the last moment."""
    return any(begin <= since_s / seconds < end for begin, end in shape.rushes)


def storms_s(shape: Shape, seconds: float) -> list[float]:
    """Return how long after the start all connections are cut."""
    return [share * seconds for share in shape.storms]
