"""Pass marks of a swarm: what turns a run into pass or fail. And what all personas share."""

from __future__ import annotations

from typing import Final

import msgspec

#: Accounts made by load tests hold play money on a local machine only.
LOADTEST_PASSWORD: Final = "load-test-only-password"
#: Figures by kind of request, in the book of a run.
FIGURES_FILE: Final = "figures.json"

#: Requests of these kinds are refused: how long that takes, and that a flood is held up, is not judged.
ABUSE: Final = "abuse: "


class KindFigures(msgspec.Struct, frozen=True):
    """Requests of one kind. Latencies from the intended time. failed: beyond what the rules make normal."""

    kind: str
    count: int
    failed: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    errors: list[str] = []


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """failed_share: none by default, every failure is a finding. p99_ms: bound of every kind, by_kind: of some; 0: none.

    p99_over_p50: bound of the ratio, for kinds with enough requests; 0: none. late_p99_ms: how late the generator itself may be.
    """

    failed_share: float = 0.0
    p99_ms: float = 0.0
    by_kind: dict[str, float] = {}
    p99_over_p50: float = 0.0
    late_p99_ms: float = 0.0


#: A ratio of percentiles says nothing about fewer requests than this.
_ENOUGH: Final = 1_000


def judge(figures: list[KindFigures], limits: Limits) -> list[str]:
    """Return what is beyond its limit, in words; empty: passed."""
    total, failed = sum(one.count for one in figures), sum(one.failed for one in figures)
    if not total:
        return ["nothing was asked"]
    found = []
    if failed > limits.failed_share * total:
        found.append(f"{failed} of {total} requests failed")
        found += [f"{one.kind}: {error}" for one in figures for error in one.errors]
    for one in figures:
        if one.kind.startswith(ABUSE):
            continue
        bound_ms = limits.by_kind.get(one.kind, limits.p99_ms)
        if bound_ms and one.p99_ms > bound_ms:
            found.append(f"{one.kind}: p99 {one.p99_ms:.0f} ms, allowed {bound_ms:.0f}")
        ratio = one.p99_ms / max(one.p50_ms, 1.0)
        if limits.p99_over_p50 and one.count >= _ENOUGH and ratio > limits.p99_over_p50:
            found.append(f"{one.kind}: p99 is {ratio:.1f} times p50, allowed {limits.p99_over_p50:.1f}")
    return found


def judge_generator(late_ms: list[float], limits: Limits) -> list[str]:
    """Return a finding where the generator could not keep its schedule: then nothing that was measured counts."""
    late = quantile(late_ms, 0.99)
    if limits.late_p99_ms and late > limits.late_p99_ms:
        return [
            f"the generator was late: p99 {late:.0f} ms, allowed {limits.late_p99_ms:.0f}; give it more processes or fewer players"
        ]
    return []


def quantile(values: list[float], q: float) -> float:
    """Return the value at that share of the sorted list; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else 0.0
