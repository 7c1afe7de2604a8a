"""One cut each, at a known point, while a crowd plays on: the wallet host, its connections, its disk, its server.

Each ends with the players' own memory held against PostgreSQL, and with the audit.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
import pytest_asyncio

from loadtest.crowd import TABLES, Crowd
from loadtest.endurance import WELCOME_MINOR
from loadtest.platform import Platform
from loadtest.restarts import stands_by
from server.audit import audit
from server.audit.report import report_text
from server.failpoints import mark_of
from tests.faults.books import Books, recorded_pid, wait_until

pytestmark = [pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="module")]

OUTAGE_S = 5.0
_COMMITTING = """
select pid from pg_stat_activity
 where application_name = 'croupier wallet/0' and wait_event_type = 'Lock' and query like '%commit%'"""
_CUT_SEAT = """
select pg_terminate_backend(a.pid) from pg_stat_activity a join pg_locks l using (pid)
 where a.application_name = 'croupier seat of ' || $1 and l.locktype = 'advisory' and l.granted"""
_EPOCH = "select epoch from wallet.shard where shard_id = 0"
_OF_EPOCH = "select count(*), max(seq) from wallet.journal where shard_id = 0 and epoch = $1"
_AFTER = "select min(seq) from wallet.journal where shard_id = 0 and epoch > $1"
_FILL_DISK = """
create function wallet.disk_full() returns trigger language plpgsql as
$$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
create trigger disk_full before insert on wallet.journal for each statement execute function wallet.disk_full()"""
_CLEAR_DISK = "drop trigger disk_full on wallet.journal; drop function wallet.disk_full()"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def players(platform: Platform) -> AsyncIterator[Crowd]:
    """A crowd that has come in, and rests between the tests."""
    async with Crowd(platform.http, Books(platform).dsn, 16, tag="cuts") as crowd:
        await crowd.stop()
        yield crowd


@pytest_asyncio.fixture(loop_scope="module")
async def crowd(players: Crowd, platform: Platform) -> AsyncIterator[Crowd]:
    """The crowd at play, on a wallet host whose second process stands by. Afterwards everything is held to the books."""
    await stands_by(Books(platform).dsn, "wallet/0")
    players.play()
    await players.recovered(time.monotonic(), shard=0)
    yield players
    await players.stop()
    await players.settled()
    assert await players.mistakes(WELCOME_MINOR) == []
    assert {player.client.connections for player in players.players} == {1}
    report = await audit([Books(platform).dsn])
    assert report.ok, report_text(report)


@pytest.mark.parametrize("point", ["K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8"])
async def test_wallet_host_killed_at_a_point_of_a_batch(platform: Platform, crowd: Crowd, point: str) -> None:
    killed = platform.host_pid("wallet/0")
    await _armed_and_fired(platform, point)
    print(f"killed at {point}; play went on after {await crowd.recovered(time.monotonic(), shard=0):.2f} s")
    assert platform.host_pid("wallet/0") != killed


@pytest.mark.parametrize("point", ["R1", "R2", "R3"])
async def test_wallet_host_killed_at_a_point_of_its_recovery(platform: Platform, crowd: Crowd, point: str) -> None:
    """Two die: the one that served, and the one that was about to."""
    epoch = await Books(platform).value(_EPOCH)
    mark_of(platform.state, "wallet/0", point).unlink()
    os.kill(platform.host_pid("wallet/0"), signal.SIGKILL)
    await _fired(platform, point)
    print(f"killed at {point}; play went on after {await crowd.recovered(time.monotonic(), shard=0):.2f} s")
    assert await Books(platform).value(_EPOCH) >= epoch + 2


async def test_zombie_of_a_wallet_host_wakes_after_another_has_taken_over_writes_nothing_and_ends(
    platform: Platform, crowd: Crowd
) -> None:
    books = Books(platform)
    epoch, zombie = await books.value(_EPOCH), platform.host_pid("wallet/0")
    os.kill(zombie, signal.SIGSTOP)
    await books.rows(_CUT_SEAT, "wallet/0")
    await crowd.recovered(time.monotonic(), shard=0)
    before = await books.rows(_OF_EPOCH, epoch)
    os.kill(zombie, signal.SIGCONT)
    wait_until(lambda: zombie not in platform.process_pids("wallet/0"))
    await crowd.recovered(time.monotonic(), shard=0)
    assert await books.rows(_OF_EPOCH, epoch) == before
    assert before[0]["max"] < await books.value(_AFTER, epoch)


async def test_zombie_of_a_tables_host_wakes_after_another_has_taken_over_takes_no_bet_and_ends(
    platform: Platform, crowd: Crowd
) -> None:
    """Its streams stayed open while it was stopped: a bet that it took would be missing in the round of its successor."""
    books = Books(platform)
    await stands_by(books.dsn, "tables/rng")
    zombie = platform.host_pid("tables/rng")
    os.kill(zombie, signal.SIGSTOP)
    await books.rows(_CUT_SEAT, "tables/rng")
    stopped_s = time.monotonic()
    back_s = max([await crowd.recovered(stopped_s, table_id=table_id) for table_id in TABLES])
    os.kill(zombie, signal.SIGCONT)
    woken_s = time.monotonic()
    wait_until(lambda: zombie not in platform.process_pids("tables/rng"))
    again_s = max([await crowd.recovered(woken_s, table_id=table_id) for table_id in TABLES])
    print(f"play went on after {back_s:.2f} s, and {again_s:.2f} s after the zombie woke")


async def test_connection_ended_in_mid_commit_is_made_anew_and_the_wallet_host_lives(
    platform: Platform, crowd: Crowd
) -> None:
    serving = platform.host_pid("wallet/0")
    async with _commit_held(platform) as (connection, backend):
        assert await connection.fetchval("select pg_terminate_backend($1)", backend)
    print(f"play went on after {await crowd.recovered(time.monotonic(), shard=0):.2f} s")
    assert platform.host_pid("wallet/0") == serving


async def test_postgres_stopped_immediately_in_mid_commit_is_started_again(platform: Platform, crowd: Crowd) -> None:
    stopped = recorded_pid(platform, "postgres")
    async with _commit_held(platform):
        os.kill(stopped, signal.SIGQUIT)  # what `pg_ctl stop -m immediate` sends
        wait_until(lambda: recorded_pid(platform, "postgres") not in (0, stopped))
    back_s = [await crowd.recovered(time.monotonic(), shard=shard) for shard in (0, 1)]
    print(f"play went on after {max(back_s):.2f} s")


async def test_full_disk_refuses_bets_and_play_goes_on_when_there_is_room(platform: Platform, crowd: Crowd) -> None:
    """The error is PostgreSQL's own, its cause is not: a trigger raises it, because no test may fill a real disk."""
    books = Books(platform)
    seq = await books.value("select sum(last_seq) from wallet.shard")
    await books.execute(_FILL_DISK)
    try:
        full = await books.value("select sum(last_seq) from wallet.shard")
        await asyncio.sleep(OUTAGE_S)
        assert await books.value("select sum(last_seq) from wallet.shard") == full >= seq
    finally:
        await books.execute(_CLEAR_DISK)
    back_s = [await crowd.recovered(time.monotonic(), shard=shard) for shard in (0, 1)]
    print(f"play went on after {max(back_s):.2f} s; refusals {dict(crowd.refusals)}")


