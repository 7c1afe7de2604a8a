"""Players of all table games at once, while hosts are killed with -9 at random; then everything is held to the books.

`python -m loadtest.mixed --players 200 --seconds 180` starts a platform of its own, lets the players bet at every table
(roulette, baccarat, blackjack, crash) and at the slot, hit, stand, double, split, insure, cash out and spin, kills hosts in
mid-round, and writes `build/mixed.json`. Exit code 1 when a game was not played to results, an accepted stake (of
doubles, splits and insurances too) has not exactly one end as told, or the audit finds a law broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform as machine
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from clients.python import OutcomeUnknown, Refused
from clients.python.table_view import TableView
from loadtest.crowd import ATTEMPT_S, STAKE_MINOR, Crowd, Player
from loadtest.endurance import ENVIRON, WELCOME_MINOR
from loadtest.platform import ROOT, Platform, add_link, over
from protocol.messages import Acted

TABLES: Final = ("roulette-1", "baccarat-1", "baccarat-2", "blackjack-1", "crash-1")
#: Stands for a table where there is none.
SLOT: Final = "slot"
SPIN_MINOR: Final = 200
HOSTS: Final = ("tables/rng", "wallet/0", "wallet/1", "gateway/0")
#: A round of blackjack with seven seats that nobody answers for lasts so long at most.
SETTLED_WITHIN_S: Final = 180.0


class MixedCrowd(Crowd):
    """Plays what is played at each player's table. acted: answers by action."""

    settled_within_s = SETTLED_WITHIN_S

    def __init__(self, http: str, dsn: str, count: int, *, tag: str, seed: int) -> None:
        super().__init__(http, dsn, count, tag=tag, seed=seed, tables=(*TABLES, SLOT))
        self.acted: Counter[str] = Counter()

    async def sit_down(self, player: Player) -> None:
        """See `Crowd`. At the slot: learn what is committed to."""
        if player.table_id == SLOT:
            await player.client.seeds(SLOT)
        else:
            await super().sit_down(player)

    async def turn(self, player: Player) -> None:
        """See `Crowd`. At the slot: one round, sent until its answer is known, always with the same id."""
        if player.table_id != SLOT:
            await super().turn(player)
            return
        client, spin_id = player.client, player.client.new_id()
        while True:
            try:
                result = await client.spin(SLOT, SPIN_MINOR, spin_id=spin_id, timeout_s=ATTEMPT_S)
            except Refused as refused:
                self.refusals[refused.name] += 1
                if not refused.retryable:
                    return
                await asyncio.sleep(max(0.1, refused.error.retry_after_ms / 1000))
            except OutcomeUnknown:
                self.unknown += 1
                await asyncio.sleep(0.1)
            else:
                self.acted["spin"] += 1
                player.spun[spin_id] = result.payout_minor - result.stake_minor
                return

    def chips(self, player: Player) -> list[tuple[int, int]]:
        """See `Crowd`."""
        rng = player.rng
        match player.table_id.partition("-")[0]:
            case "baccarat":
                places = rng.sample(range(5), rng.randint(1, 3))
                return [(place, STAKE_MINOR * rng.randint(1, 5)) for place in places]
            case "blackjack":
                return self._seats(player)
            case "crash":
                return [(rng.choice((0, 0, 150, 200, 1_000)), STAKE_MINOR * rng.randint(1, 5))]
            case _:
                return super().chips(player)

    @staticmethod
    def _seats(player: Player) -> list[tuple[int, int]]:
        seat = 10 * player.rng.randrange(7)
        dice = player.rng.random()
        if dice < 0.25:
            return [(seat + 3, STAKE_MINOR)]
        side = [(seat + 1, STAKE_MINOR), (seat + 2, STAKE_MINOR)] if dice > 0.8 else []
        return [(seat, STAKE_MINOR * player.rng.randint(1, 5)), *side]

    async def play_on(self, player: Player, view: TableView) -> None:
        """Cash out, or play my hand, at random."""
        mine = list(view.my_bets)
        if view.flight is not None and mine and player.rng.random() < 0.3:
            await self._order(player, view.round_id, player.rng.choice(mine), "cash_out", 0)
        elif view.hands is not None:
            await self._play_hand(player, view)

    async def _play_hand(self, player: Player, view: TableView) -> None:
        hands = view.hands
        assert hands is not None
        if hands.insurance:
            asked = [hand for hand in hands.hands if hand.name == player.name and hand.state == "acting"]
            if asked:
                action = player.rng.choice(("insure", "no_insurance"))
                await self._order(player, view.round_id, asked[0].bet_id, action, asked[0].hand)
        elif hands.acting >= 0 and hands.hands[hands.acting].name == player.name and hands.actions:
            hand = hands.hands[hands.acting]
            await self._order(player, view.round_id, hand.bet_id, player.rng.choice(hands.actions), hand.hand)

    async def _order(self, player: Player, round_id: bytes, bet_id: bytes, action: str, value: int) -> None:
        """Send one order until its answer is known, always with the same id."""
        client, command_id = player.client, player.client.new_id()
        while True:
            sent_s = time.monotonic()
            try:
                answer: Acted = await client.act(
                    player.table_id,
                    bet_id,
                    action,
                    value,
                    round_id=round_id,
                    command_id=command_id,
                    timeout_s=ATTEMPT_S,
                )
            except Refused as refused:
                self.refusals[refused.name] += 1
                if not refused.retryable:
                    return
                await asyncio.sleep(max(0.1, refused.error.retry_after_ms / 1000))
            except OutcomeUnknown:
                self.unknown += 1
                await asyncio.sleep(0.1)
            else:
                self.acted[action] += 1
                if answer.stake_minor:
                    self.note(player, command_id, round_id, player.table_id, answer.stake_minor, sent_s)
                return


