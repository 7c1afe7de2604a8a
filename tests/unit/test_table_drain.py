"""A table that is about to restart: it ends what is at stake, opens nothing, and its successor goes on."""

from __future__ import annotations

import asyncio

from actors.domain.commands import BetPlaced, Refused
from actors.domain.events import RoundOpened, RoundSettled
from actors.domain.refusals import Refusal
from tests.fakes.table_world import LIVE, Casino, settle
from tests.simulation.loop import run_virtual

RED = 151


def test_draining_table_settles_its_round_and_opens_no_other() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        await casino.bet(1, {RED: 100})
        await asyncio.wait_for(casino.table.drain(), 60)
        await asyncio.sleep(10)
        await casino.follow()
        assert casino.rounds.states() == ["SETTLED"]
        assert len(casino.events(RoundOpened)) == 1
        assert (casino.events()[-1].paused, casino.events()[-1].reason) == (True, "restart")
        casino.check_money()

    run_virtual(run())


def test_round_of_a_draining_table_takes_bets_as_announced() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        await casino.bet(1, {RED: 100})
        draining = asyncio.ensure_future(casino.table.drain())
        await settle()
        assert isinstance(await casino.bet(2, {RED: 100}), BetPlaced)
        await draining
        assert len(casino.post.personal(2)) == 1

    run_virtual(run())


def test_round_without_a_bet_is_not_waited_for_and_takes_none() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        await asyncio.wait_for(casino.table.drain(), 0.01)
        answer = await casino.bet(1, {RED: 100})
        assert isinstance(answer, Refused)
        assert answer.code == Refusal.DRAINING

    run_virtual(run())


def test_drain_asked_for_twice_ends_twice() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        await casino.bet(1, {RED: 100})
        await asyncio.wait_for(asyncio.gather(casino.table.drain(), casino.table.drain()), 60)
        await asyncio.wait_for(casino.table.drain(), 0.01)
        assert len(casino.events(RoundSettled)) == 1

    run_virtual(run())


def test_round_that_is_just_being_opened_is_waited_for() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.table.start()
        following = asyncio.ensure_future(casino.follow())
        await asyncio.sleep(0)
        draining = asyncio.ensure_future(casino.table.drain())
        await following
        await asyncio.wait_for(draining, 60)
        assert casino.table.stage.phase in ("betting", "paused")

    run_virtual(run())


def test_successor_of_a_drained_table_plays_on() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        await casino.bet(1, {RED: 100})
        await casino.table.drain()
        await casino.restart()
        await casino.until("betting")
        assert casino.rounds.states()[0] == "SETTLED"
        assert len(casino.events(RoundOpened)) == 2

    run_virtual(run())


def test_successor_of_a_table_that_did_not_end_in_time_gives_the_stakes_back() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        await casino.bet(1, {RED: 100})
        draining = asyncio.ensure_future(casino.table.drain())
        await asyncio.sleep(1)
        draining.cancel()
        await casino.restart()
        assert casino.rounds.states()[0] == "VOIDED"
        casino.check_money()

    run_virtual(run())


def test_dealer_of_a_draining_table_ends_his_round_and_opens_none() -> None:
    async def run() -> None:
        casino = Casino(LIVE)
        await casino.start()
        await casino.deal("sit")
        await casino.deal("open")
        await casino.bet(1, {RED: 100})
        draining = asyncio.ensure_future(casino.table.drain())
        await casino.deal("close")
        await casino.deal("number", number=1)
        await casino.deal("confirm", number=1)
        await asyncio.wait_for(draining, 60)
        refused = await casino.deal("open")
        assert isinstance(refused, Refused)
        assert refused.code == Refusal.DRAINING
        casino.check_money()

    run_virtual(run())