async def test_valkey_that_hangs_for_a_while_interrupts_no_play(platform: Platform, crowd: Crowd) -> None:
    valkey = recorded_pid(platform, "valkey")
    os.kill(valkey, signal.SIGSTOP)
    try:
        hung_s = time.monotonic()
        assert max([await crowd.recovered(hung_s + since_s) for since_s in (0.0, OUTAGE_S)]) < 2 * OUTAGE_S
    finally:
        os.kill(valkey, signal.SIGCONT)


async def _armed_and_fired(platform: Platform, point: str) -> None:
    mark_of(platform.state, "wallet/0", point).unlink()
    await _fired(platform, point)


async def _fired(platform: Platform, point: str) -> None:
    async with asyncio.timeout(20):
        while not mark_of(platform.state, "wallet/0", point).exists():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _commit_held(platform: Platform) -> AsyncIterator[tuple[asyncpg.Connection, int]]:
    """Hold the row of shard 0, so that a commit of its wallet runs and does not end; give its backend."""
    connection = await asyncpg.connect(Books(platform).dsn)
    await connection.execute("begin; select from wallet.shard where shard_id = 0 for update")
    try:
        async with asyncio.timeout(10):
            while (backend := await connection.fetchval(_COMMITTING)) is None:
                await asyncio.sleep(0.01)
        yield connection, backend
    finally:
        connection.terminate()  # its server may be gone
