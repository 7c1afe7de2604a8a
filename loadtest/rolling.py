"""Every host is restarted once, in turn, while players bet: what did they notice, and is everything there?

`python -m loadtest.rolling --players 500` starts a platform with two gateways, lets players of the SDK bet on the RNG
tables, runs `croupier rolling-restart`, lets them play on for a while, and holds what they were told to the books. Writes
`build/rolling.json`. Exit code 1 when a law was broken: a bet without exactly one end, an order without an answer, a
player who had to connect again more than once, a player who saw another history of his table than the books have, a host
that was not restarted, or an audit that is not clean.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform as machine
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from loadtest.crowd import TABLES, Crowd
from loadtest.endurance import ENVIRON, WELCOME_MINOR
from loadtest.platform import ROOT, Platform, add_link, over
from server.storage.rounds import PostgresRounds

GATEWAYS: Final = 2
#: So long players bet before and after.
PLAY_S: Final = 10.0
HISTORY: Final = 20
#: Tables go on spinning: a player may know so many rounds more, or less.
AHEAD_MAX: Final = 2
SETTINGS: Final = {"CROUPIER_GATEWAYS": str(GATEWAYS), "CROUPIER_WELCOME_MINOR": str(WELCOME_MINOR)}
#: Players bet on average once in this many seconds for each hundred of them: about 100 orders a second at 500.
PACE_S: Final = 1.0


def host_processes(platform: Platform) -> dict[str, int]:
    """Return the process that serves as each host."""
    return {file.name: int(file.read_text()) for file in (platform.state / "hosts").iterdir()}


async def rolling_restart(platform: Platform) -> int:
    """Run `croupier rolling-restart` as a person would, and return its exit code. Its progress goes to our output."""
    command = [sys.executable, "-m", "server.cli", "rolling-restart"]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=platform.environ)
    return await process.wait()


async def play_through(platform: Platform, players: int, tag: str) -> dict[str, Any]:
    """Return what happened: figures, and under "findings" every law that was broken."""
    dsn = platform.cli("dsn").stdout.strip()
    pace_s = max(1.0, PACE_S * players / 100)
    async with Crowd(platform.http, dsn, players, tag=tag, pace_s=(pace_s / 2, pace_s * 1.5)) as crowd:
        print(f"{players} players bet", flush=True)
        await asyncio.sleep(PLAY_S)
        before, bets_before, began_s = host_processes(platform), crowd.bets, time.monotonic()
        code = await rolling_restart(platform)
        took_s, bets_meanwhile = time.monotonic() - began_s, crowd.bets - bets_before
        after = host_processes(platform)
        await asyncio.sleep(PLAY_S)
        await crowd.stop()
        await crowd.settled()
        findings = await crowd.mistakes(WELCOME_MINOR) + await other_histories(dsn, crowd)
        figures = summary(crowd)
    kept = sorted(host for host in before if after.get(host) == before[host])
    findings += [f"rolling-restart ended with {code}"] if code else []
    findings += [f"{host} is the process it was before" for host in kept]
    findings += broken_laws(figures)
    return {
        "players": players,
        "hosts_restarted": len(before) - len(kept),
        "restart_s": round(took_s, 1),
        "bets_accepted_meanwhile": bets_meanwhile,
        **figures,
        "findings": findings,
    }


def summary(crowd: Crowd) -> dict[str, Any]:
    """Return what the players count."""
    reconnects = Counter(player.client.connections - 1 for player in crowd.players)
    return {
        "bets_accepted": crowd.bets,
        "orders": sum(player.orders for player in crowd.players),
        "orders_answered": sum(player.answers for player in crowd.players),
        "bets_settled": sum(len(player.settled) for player in crowd.players),
        "bets_voided": sum(len(player.voided) for player in crowd.players),
        "bets_undone": sum(len(player.undone) for player in crowd.players),
        "bets_without_an_end": sum(len(player.untold()) for player in crowd.players),
        "reconnects": {str(times): count for times, count in sorted(reconnects.items())},
        "told_to_move": sum(player.heard["Reconnect"] for player in crowd.players),
        "gaps_seen_live": sum(player.client.session.gaps for player in crowd.players),
        "healed_by_replay": sum(player.heard["TableResumed"] for player in crowd.players),
        "healed_by_snapshot": sum(player.heard["TableSnapshot"] for player in crowd.players) - len(crowd.players),
        "attempts_without_answer": crowd.unknown,
        "refusals": dict(crowd.refusals),
    }


def broken_laws(figures: dict[str, Any]) -> list[str]:
    """Return what must not be, from the figures alone."""
    lost = figures["orders"] - figures["orders_answered"]
    found = [f"{lost} orders have no final answer"] if lost else []
    untold = figures["bets_without_an_end"]
    found += [f"{untold} bets have no end that their players know of"] if untold else []
    often = sum(count for times, count in figures["reconnects"].items() if int(times) > 1)
    return found + ([f"{often} players had to connect again more than once"] if often else [])


async def other_histories(dsn: str, crowd: Crowd) -> list[str]:
    """Return the players whose view of their table's last numbers is not what the round store has."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        truth = {table: await PostgresRounds(pool).recent_numbers(table, HISTORY + AHEAD_MAX) for table in TABLES}
    return [
        f"{player.name} saw {seen} on {player.table_id}, the books have {truth[player.table_id]}"
        for player in crowd.players
        if not is_same_history(seen := player.client.tables[player.table_id].history, truth[player.table_id])
    ]


def is_same_history(seen: Sequence[int], truth: Sequence[int]) -> bool:
    """Tell whether two lists of numbers, the latest first, are of the same rounds but for the latest of one of them."""
    return any(
        list(seen[ahead : ahead + HISTORY]) == list(truth[:HISTORY])
        or list(truth[ahead : ahead + HISTORY]) == list(seen[:HISTORY])
        for ahead in range(AHEAD_MAX + 1)
    )


def main() -> None:
    """Parse the command line, run, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--players", type=int, default=500)
    add_link(parser)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "rolling.json")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="croupier-rolling-") as folder:
        os.chmod(folder, 0o711)  # PostgreSQL's user must pass it when this runs as root
        with Platform(Path(folder) / "state", over(given.link, ENVIRON | SETTINGS)) as platform:
            report = asyncio.run(play_through(platform, given.players, "roll"))
            audit = platform.cli("audit")
            began_s = time.monotonic()
        report["stop_s"] = round(time.monotonic() - began_s, 1)
    report |= {
        "audit": audit.returncode,
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {machine.machine()}, Python {machine.python_version()}",
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(report, indent=1))
    print(json.dumps(report, indent=1))
    print(audit.stdout or audit.stderr)
    raise SystemExit(1 if report["findings"] or audit.returncode else 0)


if __name__ == "__main__":
    main()
