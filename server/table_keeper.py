"""Runs the tables placed on one host: starts those that come, stops those that leave, rebuilds those that die."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec

from actors.domain.games.catalogue import INSTANT_GAMES
from actors.instant import InstantTable
from actors.ports import SeedStore, SpinStore, StoreUnavailable
from actors.table import Table
from actors.table_config import TableConfig
from server.config import Config
from server.entropy import LibsodiumEntropy
from server.fairness.chains import HashChains
from server.storage.chains import PostgresChains
from server.storage.game_watch import PostgresGameWatch
from server.storage.rounds import PostgresRounds
from server.storage.spins import PostgresSpins
from server.storage.tables import PostgresTables
from server.vault.keys import VaultKeys
from server.vault.seeds import SeedSealer

if TYPE_CHECKING:
    from server.hosts import Site

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
#: A table that dies is rebuilt at once, then ever more slowly; one that has lived this long starts afresh.
REBUILD_S: Final = (0.0, 0.5, 2.0, 5.0)
STABLE_S: Final = 30.0
STOP_S: Final = 3.0


class TableKeeper:
    """One per tables host. A table's epoch fences an older copy of it, here or elsewhere, so doubles do no harm."""

    def __init__(
        self,
        site: Site,
        tables: PostgresTables,
        rounds: PostgresRounds,
        seeds: SeedStore,
        spins: SpinStore,
        watch: PostgresGameWatch,
    ) -> None:
        self._site = site
        self._watch = watch
        self._suspended: dict[str, str] = {}
        self._tables = tables
        self._rounds = rounds
        self._seeds = seeds
        self._spins = spins
        self._running: dict[str, Table | InstantTable] = {}
        self._deaths: dict[str, int] = {}
        self._born: dict[str, float] = {}
        self._due: dict[str, float] = {}  # tables that died: when to rebuild
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._is_draining = False
        self._endings: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        site.host.on_bug_of("table", self._on_bug)
        site.host.on_bug_of("instant", self._on_bug)

    @classmethod
    async def open(cls, site: Site) -> TableKeeper:
        """Return a keeper whose tables run. Raises what the database raises."""
        pool = await site.pool()
        await site.follow_placement(pool)
        salt = site.config.fairness_salt
        keys, entropy = VaultKeys(site.config), LibsodiumEntropy()
        seeds = HashChains(PostgresChains(pool), keys, entropy, setting=salt)
        spins = PostgresSpins(pool, SeedSealer(keys, entropy))
        keeper = cls(site, PostgresTables(pool), PostgresRounds(pool), seeds, spins, PostgresGameWatch(pool))
        await keeper.look()
        keeper._task = asyncio.create_task(keeper._keep(), name="table keeper")
        return keeper

    async def look(self) -> None:
        """Bring what runs in line with what is placed here."""
        wanted = set(self._site.directory.tables_of(self._site.host.name))
        now = self._loop.time()
        if self._is_draining:  # a table that dies now is rebuilt by whoever comes after us
            return
        await self._look_at_suspensions()
        leaving = [self._end(table_id) for table_id in self._running if table_id not in wanted]
        missing = [
            table_id for table_id in wanted if table_id not in self._running and self._due.get(table_id, 0) <= now
        ]
        await asyncio.gather(*leaving, *(self._begin(table_id) for table_id in missing))

    async def _look_at_suspensions(self) -> None:
        try:
            self._suspended = await self._watch.suspended()
        except StoreUnavailable as error:  # what was suspended stays so
            log.warning("suspensions of tables are not known: %s", error)
        for table_id, table in self._running.items():
            table.suspend(self._suspended.get(table_id, ""))

    async def drain(self) -> None:
        """Let all tables end what is at stake and open nothing more. Safe to repeat."""
        self._is_draining = True
        await asyncio.gather(*(table.drain() for table in self._running.values()))

    def left(self) -> str:
        """Say which tables still have stakes."""
        return ", ".join(sorted(name for name, table in self._running.items() if table.has_stakes))

    async def stop(self) -> None:
        """Stop all tables."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        await asyncio.gather(*(self._end(table_id) for table_id in list(self._running)))

    async def _keep(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            try:
                await self.look()
            except Exception:  # outermost loop: the other tables go on
                log.exception("looking after the tables of %s failed", self._site.host.name)

    async def _begin(self, table_id: str) -> None:
        try:
            table = self._make(adjusted(await self._tables.config(table_id), self._site.config))
            table.suspend(self._suspended.get(table_id, ""))
            await table.start()
        except Exception as error:  # one table that cannot start must not keep the others from running
            log.exception("table %s cannot start", table_id)
            self._put_off(table_id, error)
            return
        self._running[table_id] = table
        self._born[table_id] = self._loop.time()
        for address in _addresses(table_id, table):
            self._site.host.register(address, table)

    def _make(self, config: TableConfig) -> Table | InstantTable:
        """Return a table, not started. Raises LookupError for a game that is not there."""
        site, key = self._site, self._site.spec.secrets.ids
        shards, owner = range(site.config.shards), site.owner

        def fatal(error: BaseException) -> None:
            self._on_fatal(config.table_id, table, error)

        table: Table | InstantTable
        if config.is_instant:
            game, entropy = INSTANT_GAMES[config.game], LibsodiumEntropy()
            ports = (self._spins, site.post, site.clock, entropy)
            table = InstantTable(config, game, *ports, key=key, shards=shards, owner=owner, fatal=fatal)
        else:
            rest = (site.post, site.clock, LibsodiumEntropy())
            table = Table(config, self._rounds, self._seeds, *rest, key=key, shards=shards, owner=owner, fatal=fatal)
        return table

    async def _end(self, table_id: str) -> None:
        table = self._running.pop(table_id)
        self._unregister(table_id, table)
        await self._stop_table(table_id, table)

    def _unregister(self, table_id: str, table: Table | InstantTable) -> None:
        for address in _addresses(table_id, table):
            self._site.host.unregister(address)

    async def _stop_table(self, table_id: str, table: Table | InstantTable) -> None:
        try:
            async with asyncio.timeout(STOP_S):
                await table.stop()
        except Exception:  # its successor has a higher epoch; this one can do nothing any more
            log.exception("table %s did not stop cleanly", table_id)

    def _on_bug(self, address: str, error: BaseException) -> None:
        table_id = address.partition("/")[2]
        table = self._running.get(table_id)
        if table is not None:
            self._on_fatal(table_id, table, error)

    def _on_fatal(self, table_id: str, table: Any, error: BaseException) -> None:
        """End one incarnation of a table and have it rebuilt from PostgreSQL."""
        log.critical("table %s died and is rebuilt", table_id, exc_info=error)
        running = self._running.get(table_id)
        if running is not None and running is table:
            del self._running[table_id]
            self._unregister(table_id, running)
        self._site.host.counters.actors_rebuilt += 1
        self._put_off(table_id, error)
        ending = self._loop.create_task(self._stop_table(table_id, table))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    def _put_off(self, table_id: str, _error: BaseException) -> None:
        now = self._loop.time()
        deaths = 0 if now - self._born.get(table_id, now) > STABLE_S else self._deaths.get(table_id, 0)
        self._deaths[table_id] = deaths + 1
        wait_s = REBUILD_S[min(deaths, len(REBUILD_S) - 1)]
        self._due[table_id] = now + wait_s
        self._loop.call_later(wait_s, self._woken.set)


def _addresses(table_id: str, table: Table | InstantTable) -> tuple[str, ...]:
    """Where messages reach it. An instant game is also asked for its line in the lobby, like a table."""
    is_instant = isinstance(table, InstantTable)
    return (f"table/{table_id}", f"instant/{table_id}") if is_instant else (f"table/{table_id}",)


def adjusted(table: TableConfig, config: Config) -> TableConfig:
    """Return a table's settings with the configuration's windows and cycles, where it has any."""
    if table.is_live:
        return table
    if table.is_instant:
        cycle_ms = table.min_cycle_ms if config.instant_cycle_ms < 0 else config.instant_cycle_ms
        return msgspec.structs.replace(table, min_cycle_ms=cycle_ms)
    changes: dict[str, int] = {}
    if config.betting_ms > 0:
        changes["betting_ms"] = config.betting_ms
        changes["min_cycle_ms"] = 0  # who sets the window by hand answers for the cycle
    if config.pause_ms >= 0:
        changes["pause_ms"] = config.pause_ms
    return msgspec.structs.replace(table, **changes)
