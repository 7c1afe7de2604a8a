"""Brings a database to the newest schema. Plain SQL inside Alembic revisions, one transaction for all of them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_SCRIPTS: Final = Path(__file__).parent / "migrations"
#: Any constant will do: whoever migrates this database holds it.
_LOCK: Final = 0x63726F75
#: The journal gets room for ids of so many days to come.
DAYS_AHEAD: Final = 60


def migrate(dsn: str, *, shards: int = 2) -> None:
    """`migrate_database`, for callers without an event loop."""
    asyncio.run(migrate_database(dsn, shards=shards))


async def migrate_database(dsn: str, *, shards: int = 2) -> None:
    """Bring the database to the newest revision, with room for the days to come and this many wallet shards.

    Safe to repeat, and to run from several processes at once: the second waits, then finds nothing to do. All or
    nothing. shards only ever adds: a shard that holds money is never dropped.
    """

    async def connect() -> Any:
        return await asyncpg.connect(dsn, timeout=10)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"select pg_advisory_xact_lock({_LOCK})")
            await connection.run_sync(_upgrade)
            await connection.exec_driver_sql(f"select wallet.make_partitions({DAYS_AHEAD})")
            await connection.exec_driver_sql(f"select wallet.ensure_shards({int(shards)})")
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
