"""The fifteen tests of NIST SP 800-22 Rev. 1a. Each takes bits and returns P-values by name; none: it does not apply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.inspection.sp800_22 import counting, patterns, structure, walks

Bits = NDArray[np.uint8]
PValues = dict[str, float]

#: In the order of the standard, with the parameters it recommends for a million bits.
TESTS: Final[dict[str, Callable[[Bits], PValues]]] = {
    "frequency": counting.frequency,
    "block frequency": counting.block_frequency,
    "runs": counting.runs,
    "longest run": counting.longest_run,
    "rank": structure.rank,
    "spectral": structure.spectral,
    "template": patterns.templates,
    "overlapping template": patterns.overlapping,
    "universal": patterns.universal,
    "linear complexity": structure.linear_complexity,
    "serial": patterns.serial,
    "approximate entropy": patterns.approximate_entropy,
    "cumulative sums": counting.cumulative_sums,
    "excursions": walks.excursions,
    "excursions variant": walks.excursions_variant,
}


def bits_of(data: bytes) -> Bits:
    """Return the bits of these bytes, the most significant first."""
    return np.unpackbits(np.frombuffer(data, dtype=np.uint8))


def inspect(bits: Bits) -> PValues:
    """Return the P-values of all tests, under "test" or "test: part"."""
    return {f"{name}: {part}" if part else name: p for name, test in TESTS.items() for part, p in test(bits).items()}
