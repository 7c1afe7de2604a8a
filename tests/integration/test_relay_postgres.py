"""Transits on real PostgreSQL, and the relay between two real wallet shards."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from actors.domain.ids import Origin
from actors.domain.money.accounts import Kind, house_account
from actors.domain.money.orders import TransferIn, TransferOut
from actors.supervisors.relay import Relay, TransitCounts
from server.audit import audit
from server.clock import SystemClock
from server.storage.shards import Books
from server.storage.transits import PostgresTransits
from tests.fakes.transits_contract import TransitContract
from tests.integration.local_casino import LocalCasino


@pytest.fixture
async def pool(fresh_postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=4) as made:
        yield made


class TestPostgresTransits(TransitContract):
    @pytest.fixture
    def store(self, pool: asyncpg.Pool) -> PostgresTransits:
        return PostgresTransits(pool, Books.all_in(pool))


@pytest.fixture
async def casino(fresh_postgres_dsn: str, pool: asyncpg.Pool) -> AsyncIterator[LocalCasino]:
    made = LocalCasino(fresh_postgres_dsn, pool, SystemClock())
    await made.start()
    yield made
    await made.stop()
    assert made.errors == []


def _relay(casino: LocalCasino) -> Relay:
    return Relay(PostgresTransits(casino.pool, casino.books), casino.post, casino.clock, fatal=_fatal)


def _fatal(error: BaseException) -> None:
    raise error


async def _send(casino: LocalCasino, shard: int, amount_minor: int) -> None:
    id_ = casino.new_id(Origin.STAFF)
    await casino.order(shard, TransferOut(id_, 1, Kind.POT_CLEARING, 0, amount_minor, 1 - shard))


async def _balances(casino: LocalCasino, account: int) -> dict[int, int]:
    rows = await casino.pool.fetch(
        "select shard_id, balance from wallet.account where account_id = $1 order by 1", account
    )
    return {row["shard_id"]: row["balance"] for row in rows}


async def test_transfers_both_ways_leave_nothing_in_transit(casino: LocalCasino, fresh_postgres_dsn: str) -> None:
    for amount in (500, 300):
        await _send(casino, 0, amount)
    await _send(casino, 1, 50)
    await _relay(casino).work()
    assert await _balances(casino, house_account(1, Kind.POT_CLEARING)) == {0: -750, 1: 750}
    assert await _balances(casino, house_account(1, Kind.INTER_SHARD, 2)) == {0: 750}
    assert await _balances(casino, house_account(1, Kind.INTER_SHARD, 1)) == {1: -750}
    assert await PostgresTransits(casino.pool, casino.books).count_transits() == TransitCounts()
    assert (await audit([fresh_postgres_dsn])).ok


async def test_relay_killed_between_arrival_and_mark_carries_the_transfer_once(casino: LocalCasino) -> None:
    await _send(casino, 0, 500)
    casino.post.lose_answers_to = TransferIn  # booked, but nobody lived to mark it
    await _relay(casino).work()
    casino.post.lose_answers_to = None
    assert (await PostgresTransits(casino.pool, casino.books).count_transits()).open == 1
    await _relay(casino).work()
    assert await _balances(casino, house_account(1, Kind.POT_CLEARING)) == {0: -500, 1: 500}
    assert (await PostgresTransits(casino.pool, casino.books).count_transits()).open == 0
