"""`make bench`: every figure of docs/bench.md on this machine, in one run, load generators included.

    make bench ONLY=bets,settle        some figures
    make bench ARGS="--rounds 1"       quicker and less certain

Machines of a few cores drift by half within minutes: a figure is the median of rounds, a ratio the median of ratios, each
taken within one round beside its yardstick. A figure that cannot be measured is named, and the others go on. Writes
`build/bench.json` after each figure; its keys stand in docs/bench.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform as machine
import sys
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvloop

from loadtest import endurance
from loadtest.bench import bets, restart, resume, settle
from loadtest.bench.apart import APART
from loadtest.bench.ground import ALL_APART, BETTING_MS, ENVIRON, Ground, add_table, fresh_platform
from loadtest.bench.targets import TARGETS, lines, median, verdicts
from loadtest.platform import LAYOUT, ROOT, add_link

#: All figures, in the order in which they are measured.
FIGURES: Final = tuple(dict.fromkeys(target.figure for target in TARGETS))
#: How the rounds of a figure become its keys.
SUMMARIES: Final[Mapping[str, Callable[[Sequence[dict[str, Any]]], dict[str, Any]]]] = {
    "bets": bets.summarise,
    "bets_ray_link": bets.summarise,
    "settle": settle.summarise,
    "resume": resume.summarise,
    "restart": restart.summarise,
}

Rounds = list[dict[str, Any]]
OnPlatform = Callable[[Ground, argparse.Namespace, Rounds], None]


class Bench:
    """One run of some figures. Each goes into the report as it is measured."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._given = given
        self._starts_s: list[float] = []
        self._runs: dict[str, Any] = {}
        self.failed: dict[str, str] = {}
        self.report: dict[str, Any] = {
            "taken": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": f"{os.cpu_count()} cores, {machine.machine()}, Python {machine.python_version()}",
            "rounds": given.rounds,
            "link": given.link,
        }

    def run(self) -> None:
        """Measure what was asked for."""
        for name, measure in APART.items():
            self._figure(name, partial(self._apart, name, measure))
        on_ground = {"bets": bets.measure, "settle": settle.measure, "resume": resume.measure}
        self._on_platform(
            self._given.link, ENVIRON, {name: partial(_on_ground, how) for name, how in on_ground.items()}
        )
        self._on_platform("ray", ALL_APART, {"bets_ray_link": partial(_on_ground, bets.measure_most)})
        self._on_platform(self._given.link, endurance.ENVIRON | {LAYOUT: ENVIRON[LAYOUT]}, {"restart": _restart})
        self._figure("start", self._start)

    def verdicts(self) -> dict[str, dict[str, Any]]:
        """Return the verdict on each key that was asked for."""
        return verdicts(self.report, self._given.only)

    def _on_platform(self, link: str, environ: Mapping[str, str], figures: Mapping[str, OnPlatform]) -> None:
        """Measure these figures on one fresh platform, and check its books afterwards."""
        wanted = {name: measure for name, measure in figures.items() if name in self._given.only}
        if not wanted:
            return
        try:
            with fresh_platform(link, environ) as (platform, folder):
                self._starts_s.append(platform.ready_s)
                ground = Ground(platform, folder)
                for name, measure in wanted.items():
                    self._figure(name, partial(self._rounds, name, partial(measure, ground, self._given)))
                ground.audit()
        except Exception as error:
            self._fail(", ".join(wanted), error)

    def _figure(self, name: str, measure: Callable[[], None]) -> None:
        if name not in self._given.only:
            return
        began_s = time.monotonic()
        print(f"--- {name}", flush=True)
        try:
            measure()
        except Exception as error:  # the others are worth their time all the same
            self._fail(name, error)
        print(f"--- {name}: {time.monotonic() - began_s:.0f} s", flush=True)
        self.write()

    def _fail(self, name: str, error: Exception) -> None:
        traceback.print_exc()
        self.failed[name] = f"{type(error).__name__}: {error}"

    def write(self) -> None:
        """Write the report as far as it goes."""
        verdict = {"verdicts": self.verdicts(), "failed": self.failed, "runs": self._runs}
        self._given.out.parent.mkdir(parents=True, exist_ok=True)
        self._given.out.write_text(json.dumps(self.report | verdict, indent=1))

    # ------------------------------------------------------------ figures

    def _rounds(self, name: str, measure: Callable[[Rounds], None]) -> None:
        """Measure round by round; what the rounds before a failure have measured counts."""
        rounds: Rounds = []
        try:
            measure(rounds)
        finally:
            self._runs[name] = rounds
            if rounds:
                self.report[name] = SUMMARIES[name](rounds)

    def _apart(self, name: str, measure: Callable[[argparse.Namespace], tuple[dict[str, Any], list[Any]]]) -> None:
        self.report[name], self._runs[name] = measure(self._given)

    def _start(self) -> None:
        while len(self._starts_s) < self._given.rounds:
            with fresh_platform(self._given.link) as (platform, _):
                self._starts_s.append(platform.ready_s)
        self.report["start"], self._runs["start"] = {"s": median(self._starts_s)}, self._starts_s


def _on_ground(
    how: Callable[[Ground, argparse.Namespace, Rounds], Coroutine[Any, Any, None]],
    ground: Ground,
    given: argparse.Namespace,
    rounds: Rounds,
) -> None:
    for table_id in BETTING_MS:
        asyncio.run(add_table(ground.dsn, table_id))
    uvloop.run(how(ground, given, rounds))


def _restart(ground: Ground, given: argparse.Namespace, rounds: Rounds) -> None:
    rounds += restart.measure(ground.platform, given)


def _figures(text: str) -> Sequence[str]:
    names = tuple(text.split(","))
    strange = set(names) - set(FIGURES)
    if strange:
        raise argparse.ArgumentTypeError(f"no figure {', '.join(sorted(strange))}; there are {', '.join(FIGURES)}")
    return names


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    made = argparse.ArgumentParser(
        prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--only", type=_figures, default=FIGURES, metavar="FIGURE,...", help="default: all")
    made.add_argument("--connections", type=int, nargs="+", default=[1, 16, 200, 1000], help="of bets")
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=float, default=5.0, help="of each measurement of bets, and of each pgbench")
    made.add_argument("--settle-players", type=int, default=1_000)
    made.add_argument("--settle-bets", type=int, default=5_000)
    made.add_argument("--resume-clients", type=int, default=2_000)
    add_link(made)
    made.set_defaults(link="stream")
    made.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json")
    return made


def main() -> None:
    """Run; exit code 1 when a figure could not be measured or the books are not clean. Missed targets are no failure."""
    began_s = time.monotonic()
    bench = Bench(parser().parse_args())
    bench.run()
    bench.write()
    print(f"\n{(time.monotonic() - began_s) / 60:.1f} minutes; {bench.report['machine']}")
    print("\n".join(lines(bench.verdicts())))
    for name, reason in bench.failed.items():
        print(f"FAILED {name}: {reason.splitlines()[0]}")
    sys.exit(1 if bench.failed else 0)


if __name__ == "__main__":
    main()
