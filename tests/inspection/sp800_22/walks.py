"""SP 800-22: 2.14 and 2.15, excursions of the walk of ones and zeros between its returns to zero."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from actors.domain.statistics import gamma_tail

#: With fewer cycles the tests do not apply. Source: 2.14.4.
CYCLES_MIN: Final = 500


def excursions(bits: NDArray[np.uint8], cycles_min: int = CYCLES_MIN) -> dict[str, float]:
    """Is each level between -4 and 4 visited in a cycle as often as it should be?"""
    walk, cycle, cycles = _cycles(bits)
    if cycles < max(cycles_min, 0.005 * math.sqrt(len(bits)) if cycles_min else 0):
        return {}
    found = {}
    for level in (-4, -3, -2, -1, 1, 2, 3, 4):
        visits = np.bincount(cycle[walk == level], minlength=cycles)
        counts = np.bincount(np.minimum(visits, 5), minlength=6)
        expected = cycles * np.array(_visits(abs(level)))
        found[f"{level:+d}"] = gamma_tail(2.5, float(((counts - expected) ** 2 / expected).sum()) / 2)
    return found


def excursions_variant(bits: NDArray[np.uint8], cycles_min: int = CYCLES_MIN) -> dict[str, float]:
    """Is each level between -9 and 9 visited as often as it should be?"""
    walk, _, cycles = _cycles(bits)
    if cycles < max(cycles_min, 0.005 * math.sqrt(len(bits)) if cycles_min else 0):
        return {}
    return {
        f"{level:+d}": math.erfc(
            abs(int((walk == level).sum()) - cycles) / math.sqrt(2 * cycles * (4 * abs(level) - 2))
        )
        for level in range(-9, 10)
        if level
    }


def _cycles(bits: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return the walk, the number of each place's cycle, and how many cycles there are."""
    walk = np.cumsum(2 * bits.astype(np.int64) - 1)
    zeros = np.cumsum(walk == 0)
    cycle = zeros - (walk == 0)
    return walk, cycle, int(zeros[-1]) + (int(walk[-1]) != 0)


def _visits(level: int) -> list[float]:
    """Return how likely 0, 1, ... 4, 5 or more visits of a level in one cycle are. Source: 3.14."""
    leaves = 1 - 1 / (2 * level)
    return [leaves, *(leaves ** (k - 1) / (4 * level**2) for k in range(1, 5)), leaves**4 / (2 * level)]
