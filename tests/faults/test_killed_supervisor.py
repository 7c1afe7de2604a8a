"""The supervisor host killed with -9 round a bonus tick: every tick is paid, and once."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from loadtest.crowd import Crowd
from loadtest.endurance import WELCOME_MINOR
from loadtest.platform import Platform
from tests.faults.books import BONUS_PERIOD_S, Books, assert_books_are_kept

pytestmark = pytest.mark.timeout(120)

# Grants and bookings that do not pair one to one. A booking's position in the journal is in its grant.
_UNPAIRED = """
select g.player_id, g.tick, g.state, g.seq, j.cmd_id from casino.bonus_grant g
  full join (select * from wallet.journal where code = 6) j
    on j.player_id = g.player_id and j.seq = g.seq and j.shard_id = g.shard_id
 where g.player_id is null or j.player_id is null or g.state <> 1 or j.status <> 0"""
# Who staked in a period, and was not granted that period's bonus although it is due and planned.
_FORGOTTEN = """
select distinct j.player_id, d.due_ms from wallet.journal j
 cross join lateral (
   select (floor(extract(epoch from j.booked_at) * 1000 / $1::bigint)::bigint + 1) * $1::bigint as due_ms) d
 where j.code in (3, 10) and j.status = 0 and d.due_ms <= (select last_due_ms from casino.bonus_clock)
   and not exists (select from casino.bonus_grant g where g.player_id = j.player_id and g.due_ms = d.due_ms)"""
# The clock moves with the plan, whether or not anybody is to be paid.
_PLANNED_UNTIL_MS = "select last_due_ms from casino.bonus_clock"
_OPEN_GRANTS = "select count(*) from casino.bonus_grant where state = 0"


async def test_supervisor_killed_between_and_at_bonus_ticks_pays_every_tick_once(platform: Platform) -> None:
    books = Books(platform)
    async with Crowd(platform.http, books.dsn, 12, tag="bonus") as crowd:
        for after_tick_s in (2.0, 1.0, 1.03, 1.06):  # in between, and about when the tick is planned and paid
            await _sleep_until_after_tick(after_tick_s)
            pid = platform.host_pid("supervisor/main")
            os.kill(pid, signal.SIGKILL)
            back_s = await _planned(books, time.time())
            print(f"supervisor killed {after_tick_s} s after a tick; the next was planned after {back_s:.1f} s")
        await crowd.stop()
        await crowd.settled()
        await _planned(books, time.time())
        await _all_paid(books)
        assert await books.rows(_FORGOTTEN, BONUS_PERIOD_S * 1000) == []
        assert await books.rows(_UNPAIRED) == []
        assert await crowd.mistakes(WELCOME_MINOR) == []
        assert {player.client.connections for player in crowd.players} == {1}
    paid = await books.value("select count(distinct tick) from casino.bonus_grant where state = 1")
    assert paid >= 4
    await assert_books_are_kept(platform)


async def _sleep_until_after_tick(seconds: float) -> None:
    """Sleep until this long after a due time of the bonus."""
    await asyncio.sleep((seconds - time.time()) % BONUS_PERIOD_S)


async def _planned(books: Books, since_s: float) -> float:
    """Wait until a tick that fell due after since_s (seconds since 1970) is planned; return how long that took."""
    async with asyncio.timeout(30):
        while await books.value(_PLANNED_UNTIL_MS) <= since_s * 1000:
            await asyncio.sleep(0.1)
    return time.time() - since_s


async def _all_paid(books: Books) -> None:
    async with asyncio.timeout(20):
        while await books.value(_OPEN_GRANTS):
            await asyncio.sleep(0.1)
