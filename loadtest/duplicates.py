"""Racing duplicates collapse to one: the same order over several connections at once, on several gateways, has one outcome.

`python -m loadtest.duplicates --players 40 --rounds 16` starts a platform with two gateways. In each round every player sends
one order many times at once: on each gateway three times, and once more on a connection that replaces one of those while the
order is under way. Four races take turns; each has its law:

| race | law |
| --- | --- |
| same order | every answered copy is accepted, and says the same |
| two orders under one id | one is accepted, whichever was first; every copy of the other is told ID_REUSED |
| more orders than money | exactly as many are accepted as the money allows; every copy of an order says the same |
| the same undo | every answered copy says the same, and the stake comes back once |

An accepted bet is asked for again a round later: the answer is the one it had. In the books each has one reservation of its
stake and one end, and a refused one has none. Ends with the audit; writes `build/duplicates.json`; exit code 1: a law is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform as machine
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from clients.python import HttpApi
from loadtest.crowd import SETTLED_WITHIN_S, TABLES
from loadtest.endurance import ENVIRON
from loadtest.platform import ROOT, Platform
from loadtest.races import RACES, Racer, broken_laws
from protocol.messages import PlaceBets

_REGISTERING_AT_ONCE: Final = 8
#: A player may be on each gateway, and once more while he comes back.
SETTINGS: Final = {
    "CROUPIER_GATEWAYS": "2",
    "CROUPIER_SESSIONS_PER_PLAYER": "2",
    "CROUPIER_BONUS_PERIOD_S": "3600",
}

_IN_THE_BOOKS: Final = """
select r.reservation_id, r.state, r.cash,
       (select count(*) from wallet.journal j where j.cmd_id = r.reservation_id and j.status = 0) as begun,
       (select count(*) from wallet.journal j
         where j.ref = r.reservation_id and j.status = 0 and j.code in (4, 5)) as ended
  from wallet.reservation r where r.reservation_id = any($1::uuid[])"""


class Told(NamedTuple):
    """What a player was told of a bet: the stake that is reserved, 0 if it was refused; whether he took it back."""

    stake_minor: int
    undone: bool


def told_bets(racers: Sequence[Racer]) -> dict[bytes, Told]:
    """Return what was told of each id."""
    told: dict[bytes, Told] = {}
    for racer in racers:
        for race in racer.races:
            for order, outcomes in zip(race.orders, race.heard, strict=True):
                assert isinstance(order, PlaceBets)
                minor = max((outcome.minor for outcome in outcomes if not outcome.code), default=0)
                before = told.get(order.bet_id, Told(0, False)).stake_minor  # the other order of the same id
                told[order.bet_id] = Told(max(before, minor), order.bet_id in racer.undone)
    return told


def differences(told: dict[bytes, Told], rows: Sequence[Any]) -> list[str]:
    """Return every bet of which the books say something else than its player was told."""
    books = {row["reservation_id"].bytes: row for row in rows}
    found = []
    for bet_id, (stake, undone) in told.items():
        row = books.get(bet_id)
        have = (row["cash"], row["state"], row["begun"], row["ended"]) if row is not None else None
        wanted = (stake, 2 if undone else 1, 1, 1) if stake else None
        if have != wanted:
            found.append(f"bet {bet_id.hex()}: the books have {have}, {wanted} was told")
    return found


async def in_the_books(dsn: str, told: dict[bytes, Told]) -> list[str]:
    """Wait until every bet has its end, and return the differences."""
    ids = [UUID(bytes=bet_id) for bet_id in told]
    connection = await asyncpg.connect(dsn)
    try:
        for _ in range(int(SETTLED_WITHIN_S / 0.2)):
            rows = await connection.fetch(_IN_THE_BOOKS, ids)
            if all(row["state"] for row in rows):
                break
            await asyncio.sleep(0.2)
        return differences(told, rows)
    finally:
        await connection.close()


async def race_all(
    http: str, urls: Sequence[str], dsn: str, players: int, rounds: int, tag: str, kinds: Sequence[str] = RACES
) -> dict[str, Any]:
    """Return the figures; under "findings" every law that was broken."""
    api, gate = HttpApi(http), asyncio.Semaphore(_REGISTERING_AT_ONCE)
    racers = [Racer(f"{tag}{n:03d}", TABLES[n % len(TABLES)], urls) for n in range(players)]

    async def enter(racer: Racer) -> None:
        async with gate:
            await racer.enter(api)

    await asyncio.gather(*map(enter, racers))
    print(f"{players} players have {len(urls) * players} connections", flush=True)
    offset = [*kinds, *kinds]
    await asyncio.gather(*(racer.run(rounds, offset[n % len(kinds) :][: len(kinds)]) for n, racer in enumerate(racers)))
    told = told_bets(racers)
    races = [race for racer in racers for race in racer.races]
    findings = [found for racer in racers for found in racer.findings]
    findings += [found for race in races for found in broken_laws(race)]
    findings += await in_the_books(dsn, told)
    for racer in racers:
        racer.leave()
    return {
        "players": players,
        "gateways": len(urls),
        "races": dict(Counter(race.kind for race in races)),
        "copies_sent": sum(racer.copies for racer in racers),
        "copies_unanswered": sum(racer.unanswered for racer in racers),
        "ids": len(told),
        "accepted": sum(one.stake_minor > 0 for one in told.values()),
        "undone": sum(one.undone for one in told.values()),
        "asked_a_round_later": sum(racer.asked_again for racer in racers),
        "findings": findings,
    }


def main() -> None:
    """Parse the command line, run, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--players", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "duplicates.json")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="croupier-duplicates-") as folder:
        os.chmod(folder, 0o711)  # PostgreSQL's user must pass it when this runs as root
        with Platform(Path(folder) / "state", {**ENVIRON, **SETTINGS}) as platform:
            dsn, urls = platform.cli("dsn").stdout.strip(), platform.get("/api/config")["ws_urls"]
            report = asyncio.run(race_all(platform.http, urls, dsn, given.players, given.rounds, "twin"))
            audit = platform.cli("audit")
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
