"""A host's seat: one sits, the other waits and follows at once; an outage of the server changes nobody's place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from loadtest.restarts import WAITING
from server.storage import seats
from server.storage.seats import Seat

_SITTING = """
select a.pid from pg_locks l join pg_stat_activity a using (pid)
 where l.locktype = 'advisory' and l.granted and a.application_name = 'croupier seat of wallet/0'"""

_CUT_WAITING = f"select pg_terminate_backend(pid) from ({WAITING}) w"


class Sitter:
    """A process that wants the seat."""

    def __init__(self, dsn: str) -> None:
        self.lost = asyncio.Event()
        self.seat = Seat(dsn, "wallet/0", on_lost=self.lost.set)
        self.taking = asyncio.ensure_future(self.seat.take())

    @property
    def sits(self) -> bool:
        return self.taking.done()


@pytest.fixture
async def sql(fresh_postgres_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(fresh_postgres_dsn)
    yield connection
    await connection.close()


async def _waiting(sql: asyncpg.Connection) -> None:
    async with asyncio.timeout(10):
        while not await sql.fetch(WAITING, "wallet/0"):
            await asyncio.sleep(0.01)


async def _two(dsn: str, sql: asyncpg.Connection) -> tuple[Sitter, Sitter]:
    first = Sitter(dsn)
    await first.taking
    second = Sitter(dsn)
    await _waiting(sql)
    return first, second


async def test_second_waits_and_sits_when_the_first_has_left(fresh_postgres_dsn: str, sql: asyncpg.Connection) -> None:
    first, second = await _two(fresh_postgres_dsn, sql)
    assert not second.sits
    await first.seat.leave()
    await asyncio.wait_for(second.taking, 5)
    await second.seat.leave()


async def test_who_waits_holds_no_snapshot(fresh_postgres_dsn: str, sql: asyncpg.Connection) -> None:
    """One that lives keeps every later version of every row of the whole database."""
    first, second = await _two(fresh_postgres_dsn, sql)
    held = "select count(backend_xmin) from pg_stat_activity where application_name = 'croupier seat of wallet/0'"
    async with asyncio.timeout(5):
        while await sql.fetchval(held):  # at most while he asks
            await asyncio.sleep(0.01)
    await sql.execute("create table crowd as select 1 as n; update crowd set n = 2")
    async with asyncio.timeout(10):
        while True:
            await sql.execute("vacuum crowd")
            if await sql.fetchval("select pg_stat_get_dead_tuples('crowd'::regclass)") == 0:
                break
            await asyncio.sleep(0.05)
    assert not second.sits
    await first.seat.leave()
    await asyncio.wait_for(second.taking, 5)
    await second.seat.leave()


async def test_seat_is_taken_again_when_only_the_connection_was_cut(
    fresh_postgres_dsn: str, sql: asyncpg.Connection
) -> None:
    sitter = Sitter(fresh_postgres_dsn)
    await sitter.taking
    before = await sql.fetchval(_SITTING)
    await sql.execute("select pg_terminate_backend($1)", before)
    async with asyncio.timeout(10):
        while await sql.fetchval(_SITTING) in (None, before):
            await asyncio.sleep(0.01)
    assert not sitter.lost.is_set()
    await sitter.seat.leave()


async def test_who_was_cut_off_loses_the_seat_to_him_who_asks_before_he_is_back(
    fresh_postgres_dsn: str, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "ASK_EVERY_S", 0.001)  # quicker than a new connection
    first, second = await _two(fresh_postgres_dsn, sql)
    await sql.execute("select pg_terminate_backend($1)", await sql.fetchval(_SITTING))
    await asyncio.wait_for(second.taking, 5)
    await asyncio.wait_for(first.lost.wait(), 10)
    assert not second.lost.is_set()
    await first.seat.leave()
    await second.seat.leave()


async def test_after_an_outage_he_who_sat_sits_again_and_the_other_waits(
    fresh_postgres_dsn: str, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the grace a restart of PostgreSQL would end every host of the platform."""
    monkeypatch.setattr(seats, "GRACE_S", 0.5)
    first, second = await _two(fresh_postgres_dsn, sql)
    await sql.fetch(_CUT_WAITING, "wallet/0")
    await sql.execute("select pg_terminate_backend($1)", await sql.fetchval(_SITTING))
    await _waiting(sql)
    assert not second.sits
    assert not first.lost.is_set()
    await first.seat.leave()
    await asyncio.wait_for(second.taking, 5)
    await second.seat.leave()
