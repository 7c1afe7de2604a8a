"""What runs in each kind of host: every process builds its own adapters from one plain `HostSpec`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from actors.domain.contracts import CONTRACTS
from actors.ports import Post
from actors.runtime.directory import Directory
from actors.runtime.host import Host
from actors.runtime.lane import LaneLimits
from actors.runtime.link import Link
from actors.runtime.processes import standby_of
from server.clock import SystemClock
from server.config import Config
from server.edge_hosts import build_api, build_gateway, open_gateway
from server.failpoints import Failpoints
from server.secrets import Secrets
from server.storage.pooled import PooledConnection

if TYPE_CHECKING:
    from server.origins import Origins
    from server.storage.shards import Books
    from server.tls import LiveCertificate

#: Kinds of hosts that may have a second process; what it imports while it stands by, so that it can serve at once.
SEATED: Final[Mapping[str, tuple[str, ...]]] = {
    "wallet": ("actors.wallet", "server.storage.ledger"),
    "tables": ("server.table_keeper",),
    "hall": ("actors.wallet", "server.storage.ledger", "server.table_keeper", "server.gateway.gateway"),
}
#: Kinds of hosts whose second process is started for a restart only: it listens beside the first, which then leaves.
REPLACED: Final = frozenset(("gateway", "api"))
#: The host that is gateway, tables and wallets in one, where they live together.
HALL: Final = "hall/0"
POOL_MAX: Final = 4
#: By CROUPIER_LINK. A stream costs little a batch, so more of them may be under way: less waiting. See performance.md.
LANE_LIMITS: Final = {"stream": LaneLimits(in_flight=4), "ray": LaneLimits(in_flight=2)}


class HostSpec(msgspec.Struct, frozen=True, kw_only=True):
    """All that a host's process is told. config: with the addresses of PostgreSQL and Valkey filled in.

    stands_by: this is the host's second process. After the first takeover either of the two may serve.
    """

    name: str
    config: Config
    secrets: Secrets
    all_processes: tuple[str, ...] = ()
    stands_by: bool = False

    @property
    def process(self) -> str:
        """The name of the process, and of its Ray actor."""
        return standby_of(self.name) if self.stands_by else self.name

    @property
    def has_seat(self) -> bool:
        """Whether two processes take turns at being this host."""
        return self.config.standbys > 0 and self.kind in SEATED

    @property
    def sender(self) -> str:
        """The name by which other hosts know this one. Two processes that serve side by side are two senders."""
        return self.process if self.kind in REPLACED else self.name

    @property
    def seat_url(self) -> str:
        """The PostgreSQL in which the host's seat is: the one without which it cannot serve anyway."""
        return self.config.shard_url(self.number) if self.kind == "wallet" else self.config.database_url

    @property
    def gateways(self) -> tuple[str, ...]:
        """The addresses at which there may be gateways."""
        if self.config.is_together:
            return ("gateway/0",)
        return tuple(process for process in self.all_processes if process.startswith("gateway/"))

    @property
    def kind(self) -> str:
        """The part of the name before the stroke."""
        return self.name.partition("/")[0]

    @property
    def number(self) -> int:
        """The part after it, of hosts that are numbered."""
        return int(self.name.partition("/")[2])


def host_names(config: Config) -> tuple[str, ...]:
    """Return the hosts of a casino, in the order in which they are started."""
    if config.is_together:
        return ("api/0", HALL, "supervisor/main")
    wallets = (f"wallet/{n}" for n in range(config.shards))
    gateways = (f"gateway/{n}" for n in range(config.gateways))
    return ("api/0", *gateways, "tables/rng", "tables/live", *wallets, "supervisor/main")


def standby_hosts(config: Config) -> tuple[str, ...]:
    """Return the hosts that have a second process, which stands by."""
    return tuple(name for name in host_names(config) if config.standbys and name.partition("/")[0] in SEATED)


def processes_of(config: Config, host: str) -> tuple[str, ...]:
    """Return the processes of a host; one of them serves."""
    return (host, standby_of(host)) if host in standby_hosts(config) else (host,)


def possible_processes(config: Config) -> tuple[str, ...]:
    """Return every process that may run: those of all hosts, and those that take another's place in a restart."""
    replacing = (standby_of(host) for host in host_names(config) if host.partition("/")[0] in REPLACED)
    return (*(process for host in host_names(config) for process in processes_of(config, host)), *replacing)


