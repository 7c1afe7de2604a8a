"""Supervisors in PostgreSQL: the journal read from a checkpoint, antifraud scores, bonus ticks and grants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from actors.domain.money.accounts import Kind
from actors.domain.money.entries import EntryCode
from actors.domain.policy.fraud import Profile
from actors.domain.rounds import Plan
from actors.ports import StoreUnavailable
from actors.supervisors.antifraud import ScoreRow
from actors.supervisors.bonus import ClosedGrant, Grant
from actors.supervisors.journal import CheckpointMoved, Digest, Entry, JournalGap, Page, Span, Staked
from actors.supervisors.shared import SharedDigests
from server.storage.outages import outages
from server.storage.shards import Books

#: A statement that takes longer is given up; it may still be carried out.
STATEMENT_S: Final = 10.0

#: What a row of `DIGEST` is about: 0 nothing of interest, 1 stakes, 2 settlements.
_SETTLED: Final = 2

# In the order of the primary key, which no other index gives: a plan made while the journal was empty would else as readily take
# the index of players, and walk all of it for ever (with `BY_INDEX`, which keeps the other ways to read a relation out).
_SPAN: Final = "wallet.journal where shard_id = $1 and seq > $2 and seq <= $3"

READ: Final = f"""
select seq, code, status, ccy, player_id, cmd_id, ref, round_id, acct, amt, coalesce(meta, '') as meta,
       (extract(epoch from booked_at) * 1000)::bigint as booked_ms
  from {_SPAN} and code = any($4::smallint[]) and (status = 0 or $5)
 order by seq"""

COUNT: Final = f"""
select count(*) as rows, bool_or(code = any($4::smallint[]) and (status = 0 or $5)) as is_wanted
  from (select code, status from {_SPAN} order by seq offset 0) j"""

# One pass: the groups together have every row, also those of no interest (what is 0). A stake is the leg of the player's
# escrow, one of the first four; `WAGER` says its own, for it leaves nothing there. offset 0: what is worked out once a row.
DIGEST: Final = f"""
select what, player_id, booked_s, round_id, count(*) as rows, sum(stake)::bigint as stake_minor
  from (select what, case when what > 0 then player_id end as player_id,
               case when what = 1 then floor(date_part('epoch', booked_at))::bigint end as booked_s,
               case when what = 2 then round_id end as round_id,
               case when what <> 1 then 0 when code = {EntryCode.WAGER} then coalesce((meta::json ->> 'stake')::bigint, 0)
                    else case {Kind.ESCROW} when acct[2] % 1000 then amt[2] when acct[1] % 1000 then amt[1]
                              when acct[3] % 1000 then amt[3] when acct[4] % 1000 then amt[4] end end as stake
          from (select code, player_id, booked_at, round_id, acct, amt, meta,
                       case when status <> 0 then 0 when code in ({EntryCode.RESERVE}, {EntryCode.WAGER}) then 1
                            when code = {EntryCode.SETTLE} then 2 else 0 end as what
                  from {_SPAN} order by seq offset 0) j) rows
 group by what, player_id, booked_s, round_id"""

# Moves the checkpoint only from where the follower believes it to be; a shard's first page makes the row.
_MOVE: Final = """
insert into casino.follower as f (follower, shard_id, seq) select $1, $2, $4 where $3::bigint = 0
    or exists (select from casino.follower where follower = $1 and shard_id = $2)
on conflict (follower, shard_id) do update set seq = excluded.seq, updated_at = now() where f.seq = $3
returning 1"""

_SAVE_SCORE: Final = """
insert into casino.fraud_score (player_id, score, reasons, profile, updated_at)
select u.id, u.score, u.reasons::jsonb, u.profile, $5
  from unnest($1::bigint[], $2::smallint[], $3::text[], $4::bytea[]) u(id, score, reasons, profile)
