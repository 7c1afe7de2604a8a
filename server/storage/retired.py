"""The journal's partitions in one PostgreSQL: which there are, what keeps them, and the statements that take them off.

Everything is done by whoever owns the books (`croupier retain`), never by a wallet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

DAY_MS: Final = 86_400_000
#: A shard reads so many of its last rows when it starts, and the row before them (`actors/domain/money/recovery.py`).
TAIL_ROWS: Final = 1001
#: Shards look at the floor every hour; twice that, and one more try, is behind us then.
FLOOR_REST: Final = timedelta(hours=2)
#: Code of rows by which money leaves for another shard.
TRANSFER_OUT: Final = 19
#: Reservations are pruned in transactions of so many.
PRUNE_ROWS: Final = 10_000
_LOCK: Final = "wallet.retention"

_PARTS: Final = """
select c.relname as name, n.nspname as schema, i.inhdetachpending as pending
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  left join pg_inherits i on i.inhrelid = c.oid and i.inhparent = 'wallet.journal'::regclass
 where c.relkind = 'r' and n.nspname in ('wallet', 'wallet_archive') and c.relname ~ '^journal_\\d{4}_\\d\\d_\\d\\d$'
 order by c.relname"""

# Rows 19 and 30 leave for another shard and come from one; what they moved is the largest leg.
_MOVED: Final = """
select code::int, ccy::int, (meta::jsonb ->> 'peer')::int - 1 as peer, sum((select max(m) from unnest(amt) m))::bigint as total
  from {table} where shard_id = $1 and code in (19, 30) and status = 0 group by 1, 2, 3 order by 1, 2, 3"""

_PRUNE: Final = """
with closed as (
  select reservation_id from wallet.reservation
   where shard_id = $1 and reservation_id < $2 and state <> 0 and coalesce(closed_seq, opened_seq) <= $3 limit $4)
