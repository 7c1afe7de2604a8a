"""The whole platform in one process from one seed: `python -m tests.simulation.run --seeds 1000 --first 1`.

Real gateway, sessions, table, wallet shards, courier and receiver; models of links, sockets and PostgreSQL that fail.
A failing seed prints the command that replays it with a trace.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from actors.domain.ids import Origin, make_id
from actors.domain.money.orders import Deposit, Done, OpenAccount
from actors.ports import Actor
from actors.session import Identity
from actors.table import RouletteTable
from actors.table_config import TableConfig
from actors.wallet import WalletShard
from loadtest.wire import LoadConnection
from server.gateway.gateway import Gateway
from server.gateway.limits import GatewaySettings
from tests.simulation import laws
from tests.simulation.bots import Bot
from tests.simulation.loop import run_virtual
from tests.simulation.pipe import join
from tests.simulation.stores import Books, Rounds, SimLedger, SimRounds
from tests.simulation.world import Faults, Host, SimEntropy, World

SHARDS = 2
TABLE = "roulette-1"
WELCOME_MINOR = 60_000
KEY = b"simulated key of thirty-two byte"


class Result(NamedTuple):
    """What a run gave. broken: laws that do not hold."""

    seed: int
    broken: list[str]
    counts: Counter[str]
    lines: list[str]
    digest: int


class Casino:
    """One simulated platform."""

    def __init__(self, seed: int, *, players: int, trace: bool) -> None:
        self.world = World(seed, trace=trace)
        self.books = {shard: Books(shard) for shard in range(SHARDS)}
        self.rounds = Rounds()
        self.rounds.epochs[TABLE] = 0
        self.gateway: Gateway | None = None
        for shard in range(SHARDS):
            self.world.host(f"wallet/{shard}", self._wallet(shard))
        self.world.host("tables/rng", self._tables)
        self.world.host("gateway/0", self._gateway)
        self.bots = [Bot(self.world, 1 + number, TABLE, self._connect) for number in range(players)]

    def _wallet(self, shard: int) -> Any:
        def build(host: Host) -> Mapping[str, Actor]:
            life = host.life
            assert life is not None
            store = SimLedger(life, self.books[shard])
            owner = f"wallet/{shard}#{life.incarnation}"
            return {f"wallet/{shard}": WalletShard(shard, store, self.world, owner=owner, fatal=life.fatal)}

        return build

    def _tables(self, host: Host) -> Mapping[str, Actor]:
        life = host.life
        assert life is not None
        table = RouletteTable(
            TableConfig(table_id=TABLE, kind="rng", title="Simulated", betting_ms=4_000, pause_ms=800, drain_ms=1_000),
            SimRounds(life, self.rounds),
            life.courier,
            self.world,
            SimEntropy(self.world.rng),
            key=KEY,
            shards=range(SHARDS),
            owner=f"tables#{life.incarnation}",
            fatal=life.fatal,
        )
        return {f"table/{TABLE}": table}

    def _gateway(self, host: Host) -> Mapping[str, Actor]:
        life = host.life
        assert life is not None
        gateway = _OpenGateway(
            "gateway/0",
            "127.0.0.1",
            0,
            life.courier,
            self.world,
            verify_token=_identity,
            tables=lambda: [TABLE],
            settings=GatewaySettings(rate_per_s=0),
        )
        self.gateway = gateway
        return {"gateway/0": gateway}

    def _connect(self, client: LoadConnection) -> Any:
        life = self.world.hosts["gateway/0"].life
        if life is None or "gateway/0" not in life.actors or self.gateway is None:
            return None
        pipe = join(self.world, client, life.run(self.gateway.connect), life)
        life.on_end.append(pipe.abort)
        return pipe

    # ---------------------------------------------------------------- the run

    async def fund(self) -> None:
        """Open every player's account and pay him in, faults or not."""
        bank = self.world.host("api/0", lambda host: {})
        for bot in self.bots:
            shard = bot.player_id % SHARDS
            for order in (
                OpenAccount(self._id(Origin.CASHIER), bot.player_id, 1),
                Deposit(self._id(Origin.CASHIER), bot.player_id, 1, WELCOME_MINOR),
            ):
                while True:
                    assert bank.life is not None
                    (reply,) = await bank.life.courier.ask_all(f"wallet/{shard}", [order])
                    if isinstance(reply, Done):
                        break
                    await asyncio.sleep(0.1)

    def _id(self, origin: Origin) -> bytes:
        return make_id(self.world.now_ms(), origin, self.world.rng.randbytes(9))

    async def trouble(self, until_s: float) -> None:
        """Crash a host now and then; sometimes let the old life go on beside the new one."""
        world, names = self.world, ["wallet/0", "wallet/1", "tables/rng", "tables/rng", "gateway/0"]
        while world.loop.time() < until_s:
            await asyncio.sleep(world.rng.expovariate(1 / world.faults.crash_mean_s))
            host = world.hosts[world.rng.choice(names)]
            if world.loop.time() >= until_s or host.life is None:
                continue
            if host.name != "gateway/0" and world.chance(world.faults.second_copy):
                host.second_copy()
            else:
                host.crash("trouble", down_s=world.rng.uniform(0.05, 3.0))

    async def run(self, seconds: float) -> Result:
        """Play for so many virtual seconds, come to rest, judge."""
        world = self.world
        await self.fund()
        for bot in self.bots:
            bot.start()
        await self.trouble(world.loop.time() + seconds)
        for bot in self.bots:
            bot.stop_playing()
        world.faults = Faults(0.0)
        world.log("faults end")
        await asyncio.sleep(15)  # every order gets its answer
        for bot in self.bots:
            bot.leave()
        await asyncio.sleep(20)  # nobody watches: the round in play is the last
        broken = laws.check_all(self.books, self.rounds, self.bots)
        if world.counts["TWO RESULTS"]:
            broken.append("a round had two results")
        for name, count in laws.refusals(self.bots).items():
            world.counts[f"refused {name}"] += count
        world.counts["accepted"] = sum(len(bot.accepted()) for bot in self.bots)
        world.counts["rows"] = sum(len(one.rows) for one in self.books.values())
        for one in self.rounds.rounds.values():
            world.counts[f"rounds {one.state.name}"] += 1
        return Result(world.seed, broken, world.counts, world.lines, world.digest)


