"""Finished rounds and their signed records in PostgreSQL. See `RecordStore`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg

from actors.supervisors.journal import CheckpointMoved
from actors.supervisors.recorder import FinishedRound, SignedRound
from server.storage.outages import outages

STATEMENT_S: Final = 10.0

# By the unique index on (table_id, round_no); where nothing is new, one probe for each table.
_FOUND: Final = """
select t.table_id, coalesce(last.seq, 0) as last_seq, coalesce(last.body, ''::bytea) as last_body,
       r.round_id, r.round_no, coalesce(r.rules_version, '') as rules_version, r.state = 5 as is_voided,
       coalesce(r.commitment, '') as commitment, case when r.state = 3 then coalesce(r.seed, '') else '' end as seed,
       case when r.commitment is null then '' else coalesce(c.salt, '') end as salt,
       case when r.state = 3 then coalesce(r.outcome, 0) else 0 end as number,
       case when r.state = 3 then coalesce(r.detail, '{}') else '{}' end as detail,
       case when r.plan is null then ''::bytea else sha256(r.plan) end as plan,
       coalesce((select sha256(string_agg(s.step, ''::bytea order by s.step_no))
                   from casino.round_step s where s.round_id = r.round_id), ''::bytea) as steps,
       coalesce((extract(epoch from r.finished_at) * 1000)::bigint, 0) as finished_ms
  from casino.game_table t
  left join lateral (select seq, round_no, body from casino.round_record
                      where table_id = t.table_id order by seq desc limit 1) last on true
 cross join lateral (
       select * from casino.round f
        where f.table_id = t.table_id and f.round_no > coalesce(last.round_no, 0)
          and f.round_no < coalesce((select min(u.round_no) from casino.round u
                                      where u.table_id = t.table_id and u.state in (0, 1, 2, 4, 6)), 9223372036854775807)
        order by f.round_no limit $1) r
  left join casino.chain c
    on c.table_id = r.table_id and c.first_round_no <= r.round_no and r.round_no < c.first_round_no + c.length
 order by t.table_id, r.round_no"""
_ADD: Final = """
insert into casino.round_record (table_id, seq, round_id, round_no, key, signature, body)
select * from unnest($1::text[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::bytea[], $7::bytea[])"""


class PostgresRoundRecords:
    """Each call is one statement."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def without_record(self, limit: int) -> Sequence[FinishedRound]:
        """See `RecordStore.without_record`."""
        with outages():
            rows = await self._pool.fetch(_FOUND, limit, timeout=STATEMENT_S)
        return [_finished(row) for row in rows]

    async def add(self, signed: Sequence[SignedRound]) -> None:
        """See `RecordStore.add`."""
        records = [one.record for one in signed]
        columns: tuple[list[Any], ...] = (
            [record.table_id for record in records],
            [record.seq for record in records],
            [UUID(bytes=record.round_id) for record in records],
            [record.round_no for record in records],
            [record.key for record in records],
            [one.signature for one in signed],
            [one.body for one in signed],
        )
        try:
            with outages():
                await self._pool.execute(_ADD, *columns, timeout=STATEMENT_S)
        except asyncpg.UniqueViolationError:
            raise CheckpointMoved("another recorder was first") from None


def _finished(row: Any) -> FinishedRound:
    names = (name for name in FinishedRound.__struct_fields__ if name not in ("round_id", "detail"))
    return FinishedRound(
        round_id=row["round_id"].bytes, detail=tuple(row["detail"]), **{name: row[name] for name in names}
    )
