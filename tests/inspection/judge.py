"""From P-values to a verdict: Holm's correction, so that all tests together are wrong about a fair source in 1 % of runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from actors.domain.statistics import chi_square, chi_square_tail, gamma_tail

#: All tests together reject a fair source so often. Source: GLI-19 3.3 (99 % confidence), domain.md 2.3.5.
LEVEL: Final = 0.01
#: What one P-value of SP 800-22 is compared with, and the least P-value of the uniformity of many (4.2).
ALPHA: Final = 0.01
UNIFORMITY_MIN: Final = 0.0001


class Verdict(msgspec.Struct, frozen=True):
    """failed: name -> P-value of the tests that Holm's procedure rejects; empty: the source passes."""

    tests: int
    least_name: str
    least_p: float
    failed: dict[str, float]

    @property
    def is_good(self) -> bool:
        return not self.failed


def holm(p_values: Mapping[str, float], level: float = LEVEL) -> Verdict:
    """Reject in the order of P-values while the k-th smallest (from 0) of m is at most level / (m - k). Any dependence."""
    ranked = sorted(p_values.items(), key=lambda item: item[1])
    failed: dict[str, float] = {}
    for place, (name, p) in enumerate(ranked):
        if p > level / (len(ranked) - place):
            break
        failed[name] = p
    return Verdict(len(ranked), *ranked[0], failed)


class Stream(msgspec.Struct, frozen=True):
    """One test of SP 800-22 over many sequences. passed: with a P-value of at least ALPHA; bounds: 4.2.1."""

    name: str
    sequences: int
    passed: int
    bounds: tuple[float, float]
    uniformity: float
    deciles: list[int]

    @property
    def is_within(self) -> bool:
        return self.bounds[0] <= self.passed / self.sequences <= self.bounds[1] and self.uniformity >= UNIFORMITY_MIN


def stream(name: str, p_values: Sequence[float]) -> Stream:
    """Return how the P-values of one test are spread."""
    count = len(p_values)
    margin = 3 * math.sqrt(ALPHA * (1 - ALPHA) / count)
    deciles = [0] * 10
    for p in p_values:
        deciles[min(9, int(p * 10))] += 1
    uniformity = chi_square_tail(*chi_square(deciles, [0.1] * 10))
    passed = sum(p >= ALPHA for p in p_values)
    return Stream(name, count, passed, (1 - ALPHA - margin, min(1.0, 1 - ALPHA + margin)), uniformity, deciles)


def outside_by_chance(one: Stream) -> float:
    """Return how likely a fair source has this stream outside the bounds of the standard, which are three deviations wide."""
    least_failures = math.floor((1 - one.bounds[0]) * one.sequences + 1e-9) + 1
    return at_least(least_failures, one.sequences, ALPHA) + UNIFORMITY_MIN


def collective(streams: Sequence[Stream]) -> dict[str, float]:
    """Return P-values for Holm: of each stream's failures, exactly, and of its uniformity (from 55 sequences on)."""
    found: dict[str, float] = {}
    for one in streams:
        found[f"{one.name}, failures"] = at_least(one.sequences - one.passed, one.sequences, ALPHA)
        if one.sequences >= 55:
            found[f"{one.name}, uniformity"] = one.uniformity
    return found


def at_least(successes: int, tries: int, chance: float) -> float:
    """Return how likely so many successes or more are."""
    return min(1.0, math.fsum(_exactly(k, tries, chance) for k in range(successes, tries + 1)))


def _exactly(k: int, tries: int, chance: float) -> float:
    ways = math.lgamma(tries + 1) - math.lgamma(k + 1) - math.lgamma(tries - k + 1)
    return math.exp(ways + k * math.log(chance) + (tries - k) * math.log1p(-chance))


def poisson_two_sided(count: int, mean: float) -> float:
    """Return twice the smaller tail of a Poisson count, for any mean above 0: P(count or fewer) is Q(count + 1, mean)."""
    at_most = gamma_tail(count + 1, mean)
    or_more = 1 - gamma_tail(count, mean) if count else 1.0
    return min(1.0, 2 * min(at_most, or_more))
