"""The law of the last bets notices a table that stops waiting too early, and says nothing of one that does not."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from actors.domain.commands import Refused
from actors.domain.refusals import Refusal
from tests.fakes.table_world import Casino
from tests.simulation import last_orders
from tests.simulation.loop import run_virtual

RED = 151


@pytest.mark.parametrize(
    ("stopped_early", "late_ms", "bugs"),
    [(True, 0, 1), (False, 0, 0), (True, 1, 0)],
    ids=["early", "never", "late bet"],
)
def test_bet_that_found_all_in_is_noticed_if_it_came_in_time(stopped_early: bool, late_ms: int, bugs: int) -> None:
    async def run() -> None:
        casino = Casino()
        world: Any = SimpleNamespace(bugs=[], counts=Counter(), now_ms=casino.clock.now_ms)
        last_orders.watch(casino.table, world)
        await casino.start()
        order = casino.order(1, {RED: 100}, received_ms=(await casino.state()).closes_ms + late_ms)
        await casino.until("closed")
        book = casino.table.stage.book
        assert book is not None
        book.is_full = stopped_early
        (answer,) = await casino.say(order)
        refused = isinstance(answer, Refused) and answer.code == Refusal.BETTING_CLOSED
        assert refused == (stopped_early or late_ms > 0)
        assert len(world.bugs) == bugs
        await casino.until("idle")
        assert world.counts == {"grace waited out": 1}

    run_virtual(run())