delete from wallet.reservation r using closed c where r.reservation_id = c.reservation_id and r.shard_id = $1"""

_FOLLOWERS: Final = """
select f.follower, coalesce(at.seq, 0) as seq
  from (select follower from casino.follower union select unnest($3::text[])) f
  left join casino.follower at on at.follower = f.follower and at.shard_id = $1
 where coalesce(at.seq, 0) < $2 order by 1"""

# What is not finished and whose orders have ids of days before $1 (milliseconds) and $2 (an id): they would be refused.
_UNFINISHED: Final = (
    ("rounds are not finished", "casino.round where state in (0, 1, 2, 4, 6) and round_id < $2 and $1::bigint > 0"),
    ("transfers have not arrived", "casino.transit where state <> 1 and transfer_id < $2 and $1::bigint > 0"),
    ("bonus grants are open", "casino.bonus_grant where state = 0 and due_ms < $1 and $2::uuid is not null"),
    ("jackpot steps are open", "casino.jackpot_step where state <> 1 and planned_ms < $1 and $2::uuid is not null"),
)


# A partition that is still attached hides nothing, whatever was signed of it.
_GONE: Final = """
select coalesce(max((r.line::jsonb ->> 'end_day')::int), 0)
  from wallet.retired r
 where r.shard_id = $1 and not exists (
   select from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'wallet.journal'::regclass and c.relname = r.part and not i.inhdetachpending)"""


class PartState(Enum):
    """Where a partition is on its way. Each step may be repeated until the next one is reached."""

    ATTACHED = "attached"
    PENDING = "half detached"
    DETACHED = "detached"
    ARCHIVED = "archived"


class Part(NamedTuple):
    """A partition: ids of days first_day to end_day - 1 (since 1970, UTC)."""

    name: str
    first_day: int
    end_day: int
    state: PartState

    @property
    def table(self) -> str:
        """The relation with its schema."""
        return f"{'wallet_archive' if self.state is PartState.ARCHIVED else 'wallet'}.{self.name}"


class Holding(NamedTuple):
    """What a partition holds of one shard. moved: `[[code, currency, other shard, total], ...]` of its transfers."""

    shard: int
    rows: int
    first_seq: int
    last_seq: int
    moved: list[list[int]]


def day_text(day: int) -> str:
    """Return a day since 1970 as people write it."""
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()


def first_id(day: int) -> UUID:
    """Return the lowest id of a day."""
    return UUID(bytes=(day * DAY_MS).to_bytes(6, "big") + bytes(10))


class RetiredJournal:
    """Partitions of the journal in the database of this connection, which is in no transaction."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def lock(self) -> bool:
        """Keep other runs out for as long as the connection lives; False: one is at work."""
        return bool(await self.connection.fetchval("select pg_try_advisory_lock(hashtext($1))", _LOCK))

    async def parts(self) -> list[Part]:
        """Return all partitions, oldest first."""
        return [_part(row) for row in await self.connection.fetch(_PARTS)]

    async def floor(self) -> tuple[int, timedelta]:
        """Return the first day whose ids are not refused (0: no floor was set), and since when."""
        row = await self.connection.fetchrow("select first_day, now() - since as age from wallet.journal_floor")
        return (0, timedelta()) if row is None else (row["first_day"], row["age"])

    async def raise_floor(self, day: int) -> None:
        """Let ids of earlier days be refused; a floor never falls."""
        await self.connection.execute(
            """insert into wallet.journal_floor as f (first_day) values ($1)
               on conflict (only_row) do update set first_day = excluded.first_day, since = now()
                where f.first_day < excluded.first_day""",
            day,
        )

    async def holdings(self, part: Part) -> list[Holding]:
        """Return what the partition holds, by shard."""
        rows = await self.connection.fetch(
            f"select shard_id, count(*) as rows, min(seq) as first, max(seq) as last from {part.table} group by 1 order by 1"
        )
        found = []
        for row in rows:
            moved = await self.connection.fetch(_MOVED.format(table=part.table), row["shard_id"])
            found.append(Holding(row["shard_id"], row["rows"], row["first"], row["last"], [list(one) for one in moved]))
        return found

    async def open_reservations(self, before_day: int) -> int:
        """Return how many open reservations have ids of earlier days."""
        return int(
            await self.connection.fetchval(
                "select count(*) from wallet.reservation where state = 0 and reservation_id < $1", first_id(before_day)
            )
        )

    async def heads(self) -> dict[int, int]:
        """Return the last row of each shard."""
        return dict(map(tuple, await self.connection.fetch("select shard_id, last_seq from wallet.shard")))

    async def proved_snapshot(self, shard: int) -> int:
        """Return the row of the last proved snapshot, 0 where there is none."""
        statement = "select coalesce(max(seq), 0) from wallet.snapshot_head where shard_id = $1 and breaches = 0"
        return int(await self.connection.fetchval(statement, shard))

    async def row_hash(self, shard: int, seq: int) -> bytes | None:
        """Return the hash of a row that is still in the journal."""
        statement = "select hash from wallet.journal where shard_id = $1 and seq = $2"
        found: bytes | None = await self.connection.fetchval(statement, shard, seq)
        return found

    async def lines(self) -> dict[tuple[str, int], str]:
        """Return the signed records by partition and shard."""
        rows = await self.connection.fetch("select part, shard_id, line from wallet.retired order by part, shard_id")
        return {(row["part"], row["shard_id"]): row["line"] for row in rows}

    async def add_lines(self, part: str, lines: Sequence[tuple[int, str]]) -> None:
        """Write the records of a partition, all or none."""
        async with self.connection.transaction():
            await self.connection.executemany(
                "insert into wallet.retired (part, shard_id, line) values ($1, $2, $3)",
                [(part, shard, line) for shard, line in lines],
            )

    async def detach(self, part: Part) -> None:
        """Take the partition off. CONCURRENTLY: commits go on; it waits for transactions that read the journal now.

        Cut off in the middle, it leaves the partition half detached: `finish_detach`.
        """
        await self.connection.execute(f"alter table wallet.journal detach partition {part.table} concurrently")

    async def finish_detach(self, part: Part) -> None:
        """Finish what was cut off."""
        await self.connection.execute(f"alter table wallet.journal detach partition {part.table} finalize")

    async def archive(self, part: Part) -> None:
        """Move a detached partition to the archive. Its rows stay unchangeable: detaching took the journal's trigger away."""
        async with self.connection.transaction():
            for name, what in (
                ("archive_append_only", f"before update or delete on {part.table} for each row"),
                ("archive_no_truncate", f"before truncate on {part.table} for each statement"),
            ):
                await self.connection.execute(
                    f"create or replace trigger {name} {what} execute function wallet.forbid_change()"
                )
            await self.connection.execute(f"alter table {part.table} set schema wallet_archive")

    async def prune(self, shard: int, before_day: int, to_seq: int) -> int:
        """Delete reservations with ids of earlier days that were closed up to this row. Returns how many there were."""
        pruned = 0
        while True:
            done = await self.connection.execute(_PRUNE, shard, first_id(before_day), to_seq, PRUNE_ROWS)
            count = int(done.rpartition(" ")[2])
            pruned += count
            if count < PRUNE_ROWS:
                return pruned


async def days_taken_off(books: asyncpg.Connection, shard: int) -> int:
    """Return the day before which rows and closed reservations may be missing, by their ids; 0: none is.

    By the records as they stand: who must not believe them checks their signatures (`server/audit/retired.py`).
    """
    return int(await books.fetchval(_GONE, shard))


async def lagging_followers(casino: asyncpg.Connection, held: Holding) -> list[tuple[str, int]]:
    """Return the followers that have not read all that a partition holds, and how far they are.

    Where transfers left, the relay is one, though it may never have begun.
    """
    must = ["relay"] if any(code == TRANSFER_OUT for code, *_ in held.moved) else []
    rows = await casino.fetch(_FOLLOWERS, held.shard, held.last_seq, must)
    return [(row["follower"], row["seq"]) for row in rows]


async def unfinished_business(casino: asyncpg.Connection, before_day: int) -> list[str]:
    """Return what is not finished of earlier days and would be refused once their ids are."""
    found = []
    for what, where in _UNFINISHED:
        count = await casino.fetchval(f"select count(*) from {where}", before_day * DAY_MS, first_id(before_day))
        if count:
            found.append(f"{count:,} {what} whose ids are of its days or earlier")
    return found


def _part(row: Any) -> Part:
    first_day = (datetime.strptime(row["name"][-10:], "%Y_%m_%d") - datetime(1970, 1, 1)).days
    if row["schema"] == "wallet_archive":
        state = PartState.ARCHIVED
    elif row["pending"] is None:
        state = PartState.DETACHED
    else:
        state = PartState.PENDING if row["pending"] else PartState.ATTACHED
    return Part(row["name"], first_day, first_day + 30, state)
