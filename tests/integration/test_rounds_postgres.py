"""The PostgreSQL round store keeps the contract, also against writers at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import msgpack
import pytest

from actors.domain.games.game import Outcome
from actors.ports import NewRound, RoundConflict, StaleEpoch, StoreUnavailable
from server.embedded.postgres import PostgresServer
from server.storage.rounds import PostgresRounds
from tests.fakes.rounds_contract import NOW_MS, RoundStoreContract, a_plan, round_id

_TABLE = "insert into casino.game_table (table_id, game, kind, title, host) values ('t', 'roulette', 'rng', 't', 'h')"


@pytest.fixture
async def pool(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(postgres_dsn, min_size=1, max_size=4) as pool:
        await pool.execute("truncate casino.game_table, casino.round, casino.round_step, casino.shoe_event")
        await pool.execute(_TABLE)
        yield pool


@pytest.fixture
def store(pool: asyncpg.Pool) -> PostgresRounds:
    return PostgresRounds(pool)


class TestPostgresRounds(RoundStoreContract):
    @pytest.fixture
    def store(self, pool: asyncpg.Pool) -> PostgresRounds:
        return PostgresRounds(pool)


async def _opened(store: PostgresRounds, epoch: int) -> bytes:
    await store.open(NewRound(round_id(1), "t", epoch, 1, NOW_MS, NOW_MS + 5_000, "Ada", "v1"))
    return round_id(1)


async def test_stored_plan_is_plain_msgpack(pool: asyncpg.Pool, store: PostgresRounds) -> None:
    epoch = await store.claim_table("t", "one")
    await store.decide("t", epoch, await _opened(store, epoch), Outcome(17), a_plan())
    stored = await pool.fetchval("select plan from casino.round")
    assert msgpack.unpackb(stored) == [
        1,
        [
            [0, round_id(100), 7, 1, 100, 3_600, [[17, 100]]],
            [1, round_id(101), 8, 1, 2**52, 0, [[151, 2**52 - 1], [0, 1]]],
        ],
        [[1, round_id(102), 9, 1, 500]],
    ]


async def test_round_row_tells_who_when_and_by_which_rules(pool: asyncpg.Pool, store: PostgresRounds) -> None:
    epoch = await store.claim_table("t", "one")
    id_ = await _opened(store, epoch)
    await store.decide("t", epoch, id_, Outcome(17), a_plan())
    await store.finish("t", epoch, id_)
    (row,) = await pool.fetch("select * from casino.round")
    assert (row["round_id"], row["dealer"], row["rules_version"]) == (UUID(bytes=id_), "Ada", "v1")
    assert row["closes_at"].timestamp() * 1000 == NOW_MS + 5_000
    assert row["opened_at"].timestamp() * 1000 == NOW_MS
    assert row["decided_at"] is not None
    assert row["finished_at"] >= row["decided_at"]


async def test_writer_that_waits_for_a_claim_finds_itself_fenced(pool: asyncpg.Pool, store: PostgresRounds) -> None:
    epoch = await store.claim_table("t", "one")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("update casino.game_table set epoch = epoch + 1")
        opening = asyncio.create_task(_opened(store, epoch))
        await _until_somebody_waits(pool)
    with pytest.raises(StaleEpoch):
        await opening
    assert await pool.fetchval("select count(*) from casino.round") == 0


async def test_decision_that_waits_for_a_void_is_a_conflict(pool: asyncpg.Pool, store: PostgresRounds) -> None:
    epoch = await store.claim_table("t", "one")
    id_ = await _opened(store, epoch)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("update casino.round set state = 4")
        deciding = asyncio.create_task(store.decide("t", epoch, id_, Outcome(17), a_plan()))
        await _until_somebody_waits(pool)
    with pytest.raises(RoundConflict):
        await deciding


async def test_claim_waits_for_a_decision_under_way(pool: asyncpg.Pool, store: PostgresRounds) -> None:
    epoch = await store.claim_table("t", "one")
    await _opened(store, epoch)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("select 1 from casino.game_table for share")
        await connection.execute("update casino.round set state = 2, outcome = 5")
        claiming = asyncio.create_task(store.claim_table("t", "two"))
        await _until_somebody_waits(pool)
    assert await claiming == epoch + 1
    (row,) = await store.unfinished("t")
    assert row.number == 5


async def test_stopped_server_is_store_unavailable(postgres_server: PostgresServer, postgres_dsn: str) -> None:
    async with asyncpg.create_pool(postgres_dsn, min_size=1, max_size=1) as pool:
        store = PostgresRounds(pool)
        async with pool.acquire() as connection:
            pid = connection.get_server_pid()
        other = await asyncpg.connect(postgres_dsn)
        await other.execute("update casino.game_table set owner = 'x'")
        async with other.transaction():
            await other.execute("lock casino.game_table in access exclusive mode")
            claiming = asyncio.create_task(store.claim_table("t", "one"))
            await _until_waits(other, pid)
            await other.execute("select pg_terminate_backend($1)", pid)
            with pytest.raises(StoreUnavailable):
                await claiming
        await other.close()


async def _until_somebody_waits(pool: asyncpg.Pool) -> None:
    while True:
        if await pool.fetchval("select count(*) from pg_locks where not granted"):
            return
        await asyncio.sleep(0)


async def _until_waits(connection: asyncpg.Connection, pid: int) -> None:
    while True:
        if await connection.fetchval("select count(*) from pg_locks where not granted and pid = $1", pid):
            return
        await asyncio.sleep(0)
