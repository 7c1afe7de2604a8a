"""The books in a real PostgreSQL: the contract, the fence, and what the database itself refuses."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest

from actors.domain.ids import Origin, make_id
from actors.domain.money.orders import Done, WalletMessage
from actors.domain.money.recovery import ShardHead
from actors.ports import BooksDiverged, LedgerStore, ShardFenced, StoreUnavailable
from actors.wallet import WalletShard
from actors.wallet_pending import WalletEnded
from server.storage.ledger import PostgresLedger
from server.storage.migrate import migrate_database
from tests.fakes.ledger_contract import LedgerStoreContract, MakeStore, Owner
from tests.fakes.ledger_orders_contract import LedgerOrdersContract
from tests.fakes.money import PLAY, PLAYER, Orders, StillClock, settle

NOW_MS = int(time.time() * 1000)


@pytest.fixture
async def stores(fresh_postgres_dsn: str) -> AsyncIterator[MakeStore]:
    made: list[PostgresLedger] = []

    def make() -> LedgerStore:
        made.append(PostgresLedger(fresh_postgres_dsn, 0))
        return made[-1]

    yield make
    for store in made:
        await store.close()


@pytest.fixture
async def sql(fresh_postgres_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(fresh_postgres_dsn)
    yield connection
    await connection.close()


class TestPostgresLedger(LedgerStoreContract):
    now_ms = NOW_MS


class TestPostgresLedgerOrders(LedgerOrdersContract):
    now_ms = NOW_MS


async def _end_backends(sql: asyncpg.Connection) -> None:
    await sql.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name like 'croupier wallet/%' and datname = current_database()"
    )


def shard_on(store: LedgerStore, ends: list[BaseException]) -> tuple[WalletShard, Orders]:
    clock = StillClock(NOW_MS)
    return WalletShard(0, store, clock, owner="test", fatal=ends.append), Orders(clock)


# ---------------------------------------------------------------- owning a shard


async def test_claim_of_a_missing_shard_says_so(fresh_postgres_dsn: str) -> None:
    store = PostgresLedger(fresh_postgres_dsn, 99)
    with pytest.raises(KeyError):
        await store.claim("a")
    await store.close()


async def test_claim_ends_a_session_that_sits_on_the_shard(stores: MakeStore, fresh_postgres_dsn: str) -> None:
    """An old owner whose process hangs in mid-transaction must not keep the heir waiting."""
    hung = await asyncpg.connect(fresh_postgres_dsn, server_settings={"application_name": "croupier wallet/0"})
    await hung.execute("begin")
    await hung.execute("update wallet.shard set last_seq = 99 where shard_id = 0")
    head = await stores().claim("heir")
    assert (head.epoch, head.seq) == (1, 0)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)):
        await hung.execute("commit")
    hung.terminate()


async def test_other_shards_session_is_spared_by_a_claim(stores: MakeStore, fresh_postgres_dsn: str) -> None:
    other = PostgresLedger(fresh_postgres_dsn, 1)
    head = await other.claim("other")
    await (await asyncpg.connect(fresh_postgres_dsn)).close()
    await stores().claim("heir")
    assert await other.head() == head
    await other.close()


async def test_commit_after_a_cut_is_sent_on_a_new_connection(stores: MakeStore, sql: asyncpg.Connection) -> None:
    owner = await Owner.claim(stores(), NOW_MS)
    await _end_backends(sql)
    commit = owner.seal(owner.orders.open())
    with suppress(StoreUnavailable):  # unless the cut was noticed before
        await owner.store.commit(commit)
    with suppress(ShardFenced):  # it is there already
        await owner.store.commit(commit)
    assert await owner.store.head() == ShardHead(owner.head.epoch, 1, commit.new_head)


async def test_shard_answers_through_cut_connections(stores: MakeStore, sql: asyncpg.Connection) -> None:
    ends: list[BaseException] = []
    shard, orders = shard_on(stores(), ends)
    await shard.start()
    messages: list[WalletMessage] = [orders.open(), orders.deposit(100_000)]
    await shard.handle_batch("t", messages)
    asked = []
    for _ in range(20):
        asked += [asyncio.ensure_future(shard.handle_batch("t", [orders.reserve(10)])) for _ in range(20)]
        await _end_backends(sql)
    answers = [answer for batch in await asyncio.gather(*asked) for answer in batch]
    assert all(isinstance(answer, Done) for answer in answers)
    assert ends == []
    assert await sql.fetchval("select count(*) from wallet.journal where code = 3") == 400
    assert await sql.fetchval("select balance from wallet.account where account_id = 701120") == 4000
    await shard.stop()


async def test_two_incarnations_race_and_one_order_of_rows_remains(stores: MakeStore, sql: asyncpg.Connection) -> None:
    """The zombie commits as fast as it can while the heir claims: everything it was answered is in the journal."""
    ends: list[BaseException] = []
    zombie, orders = shard_on(stores(), ends)
    await zombie.start()
    await zombie.handle_batch("t", [orders.open(), orders.deposit(100_000)])
    answered = []

    async def play() -> None:
        while True:
            stake = orders.reserve(10)
            (answer,) = await zombie.handle_batch("t", [stake])
            answered.append((stake, answer))

    playing = [asyncio.ensure_future(play()) for _ in range(3)]
    heir, _ = shard_on(stores(), ends)
    await heir.start()
    for done in await asyncio.gather(*playing, return_exceptions=True):
        assert isinstance(done, WalletEnded)
    assert len(ends) == 1
    assert isinstance(ends[0], ShardFenced)
    repeated = await heir.handle_batch("t", [stake for stake, _ in answered])
    assert list(repeated) == [answer for _, answer in answered]
    rows = await sql.fetch("select seq, epoch from wallet.journal order by seq")
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(row["epoch"] == 1 for row in rows)
    await heir.stop()
    await zombie.stop()


async def test_failpoints_of_a_commit_are_passed_in_order(fresh_postgres_dsn: str) -> None:
    points: list[str] = []
    store = PostgresLedger(fresh_postgres_dsn, 0, failpoint=lambda: points.append)
    owner = await Owner.claim(store, NOW_MS)
    await owner.commit(owner.orders.open())
    assert points == ["K3", "K4", "K5"]
    await store.close()


# ---------------------------------------------------------------- the database's own checks


async def test_commit_that_a_standby_may_not_have_is_not_told_as_done(
    stores: MakeStore, sql: asyncpg.Connection
) -> None:
    """PostgreSQL answers such a commit with success and a warning: what is durable here only must not be relied on."""
    owner = await Owner.claim(stores(), NOW_MS)
    backend = await sql.fetchval("select backend_pid from wallet.shard where shard_id = 0")
    await sql.execute("alter system set synchronous_standby_names = 'nobody'")
    try:
        await sql.execute("select pg_reload_conf()")
        await _until(sql, "select setting = 'nobody' from pg_settings where name = 'synchronous_standby_names'")
        asked = asyncio.ensure_future(owner.commit(owner.orders.open()))
        await _until(sql, f"select wait_event = 'SyncRep' from pg_stat_activity where pid = {backend}")
        await sql.execute("select pg_cancel_backend($1)", backend)
        with pytest.raises(BooksDiverged):
            await asked
    finally:
        await sql.execute("alter system reset synchronous_standby_names")
        await sql.execute("select pg_reload_conf()")
        await _until(sql, "select setting = '' from pg_settings where name = 'synchronous_standby_names'")


async def _until(sql: asyncpg.Connection, question: str) -> None:
    async with asyncio.timeout(20):
        while not await sql.fetchval(question):
            await asyncio.sleep(0.02)


@pytest.fixture
async def booked(stores: MakeStore) -> Owner:
    """Three rows: account, deposit, reservation."""
    owner = await Owner.claim(stores(), NOW_MS)
    await owner.commit(owner.orders.open(), owner.orders.deposit(1000), owner.orders.reserve(300))
    return owner


@pytest.mark.parametrize(
    "statement",
    [
        "update wallet.journal set cash = 5 where seq = 2",
        "delete from wallet.journal where seq = 2",
        "truncate wallet.journal",
    ],
)
async def test_journal_cannot_be_changed(booked: Owner, sql: asyncpg.Connection, statement: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await sql.execute(statement)


async def test_partition_cannot_be_truncated(booked: Owner, sql: asyncpg.Connection) -> None:
    part = await sql.fetchval("select tableoid::regclass::text from wallet.journal limit 1")
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await sql.execute(f"truncate {part}")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("'{1010,701100}', '{-5,6}', '{0,0}', 0", "zero_sum"),
        ("'{1010}', '{-5,5}', '{0,0}', 0", "legs_ok"),
        ("'{1010,701100}', '{-5,5}', '{0,0}', 400", "refused_has_no_legs"),
        ("array_fill(1, array[13]), array_fill(0, array[13]), array_fill(0, array[13]), 0", "legs_ok"),
        ("'{1,2,3,4,5}', '{1,1,1,1,-3}', '{0,0,0,0,0}', 0", "zero_sum"),
    ],
)
async def test_row_that_breaks_a_law_is_refused(
    booked: Owner, sql: asyncpg.Connection, change: str, constraint: str
) -> None:
    id_ = booked.orders.id()
    with pytest.raises(asyncpg.CheckViolationError, match=constraint):
        await sql.execute(
            f"""insert into wallet.journal (id_day, shard_id, seq, epoch, cmd_id, req_hash, code, ccy, player_id,
                  booked_at, cash, escrow, bonus, hash, acct, amt, bal, status)
                select id_day, shard_id, 99, epoch, '{id_.hex()}', req_hash, code, ccy, player_id, booked_at, cash, escrow,
                  bonus, hash, {change} from wallet.journal where seq = 2"""
        )


async def test_row_filed_under_another_day_than_its_ids_is_refused(booked: Owner, sql: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="id_day_ok"):
        await sql.execute(
            """insert into wallet.journal select id_day + 1, shard_id, code, status, ccy, 99, epoch, player_id, booked_at,
               cash, escrow, bonus, cmd_id, ref, round_id, req_hash, hash, acct, amt, bal, meta from wallet.journal where seq = 2"""
        )


async def test_balance_below_the_floor_is_refused(booked: Owner, sql: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="floor_ok"):
        await sql.execute("update wallet.account set balance = -1 where account_id = 701100")


async def test_wallet_role_may_call_and_read_and_nothing_else(booked: Owner, sql: asyncpg.Connection) -> None:
    await sql.execute("set role croupier_wallet")
    assert await sql.fetchval("select count(*) from wallet.journal") == 3
    for statement in (
        "insert into wallet.shard (shard_id, head_hash) values (9, sha256(''))",
        "update wallet.account set balance = 5",
        "delete from wallet.reservation",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sql.execute(statement)
    await sql.execute("select wallet.claim(0::smallint, 'role')")


async def test_two_shards_in_one_database_keep_apart(stores: MakeStore, fresh_postgres_dsn: str) -> None:
    first = await Owner.claim(stores(), NOW_MS)
    await first.commit(first.orders.open(), first.orders.deposit(1000))
    other = PostgresLedger(fresh_postgres_dsn, 1)
    head = await other.claim("other")
    assert head.seq == 0
    loaded = await other.load(0)
    assert loaded.balances == {}
    assert loaded.recent == []
    await other.close()


# ---------------------------------------------------------------- migrations


async def test_migrations_run_at_once_and_again_leave_one_schema(empty_postgres_dsn: str) -> None:
    await asyncio.gather(*[migrate_database(empty_postgres_dsn, shards=2) for _ in range(3)])
    await migrate_database(empty_postgres_dsn, shards=3)
    connection = await asyncpg.connect(empty_postgres_dsn)
    assert await connection.fetchval("select count(*) from wallet.shard") == 3
    assert await connection.fetchval("select count(*) from alembic_version") == 1
    await connection.close()


async def test_partitions_are_made_at_once_by_many(empty_postgres_dsn: str) -> None:
    await migrate_database(empty_postgres_dsn)
    ledgers = [PostgresLedger(empty_postgres_dsn, 0) for _ in range(4)]
    days = await asyncio.gather(*[ledger.prepare_days() for ledger in ledgers])
    assert len(set(days)) == 1
    today = NOW_MS // 86_400_000
    assert days[0][0] <= today - 30
    assert days[0][1] > today + 60
    for ledger in ledgers:
        await ledger.close()


async def test_partitions_are_made_while_a_reader_holds_the_journal(
    booked: Owner, sql: asyncpg.Connection, fresh_postgres_dsn: str
) -> None:
    """A long audit must not stop tomorrow's partition, nor the commits behind it."""
    async with sql.transaction():
        await sql.fetch("select * from wallet.journal")
        maker = await asyncpg.connect(fresh_postgres_dsn, server_settings={"lock_timeout": "5000"})
        await maker.fetch("select * from wallet.make_partitions(400)")
        await booked.commit(booked.orders.deposit(1))
        await maker.close()


