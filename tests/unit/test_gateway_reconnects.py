"""Clients who come and go for hours leave nothing behind in a gateway but what is kept for their return."""

from __future__ import annotations

import gc
import random
import tracemalloc

from actors.domain import events
from protocol import messages as wire
from protocol.codec import encode_client_frame
from tests.fakes.gateway import ROUND, ToyClient, client_id, settle
from tests.unit.test_gateway import CHIPS, House, make_house

PLAYERS, CYCLES = 20, 300
#: Of each reconnect, at most: a list that remembers one small thing of each keeps more.
BYTES_MAX = 64


class Goer:
    """A player who is cut now and then, and goes on with his session."""

    def __init__(self, house: House, player_id: int) -> None:
        self.house, self.player_id = house, player_id
        self.session_id, self.seq = "", 0
        self.client: ToyClient | None = None

    async def come(self) -> None:
        client = self.client = ToyClient(self.house.gateway)
        client.shake_hands()
        hello = wire.Hello(f"p{self.player_id}:{self.player_id}:player", "", self.session_id)
        client.send_raw(encode_client_frame(1, self.seq, hello))
        await settle()
        welcome, *pushes = client.frames()
        assert isinstance(welcome.body, wire.Welcome)
        assert welcome.body.recovered == bool(self.session_id)
        self.session_id = welcome.body.session_id
        self.seq = max([self.seq, *(push.seq for push in pushes)])
        client.ref = 1
        client.send(wire.JoinTable("r1"))
        client.send(wire.PlaceBets("r1", ROUND, client_id(), CHIPS))
        await settle()

    def go(self) -> None:
        assert self.client is not None
        self.client.hang_up()
        self.client = None


async def test_hundreds_of_reconnects_leave_nothing_behind() -> None:
    house = make_house(personal_kept=8)
    rng = random.Random(1)
    goers = [Goer(house, number) for number in range(1, PLAYERS + 1)]
    for goer in goers:
        await goer.come()

    async def cycles() -> int:
        """Cut players one by one and let them come back; return the bytes of Python's memory then."""
        for number in range(CYCLES):
            goer = rng.choice(goers)
            goer.go()
            house.toy.version += 1
            await house.personal(events.MyBonus(500, house.toy.version, house.toy.version, 1_500, 0), goer.player_id)
            await house.news(house.toy.version, events.BetsClosed(ROUND, house.clock.ms - 1))
            await goer.come()
            house.clock.ms += 500
            for one in goers:
                if one.client is not None:
                    one.client.frames()
            if number % 20 == 0:  # a second has passed; nobody is silent for long
                house.gateway.tick()
        house.post.told.clear()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        await cycles()  # all that is kept for a return is kept now
        before = await cycles()
        after = await cycles()
    finally:
        tracemalloc.stop()
    assert after - before < BYTES_MAX * CYCLES, f"{(after - before) / CYCLES:.0f} bytes a reconnect stay"
    assert house.gateway.connections == PLAYERS
    assert house.gateway.metrics.values()["recovered_total"] == 3 * CYCLES
