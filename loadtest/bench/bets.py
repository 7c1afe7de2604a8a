"""Durable bets a second through real WebSockets, beside pgbench on the same server; and latency at half of the highest rate.

Within a round: few connections first, then pgbench and the most connections in turn, then the open loop. The load generator is a
process of its own (`loadtest/bets.py`). Each measurement lies inside one betting window.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loadtest.bench.ground import TABLE, Ground
from loadtest.bench.pgbench import PgBench
from loadtest.bench.targets import median, ratio
from loadtest.platform import ROOT

_KEPT = ("per_s", "p50_ms", "p99_ms", "p999_ms")


def bets_command(url: str, tokens: Path, connections: int, seconds: float, rate: float = 0.0) -> list[str]:
    """Return the command that runs the load generator on the bench table. rate: of the open loop; 0: closed."""
    words = ["--url", url, "--tokens", str(tokens), "--table", TABLE, "--rate", str(rate)]
    words += ["--connections", str(connections), "--seconds", str(seconds), "--stake", "1"]
    return [sys.executable, "-m", "loadtest.bets", *words]


def generate(command: Sequence[str]) -> dict[str, Any]:
    """Return what the load generator measured. Raises RuntimeError where it failed, or any bet did."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the load generator failed: {done.stdout}\n{done.stderr}")
    figures: dict[str, Any] = json.loads(done.stdout)
    if figures["errors"] or figures["lost"] or figures.get("unanswered"):
        raise RuntimeError(f"bets failed: {figures}")
    return figures


async def _bets(ground: Ground, given: Namespace, connections: int, rate: float = 0.0) -> dict[str, Any]:
    """Measure, once more where bets failed: one hiccup of the machine must not cost all rounds. Raises RuntimeError."""
    try:
        return await _bets_once(ground, given, connections, rate)
    except RuntimeError as error:
        print(f"  {connections} connections: {error}; again", flush=True)
        return {**await _bets_once(ground, given, connections, rate), "failed_before": str(error)}


async def _bets_once(ground: Ground, given: Namespace, connections: int, rate: float) -> dict[str, Any]:
    waited_s = await ground.quiet()
    ground.tokens(connections)
    command = bets_command(ground.url, ground.token_file, connections, given.seconds, rate)
    figures = await asyncio.to_thread(generate, command)
    offered = f" of {rate:,.0f} offered" if rate else ""
    print(
        f"  {connections} connections: {figures['per_s']:,.0f} bets/s{offered}, p50 {figures['p50_ms']} ms,"
        f" p99 {figures['p99_ms']} ms (waited {waited_s:.1f} s for quiet)",
        flush=True,
    )
    return {**figures, "quiet_s": round(waited_s, 2)}


async def _pgbench(ground: Ground, yardstick: PgBench, name: str, seconds: float) -> float:
    await ground.quiet()
    tps: float = await asyncio.to_thread(getattr(yardstick, name), seconds)
    print(f"  pgbench {name}: {tps:,.0f} tps", flush=True)
    return tps


async def measure(ground: Ground, given: Namespace, rounds: list[dict[str, Any]]) -> None:
    """Add what each round measured. Raises RuntimeError."""
    ground.tokens(max(given.connections))
    async with PgBench(ground.binaries, ground.dsn, ground.folder) as yardstick:
        for number in range(given.rounds):
            print(f"bets, round {number + 1}", flush=True)
            *fewer, most = sorted(given.connections)
            one: dict[str, Any] = {f"c{count}": await _bets(ground, given, count) for count in fewer}
            one["pgbench_tpcb"] = await _pgbench(ground, yardstick, "tpcb", given.seconds)
            one[f"c{most}"] = await _bets(ground, given, most)
            one["pgbench_bet"] = await _pgbench(ground, yardstick, "bet", given.seconds)
            highest = max(one[f"c{count}"]["per_s"] for count in given.connections)
            one["half_rate"] = await _bets(ground, given, most, highest / 2)
            rounds.append(one)


async def measure_most(ground: Ground, given: Namespace, rounds: list[dict[str, Any]]) -> None:
    """Add what each round measured of the most connections alone. Raises RuntimeError."""
    most = max(given.connections)
    for _ in range(given.rounds):
        rounds.append({f"c{most}": await _bets(ground, given, most)})


def summarise(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return medians over the rounds; the ratios are of the most connections, taken within each round."""
    names = [name for name in rounds[0] if not name.startswith("pgbench")]
    summary: dict[str, Any] = {
        name: {key: median([one[name][key] for one in rounds]) for key in _KEPT} for name in names
    }
    most = max((name for name in names if name != "half_rate"), key=lambda name: int(name[1:]))
    for yardstick in ("pgbench_tpcb", "pgbench_bet"):
        if yardstick in rounds[0]:
            summary[f"{yardstick}_tps"] = median([one[yardstick] for one in rounds])
            summary[f"ratio_{yardstick}"] = ratio([(one[most]["per_s"], one[yardstick]) for one in rounds])
    return summary