# ---------------------------------------------------------------- old ids


async def test_old_id_is_booked_once_across_restarts(stores: MakeStore) -> None:
    ends: list[BaseException] = []
    shard, orders = shard_on(stores(), ends)
    await shard.start()
    await shard.handle_batch("t", [orders.open(), orders.deposit(1000)])
    old = orders.reserve(300, at_ms=NOW_MS - 29 * 86_400_000)
    first = await shard.handle_batch("t", [old, settle(old, 900)])
    await shard.stop()
    heir, _ = shard_on(stores(), ends)
    await heir.start()
    assert await heir.handle_batch("t", [old, settle(old, 900)]) == first
    assert first == [Done(3, 700, 300, 300), Done(4, 1600, 0, 900)]
    await heir.stop()
    assert ends == []


async def test_random_ids_survive_the_uuid_codec(stores: MakeStore) -> None:
    owner = await Owner.claim(stores(), NOW_MS)
    ids = [make_id(NOW_MS, Origin.CASHIER, os.urandom(9)) for _ in range(50)]
    orders = [type(owner.orders.open())(id_, PLAYER + i, PLAY) for i, id_ in enumerate(ids)]
    await owner.commit(*orders)
    assert {row.cmd_id for row in (await owner.store.find(ids, [])).rows} == set(ids)


async def test_commits_mark_dead_entries_as_they_pass(stores: MakeStore, sql: asyncpg.Connection) -> None:
    """Only a plain index scan does. A plan made for a relation without statistics took a bitmap, and then each commit
    visited every former version of a busy player's accounts.
    """
    shard, orders = shard_on(stores(), [])
    await shard.start()
    await shard.handle_batch("test", [orders.open(player) for player in range(1, 900)])
    await shard.stop()
    shard, _ = shard_on(stores(), [])  # its session makes plans of its own
    await shard.start()
    await shard.handle_batch("test", [orders.deposit(100, 5)])
    await shard.stop()  # a session that ends tells its statistics
    await _until(sql, "select idx_tup_fetch >= 2 from pg_stat_user_indexes where indexrelname = 'account_pkey'")
