"""Snapshots, their proof and the look at the books, on a real PostgreSQL; and a journal that has run out of days."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from actors.domain.commands import Refused
from actors.domain.money.state import DAY_MS
from actors.domain.refusals import Refusal
from actors.supervisors.keeping import BooksKeeper
from actors.wallet import WalletShard
from server.books_metrics import BooksMetrics
from server.config import Config
from server.doctor import Verdict, _check_journal_days
from server.storage.keeping import PostgresKeeping
from server.storage.ledger import PostgresLedger
from server.storage.shards import Books
from tests.fakes.money import Orders, StillClock, settle
from tests.integration.test_ledger import NOW_MS

DAY = NOW_MS // DAY_MS
_HEADS = "select shard_id::int, day - $1 as day, seq, proved_from, breaches from wallet.snapshot_head order by 1, 2"


class _World:
    """One shard with a player, and the job."""

    def __init__(self, dsn: str, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.clock = StillClock(NOW_MS)
        self.ends: list[BaseException] = []
        self.shard = WalletShard(0, PostgresLedger(dsn, 0), self.clock, owner="test", fatal=self.ends.append)
        self.orders = Orders(self.clock)

    def keeper(self, shards: tuple[int, ...] = (0,)) -> BooksKeeper:
        store = PostgresKeeping(self.pool, Books.all_in(self.pool, shards))
        return BooksKeeper(store, self.clock, fatal=self.ends.append)

    async def heads(self) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.pool.fetch(_HEADS, DAY)]


@pytest.fixture
async def world(fresh_postgres_dsn: str) -> AsyncIterator[_World]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=4) as pool:
        made = _World(fresh_postgres_dsn, pool)
        await made.shard.start()
        await made.shard.handle_batch("t", [made.orders.open(), made.orders.deposit(1000)])
        yield made
        await made.shard.stop()
        assert made.ends == []


async def test_snapshot_is_taken_once_a_day_at_a_known_position_and_proved(world: _World) -> None:
    await world.keeper().work()
    await world.shard.handle_batch("t", [world.orders.deposit(50)])
    await world.keeper().work()  # another incarnation, the same day
    assert await world.heads() == [(0, 0, 2, 0, 0)]
    balances = await world.pool.fetch("select account_id % 1000 as kind, balance, seq from wallet.snapshot order by 1")
    assert [tuple(row) for row in balances] == [(10, -1000, 2), (100, 1000, 2)]


async def test_next_days_snapshot_is_proved_from_the_last_one(world: _World) -> None:
    keeper = world.keeper()
    await keeper.work()
    stake = world.orders.reserve(10)
    await world.shard.handle_batch("t", [stake, settle(stake, 25)])
    world.clock.ms += DAY_MS
    await keeper.work()
    assert await world.heads() == [(0, 0, 2, 0, 0), (0, 1, 4, 2, 0)]


async def test_job_killed_between_snapshot_and_proof_goes_on_with_the_proof(world: _World) -> None:
    store = PostgresKeeping(world.pool, Books.all_in(world.pool, (0,)))
    await store.take(0, DAY)
    await world.shard.handle_batch("t", [world.orders.deposit(50)])
    assert await world.heads() == [(0, 0, 2, None, None)]
    await world.keeper().work()
    assert await world.heads() == [(0, 0, 2, 0, 0)]


async def test_two_copies_at_once_take_one_snapshot(world: _World) -> None:
    await asyncio.gather(*(world.keeper().work() for _ in range(4)))
    assert await world.heads() == [(0, 0, 2, 0, 0)]


async def test_snapshot_beside_a_busy_shard_is_of_one_moment(world: _World) -> None:
    async def play() -> None:
        for _ in range(60):
            await world.shard.handle_batch("t", [world.orders.deposit(1), world.orders.reserve(1)])

    playing = asyncio.ensure_future(play())
    store = PostgresKeeping(world.pool, Books.all_in(world.pool, (0,)))
    wrong = []
    for day in range(DAY, DAY + 12):
        await store.take(0, day)
        wrong.append(await store.prove(0, day))
    await playing
    assert wrong == [0] * 12


async def test_balance_changed_by_hand_fails_the_next_proof(world: _World) -> None:
    keeper = world.keeper()
    await keeper.work()
    await world.pool.execute("update wallet.account set balance = balance + 5 where balance > 0")
    world.clock.ms += DAY_MS
    await keeper.work()
    assert keeper.breaches == {0: 1}
    assert (keeper.looks[0].trial, keeper.looks[0].reserved) == (1, 0)
    await world.pool.execute("update wallet.account set balance = balance - 5 where balance > 0")


async def test_look_counts_stakes_and_finds_a_reservation_without_escrow(world: _World) -> None:
    await world.shard.handle_batch("t", [world.orders.reserve(10), world.orders.reserve(20)])
    keeper = world.keeper()
    await keeper.work()
    look = keeper.looks[0]
    assert (look.trial, look.reserved, look.open_stakes, look.old_stakes) == (0, 0, 2, 0)
    assert look.days_left >= 60
    await world.pool.execute("update wallet.reservation set cash = cash + 1 where cash = 10")
    world.clock.ms += 16 * 60_000
    await keeper.work()
    assert (keeper.looks[0].reserved, keeper.looks[0].old_stakes) == (1, 2)
    await world.pool.execute("update wallet.reservation set cash = cash - 1 where cash = 11")


async def test_look_tells_how_long_somebody_has_kept_old_versions_of_rows(world: _World) -> None:
    """A session that never ended its snapshot once made each commit slower than the last."""
    keeper = world.keeper()
    async with world.pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        await connection.fetchval("select 1")
        await asyncio.sleep(1.1)
        await keeper.work()
        assert keeper.looks[0].oldest_snapshot_s >= 1
    world.clock.ms += 60_000
    await keeper.work()
    assert keeper.looks[0].oldest_snapshot_s == 0


async def test_gauges_have_a_sample_for_each_shard(world: _World) -> None:
    keeper = world.keeper((0, 1))
    await keeper.work()
    families = {family.name: family for family in BooksMetrics(keeper).collect()}
    days_left = families["croupier_books_journal_days_left"]
    assert {sample.labels["shard"] for sample in days_left.samples} == {"0", "1"}
    assert families["croupier_books_snapshot_breaches"].samples[0].value == 0


async def test_doctor_warns_where_the_journal_has_few_days_left(world: _World, fresh_postgres_dsn: str) -> None:
    config = Config(database_url=fresh_postgres_dsn)
    (before,) = await _check_journal_days(config)
    parts = await world.pool.fetch(
        "select relname from pg_class where relkind = 'r' and relname ~ '^journal_2' order by 1 desc limit 2"
    )
    for part in parts:
        await world.pool.execute(f"drop table wallet.{part['relname']}")
    (after,) = await _check_journal_days(config)
    assert (before.verdict, after.verdict) == (Verdict.OK, Verdict.WARN)
    assert "croupier migrate" in after.mend


async def test_order_for_which_the_journal_has_no_day_is_refused_ahead_and_the_shard_lives_on(world: _World) -> None:
    """Nobody made partitions for months: without the look ahead the insert would fail and the shard end, for ever."""
    world.clock.ms += 100 * DAY_MS
    (answer,) = await world.shard.handle_batch("t", [world.orders.deposit(5)])
    assert isinstance(answer, Refused)
    assert answer.code == Refusal.ID_IN_FUTURE
    world.clock.ms -= 100 * DAY_MS
    (answer,) = await world.shard.handle_batch("t", [world.orders.deposit(5)])
    assert not isinstance(answer, Refused)
