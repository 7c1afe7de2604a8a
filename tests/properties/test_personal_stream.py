"""The law of the personal stream: over lost connections and moved clients, each push once and in order, or "not recovered"."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain import events
from protocol import messages as wire
from protocol.codec import encode_server_frame
from protocol.connection import ClientConnection, Event, Pushed, Welcomed
from protocol.envelope import ServerFrame
from tests.fakes.gateway import ToyClient, settle
from tests.unit.test_gateway import House, make_house

KEPT = 4
OPERATIONS = ("news", "news", "read", "cut", "hang", "move", "tick")


class Player:
    """A client's machine on one of two gateways; checks each push against what the house told since his session began."""

    def __init__(self, houses: list[House]) -> None:
        self.houses = houses
        self.at = 0
        self.machine = ClientConnection("law")
        self.told: list[int] = []  # ticks of this session's news, in order
        self.seen: list[int] = []
        self.recovered = 0
        self.unread: list[ServerFrame] = []
        self.client: ToyClient | None = None

    async def connect(self) -> None:
        self.client = ToyClient(self.houses[self.at].gateway)
        self.client.shake_hands()
        self.machine.open("anna:7:player", 0)
        for data in self.machine.data_to_send():
            self.client.send_raw(data)
        await settle()
        await self.read(1)

    async def read(self, frames: int = 99) -> None:
        """Read so many of the frames that have come."""
        await settle()
        assert self.client is not None
        self.unread += self.client.frames()
        now, self.unread = self.unread[:frames], self.unread[frames:]
        for frame in now:
            for event in self.machine.receive(encode_server_frame(frame.kind, frame.ref, frame.seq, frame.body), 0):
                self.check(event)

    def check(self, event: Event) -> None:
        match event:
            case Welcomed():
                if event.welcome.recovered:
                    self.recovered += 1
                else:
                    self.told, self.seen = [], []
            case Pushed("", wire.BonusGranted() as bonus):
                self.seen.append(bonus.tick)
                assert self.seen == self.told[: len(self.seen)]  # none twice, none missing, whatever happened
            case _:
                raise AssertionError(event)

    async def step(self, operation: str, amount: int, tick: int) -> None:
        match operation:
            case "news":
                self.told.append(tick)
                await self.houses[self.at].personal(events.MyBonus(1, tick, tick, 0, 0))
            case "read":
                await self.read()
            case "tick":
                self.houses[self.at].gateway.tick()
            case _:
                await self.back(operation, amount, tick)

    async def back(self, how: str, amount: int, tick: int) -> None:
        """Lose the connection with some frames unread, miss some news, and come back: here or at the other gateway."""
        await self.read(amount)
        older = self.client
        assert older is not None
        self.machine.lost()
        self.unread.clear()
        if how != "hang":
            older.hang_up()
        for more in range(amount % 3):
            self.told.append(tick + more)
            await self.houses[self.at].personal(events.MyBonus(1, tick + more, tick, 0, 0))
        self.at = 1 - self.at if how == "move" else self.at
        await self.connect()


async def play(steps: list[tuple[str, int]]) -> Player:
    houses: list[House] = [make_house(personal_kept=KEPT, linger_s=2, close_linger_s=0.01) for _ in range(2)]
    player = Player(houses)
    await player.connect()
    for number, (operation, amount) in enumerate(steps):
        await player.step(operation, amount, 10 * (number + 1))
    await player.read()
    assert player.seen == player.told  # and nothing is owed at the end
    assert all(house.gateway.metrics.values()["faults_total"] == 0 for house in houses)
    return player


STEPS: Any = st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 5)), min_size=5, max_size=25)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_recovered_is_never_said_with_a_hole(steps: list[tuple[str, int]]) -> None:
    asyncio.run(play(steps))


def test_a_short_absence_is_recovered() -> None:
    player = asyncio.run(play([("news", 0), ("cut", 5), ("news", 0), ("hang", 1), ("cut", 4)]))
    assert player.recovered == 3
