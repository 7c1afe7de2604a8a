"""One simulated platform: the real actors on hosts that crash, over stores and links that fail, and its people."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from actors.domain.events import JournalGrew
from actors.domain.rounds import FINAL
from actors.ports import Actor, SeedStore
from actors.session import Identity
from actors.supervisors.antifraud import Antifraud
from actors.supervisors.bonus import BonusTicks
from actors.supervisors.group import ADDRESS, SupervisorGroup
from actors.supervisors.relay import Relay
from actors.table import Table
from actors.table_config import TableConfig
from actors.wallet import WalletShard
from loadtest.wire import LoadConnection
from server.gateway.gateway import Gateway
from server.gateway.limits import GatewaySettings
from tests.fakes.ledger import FakeBooks
from tests.fakes.rounds import FakeRounds
from tests.fakes.seeds import KeyedSeeds
from tests.simulation import last_orders
from tests.simulation.bots import Bot, Player
from tests.simulation.dealer import Dealer, Device
from tests.simulation.flight_laws import CRASH
from tests.simulation.flyer import Flyer, ShortFlights
from tests.simulation.journals import BONUS_PERIOD_S, Supervision
from tests.simulation.pipe import join
from tests.simulation.staff import Cashier
from tests.simulation.stores import SimLedger, SimStore
from tests.simulation.world import Faults, Host, SimEntropy, World

SHARDS: Final = 2
RNG, LIVE = "roulette-1", "live-1"
#: What is played where nobody deals, by the seed modulo three.
PLAYED: Final = (RNG, RNG, CRASH)
KEY: Final = b"simulated key of thirty-two byte"
BONUS_MINOR: Final = 250
#: The longest time, in virtual seconds, that the platform may take to come to rest once nothing fails any more.
REST_S: Final = 90
#: The host that is wallets, tables and gateway in one, where they live together: in every fourth seed.
HALL: Final = "hall/0"
APART, TOGETHER = False, True
#: Crash one of these now and then, by whether they live together.
DOOMED: Final = {
    APART: ("wallet/0", "wallet/1", "tables/rng", "tables/live", "gateway/0", "supervisor/main", "api/0"),
    TOGETHER: (HALL, HALL, "supervisor/main", "api/0"),
}
#: What makes the actors of one life, by address.
Build = Callable[[Host], Mapping[str, Actor]]

CONFIGS: Final = {
    RNG: TableConfig(table_id=RNG, kind="rng", title="Simulated", betting_ms=2_500, pause_ms=500, drain_ms=1_000),
    CRASH: TableConfig(
        table_id=CRASH,
        kind="rng",
        title="Flown",
        game="crash",
        betting_ms=1_500,
        pause_ms=2_000,  # long enough for who leaves at the end to be seen to have left
        drain_ms=1_000,
        max_by_size={1: 10_000},
    ),
    LIVE: TableConfig(table_id=LIVE, kind="live", title="Dealt", betting_ms=0, pause_ms=0, drain_ms=1_000),
}


class Casino:
    """Hosts, durable things and people of one run."""

    def __init__(self, seed: int, *, players: int, trace: bool) -> None:
        self.world = world = World(seed, trace=trace)
        self.books = {shard: FakeBooks(shard) for shard in range(SHARDS)}
        world.durable = lambda shard: self.books[shard].head.seq
        self.rounds = FakeRounds(*CONFIGS)
        rng = PLAYED[seed % 3]
        self.tables = {"tables/rng": rng, "tables/live": LIVE}
        keyed = KEY + str(seed).encode()
        self.seeds: SeedStore = ShortFlights(keyed) if rng == CRASH else KeyedSeeds(keyed)
        self.supervision = Supervision(self.books, self.rounds)
        self.gateway: Gateway | None = None
        self.is_together = seed % 4 == 3
        world.host_of = self._host_of
        if self.is_together:
            world.host(HALL, self._hall)
            world.host("supervisor/main", self._supervisors)
        else:
            self._live_apart()
        self.bank = world.host("api/0", lambda host: {})
        seats = (rng, rng, LIVE)
        self.players = [self._player(1 + number, seats[number % len(seats)]) for number in range(players)]
        self.dealer = Dealer(world, 101, LIVE, self._connect)
        self.device = Device(world, 102, LIVE, self._connect)
        self.cashier = Cashier(world, self.bank, KEY, [player.player_id for player in self.players])

    def _player(self, player_id: int, table_id: str) -> Player:
        kind = Flyer if table_id == CRASH else Player
        return kind(self.world, player_id, table_id, self._connect)

    @property
    def bots(self) -> list[Bot]:
        """Everyone who is connected."""
        return [*self.players, self.dealer, self.device]

    # ---------------------------------------------------------------- hosts

    def _live_apart(self) -> None:
        for shard in range(SHARDS):
            self.world.host(f"wallet/{shard}", self._wallet(shard))
        for name, table_id in self.tables.items():
            self.world.host(name, self._table(table_id))
        self.world.host("supervisor/main", self._supervisors)
        self.world.host("gateway/0", self._gateway)

    def _host_of(self, address: str) -> str:
        """Say where an address lives."""
        kind = address.partition("/")[0]
        if kind == "supervisor":
            return "supervisor/main"
        if self.is_together:
            return HALL
        if kind == "table":
            return "tables/live" if address == f"table/{LIVE}" else "tables/rng"
        return address

    def _hall(self, host: Host) -> Mapping[str, Actor]:
        wallets = map(self._wallet, range(SHARDS))
        tables = map(self._table, self.tables.values())
        return {
            address: actor for build in (*wallets, *tables, self._gateway) for address, actor in build(host).items()
        }

    def _wallet(self, shard: int) -> Build:
        def build(host: Host) -> Mapping[str, Actor]:
            life = host.life
            assert life is not None

            def on_durable(seq: int) -> None:
                life.post.tell(ADDRESS, [JournalGrew(shard, seq)])

            wallet = WalletShard(
                shard,
                SimLedger(life, self.books[shard]),
                self.world,
                owner=life.name,
                on_durable=on_durable,
                fatal=life.fatal,
                failpoint=life.failpoint,
            )
            return {f"wallet/{shard}": wallet}

        return build

    def _table(self, table_id: str) -> Build:
        def build(host: Host) -> Mapping[str, Actor]:
            life = host.life
            assert life is not None
            table = Table(
                CONFIGS[table_id],
                SimStore(life, self.rounds),
                self.seeds,
                life.post,
                self.world,
                SimEntropy(self.world.rng),
                key=KEY,
                shards=range(SHARDS),
                owner=life.name,
                fatal=life.fatal,
            )
            last_orders.watch(table, self.world)
            return {f"table/{table_id}": table}

        return build

    def _supervisors(self, host: Host) -> Mapping[str, Actor]:
        life = host.life
        assert life is not None
        store: Any = SimStore(life, self.supervision)
        bonus = BonusTicks(
            store,
            life.post,
            self.world,
            key=KEY,
            period_s=BONUS_PERIOD_S,
            amount_minor=BONUS_MINOR,
            gateways=("gateway/0",),
            fatal=life.fatal,
        )
        relay = Relay(store, life.post, self.world, fatal=life.fatal)
        return {ADDRESS: SupervisorGroup([Antifraud(store, self.world, fatal=life.fatal), bonus, relay])}

    def _gateway(self, host: Host) -> Mapping[str, Actor]:
        life = host.life
        assert life is not None
        gateway = _OpenGateway(
            "gateway/0",
            "127.0.0.1",
            0,
            life.post,
            self.world,
            verify_token=_identity,
            tables=lambda: list(self.tables.values()),
            settings=GatewaySettings(rate_per_s=0),
        )
        self.gateway = gateway
        return {"gateway/0": gateway}

    def _connect(self, client: LoadConnection) -> Any:
        life = self.world.hosts[self._host_of("gateway/0")].life
        if life is None or "gateway/0" not in life.actors or self.gateway is None:
            return None
        pipe = join(self.world, client, life.run(self.gateway.connect), life)
        life.on_end.append(pipe.abort)
        return pipe

    # ---------------------------------------------------------------- the run

    async def trouble(self, until_s: float) -> None:
        """Crash a host now and then; sometimes let the old life go on beside the new one."""
        world = self.world
        while world.loop.time() < until_s:
            await asyncio.sleep(world.rng.expovariate(1 / world.faults.crash_mean_s))
            host = world.hosts[world.rng.choice(DOOMED[self.is_together])]
            if world.loop.time() >= until_s or host.life is None:
                continue
            if host.kind not in ("gateway", "api") and world.chance(world.faults.second_copy):
                host.second_copy()
            else:
                host.crash("at any time", down_s=world.down_s())

    async def play(self, seconds: float) -> None:
        """Let everybody act for so many virtual seconds while things fail, and then come to rest.

        Raises AssertionError when something is still unfinished after REST_S.
        """
        world = self.world
        for bot in self.bots:
            bot.start()
        self.cashier.start()
        await self.trouble(world.loop.time() + seconds)
        world.faults = Faults(0.0)
        world.spare_all()
        world.log("no more faults, no more new orders")
        for bot in self.bots:
            bot.stop_playing()
        self.cashier.stop()
        self.hung = await self._rest()
        for bot in self.bots:
            bot.leave()
        await asyncio.sleep(3.0)  # doubled requests that are still under way, and answers nobody waits for
        self.hung = self.hung or await self._rest()  # a table may have opened a round just before the last player left

    async def _rest(self) -> str:
        """Return when everything is at rest; say what is not after REST_S."""
        until_s = self.world.loop.time() + REST_S
        while (unfinished := self._unfinished()) and self.world.loop.time() < until_s:
            await asyncio.sleep(0.5)
        return unfinished

    def _unfinished(self) -> str:
        """Say what is not at rest; empty: everything is."""
        if any(player.unanswered() for player in self.bots):
            return "a client waits for an answer"
        if not self.cashier.is_done:
            return f"the cashier waits for {self.cashier.waiting}"
        if any(row.state not in FINAL for row in self.rounds.rows.values()):
            return "a round is not finished"
        return self.supervision.unfinished()


class _OpenGateway(Gateway):
    """The gateway without its listener: connections come from pipes."""

    async def start(self) -> None:
        self.open()


def _identity(token: str) -> Identity:
    role, _, number = token.partition(":")
    player_id = int(number)
    return Identity(
        player_id=player_id,
        name=f"{role}{player_id}",
        roles=(role,),
        shard=player_id % SHARDS,
        ccy=1,
        currency="PLAY",
        exponent=2,
        play_money=True,
        expires_ms=2**60,
    )
