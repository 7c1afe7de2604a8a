"""The receiving end of all streams to one host.

States of a stream: GREETED -> (right proof) WELCOME -> ended; anything else from one that is not trusted, or nothing for
`HELLO_S`, ends it: counted, logged without what was sent. A batch goes on when its stream ends; the sender sends it again
over the next one and gets the same answer (`actors/runtime/receiver.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, cast

import msgspec
import nacl.utils
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from server.streams.address import StreamAddress, forget_old_sockets, socket_path
from server.streams.frames import (
    FRAME_BYTES_MAX,
    HELLO_BYTES_MAX,
    VERSION,
    FrameError,
    FrameReader,
    Greeting,
    Hello,
    header,
)
from server.streams.keys import LinkKeys
from server.streams.link import WRITE_HIGH_BYTES, notice_vanished_peer

log = logging.getLogger(__name__)

#: A stream that has not introduced itself within this time is ended.
HELLO_S: Final = 5.0
#: Streams that have not introduced themselves, at once; more are ended unheard.
STRANGERS_MAX: Final = 64
#: Batches of one stream under way; then nothing more is read from it.
UNDER_WAY_MAX: Final = 256
NONCE_BYTES: Final = 32

#: Takes a batch; the future has its answer, or the exception of one that cannot be decoded.
Take = Callable[[bytes], "asyncio.Future[bytes]"]


class StreamListener:
    """All streams to one host. take: is handed every batch. node: Ray's id of this machine."""

    def __init__(self, host: str, node: str, keys: LinkKeys, take: Take) -> None:
        self.host = host
        self.life = time.time_ns()
        self.keys = keys
        self.take = take
        self.refused = 0
        self.accepted = 0
        self.broken = 0
        self.strangers: set[_Incoming] = set()
        self.streams: set[_Incoming] = set()
        self._node = node
        self._servers: list[asyncio.Server] = []
        self._socket: tuple[Path, int] | None = None  # and its inode
        self._address: StreamAddress | None = None
        self._registry = CollectorRegistry()
        self._registry.register(self)

    async def start(self, folder: Path, ip: str = "") -> StreamAddress:
        """Listen in the folder and, where an address is given, on a free TCP port of it. Raises OSError."""
        loop = asyncio.get_running_loop()
        forget_old_sockets(folder)
        path = socket_path(folder, self.keys.run, self.host)
        self._servers.append(await loop.create_unix_server(lambda: _Incoming(self), str(path)))
        path.chmod(0o600)
        self._socket = path, path.stat().st_ino
        port = 0
        if ip:
            context = self.keys.tls(is_listener=True)
            context.sslobject_class = _counted(self._note_refusal)
            server = await loop.create_server(
                lambda: _Incoming(self), ip, 0, ssl=context, ssl_handshake_timeout=HELLO_S
            )
            self._servers.append(server)
            port = server.sockets[0].getsockname()[1]
        self._address = StreamAddress(self.host, self.life, self._node, str(path), ip, port)
        return self._address

    def stop(self) -> None:
        """End listener and streams; answers that are written still leave. Safe to repeat."""
        for server in self._servers:
            server.close()
        for stream in (*self.strangers, *self.streams):
            stream.close()
        if self._socket is not None:
            path, inode = self._socket
            with contextlib.suppress(OSError):
                if path.stat().st_ino == inode:  # a successor may have put its own there
                    path.unlink()
            self._socket = None

    def refuse(self, stream: _Incoming, reason: str) -> None:
        """End a stream that has proved nothing."""
        self._note_refusal(reason)
        self.strangers.discard(stream)
        stream.abort()

    def _note_refusal(self, reason: str) -> None:
        self.refused += 1
        log.warning("a stream to %s is refused: %s", self.host, reason)

    def is_full(self) -> bool:
        """Tell whether as many are waiting to prove who they are as may."""
        return len(self.strangers) >= STRANGERS_MAX

    def metrics(self) -> bytes:
        """Return the listener's metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Yield counters and gauge."""
        for name, text, value in (
            ("accepted", "Streams from other hosts.", self.accepted),
            ("refused", "Streams ended because they proved nothing.", self.refused),
            ("broken", "Streams ended because of what came over them.", self.broken),
        ):
            counter = CounterMetricFamily(f"croupier_streams_{name}", text)
            counter.add_metric([], value)
            yield counter
        yield GaugeMetricFamily("croupier_streams_open", "Streams from other hosts, open now.", len(self.streams))


