"""`make rng-report`: inspects both generators and every control, and writes the evidence. Exit code 1: somebody must look.

Nothing is seeded, so no run repeats another. A fair generator fails in one run of a hundred: run it again, and look when it
fails again.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from actors.domain.games.roulette import POCKETS
from tests.inspection import charts, games
from tests.inspection.controls import inspect_controls
from tests.inspection.judge import Stream, Verdict, collective, holm
from tests.inspection.raw import dieharder, inspect_stream
from tests.inspection.report import page
from tests.inspection.sources import OURS

#: (sequences, bits of each, rounds of roulette of each source, of each control)
FULL: Final = (100, 1_000_000, 2_000_000, 200_000)
QUICK: Final = (10, 1_000_000, 100_000, 100_000)


class SourceFound(msgspec.Struct, frozen=True):
    """What one generator showed."""

    streams: list[Stream]
    raw: Verdict
    outputs: dict[str, float]
    verdict: Verdict
    pockets: list[int]
    dieharder: list[str] | None


class Found(msgspec.Struct, frozen=True):
    """A whole run."""

    head: dict[str, Any]
    sources: dict[str, SourceFound]
    controls: dict[str, Verdict]

    @property
    def is_good(self) -> bool:
        ours = all(one.raw.is_good and one.verdict.is_good for one in self.sources.values())
        return ours and not any(verdict.is_good for verdict in self.controls.values())


def tell(line: str) -> None:
    """Say how far the run is."""
    print(line, file=sys.stderr, flush=True)


def inspect_source(name: str, sequences: int, bits: int, rounds: int) -> SourceFound:
    """Return everything about one of our generators."""
    streams = inspect_stream(name, sequences, bits, tell)
    tell(f"{name}: {rounds:,} rounds of roulette, and the other games")
    source = OURS[name]()
    found = games.battery(source, rounds)
    pockets = np.bincount(games.spins(source, rounds // 4), minlength=POCKETS).tolist()
    return SourceFound(streams, holm(collective(streams)), found, holm(found), pockets, dieharder(name))


def least_bias(rounds: int) -> float:
    """Return the relative bias of one pocket that so many spins show at five standard deviations."""
    return 5 * math.sqrt((POCKETS - 1) / rounds)


def main() -> int:
    """Run, print the verdicts, write the evidence."""
    parser = argparse.ArgumentParser(prog="make rng-report")
    parser.add_argument("--quick", action="store_true", help="a minute or two instead of about ten")
    parser.add_argument("--sequences", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--out", type=Path, help="folder to write report.md, report.json and drawings to")
    options = parser.parse_args()
    sequences, bits, rounds, control_rounds = QUICK if options.quick else FULL
    sequences, rounds = options.sequences or sequences, options.rounds or rounds
    began_s = time.monotonic()
    sources = {name: inspect_source(name, sequences, bits, rounds) for name in OURS}
    tell("controls")
    controls = {name: holm(found) for name, found in inspect_controls(control_rounds).items()}
    head = {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"numpy {np.__version__}",
        "command": " ".join(["python -m tests.inspection.run", *sys.argv[1:]]),
        "took_s": round(time.monotonic() - began_s),
        **{"sequences": sequences, "bits": bits, "rounds": rounds, "control_rounds": control_rounds},
        "least_bias_at_5_sigma": round(least_bias(rounds), 5),
    }
    found = Found(head, sources, controls)
    print(page(found))
    if options.out:
        write(found, options.out)
    return 0 if found.is_good else 1


def write(found: Found, folder: Path) -> None:
    """Write the evidence."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(page(found), encoding="utf-8")
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    for name, one in found.sources.items():
        deciles = [sum(s.deciles[n] for s in one.streams) for n in range(10)]
        labels = [f"{n / 10:.1f}" for n in range(10)]
        drawing = charts.bars(f"{name}: all P-values of SP 800-22", deciles, sum(deciles) / 10, labels)
        (folder / f"{name}-p-values.svg").write_text(drawing, encoding="utf-8")
        passed = [s.passed / s.sequences for s in one.streams if s.sequences == found.head["sequences"]]
        low, high = one.streams[0].bounds
        drawing = charts.dots(f"{name}: share of sequences that pass, by test", passed, low, high)
        (folder / f"{name}-proportions.svg").write_text(drawing, encoding="utf-8")
        drawing = charts.bars(
            f"{name}: pockets", one.pockets, sum(one.pockets) / POCKETS, [str(pocket) for pocket in range(POCKETS)]
        )
        (folder / f"{name}-pockets.svg").write_text(drawing, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
