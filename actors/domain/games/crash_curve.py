"""How a flight climbs: m(t) = floor(100 * e^(6/100000 * t)) hundredths, t in whole milliseconds since take-off. Exact.

Integers only, so every machine and language agrees. e^(6/100000 * t) is the product of two table entries, for the low nine
bits of t and for the rest: fixed-point numbers of 128 bits, never above the true ones. The series loses less than 2^-123
of the first factor; the up to 153,506 steps by which a product comes about lose as much each, less than 2^-105 together.
So the product, below 2^20 hundredths, is short by less than 2^-85. No t of a flight brings 100 * e^(...) within 2^-23 of a
whole number (`tests/unit/test_crash_curve.py` looks at every one, by other means), so the floor is right. The same distance
makes an implementation in 53-bit floating point right: it is wrong by less than 2^-30.

Source: domain.md 7.4; 2.00x at 11.552 s, 10.00x at 38.376 s.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

_SHIFT: Final = 128

#: Where every flight ends, at the latest: 10,000.00x.
CEILING: Final = 1_000_000
#: When the curve gets there.
CEILING_MS: Final = 153_506


def _first_factor() -> int:
    """Return e^(6/100000) by its series, rounded down."""
    total = term = 1 << _SHIFT
    n = 0
    while term:
        n += 1
        term = term * 6 // (100_000 * n)
        total += term
    return total


def _powers(factor: int, count: int) -> list[int]:
    """Return the factor to the power of 0 .. count."""
    powers = [1 << _SHIFT]
    for _ in range(count):
        powers.append(powers[-1] * factor >> _SHIFT)
    return powers


_LOW: Final = _powers(_first_factor(), 512)
_HIGH: Final = _powers(_LOW[512], CEILING_MS >> 9)


def multiplier_at(flown_ms: int) -> int:
    """Return what the curve shows so long after take-off, in hundredths; 100 before it, never above the ceiling."""
    if flown_ms <= 0:
        return 100
    if flown_ms >= CEILING_MS:
        return CEILING
    return 100 * _LOW[flown_ms & 511] * _HIGH[flown_ms >> 9] >> (2 * _SHIFT)


def reached_ms(multiplier: int) -> int:
    """Return the first millisecond after take-off at which the curve shows at least this. Shape: 100 .. ceiling."""
    return bisect_left(range(CEILING_MS + 1), multiplier, key=multiplier_at)
