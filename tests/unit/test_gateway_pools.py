"""What the jackpots stand at: read once a second for all, told to everybody after a change, the latest only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from actors.domain.events import JackpotMeter, JackpotMeters
from actors.ports import StoreUnavailable
from protocol import messages as wire
from protocol.envelope import Kind
from server.api.models import JackpotRow
from server.jackpot_meter import JackpotTeller
from tests.fakes.gateway import HandPost, ToyClient
from tests.unit.test_gateway import House, make_house

GATEWAYS = ("gateway/0", "gateway/1")


def row(amount_minor: int) -> JackpotRow:
    return JackpotRow(jackpot=1, name="Grand", currency="PLAY", amount_minor=amount_minor, paying_minor=0)


def meters(amount_minor: int) -> JackpotMeters:
    return JackpotMeters([JackpotMeter(1, "Grand", "PLAY", amount_minor)])


def pools(amount_minor: int) -> wire.JackpotPools:
    return wire.JackpotPools([wire.JackpotPool(1, "Grand", "PLAY", amount_minor)])


class Books:
    """What is read; None: they cannot be."""

    def __init__(self) -> None:
        self.rows: Sequence[JackpotRow] | None = []
        self.post = HandPost()
        self.teller = JackpotTeller(self.read, self.post, GATEWAYS)

    async def read(self) -> Sequence[JackpotRow]:
        if self.rows is None:
            raise StoreUnavailable
        return self.rows

    async def told_after(self, *amounts_minor: int | None) -> list[tuple[str, JackpotMeters]]:
        self.post.told.clear()
        for amount_minor in amounts_minor:
            self.rows = None if amount_minor is None else [row(amount_minor)]
            await self.teller.look()
        return [(gateway, message) for gateway, (message,) in self.post.told]


async def test_every_gateway_is_told_of_a_change_and_of_nothing_else() -> None:
    books = Books()
    assert await books.told_after(100, 100, 100) == [(gateway, meters(100)) for gateway in GATEWAYS]
    assert await books.told_after(100, 101) == [(gateway, meters(101)) for gateway in GATEWAYS]


async def test_gateways_are_told_again_after_a_while_for_one_may_be_new() -> None:
    books = Books()
    await books.told_after(100)
    assert await books.told_after(*[100] * 10) == [(gateway, meters(100)) for gateway in GATEWAYS]


async def test_nobody_is_told_while_there_is_no_jackpot() -> None:
    books = Books()
    for _ in range(30):
        await books.teller.look()
    assert books.post.told == []


async def test_books_that_cannot_be_read_tell_nothing_and_the_next_look_tells() -> None:
    books = Books()
    assert await books.told_after(None, None) == []
    assert len(await books.told_after(100)) == 2


async def test_bug_in_a_look_ends_neither_the_teller_nor_the_host() -> None:
    looked = asyncio.Event()

    async def read() -> Sequence[JackpotRow]:
        looked.set()
        raise ZeroDivisionError

    teller = JackpotTeller(read, HandPost(), GATEWAYS)
    teller.start()
    await looked.wait()
    await teller.stop()


async def show(house: House, amount_minor: int) -> None:
    await house.gateway.handle_batch("supervisor/main", [meters(amount_minor)])


async def test_everybody_is_told_outside_of_every_stream() -> None:
    house = make_house(close_linger_s=0.01)
    clients = [await house.client("anna:7:player"), await house.client("bob:8:player")]
    await show(house, 100)
    await asyncio.sleep(0)
    for client in clients:
        (frame,) = client.frames()
        assert (frame.kind, frame.ref, frame.seq, frame.body) == (Kind.PUSH, 0, 0, pools(100))
    await house.gateway.stop()


async def test_same_amount_is_not_told_twice() -> None:
    house = make_house(close_linger_s=0.01)
    client = await house.client()
    await show(house, 100)
    await show(house, 100)
    assert await client.bodies() == [pools(100)]
    await house.gateway.stop()


async def test_newcomer_is_told_at_the_next_tick_and_once() -> None:
    house = make_house(close_linger_s=0.01)
    await show(house, 100)
    client = await house.client()
    house.gateway.tick()
    house.gateway.tick()
    assert await client.bodies() == [pools(100)]
    await house.gateway.stop()


async def test_who_has_not_said_hello_is_told_nothing() -> None:
    house = make_house(close_linger_s=0.01)
    client = ToyClient(house.gateway)
    client.shake_hands()
    await show(house, 100)
    house.gateway.tick()
    assert await client.bodies() == []
    await house.gateway.stop()


async def test_client_that_reads_slowly_gets_the_latest_and_every_answer() -> None:
    house = make_house(close_linger_s=0.01)
    client = await house.client()
    client.connection.pause_writing()
    for amount_minor in range(100, 200):
        await show(house, amount_minor)
    client.send(wire.Ping(1))
    await asyncio.sleep(0)
    assert client.frames() == []
    client.connection.resume_writing()
    first, answer = [frame.body for frame in client.frames()]
    assert first == pools(199)
    assert isinstance(answer, wire.Pong)
    await house.gateway.stop()