def _counted(on_failure: Callable[[str], None]) -> type[ssl.SSLObject]:
    """Return the type of TLS connections that tell when a handshake fails; asyncio tells nobody."""

    class Counted(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as error:
                on_failure(f"no handshake: {error.reason}")
                raise

    return Counted


class _Incoming(asyncio.Protocol):
    """One stream of one sender."""

    def __init__(self, listener: StreamListener) -> None:
        self._listener = listener
        self.transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader(HELLO_BYTES_MAX)
        self._nonce = nacl.utils.random(NONCE_BYTES)
        self._patience: asyncio.TimerHandle | None = None
        self._under_way = 0
        self._is_choked = False  # the sender does not read its answers
        self._is_reading = True
        self.sender = ""

    def close(self) -> None:
        """End the stream when what was written has left."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """End the stream now."""
        if self.transport is not None:
            self.transport.abort()

    # ------------------------------------------------------------ asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        listener = self._listener
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES)
        if listener.is_full():
            listener.refuse(self, "too many strangers")
            return
        listener.strangers.add(self)
        self._patience = self._loop.call_later(HELLO_S, listener.refuse, self, "it did not introduce itself in time")
        self._write(0, msgspec.msgpack.encode(Greeting(VERSION, listener.host, listener.life, self._nonce)))

    def data_received(self, data: bytes) -> None:
        try:
            for number, payload in self._reader.feed(data):
                if self.sender:
                    self._take(number, payload)
                elif not self._is_introduced(payload):
                    return
        except FrameError as error:
            self._give_up(str(error))

    def pause_writing(self) -> None:
        self._is_choked = True
        self._regulate()

    def resume_writing(self) -> None:
        self._is_choked = False
        self._regulate()

    def connection_lost(self, error: Exception | None) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self.transport = None
        self._listener.strangers.discard(self)
        self._listener.streams.discard(self)

    # ------------------------------------------------------------ introduction

    def _is_introduced(self, payload: bytes) -> bool:
        listener = self._listener
        try:
            hello = msgspec.msgpack.decode(payload, type=Hello)
        except msgspec.DecodeError:
            listener.refuse(self, "no introduction of ours")
            return False
        if hello.version != VERSION or not hello.host:
            listener.refuse(self, f"version {hello.version}, not {VERSION}")
            return False
        if not listener.keys.is_proof(hello.proof, self._nonce, hello.host, listener.host):
            listener.refuse(self, "the proof is wrong")
            return False
        self.sender = hello.host
        self._reader.limit = FRAME_BYTES_MAX
        if self._patience is not None:
            self._patience.cancel()
        if self.transport is not None and self.transport.get_extra_info("ssl_object") is not None:
            notice_vanished_peer(self.transport.get_extra_info("socket"))
        listener.accepted += 1
        listener.strangers.discard(self)
        listener.streams.add(self)
        self._write(0, b"")
        return True

    def _give_up(self, reason: str) -> None:
        if not self.sender:
            self._listener.refuse(self, reason)
            return
        self._listener.broken += 1
        log.error("the stream from %s to %s ends: %s", self.sender, self._listener.host, reason)
        self.abort()

    # ------------------------------------------------------------ batches

    def _take(self, number: int, blob: bytes) -> None:
        try:
            answer = self._listener.take(blob)
        except msgspec.DecodeError as error:
            raise FrameError(f"a batch cannot be decoded: {error}") from None
        if answer.done() and not answer.cancelled() and answer.exception() is None:
            self._write(number, answer.result())
            return
        self._under_way += 1
        self._regulate()
        answer.add_done_callback(lambda done: self._answer(number, done))

    def _answer(self, number: int, done: asyncio.Future[bytes]) -> None:
        self._under_way -= 1
        self._regulate()
        if done.cancelled():
            return  # the host is stopping; the end of the stream says the rest
        error = done.exception()
        if error is not None:
            self._give_up(f"a batch failed: {type(error).__name__}: {error}")
            return
        try:
            self._write(number, done.result())
        except FrameError as too_large:
            self._give_up(str(too_large))

    def _write(self, number: int, payload: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.writelines((header(number, payload), payload))

    def _regulate(self) -> None:
        """Read on only while answers leave and there is room for more batches."""
        wants = not self._is_choked and self._under_way < UNDER_WAY_MAX
        if wants != self._is_reading and self.transport is not None and not self.transport.is_closing():
            self._is_reading = wants
            (self.transport.resume_reading if wants else self.transport.pause_reading)()
