"""What the supervisors cost for each bet that they follow: `python -m server.bench.supervisors`.

Starts a PostgreSQL of its own and lets real wallet shards book roulette rounds: stakes, a decided plan, settlements. The group
of `supervisor/main`, built by its own builder, follows from another process. Its CPU and that of its PostgreSQL backends
(found by name) are taken from /proc, never the wallets'.

| phase | what |
| --- | --- |
| `live` | bets come at `--rate` a second, with the wallets' hints; the followers are behind them all the time |
| `backlog` | the group is away while as many bets are booked, then catches up |
| `idle` | nothing happens |

Keys of the result (`--json`): `live`, `backlog`: `{bets, seconds, python_us, postgres_us, backends_us}`, CPU
microseconds a bet (two rows: a stake, its settlement; and its part of what follows a round). `idle`: `{python_ms_s,
postgres_ms_s}`, milliseconds of CPU a second.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, cast

import asyncpg
import psutil
import uvloop

from actors.domain.commands import Refused
from actors.domain.events import JournalGrew
from actors.domain.games.game import Outcome
from actors.domain.games.roulette import LAYOUT
from actors.domain.games.roulette_game import ROULETTE
from actors.domain.ids import Origin, derive_id
from actors.domain.money.orders import Deposit, OpenAccount, Reserve, Settle, WalletOrder
from actors.domain.rounds import Plan, SettleEntry
from actors.ports import NewRound
from actors.supervisors.group import ADDRESS
from actors.wallet import WalletShard
from server.bench.orders import CCY, STAKE_MINOR, new_id
from server.clock import SystemClock
from server.config import Config
from server.embedded.postgres import PostgresServer
from server.hosts import HostSpec, Site, build_supervisor
from server.journal_hints import JournalHints
from server.secrets import Secrets
from server.storage.ledger import PostgresLedger
from server.storage.migrate import migrate_database
from server.storage.rounds import PostgresRounds
from server.storage.tables import PostgresTables

SHARDS: Final = 2
TABLE: Final = "roulette-1"
NAME: Final = "bench-supervisors"
_KEY: Final = b"bench"
_BATCH: Final = 250
_DRAWN: Final = 17
_ARE_BEHIND: Final = """
select count(*) from wallet.shard s cross join (select distinct follower from casino.follower) f
  left join casino.follower p on p.follower = f.follower and p.shard_id = s.shard_id
 where coalesce(p.seq, 0) < s.last_seq"""


# ---------------------------------------------------------------- the process that follows


class _NamedSite(Site):
    """A site whose backends are found by name."""

    async def pool(self, **options: Any) -> asyncpg.Pool:
        settings = options.pop("server_settings", {}) | {"application_name": NAME}
        return await super().pool(server_settings=settings, **options)


class _Follow:
    """The supervisors' host without a network: what `build_supervisor` needs of a site."""

    def __init__(self, dsn: str, folder: Path, stack: AsyncExitStack) -> None:
        key = bytes(32)
        secrets = Secrets(
            ids=key, token=key, refresh=key, evidence=key, link=key, postgres_password="", valkey_password=""
        )
        spec = HostSpec(
            name="supervisor/main", config=Config(state=folder, database_url=dsn, bonus_minor=0), secrets=secrets
        )
        self.site = _NamedSite(spec, cast(Any, None), stack)

    async def run(self) -> None:
        """Build the group, then pass on hints from standard input until it ends."""
        await build_supervisor(self.site)
        self.site.host.settle_down()
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        print("ready", flush=True)
        while line := await reader.readline():
            shard, seq = line.split()
            await self.site.host.actors[ADDRESS].handle_batch("bench", [JournalGrew(int(shard), int(seq))])


async def follow(dsn: str, folder: Path) -> None:
    """Be the supervisors' host until standard input ends."""
    async with AsyncExitStack() as stack:
        await _Follow(dsn, folder, stack).run()


# ---------------------------------------------------------------- the process that books


class _Hints:
    """Carries what wallets tell to the process that follows."""

    def __init__(self) -> None:
        self.process: asyncio.subprocess.Process | None = None

    def tell(self, address: str, messages: Sequence[Any]) -> bool:
        """Write a line for each hint."""
        if self.process is not None and self.process.stdin is not None:
            for message in messages:
                self.process.stdin.write(b"%d %d\n" % (message.shard, message.seq))
        return True


