"""The whole platform in one process from one seed: `python -m tests.simulation.run --seeds 1000 --first 1`.

Real gateway, sessions, tables, wallet shards, supervisors, courier and receiver; models of links, sockets and PostgreSQL
that fail. Seeds run on every core; a failing one prints the command that replays it with a trace. docs/simulation.md
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable
from functools import partial

from tests.simulation import report
from tests.simulation.play import Result, simulate

#: A campaign of fewer seeds need not meet every class of trouble.
ENOUGH_SEEDS = 250


def _one(seed: int, *, seconds: float, players: int) -> Result:
    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore", message="coroutine .* was never awaited")  # a life that ended before they began
    return simulate(seed, seconds=seconds, players=players)


def _all(seeds: range, jobs: int, seconds: float, players: int) -> Iterable[Result]:
    run = partial(_one, seconds=seconds, players=players)
    if jobs == 1:
        yield from map(run, seeds)
        return
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=500) as pool:
        yield from pool.imap_unordered(run, seeds, chunksize=4)


def _print_trace(seed: int, seconds: float, players: int) -> Result:
    result = simulate(seed, seconds=seconds, players=players, trace=True)
    print(*result.lines, sep="\n")
    return result


def main() -> None:
    """Run many seeds with progress; exit code 1 when a law is broken or a class of trouble is missing."""
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets of bytes is part of the run
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation.run", *sys.argv[1:]])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="virtual seconds of play per seed")
    parser.add_argument("--players", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--trace", action="store_true", help="print what happened; for a single seed")
    parser.add_argument("--digests", action="store_true", help="print a number for each seed that tells runs apart")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    began_s = time.monotonic()
    counts: Counter[str] = Counter()
    failed: list[int] = []
    runs = (
        (_print_trace(seed, given.seconds, given.players) for seed in seeds)
        if given.trace
        else _all(seeds, given.jobs, given.seconds, given.players)
    )
    for number, result in enumerate(runs, 1):
        counts.update(result.counts)
        if given.trace or given.digests:
            print(f"seed {result.seed}: digest {result.digest:08x}")
        if result.broken:
            failed.append(result.seed)
            print(f"\nseed {result.seed} breaks:", *result.broken[:10], sep="\n  ")
            print(f"replay: {report.replay_command(result.seed, given.seconds, given.players)}", flush=True)
        if sys.stderr.isatty() or number % 100 == 0:
            print(report.progress(number, given.seeds, len(failed), time.monotonic() - began_s), file=sys.stderr)
    absent = report.absent(counts) if given.seeds >= ENOUGH_SEEDS else []
    print(report.summary(given.seeds, failed, counts, time.monotonic() - began_s, absent))
    raise SystemExit(1 if failed or absent else 0)


if __name__ == "__main__":
    main()
