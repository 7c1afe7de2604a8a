"""A swarm's report: `swarm.json`, and `index.html` with verdict, laws, kills, plots and Locust's own page, all in one file."""

from __future__ import annotations

import json
import os
import platform as machine
from collections import Counter
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, Final, NamedTuple

from loadtest.kills import Kill
from loadtest.limits import quantile
from loadtest.plots import Line, page, plot, table, verdict
from loadtest.users.tally import WINDOW_S
from loadtest.verdict import Outcome, summary

_SHOWN: Final = 50


class Run(NamedTuple):
    """What was run. began_s: by the wall clock. locust_code: its exit code."""

    began_s: float
    players: int
    seconds: float
    shape: str
    link: str
    kills: list[Kill]
    locust_code: int


def write(run: Run, outcome: Outcome, out: Path) -> dict[str, Any]:
    """Write both files; return what is in the first."""
    report = _report(run, outcome)
    (out / "swarm.json").write_text(json.dumps(report, indent=1))
    own = out / "locust.html"
    locusts = own.read_text(encoding="utf-8") if own.exists() else ""
    (out / "index.html").write_text(_html(run, outcome, report, locusts), encoding="utf-8")
    return report


def _report(run: Run, outcome: Outcome) -> dict[str, Any]:
    sums = outcome.sums()
    requests = sum(one.count for one in outcome.figures)
    return {
        "verdict": "failed" if outcome.findings else "passed",
        "findings": outcome.findings[:_SHOWN],
        "findings_count": len(outcome.findings),
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {machine.machine()}, Python {machine.python_version()}",
        "players": run.players,
        "seconds": run.seconds,
        "shape": run.shape,
        "link": run.link,
        "kills": [{"at_s": round(one.at_s - run.began_s, 1), "host": one.host, "pid": one.pid} for one in run.kills],
        "requests": requests,
        "per_s": round(requests / run.seconds, 1),
        "kinds": {
            one.kind: {
                "count": one.count,
                "failed": one.failed,
                "p50_ms": one.p50_ms,
                "p99_ms": one.p99_ms,
                "max_ms": round(one.max_ms, 1),
            }
            for one in outcome.figures
        },
        "generator": {
            "late_p99_ms": round(outcome.late_p99_ms(), 1),
            "cpu_s": sums.get("cpu_s", 0.0),
            "us_per_request": round(1e6 * sums.get("cpu_s", 0.0) / max(1, requests)),
        },
        "told": summary(outcome),
        **{
            key: int(sums.get(key, 0))
            for key in ("resumed", "snapshots_instead", "gaps", "duplicates", "cuts", "bonuses")
        },
        "refusals": outcome.counted("refusals"),
        "abuse": outcome.counted("abuse"),
        "quiet_s": quiet_s(outcome, run),
        "settled_after_s": outcome.settled_after_s,
        "audit": outcome.audit,
    }


def quiet_s(outcome: Outcome, run: Run) -> float:
    """Return the longest time without any answered stake, in whole seconds, between the first fifth and the end."""
    stakes = outcome.counted("stakes_by_s")
    begin, end = int(run.began_s + run.seconds * 0.2), int(run.began_s + run.seconds)
    longest = quiet = 0
    for second in range(begin, end):
        quiet = 0 if stakes.get(second) else quiet + 1  # type: ignore[call-overload]
        longest = max(longest, quiet)
    return float(longest)


def windows(outcome: Outcome) -> dict[int, list[float]]:
    """Return all latencies by window."""
    found: dict[int, list[float]] = {}
    for report in outcome.reports:
        for window, values in report.windows_ms.items():
            found.setdefault(window, []).extend(values)
    return dict(sorted(found.items()))


def latency_lines(outcome: Outcome, began_s: float) -> dict[str, Line]:
    """Return p50 and p99 of each window, over seconds since the start."""
    found = windows(outcome)
    return {
        name: [(window - began_s, quantile(values, q)) for window, values in found.items()]
        for name, q in (("p50", 0.5), ("p99", 0.99))
    }


def _html(run: Run, outcome: Outcome, report: dict[str, Any], locusts: str) -> str:
    marks = [(one.at_s - run.began_s, f"{one.host} killed") for one in run.kills]
    rates = {
        "requests/s": [(window - run.began_s, len(values) / WINDOW_S) for window, values in windows(outcome).items()]
    }
    kinds = [
        (one.kind, one.count, one.failed, f"{one.p50_ms:.0f}", f"{one.p99_ms:.0f}", f"{one.max_ms:.0f}")
        for one in outcome.figures
    ]
    players = Counter(one.kind for one in outcome.told)
    sections = [
        f"<h1>Swarm of {run.players} players, {escape(run.shape)}, {run.seconds:.0f} s, {len(run.kills)} kills</h1>",
        verdict(outcome.findings, "PASSED: limits kept, laws kept" + (", audit clean" if outcome.audit == 0 else "")),
        plot("Latency from the intended time", latency_lines(outcome, run.began_s), marks, "ms"),
        plot("Answered requests", rates, marks),
        "<h2>By kind of request</h2><p>Milliseconds from when the player meant to ask.</p>",
        table(("kind", "requests", "failed", "p50", "p99", "most"), kinds),
        "<h2>Laws</h2>",
        table(("", ""), list(report["told"].items())),
        table(("", ""), [(key, report[key]) for key in ("resumed", "snapshots_instead", "gaps", "duplicates", "cuts")]),
        "<h2>Players</h2>",
        table(("kind", "players"), sorted(players.items())),
        "<h2>Refused, as the rules want it</h2>",
        table(("", ""), [*report["refusals"].items(), *report["abuse"].items()]),
        "<h2>Kills</h2>",
        table(("after s", "host"), [(one["at_s"], one["host"]) for one in report["kills"]]),
        f"<h2>Audit</h2><pre>{escape(outcome.audit_text)}</pre>",
    ]
    if locusts:
        sections.append(
            f'<h2>Locust</h2><iframe style="width:100%;height:1400px;border:0" srcdoc="{escape(locusts)}"></iframe>'
        )
    return page("Croupier: swarm", sections)
