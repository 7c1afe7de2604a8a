"""Hash chains in PostgreSQL. See `server.fairness.chains.ChainStore`. One statement, one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from server.fairness.chains import ChainRow
from server.storage.outages import outages

STATEMENT_S: Final = 5.0

_COLUMNS: Final = """table_id, n, first_round_no, length, terminal, kek_ver, root,
 coalesce(salt, '') as salt, coalesce(salt_source, '') as salt_source,
 (extract(epoch from published_at) * 1000)::bigint as published_ms,
 coalesce((extract(epoch from salted_at) * 1000)::bigint, 0) as salted_ms"""
_OF_ROUND: Final = f"""
select {_COLUMNS} from casino.chain where table_id = $1 and first_round_no <= $2 and $2 < first_round_no + length"""
_LAST: Final = f"select {_COLUMNS} from casino.chain where table_id = $1 order by n desc limit 1"
_PUBLISH: Final = """
insert into casino.chain (table_id, n, first_round_no, length, terminal, kek_ver, root)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing"""
_SALT: Final = """
update casino.chain set salt = $3, salt_source = $4, salted_at = clock_timestamp()
 where table_id = $1 and n = $2 and salt is null"""
_NOT_UNDER: Final = f"select {_COLUMNS} from casino.chain where kek_ver < $1 order by table_id, n limit $2"
_RESEAL: Final = "update casino.chain set kek_ver = $3, root = $4 where table_id = $1 and n = $2 and root = $5"
_ALL: Final = f"select {_COLUMNS} from casino.chain where $1 in ('', table_id) order by table_id, n"


class PostgresChains:
    """The store of chains."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of_round(self, table_id: str, round_no: int) -> ChainRow | None:
        """See `ChainStore.of_round`."""
        return _first(await self._rows(_OF_ROUND, table_id, round_no))

    async def last(self, table_id: str) -> ChainRow | None:
        """See `ChainStore.last`."""
        return _first(await self._rows(_LAST, table_id))

    async def publish(self, row: ChainRow) -> None:
        """See `ChainStore.publish`."""
        place = (row.table_id, row.n, row.first_round_no, row.length)
        await self._rows(_PUBLISH, *place, row.terminal, row.kek_ver, row.root)

    async def give_salt(self, table_id: str, n: int, salt: str, source: str) -> None:
        """See `ChainStore.give_salt`."""
        await self._rows(_SALT, table_id, n, salt, source)

    async def not_under(self, kek_ver: int, limit: int) -> Sequence[ChainRow]:
        """See `ChainStore.not_under`."""
        return await self._rows(_NOT_UNDER, kek_ver, limit)

    async def reseal(self, row: ChainRow, kek_ver: int, root: bytes) -> None:
        """See `ChainStore.reseal`."""
        await self._rows(_RESEAL, row.table_id, row.n, kek_ver, root, row.root)

    async def listed(self, table_id: str) -> Sequence[ChainRow]:
        """Return the chains of one table, or of all for an empty table_id, in order."""
        return await self._rows(_ALL, table_id)

    async def _rows(self, statement: str, *arguments: Any) -> list[ChainRow]:
        with outages():
            rows = await self._pool.fetch(statement, *arguments, timeout=STATEMENT_S)
        return [ChainRow(**row) for row in rows]


def _first(rows: Sequence[ChainRow]) -> ChainRow | None:
    return rows[0] if rows else None
