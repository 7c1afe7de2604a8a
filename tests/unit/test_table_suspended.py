"""A suspended table: the round in play ends as announced, no other opens, and staff's word opens it again."""

from __future__ import annotations

import asyncio

from actors.domain.commands import Refused
from actors.domain.events import RoundOpened, TablePaused
from actors.domain.refusals import Refusal
from tests.fakes.table_world import LIVE, Casino
from tests.simulation.loop import run_virtual

RED = 151


def test_round_in_play_is_settled_and_no_other_opens() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        await casino.bet(1, {RED: 100})
        casino.table.suspend("outcomes look wrong")
        await asyncio.sleep(60)
        await casino.follow()
        assert casino.rounds.states() == ["SETTLED"]
        assert len(casino.events(RoundOpened)) == 1
        [paused] = [event for event in casino.events(TablePaused) if event.paused]
        assert paused.reason == "suspended"  # the reason itself is for staff
        casino.check_money()

    run_virtual(run())


def test_table_opens_again_when_it_is_resumed() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        casino.table.suspend("outcomes look wrong")
        await asyncio.sleep(60)
        rounds = len(casino.events(RoundOpened))
        await casino.follow()
        casino.table.suspend("")
        await asyncio.sleep(1)
        await casino.follow()
        assert len(casino.events(RoundOpened)) > rounds
        assert not casino.events(TablePaused)[-1].paused

    run_virtual(run())


def test_table_that_starts_suspended_opens_no_round() -> None:
    async def run() -> None:
        casino = Casino()
        casino.table.suspend("outcomes look wrong")
        await casino.start()
        await asyncio.sleep(60)
        assert casino.events(RoundOpened) == []
        assert casino.table.stage.phase == "paused"

    run_virtual(run())


def test_dealer_of_a_suspended_table_may_not_open() -> None:
    async def run() -> None:
        casino = Casino(LIVE)
        await casino.start()
        await casino.deal("sit")
        casino.table.suspend("the wheel is worn")
        answer = await casino.deal("open")
        assert isinstance(answer, Refused)
        assert answer.code == Refusal.SUSPENDED
        casino.table.suspend("")
        assert not isinstance(await casino.deal("open"), Refused)

    run_virtual(run())