on conflict (player_id) do update
   set score = excluded.score, reasons = excluded.reasons, profile = excluded.profile,
       updated_at = excluded.updated_at"""

_SAVE_ACTIVITY: Final = """
insert into casino.bonus_active (due_ms, player_id, shard_id)
select due_ms, player_id, $3 from unnest($1::bigint[], $2::bigint[]) u(due_ms, player_id)
on conflict do nothing"""

# A tick that was finished is open again when somebody learnt late of a stake of its period.
_PLAN_TICKS: Final = """
insert into casino.bonus_tick as t (due_ms, tick, amount_minor)
select distinct a.due_ms, a.due_ms / $2, $3::bigint from casino.bonus_active a
 where a.due_ms <= $1
   and not exists (select from casino.bonus_grant g where g.due_ms = a.due_ms and g.player_id = a.player_id)
on conflict (due_ms) do update set state = 0, finished_at = null"""

_PLAN_GRANTS: Final = """
insert into casino.bonus_grant (due_ms, player_id, tick, shard_id, amount_minor)
select a.due_ms, a.player_id, t.tick, a.shard_id, t.amount_minor
  from casino.bonus_active a join casino.bonus_tick t using (due_ms)
 where a.due_ms <= $1
on conflict (due_ms, player_id) do nothing"""

_OPEN_GRANTS: Final = """
select due_ms, tick, player_id, shard_id, amount_minor from casino.bonus_grant
 where shard_id = $1 and state = 0 order by due_ms, player_id limit $2"""

_TO_PAY: Final = "select distinct shard_id from casino.bonus_grant where state = 0 order by 1"

_CLOSE_GRANTS: Final = """
update casino.bonus_grant g
   set state = case when u.code = 0 then 1 else 2 end, seq = nullif(u.seq, 0), code = nullif(u.code, 0),
       closed_at = now()
  from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[]) u(due_ms, player_id, seq, code)
 where g.due_ms = u.due_ms and g.player_id = u.player_id and g.state = 0"""

_FINISH_TICKS: Final = """
update casino.bonus_tick t set state = 1, finished_at = now()
 where t.due_ms = any($1::bigint[]) and t.state = 0
   and not exists (select from casino.bonus_grant g where g.due_ms = t.due_ms and g.state = 0)"""

_profile_decoder = msgspec.msgpack.Decoder(Profile)
_plan_decoder = msgspec.msgpack.Decoder(Plan)


class PostgresJournal:
    """Reads journals for followers and moves their checkpoints. See `JournalSource`."""

    def __init__(self, pool: asyncpg.Pool, books: Books, shared: SharedDigests | None = None) -> None:
        """pool: of the casino's database, where checkpoints are. books: where the journals are. shared: with other followers."""
        self._pool = pool
        self._books = books
        self._shared = shared or SharedDigests(self.read_digest)

    async def heads(self) -> Mapping[int, int]:
        """See `JournalSource.heads`."""
        return await self._books.heads()

    async def checkpoints(self, follower: str) -> Mapping[int, int]:
        """See `JournalSource.checkpoints`."""
        rows = await self._rows("select shard_id, seq from casino.follower where follower = $1", follower)
        return {row["shard_id"]: row["seq"] for row in rows}

    async def read(self, shard: int, after_seq: int, to_seq: int, codes: Collection[EntryCode], refused: bool) -> Page:
        """See `JournalSource.read`."""
        given = (shard, after_seq, to_seq, [int(code) for code in codes], refused)
        (counted,) = await self._books.fetch(shard, COUNT, *given, timeout_s=STATEMENT_S)
        _check_whole(shard, after_seq, to_seq, counted["rows"])
        if not counted["is_wanted"]:
            return Page(shard, after_seq, to_seq, [])
        rows = await self._books.fetch(shard, READ, *given, timeout_s=STATEMENT_S)
        return Page(shard, after_seq, to_seq, [_entry(row) for row in rows])

    async def digest(self, shard: int, after_seq: int, to_seq: int) -> Digest:
        """See `JournalSource.digest`."""
        return await self._shared.digest(shard, after_seq, to_seq)

    async def read_digest(self, shard: int, after_seq: int, to_seq: int) -> Digest:
        """Read a digest for ourselves alone."""
        groups = await self._books.fetch(shard, DIGEST, shard, after_seq, to_seq, timeout_s=STATEMENT_S)
        stakes: list[Staked] = []
        settled: dict[bytes, list[int]] = {}
        found = 0
        for what, player_id, booked_s, round_id, rows, stake_minor in groups:
            found += rows
            if what == _SETTLED:
                settled.setdefault(round_id.bytes if round_id else b"", []).append(player_id)
            elif what:
                stakes.append(Staked(player_id, booked_s, rows, stake_minor))
        _check_whole(shard, after_seq, to_seq, found)
        stakes.sort(key=attrgetter("booked_s", "player_id"))
        return Digest(shard, after_seq, to_seq, stakes, settled)

    async def _rows(self, statement: str, *arguments: Any) -> list[Any]:
        with outages():
            return list(await self._pool.fetch(statement, *arguments, timeout=STATEMENT_S))

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
        with outages():
            async with self._pool.acquire(timeout=STATEMENT_S) as connection, connection.transaction():
                yield connection

    async def move(self, follower: str, page: Span) -> None:
        """Move the checkpoint behind a page that has no effect. Raises CheckpointMoved and StoreUnavailable."""
        with outages():
            async with self._pool.acquire(timeout=STATEMENT_S) as connection:
                await self._move(connection, follower, page)

    @asynccontextmanager
    async def page_transaction(self, follower: str, page: Span) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
        """Give a transaction in which the checkpoint has moved behind the page: for the page's effect, both or neither.

        Raises CheckpointMoved where the checkpoint is elsewhere, and StoreUnavailable.
        """
        async with self._transaction() as connection:
            await self._move(connection, follower, page)
            yield connection

    @staticmethod
    async def _move(connection: asyncpg.pool.PoolConnectionProxy, follower: str, page: Span) -> None:
        moved = await connection.fetchval(_MOVE, follower, page.shard, page.after_seq, page.to_seq, timeout=STATEMENT_S)
        if moved is None:
            raise CheckpointMoved(f"{follower} is not at {page.after_seq} of shard {page.shard}")