class Site:
    """Where a builder works: the host, the ports made for it, and the stack that undoes everything in reverse order."""

    def __init__(self, spec: HostSpec, connect: Callable[[str], Link], stack: AsyncExitStack) -> None:
        self.spec = spec
        self.config = spec.config
        self.stack = stack
        self.clock = SystemClock()
        self.directory = self._directory(self._load_nothing)
        self._follows_placement = False
        incarnation = time.time_ns()
        self.owner = f"{spec.name}#{incarnation}"
        #: How to let what is under way end before a restart, and what is being waited for, for a person.
        self.drain: Callable[[], Awaitable[None]] | None = None
        self.left: Callable[[], str] = lambda: ""
        self.host = Host(
            spec.sender,
            incarnation,
            contracts=CONTRACTS,
            host_of=lambda address: self.directory.host_of(address),
            connect=connect,
            limits=LANE_LIMITS[spec.config.link],
        )
        self.post: Post = self.host.courier
        stack.push_async_callback(self.host.stop)

    async def pool(self, **options: Any) -> asyncpg.Pool:
        """Return a pool of connections that is closed with the host."""
        pool = await asyncpg.create_pool(
            self.config.database_url, min_size=1, max_size=POOL_MAX, connection_class=PooledConnection, **options
        )
        self.stack.push_async_callback(_close_pool, pool)
        return pool

    def books(self, pool: asyncpg.Pool, settings: Mapping[str, str] | None = None) -> Books:
        """Return the journals of all shards, to read; pool: of the casino's database. settings: of other servers' pools."""
        from server.storage.shards import Books

        books = Books(self.config.books(), {self.config.database_url: pool}, settings)
        self.stack.push_async_callback(books.close)
        return books

    def origins(self) -> Origins:
        """Return whose pages may talk to this host; what it refuses is among the host's metrics."""
        from server.origins import Origins

        origins = Origins(self.config.origins, self.config.http_port, tls=self.config.has_tls)
        self.host.registry.register(origins)
        return origins

    async def certificate(self) -> LiveCertificate | None:
        """Return the certificate to listen with, followed until the host ends; None: no TLS."""
        from server.tls import LiveCertificate, tls_files

        files = tls_files(self.config)
        if files is None:
            return None
        certificate = LiveCertificate(files, self.clock)
        await certificate.start()
        self.stack.push_async_callback(certificate.stop)
        self.host.registry.register(certificate)
        return certificate

    async def follow_placement(self, pool: asyncpg.Pool) -> None:
        """Let the directory know where the tables are; once it does, there is nothing more to do."""
        from server.storage.tables import PostgresTables

        if self._follows_placement:
            return
        self._follows_placement = True
        self.directory = self._directory(PostgresTables(pool).placement)
        await self.directory.start()
        self.stack.push_async_callback(self.directory.stop)

    def _directory(self, load: Callable[[], Awaitable[Mapping[str, str]]]) -> Directory:
        return Directory(load, together=HALL if self.config.is_together else "")

    async def add(self, address: str, actor: Any) -> None:
        """Start an actor and let it be reached; it is stopped with the host."""
        try:
            await actor.start()
        except Exception:
            with suppress(Exception):  # it may be half begun; the reason it failed is what counts
                await actor.stop()
            raise
        self.stack.push_async_callback(self._remove, address, actor)
        self.host.register(address, actor)

    async def _remove(self, address: str, actor: Any) -> None:
        await actor.stop()
        self.host.unregister(address)

    def fatal(self, address: str) -> Callable[[BaseException], None]:
        """Return the `fatal` of an actor that has a host of its own: the process ends."""
        return lambda error: self.host.fatal(address, error)

    @staticmethod
    async def _load_nothing() -> Mapping[str, str]:
        return {}


async def _close_pool(pool: asyncpg.Pool) -> None:
    try:
        await asyncio.wait_for(pool.close(), 2.0)
    except TimeoutError:
        pool.terminate()


# ---------------------------------------------------------------- builders


async def build_wallet(site: Site) -> None:
    """One shard, the only writer of its books."""
    await _open_wallet(site, site.spec.number)


async def _open_wallet(site: Site, shard: int) -> None:
    from actors.wallet import WalletShard
    from server.journal_hints import JournalHints
    from server.storage.ledger import PostgresLedger

    address = f"wallet/{shard}"
    failpoints = Failpoints([cut for cut in site.config.failpoints if cut.host == address], site.config.state)
    store = PostgresLedger(site.config.shard_url(shard), shard, failpoint=failpoints.for_commit)
    hints = JournalHints(site.post, shard)
    wallet = WalletShard(
        shard,
        store,
        site.clock,
        owner=site.owner,
        on_durable=hints.note,
        fatal=site.fatal(address),
        failpoint=failpoints,
    )
    await site.add(address, wallet)


