"""SP 800-22: 2.5 rank, 2.6 spectral, 2.10 linear complexity."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from actors.domain.statistics import gamma_tail

#: Shares of random 32 x 32 matrices over GF(2) of full rank, of one less, and of all others. Source: 3.5.
_RANKS: Final = (0.2887880950866, 0.5775761901732, 0.1336357147402)
#: Shares of the seven classes of the linear complexity's deviation. Source: 3.10, whose 0.01047 is 1/96 misprinted.
_DEVIATIONS: Final = (0.010417, 0.03125, 0.125, 0.5, 0.25, 0.0625, 0.020833)


def rank(bits: NDArray[np.uint8], size: int = 32) -> dict[str, float]:
    """Are rows of bits linearly independent as often as they should be?"""
    count = len(bits) // size**2
    cells = bits[: count * size**2].reshape(count, size, size).astype(np.uint64)
    rows = (cells << np.arange(size, dtype=np.uint64)).sum(axis=2, dtype=np.uint64)
    ranks = ranks_of(rows, size)
    counts = np.array([(ranks == size).sum(), (ranks == size - 1).sum(), (ranks < size - 1).sum()])
    expected = count * np.array(_RANKS)
    return {"": math.exp(-float(((counts - expected) ** 2 / expected).sum()) / 2)}


def ranks_of(rows: NDArray[np.uint64], size: int) -> NDArray[np.int64]:
    """Return the rank of each matrix over GF(2). Shape: rows[matrix, row], bit j the column j."""
    rows, every = rows.copy(), np.arange(len(rows))
    used = np.zeros(rows.shape, dtype=bool)
    for column in range(size):
        has_bit = (rows >> np.uint64(column) & np.uint64(1)).astype(bool)
        candidates = has_bit & ~used
        pivot = candidates.argmax(axis=1)
        found = candidates[every, pivot]
        used[every[found], pivot[found]] = True
        candidates[every, pivot] = False
        rows ^= np.where(candidates & found[:, None], rows[every, pivot][:, None], np.uint64(0))
    ranks: NDArray[np.int64] = used.sum(axis=1, dtype=np.int64)
    return ranks


def spectral(bits: NDArray[np.uint8]) -> dict[str, float]:
    """Is there anything periodic?"""
    n = len(bits)
    peaks = np.abs(np.fft.rfft(2.0 * bits - 1))[: n // 2]
    low = int(np.count_nonzero(peaks < math.sqrt(math.log(1 / 0.05) * n)))
    return {"": math.erfc(abs(low - 0.95 * n / 2) / math.sqrt(n * 0.95 * 0.05 / 4) / math.sqrt(2))}


def linear_complexity(
    bits: NDArray[np.uint8], size: int = 500, shares: tuple[float, ...] = _DEVIATIONS
) -> dict[str, float]:
    """Would a short shift register make these bits?"""
    blocks = len(bits) // size
    lengths = register_lengths(bits[: blocks * size].reshape(blocks, size))
    sign = -1 if size % 2 else 1
    mean = size / 2 + (9 - sign) / 36 - (size / 3 + 2 / 9) / 2**size
    classes = np.clip(np.ceil(sign * (lengths - mean) + 2 / 9 + 2.5), 0, 6).astype(np.int64)
    expected = blocks * np.array(shares)
    chi2 = float(((np.bincount(classes, minlength=7) - expected) ** 2 / expected).sum())
    return {"": gamma_tail(3, chi2 / 2)}


def register_lengths(rows: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the length of the shortest linear feedback shift register of each row: Berlekamp and Massey, all at once.

    Polynomials and the last bits seen lie in 64-bit words, the lowest power first; bit i of `seen` is i bits old.
    """
    count, size = rows.shape
    shape = (count, size // 64 + 1)
    now, before, seen = (np.zeros(shape, dtype=np.uint64) for _ in range(3))
    now[:, 0] = before[:, 0] = 1
    lengths = np.zeros(count, dtype=np.int64)
    for step in range(size):
        _shift(seen)
        seen[:, 0] |= rows[:, step]
        _shift(before)
        wrong = (np.bitwise_count(now & seen).sum(axis=1) & 1).astype(bool)
        grows = wrong & (2 * lengths <= step)
        was = now[grows]
        now[wrong] ^= before[wrong]
        before[grows] = was
        lengths[grows] = step + 1 - lengths[grows]
    return lengths


def _shift(words: NDArray[np.uint64]) -> None:
    carry = words[:, :-1] >> np.uint64(63)
    words <<= np.uint64(1)
    words[:, 1:] |= carry
