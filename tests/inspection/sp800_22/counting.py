"""SP 800-22: 2.1 frequency, 2.2 block frequency, 2.3 runs, 2.4 longest run, 2.13 cumulative sums."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from actors.domain.statistics import gamma_tail

#: (least bits, block, shortest class, shares of the classes) of the longest run of ones in a block. Source: 3.4.
_LONGEST: Final = (
    (750_000, 10_000, 10, (0.0882, 0.2092, 0.2483, 0.1933, 0.1208, 0.0675, 0.0727)),
    (6_272, 128, 4, (0.1174035788, 0.242955959, 0.249363483, 0.17517706, 0.102701071, 0.112398847)),
    (128, 8, 1, (0.21484375, 0.3671875, 0.23046875, 0.1875)),
)


def frequency(bits: NDArray[np.uint8]) -> dict[str, float]:
    """Are there as many ones as zeros?"""
    n = len(bits)
    return {"": math.erfc(abs(2 * int(bits.sum(dtype=np.int64)) - n) / math.sqrt(2 * n))}


def block_frequency(bits: NDArray[np.uint8], size: int = 128) -> dict[str, float]:
    """Are there in every block?"""
    blocks = len(bits) // size
    shares = bits[: blocks * size].reshape(blocks, size).mean(axis=1)
    return {"": gamma_tail(blocks / 2, 2 * size * float(((shares - 0.5) ** 2).sum()))}


def runs(bits: NDArray[np.uint8]) -> dict[str, float]:
    """Do ones and zeros take turns as often as they should?"""
    n, share = len(bits), float(bits.mean())
    if abs(share - 0.5) >= 2 / math.sqrt(n):
        return {"": 0.0}
    turns = 1 + int(np.count_nonzero(bits[1:] != bits[:-1]))
    spread = 2 * share * (1 - share)
    return {"": math.erfc(abs(turns - n * spread) / (math.sqrt(2 * n) * spread))}


def longest_run(bits: NDArray[np.uint8]) -> dict[str, float]:
    """Are the longest runs of ones in blocks as long as they should be? From 128 bits on."""
    _, size, least, shares = next(row for row in _LONGEST if len(bits) >= row[0])
    blocks = len(bits) // size
    rows = bits[: blocks * size].reshape(blocks, size)
    places = np.arange(1, size + 1)
    last_zero = np.maximum.accumulate(np.where(rows == 0, places, 0), axis=1)
    longest = (places - last_zero).max(axis=1)
    classes = np.clip(longest - least, 0, len(shares) - 1)
    expected = blocks * np.array(shares)
    chi2 = float(((np.bincount(classes, minlength=len(shares)) - expected) ** 2 / expected).sum())
    return {"": gamma_tail((len(shares) - 1) / 2, chi2 / 2)}


def cumulative_sums(bits: NDArray[np.uint8]) -> dict[str, float]:
    """Does the walk of ones and zeros stay near where it began, from either end?"""
    steps = 2 * bits.astype(np.int64) - 1
    return {"forward": _excess(np.cumsum(steps)), "reverse": _excess(np.cumsum(steps[::-1]))}


def _excess(walk: NDArray[np.int64]) -> float:
    n, z = len(walk), int(np.abs(walk).max())
    reach = int(10 * math.sqrt(n) / z) + 2  # beyond it every term is 0
    whole, root = n // z, z / math.sqrt(n)
    first = range(max(-reach, int((1 - whole) / 4)), min(reach, int((whole - 1) / 4)) + 1)
    second = range(max(-reach, int((-3 - whole) / 4)), min(reach, int((whole - 1) / 4)) + 1)
    return (
        1
        - sum(_below((4 * k + 1) * root) - _below((4 * k - 1) * root) for k in first)
        + sum(_below((4 * k + 3) * root) - _below((4 * k + 1) * root) for k in second)
    )


def _below(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2