class PostgresAntifraud(PostgresJournal):
    """Scores and profiles. See `AntifraudStore`."""

    async def plans(self, round_ids: Collection[bytes]) -> Mapping[bytes, tuple[str, Plan]]:
        """See `AntifraudStore.plans`."""
        rows = await self._rows(
            "select round_id, plan, rules_version from casino.round where round_id = any($1::uuid[]) and plan is not null",
            [UUID(bytes=round_id) for round_id in round_ids],
        )
        return {row["round_id"].bytes: (row["rules_version"] or "", _plan_decoder.decode(row["plan"])) for row in rows}

    async def profiles(self, player_ids: Collection[int]) -> Mapping[int, Profile]:
        """See `AntifraudStore.profiles`."""
        rows = await self._rows(
            "select player_id, profile from casino.fraud_score where player_id = any($1::bigint[])", list(player_ids)
        )
        return {row["player_id"]: _profile_decoder.decode(row["profile"]) for row in rows}

    async def save_scores(self, follower: str, page: Digest, scores: Sequence[ScoreRow], now_ms: int) -> None:
        """See `AntifraudStore.save_scores`."""
        if not scores:
            await self.move(follower, page)
            return
        async with self.page_transaction(follower, page) as connection:
            await connection.execute(
                _SAVE_SCORE,
                [row.player_id for row in scores],
                [row.score for row in scores],
                [msgspec.json.encode(row.reasons).decode() if row.reasons else "[]" for row in scores],
                [msgspec.msgpack.encode(row.profile) for row in scores],
                datetime.fromtimestamp(now_ms / 1000, UTC),
                timeout=STATEMENT_S,
            )


