"""Whether a figure that was looked at again and again stays where it is: a slope that single outliers cannot move.

Theil and Sen: the median of the slopes between all pairs of samples; its interval after Sen (1968), from the distribution of
Kendall's S. A figure rises when the whole 95 % interval of its slope lies above what is allowed: so noise alone does
not fail a run, and a short run must rise faster to be noticed than a long one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

Series = Sequence[tuple[float, float]]

HOUR_S: Final = 3600.0
#: Two-sided 95 % of the normal distribution.
_Z: Final = 1.96
#: Fewer samples say nothing.
SAMPLES_MIN: Final = 8
#: More samples than this are thinned out: all pairs of them are looked at.
_SAMPLES_MAX: Final = 300


class Trend(NamedTuple):
    """per_hour: the slope, low and high its 95 % interval; level: the median. Units: of the figure."""

    per_hour: float
    low: float
    high: float
    level: float
    samples: int


class Judgement(NamedTuple):
    """flat: None where there were too few samples to say anything."""

    name: str
    flat: bool | None
    trend: Trend | None
    allowed_per_hour: float


def theil_sen(series: Series) -> Trend:
    """Return the slope of the series. Units: x in seconds. Shape: at least two different x."""
    step = math.ceil(len(series) / _SAMPLES_MAX)
    points = series[::step]
    slopes = sorted(
        (y2 - y1) / (x2 - x1) * HOUR_S
        for number, (x1, y1) in enumerate(points)
        for x2, y2 in points[number + 1 :]
        if x2 != x1
    )
    count = len(points)
    spread = _Z * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, int((len(slopes) - spread) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + spread) / 2))
    return Trend(_median(slopes), slopes[low], slopes[high], _median(sorted(y for _, y in points)), count)


def _median(ordered: Sequence[float]) -> float:
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def judge(name: str, series: Series, share_per_hour: float, least: float = 0.0) -> Judgement:
    """Tell whether a figure is flat: it rises by no more than a share of its level an hour, or than `least` while it was looked at.

    So what fills up once does not fail a short look, and what never stops fails a long one.
    """
    if len(series) < SAMPLES_MIN:
        return Judgement(name, None, None, 0.0)
    trend = theil_sen(series)
    allowed = max(share_per_hour * trend.level, least * HOUR_S / (series[-1][0] - series[0][0]))
    return Judgement(name, trend.low <= allowed, trend, allowed)


def second_half(series: Series, begin_s: float, end_s: float) -> list[tuple[float, float]]:
    """Return the samples behind the warm-up: those of the second half of the run."""
    return [point for point in series if point[0] >= (begin_s + end_s) / 2]


def longest_life(lives: Sequence[tuple[int, float, float]], warm_s: float) -> list[tuple[float, float]]:
    """Return the samples of the process that lived longest, without its first warm_s. lives: (pid, when, figure).

    A host that is killed starts small and fills up again: a slope over two lives says nothing about either.
    """
    by_pid: dict[int, list[tuple[float, float]]] = {}
    for pid, when_s, figure in lives:
        by_pid.setdefault(pid, []).append((when_s, figure))
    longest = max(by_pid.values(), key=lambda life: life[-1][0] - life[0][0], default=[])
    return [point for point in longest if point[0] >= longest[0][0] + warm_s]
