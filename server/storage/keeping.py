"""Snapshots, proofs and looks at the books in PostgreSQL. See `KeepingStore`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg

from actors.supervisors.keeping import Look
from server.storage.outages import outages
from server.storage.shards import Books

#: A statement that takes longer is given up; the day's first snapshot reads a whole day of the journal.
STATEMENT_S: Final = 300.0
_OLDEST_SNAPSHOT: Final = """
select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)
  from pg_stat_activity where backend_xmin is not null and datname = current_database()"""


class PostgresKeeping:
    """Each call is a statement or two where the shard's books are."""

    def __init__(self, pool: asyncpg.Pool, books: Books) -> None:
        """pool: of the casino's database, where the rounds are."""
        self._pool = pool
        self._books = books

    @property
    def shards(self) -> Sequence[int]:
        """See `KeepingStore.shards`."""
        return self._books.shards

    async def take(self, shard: int, day: int) -> None:
        """See `KeepingStore.take`."""
        await self._row(shard, "select wallet.take_snapshot($1::smallint, $2)", shard, day)

    async def prove(self, shard: int, day: int) -> int:
        """See `KeepingStore.prove`."""
        row = await self._row(shard, "select wallet.prove_snapshot($1::smallint, $2)", shard, day)
        return int(row[0])

    async def look(self, shard: int, now_ms: int, old_stake_ms: int) -> Look:
        """See `KeepingStore.look`."""
        old = UUID(bytes=(now_ms - old_stake_ms).to_bytes(6, "big") + bytes(10))
        row = await self._row(shard, "select * from wallet.check_books($1::smallint, $2)", shard, old)
        oldest = await self._row(shard, _OLDEST_SNAPSHOT)
        return Look(*(int(value) for value in (*row, *oldest)))

    async def waiting_rounds(self, decided_ms: int) -> int:
        """See `KeepingStore.waiting_rounds`."""
        with outages():
            return int(
                await self._pool.fetchval(
                    "select count(*) from casino.round where state = 2"
                    " and decided_at < clock_timestamp() - $1::bigint * interval '1 millisecond'",
                    decided_ms,
                    timeout=STATEMENT_S,
                )
            )

    async def _row(self, shard: int, statement: str, *arguments: Any) -> Any:
        return (await self._books.fetch(shard, statement, *arguments, timeout_s=STATEMENT_S))[0]
