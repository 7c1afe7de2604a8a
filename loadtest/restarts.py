"""Kill -9 of a serving host under load, again and again: how soon its next bet is accepted, and whether all was kept.

`python -m loadtest.restarts --kills 50` starts a platform of its own, prints one line for each kill and a summary, holds
the players' memory against the books, audits, and writes `build/restarts.json`. Exit code 1 when a bet was lost, doubled or
answered wrongly, or a kill took longer than `--within`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform as machine
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from loadtest.crowd import Crowd
from loadtest.endurance import ENVIRON, WELCOME_MINOR, kill_host
from loadtest.platform import ROOT, Platform

HOSTS: Final = ("wallet/0", "wallet/1")
#: How long a host that was killed may take until its second process stands by again.
STANDS_BY_S: Final = 30.0
#: Sessions that have asked for the seat of host $1 and did not get it.
WAITING: Final = """
select a.pid from pg_stat_activity a
 where a.application_name = 'croupier seat of ' || $1 and a.query like '%pg_try_advisory_lock%' and a.state = 'idle'
   and not exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory' and l.granted)"""


async def stands_by(dsn: str, host: str) -> None:
    """Return when a second process of the host stands by: it has asked for the seat. dsn: where that is. TimeoutError."""
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(STANDS_BY_S):
            while not await connection.fetch(WAITING, host):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def restart(platform: Platform, players: int, kills: int, hosts: tuple[str, ...]) -> dict[str, Any]:
    """Return the figures of all kills; under "findings" whatever the players were told that the books do not say."""
    dsn = platform.cli("dsn").stdout.strip()
    killed: list[dict[str, Any]] = []
    async with Crowd(platform.http, dsn, players, tag="restart") as crowd:
        for number in range(kills):
            host = hosts[number % len(hosts)]
            await stands_by(dsn, platform.home_of(host))
            killed.append(await kill_host(platform, crowd, host))
            back_s, load = killed[-1]["back_s"], os.getloadavg()[0]
            print(f"{number + 1:3} {host} killed; a bet was accepted after {back_s:.2f} s; load {load:.1f}", flush=True)
        await crowd.stop()
        await crowd.settled()
        findings = await crowd.mistakes(WELCOME_MINOR)
        dropped = sum(player.client.connections != 1 for player in crowd.players)
        untold = sum(len(player.untold()) for player in crowd.players)
    return {
        "players": players,
        "bets_accepted": crowd.bets,
        "ends_untold": untold,
        "outcomes_unknown": crowd.unknown,
        "connections_dropped": dropped,
        "refusals": dict(crowd.refusals),
        "kills": killed,
        "findings": findings,
    }


def main() -> None:
    """Parse the command line, run, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--players", type=int, default=60)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--hosts", nargs="+", default=list(HOSTS), metavar="HOST")
    parser.add_argument("--within", type=float, default=2.0, help="seconds a kill may interrupt a host's bets")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "restarts.json")
    given = parser.parse_args()
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="croupier-restarts-") as folder:
        os.chmod(folder, 0o711)  # PostgreSQL's user must pass it when this runs as root
        with Platform(Path(folder) / "state", ENVIRON) as platform:
            report = asyncio.run(restart(platform, given.players, given.kills, tuple(given.hosts)))
            audit = platform.cli("audit")
    waits = sorted(one["back_s"] for one in report["kills"])
    in_time = sum(wait <= given.within for wait in waits)
    report |= {
        "within_s": given.within,
        "in_time": in_time,
        "median_s": round(statistics.median(waits), 2),
        "longest_s": waits[-1],
        "seconds": round(time.monotonic() - began_s),
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {machine.machine()}, Python {machine.python_version()}",
        "audit": audit.returncode,
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(report, indent=1))
    print(json.dumps({key: value for key, value in report.items() if key != "kills"}, indent=1))
    print(audit.stdout or audit.stderr)
    print(f"{in_time} of {len(waits)} within {given.within} s; median {report['median_s']} s, longest {waits[-1]} s")
    raise SystemExit(1 if report["findings"] or audit.returncode or in_time < len(waits) else 0)


if __name__ == "__main__":
    main()
