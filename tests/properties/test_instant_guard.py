"""Any order of wagers, restarts, lost answers and doubles of the guard: each wager counts exactly once."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from unittest import mock

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.policy.game_watch import Watch
from actors.domain.policy.watched_games import WATCHED
from actors.ports import StoreUnavailable
from actors.supervisors import follower
from actors.supervisors.game_guard import GameGuard, WatchedTable
from actors.supervisors.journal import CheckpointMoved
from tests.fakes.game_watch import FakeGameWatch, FakeWagers

#: One of two guards starts anew, works (and is ended after so many steps of its own), or both work beside each other.
STEPS = st.one_of(
    st.tuples(st.just("book"), st.integers(0, 1)),
    st.tuples(st.just("restart"), st.integers(0, 1)),
    st.tuples(st.just("work"), st.integers(0, 1)),
    st.tuples(st.just("killed"), st.integers(0, 12)),
    st.tuples(st.sampled_from(["before save_wagers", "after save_wagers"]), st.integers(0, 1)),
    st.tuples(st.just("both"), st.just(0)),
)


class World:
    def __init__(self) -> None:
        self.store = FakeGameWatch(WatchedTable("slot", "slot", False, "", 0, 0, Watch()))
        self.wagers = FakeWagers(self.store)
        self.guards = [self.guard(), self.guard()]
        self.played: Counter[int] = Counter()
        self.rounds = 0

    def guard(self) -> GameGuard:
        return GameGuard(self.store, self.wagers, fatal=lambda error: None)

    def book(self, shard: int) -> None:
        spin = self.wagers.play(shard)
        self.played.update(WATCHED["slot"].cells(spin.outcome))
        self.rounds += 1

    async def work(self, at: int) -> None:
        try:
            await self.guards[at].work()
        except (StoreUnavailable, CheckpointMoved):
            self.guards[at].doubt()

    async def step(self, name: str, at: int) -> None:
        if name == "book":
            self.book(at)
        elif name == "restart":
            self.guards[at] = self.guard()
        elif name == "killed":
            await self.killed(at)
        elif name == "both":
            await asyncio.gather(self.work(0), self.work(1))
        else:
            self.wagers.cuts |= {name} - {"work"}
            await self.work(at)

    async def killed(self, steps: int) -> None:
        """A guard is ended in the middle of its work; its successor knows only what is stored."""
        task = asyncio.ensure_future(self.work(0))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self.guards[0] = self.guard()


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_each_wager_counts_once_through_restarts_cuts_and_doubles(steps: list[tuple[str, int]]) -> None:
    async def run() -> None:
        world = World()
        for name, at in steps:
            await world.step(name, at)
        world.wagers.cuts.clear()
        world.guards[0] = world.guard()
        await world.work(0)
        stored = world.store.stored.get("slot")
        watch = msgspec.msgpack.decode(stored, type=Watch) if stored else Watch()
        counts = [sum(cells) for cells in zip(*(block.counts for block in watch.blocks), strict=True)]
        assert sum(block.rounds for block in watch.blocks) == world.rounds
        assert {cell: count for cell, count in enumerate(counts) if count} == dict(world.played)
        assert world.store.tables["slot"].round_no == world.rounds

    with mock.patch.object(follower, "PAGE_ROWS", 3):
        asyncio.run(run())
