"""The whole process group killed with -9 in mid-round, and started again: the outcome of every bet survives."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from loadtest.crowd import Crowd
from loadtest.endurance import WELCOME_MINOR
from loadtest.platform import Platform, is_alive
from tests.faults.books import Books, assert_books_are_kept, every_process

pytestmark = pytest.mark.timeout(180)

_ROUNDS_OF = """
select distinct d.state from wallet.reservation r join casino.round d using (round_id)
 where r.reservation_id = any($1::uuid[])"""
# What each player has, beside what follows from his bets: all that was reserved, settled and granted.
_CASH = """
select p.name, a.balance::bigint as cash,
       (select coalesce(sum(j.amt[array_position(j.acct, a.account_id)]), 0) from wallet.journal j
         where j.player_id = p.player_id and j.code in (3, 4, 5) and j.status = 0
           and coalesce(j.ref, j.cmd_id) = any($1::uuid[]))::bigint as by_bets,
       (select coalesce(sum(j.amt[array_position(j.acct, a.account_id)]), 0) from wallet.journal j
         where j.player_id = p.player_id and j.code = 6 and j.status = 0)::bigint as by_bonus
  from casino.player p join wallet.account a on a.account_id = p.player_id * 100000 + 1100
 where p.name = any($2)"""
_OPEN = "select count(*) from wallet.reservation where state = 0 and reservation_id = any($1::uuid[])"
_SENT_BUT_UNTOLD = """
select r.reservation_id from wallet.reservation r join casino.player p using (player_id) where p.name = any($1)"""


async def test_whole_group_killed_in_mid_round_and_started_again_ends_every_bet_once(platform: Platform) -> None:
    crowd = Crowd(platform.http, Books(platform).dsn, 12, tag="group")
    async with crowd:
        await crowd.in_mid_round()
        before = every_process(platform)
        platform.kill()
    accepted = [UUID(bytes=one.bet_id) for one in crowd.latest]
    platform.start()
    print(f"ready again after {platform.ready_s:.1f} s")
    assert [process for process in before if is_alive(process)] == []

    books = Books(platform)
    await _wait_closed(books, accepted)
    assert {row["state"] for row in await books.rows(_ROUNDS_OF, accepted)} <= {3, 5}
    names = [player.name for player in crowd.players]
    reserved = [row["reservation_id"] for row in await books.rows(_SENT_BUT_UNTOLD, names)]
    assert set(accepted) <= set(reserved)
    await _wait_closed(books, reserved)
    for row in await books.rows(_CASH, reserved, names):
        assert row["cash"] == WELCOME_MINOR + row["by_bets"] + row["by_bonus"], row
    assert await crowd.ends() == []
    await assert_books_are_kept(platform)


async def _wait_closed(books: Books, bets: list[UUID]) -> None:
    async with asyncio.timeout(30):
        while await books.value(_OPEN, bets):
            await asyncio.sleep(0.2)
