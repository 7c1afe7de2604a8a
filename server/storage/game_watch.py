"""The guard's knowledge of tables and instant games, and their suspension, in PostgreSQL. See `WatchStore`, `WagerStore`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from actors.domain.games.game import Outcome
from actors.domain.policy.game_watch import Finding, Watch
from actors.domain.rounds import Plan, RoundState
from actors.supervisors.game_guard import PastRound, PastSpin, Saved, WatchedTable
from actors.supervisors.journal import CheckpointMoved, Page
from server.storage.outages import outages
from server.storage.supervision import PostgresJournal

#: A statement that takes longer is given up; it may still be carried out.
STATEMENT_S: Final = 10.0
#: What the log of tables calls the guard.
GUARD: Final = "guard of the games"

# A table that was never looked at begins at its last round: its past was somebody else's.
_BEGIN: Final = """
insert into casino.game_watch (table_id, round_no)
select t.table_id, (select coalesce(max(r.round_no), 0) from casino.round r
                     where r.table_id = t.table_id and r.state in (2, 3, 4, 5))
  from casino.game_table t where not exists (select from casino.game_watch w where w.table_id = t.table_id)
on conflict do nothing"""

_TABLES: Final = """
select t.table_id, t.game, t.kind, coalesce(t.suspended, '') as suspended, w.round_no, w.generation, w.watch,
       w.finding::text as finding, w.table_id is null as is_new,
       exists (select from casino.round r where r.table_id = t.table_id and r.round_no > w.round_no
                                            and r.state not in (0, 1, 6)) as is_behind
  from casino.game_table t left join casino.game_watch w using (table_id) order by t.sort, t.table_id"""

_PAST: Final = """
select round_no, state, outcome, detail, plan, coalesce(rules_version, '') as rules_version from casino.round
 where table_id = $1 and round_no > $2 order by round_no limit $3"""

_SAVE: Final = """
update casino.game_watch
   set round_no = $3, watch = $5, level = coalesce($6, level), finding = coalesce($7::text::jsonb, finding), looked_at = now()
 where table_id = $1 and round_no = $2 and generation = $4 returning 1"""

_SUSPEND: Final = """
with done as (update casino.game_table set suspended = $2 where table_id = $1 and suspended is null returning table_id)
insert into casino.table_log (table_id, action, who, reason) select table_id, 'suspend', $3, $2 from done returning 1"""

_RESUME: Final = """
with done as (update casino.game_table set suspended = null where table_id = $1 and suspended is not null returning table_id),
     anew as (update casino.game_watch w set watch = null, level = 0, finding = null, generation = generation + 1 from done
               where w.table_id = done.table_id)