class _OpenGateway(Gateway):
    """The gateway without its listener: connections come from pipes."""

    async def start(self) -> None:
        self.open()


def _identity(token: str) -> Identity:
    player_id = int(token.partition(":")[2])
    return Identity(
        player_id=player_id,
        name=f"player{player_id}",
        roles=("player",),
        shard=player_id % SHARDS,
        ccy=1,
        currency="PLAY",
        exponent=2,
        play_money=True,
        expires_ms=2**60,
    )


def simulate(seed: int, *, seconds: float = 20.0, players: int = 6, trace: bool = False) -> Result:
    """Run one seed to its end and judge it."""

    async def main() -> Result:
        return await Casino(seed, players=players, trace=trace).run(seconds)

    result: Result = run_virtual(main())
    return result


#: A campaign of many seeds in which one of these never happened has tested less than it claims.
MUST_HAPPEN = (
    "request lost",
    "request doubled",
    "answer lost",
    "commit lost before",
    "commit lost after",
    "crash wallet",
    "crash tables",
    "crash gateway",
    "zombie",
    "connection cut",
    "same bet again",
    "same id, other bet",
    "accepted",
    "rounds SETTLED",
    "rounds VOIDED",
    "refused INSUFFICIENT_FUNDS",
    "refused ID_REUSED",
    "refused BETTING_CLOSED",
    "refused UNKNOWN_POSITION",
    "refused STAKE_INVALID",
)


def main() -> None:
    """Run many seeds with progress; exit code 1 when a law is broken or a class of trouble is missing."""
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets of bytes is part of the run
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation.run", *sys.argv[1:]])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20.0, help="virtual seconds of play per seed")
    parser.add_argument("--players", type=int, default=6)
    parser.add_argument("--trace", action="store_true", help="print what happened; for a single seed")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL if not given.trace else logging.NOTSET)
    counts: Counter[str] = Counter()
    failed: list[int] = []
    began_s = time.monotonic()
    for number, seed in enumerate(range(given.first, given.first + given.seeds), 1):
        result = simulate(seed, seconds=given.seconds, players=given.players, trace=given.trace)
        counts.update(result.counts)
        if given.trace:
            print(f"seed {seed}: digest {result.digest:08x}")
        for line in result.lines:
            print(line)
        if result.broken:
            failed.append(seed)
            print(f"\nseed {seed} breaks:", *result.broken[:10], sep="\n  ")
            print(f"replay: python -m tests.simulation.run --seeds 1 --first {seed} --trace")
        if sys.stderr.isatty() or number % 100 == 0:
            print(f"{number}/{given.seeds} seeds, {len(failed)} failed", file=sys.stderr)
    took_s = time.monotonic() - began_s
    print(f"\n{given.seeds} seeds in {took_s:.0f} s, {len(failed)} failed")
    for name, count in sorted(counts.items()):
        print(f"  {name:32} {count}")
    absent = [name for name in MUST_HAPPEN if not counts[name]]
    if given.seeds >= 50 and absent:
        print("never happened:", ", ".join(absent))
    raise SystemExit(1 if failed or (given.seeds >= 50 and absent) else 0)


if __name__ == "__main__":
    main()
