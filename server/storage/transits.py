"""Transfers between shards in PostgreSQL: what is on its way, what has arrived, what is stuck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from actors.domain.policy.transits import Arrival, Transit
from actors.supervisors.journal import Page
from actors.supervisors.relay import TransitCounts
from server.storage.supervision import STATEMENT_S, PostgresJournal

_SAVE: Final = """
insert into casino.transit (from_shard, seq, transfer_id, to_shard, ccy, kind, part, amount_minor, booked_ms)
select $1::smallint, * from unnest($2::bigint[], $3::uuid[], $4::smallint[], $5::smallint[], $6::smallint[], $7::int[],
                         $8::bigint[], $9::bigint[])"""

_OPEN: Final = """
select from_shard, seq, transfer_id, to_shard, ccy, kind, part, amount_minor, booked_ms, attempt
  from casino.transit where state = 0 and to_shard = $1 order by booked_ms, from_shard, seq limit $2"""

_CLOSE: Final = """
update casino.transit t
   set state = case when u.code = 0 then 1 else 2 end, peer_seq = nullif(u.peer_seq, 0), code = nullif(u.code, 0),
       closed_at = now()
  from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::smallint[]) u(from_shard, seq, peer_seq, code)
 where t.from_shard = u.from_shard and t.seq = u.seq and t.state = 0"""

_COUNT: Final = """
select count(*) filter (where state = 0) as open, count(*) filter (where state = 2) as stuck,
       coalesce(min(booked_ms), 0) as oldest_ms from casino.transit where state <> 1"""


class PostgresTransits(PostgresJournal):
    """Transits. See `TransitStore`."""

    async def save_transits(self, follower: str, page: Page, transits: Sequence[Transit]) -> None:
        """See `TransitStore.save_transits`."""
        if not transits:
            await self.move(follower, page)
            return
        async with self.page_transaction(follower, page) as connection:
            await connection.execute(
                _SAVE,
                page.shard,
                [one.seq for one in transits],
                [UUID(bytes=one.transfer_id) for one in transits],
                [one.to_shard for one in transits],
                [one.ccy for one in transits],
                [one.kind for one in transits],
                [one.part for one in transits],
                [one.amount_minor for one in transits],
                [one.booked_ms for one in transits],
                timeout=STATEMENT_S,
            )

    async def open_peers(self) -> Sequence[int]:
        """See `TransitStore.open_peers`."""
        rows = await self._rows("select distinct to_shard from casino.transit where state = 0 order by 1")
        return [row["to_shard"] for row in rows]

    async def open_transits(self, to_shard: int, limit: int) -> Sequence[Transit]:
        """See `TransitStore.open_transits`."""
        return [
            Transit(
                row["from_shard"],
                row["seq"],
                row["transfer_id"].bytes,
                row["to_shard"],
                row["ccy"],
                row["kind"],
                row["part"],
                row["amount_minor"],
                row["booked_ms"],
                row["attempt"],
            )
            for row in await self._rows(_OPEN, to_shard, limit)
        ]

    async def close_transits(self, arrivals: Sequence[Arrival]) -> None:
        """See `TransitStore.close_transits`."""
        await self._rows(
            _CLOSE,
            [arrival.transit.from_shard for arrival in arrivals],
            [arrival.transit.seq for arrival in arrivals],
            [arrival.seq for arrival in arrivals],
            [arrival.code for arrival in arrivals],
        )

    async def count_transits(self) -> TransitCounts:
        """See `TransitStore.count_transits`."""
        (row,) = await self._rows(_COUNT)
        return TransitCounts(row["open"], row["stuck"], row["oldest_ms"])