insert into casino.table_log (table_id, action, who, reason) select table_id, 'resume', $3, $2 from done returning 1"""

_SPINS: Final = """
select player_id, spin_id, number, detail, rules_version from casino.spin
 where game = $1 and (player_id, spin_id) in (select * from unnest($2::bigint[], $3::uuid[]))"""

_SUSPENDED: Final = "select table_id, suspended from casino.game_table where suspended is not null"


class PostgresGameWatch:
    """Rounds, counts and suspensions of the casino's database."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def watched_tables(self) -> Sequence[WatchedTable]:
        """See `WatchStore`."""
        with outages():
            rows = await self._pool.fetch(_TABLES, timeout=STATEMENT_S)
            if any(row["is_new"] for row in rows):
                await self._pool.execute(_BEGIN, timeout=STATEMENT_S)
                rows = await self._pool.fetch(_TABLES, timeout=STATEMENT_S)
        return [
            WatchedTable(
                row["table_id"],
                row["game"],
                row["kind"] == "live",
                row["suspended"],
                row["round_no"],
                row["generation"],
                msgspec.msgpack.decode(row["watch"], type=Watch) if row["watch"] else Watch(),
                msgspec.json.decode(row["finding"], type=Finding) if row["finding"] else None,
                row["is_behind"],
            )
            for row in rows
            if not row["is_new"]
        ]

    async def past_rounds(self, table_id: str, after_round_no: int, limit: int) -> Sequence[PastRound]:
        """See `WatchStore`."""
        with outages():
            rows = await self._pool.fetch(_PAST, table_id, after_round_no, limit, timeout=STATEMENT_S)
        found: list[PastRound] = []
        for row in rows:
            if row["state"] in (RoundState.OPEN, RoundState.CLOSED, RoundState.PLAYING):
                break
            found.append(_past(row))
        return found

    async def save_watch(self, saved: Saved) -> None:
        """See `WatchStore`."""
        with outages():
            async with self._pool.acquire(timeout=STATEMENT_S) as connection, connection.transaction():
                await _save(connection, saved)

    async def suspended(self) -> dict[str, str]:
        """Return {table id: why} of all suspended tables."""
        with outages():
            rows = await self._pool.fetch(_SUSPENDED, timeout=STATEMENT_S)
        return {row["table_id"]: row["suspended"] for row in rows}

    async def suspend(self, table_id: str, reason: str, who: str) -> bool:
        """Let a table open no more rounds. False: there is no such table, or it is suspended already."""
        with outages():
            return await self._pool.fetchval(_SUSPEND, table_id, reason, who, timeout=STATEMENT_S) is not None

    async def resume(self, table_id: str, reason: str, who: str) -> bool:
        """Let a suspended table open rounds again; its counts begin anew. False: it was not suspended."""
        with outages():
            return await self._pool.fetchval(_RESUME, table_id, reason, who, timeout=STATEMENT_S) is not None


class PostgresWagers(PostgresJournal):
    """Wagers of instant games, from the journals, and their records. See `WagerStore`."""

    async def spins(self, game: str, wagers: Collection[tuple[int, bytes]]) -> Mapping[tuple[int, bytes], PastSpin]:
        """See `WagerStore`."""
        players, ids = [player for player, _ in wagers], [UUID(bytes=id_) for _, id_ in wagers]
        rows = await self._rows(_SPINS, game, players, ids)
        return {(row["player_id"], row["spin_id"].bytes): _spin(row) for row in rows}

    async def save_wagers(self, follower: str, page: Page, saved: Sequence[Saved]) -> None:
        """See `WagerStore`."""
        if not saved:
            await self.move(follower, page)
            return
        async with self.page_transaction(follower, page) as connection:
            for one in saved:
                await _save(connection, one)


async def _save(connection: Any, saved: Saved) -> None:
    """Store what rounds led to, within a transaction. Raises CheckpointMoved."""
    finding = saved.finding
    values = (
        *(saved.table_id, saved.from_round_no, saved.to_round_no, saved.generation),
        msgspec.msgpack.encode(saved.watch),
        None if finding is None else int(finding.level),
        None if finding is None else msgspec.json.encode(finding).decode(),
    )
    if await connection.fetchval(_SAVE, *values, timeout=STATEMENT_S) is None:
        raise CheckpointMoved(f"the guard is not at round {saved.from_round_no} of {saved.table_id}")
    if saved.suspend:
        await connection.execute(_SUSPEND, saved.table_id, saved.suspend, GUARD, timeout=STATEMENT_S)


def _spin(row: Any) -> PastSpin:
    detail = msgspec.msgpack.decode(row["detail"], type=tuple[int, ...])
    return PastSpin(Outcome(row["number"], detail), row["rules_version"])


def _past(row: Any) -> PastRound:
    if row["state"] not in (RoundState.DECIDED, RoundState.SETTLED):
        return PastRound(row["round_no"], row["rules_version"], None, None)
    outcome = Outcome(row["outcome"], tuple(row["detail"] or ()))
    return PastRound(row["round_no"], row["rules_version"], outcome, msgspec.msgpack.decode(row["plan"], type=Plan))
