"""Streams between hosts: the contract of links over a unix socket and over TLS, and who is let in."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from actors.runtime.batches import Codec
from actors.runtime.counters import Counters
from actors.runtime.courier import Courier
from actors.runtime.lane import LaneLimits
from actors.runtime.link import LinkBroken
from server.streams import listener as listening
from server.streams.address import StreamAddress, forget_old_sockets
from server.streams.frames import FRAME_BYTES_MAX, Greeting, Hello, header
from server.streams.keys import LinkKeys
from server.streams.link import StreamLink
from server.streams.listener import StreamListener
from tests.fakes.link import TOY_CONTRACTS, Ping, Pong, ToyHost
from tests.fakes.link_contract import Echo, LinkContract, answered

KEYS = LinkKeys(bytes(range(32)))
OTHER_KEYS = LinkKeys(bytes(32))


class StreamPair:
    """A stream link to an `Echo`; by TLS if the sender is said to be on another machine."""

    def __init__(self, folder: Path, node: str) -> None:
        self.folder = folder
        self.host = Echo()
        self.address: StreamAddress | None = None
        self.listener: StreamListener | None = None
        self.link = self.link_with(KEYS, node)

    def link_with(self, keys: LinkKeys, node: str) -> StreamLink:
        """Return a link of a sender that has these keys and is on that machine."""
        return StreamLink("wallet/0", "tables/rng", node, keys, self.look_up)

    async def look_up(self) -> StreamAddress:
        """Return where the host listens. Raises LinkBroken while there is none."""
        if self.address is None:
            raise LinkBroken("no host")
        return self.address

    async def restart(self) -> None:
        """Listen."""
        host = self.host = Echo()
        self.listener = StreamListener("wallet/0", "here", KEYS, lambda blob: asyncio.ensure_future(host.deliver(blob)))
        self.address = await self.listener.start(self.folder, "127.0.0.1")

    async def crash(self) -> None:
        """End all streams without a word more."""
        assert self.listener is not None
        self.address = None
        for stream in tuple(self.listener.streams):
            stream.abort()
        self.listener.stop()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short one: socket paths are limited."""
    with tempfile.TemporaryDirectory(prefix="cl", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture(params=["here", "elsewhere"])
async def pair(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[StreamPair]:
    """Over a unix socket, then over TLS."""
    one = StreamPair(folder, request.param)
    await one.restart()
    yield one
    one.link.close()
    assert one.listener is not None
    one.listener.stop()


class TestStreamLink(LinkContract):
    """The contract, twice."""


# ---------------------------------------------------------------- who is let in


async def test_sender_without_the_key_is_refused_counted_and_told_nothing(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pair = StreamPair(folder, "here")
    await pair.restart()
    assert pair.listener is not None
    with caplog.at_level(logging.WARNING), pytest.raises(LinkBroken):
        await pair.link_with(OTHER_KEYS, "here").send(b"one")
    assert (pair.listener.refused, pair.listener.accepted) == (1, 0)
    assert "a stream to wallet/0 is refused: the proof is wrong" in caplog.text
    assert b"croupier_streams_refused_total 1.0" in pair.listener.metrics()
    assert await pair.link.send(b"one") == b"re one"
    pair.link.close()
    pair.listener.stop()


async def test_sender_on_another_machine_trusts_no_listener_without_the_key(pair: StreamPair) -> None:
    with pytest.raises(LinkBroken):
        await pair.link_with(OTHER_KEYS, "elsewhere").send(b"one")
    assert pair.listener is not None
    assert pair.listener.accepted == 0


@pytest.mark.parametrize("shows_certificate", [False, True])
async def test_tls_listener_lets_nobody_in_without_the_certificate_not_even_one_who_trusts_blindly(
    pair: StreamPair, shows_certificate: bool
) -> None:
    blind = {False: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), True: OTHER_KEYS.tls(is_listener=False)}[shows_certificate]
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    with pytest.raises(OSError, match=r"alert|closed|reset"):
        await _greeting_over_tls(pair, blind)
    assert pair.listener is not None
    assert (pair.listener.refused, pair.listener.accepted) == (1, 0)


async def _greeting_over_tls(pair: StreamPair, context: ssl.SSLContext) -> bytes:
    assert pair.address is not None
    reader, _ = await asyncio.open_connection(pair.address.ip, pair.address.port, ssl=context)
    greeting = await reader.read(1)
    if not greeting:
        raise ConnectionResetError("closed")
    return greeting


async def stranger(pair: StreamPair) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Greeting]:
    """Connect to the unix socket by hand."""
    assert pair.address is not None
    reader, writer = await asyncio.open_unix_connection(pair.address.path)
    length = int.from_bytes((await reader.readexactly(8))[:4], "big")
    return reader, writer, msgspec.msgpack.decode(await reader.readexactly(length), type=Greeting)


def hello(nonce: bytes, to: str = "wallet/0", version: int = 1) -> bytes:
    """Return the frame of an introduction."""
    payload = msgspec.msgpack.encode(Hello(version, "gateway/0", KEYS.proof(nonce, "gateway/0", to)))
    return header(0, payload) + payload


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(lambda _: b"GET / HTTP/1.1\r\n\r\n", id="http"),
        pytest.param(lambda _: header(0, b"\xff\xff") + b"\xff\xff", id="garbage"),
        pytest.param(lambda _: header(1, bytes(2_000)) + bytes(2_000), id="too long for an introduction"),
        pytest.param(lambda _: hello(bytes(32)), id="proof of another stream"),
        pytest.param(lambda nonce: hello(nonce, to="wallet/1"), id="proof for another host"),
        pytest.param(lambda nonce: hello(nonce, version=9), id="another version"),
    ],
)
async def test_wrong_introduction_ends_the_stream(folder: Path, said: object) -> None:
    pair = StreamPair(folder, "here")
    await pair.restart()
    assert pair.listener is not None
    reader, writer, greeting = await stranger(pair)
    assert callable(said)
    writer.write(said(greeting.nonce))
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    assert (pair.listener.refused, pair.listener.accepted) == (1, 0)
    writer.close()
    pair.listener.stop()


