"""What each figure must reach, and how rounds become figures: medians, ratios taken within a round, verdicts. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple


class Target(NamedTuple):
    """A key of `build/bench.json`, dots between its parts, and the bound that its value has to keep."""

    key: str
    bound: float
    at_least: bool

    @property
    def figure(self) -> str:
        """The figure whose measurement gives this key."""
        return self.key.partition(".")[0]

    def met(self, measured: float) -> bool:
        """Tell whether the value keeps the bound."""
        return measured >= self.bound if self.at_least else measured <= self.bound

    def demand(self) -> str:
        """Return the bound as a person writes it."""
        return f"{'>=' if self.at_least else '<='} {self.bound:,g}"


def _at_least(key: str, bound: float) -> Target:
    return Target(key, bound, at_least=True)


def _at_most(key: str, bound: float) -> Target:
    return Target(key, bound, at_least=False)


TARGETS: Final = (
    _at_least("bets.c1000.per_s", 18_000),
    _at_most("bets.c1000.p99_ms", 100),
    _at_least("bets.ratio_pgbench_tpcb", 3.5),
    _at_least("bets.ratio_pgbench_bet", 1.0),
    _at_least("bets.c200.per_s", 15_000),
    _at_most("bets.c200.p99_ms", 30),
    _at_least("bets.c16.per_s", 6_000),
    _at_most("bets.c1.p50_ms", 1.5),
    _at_most("bets.half_rate.p99_ms", 20),
    _at_least("bets_ray_link.c1000.per_s", 14_000),
    _at_least("wallet.ratio_pgbench_tpcb", 8),
    _at_least("wallet.hot_over_uniform", 0.9),
    _at_most("fanout.ratio_send", 1.3),
    _at_least("fanout.max_frames_per_s", 170_000),
    _at_most("connections.kib_per_idle", 20),
    _at_most("settle.ms", 400),
    _at_most("resume.s", 3),
    _at_most("restart.s", 2),
    _at_least("actors.messages_ratio_ray", 100),
    _at_most("start.s", 30),
)


def median(values: Sequence[float], digits: int = 3) -> float:
    """Return the median, rounded."""
    return round(float(statistics.median(values)), digits)


def ratio(rounds: Sequence[tuple[float, float]]) -> float:
    """Return the median of the ratios first / second, each taken within one round."""
    return median([first / second for first, second in rounds])


def measured(report: Mapping[str, Any], key: str) -> float | None:
    """Return the value of a key; None: this run did not measure it."""
    found: Any = report
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return float(found)


def verdicts(report: Mapping[str, Any], figures: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return target, measured value and verdict ("met", "missed" or "not measured") of each key of these figures."""
    found: dict[str, dict[str, Any]] = {}
    for target in TARGETS:
        if target.figure in figures:
            value = measured(report, target.key)
            verdict = "not measured" if value is None else "met" if target.met(value) else "missed"
            found[target.key] = {"target": target.demand(), "measured": value, "verdict": verdict}
    return found


def lines(judged: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Give the table of verdicts for a person, line by line."""
    yield f"{'figure':28} {'target':>12} {'measured':>12}  verdict"
    for key, one in judged.items():
        value = "-" if one["measured"] is None else f"{one['measured']:,.2f}"
        yield f"{key:28} {one['target']:>12} {value:>12}  {one['verdict']}"
    counts = [one["verdict"] for one in judged.values()]
    yield f"{counts.count('met')} met, {counts.count('missed')} missed, {counts.count('not measured')} not measured"
