"""The short way through the handshake: it takes what browsers and our clients send, and never what the library refuses."""

from __future__ import annotations

import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.http11 import Request
from websockets.server import ServerProtocol

from server.gateway.handshake import OrdinaryRequest, bad_request, read_request, select_subprotocol

PLAIN = (
    b"GET /ws?x=1 HTTP/1.1",
    b"Host: casino.example:8081",
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Sec-WebSocket-Version: 13",
)
FIREFOX = (
    *PLAIN[:3],
    b"connection:  keep-alive, Upgrade ",
    *PLAIN[4:],
    b"Origin: https://casino.example",
    b"Sec-WebSocket-Extensions: permessage-deflate",
    b"Sec-WebSocket-Protocol: croupier.v1",
    b"Cookie:",
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
)


def by_library(head: bytes) -> bytes:
    """Return the library's answer as the gateway asks for it, without its date; "" for what is no request to it."""
    ws = ServerProtocol(select_subprotocol=select_subprotocol, max_size=None)
    ws.receive_data(head + b"\r\n\r\n")
    requests = [event for event in ws.events_received() if isinstance(event, Request)]
    if not requests:
        return b""
    response = bad_request(ws, requests[0]) or ws.accept(requests[0])
    if response.status_code != 101:
        return b""
    del response.headers["Date"]
    return response.serialize()


@pytest.mark.parametrize("lines", [PLAIN, FIREFOX], ids=["plain", "firefox"])
def test_ordinary_request_is_answered_as_by_the_library(lines: tuple[bytes, ...]) -> None:
    read = read_request(b"\r\n".join(lines))
    assert read is not None
    assert read.answer == by_library(b"\r\n".join(lines))


def test_ordinary_request_tells_its_host_and_origin() -> None:
    assert read_request(b"\r\n".join(FIREFOX)) == OrdinaryRequest(
        "casino.example:8081", ["https://casino.example"], by_library(b"\r\n".join(FIREFOX))
    )


@pytest.mark.parametrize(
    ("at", "line"),
    [
        (0, b"POST / HTTP/1.1"),
        (0, b"GET / HTTP/1.0"),
        (0, b"GET http://casino.example/ HTTP/1.1"),
        (1, b"Host:"),
        (1, b"Hosts: x"),
        (2, b"Upgrade: h2c"),
        (2, b"Upgrade: websocket, h2c"),
        (3, b"Connection: close"),
        (3, b"Connection: not-upgrade"),
        (4, b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR=="),
        (4, b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j"),
        (5, b"Sec-WebSocket-Version: 8"),
        (6, b"Sec-WebSocket-Protocol: chat"),
        (6, b"Sec-WebSocket-Protocol: chat, croupier.v1"),
        (6, b"Content-Length: 0"),
        (6, b"Transfer-Encoding: chunked"),
        (6, b"host: other.example"),
        (6, b" folded"),
        (6, b"Name : value"),
        (6, b"X: a\rb"),
        (6, b"X: \xe9"),
        (6, b"X: " + bytes(5_000).replace(b"\0", b"x")),
        (6, b"\r\n".join(b"X%d: y" % n for n in range(70))),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_request_of_any_other_form_is_left_to_the_library(at: int, line: bytes) -> None:
    lines = list(PLAIN)
    lines[at : at + 1] = [line]
    assert read_request(b"\r\n".join(lines)) is None


_PARTS = [
    *PLAIN,
    *FIREFOX,
    b"GET / HTTP/1.1",
    b"Sec-WebSocket-Protocol: a,croupier.v1",
    b"Connection: close",
    b"Connection: Upgrade,Upgrade",
    b"Upgrade: WebSocket",
    b"Upgrade: websocket\t",
    b"Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==",
    b"Sec-WebSocket-Key: /+hlIHNhbXBsZSBub25jZA==",
    b"Sec-WebSocket-Version: 013",
    b"Content-Length: 1",
    b"X-\x7f: y",
    b"X: \x00",
    b"X: a\nb",
    b"",
]


@given(st.lists(st.sampled_from(_PARTS), max_size=5), st.permutations(PLAIN[1:]), st.binary(max_size=3))
def test_what_is_taken_the_short_way_is_what_the_library_would_have_taken(
    more: list[bytes], plain: list[bytes], noise: bytes
) -> None:
    head = b"\r\n".join([PLAIN[0], *plain[: len(plain) - len(noise) % 2], *more]) + noise
    read = read_request(head)
    assert read is None or read.answer == by_library(head)


def test_date_is_what_the_library_says_besides() -> None:
    """Nothing else is left out of the answer: a date is for other statuses than 101 (RFC 9110, 6.6.1)."""
    ws = ServerProtocol(max_size=None)
    ws.receive_data(b"\r\n".join(PLAIN) + b"\r\n\r\n")
    (request,) = ws.events_received()
    assert isinstance(request, Request)
    assert email.utils.parsedate(ws.accept(request).headers["Date"])
