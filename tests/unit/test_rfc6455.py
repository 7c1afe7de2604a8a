"""What RFC 6455 demands of a server, clause by clause, byte by byte; docs/evidence/rfc6455.md lists clause and test.

Frames are written out by hand here: the library that the gateway is built on must not be its own witness.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from protocol.envelope import MAX_CLIENT_FRAME_BYTES as LARGEST
from protocol.errors import Close
from server.gateway.limits import GatewaySettings
from server.gateway.transport import frame_binary
from server.gateway.writing import Stage
from tests.unit.test_gateway_transport import Peer

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence" / "rfc6455.md"
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FIN = 0x80
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the RFC's own, 1.3
HEADERS = {
    "Host": "casino",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes = b"\x37\xfa\x21\x3d"
) -> bytes:
    """Return a masked frame with its length in the shortest form."""
    size = len(payload)
    first = (FIN if fin else 0) | rsv << 4 | opcode
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([first]) + length(size) + mask + masked


def length(size: int, *, masked: bool = True) -> bytes:
    bit = 0x80 if masked else 0
    if size < 126:
        return bytes([bit | size])
    if size < 65_536:
        return bytes([bit | 126]) + size.to_bytes(2, "big")
    return bytes([bit | 127]) + size.to_bytes(8, "big")


def request(line: str = "GET / HTTP/1.1", **changes: str | None) -> bytes:
    """Return a handshake; a change of None leaves a header out. Names are given with _ for -."""
    headers = HEADERS | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([line, *lines, "", ""]).encode("latin-1")


def answer(data: bytes, settings: GatewaySettings | None = None) -> tuple[Peer, str]:
    """Return the peer and all that the gateway answers to these bytes."""
    peer = Peer(settings)
    peer.connection.data_received(data)
    return peer, bytes(peer.transport.written).decode("latin-1")


class Wire:
    """An open connection, and the frames that come from it, taken apart by hand."""

    def __init__(self) -> None:
        self.peer = Peer()
        self.peer.connection.data_received(request())
        self.peer.transport.written.clear()

    def put(self, *frames: bytes) -> Wire:
        self.peer.connection.data_received(b"".join(frames))
        return self

    @property
    def heard(self) -> list[bytes]:
        """The messages that reached the gateway."""
        return self.peer.heard

    def frames(self) -> list[tuple[int, bytes]]:
        """Return opcode and payload of all that came; each must be whole, unmasked and of one piece."""
        data, frames = bytes(self.peer.transport.written), []
        while data:
            assert data[0] & 0xF0 == FIN
            size = data[1]
            assert size < 126
            frames.append((data[0] & 0x0F, data[2 : 2 + size]))
            data = data[2 + size :]
        return frames

    @property
    def close_code(self) -> int:
        """The code of the one close frame, the last of all frames."""
        frames = self.frames()
        assert [opcode for opcode, _ in frames].index(CLOSE) == len(frames) - 1
        return int.from_bytes(frames[-1][1][:2], "big")

    @property
    def is_open(self) -> bool:
        return self.peer.connection.stage is Stage.OPEN and not self.frames()


# ---------------------------------------------------------------- 4: the opening handshake


async def test_handshake_is_answered_with_the_key_of_the_rfc() -> None:
    peer, text = answer(request())
    lines = text.split("\r\n")
    assert lines[0] == "HTTP/1.1 101 Switching Protocols"
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in lines
    assert {"Upgrade: websocket", "Connection: Upgrade"} <= set(lines)
    assert text.endswith("\r\n\r\n")
    assert peer.opened == 1


@pytest.mark.parametrize("value", ["Upgrade", "keep-alive, upgrade", "UPGRADE"])
async def test_connection_header_may_have_more_words_in_any_case(value: str) -> None:
    assert answer(request(Connection=value))[0].opened == 1


async def test_upgrade_is_read_in_any_case() -> None:
    assert answer(request(Upgrade="WebSocket"))[0].opened == 1


async def test_header_names_are_read_in_any_case() -> None:
    data = request().replace(b"Sec-WebSocket-Key", b"sEC-wEBSOCKET-kEY").replace(b"Host", b"hOST")
    assert answer(data)[0].opened == 1


async def test_unknown_headers_are_passed_over() -> None:
    assert answer(request(X_Anything="x", Cookie="a=b", Authorization="Basic x"))[0].opened == 1


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("POST / HTTP/1.1"), 405),
        (request("HEAD / HTTP/1.1"), 405),
        (request("GET / HTTP/1.0"), 505),
        (request("GET / HTTP/2.0"), 400),
        (request("GET /"), 400),
        (request(Host=None), 400),
        (request().replace(b"Host: casino", b"Host: casino\r\nHost: other"), 400),
        (request(Upgrade=None), 426),
        (request(Upgrade="h2c"), 426),
        (request(Connection=None), 426),
        (request(Connection="close"), 426),
        (request(Sec_WebSocket_Key=None), 400),
        (request(Sec_WebSocket_Key="short"), 400),
        (request(Sec_WebSocket_Key="AAAA"), 400),
        (request().replace(b"\r\n\r\n", f"\r\nSec-WebSocket-Key: {KEY}\r\n\r\n".encode()), 400),
        (request(Sec_WebSocket_Version=None), 400),
        (request(Sec_WebSocket_Version="12"), 426),
        (request(Sec_WebSocket_Version="13, 8"), 426),
        (request(Sec_WebSocket_Protocol="not a token"), 400),
        (request(Content_Length="5"), 400),
        (request(Transfer_Encoding="chunked"), 400),
        (b"GET / HTTP/1.1\r\nHost casino\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n: casino\r\n\r\n", 400),
        (request(X_Long="a" * 9_000), 400),
        (request("GET /" + "a" * 9_000 + " HTTP/1.1"), 400),
        (request(**{f"X_{n}": "a" for n in range(200)}), 400),
    ],
)
async def test_request_that_breaks_a_rule_is_refused_and_never_opened(data: bytes, status: int) -> None:
    peer, text = answer(data)
    assert text.startswith(f"HTTP/1.1 {status} ")
    assert peer.opened == 0
    assert peer.transport.closing


async def test_other_version_is_told_the_one_we_speak() -> None:
    _, text = answer(request(Sec_WebSocket_Version="14"))
    assert "Sec-WebSocket-Version: 13\r\n" in text


async def test_refused_client_is_heard_no_more() -> None:
    peer, _ = answer(request(Sec_WebSocket_Version="12") + frame(BINARY, b"let me in"))
    peer.connection.data_received(frame(BINARY, b"and this"))
    assert peer.heard == []


@pytest.mark.parametrize(("offered", "taken"), [("croupier.v1", True), ("chat, croupier.v1", True), ("chat", False)])
async def test_subprotocol_is_one_that_was_offered_or_none(offered: str, taken: bool) -> None:
    peer, text = answer(request(Sec_WebSocket_Protocol=offered))
    assert ("Sec-WebSocket-Protocol: croupier.v1\r\n" in text) is taken
    assert peer.opened == 1


async def test_subprotocol_that_was_not_offered_is_not_named() -> None:
    assert "Sec-WebSocket-Protocol" not in answer(request())[1]


async def test_extensions_are_declined_by_leaving_them_out() -> None:
    peer, text = answer(request(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"))
    assert "Sec-WebSocket-Extensions" not in text
    assert peer.opened == 1


async def test_handshake_byte_by_byte_opens_once() -> None:
    peer = Peer()
    for byte in request():
        peer.connection.data_received(bytes([byte]))
    assert peer.opened == 1


async def test_request_without_end_is_cut() -> None:
    peer = Peer(GatewaySettings(close_linger_s=0))
    for _ in range(20):
        peer.connection.data_received(b"X-Header: more and more\r\n" * 100)
    assert bytes(peer.transport.written).startswith(b"HTTP/1.1 400 ")
    await asyncio.sleep(0.01)
    assert peer.transport.aborted
    assert peer.opened == 0


# ---------------------------------------------------------------- 5: frames


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 255, 256, 1_000, LARGEST])
async def test_message_of_every_form_of_length_is_heard_as_it_was_sent(size: int) -> None:
    payload = bytes(n % 251 for n in range(size))
    wire = Wire().put(frame(BINARY, payload))
    assert wire.heard == [payload]
    assert wire.is_open


@pytest.mark.parametrize("size", [0, 125, 126, 127, 65_535, 65_536, 65_537])
def test_frame_of_ours_is_unmasked_with_the_shortest_length(size: int) -> None:
    payload = bytes(size)
    assert frame_binary(payload) == bytes([FIN | BINARY]) + length(size, masked=False) + payload


@pytest.mark.parametrize("mask", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\x02\x03\x04"])
async def test_any_mask_is_taken_off(mask: bytes) -> None:
    assert Wire().put(frame(BINARY, b"payload", mask=mask)).heard == [b"payload"]


async def test_stream_byte_by_byte_is_heard_as_in_one_piece() -> None:
    wire = Wire()
    data = [
        frame(BINARY, b"one"),
        frame(PING, b"p"),
        frame(BINARY, b"tw", fin=False),
        frame(PING),
        frame(CONT, b"o"),
        frame(BINARY, bytes(300)),
        frame(CLOSE, b"\x03\xe8"),
    ]
    for byte in b"".join(data):
        wire.put(bytes([byte]))
    assert wire.heard == [b"one", b"two", bytes(300)]
    assert wire.frames() == [(PONG, b"p"), (PONG, b""), (CLOSE, b"\x03\xe8")]


@pytest.mark.parametrize("count", [2, 3, 64])
async def test_fragments_are_joined_in_their_order(count: int) -> None:
    pieces = [bytes([n]) * n for n in range(count)]
    frames = [frame(CONT, piece, fin=False) for piece in pieces[1:-1]]
    wire = Wire().put(frame(BINARY, pieces[0], fin=False), *frames, frame(CONT, pieces[-1]))
    assert wire.heard == [b"".join(pieces)]
    assert wire.is_open


async def test_control_frames_come_between_fragments_and_are_answered_at_once() -> None:
    wire = Wire().put(frame(BINARY, b"a", fin=False), frame(PING, b"now"), frame(PONG, b"unasked"))
    assert wire.frames() == [(PONG, b"now")]
    wire.put(frame(CONT, b"b"))
    assert wire.heard == [b"ab"]


@pytest.mark.parametrize("size", [0, 1, 125])
async def test_ping_is_answered_with_its_own_payload(size: int) -> None:
    assert Wire().put(frame(PING, bytes(size))).frames() == [(PONG, bytes(size))]


async def test_each_of_many_pings_is_answered_in_order() -> None:
    wire = Wire().put(*(frame(PING, bytes([n])) for n in range(10)))
    assert wire.frames() == [(PONG, bytes([n])) for n in range(10)]


async def test_unasked_pong_is_passed_over() -> None:
    assert Wire().put(frame(PONG, b"unasked")).is_open


HEAD_64 = bytes([FIN | BINARY, 0xFF])
BROKEN = {
    "reserved bit 1": (frame(BINARY, b"x", rsv=4), 1002),
    "reserved bit 2": (frame(BINARY, b"x", rsv=2), 1002),
    "reserved bit 3": (frame(PING, rsv=1), 1002),
    "reserved opcode of a message": (frame(3), 1002),
    "reserved opcode of control": (frame(11), 1002),
    "message without a mask": (bytes([FIN | BINARY, 1]) + b"x", 1002),
    "empty ping without a mask": (bytes([FIN | PING, 0]), 1002),
    "ping in fragments": (frame(PING, fin=False), 1002),
    "close in fragments": (frame(CLOSE, b"\x03\xe8", fin=False), 1002),
    "ping of 126 bytes": (frame(PING, bytes(126)), 1002),
    "ping of 70,000 bytes": (frame(PING, bytes(70_000))[:14], 1002),
    "close of 126 bytes": (frame(CLOSE, b"\x03\xe8" + bytes(124)), 1002),
    "continuation of nothing": (frame(CONT, b"x"), 1002),
    "last continuation of nothing": (frame(CONT, b"x", fin=False), 1002),
    "message within a message": (frame(BINARY, b"a", fin=False) + frame(BINARY, b"b"), 1002),
    "text within a message": (frame(BINARY, b"a", fin=False) + frame(TEXT, b"b"), 1002),
    "continuation after the end": (frame(BINARY, b"a", fin=False) + frame(CONT) + frame(CONT), 1002),
    "16 bits for a length below 126": (bytes([FIN | BINARY, 0xFE, 0, 125]) + bytes(129), 1002),
    "64 bits for a length below 65,536": (HEAD_64 + (65_535).to_bytes(8, "big") + bytes(8), 1002),
    "length with its highest bit set": (HEAD_64 + (1 << 63).to_bytes(8, "big") + bytes(8), 1002),
    "frame of one byte too much": (frame(BINARY, bytes(LARGEST + 1))[:14], Close.FRAME_TOO_LARGE),
    "frame of 65,536 bytes": (frame(BINARY, bytes(65_536))[:14], Close.FRAME_TOO_LARGE),
    "frame of 2^62 bytes": (HEAD_64 + (1 << 62).to_bytes(8, "big") + bytes(8), Close.FRAME_TOO_LARGE),
    "message too large in fragments": (
        frame(BINARY, bytes(LARGEST), fin=False) + frame(CONT, b"x"),
        Close.FRAME_TOO_LARGE,
    ),
    "message in too many fragments": (
        frame(BINARY, fin=False) + frame(CONT, fin=False) * 64,
        Close.FRAME_TOO_LARGE,
    ),
    "text": (frame(TEXT, b"hello"), Close.MALFORMED),
    "text that is no UTF-8": (frame(TEXT, b"\xff\xfe"), Close.MALFORMED),
    "text in fragments": (frame(TEXT, b"he", fin=False), Close.MALFORMED),
    "close of one byte": (frame(CLOSE, b"\x03"), 1002),
    "close whose reason is no UTF-8": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_broken_frame_closes_with_its_code_and_nothing_of_it_or_after_it_is_heard(kind: str) -> None:
    data, code = BROKEN[kind]
    wire = Wire().put(data, frame(BINARY, b"after"))
    assert wire.close_code == code
    assert wire.peer.connection.stage is Stage.CLOSING
    wire.put(frame(BINARY, b"later"))
    assert [heard for heard in wire.heard if heard in (b"after", b"later", b"b", b"x")] == []


@pytest.mark.parametrize("kind", BROKEN)
async def test_broken_frame_byte_by_byte_closes_with_the_same_code(kind: str) -> None:
    data, code = BROKEN[kind]
    wire = Wire()
    for byte in data:
        wire.put(bytes([byte]))
    assert wire.close_code == code


@pytest.mark.parametrize("kind", ["ping of 70,000 bytes", "frame of 2^62 bytes", "reserved opcode of control"])
async def test_broken_frame_is_refused_before_its_payload_has_come(kind: str) -> None:
    assert not Wire().put(BROKEN[kind][0]).is_open


# ---------------------------------------------------------------- 7: closing


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
async def test_close_with_a_code_that_may_be_sent_is_echoed(code: int) -> None:
    payload = code.to_bytes(2, "big") + "so long, žluťoučký".encode()
    wire = Wire().put(frame(CLOSE, payload))
    assert wire.frames() == [(CLOSE, payload)]
    assert wire.peer.transport.closing


async def test_close_without_a_code_is_echoed_without_one() -> None:
    wire = Wire().put(frame(CLOSE))
    assert wire.frames() == [(CLOSE, b"")]
    assert wire.peer.transport.closing


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
async def test_close_with_a_code_that_must_not_be_sent_is_a_protocol_error(code: int) -> None:
    assert Wire().put(frame(CLOSE, code.to_bytes(2, "big"))).close_code == 1002


async def test_close_with_the_longest_reason_is_echoed() -> None:
    payload = b"\x03\xe8" + b"x" * 123
    assert Wire().put(frame(CLOSE, payload)).frames() == [(CLOSE, payload)]


async def test_nothing_is_heard_or_answered_after_a_close() -> None:
    wire = Wire().put(frame(CLOSE, b"\x03\xe8"), frame(BINARY, b"late"), frame(PING, b"late"))
    assert wire.frames() == [(CLOSE, b"\x03\xe8")]
    assert wire.heard == []


async def test_nothing_is_sent_after_our_close_and_the_answer_ends_the_connection() -> None:
    wire = Wire()
    wire.peer.connection.close(Close.GOING_AWAY)
    wire.peer.connection.send(frame_binary(b"late"))
    wire.peer.outbox.flush()
    assert wire.close_code == Close.GOING_AWAY
    wire.put(frame(CLOSE, b"\x0f\xa0"))
    assert wire.close_code == Close.GOING_AWAY
    assert wire.peer.transport.closing


async def test_close_within_a_message_in_fragments_ends_the_connection() -> None:
    wire = Wire().put(frame(BINARY, b"half", fin=False), frame(CLOSE, b"\x03\xe8"))
    assert wire.frames() == [(CLOSE, b"\x03\xe8")]
    assert wire.heard == []


async def test_client_that_never_answers_our_close_is_cut() -> None:
    peer = Peer(GatewaySettings(close_linger_s=0))
    peer.connection.data_received(request())
    peer.connection.close(Close.GOING_AWAY)
    await asyncio.sleep(0.01)
    assert peer.transport.aborted


# ---------------------------------------------------------------- the list


def test_list_in_the_docs_names_every_test_and_every_kind_of_broken_frame_here_and_no_other() -> None:
    text = EVIDENCE.read_text(encoding="utf-8")
    ours = set(re.findall(r"^(?:async )?def (test_\w+)", Path(__file__).read_text(encoding="utf-8"), re.MULTILINE))
    listed = set(re.findall(r"`(test_\w+)`", text))
    assert listed == {name for name in ours if not name.startswith("test_list_in_the_docs")}
    kinds = re.findall(r"^\| (.+) \| (\d{4}) \|$", text, re.MULTILINE)
    assert {kind: int(code) for kind, code in kinds} == {kind: code for kind, (_, code) in BROKEN.items()}
