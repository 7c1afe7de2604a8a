"""SP 800-22: 2.7 and 2.8 templates, 2.9 Maurer's universal test, 2.11 serial, 2.12 approximate entropy."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from actors.domain.statistics import gamma_tail

#: Shares of blocks of 1032 bits with 0, 1, ... 5 or more occurrences of nine ones. Source: 3.8, Hamano and Kaneko.
_ONES: Final = (0.364091, 0.185659, 0.139381, 0.100571, 0.0704323, 0.139865)
#: Word -> (least bits, mean, variance) of Maurer's statistic. Source: 2.9.4.
_UNIVERSAL: Final = {
    16: (1_059_061_760, 15.167379, 3.421),
    15: (496_435_200, 14.167488, 3.419),
    14: (231_669_760, 13.167693, 3.416),
    13: (107_560_960, 12.168070, 3.410),
    12: (49_643_520, 11.168765, 3.401),
    11: (22_753_280, 10.170032, 3.384),
    10: (10_342_400, 9.1723243, 3.356),
    9: (4_654_080, 8.1764248, 3.311),
    8: (2_068_480, 7.1836656, 3.238),
    7: (904_960, 6.1962507, 3.125),
    6: (387_840, 5.2177052, 2.954),
}


def windows(bits: NDArray[np.uint8], size: int, *, around: bool = False) -> NDArray[np.int32]:
    """Return the number that each window of so many bits shows. around: the first bits follow the last ones."""
    line = np.concatenate((bits, bits[: size - 1])) if around else bits
    count = len(line) - size + 1
    values = np.zeros(count, dtype=np.int32)
    for place in range(size):
        values <<= 1
        values |= line[place : place + count]
    return values


def aperiodic(size: int) -> list[int]:
    """Return the templates that cannot overlap themselves."""
    return [
        value
        for value in range(1 << size)
        if all(value >> shift != value & ((1 << (size - shift)) - 1) for shift in range(1, size))
    ]


def templates(bits: NDArray[np.uint8], size: int = 9, blocks: int = 8) -> dict[str, float]:
    """Does each template occur as often as it should? One P-value for each."""
    block = len(bits) // blocks
    mean = (block - size + 1) / 2**size
    variance = block * (1 / 2**size - (2 * size - 1) / 2 ** (2 * size))
    # A template that cannot overlap itself is found by counting windows: no two finds share a bit.
    counts = np.array(
        [
            np.bincount(windows(bits[at : at + block], size), minlength=1 << size)
            for at in range(0, blocks * block, block)
        ]
    )
    chi2 = ((counts - mean) ** 2 / variance).sum(axis=0)
    return {f"{value:0{size}b}": gamma_tail(blocks / 2, float(chi2[value]) / 2) for value in aperiodic(size)}


def overlapping(
    bits: NDArray[np.uint8], size: int = 9, block: int = 1032, shares: tuple[float, ...] = _ONES
) -> dict[str, float]:
    """Do runs of so many ones occur as often as they should, overlapping ones counted each?"""
    blocks = len(bits) // block
    rows = bits[: blocks * block].reshape(blocks, block)
    found = np.zeros((blocks, block - size + 1), dtype=np.uint8) + 1
    for place in range(size):
        found &= rows[:, place : place + block - size + 1]
    classes = np.minimum(found.sum(axis=1, dtype=np.int64), len(shares) - 1)
    expected = blocks * np.array(shares)
    chi2 = float(((np.bincount(classes, minlength=len(shares)) - expected) ** 2 / expected).sum())
    return {"": gamma_tail((len(shares) - 1) / 2, chi2 / 2)}


def universal(bits: NDArray[np.uint8]) -> dict[str, float]:
    """Can the bits be compressed? From 387,840 bits on."""
    found = next(((word, row) for word, row in _UNIVERSAL.items() if len(bits) >= row[0]), None)
    if found is None:
        return {}
    word, (_, mean, variance) = found
    first = 10 << word
    rest = len(bits) // word - first
    correction = 0.7 - 0.8 / word + (4 + 32 / word) * rest ** (-3 / word) / 15
    sigma = correction * math.sqrt(variance / rest)
    return {"": math.erfc(abs(maurer(bits, word, first) - mean) / (math.sqrt(2) * sigma))}


def maurer(bits: NDArray[np.uint8], word: int, first: int) -> float:
    """Return the mean of log2 of how far back each word occurred last; the first so many words only begin the table."""
    count = len(bits) // word
    values = np.zeros(count, dtype=np.int64)
    for place in range(word):
        values = values << 1 | bits[place : count * word : word]
    order = np.argsort(values, kind="stable")
    before = np.zeros(count, dtype=np.int64)  # places count from one; 0: never before
    same = values[order[1:]] == values[order[:-1]]
    before[order[1:][same]] = order[:-1][same] + 1
    return float(np.log2(np.arange(1, count + 1)[first:] - before[first:]).mean())


def serial(bits: NDArray[np.uint8], size: int = 16) -> dict[str, float]:
    """Is every window of so many bits as frequent as any other?"""
    n, counts, psi = len(bits), np.bincount(windows(bits, size, around=True), minlength=1 << size), []
    for shorter in range(3):
        psi.append(float(2 ** (size - shorter)) / n * float((counts.astype(np.float64) ** 2).sum()) - n)
        counts = counts.reshape(-1, 2).sum(axis=1)
    first, second = psi[0] - psi[1], psi[0] - 2 * psi[1] + psi[2]
    return {"1": gamma_tail(2 ** (size - 2), first / 2), "2": gamma_tail(2 ** (size - 3), second / 2)}


def approximate_entropy(bits: NDArray[np.uint8], size: int = 10) -> dict[str, float]:
    """Does one more bit of a window say as much as the ones before?"""
    n = len(bits)
    longer = np.bincount(windows(bits, size + 1, around=True), minlength=2 << size)
    entropy = _phi(longer.reshape(-1, 2).sum(axis=1), n) - _phi(longer, n)
    return {"": gamma_tail(2 ** (size - 1), n * (math.log(2) - entropy))}


def _phi(counts: NDArray[np.int64], n: int) -> float:
    shares = counts[counts > 0] / n
    return float((shares * np.log(shares)).sum())
