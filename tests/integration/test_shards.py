"""Shards in databases of their own: what is made where, what is refused, who reads what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from actors.ports import StoreUnavailable
from actors.supervisors.journal import Page
from actors.wallet import WalletShard
from server.config import Config, ConfigError
from server.embedded.postgres import PostgresServer
from server.retention import RetentionError, retain
from server.storage.ledger import PostgresLedger
from server.storage.migrate import migrate_all
from server.storage.players import PostgresPlayers
from server.storage.reports import PostgresReports
from server.storage.shards import Books
from server.storage.supervision import PostgresAntifraud, PostgresBonus
from tests.fakes.money import PLAYER, Orders, StillClock
from tests.integration.test_ledger import NOW_MS
from tests.services import make_database

AWAY = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def main(empty_postgres_dsn: str) -> str:
    return empty_postgres_dsn


@pytest.fixture
def other(postgres_server: PostgresServer) -> Iterator[str]:
    yield from make_database(postgres_server, "books_elsewhere", "template0")


async def _value(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


_SHARDS = "select array_agg(shard_id::int order by shard_id) from wallet.shard"


async def test_each_database_gets_its_own_shards_and_only_the_main_one_the_casino(main: str, other: str) -> None:
    await migrate_all(main, {main: [0], other: [1, 2]})
    assert (await _value(main, _SHARDS), await _value(other, _SHARDS)) == ([0], [1, 2])
    assert await _value(other, "select to_regnamespace('casino')::text") is None
    version = "select version_num from alembic_version"
    assert await _value(main, version) == await _value(other, version)


async def test_migrating_again_with_another_shard_only_adds_it(main: str, other: str) -> None:
    await migrate_all(main, {main: [0]})
    await migrate_all(main, {main: [0], other: [1]})
    await migrate_all(main, {main: [0], other: [1]})
    assert (await _value(main, _SHARDS), await _value(other, _SHARDS)) == ([0], [1])


async def test_known_shard_at_a_wrong_address_is_refused_and_not_made_empty(main: str, other: str) -> None:
    """A changed address once would have been answered by an empty shard: everybody's money gone until it is noticed."""
    await migrate_all(main, {main: [0, 1]})
    with pytest.raises(ConfigError, match="shard 1 had books before"):
        await migrate_all(main, {main: [0], other: [1]})
    assert await _value(other, "select to_regclass('wallet.shard')::text") is None


async def test_swapped_addresses_are_refused(main: str, other: str) -> None:
    await migrate_all(main, {main: [0], other: [1]})
    with pytest.raises(ConfigError, match="shard 1 had books before"):
        await migrate_all(main, {main: [1], other: [0]})


async def test_server_that_is_away_is_an_error_naming_its_shards(main: str) -> None:
    with pytest.raises(ConfigError, match=r"the PostgreSQL of shards 1, 2 does not answer"):
        await migrate_all(main, {main: [0], AWAY: [1, 2]})


async def test_database_of_shards_alone_cannot_become_the_casinos(main: str, other: str) -> None:
    await migrate_all(main, {main: [0], other: [1]})
    with pytest.raises(ConfigError, match="made for wallet shards only"):
        await migrate_all(other, {other: [1]})


# ---------------------------------------------------------------- reading


@pytest.fixture
async def pool(main: str, other: str) -> AsyncIterator[asyncpg.Pool]:
    await migrate_all(main, {main: [0], other: [1]})
    async with asyncpg.create_pool(main, min_size=1, max_size=2) as made:
        yield made


@pytest.fixture
async def books(main: str, other: str, pool: asyncpg.Pool) -> AsyncIterator[Books]:
    made = Books({main: [0], other: [1]}, {main: pool})
    yield made
    await made.close()


async def _deposit(dsn: str, shard: int, amount: int) -> None:
    clock = StillClock(NOW_MS)
    wallet = WalletShard(shard, PostgresLedger(dsn, shard), clock, owner="test", fatal=lambda error: None)
    await wallet.start()
    orders = Orders(clock)
    await wallet.handle_batch("t", [orders.open(), orders.deposit(amount)])
    await wallet.stop()


async def test_journals_are_read_where_they_live(main: str, other: str, pool: asyncpg.Pool, books: Books) -> None:
    await _deposit(other, 1, 700)
    journal = PostgresAntifraud(pool, books)
    assert await journal.heads() == {0: 0, 1: 2}
    assert await journal.read(1, 0, 2, (), False) == Page(1, 0, 2, [])
    (line,) = await PostgresReports(pool, books).history(1, PLAYER, 2**62, 10)
    assert (line.kind, line.net_minor) == ("deposit", 700)


async def test_shard_whose_server_is_away_is_left_out_and_holds_up_nobody(main: str, pool: asyncpg.Pool) -> None:
    half = Books({main: [0], AWAY: [1]}, {main: pool})
    assert await half.heads() == {0: 0}
    with pytest.raises(StoreUnavailable):
        await PostgresAntifraud(pool, half).read(1, 0, 2, (), False)
    await half.close()


async def test_bonus_does_not_begin_before_every_journal_can_be_read(main: str, pool: asyncpg.Pool) -> None:
    half = Books({main: [0], AWAY: [1]}, {main: pool})
    with pytest.raises(StoreUnavailable, match=r"shards \[1\]"):
        await PostgresBonus(pool, half).begin("bonus", 1)
    assert await pool.fetchval("select count(*) from casino.bonus_clock") == 0
    await half.close()


async def test_bonus_begins_at_the_end_of_every_journal(other: str, pool: asyncpg.Pool, books: Books) -> None:
    await _deposit(other, 1, 700)
    store = PostgresBonus(pool, books)
    await store.begin("bonus", 1)
    assert await store.checkpoints("bonus") == {1: 2}


async def test_player_keeps_his_shard_when_shards_are_added(pool: asyncpg.Pool) -> None:
    players = PostgresPlayers(pool)
    before = [await players.create(f"early{n}", "hash", 2) for n in range(4)]
    after = [await players.create(f"late{n}", "hash", 4) for n in range(4)]
    assert {player.shard for player in before if player} == {0, 1}
    assert {player.shard for player in after if player} == {0, 1, 2, 3}
    assert [await players.by_id(player.player_id) for player in before if player] == before


async def test_retention_goes_through_every_database_with_books(main: str, other: str, tmp_path: Path) -> None:
    """An empty partition of long ago in each is taken off; a database that is away is named."""
    await migrate_all(main, {main: [0], other: [1]})
    for dsn in (main, other):
        await _value(dsn, "create table wallet.journal_1970_01_01 (like wallet.journal including all)")
        await _value(
            dsn, "alter table wallet.journal attach partition wallet.journal_1970_01_01 for values from (0) to (30)"
        )
    config = Config(state=tmp_path, database_url=main, shard_urls=("", other), journal_days=62)
    said: list[str] = []
    for _ in range(2):
        assert await retain(config, apply=True, say=said.append)
        for dsn in (main, other):
            await _value(dsn, "update wallet.journal_floor set since = since - interval '3 hours'")
    archived = "select to_regclass('wallet_archive.journal_1970_01_01') is not null"
    assert (await _value(main, archived), await _value(other, archived)) == (True, True)
    assert [text for text in said if text.startswith("books of")] == ["books of shard 0:", "books of shard 1:"] * 2
    with pytest.raises(RetentionError, match="does not answer"):
        await retain(msgspec.structs.replace(config, shard_urls=("", AWAY)), apply=True, say=said.append)
