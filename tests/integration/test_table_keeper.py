"""The keeper of tables and the supervisors on real PostgreSQL, without their wallets: who is suspended does not begin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest
from prometheus_client import generate_latest

from actors.runtime.link import LinkBroken
from server.config import Config
from server.hosts import HostSpec, Site, build_supervisor
from server.secrets import load_secrets
from server.storage.game_watch import PostgresGameWatch
from server.storage.tables import PostgresTables
from server.table_keeper import TableKeeper


class NoLink:
    """There is nobody at the other end."""

    async def send(self, blob: bytes) -> bytes:
        raise LinkBroken


@pytest.fixture
async def pool(fresh_postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=2) as made:
        await PostgresTables(made).open_casino()
        yield made


def _site(dsn: str, state: Path, name: str, stack: AsyncExitStack) -> Site:
    config = Config(state=state, database_url=dsn)
    return Site(HostSpec(name=name, config=config, secrets=load_secrets(config)), lambda _: NoLink(), stack)


async def test_suspended_table_starts_suspended_and_is_told_when_it_may_go_on(
    pool: asyncpg.Pool, fresh_postgres_dsn: str, tmp_path: Path
) -> None:
    store = PostgresGameWatch(pool)
    for table_id in ("roulette-1", "slot"):
        assert await store.suspend(table_id, "looks wrong", "nora")
    async with AsyncExitStack() as stack:
        keeper = await TableKeeper.open(_site(fresh_postgres_dsn, tmp_path, "tables/rng", stack))
        assert _suspended(keeper) == ["roulette-1", "slot"]
        await store.resume("roulette-1", "mended", "nora")
        await keeper.look()
        assert _suspended(keeper) == ["slot"]
        await keeper.stop()


def _suspended(keeper: TableKeeper) -> list[str]:
    return sorted(name for name, table in keeper._running.items() if table.suspended)


async def test_supervisor_host_tells_of_every_table_whether_it_is_suspended(
    pool: asyncpg.Pool, fresh_postgres_dsn: str, tmp_path: Path
) -> None:
    await PostgresGameWatch(pool).suspend("roulette-2", "looks wrong", "nora")
    async with AsyncExitStack() as stack:
        site = _site(fresh_postgres_dsn, tmp_path, "supervisor/main", stack)
        await build_supervisor(site)
        text = await _page_with(site, 'croupier_game_suspended{game="roulette",table="roulette-2"} 1.0')
        assert 'croupier_game_suspended{game="roulette",table="roulette-1"} 0.0' in text


async def _page_with(site: Site, line: str) -> str:
    """Return the metrics' page as soon as it has the line; the test's own timeout ends the waiting."""
    while line not in (text := generate_latest(site.host.registry).decode()):
        await asyncio.sleep(0.1)
    return text
