"""What Lantern Bay returns, exactly: the sums over its full cycle, and what follows from them for whole rounds.

The sums are published; `server/rtp/slot.py` counts them anew from the strips. Everything else is arithmetic on them:
the cap on free spins is taken into account spin by spin, so the return and its variance are those of the rules as they are
played, not of the formula F / (1 - F), which knows no cap.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Final

import msgspec

from actors.domain.games.slot_machine import CYCLE, LINES, MAX_FREE_SPINS, MULTIPLIER, SCATTER_PAYS


class Share(msgspec.Struct, frozen=True):
    """All paid spins of the full cycle that give so many free spins.

    stops: how many there are. units, squares: the sums of what they win (stakes of a line) and of its squares. best: the
    most that one of them wins. Free spins: the same with units times MULTIPLIER.
    """

    stops: int
    units: int
    squares: int
    best: int


#: Free spins given -> the share of the cycle that gives them.
FULL_CYCLE: Final[dict[int, Share]] = {
    0: Share(18_276_925, 253_034_500, 32_007_215_830, 2_215),
    10: Share(174_177, 7_707_180, 385_246_890, 400),
    15: Share(10_287, 2_081_520, 421_704_450, 350),
    20: Share(243, 243_480, 243_970_200, 1_040),
}
#: Paid spins of the cycle that win something, and those that win more than the stake.
HITS: Final = 8_178_396
WINS_ABOVE_STAKE: Final = 3_311_114
#: Of the cycle: how often a given line shows five of the dearest symbol (top award of a line).
TOP_AWARD: Final = 54


class Moments(msgspec.Struct, frozen=True):
    """Mean and variance of a win, in whole stakes."""

    mean: Fraction
    variance: Fraction


def mean_units() -> Fraction:
    """Return what a paid spin wins by itself, in stakes of a line."""
    return Fraction(sum(share.units for share in FULL_CYCLE.values()), CYCLE)


def free_spins_per_spin() -> Fraction:
    """Return F: how many free spins a spin gives, where the cap does not stop it."""
    return Fraction(sum(given * share.stops for given, share in FULL_CYCLE.items()), CYCLE)


@cache
def whole_round() -> Moments:
    """Return the moments of a whole round per stake, free spins and cap included: exact."""
    first, second = _rest_of_round()
    scale = CYCLE**MAX_FREE_SPINS
    mean = square = 0
    for given, share in FULL_CYCLE.items():
        mean += share.units * scale + share.stops * first[given]
        square += share.squares * scale + 2 * share.units * first[given] + share.stops * second[given]
    return _moments(Fraction(mean, scale * CYCLE), Fraction(square, scale * CYCLE))


@cache
def branching() -> Moments:
    """Return the moments without the cap, from the closed formulas of a branching process.

    RTP = base + F / (1 - F) * m; Var X = Var(w + f * EX) / (1 - F) for the tree of a free spin, then once more for the
    paid spin. Source: domain.md 7.5.
    """
    per_spin = free_spins_per_spin()
    tree = MULTIPLIER * mean_units() / (1 - per_spin)
    inner = _spread(MULTIPLIER, tree) / (1 - per_spin)
    mean = mean_units() + per_spin * tree
    variance = _spread(1, tree) + per_spin * inner
    return Moments(mean / len(LINES), variance / len(LINES) ** 2)


class Step(msgspec.Struct, frozen=True):
    """How far one spin moves what its round is expected to pay. In stakes; variance: squared; most and fall: up and down."""

    variance: float
    most: float
    fall: float


@cache
def steps() -> tuple[Step, Step]:
    """Return the steps of a paid and of a free spin: what it wins, and what the free spins are worth that it gives.

    Without the cap on free spins, which makes both smaller: these are bounds.
    """
    tree = MULTIPLIER * mean_units() / (1 - free_spins_per_spin())
    lines = len(LINES)
    found = [
        Step(
            float(_spread(times, tree) / lines**2),
            float(max(times * share.best + given * tree for given, share in FULL_CYCLE.items()) / lines),
            float((times * mean_units() + free_spins_per_spin() * tree) / lines),
        )
        for times in (1, MULTIPLIER)
    ]
    return found[0], found[1]


def free_spins_mean() -> Fraction:
    """Return how many free spins a round has, cap included: exact."""
    win = MULTIPLIER * mean_units()
    return (whole_round().mean * len(LINES) - mean_units()) / win


@cache
def best_units() -> int:
    """Return the most that a whole round can win, in stakes of a line: every spin at its best, retriggers and all."""
    best = {given: share.best for given, share in FULL_CYCLE.items()}
    after = dict.fromkeys(range(MAX_FREE_SPINS + 1), 0)
    for played in range(MAX_FREE_SPINS - 1, -1, -1):
        after = {
            total: max(MULTIPLIER * best[given] + after[min(MAX_FREE_SPINS, total + given)] for given in best)
            if total > played
            else 0
            for total in after
        }
    return max(best[given] + after[given] for given in best)


def _rest_of_round() -> tuple[dict[int, int], dict[int, int]]:
    """Return, by free spins given at first, mean and mean square of all they win, times CYCLE ** MAX_FREE_SPINS.

    From the last spin back: of `total` given free spins `played` are over. All in whole numbers: after k steps back the
    numbers are multiplied by CYCLE ** k.
    """
    units = {given: MULTIPLIER * share.units for given, share in FULL_CYCLE.items()}
    squares = sum(MULTIPLIER**2 * share.squares for share in FULL_CYCLE.values())
    totals = range(0, MAX_FREE_SPINS + 1)
    first, second = dict.fromkeys(totals, 0), dict.fromkeys(totals, 0)
    scale = 1
    for played in range(MAX_FREE_SPINS - 1, -1, -1):
        new_first, new_second = dict.fromkeys(totals, 0), dict.fromkeys(totals, 0)
        for total in range(played + 1, MAX_FREE_SPINS + 1):
            if total % 5:  # spins are given by fives, so no other total is ever reached
                continue
            mean, square = sum(units.values()) * scale, squares * scale
            for given, share in FULL_CYCLE.items():
                then = min(MAX_FREE_SPINS, total + given)
                mean += share.stops * first[then]
                square += 2 * units[given] * first[then] + share.stops * second[then]
            new_first[total], new_second[total] = mean, square
        first, second = new_first, new_second
        scale *= CYCLE
    return first, second


def _spread(multiplier: int, tree: Fraction) -> Fraction:
    """Return the variance of (what a spin wins) + (the free spins it gives) * tree."""
    mean = square = Fraction(0)
    for given, share in FULL_CYCLE.items():
        rest = given * tree
        mean += multiplier * share.units + share.stops * rest
        square += multiplier**2 * share.squares + 2 * multiplier * share.units * rest + share.stops * rest**2
    return square / CYCLE - (mean / CYCLE) ** 2


def _moments(mean_units_: Fraction, square_units: Fraction) -> Moments:
    lines = len(LINES)
    return Moments(mean_units_ / lines, (square_units - mean_units_**2) / lines**2)


assert all(given % 5 == 0 for _, given in SCATTER_PAYS.values()), "see _rest_of_round"