async def build_tables(site: Site) -> None:
    """All tables that are placed here."""
    from server.table_keeper import TableKeeper

    keeper = await TableKeeper.open(site)
    site.stack.push_async_callback(keeper.stop)
    site.drain, site.left = keeper.drain, keeper.left


async def build_hall(site: Site) -> None:
    """Gateway, tables and wallets in one process; they stop in the order in which apart they stop, too."""
    for shard in range(site.config.shards):
        await _open_wallet(site, shard)
    await build_tables(site)
    await open_gateway(site, "gateway/0")


async def build_supervisor(site: Site) -> None:
    """Antifraud, bonus ticks, the relay between shards, the keeping of the books, the notary and the guard; and jackpots."""
    from actors.supervisors.antifraud import Antifraud
    from actors.supervisors.bonus import BonusTicks
    from actors.supervisors.game_guard import GameGuard
    from actors.supervisors.group import ADDRESS, SupervisorGroup
    from actors.supervisors.jackpot import ADDRESS as JACKPOTS
    from actors.supervisors.jackpot import Jackpots
    from actors.supervisors.keeping import BooksKeeper
    from actors.supervisors.notary import Notary
    from actors.supervisors.recorder import RoundRecorder
    from actors.supervisors.relay import Relay
    from actors.supervisors.shared import SharedDigests
    from server.books_metrics import BooksMetrics
    from server.evidence import EvidenceSigner
    from server.game_metrics import GameMetrics
    from server.jackpot_meter import JackpotTeller
    from server.storage.checkpoints import CheckpointFiles, PostgresCheckpoints
    from server.storage.game_watch import PostgresGameWatch, PostgresWagers
    from server.storage.jackpots import PostgresJackpots
    from server.storage.keeping import PostgresKeeping
    from server.storage.round_records import PostgresRoundRecords
    from server.storage.shards import BY_INDEX
    from server.storage.supervision import PostgresAntifraud, PostgresBonus, PostgresJournal
    from server.storage.transits import PostgresTransits
    from server.supervisor_metrics import SupervisorMetrics

    config = site.config
    pool = await site.pool()
    books = site.books(pool)
    journals = site.books(await site.pool(server_settings=BY_INDEX), BY_INDEX)
    shared = SharedDigests(PostgresJournal(pool, journals).read_digest)
    fatal = site.fatal(ADDRESS)
    gateways = site.spec.gateways
    antifraud = Antifraud(PostgresAntifraud(pool, journals, shared), site.clock, fatal=fatal)
    bonus = BonusTicks(
        PostgresBonus(pool, journals, shared),
        site.post,
        site.clock,
        key=site.spec.secrets.ids,
        period_s=config.bonus_period_s,
        amount_minor=config.bonus_minor,
        gateways=gateways,
        fatal=fatal,
    )
    relay = Relay(PostgresTransits(pool, journals), site.post, site.clock, fatal=fatal)
    keeper = BooksKeeper(PostgresKeeping(pool, books), site.clock, fatal=fatal)
    notary = Notary(
        PostgresCheckpoints(books),
        CheckpointFiles(config.checkpoint_folder),
        EvidenceSigner(site.spec.secrets.evidence),
        site.clock,
        period_s=config.checkpoint_s,
        fatal=fatal,
    )
    pots = PostgresJackpots(pool, books)
    jackpots = Jackpots(
        pots,
        site.post,
        site.clock,
        key=site.spec.secrets.ids,
        shards=range(config.shards),
        fatal=site.fatal(JACKPOTS),
    )
    guard = GameGuard(PostgresGameWatch(pool), PostgresWagers(pool, journals), fatal=fatal)
    recorder = RoundRecorder(
        PostgresRoundRecords(pool), EvidenceSigner(site.spec.secrets.evidence), site.clock, fatal=fatal
    )
    members = (antifraud, bonus, relay, keeper, notary, guard, recorder)
    site.host.registry.register(SupervisorMetrics((*members, jackpots)))
    site.host.registry.register(BooksMetrics(keeper))
    site.host.registry.register(GameMetrics(guard))
    await site.add(ADDRESS, SupervisorGroup(members))
    await site.add(JACKPOTS, jackpots)
    teller = JackpotTeller(pots.meters, site.post, gateways)
    teller.start()
    site.stack.push_async_callback(teller.stop)


BUILDERS: Final[Mapping[str, Callable[[Site], Awaitable[None]]]] = {
    "wallet": build_wallet,
    "tables": build_tables,
    "hall": build_hall,
    "gateway": build_gateway,
    "api": build_api,
    "supervisor": build_supervisor,
}
