"""The sending end of a stream: a `Link` whose batches are frames, several under way, answers matched by number.

States: CLOSED -> (a send) CONNECTING -> OPEN -> (end of stream, wrong frame, silence) CLOSED. Whatever was under way when
a stream ends is LinkBroken at once; a later send looks the address up anew, because the host may live elsewhere by then.
How soon that happens is the courier's affair (`actors/runtime/lane.py`: only the oldest batch probes, with back-off).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Final, cast

import msgspec

from actors.runtime.link import LinkBroken
from server.streams.address import StreamAddress
from server.streams.frames import FRAME_BYTES_MAX, VERSION, FrameError, FrameReader, Greeting, Hello, header
from server.streams.keys import LinkKeys

log = logging.getLogger(__name__)

#: From the look-up of an address to an introduced stream.
CONNECT_S: Final = 3.0
#: More waiting to be written than this, and sends wait.
WRITE_HIGH_BYTES: Final = 4 * 1024 * 1024
#: A peer's machine that has vanished without a word is noticed after about this time.
VANISHED_S: Final = 5
NUMBER_MAX: Final = 2**32 - 1


class StreamLink:
    """To one host. look_up: asks it, through Ray, where it listens; raises LinkBroken. node: the machine we are on."""

    def __init__(
        self, host: str, us: str, node: str, keys: LinkKeys, look_up: Callable[[], Awaitable[StreamAddress]]
    ) -> None:
        self._host = host
        self._us = us
        self._node = node
        self._keys = keys
        self._look_up = look_up
        self._stream: _Outgoing | None = None
        self._connecting: asyncio.Task[_Outgoing] | None = None
        self._tls: ssl.SSLContext | None = None

    async def send(self, blob: bytes) -> bytes:
        """Carry a batch; see `Link.send`. Given up by its caller, it ends a stream that has been silent since."""
        stream = self._stream
        if stream is None or stream.is_lost:
            stream = await self._connected()
        return await stream.ask(blob)

    def close(self) -> None:
        """End the stream; what is under way is LinkBroken."""
        if self._stream is not None:
            self._stream.abort("closed here")

    async def _connected(self) -> _Outgoing:
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect(), name=f"connect {self._us} to {self._host}")
            self._connecting.add_done_callback(self._on_connected)
        return await asyncio.shield(self._connecting)  # others wait for the same

    def _on_connected(self, task: asyncio.Task[_Outgoing]) -> None:
        self._connecting = None
        if not task.cancelled() and task.exception() is None:
            self._stream = task.result()

    async def _connect(self) -> _Outgoing:
        try:
            async with asyncio.timeout(CONNECT_S):
                address = await self._look_up()
                stream = await self._open(address)
                try:
                    trouble = await stream.introduced
                except asyncio.CancelledError:
                    stream.abort("not introduced in time")
                    raise
        except TimeoutError:
            raise LinkBroken(f"no stream within {CONNECT_S:.0f} s") from None
        except OSError as error:  # ssl.SSLError is one
            raise LinkBroken(f"{type(error).__name__}: {error}") from None
        if trouble:
            raise LinkBroken(trouble)
        return stream

    async def _open(self, address: StreamAddress) -> _Outgoing:
        loop = asyncio.get_running_loop()

        def make() -> _Outgoing:
            return _Outgoing(self._us, address, self._keys)

        if address.node == self._node:
            return (await loop.create_unix_connection(make, address.path))[1]
        if not address.port:
            raise LinkBroken(f"{self._host} is on another machine and listens on its own only")
        if self._tls is None:
            self._tls = self._keys.tls(is_listener=False)
        transport, stream = await loop.create_connection(
            make, address.ip, address.port, ssl=self._tls, server_hostname="", ssl_handshake_timeout=CONNECT_S
        )
        notice_vanished_peer(transport.get_extra_info("socket"))
        return stream


def notice_vanished_peer(sock: socket.socket | None) -> None:
    """Let the kernel end a TCP stream whose peer's machine is gone."""
    if sock is None:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", 2),
        ("TCP_KEEPINTVL", 1),
        ("TCP_KEEPCNT", VANISHED_S - 2),
        ("TCP_USER_TIMEOUT", 1_000 * VANISHED_S),
    ):
        if hasattr(socket, name):  # Linux has them all
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class _Outgoing(asyncio.Protocol):
    """One stream. `introduced` is empty once batches may be sent, or says why they may not."""

    def __init__(self, us: str, address: StreamAddress, keys: LinkKeys) -> None:
        self._us = us
        self._address = address
        self._keys = keys
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader(FRAME_BYTES_MAX)
        self._transport: asyncio.Transport | None = None
        self._number = 0
        self._under_way: dict[int, asyncio.Future[bytes]] = {}
        self._writable: asyncio.Future[None] | None = None  # while writing is paused
        self._heard = 0  # how often something came
        self._reason = "the stream ended"
        self._is_greeted = False
        self.introduced: asyncio.Future[str] = self._loop.create_future()
        self.is_lost = False

    async def ask(self, blob: bytes) -> bytes:
        """Send a batch and return its answer. Raises LinkBroken."""
        while self._writable is not None and not self.is_lost:
            await asyncio.shield(self._writable)
        if self.is_lost or self._transport is None:
            raise LinkBroken(self._reason)
        self._number = number = self._number % NUMBER_MAX + 1
        try:
            self._transport.writelines((header(number, blob), blob))
        except FrameError as error:
            raise LinkBroken(str(error)) from None
        heard = self._heard
        answer = self._under_way[number] = self._loop.create_future()
        try:
            payload: bytes = await answer
            return payload
        except asyncio.CancelledError:
            self._under_way.pop(number, None)
            if self._heard == heard:
                self.abort("silent for too long")
            raise

    def abort(self, reason: str) -> None:
        """End the stream now."""
        self._reason = reason
        if self._transport is not None:
            self._transport.abort()
        self._end()

    # ------------------------------------------------------------ asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES)

    def data_received(self, data: bytes) -> None:
        self._heard += 1
        try:
            frames = self._reader.feed(data)
            for number, payload in frames:
                if number:
                    answer = self._under_way.pop(number, None)
                    if answer is not None and not answer.done():
                        answer.set_result(payload)
                elif not self._is_greeted:
                    self._introduce(payload)
                elif not self.introduced.done():
                    self.introduced.set_result("")
        except FrameError as error:
            log.error("stream from %s to %s: %s", self._us, self._address.host, error)
            self.abort(str(error))

    def _introduce(self, payload: bytes) -> None:
        try:
            greeting = msgspec.msgpack.decode(payload, type=Greeting)
        except msgspec.DecodeError:
            raise FrameError("no greeting of ours") from None
        if (greeting.version, greeting.host, greeting.life) != (VERSION, self._address.host, self._address.life):
            raise FrameError(f"{greeting.host} of version {greeting.version} answers, not the one that was looked up")
        proof = self._keys.proof(greeting.nonce, self._us, greeting.host)
        hello = msgspec.msgpack.encode(Hello(VERSION, self._us, proof))
        assert self._transport is not None
        self._transport.writelines((header(0, hello), hello))
        self._is_greeted = True

    def pause_writing(self) -> None:
        if self._writable is None:
            self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None:
            writable.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None and not self.is_lost:
            self._reason = f"the stream ended: {error}"
        self._end()

    def _end(self) -> None:
        """Tell everybody who waits, once."""
        if self.is_lost:
            return
        self.is_lost = True
        self.resume_writing()
        if not self.introduced.done():
            self.introduced.set_result(self._reason)
        under_way, self._under_way = self._under_way, {}
        for answer in under_way.values():
            if not answer.done():
                answer.set_exception(LinkBroken(self._reason))
