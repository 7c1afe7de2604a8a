"""A follower of the journal: what was staked by day and currency, every bet counted once, however often it is killed.

    .venv/bin/python docs/examples/turnover_follower.py "$(.venv/bin/croupier dsn)"

Reads what is new since the last run, then prints the whole relation. docs/followers.md explains it.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from datetime import UTC, date, datetime

import asyncpg

from actors.domain.money.entries import EntryCode
from actors.supervisors.follower import Follower, rows_of
from actors.supervisors.journal import Page
from server.storage.shards import Books
from server.storage.supervision import PostgresJournal

NAME = "turnover"

MAKE = """
create schema if not exists report;
create table if not exists report.turnover (
  day date, ccy smallint, bets bigint not null, stake_minor bigint not null, primary key (day, ccy))"""

ADD = """
insert into report.turnover as t (day, ccy, bets, stake_minor) values ($1, $2, $3, $4)
on conflict (day, ccy) do update
   set bets = t.bets + excluded.bets, stake_minor = t.stake_minor + excluded.stake_minor"""


class TurnoverStore(PostgresJournal):
    """Where the sums are kept, beside the checkpoint of who adds them up."""

    async def add(self, page: Page) -> None:
        """Add a page's settled stakes and move the checkpoint, both or neither. A stake that was given back is none."""
        bets: Counter[tuple[date, int]] = Counter()
        stakes: Counter[tuple[date, int]] = Counter()
        for entry in page.entries:
            key = (datetime.fromtimestamp(entry.booked_ms / 1000, UTC).date(), entry.ccy)
            bets[key] += 1
            stakes[key] += entry.stake_minor
        async with self.page_transaction(NAME, page) as connection:
            await connection.executemany(ADD, [(*key, bets[key], stakes[key]) for key in sorted(bets)])


async def catch_up(pool: asyncpg.Pool, books: Books) -> None:
    """Count everything that was durable when this began."""
    await pool.execute(MAKE)
    store = TurnoverStore(pool, books)
    await Follower(NAME, store, rows_of(store, EntryCode.SETTLE, EntryCode.WAGER), store.add).catch_up()


async def main(dsn: str) -> None:
    """Catch up and print: day, currency, bets, turnover in minor units. All shards live in this database."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        shards = [row["shard_id"] for row in await pool.fetch("select shard_id from casino.shard order by 1")]
        await catch_up(pool, Books.all_in(pool, shards))
        for row in await pool.fetch("select * from report.turnover order by day, ccy"):
            print(*row)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
