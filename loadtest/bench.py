"""`make bench`: durable bets per second through real WebSockets, beside pgbench on the same server, in one run.

Every figure is the median of interleaved rounds, because a small machine's speed drifts by half within minutes: within
each round pgbench and every number of connections take their turn. Writes `build/bench.json` and prints a table.
Bets are measured inside one betting window each; the settlement of all of them follows before the next measurement.

Keys of bench.json: `machine`, `rounds`, `pgbench_tpcb.tps`, `bets.c<N>.{per_s,p50_ms,p99_ms,p999_ms}` (medians),
`bets.c<N>.ratio_pgbench_tpcb` (median of the ratios taken in one round), `runs` (everything as measured), `audit`, and
measured before the platform starts: `wallet`, one shard alone (keys in `server/bench/wallet.py`), `fanout` and `connections`, one
gateway alone (keys in `loadtest/fanout.py`, `loadtest/connections.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform as machine
import re
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from loadtest.limits import LOADTEST_PASSWORD
from loadtest.platform import ROOT, Platform, add_link, over

TABLE = "bench-1"

#: Betting windows long enough to measure in, and limits that never say no: what is measured is the path of a bet.
_TABLE_CONFIG = {
    "table_id": TABLE,
    "kind": "rng",
    "title": "Bench",
    "betting_ms": 9_000,
    "pause_ms": 500,
    "min_stake_minor": 1,
    "max_table_minor": 10**12,
    "max_by_size": {str(size): 10**12 for size in (1, 2, 3, 4, 6, 12, 18)},
    "max_bets": 1_000_000,
    "max_round_bets": 1_000_000,
    "sort": 9,
}


#: Players who never run dry, no rate limit: what is measured is the path of a bet.
ENVIRON = {
    "CROUPIER_WELCOME_MINOR": str(10**12),
    "CROUPIER_RATE_PER_S": "0",
    "CROUPIER_LOG_LEVEL": "warning",
    "CROUPIER_ACCESS_TOKEN_S": "7200",
}


async def add_table(dsn: str) -> None:
    """Make the bench table known; the table host finds it by itself."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "insert into casino.game_table (table_id, game, kind, title, host, config, sort)"
            " values ($1, 'roulette', 'rng', 'Bench', 'tables/rng', $2::text::jsonb, 9)"
            " on conflict (table_id) do nothing",
            TABLE,
            json.dumps(_TABLE_CONFIG),
        )
    finally:
        await connection.close()


def pgbench(binaries: Path, dsn: str, *words: str) -> str:
    """Run pgbench and return its output. Raises CalledProcessError."""
    return subprocess.run(
        [str(binaries / "pgbench"), *words, dsn], capture_output=True, text=True, check=True, timeout=300
    ).stdout


def pgbench_tps(binaries: Path, dsn: str, seconds: int) -> float:
    """Return the tps of the tpcb-like script, prepared, 16 clients on two threads."""
    output = pgbench(binaries, dsn, "-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", str(seconds))
    found = re.search(r"tps = ([0-9.]+) \(without", output)
    if found is None:
        raise SystemExit(f"pgbench printed no tps:\n{output}")
    return float(found[1])


def bets_command(url: str, tokens: Path, connections: int, seconds: float) -> list[str]:
    """Return the command that runs the load generator on the bench table."""
    words = ["--url", url, "--tokens", str(tokens), "--table", TABLE]
    words += ["--connections", str(connections), "--seconds", str(seconds), "--stake", "1"]
    return [sys.executable, "-m", "loadtest.bets", *words]


def bets(url: str, tokens: Path, connections: int, seconds: float) -> dict[str, Any]:
    """Return what `loadtest.bets` measured in a process of its own."""
    done = subprocess.run(
        bets_command(url, tokens, connections, seconds),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"the load generator failed: {done.stdout}\n{done.stderr}")
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def register_all(platform: Platform, count: int, into: Path) -> None:
    """Make the players and write their tokens, one a line."""
    with ThreadPoolExecutor(16) as pool:
        tokens = list(pool.map(lambda n: platform.register(f"bench{n:05d}", LOADTEST_PASSWORD), range(count)))
    into.write_text("\n".join(tokens))


