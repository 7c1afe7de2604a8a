"""A mixed swarm for an hour with hosts killed at random: does anything grow? `python -m loadtest.soak --minutes 60`.

Samples resident memory, descriptors and tasks of each host, partitions and connections of PostgreSQL, and takes latency by window
from the swarm. Everything must be flat: by Theil-Sen, the whole 95 % interval of a slope above the allowed rise an hour is a
finding (`loadtest/trend.py`). Of a process, its longest life counts, without its first minutes and those in which players
still came; of the rest, the second half of the run. The swarm's own verdict (limits, laws, books, audit) counts too. Writes
`build/soak/`: `soak.json`, `index.html`, and the swarm's report in `build/soak/swarm/`.

Keys of soak.json: `verdict`, `findings`, `minutes`, `players`, `kills`, `figures` (by name: flat, level, per_hour, low, high,
allowed_per_hour, samples), `swarm` (as in swarm.json), `samples` ([at_s, of, pid, figure, value]).
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from loadtest import swarm
from loadtest.limits import quantile
from loadtest.platform import ROOT, Platform, over
from loadtest.plots import page, plot, table, verdict
from loadtest.sampling import Sample, Sampler
from loadtest.shapes.curves import SHAPES, gathered
from loadtest.swarm_report import Run, windows, write
from loadtest.trend import Judgement, judge, longest_life, second_half
from loadtest.verdict import Outcome

_SAMPLES: Final = 240


class Rise(NamedTuple):
    """What a figure may rise by: a share of its level in an hour, or so much while it is looked at."""

    share: float
    least: float


#: Caches of orders and sessions fill with the players; after that nothing has a reason to grow.
ALLOWED: Final = {
    "rss_mib": Rise(0.10, 12.0),
    "descriptors": Rise(0.05, 6.0),
    "tasks": Rise(0.05, 6.0),
    "partitions": Rise(0.0, 1.0),  # the keeper of the books makes tomorrow's
    "connections": Rise(0.05, 3.0),
    "p50_ms": Rise(0.25, 20.0),
    "p99_ms": Rise(0.5, 200.0),
}


def judged(
    samples: Sequence[Sample], latency: dict[str, list[tuple[float, float]]], seconds: float, gathered_s: float = 0.0
) -> list[Judgement]:
    """Return a judgement of every figure. gathered_s: when all players have come; each of them is a descriptor."""
    found = []
    warm_s = max(30.0, seconds * 0.1)
    samples = [one for one in samples if one.at_s >= gathered_s]
    for of, figure in sorted({(one.of, one.figure) for one in samples}):
        lives = [(one.pid, one.at_s, one.value) for one in samples if (one.of, one.figure) == (of, figure)]
        everything = [(at_s, value) for _, at_s, value in lives]
        series = longest_life(lives, warm_s) if of != "postgres" else second_half(everything, 0.0, seconds)
        found.append(judge(f"{of} {figure}", series, *ALLOWED[figure]))
    for figure, line in latency.items():
        found.append(judge(f"latency {figure}", second_half(line, 0.0, seconds), *ALLOWED[figure]))
    return found


def findings_of(judgements: Sequence[Judgement]) -> list[str]:
    """Return what rises, in words."""
    return [
        f"{one.name} rises by {one.trend.per_hour:.2f} an hour (95 %: {one.trend.low:.2f} .. {one.trend.high:.2f})"
        f" from {one.trend.level:.1f}, allowed {one.allowed_per_hour:.2f}"
        for one in judgements
        if one.flat is False and one.trend is not None
    ]


def latencies(outcome: Outcome, began_s: float, seconds: float) -> dict[str, list[tuple[float, float]]]:
    """Return p50 and p99 by window, while everybody plays."""
    found = [(window - began_s, values) for window, values in windows(outcome).items() if window - began_s < seconds]
    return {
        name: [(at_s, quantile(values, q)) for at_s, values in found] for name, q in (("p50_ms", 0.5), ("p99_ms", 0.99))
    }


def _report(
    judgements: Sequence[Judgement], findings: list[str], given: Any, of_swarm: dict[str, Any]
) -> dict[str, Any]:
    return {
        "verdict": "failed" if findings else "passed",
        "findings": findings,
        "taken": of_swarm["taken"],
        "machine": of_swarm["machine"],
        "minutes": given.minutes,
        "players": given.players,
        "kills": of_swarm["kills"],
        "figures": {one.name: _figure(one) for one in judgements},
        "swarm": of_swarm,
    }


def _figure(one: Judgement) -> dict[str, Any]:
    if one.trend is None:
        return {"flat": None, "samples": 0}
    trend = {name: round(value, 3) for name, value in one.trend._asdict().items()}
    return {"flat": one.flat, "allowed_per_hour": round(one.allowed_per_hour, 3), **trend}


def _html(report: dict[str, Any], samples: Sequence[Sample], latency: dict[str, Any], run: Run) -> str:
    marks = [(one.at_s - run.began_s, f"{one.host} killed") for one in run.kills]
    sections = [
        f"<h1>Soak: {report['minutes']} minutes, {report['players']} players, {len(run.kills)} kills</h1>",
        verdict(report["findings"], "PASSED: flat, laws kept, audit clean"),
        plot("Latency from the intended time", latency, marks, "ms"),
    ]
    for figure in dict.fromkeys(one.figure for one in samples):
        of_figure = [one for one in samples if one.figure == figure]
        lines = {
            of: [(one.at_s, one.value) for one in of_figure if one.of == of]
            for of in dict.fromkeys(one.of for one in of_figure)
        }
        sections.append(plot(figure, lines, marks))
    rows = [
        (
            name,
            {True: "flat", False: "RISES", None: "too few samples"}[one["flat"]],
            *(one.get(key, "") for key in _SHOWN),
        )
        for name, one in report["figures"].items()
    ]
    sections += ["<h2>Slopes</h2>", table(("figure", "", *_SHOWN), rows)]
    return page("Croupier: soak", sections)


_SHOWN: Final = ("level", "per_hour", "low", "high", "allowed_per_hour", "samples")


def soak(given: argparse.Namespace, platform: Platform) -> dict[str, Any]:
    """Play, sample, judge, and write everything down; return what is in soak.json, samples aside."""
    out: Path = given.out
    of_swarm = out / "swarm"
    sampler = Sampler(platform, platform.cli("dsn").stdout.strip(), max(2.0, given.seconds / _SAMPLES))
    sampler.start()
    try:
        run = swarm.swarm(platform.http, given, of_swarm, platform, f"soak{int(time.time()):x}")
    finally:
        sampler.stop()
    outcome = swarm.judged(run, given, of_swarm, platform)
    told = write(run, outcome, of_swarm)
    shift_s = sampler.began_wall_s - run.began_s
    samples = [one._replace(at_s=one.at_s + shift_s) for one in sampler.samples]
    playing = [one for one in samples if 0 <= one.at_s <= given.seconds]
    latency = latencies(outcome, run.began_s, given.seconds)
    judgements = judged(playing, latency, given.seconds, gathered(SHAPES[given.shape]) * given.seconds)
    report = _report(judgements, [*outcome.findings[:50], *findings_of(judgements)], given, told)
    (out / "soak.json").write_text(json.dumps({**report, "samples": [tuple(one) for one in samples]}, indent=1))
    (out / "index.html").write_text(_html(report, samples, latency, run), encoding="utf-8")
    print(outcome.audit_text)
    return report


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, run, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    swarm.options(parser)
    parser.set_defaults(players=150)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "soak")
    given = parser.parse_args(arguments)
    given.seconds = given.minutes * 60
    given.kills = given.kills or max(2, round(given.minutes / 5))
    with tempfile.TemporaryDirectory(prefix="croupier-soak-") as folder:
        os.chmod(folder, 0o711)  # PostgreSQL's user must pass it when this runs as root
        with Platform(Path(folder) / "state", over(given.link, swarm.ENVIRON)) as platform:
            report = soak(given, platform)
    print(json.dumps({key: report[key] for key in ("figures", "kills", "findings", "verdict")}, indent=1))
    print(f"soak: {report['verdict']}, see {given.out / 'index.html'}")
    raise SystemExit(0 if report["verdict"] == "passed" else 1)


if __name__ == "__main__":
    main()