class Casino:
    """Wallet shards and rounds of one table, and the process that follows them."""

    def __init__(self, server: PostgresServer, folder: Path, given: Namespace) -> None:
        self._server, self._folder, self._given = server, folder, given
        self._clock = SystemClock()
        self._hints = _Hints()
        self._draw = random.Random(1)
        self._round_no = 0
        self.bets = 0

    async def open(self) -> None:
        """Make accounts and begin to serve."""
        await migrate_database(self._server.dsn(), shards=SHARDS)
        self._pool = await asyncpg.create_pool(self._server.dsn(), min_size=1, max_size=2)
        await PostgresTables(self._pool).open_casino()
        self._rounds = PostgresRounds(self._pool)
        self._epoch = await self._rounds.claim_table(TABLE, "bench")
        self._shards = []
        for number in range(SHARDS):
            note = JournalHints(cast(Any, self._hints), number).note
            store = PostgresLedger(self._server.dsn(), number)
            shard = WalletShard(number, store, self._clock, owner="bench", on_durable=note, fatal=_fatal)
            await shard.start()
            self._shards.append(shard)
        players = range(1, self._given.players + 1)
        for player in players:
            orders = [OpenAccount(new_id(Origin.CASHIER), player, CCY)]
            deposit = Deposit(new_id(Origin.CASHIER), player, CCY, 10**12)
            await self._order(player % SHARDS, [*orders, deposit])
        await self._pool.execute("vacuum analyze")

    async def close(self) -> None:
        """Let go of everything."""
        await self.end_followers()
        for shard in self._shards:
            await shard.stop()
        await self._pool.close()

    async def begin_followers(self) -> None:
        """Start the process that follows and wait until it has begun."""
        words = [sys.executable, "-m", "server.bench.supervisors", "--follow", self._server.dsn(), str(self._folder)]
        if self._given.profile is not None:
            words[1:1] = ["-m", "cProfile", "-o", str(self._given.profile)]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe)
        assert process.stdout is not None
        await process.stdout.readline()
        self._hints.process = process

    async def end_followers(self) -> None:
        """Let it end in order."""
        process, self._hints.process = self._hints.process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            await process.wait()

    async def are_behind(self) -> bool:
        """Tell whether a follower has not read all."""
        return bool(await self._pool.fetchval(_ARE_BEHIND))

    async def caught_up(self) -> None:
        """Return when every follower has read everything."""
        while await self.are_behind():  # noqa: ASYNC110  # it is in another process
            await asyncio.sleep(0.02)

    async def spent(self) -> tuple[float, list[float]]:
        """Return CPU seconds of the following process and of each of its backends, in the order of their numbers."""
        rows = await self._pool.fetch("select pid from pg_stat_activity where application_name = $1 order by pid", NAME)
        process = self._hints.process
        assert process is not None
        return _cpu_s(process.pid), [_cpu_s(row["pid"]) for row in rows]

    async def play(self, bets: int, rate: float | None) -> None:
        """Book so many bets, in rounds: as fast as it goes, or so many a second."""
        began = time.perf_counter()
        played = 0
        while played < bets:
            size = min(self._given.round, bets - played)
            await self._round(size, None if rate is None else began + played / rate, rate)
            played += size
        self.bets += bets

    async def _round(self, size: int, began: float | None, rate: float | None) -> None:
        round_id, now_ms = new_id(Origin.TABLE), self._clock.now_ms()
        self._round_no += 1
        rules = ROULETTE.rules_version
        await self._rounds.open(
            NewRound(round_id, TABLE, self._epoch, self._round_no, now_ms, now_ms + 1000, "", rules)
        )
        stakes: list[tuple[Reserve, list[tuple[int, int]]]] = []
        while len(stakes) < size:
            some = [self._stake(round_id) for _ in range(min(_BATCH, size - len(stakes)))]
            await self._both([stake for stake, _ in some])
            stakes += some
            if began is not None and rate is not None:
                await asyncio.sleep(max(0.0, began + len(stakes) / rate - time.perf_counter()))
        plan = [_entry(stake, chips) for stake, chips in stakes]
        await self._rounds.decide(TABLE, self._epoch, round_id, Outcome(_DRAWN), Plan(1, plan, []))
        for first in range(0, size, 500):
            await self._both([_settle(entry, round_id) for entry in plan[first : first + 500]])
        await self._rounds.finish(TABLE, self._epoch, round_id)

    def _stake(self, round_id: bytes) -> tuple[Reserve, list[tuple[int, int]]]:
        player = self._draw.randint(1, self._given.players)
        chips = [(self._draw.randint(0, 36), STAKE_MINOR // 2), (self._draw.randint(151, 156), STAKE_MINOR // 2)]
        return Reserve(new_id(Origin.CLIENT), player, CCY, STAKE_MINOR, round_id, TABLE, self._epoch), chips

    async def _both(self, orders: Sequence[Any]) -> None:
        await asyncio.gather(*[self._order(n, [o for o in orders if o.player_id % SHARDS == n]) for n in range(SHARDS)])

    async def _order(self, shard: int, orders: Sequence[WalletOrder]) -> None:
        for answer in await self._shards[shard].handle_batch("bench", orders) if orders else ():
            if isinstance(answer, Refused):
                raise SystemExit(f"unexpected answer: {answer}")


def _entry(stake: Reserve, chips: list[tuple[int, int]]) -> SettleEntry:
    shard, won = stake.player_id % SHARDS, [(LAYOUT[place].numbers, amount) for place, amount in chips]
    payout_minor = sum(amount * 36 // len(numbers) for numbers, amount in won if _DRAWN in numbers)
    return SettleEntry(shard, stake.cmd_id, stake.player_id, CCY, stake.amount_minor, payout_minor, chips)


def _settle(entry: SettleEntry, round_id: bytes) -> Settle:
    id_ = derive_id(_KEY, entry.reservation_id, Origin.SETTLE, "settle")
    return Settle(id_, entry.reservation_id, entry.player_id, entry.payout_minor, round_id)


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def _fatal(error: BaseException) -> None:
    raise SystemExit(f"a shard ended: {error!r}")


# ---------------------------------------------------------------- measuring


async def _measured(casino: Casino, doing: Awaitable[None]) -> tuple[float, float, list[float]]:
    """Return how long it took, and CPU seconds of Python and of each backend until every follower has read all."""
    python, backends = await casino.spent()
    began = time.perf_counter()
    await doing
    took = time.perf_counter() - began
    python_after, backends_after = await casino.spent()
    backends += [0.0] * (len(backends_after) - len(backends))
    return took, python_after - python, [after - before for after, before in zip(backends_after, backends, strict=True)]


def _a_bet(bets: int, measured: tuple[float, float, list[float]]) -> dict[str, Any]:
    took, python, backends = measured
    each = sorted((round(1e6 * spent / bets, 1) for spent in backends), reverse=True)
    figures = {"bets": bets, "seconds": round(took, 1), "python_us": round(1e6 * python / bets, 1)}
    return figures | {"postgres_us": round(1e6 * sum(backends) / bets, 1), "backends_us": each}


async def _play_and_follow(casino: Casino, given: Namespace) -> None:
    await casino.play(int(given.rate * given.seconds), given.rate)
    await casino.caught_up()


async def measure(server: PostgresServer, folder: Path, given: Namespace) -> dict[str, Any]:
    """Return what was measured."""
    await server.start()
    casino = Casino(server, folder, given)
    await casino.open()
    try:
        await casino.begin_followers()
        await casino.play(200, None)
        await casino.caught_up()
        report = {
            "live": _a_bet(int(given.rate * given.seconds), await _measured(casino, _play_and_follow(casino, given)))
        }
        await asyncio.sleep(2)
        took, python, backends = await _measured(casino, asyncio.sleep(given.seconds))
        report["idle"] = {
            "python_ms_s": round(1000 * python / took, 1),
            "postgres_ms_s": round(1000 * sum(backends) / took, 1),
        }
        await casino.end_followers()
        await casino.play(given.backlog, None)
        await casino.begin_followers()
        report["backlog"] = _a_bet(given.backlog, await _measured(casino, casino.caught_up()))
    finally:
        await casino.close()
    return report


def main() -> None:
    """Read the command line, run, report."""
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rate", type=float, default=3_000, help="bets a second while it is followed")
    parser.add_argument("--seconds", type=float, default=10.0, help="of `live` and of `idle`")
    parser.add_argument("--backlog", type=int, default=20_000, help="bets to catch up with")
    parser.add_argument("--players", type=int, default=1_000)
    parser.add_argument("--round", type=int, default=5_000, help="bets in a round")
    parser.add_argument("--profile", type=Path, help="write a cProfile of the process that follows")
    parser.add_argument("--json", type=Path, help="write the result here")
    parser.add_argument("--follow", nargs=2, metavar=("DSN", "FOLDER"), help="be the process that follows")
    given = parser.parse_args()
    if given.follow:
        uvloop.run(follow(given.follow[0], Path(given.follow[1])))
        return
    with tempfile.TemporaryDirectory(prefix="croupier-bench-") as folder:
        os.chmod(folder, 0o711)  # PostgreSQL's user must pass when this runs as root
        server = PostgresServer(Path(folder) / "postgres", password="bench")

        async def run() -> dict[str, Any]:
            try:
                return await measure(server, Path(folder) / "state", given)
            finally:
                await server.stop(10)

        report = uvloop.run(run())
    for phase, figures in report.items():
        print(f"{phase:8}", json.dumps(figures))
    if given.json is not None:
        given.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
