"""The WebSocket on its transport: framing, limits, closing; driven byte by byte, without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

from protocol.envelope import MAX_CLIENT_FRAME_BYTES
from protocol.errors import Close
from server.gateway.limits import GatewaySettings
from server.gateway.metrics import GatewayMetrics
from server.gateway.transport import WsConnection, frame_binary
from server.gateway.writing import Outbox, Stage
from server.origins import Origins
from tests.fakes.gateway import FakeTransport


class Peer:
    """A connection with a listener that keeps what it hears, and the client machine at its other end."""

    def __init__(
        self,
        settings: GatewaySettings | None = None,
        *,
        stuck: bool = False,
        origin: str | None = None,
        subprotocols: list[Subprotocol] | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.metrics = GatewayMetrics("gateway/0")
        self.outbox = Outbox(loop, self.metrics)
        self.connection = WsConnection(self, self.outbox, settings or GatewaySettings(), loop)
        self.transport = FakeTransport(self.connection, stuck=stuck)
        self.machine = ClientProtocol(
            parse_uri("ws://casino/"), origin=Origin(origin) if origin else None, subprotocols=subprotocols
        )
        self.opened = 0
        self.closed = 0
        self.heard: list[bytes] = []
        self.on_heard: Callable[[], None] = lambda: None
        self.connection.connection_made(self.transport)

    def on_open(self, connection: WsConnection) -> None:
        self.opened += 1

    def on_message(self, connection: WsConnection, data: bytes) -> None:
        self.heard.append(data)
        self.on_heard()

    def on_closed(self, connection: WsConnection) -> None:
        self.closed += 1

    def request(self) -> bytes:
        self.machine.send_request(self.machine.connect())
        return b"".join(self.machine.data_to_send())

    def open(self) -> Peer:
        self.connection.data_received(self.request())
        self.read()
        assert self.connection.stage is Stage.OPEN
        return self

    def read(self) -> list[Frame]:
        data, self.transport.written = bytes(self.transport.written), bytearray()
        if data:
            self.machine.receive_data(data)
        return [event for event in self.machine.events_received() if isinstance(event, Frame)]

    def wire(self) -> bytes:
        """Return what the client machine has to send."""
        return b"".join(self.machine.data_to_send())

    def binary(self, payload: bytes) -> bytes:
        return Frame(Opcode.BINARY, payload).serialize(mask=True)

    @property
    def close_code(self) -> int | None:
        self.read()
        return self.machine.close_rcvd.code if self.machine.close_rcvd else None


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_frame_is_what_the_library_would_write(size: int) -> None:
    payload = bytes(size)
    assert frame_binary(payload) == Frame(Opcode.BINARY, payload).serialize(mask=False)


async def test_handshake_opens_and_takes_our_subprotocol_if_offered() -> None:
    peer = Peer(subprotocols=[Subprotocol("other"), Subprotocol("croupier.v1")]).open()
    assert (peer.opened, peer.machine.subprotocol) == (1, "croupier.v1")


async def test_handshake_without_our_subprotocol_opens_too() -> None:
    peer = Peer().open()
    assert peer.machine.subprotocol is None


async def test_handshake_may_come_in_pieces_with_a_frame_behind_it() -> None:
    peer = Peer()
    data = peer.request() + peer.binary(b"early")
    for at in range(0, len(data), 7):
        peer.connection.data_received(data[at : at + 7])
    assert peer.heard == [b"early"]


async def test_request_that_is_no_websocket_is_answered_and_closed() -> None:
    peer = Peer()
    peer.connection.data_received(b"GET / HTTP/1.1\r\nHost: casino\r\n\r\n")
    assert bytes(peer.transport.written).startswith(b"HTTP/1.1 426")
    assert peer.transport.closing
    assert peer.opened == 0


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01 hello tls\r\n\r\n", b"x" * 20_000, b"GET / HTTP/1.1\r\n" + b"a" * 20_000]
)
async def test_bytes_that_are_no_http_end_the_connection(data: bytes) -> None:
    peer = Peer(GatewaySettings(close_linger_s=0))
    peer.connection.data_received(data)
    await asyncio.sleep(0.01)
    assert peer.transport.closing
    assert peer.opened == 0


async def test_foreign_origin_is_refused_when_origins_are_set() -> None:
    peer = Peer(GatewaySettings(origins=Origins(["https://casino"], 8080)), origin="https://evil")
    peer.connection.data_received(peer.request())
    assert bytes(peer.transport.written).startswith(b"HTTP/1.1 403")


async def test_own_origin_and_no_origin_are_accepted_when_origins_are_set() -> None:
    settings = GatewaySettings(origins=Origins(["https://casino"], 8080))
    assert Peer(settings, origin="https://casino").open().opened == 1
    assert Peer(settings).open().opened == 1


async def test_messages_arrive_whole_however_the_bytes_are_cut() -> None:
    payloads = [bytes([n]) * size for n, size in enumerate([0, 1, 125, 126, 300, MAX_CLIENT_FRAME_BYTES])]
    peer = Peer().open()
    data = b"".join(peer.binary(payload) for payload in payloads)
    for at in range(0, len(data), 997):
        peer.connection.data_received(data[at : at + 997])
    assert peer.heard == payloads


async def test_message_in_fragments_arrives_whole_with_a_ping_between() -> None:
    peer = Peer().open()
    peer.machine.send_binary(b"one ", fin=False)
    peer.machine.send_ping(b"still there?")
    peer.machine.send_continuation(b"two", fin=True)
    peer.machine.send_binary(b"three")
    peer.connection.data_received(peer.wire())
    assert peer.heard == [b"one two", b"three"]
    assert [(frame.opcode, bytes(frame.data)) for frame in peer.read()] == [(Opcode.PONG, b"still there?")]


@pytest.mark.parametrize("size", [MAX_CLIENT_FRAME_BYTES + 1, 70_000, 2**62])
async def test_frame_above_the_limit_closes_before_its_payload_is_read(size: int) -> None:
    peer = Peer().open()
    head = b"\x82\xfe" + size.to_bytes(2, "big") if size < 65_536 else b"\x82\xff" + size.to_bytes(8, "big")
    peer.connection.data_received(head + b"mask" + b"the beginning")
    assert peer.close_code == Close.FRAME_TOO_LARGE
    assert peer.heard == []


async def test_bytes_after_an_oversized_frame_are_thrown_away() -> None:
    peer = Peer().open()
    peer.connection.data_received(b"\x82\xfe\xff\xffmask")
    peer.connection.data_received(peer.binary(b"more"))
    assert peer.heard == []
    assert peer.transport.eof


async def test_fragments_above_the_limit_close() -> None:
    peer = Peer().open()
    half = bytes(MAX_CLIENT_FRAME_BYTES // 2 + 1)
    peer.connection.data_received(Frame(Opcode.BINARY, half, fin=False).serialize(mask=True))
    peer.connection.data_received(Frame(Opcode.CONT, half, fin=False).serialize(mask=True))
    assert peer.close_code == Close.FRAME_TOO_LARGE


async def test_endless_empty_fragments_close() -> None:
    peer = Peer().open()
    peer.connection.data_received(Frame(Opcode.BINARY, b"", fin=False).serialize(mask=True))
    for _ in range(100):
        peer.connection.data_received(Frame(Opcode.CONT, b"", fin=False).serialize(mask=True))
    assert peer.close_code == Close.FRAME_TOO_LARGE


async def test_text_frame_closes_as_malformed() -> None:
    peer = Peer().open()
    peer.machine.send_text(b"hello")
    peer.connection.data_received(peer.wire())
    assert peer.close_code == Close.MALFORMED


@pytest.mark.parametrize(
    "data",
    [
        Frame(Opcode.BINARY, b"naked, no mask").serialize(mask=False),
        b"\xc2\x80mask",  # a reserved bit
        b"\x83\x80mask",  # an opcode that does not exist
        b"\x80\x80mask",  # a continuation of nothing
        b"\x09\x80mask",  # a ping in fragments
    ],
)
async def test_broken_framing_is_a_protocol_error(data: bytes) -> None:
    peer = Peer().open()
    peer.connection.data_received(data)
    assert peer.close_code == 1002
    assert peer.heard == []


async def test_close_of_the_client_is_echoed_and_the_socket_closed() -> None:
    peer = Peer().open()
    peer.machine.send_close(1000, "bye")
    peer.connection.data_received(peer.wire())
    assert peer.close_code == 1000
    assert peer.transport.closing


async def test_close_sends_what_waits_first_and_hears_nothing_after() -> None:
    peer = Peer().open()
    peer.connection.send(frame_binary(b"last words"))
    peer.connection.close(Close.GOING_AWAY, "draining")
    frames = peer.read()
    assert [bytes(frame.data) for frame in frames if frame.opcode is Opcode.BINARY] == [b"last words"]
    peer.connection.data_received(peer.binary(b"too late"))
    assert peer.close_code == Close.GOING_AWAY
    assert peer.heard == []


async def test_socket_is_closed_when_the_client_answers_our_close() -> None:
    peer = Peer().open()
    peer.connection.close(Close.GOING_AWAY)
    peer.read()
    peer.connection.data_received(peer.wire())
    assert peer.transport.closing
    assert not peer.transport.aborted


async def test_socket_is_cut_when_the_client_does_not_answer_our_close() -> None:
    peer = Peer(GatewaySettings(close_linger_s=0)).open()
    peer.connection.close(Close.GOING_AWAY)
    await asyncio.sleep(0.01)
    assert peer.transport.aborted
    assert peer.closed == 1


async def test_listener_that_closes_hears_nothing_more_of_the_same_bytes() -> None:
    peer = Peer().open()
    peer.on_heard = lambda: peer.connection.close(Close.MALFORMED)
    peer.connection.data_received(peer.binary(b"one") + peer.binary(b"two"))
    assert peer.heard == [b"one"]


async def test_frames_of_one_tick_are_one_write() -> None:
    peer = Peer().open()
    before = peer.transport.writes
    for n in range(5):
        peer.connection.send(frame_binary(bytes([n])))
    peer.outbox.flush()
    assert peer.transport.writes == before + 1
    assert [bytes(frame.data) for frame in peer.read()] == [bytes([n]) for n in range(5)]


async def test_broadcast_passes_over_connections_that_are_not_open() -> None:
    alive, dead = Peer().open(), Peer().open()
    dead.connection.connection_lost(None)
    alive.outbox.broadcast([dead.connection, alive.connection], frame_binary(b"news"))
    alive.outbox.flush()
    assert [bytes(frame.data) for frame in alive.read()] == [b"news"]
    assert dead.read() == []


async def test_slow_reader_is_cut_with_its_code() -> None:
    peer = Peer(GatewaySettings(write_buffer_bytes=10_000, close_linger_s=0)).open()
    peer.transport.stuck = True
    for _ in range(12):
        peer.connection.send(frame_binary(bytes(1_000)))
        peer.outbox.flush()
    assert peer.metrics.slow_cuts_total == 1
    assert peer.close_code == Close.SLOW_CONSUMER
    await asyncio.sleep(0.01)
    assert peer.transport.aborted


async def test_send_after_the_connection_is_lost_does_nothing() -> None:
    peer = Peer().open()
    peer.connection.connection_lost(ConnectionResetError())
    peer.connection.send(frame_binary(b"anyone?"))
    peer.connection.close(Close.GOING_AWAY)
    peer.outbox.flush()
    assert peer.read() == []
    assert peer.closed == 1


async def test_connection_lost_between_send_and_flush_does_nothing() -> None:
    peer = Peer().open()
    peer.connection.send(frame_binary(b"anyone?"))
    peer.connection.connection_lost(None)
    peer.outbox.flush()
    assert peer.read() == []
