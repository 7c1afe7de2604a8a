"""The root supervisor, beat by beat, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from actors.runtime.heartbeats import Patience, Pulse, RootSupervisor
from actors.runtime.link import LinkBroken

HOSTS = ("wallet/0", "tables/rng", "tables/live")


class World:
    """Hosts that answer or not, and what was done to them."""

    def __init__(self, processes: Sequence[str] = HOSTS) -> None:
        self.time = 0.0
        self.dead: set[str] = set()
        self.unready: set[str] = set()
        self.hanging: set[str] = set()
        self.kills: list[tuple[float, str]] = []
        self.moves: list[tuple[float, str, str]] = []
        self.error: Exception | None = None
        self.standing_by: set[str] = set()
        self.supervisor = RootSupervisor(processes, self, lambda: self.time, Patience())

    async def ping(self, host: str) -> Pulse:
        if host in self.dead:
            raise LinkBroken("dead")
        if host in self.hanging:
            raise TimeoutError
        return Pulse(host not in self.unready | self.standing_by, "", host in self.standing_by)

    async def kill(self, host: str) -> None:
        self.kills.append((self.time, host))
        if self.error is not None:
            raise self.error

    async def move_tables(self, away_from: str, to: str) -> Sequence[str]:
        if self.error is not None:
            raise self.error
        self.moves.append((self.time, away_from, to))
        return ["roulette-1"]

    async def beat(self, times: int) -> None:
        for _ in range(times):
            await self.supervisor.beat()
            self.time += 1.0


async def test_hosts_that_answer_are_left_alone() -> None:
    world = World()
    await world.beat(100)
    assert world.kills == []
    assert world.supervisor.ready_hosts() == list(HOSTS)


@pytest.mark.parametrize("how", ["dead", "hanging"])
async def test_host_silent_for_five_seconds_is_killed(how: str) -> None:
    world = World()
    await world.beat(10)
    getattr(world, how).add("wallet/0")
    await world.beat(4)
    assert world.kills == []
    await world.beat(1)
    assert [host for _, host in world.kills] == ["wallet/0"]


async def test_host_silent_for_less_is_left_alone() -> None:
    world = World()
    await world.beat(10)
    world.dead.add("wallet/0")
    await world.beat(4)
    world.dead.clear()
    await world.beat(10)
    assert world.kills == []


async def test_host_that_stays_silent_is_killed_again_every_ten_seconds() -> None:
    world = World()
    await world.beat(1)
    world.dead.add("wallet/0")
    await world.beat(30)
    times = [time for time, _ in world.kills]
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == [10.0, 10.0]


async def test_host_never_heard_of_has_longer_to_start() -> None:
    world = World()
    world.dead.add("wallet/0")
    await world.beat(40)
    assert world.kills == []
    await world.beat(10)
    assert [host for _, host in world.kills] == ["wallet/0"]


async def test_host_that_answers_but_cannot_start_is_not_killed() -> None:
    world = World()
    world.unready.add("wallet/0")
    await world.beat(60)
    assert world.kills == []
    assert "wallet/0" not in world.supervisor.ready_hosts()


async def test_tables_of_a_lost_host_move_once_to_the_other() -> None:
    world = World()
    await world.beat(10)
    world.dead.add("tables/rng")
    await world.beat(60)
    assert [(away_from, to) for _, away_from, to in world.moves] == [("tables/rng", "tables/live")]
    assert world.moves[0][0] >= 29.0


async def test_tables_of_a_host_that_comes_back_in_time_stay() -> None:
    world = World()
    await world.beat(10)
    world.dead.add("tables/rng")
    await world.beat(15)
    world.dead.clear()
    await world.beat(60)
    assert world.moves == []


async def test_tables_wait_while_no_host_can_take_them() -> None:
    world = World()
    await world.beat(10)
    world.dead.update(("tables/rng", "tables/live"))
    await world.beat(40)
    assert world.moves == []
    world.dead.discard("tables/live")
    await world.beat(2)
    assert [(away_from, to) for _, away_from, to in world.moves] == [("tables/rng", "tables/live")]


async def test_move_that_fails_is_tried_again() -> None:
    world = World()
    await world.beat(10)
    world.dead.add("tables/rng")
    world.error = OSError("the database is away")
    await world.beat(40)
    world.error = None
    await world.beat(1)
    assert len(world.moves) == 1


async def test_host_lost_again_moves_again() -> None:
    world = World()
    await world.beat(1)
    for _ in range(2):
        world.dead.add("tables/rng")
        await world.beat(30)
        world.dead.clear()
        await world.beat(5)
    assert len(world.moves) == 2


async def test_hanging_ping_does_not_hold_up_the_others() -> None:
    class Hanging(World):
        async def ping(self, host: str) -> Pulse:
            if host == "wallet/0":
                await asyncio.sleep(3_600)
            return Pulse(True)

    world = Hanging()
    await world.supervisor.beat()
    assert world.supervisor.ready_hosts() == ["tables/rng", "tables/live"]


async def test_process_that_stands_by_is_left_alone_and_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    world = World((*HOSTS, "tables/rng+"))
    world.standing_by.add("tables/rng+")
    await world.beat(100)
    assert (world.kills, world.moves, caplog.records) == ([], [], [])
    assert world.supervisor.ready_hosts() == list(HOSTS)


async def test_process_that_stands_by_and_hangs_is_killed() -> None:
    world = World((*HOSTS, "wallet/0+"))
    world.standing_by.add("wallet/0+")
    await world.beat(10)
    world.hanging.add("wallet/0+")
    await world.beat(6)
    assert [process for _, process in world.kills] == ["wallet/0+"]


async def test_tables_stay_while_either_process_of_their_host_is_at_work() -> None:
    world = World((*HOSTS, "tables/rng+"))
    world.standing_by.add("tables/rng+")
    await world.beat(10)
    world.dead.add("tables/rng")
    world.standing_by.clear()
    await world.beat(60)
    assert world.moves == []
    world.dead.add("tables/rng+")
    await world.beat(30)
    assert [(away_from, to) for _, away_from, to in world.moves] == [("tables/rng", "tables/live")]