def summarise(runs: list[dict[str, Any]], connections: list[int]) -> dict[str, Any]:
    """Return medians over the rounds, ratios taken within each round."""
    summary: dict[str, Any] = {}
    for count in connections:
        of_count = [one["bets"][str(count)] for one in runs]
        summary[f"c{count}"] = {
            **{
                key: statistics.median(one[key] for one in of_count) for key in ("per_s", "p50_ms", "p99_ms", "p999_ms")
            },
            "ratio_pgbench_tpcb": round(
                statistics.median(one["bets"][str(count)]["per_s"] / one["pgbench_tpcb"] for one in runs), 3
            ),
        }
    return summary


def alone(module: str, folder: Path, *words: str) -> dict[str, Any]:
    """Return what a benchmark of one part by itself measures; it prints its own figures."""
    into = folder / "alone.json"
    subprocess.run([sys.executable, "-m", module, *words, "--json", str(into)], cwd=ROOT, check=True, timeout=1800)
    figures: dict[str, Any] = json.loads(into.read_text())
    return figures


def print_table(report: dict[str, Any]) -> None:
    """Print the figures for a person."""
    print(f"\npgbench tpcb-like, prepared, 16 clients: {report['pgbench_tpcb']['tps']:,.0f} tps (median)")
    print(f"{'connections':>12} {'bets/s':>10} {'p50 ms':>9} {'p99 ms':>9} {'p99.9 ms':>9} {'x pgbench':>10}")
    for name, one in report["bets"].items():
        print(
            f"{name[1:]:>12} {one['per_s']:>10,.0f} {one['p50_ms']:>9.2f} {one['p99_ms']:>9.2f} {one['p999_ms']:>9.2f}"
            f" {one['ratio_pgbench_tpcb']:>10.2f}"
        )
    print(f"audit: {'clean' if report['audit'] == 0 else 'NOT CLEAN'}")


def _passable(folder: str) -> Path:
    """Let PostgreSQL's user pass the temporary folder, so that nothing is left elsewhere when this runs as root."""
    os.chmod(folder, 0o711)
    return Path(folder)


def _apart(rounds: int) -> dict[str, Any]:
    """Measure what needs no platform."""
    words = ("--rounds", str(rounds))
    with tempfile.TemporaryDirectory(prefix="croupier-bench-") as folder:
        return {
            "wallet": alone("server.bench.wallet", Path(folder), *words),
            "fanout": alone("loadtest.fanout", Path(folder), *words),
            "connections": alone("loadtest.connections", Path(folder)),
        }


def main() -> None:
    """Parse the command line, run, report; exit code 1 when the books are not clean afterwards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 200, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--bets-only", action="store_true", help="leave out what is measured apart from the platform")
    add_link(parser)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json")
    given = parser.parse_args()
    runs: list[dict[str, Any]] = []
    parts = {} if given.bets_only else _apart(given.rounds)
    with (
        tempfile.TemporaryDirectory(prefix="croupier-bench-") as folder,
        Platform(_passable(folder), over(given.link, ENVIRON)) as platform,
    ):
        print(f"ready after {platform.ready_s:.1f} s", flush=True)
        dsn = platform.cli("dsn").stdout.strip()
        binaries = Path(platform.cli("dsn", "--binaries").stdout.strip())
        asyncio.run(add_table(dsn))
        tokens = Path(folder) / "tokens"
        register_all(platform, max(given.connections), tokens)
        print(f"{max(given.connections)} players", flush=True)
        pgbench(binaries, dsn, "-i", "-s", "10", "-q")
        url = platform.get("/api/config")["ws_url"]
        for number in range(given.rounds):
            one: dict[str, Any] = {"pgbench_tpcb": pgbench_tps(binaries, dsn, int(given.seconds)), "bets": {}}
            for count in given.connections:
                one["bets"][str(count)] = bets(url, tokens, count, given.seconds)
                figures = one["bets"][str(count)]
                print(f"round {number + 1}: {count} connections {figures['per_s']:,.0f} bets/s", flush=True)
            runs.append(one)
        audit = platform.cli("audit")
    report = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {machine.machine()}, Python {machine.python_version()}",
        "rounds": given.rounds,
        "link": given.link,
        "pgbench_tpcb": {"tps": statistics.median(one["pgbench_tpcb"] for one in runs)},
        "bets": summarise(runs, given.connections),
        **parts,
        "audit": audit.returncode,
        "runs": runs,
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(report, indent=1))
    print_table(report)
    if audit.returncode != 0:
        print(audit.stdout + audit.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
