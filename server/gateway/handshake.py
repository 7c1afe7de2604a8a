"""The opening handshake of nearly every client, read and answered without a machine; the library sees to all others.

Taken here is only what RFC 6455 (4.2.1) asks for and no more of it can be doubted: one line a header, each of them once, no
body, one subprotocol or none. Whatever is not of this form may still be right, or wrong in a way that has an answer:
`read_request` says None, and `websockets` decides.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from protocol.envelope import SUBPROTOCOL as _SUBPROTOCOL

SUBPROTOCOL: Final = Subprotocol(_SUBPROTOCOL)

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_GET: Final = re.compile(rb"GET /[!-~]* HTTP/1\.1").fullmatch
_HEADER: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([ -~\t]*)").fullmatch
#: 16 bytes in base64: the last digit before the padding has four bits that are not used, and are 0.
_KEY: Final = re.compile(rb"[A-Za-z0-9+/]{21}[AQgw]==").fullmatch
_HEAD_BYTES_MAX: Final = 4_096
_HEADERS_MAX: Final = 64
_WITH_BODY: Final = (b"content-length", b"transfer-encoding")
_ACCEPTED: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
)
_CHOSEN: Final = b"\r\nSec-WebSocket-Protocol: " + SUBPROTOCOL.encode()


class OrdinaryRequest(NamedTuple):
    """A request that may be accepted. origins: every `Origin` header. answer: the bytes that accept it."""

    host: str
    origins: Sequence[str]
    answer: bytes


def read_request(head: bytes) -> OrdinaryRequest | None:
    """Return what a request's head says, up to its empty line and without it; None: it is for the library to judge."""
    first, *lines = head.split(b"\r\n")
    if len(head) > _HEAD_BYTES_MAX or len(lines) > _HEADERS_MAX or not _GET(first):
        return None
    found: dict[bytes, bytes] = {}
    for line in lines:
        parts = _HEADER(line)
        if parts is None or found.setdefault(parts[1].lower(), value := parts[2].rstrip(b" \t")) is not value:
            return None
    offered = found.get(b"sec-websocket-protocol")
    key = found.get(b"sec-websocket-key", b"")
    if (
        not found.get(b"host")
        or found.get(b"upgrade", b"").lower() != b"websocket"
        or b"upgrade" not in found.get(b"connection", b"").lower().replace(b" ", b"").split(b",")
        or found.get(b"sec-websocket-version") != b"13"
        or not _KEY(key)
        or offered not in (None, SUBPROTOCOL.encode())
        or any(name in found for name in _WITH_BODY)
    ):
        return None
    origin = found.get(b"origin")
    accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    answer = b"".join((_ACCEPTED, accept, _CHOSEN if offered else b"", b"\r\n\r\n"))
    return OrdinaryRequest(found[b"host"].decode(), [] if origin is None else [origin.decode()], answer)


def bad_request(ws: ServerProtocol, request: Request) -> Response | None:
    """Return the answer to a request without one host, or for another version; the library sees to all the rest."""
    if len(request.headers.get_all("Host")) != 1:
        return ws.reject(HTTPStatus.BAD_REQUEST, "one Host header is due\n")
    versions = request.headers.get_all("Sec-WebSocket-Version")
    if len(versions) == 1 and versions[0] != "13":
        response = ws.reject(HTTPStatus.UPGRADE_REQUIRED, "only version 13 is spoken here\n")
        response.headers["Sec-WebSocket-Version"] = "13"
        return response
    return None


def select_subprotocol(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Take our subprotocol if it is offered; a client that offers none is welcome too."""
    return SUBPROTOCOL if SUBPROTOCOL in offered else None
