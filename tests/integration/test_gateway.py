"""The gateway on real sockets with the `websockets` client, before a toy wallet and table."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import uvloop
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from actors.domain import events
from protocol import messages as wire
from protocol.codec import Fault, decode_server_frame, encode_client_frame
from protocol.envelope import Kind, ServerFrame
from protocol.errors import Close
from server.gateway.gateway import Gateway
from server.gateway.limits import GatewaySettings
from tests.fakes.gateway import ROUND, HandClock, HandPost, ToyHouse, client_id, verify_toy_token


class Place:
    """A listening gateway and the toys behind it."""

    def __init__(self, write_buffer_bytes: int = 200_000) -> None:
        self.toy = ToyHouse()
        self.post = HandPost(answer=self.toy.answer)
        self.gateway = Gateway(
            "gateway/0",
            "127.0.0.1",
            0,
            self.post,
            HandClock(),
            verify_token=verify_toy_token,
            tables=lambda: ["r1"],
            settings=GatewaySettings(write_buffer_bytes=write_buffer_bytes, rate_per_s=0),
        )

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.gateway.port}"

    async def news(self, first: int, *told: events.TableEvent) -> None:
        await self.gateway.handle_batch("tables/rng", [events.TableNews("r1", 1, first, list(told))])


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    await place.gateway.start()
    yield place
    await place.gateway.stop()


async def receive(socket_: ClientConnection) -> ServerFrame:
    data = await socket_.recv(decode=False)
    frame = decode_server_frame(data)
    assert not isinstance(frame, Fault)
    return frame


async def call(socket_: ClientConnection, ref: int, body: Any) -> Any:
    await socket_.send(encode_client_frame(ref, 0, body))
    frame = await receive(socket_)
    assert frame.ref == ref
    return frame.body


async def seated(place: Place, player_id: int, **options: Any) -> ClientConnection:
    socket_ = await connect(place.url, **options)
    await call(socket_, 1, wire.Hello(f"p{player_id}:{player_id}:player"))
    await call(socket_, 2, wire.JoinTable("r1"))
    return socket_


async def closed_with(socket_: ClientConnection) -> int | None:
    """Read to the end and return the close code."""
    with suppress(websockets.ConnectionClosed):
        while True:
            await socket_.recv()
    return socket_.close_code


async def test_bet_goes_through_and_the_table_is_heard(place: Place) -> None:
    async with connect(place.url, subprotocols=[Subprotocol("croupier.v1")]) as client:
        assert client.subprotocol == "croupier.v1"
        assert isinstance(await call(client, 1, wire.Hello("anna:7:player")), wire.Welcome)
        shown = await call(client, 2, wire.JoinTable("r1"))
        assert isinstance(shown, wire.TableSnapshot)
        bet = await call(client, 3, wire.PlaceBets("r1", ROUND, client_id(), [wire.Chip(17, 100)]))
        assert isinstance(bet, wire.BetsAccepted)
        assert bet.money == wire.Money(9_900, 100, 2)
        await place.news(1, events.BetsClosed(ROUND))
        push = await receive(client)
        assert (push.kind, push.ref, push.seq, push.body) == (Kind.PUSH, shown.stream, 1, wire.BetsClosed(ROUND))


async def test_every_one_of_a_hundred_clients_gets_every_event_in_order(place: Place) -> None:
    clients = await asyncio.gather(*(seated(place, n) for n in range(1, 101)))
    for version in range(1, 51):
        await place.news(version, events.RoundDecided(ROUND, version % 37))
    for client in clients:
        assert [(await receive(client)).seq for _ in range(50)] == list(range(1, 51))
    assert place.gateway.metrics.values()["sessions"] == 100
    await asyncio.gather(*(client.close() for client in clients))


async def test_thousand_pipelined_orders_are_answered_each_once(place: Place) -> None:
    client = await seated(place, 7)
    for ref in range(10, 1_010):
        await client.send(encode_client_frame(ref, 0, wire.Ping(ref)))
    assert [(await receive(client)).ref for _ in range(1_000)] == list(range(10, 1_010))
    await client.close()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"\xc1", Close.MALFORMED),
        ("text", Close.MALFORMED),
        (b"\x91" * 10_000, Close.MALFORMED),
        (bytes(16 * 1024 + 1), Close.FRAME_TOO_LARGE),
        (bytes(2_000_000), Close.FRAME_TOO_LARGE),
        ([bytes(10_000), bytes(10_000)], Close.FRAME_TOO_LARGE),
    ],
)
async def test_bad_message_closes_with_its_code(place: Place, message: Any, code: Close) -> None:
    client = await connect(place.url)
    with suppress(websockets.ConnectionClosed):
        await client.send(message)
    assert await closed_with(client) == code


async def test_ping_of_the_library_is_answered(place: Place) -> None:
    async with connect(place.url) as client:
        await (await client.ping())


async def test_newer_connection_of_a_player_replaces_the_older(place: Place) -> None:
    older = await seated(place, 7)
    newer = await seated(place, 7)
    assert await closed_with(older) == Close.SESSION_REPLACED
    assert isinstance(await call(newer, 3, wire.Ping(1)), wire.Pong)
    await newer.close()


async def test_reader_that_stops_reading_is_cut_and_the_others_are_not(place: Place) -> None:
    slow_socket = socket.socket()
    slow_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    slow_socket.connect(("127.0.0.1", place.gateway.port))
    slow_socket.setblocking(False)
    slow = await seated(place, 1, sock=slow_socket, max_queue=1)
    quick = await seated(place, 2)
    slow.transport.pause_reading()
    story = events.RoundVoided(ROUND, "x" * 50_000)
    version = 0
    while not place.gateway.metrics.slow_cuts_total:
        version += 1
        assert version < 1_000
        await place.news(version, story)
        assert (await receive(quick)).seq == version
    assert isinstance(await call(quick, 3, wire.Ping(1)), wire.Pong)
    assert place.gateway.metrics.values()["backlog_bytes"] == 0
    await quick.close()
    slow.transport.abort()


async def test_client_that_reads_again_in_time_gets_all_that_waited_in_order(place: Place) -> None:
    slow_socket = socket.socket()
    slow_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    slow_socket.connect(("127.0.0.1", place.gateway.port))
    slow_socket.setblocking(False)
    slow = await seated(place, 1, sock=slow_socket, max_queue=1)
    slow.transport.pause_reading()
    version = 0
    while not place.gateway.metrics.values()["backlog_bytes"]:
        version += 1
        assert version < 10_000
        await place.news(version, events.RoundVoided(ROUND, "x" * 10_000))
        await asyncio.sleep(0)
    slow.transport.resume_reading()
    assert [(await receive(slow)).seq for _ in range(version)] == list(range(1, version + 1))
    assert place.gateway.metrics.values()["behind"] == 0
    assert place.gateway.metrics.slow_cuts_total == 0
    await slow.close()


async def test_stop_tells_everyone_and_closes(place: Place) -> None:
    clients = [await seated(place, n) for n in (1, 2)]
    stopping = asyncio.create_task(place.gateway.stop())
    for client in clients:
        assert isinstance((await receive(client)).body, wire.Reconnect)
        assert await closed_with(client) == Close.GOING_AWAY
    await stopping
    with pytest.raises(ConnectionRefusedError):
        await connect(place.url)


async def test_no_listener_is_left_when_a_gateway_drains(place: Place) -> None:
    """Several share one socket, which listens as long as one of them is left."""
    await place.gateway.drain(0)
    await asyncio.sleep(0)  # uvloop closes in the next tick
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", place.gateway.port)


async def test_taken_port_is_an_os_error(place: Place) -> None:
    other = Gateway(
        "gateway/1",
        "127.0.0.1",
        place.gateway.port,
        place.post,
        HandClock(),
        verify_token=verify_toy_token,
        tables=list,
    )
    with pytest.raises(OSError, match="in use"):
        await other.start()
    await other.stop()


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_bytes_past_the_transport_and_through_it_keep_their_order(new_loop: Any) -> None:
    """A socket that takes little, frames of all sizes, reading in bursts: written straight, in part, and from the backlog."""

    async def run() -> None:
        place = Place(write_buffer_bytes=10_000_000)
        await place.gateway.start()
        client_socket = socket.socket()
        client_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client_socket.connect(("127.0.0.1", place.gateway.port))
        client_socket.setblocking(False)
        client = await seated(place, 1, sock=client_socket, max_queue=1)
        other = await seated(place, 2)
        for version in range(1, 301):
            await place.news(version, events.RoundVoided(ROUND, "x" * (version * 7_919 % 60_000)))
            assert (await receive(other)).seq == version
        assert place.gateway.metrics.values()["backlog_bytes"] > 0
        for version in range(1, 301):
            push = await receive(client)
            assert isinstance(push.body, wire.RoundVoided)
            assert (push.seq, len(push.body.reason)) == (version, version * 7_919 % 60_000)
        assert place.gateway.metrics.values()["behind"] == 0
        await client.close()
        await other.close()
        await place.gateway.stop()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run())
