"""The cheapest honest client: real WebSocket frames over real sockets, no object per message, for load generation only.

It masks with the zero key (RFC 6455 5.3 asks for a key, not for a secret one towards a server of one's own), knows
only complete binary frames, ping and close, and hands payloads to a callback. Everything else uses the SDK.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

BINARY = 0x82
CLOSE = 0x88
PING = 0x89
PONG = 0x8A


def client_frame(payload: bytes) -> bytes:
    """Return one masked binary frame. Shape: up to 65,535 bytes."""
    size = len(payload)
    if size < 126:
        return bytes((BINARY, 0x80 | size, 0, 0, 0, 0)) + payload
    return bytes((BINARY, 0x80 | 126)) + size.to_bytes(2, "big") + bytes(4) + payload


def pong_frame(payload: bytes) -> bytes:
    """Return the masked answer to a ping."""
    return bytes((PONG, 0x80 | len(payload), 0, 0, 0, 0)) + payload


def close_frame(code: int) -> bytes:
    """Return the masked close frame with this code."""
    return bytes((CLOSE, 0x82, 0, 0, 0, 0)) + code.to_bytes(2, "big")


def close_code_of(payload: bytes) -> int:
    """Return what a close frame says; 1005: nothing."""
    return int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005


def split_frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the complete frames of a server as (first byte, payload), and the bytes behind them that are not complete."""
    frames: list[tuple[int, bytes]] = []
    position, size = 0, len(data)
    while size - position >= 2:
        length = data[position + 1]
        body = position + 2
        if length == 126:
            if size - body < 2:
                break
            length = int.from_bytes(data[body : body + 2], "big")
            body += 2
        elif length == 127:
            if size - body < 8:
                break
            length = int.from_bytes(data[body : body + 8], "big")
            body += 8
        if size - body < length:
            break
        frames.append((data[position], data[body : body + length]))
        position = body + length
    return frames, data[position:]


def upgrade_request(path: str, host: str) -> bytes:
    """Return the request that opens a WebSocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: croupier.v1\r\n\r\n"
    ).encode()


class LoadConnection(asyncio.Protocol):
    """One connection. on_payload(connection, payload) runs for every binary frame; on_lost(connection, reason) once."""

    def __init__(
        self,
        path: str,
        host: str,
        on_payload: Callable[[LoadConnection, bytes], None],
        on_lost: Callable[[LoadConnection, str], None],
    ) -> None:
        self._request = upgrade_request(path, host)
        self._on_payload = on_payload
        self._on_lost = on_lost
        self._rest = b""
        self._open = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None
        self.close_code = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self.transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("closed during the handshake"))
        self._on_lost(self, repr(exc) if exc else f"closed {self.close_code}")

    def send(self, payload: bytes) -> None:
        """Send one binary message; silently nothing on a closed connection (on_lost has been called)."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(client_frame(payload))

    def close(self) -> None:
        """Close politely with code 1000."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(close_frame(1000))
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        if not self._open:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._rest = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.ready.set_exception(ConnectionError(data[:end].decode("latin-1")))
                return
            self._open = True
            data = data[end + 4 :]
            self.ready.set_result(None)
        messages, self._rest = split_frames(data)
        for opcode, payload in messages:
            if opcode == BINARY:
                self._on_payload(self, payload)
            elif opcode == PING and self.transport is not None:
                self.transport.write(pong_frame(payload))
            elif opcode == CLOSE:
                self.close_code = close_code_of(payload)


async def connect(
    url: str,
    on_payload: Callable[[LoadConnection, bytes], None],
    on_lost: Callable[[LoadConnection, str], None],
) -> LoadConnection:
    """Open a connection and finish its handshake. Raises ConnectionError or OSError."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    _, protocol = await asyncio.get_running_loop().create_connection(
        lambda: LoadConnection(parts.path or "/", f"{host}:{port}", on_payload, on_lost), host, port
    )
    await asyncio.wait_for(protocol.ready, 20)
    return protocol
