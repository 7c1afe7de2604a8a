"""The casino's tables in PostgreSQL: what they are, and which host runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
import msgspec

from actors.table_config import TableConfig, default_tables

#: Where a table lives at first. A live table does not share its process with the RNG tables.
HOME_BY_KIND: Final[Mapping[str, str]] = {"rng": "tables/rng", "live": "tables/live", "instant": "tables/rng"}

_ADD: Final = """
insert into casino.game_table (table_id, game, kind, title, host, config, sort)
values ($1, $2, $3, $4, $5, $6::text::jsonb, $7) on conflict (table_id) do nothing"""
_HOME: Final = "update casino.game_table set host = $2 where kind = $1 and host <> $2"
_PLACEMENT: Final = "select table_id, host from casino.game_table order by sort, table_id"
_CONFIG: Final = "select kind, title, game, sort, config::text from casino.game_table where table_id = $1"
_MOVE: Final = "update casino.game_table set host = $2 where host = $1 returning table_id"


class PostgresTables:
    """The relation `casino.game_table` without its fence. Every method may be repeated."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def open_casino(self) -> None:
        """Add the tables of a fresh casino where they are missing, and send every table home to its own host."""
        for table in default_tables():
            text = msgspec.json.encode(table).decode()
            home = HOME_BY_KIND[table.kind]
            await self._pool.execute(_ADD, table.table_id, table.game, table.kind, table.title, home, text, table.sort)
        for kind, host in HOME_BY_KIND.items():
            await self._pool.execute(_HOME, kind, host)

    async def placement(self) -> dict[str, str]:
        """Return {table id: host}, in the lobby's order."""
        return {row["table_id"]: row["host"] for row in await self._pool.fetch(_PLACEMENT)}

    async def config(self, table_id: str) -> TableConfig:
        """Return a table's settings. Raises LookupError for an unknown one, msgspec.ValidationError for broken ones."""
        row = await self._pool.fetchrow(_CONFIG, table_id)
        if row is None:
            raise LookupError(f"no table {table_id!r}")
        given: dict[str, Any] = msgspec.json.decode(row["config"])
        columns = {name: row[name] for name in ("kind", "title", "game", "sort")}
        return msgspec.convert({**given, **columns, "table_id": table_id}, TableConfig, strict=False)

    async def move(self, away_from: str, to: str) -> Sequence[str]:
        """Place all tables of one host on another; return their ids."""
        return [row["table_id"] for row in await self._pool.fetch(_MOVE, away_from, to)]
