"""Players on the SDK bet for minutes while hosts are killed with -9 in mid-round; then everything is held to the books.

`python -m loadtest.endurance --players 200 --seconds 300 --kills` starts a platform of its own, prints how long each
kill interrupted play, and writes `build/endurance.json`. Exit code 1 when play did not go on within five seconds, a
connection dropped, an accepted bet has not exactly one end, or the audit finds a law broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform as machine
import signal
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from loadtest.crowd import TABLES, Crowd
from loadtest.platform import LAYOUT, ROOT, Platform, add_link, over

#: From a kill to the next accepted bet on what was killed.
GOES_ON_WITHIN_S: Final = 5.0
KILLS: Final = ("wallet/0", "tables/rng", "wallet/1", "tables/rng")
WELCOME_MINOR: Final = 1_000_00

#: Fast rounds; hosts apart, so that each can be killed alone, unless the environment has another layout.
ENVIRON: Final = {
    LAYOUT: os.environ.get(LAYOUT, "apart"),
    "CROUPIER_BETTING_MS": "3000",
    "CROUPIER_PAUSE_MS": "500",
    "CROUPIER_WELCOME_MINOR": str(WELCOME_MINOR),  # as everybody gets
    "CROUPIER_ACCESS_TOKEN_S": "7200",
    "CROUPIER_BONUS_PERIOD_S": "20",
}


async def kill_host(platform: Platform, crowd: Crowd, host: str) -> dict[str, Any]:
    """Kill a host with -9 in mid-round and return how long play stood still: {host, pid, back_s}. TimeoutError."""
    await crowd.in_mid_round()
    pid = platform.host_pid(host)
    os.kill(pid, signal.SIGKILL)
    killed_s = time.monotonic()
    kind, _, name = host.partition("/")
    if kind == "wallet":
        back_s = await crowd.recovered(killed_s, shard=int(name))
    elif kind == "tables":
        back_s = max([await crowd.recovered(killed_s, table_id=table_id) for table_id in TABLES])
    else:
        back_s = await crowd.recovered(killed_s)
    return {"host": host, "pid": pid, "back_s": round(back_s, 2)}


async def endure(platform: Platform, players: int, seconds: float, kills: Sequence[str], tag: str) -> dict[str, Any]:
    """Return what happened: figures, and under "findings" everything that should not have."""
    dsn = platform.cli("dsn").stdout.strip()
    async with Crowd(platform.http, dsn, players, tag=tag) as crowd:
        began_s = time.monotonic()
        killed = []
        for number, host in enumerate(kills, 1):
            await asyncio.sleep(max(0.0, began_s + number * seconds / (len(kills) + 1) - time.monotonic()))
            killed.append(await kill_host(platform, crowd, host))
            print(f"{host} killed; play went on after {killed[-1]['back_s']} s", flush=True)
        await asyncio.sleep(max(0.0, began_s + seconds - time.monotonic()))
        took_s = time.monotonic() - began_s
        await crowd.stop()
        settled_s = await crowd.settled()
        findings = await crowd.mistakes(WELCOME_MINOR)
        dropped = [player.name for player in crowd.players if player.client.connections != 1]
        untold = sum(len(player.untold()) for player in crowd.players)
    # Where all live together the gateway, too, was killed.
    findings += [f"{len(dropped)} connections dropped"] if dropped and not (kills and platform.is_together) else []
    findings += [f"{k['host']} was away for {k['back_s']} s" for k in killed if k["back_s"] > GOES_ON_WITHIN_S]
    return {
        "players": players,
        "seconds": round(took_s, 1),
        "rounds": len({one.round_id for one in crowd.latest}),
        "bets_accepted": crowd.bets,
        "bets_settled": sum(len(player.settled) for player in crowd.players),
        "bets_voided": sum(len((player.voided & player.accepted.keys()) - player.undone) for player in crowd.players),
        "bets_undone": sum(len(player.undone) for player in crowd.players),
        "ends_untold": untold,
        "latency_ms": _latencies_ms([one.answered_s - one.sent_s for one in crowd.latest]),
        "refusals": dict(crowd.refusals),
        "outcomes_unknown": crowd.unknown,
        "kills": killed,
        "last_settled_after_s": round(settled_s, 2),
        "findings": findings,
    }


def _latencies_ms(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds) or [0.0]
    return {
        name: round(1000 * ordered[min(len(ordered) - 1, int(q * len(ordered)))], 1)
        for name, q in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
    }


def main() -> None:
    """Parse the command line, run, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--players", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--kills", nargs="*", metavar="HOST", help=f"default without names: {' '.join(KILLS)}")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "endurance.json")
    add_link(parser)
    given = parser.parse_args()
    kills = KILLS if given.kills == [] else given.kills or ()
    with tempfile.TemporaryDirectory(prefix="croupier-endurance-") as folder:
        os.chmod(folder, 0o711)  # PostgreSQL's user must pass it when this runs as root
        with Platform(Path(folder) / "state", over(given.link, ENVIRON)) as platform:
            report = asyncio.run(endure(platform, given.players, given.seconds, kills, "endure"))
            audit = platform.cli("audit")
    report |= {
        "link": given.link,
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {machine.machine()}, Python {machine.python_version()}",
        "audit": audit.returncode,
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(report, indent=1))
    print(json.dumps(report, indent=1))
    print(audit.stdout or audit.stderr)
    raise SystemExit(1 if report["findings"] or audit.returncode else 0)


if __name__ == "__main__":
    main()
