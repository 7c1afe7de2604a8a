"""Tests of what players see: pockets, cards, busts, stops. Each returns a P-value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from actors.domain.statistics import chi_square, chi_square_tail, normal_two_sided
from tests.inspection.judge import poisson_two_sided

Values = NDArray[np.int64]


def shares(counts: Sequence[int] | NDArray[Any], chances: Sequence[float]) -> float:
    """Chi-square of counts against known chances."""
    return chi_square_tail(*chi_square([int(count) for count in counts], list(chances)))


def evenly(values: Values, cells: int) -> float:
    """Chi-square: is every number from 0 on as frequent as any other?"""
    return shares(np.bincount(values, minlength=cells), [1 / cells] * cells)


def runs(values: Values, cells: int) -> float:
    """Wald and Wolfowitz: do high and low numbers take turns as often as they should?"""
    high = values >= (cells + 1) // 2
    n, ones = len(high), int(high.sum())
    zeros = n - ones
    if not ones or not zeros:
        return 0.0
    mean = 2 * ones * zeros / n + 1
    variance = (mean - 1) * (mean - 2) / (n - 1)
    found = 1 + int(np.count_nonzero(high[1:] != high[:-1]))
    return normal_two_sided((found - mean) / math.sqrt(variance)) if variance > 0 else 0.0


def serial_correlation(values: Values, lag: int) -> float:
    """Does a number tell anything about the one so many rounds later?"""
    deviations = values - values.mean()
    spread = float((deviations**2).sum())
    if not spread:
        return 0.0
    found = float((deviations[lag:] * deviations[:-lag]).sum()) / spread
    return normal_two_sided((found + 1 / len(values)) * math.sqrt(len(values)))


def repeats(values: Values, cells: int, lag: int) -> float:
    """Does the same number come back after so many rounds as often as it should?"""
    tries = len(values) - lag
    found = int(np.count_nonzero(values[lag:] == values[:-lag]))
    return normal_two_sided((found - tries / cells) / math.sqrt(tries / cells * (1 - 1 / cells)))


def coupons(values: Values, cells: int, classes: int = 20) -> float:
    """Coupon collector: does it take as long as it should until every number was there?"""
    waits: list[int] = []
    missing, began = cells, 0
    seen = bytearray(cells)
    for place, value in enumerate(values.tolist(), start=1):
        if not seen[value]:
            seen[value] = 1
            missing -= 1
            if not missing:
                waits.append(place - began)
                missing, began, seen = cells, place, bytearray(cells)
    if not waits:
        return 0.0 if len(values) > 20 * cells else 1.0
    edges, chances = coupon_classes(cells, classes)
    return shares(np.bincount(np.searchsorted(edges, waits, side="left"), minlength=len(chances)), chances)


def coupon_classes(cells: int, classes: int) -> tuple[list[int], list[float]]:
    """Return the last wait of every class but the last, and each class's chance; by stepping the chain exactly."""
    state = [1.0] + [0.0] * cells  # by how many different numbers were there
    edges: list[int] = []
    chances: list[float] = []
    done = before = 0.0
    for wait in range(1, 100 * cells):
        state = [
            (state[k] * k + (state[k - 1] * (cells - k + 1) if k else 0)) / cells if k < cells else 0.0
            for k in range(cells)
        ] + [state[cells] + state[cells - 1] / cells]
        done = state[cells]
        if done - before >= 1 / classes and len(edges) < classes - 1:
            edges.append(wait)
            chances.append(done - before)
            before = done
        if 1 - done < 1e-12:
            break
    return edges, [*chances, 1 - before]


def duplicates(values: Values, cells: int, length: int) -> float:
    """Do patterns of so many numbers in a row occur twice as often as they should?"""
    count = len(values) // length
    patterns = np.zeros(count, dtype=np.int64)
    for place in range(length):
        patterns = patterns * cells + values[place : count * length : length]
    _, times = np.unique(patterns, return_counts=True)
    pairs = int((times * (times - 1) // 2).sum())
    return poisson_two_sided(min(pairs, 1_000_000), count * (count - 1) / 2 / float(cells) ** length)


def interplay(first: Values, second: Values, cells: int) -> float:
    """Do two tables know of each other? Chi-square of all pairs of what they showed at the same time."""
    return evenly(first * cells + second, cells**2)


def places(decks: Sequence[Sequence[int]], size: int) -> float:
    """Is every card in every place equally often? Rows and columns are fixed, so df is (size - 1)^2."""
    table = np.zeros((size, size), dtype=np.int64)
    everywhere = np.arange(size)
    for deck in decks:
        table[everywhere, deck] += 1
    expected = len(decks) / size
    chi2 = float(((table - expected) ** 2 / expected).sum()) * (size - 1) / size
    return chi_square_tail(chi2, (size - 1) ** 2)
