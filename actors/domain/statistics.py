"""Tails of the distributions that tests of outcomes need. Floats throughout: this is about chances, never about money."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

_EPSILON: Final = 1e-15
_STEPS_MAX: Final = 100_000


def gamma_tail(a: float, x: float) -> float:
    """Return Q(a, x), the upper regularized incomplete gamma function, to about 1e-10.

    Shape: a > 0, x >= 0. Source: series below a + 1, continued fraction (modified Lentz) above.
    """
    if x <= 0:
        return 1.0
    if math.isinf(x):
        return 0.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for step in range(1, _STEPS_MAX):
            term *= x / (a + step)
            total += term
            if term < total * _EPSILON:
                break
        return min(1.0, max(0.0, 1 - total * scale))
    return min(1.0, max(0.0, scale * _fraction(a, x)))


def _fraction(a: float, x: float) -> float:
    b, c = x + 1 - a, 1e300
    d = h = 1 / b
    for step in range(1, _STEPS_MAX):
        by = -step * (step - a)
        b += 2
        d = 1 / (by * d + b)
        c = b + by / c
        h *= d * c
        if abs(d * c - 1) < _EPSILON:
            break
    return h


def chi_square_tail(chi2: float, df: int) -> float:
    """Return how likely a chi-square of at least this is. Shape: df >= 1."""
    return gamma_tail(df / 2, chi2 / 2)


def normal_two_sided(z: float) -> float:
    """Return how likely a standard normal number is at least this far from 0."""
    return math.erfc(abs(z) / math.sqrt(2))


def chi_square(counts: Sequence[int], chances: Sequence[float]) -> tuple[float, int]:
    """Return chi-square and degrees of freedom of counts against chances that are known and add up to one.

    Shape: as many chances as counts, each above 0; where one is 0, a count there makes chi-square infinite.
    """
    total = sum(counts)
    chi2, cells = 0.0, 0
    for count, chance in zip(counts, chances, strict=True):
        if chance > 0:
            expected = chance * total
            chi2 += (count - expected) ** 2 / expected if total else 0.0
            cells += 1
        elif count:
            return math.inf, max(1, len(counts) - 1)
    return chi2, max(1, cells - 1)