async def swarm(platform: Platform, players: int, seconds: float, kills: int, seed: int) -> dict[str, Any]:
    """Return what happened: figures, and under "findings" everything that should not have."""
    rng = random.Random(seed)
    dsn = platform.cli("dsn").stdout.strip()
    async with MixedCrowd(platform.http, dsn, players, tag="mixed", seed=seed) as crowd:
        began_s = time.monotonic()
        killed: list[dict[str, Any]] = []
        for number in range(1, kills + 1):
            await asyncio.sleep(max(0.0, began_s + number * seconds / (kills + 1) - time.monotonic()))
            await asyncio.sleep(rng.uniform(0, 2.0))
            killed.append(_kill(platform, rng.choice(HOSTS)))
        await asyncio.sleep(max(0.0, began_s + seconds - time.monotonic()))
        took_s = time.monotonic() - began_s
        await crowd.stop()
        settled_s = await crowd.settled()
        await asyncio.sleep(1.0)  # the last pushes
        findings = await crowd.mistakes(WELCOME_MINOR)
        by_table = Counter(one.table_id for player in crowd.players for one in _settled(player))
        by_table[SLOT] = crowd.acted["spin"]
        longest = await longest_rounds(dsn)
        findings += [f"nothing was settled at {table_id}" for table_id in (*TABLES, SLOT) if not by_table[table_id]]
    return {
        "players": players,
        "seconds": round(took_s, 1),
        "stakes_accepted": crowd.bets,
        "settled_by_table": dict(by_table),
        "rounds_by_table": dict(Counter(table for table, _ in {(one.table_id, one.round_id) for one in crowd.latest})),
        "voided": sum(len((player.voided & player.accepted.keys()) - player.undone) for player in crowd.players),
        "undone": sum(len(player.undone) for player in crowd.players),
        "acts": dict(crowd.acted),
        "refusals": dict(crowd.refusals),
        "outcomes_unknown": crowd.unknown,
        "ends_untold": sum(len(player.untold()) for player in crowd.players),
        "kills": killed,
        "last_settled_after_s": round(settled_s, 2),
        "longest_pauses_s": longest_pauses(crowd),
        "longest_rounds": longest,
        "findings": findings,
    }


def longest_pauses(crowd: Crowd) -> dict[str, float]:
    """Return by table for how many seconds at most no stake was accepted there."""
    pauses: dict[str, float] = {}
    former: dict[str, float] = {}
    for one in sorted(crowd.latest, key=lambda one: one.answered_s):
        pause_s = one.answered_s - former.get(one.table_id, one.answered_s)
        pauses[one.table_id] = round(max(pauses.get(one.table_id, 0.0), pause_s), 1)
        former[one.table_id] = one.answered_s
    return pauses


async def longest_rounds(dsn: str) -> dict[str, dict[str, Any]]:
    """Return by table the round that took longest from its opening to its outcome, which tells a long flight from a fault."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "select distinct on (table_id) table_id, round_no, outcome, decided_at - opened_at as took from casino.round"
            " where decided_at is not null order by table_id, took desc"
        )
    finally:
        await connection.close()
    return {
        row["table_id"]: {
            "s": round(row["took"].total_seconds(), 1),
            "round_no": row["round_no"],
            "outcome": row["outcome"],
        }
        for row in rows
    }


def _settled(player: Player) -> list[Any]:
    return [player.accepted[bet_id] for bet_id in player.settled if bet_id in player.accepted]


def _kill(platform: Platform, host: str) -> dict[str, Any]:
    host = platform.home_of(host)
    try:
        pid = platform.host_pid(host)
    except LookupError:
        return {"host": host, "pid": 0}
    os.kill(pid, signal.SIGKILL)
    print(f"{host} killed", flush=True)
    return {"host": host, "pid": pid}


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, run, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--players", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "mixed.json")
    add_link(parser)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="croupier-mixed-") as folder:
        os.chmod(folder, 0o711)  # PostgreSQL's user must pass it when this runs as root
        with Platform(Path(folder) / "state", over(given.link, ENVIRON)) as platform:
            report = asyncio.run(swarm(platform, given.players, given.seconds, given.kills, given.seed))
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
