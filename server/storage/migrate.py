"""Brings the databases to the newest schema. Plain SQL inside Alembic revisions, one transaction for each database.

The casino's database has everything; a PostgreSQL that only keeps books of wallet shards has the schema `wallet`
alone. Each revision says in `schema` which of the two it is about; where it has no place it is passed over.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from server.config import ConfigError

_SCRIPTS: Final = Path(__file__).parent / "migrations"
#: Any constant will do: whoever migrates this database holds it.
_LOCK: Final = 0x63726F75
#: The journal gets room for ids of so many days to come.
DAYS_AHEAD: Final = 60
_EVERYTHING: Final = frozenset(("wallet", "casino"))


def migrate(dsn: str, *, shards: int = 2) -> None:
    """`migrate_database`, for callers without an event loop."""
    asyncio.run(migrate_database(dsn, shards=shards))


async def migrate_database(dsn: str, *, shards: int = 2) -> None:
    """`migrate_all` for a casino whose shards all live in its own database."""
    await migrate_all(dsn, {dsn: range(shards)})


async def migrate_all(main: str, books: Mapping[str, Sequence[int]]) -> None:
    """Bring all databases to the newest revision, with room for the days to come and these wallet shards.

    Safe to repeat, and to run from several processes at once: the second waits, then finds nothing to do. Each database
    is done whole or not at all. Shards are only ever added: one that holds money is never dropped, and never made a
    second time. main: address of the casino's database. books: the shards by the address that keeps them.
    Raises ConfigError where a shard is known but not where it should be, or a server does not answer.
    """
    async with _opened(main, "DATABASE_URL") as casino:
        await _bring_up(casino, _EVERYTHING)
        known = set((await casino.exec_driver_sql("select shard_id from casino.shard")).scalars())
    for url, shards in books.items():
        async with _opened(url, f"the PostgreSQL of {_names(shards)}") as connection:
            if url != main:
                await _bring_up(connection, frozenset(("wallet",)))
            await _make_shards(connection, shards, known)
    async with _opened(main, "DATABASE_URL") as casino:
        made = ", ".join(f"({int(shard)})" for shards in books.values() for shard in shards)
        await casino.exec_driver_sql(f"insert into casino.shard (shard_id) values {made} on conflict do nothing")


async def _make_shards(connection: AsyncConnection, shards: Sequence[int], known: set[int]) -> None:
    here = set((await connection.exec_driver_sql("select shard_id from wallet.shard")).scalars())
    lost = sorted(known.intersection(shards) - here)
    if lost:
        raise ConfigError(
            f"{_names(lost)} had books before, and the PostgreSQL that is set now has none of them: CROUPIER_SHARD_URLS "
            "or DATABASE_URL names the wrong server, or its data are gone. Empty books will not be made in their place."
        )
    await connection.exec_driver_sql(f"select wallet.ensure_shards(array{[int(shard) for shard in shards]}::int[])")


def _names(shards: Sequence[int]) -> str:
    return f"shard{'s' if len(shards) > 1 else ''} {', '.join(map(str, shards))}"


@asynccontextmanager
async def _opened(dsn: str, whose: str) -> AsyncIterator[AsyncConnection]:
    """Give a connection in a transaction. Raises ConfigError where nobody answers."""

    async def connect() -> Any:
        try:
            return await asyncpg.connect(dsn, timeout=10)
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
            raise ConfigError(f"{whose} does not answer: {error or type(error).__name__}") from error

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"select pg_advisory_xact_lock({_LOCK})")
            yield connection
    finally:
        await engine.dispose()


async def _bring_up(connection: AsyncConnection, schemas: frozenset[str]) -> None:
    await connection.run_sync(_upgrade, schemas)
    if (
        await connection.exec_driver_sql("select to_regnamespace('casino') is null")
    ).scalar_one() and "casino" in schemas:
        raise ConfigError("DATABASE_URL names a PostgreSQL that was made for wallet shards only")
    await connection.exec_driver_sql(f"select wallet.make_partitions({DAYS_AHEAD})")


def _upgrade(connection: Connection, schemas: frozenset[str]) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    at = MigrationContext.configure(connection).get_current_revision()
    for step in reversed(list(script.iterate_revisions("head", at or "base"))):
        (command.upgrade if step.module.schema in schemas else command.stamp)(config, step.revision)