class PostgresBonus(PostgresJournal):
    """Activity, ticks and grants. See `BonusStore`."""

    async def begin(self, follower: str, last_due_ms: int) -> int:
        """See `BonusStore.begin`."""
        heads = {shard: seq for shard, seq in (await self._all_heads()).items() if seq}
        async with self._transaction() as connection:
            is_first = await connection.fetchval(
                "insert into casino.bonus_clock (last_due_ms) values ($1) on conflict do nothing returning 1",
                last_due_ms,
            )
            if is_first:
                await connection.execute(
                    "insert into casino.follower (follower, shard_id, seq) "
                    "select $1, shard_id, seq from unnest($2::smallint[], $3::bigint[]) u(shard_id, seq)",
                    follower,
                    list(heads),
                    list(heads.values()),
                )
            return int(await connection.fetchval("select last_due_ms from casino.bonus_clock"))

    async def _all_heads(self) -> Mapping[int, int]:
        """Return the end of every journal: a follower that starts without one would later pay for its past."""
        heads = await self._books.heads()
        away = sorted(set(self._books.shards) - heads.keys())
        if away:
            raise StoreUnavailable(f"the books of shards {away} cannot be read")
        return heads

    async def save_activity(
        self, follower: str, page: Digest, last_due_ms: int, active: Sequence[tuple[int, int]]
    ) -> None:
        """See `BonusStore.save_activity`."""
        async with self._transaction() as connection:
            # The lock keeps a tick from being planned between this look and our commit.
            clock_ms = await connection.fetchval("select last_due_ms from casino.bonus_clock for share")
            if clock_ms != last_due_ms:
                raise CheckpointMoved(f"ticks are planned up to {clock_ms}, not {last_due_ms}")
            await self._move(connection, follower, page)
            if not active:
                return
            due, players = [due_ms for due_ms, _ in active], [player_id for _, player_id in active]
            await connection.execute(_SAVE_ACTIVITY, due, players, page.shard, timeout=STATEMENT_S)

    async def plan(self, last_due_ms: int, due_ms: int, period_s: int, amount_minor: int) -> None:
        """See `BonusStore.plan`."""
        async with self._transaction() as connection:
            moved = await connection.fetchval(
                "update casino.bonus_clock set last_due_ms = $2 where last_due_ms = $1 returning 1", last_due_ms, due_ms
            )
            if moved is None:
                raise CheckpointMoved(f"the bonus clock is not at {last_due_ms}")
            if amount_minor > 0:
                await connection.execute(_PLAN_TICKS, due_ms, period_s * 1000, amount_minor, timeout=STATEMENT_S)
                await connection.execute(_PLAN_GRANTS, due_ms, timeout=STATEMENT_S)
            await connection.execute("delete from casino.bonus_active where due_ms <= $1", due_ms, timeout=STATEMENT_S)

    async def shards_to_pay(self) -> Sequence[int]:
        """See `BonusStore.shards_to_pay`."""
        return [row["shard_id"] for row in await self._rows(_TO_PAY)]

    async def open_grants(self, shard: int, limit: int) -> Sequence[Grant]:
        """See `BonusStore.open_grants`."""
        return [
            Grant(row["due_ms"], row["tick"], row["player_id"], row["shard_id"], row["amount_minor"])
            for row in await self._rows(_OPEN_GRANTS, shard, limit)
        ]

    async def close_grants(self, closed: Sequence[ClosedGrant]) -> None:
        """See `BonusStore.close_grants`."""
        due = [one.grant.due_ms for one in closed]
        async with self._transaction() as connection:
            await connection.execute(
                _CLOSE_GRANTS,
                due,
                [one.grant.player_id for one in closed],
                [one.seq for one in closed],
                [one.code for one in closed],
                timeout=STATEMENT_S,
            )
            await connection.execute(_FINISH_TICKS, sorted(set(due)), timeout=STATEMENT_S)


def _check_whole(shard: int, after_seq: int, to_seq: int, rows: int) -> None:
    if rows != to_seq - after_seq:
        raise JournalGap(f"shard {shard} has {rows} rows from {after_seq + 1} to {to_seq}")


def _entry(row: Any) -> Entry:
    cmd_id = row["cmd_id"].bytes
    return Entry(
        row["seq"],
        EntryCode(row["code"]),
        row["status"],
        row["ccy"],
        row["player_id"],
        cmd_id,
        cmd_id if row["ref"] is None else row["ref"].bytes,
        b"" if row["round_id"] is None else row["round_id"].bytes,
        row["booked_ms"],
        row["acct"],
        row["amt"],
        row["meta"],
    )