async def test_stranger_who_says_nothing_is_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "HELLO_S", 0.05)
    pair = StreamPair(folder, "here")
    await pair.restart()
    assert pair.listener is not None
    reader, writer, _ = await stranger(pair)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    assert pair.listener.refused == 1
    writer.close()
    pair.listener.stop()


async def test_crowd_of_strangers_is_limited_and_keeps_nobody_out_for_long(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "STRANGERS_MAX", 3)
    pair = StreamPair(folder, "here")
    await pair.restart()
    assert pair.listener is not None
    crowd = [await stranger(pair) for _ in range(3)]
    with pytest.raises(LinkBroken):
        await pair.link.send(b"one")
    for _, writer, _ in crowd:
        writer.close()
    assert await answered(pair.link, b"one") == b"re one"
    pair.link.close()
    pair.listener.stop()


async def test_frame_above_the_limit_ends_a_trusted_stream_by_its_header_alone(folder: Path) -> None:
    pair = StreamPair(folder, "here")
    await pair.restart()
    assert pair.listener is not None
    reader, writer, greeting = await stranger(pair)
    writer.write(hello(greeting.nonce))
    await reader.readexactly(8)  # welcome
    writer.write((FRAME_BYTES_MAX + 1).to_bytes(4, "big") + bytes(4))
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    assert (pair.listener.refused, pair.listener.broken) == (0, 1)
    writer.close()
    pair.listener.stop()


# ---------------------------------------------------------------- streams that fail


async def test_host_restarted_elsewhere_is_found_because_the_address_is_looked_up_anew(pair: StreamPair) -> None:
    assert await pair.link.send(b"one") == b"re one"
    before = pair.address
    await pair.crash()
    await pair.restart()
    assert await answered(pair.link, b"two") == b"re two"
    assert before is not None
    assert pair.address is not None
    assert pair.address.life != before.life


async def test_outdated_address_is_noticed_and_not_used(pair: StreamPair) -> None:
    assert pair.address is not None
    pair.address = msgspec.structs.replace(pair.address, life=1)
    with pytest.raises(LinkBroken, match="looked up"):
        await pair.link.send(b"one")


async def test_silent_stream_given_up_by_its_sender_is_ended_and_the_next_send_has_a_new_one(pair: StreamPair) -> None:
    """A hung machine keeps its TCP stream: sending into it again and again would help nobody."""
    assert await pair.link.send(b"one") == b"re one"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await pair.link.send(b"wait")
    assert await pair.link.send(b"two") == b"re two"
    assert pair.listener is not None
    assert pair.listener.accepted == 2


async def test_sender_that_does_not_read_its_answers_is_read_no_further(folder: Path) -> None:
    pair = StreamPair(folder, "here")
    await pair.restart()
    assert pair.listener is not None
    reader, writer, greeting = await stranger(pair)
    writer.write(hello(greeting.nonce))
    await reader.readexactly(8)
    blob = bytes(1_000_000)
    frame = header(1, blob) + blob
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(_write_many(writer, frame), 1)
    stream = next(iter(pair.listener.streams))
    assert stream.transport is not None
    assert not stream.transport.is_reading()
    assert stream.transport.get_write_buffer_size() < 30_000_000
    writer.transport.abort()
    pair.listener.stop()


async def _write_many(writer: asyncio.StreamWriter, frame: bytes) -> None:
    for _ in range(100):
        writer.write(frame)
        await writer.drain()


async def test_courier_over_streams_that_are_cut_keeps_order_and_runs_nothing_twice(pair: StreamPair) -> None:
    there, here = ToyHost("toy/a"), ToyHost("toy/home")
    assert pair.listener is not None
    pair.listener.take = lambda blob: there.receiver.take(blob)
    courier = Courier(
        here.receiver,
        host="here",
        incarnation=7,
        codec=Codec(TOY_CONTRACTS),
        host_of={"toy/a": "wallet/0"}.get,
        connect=lambda _: pair.link,
        counters=(counters := Counters()),
        limits=LaneLimits(in_flight=4, slow_s=0.01),
    )
    asks = []
    for n in range(600):
        asks.append(asyncio.ensure_future(courier.ask_all("toy/a", [Ping(n)], 20)))
        if n % 3 == 0:
            await asyncio.sleep(0.001)
        if n % 100 == 50:
            for stream in tuple(pair.listener.streams):
                stream.abort()
    assert [answer for replies in await asyncio.gather(*asks) for answer in replies] == [Pong(n, 1) for n in range(600)]
    assert there.actors["toy/a"].seen == list(range(600))
    assert counters.links_broken > 0
    courier.close()


def test_sockets_of_killed_processes_are_removed_and_others_left(folder: Path) -> None:
    dead, young, file = folder / "dead", folder / "young", folder / "file"
    for path in (dead, young):
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
    file.write_text("not ours")
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind(str(folder / "alive"))
        alive.listen()
        for path in (dead, file, folder / "alive"):
            os.utime(path, (1, 1))
        forget_old_sockets(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["alive", "file", "young"]
