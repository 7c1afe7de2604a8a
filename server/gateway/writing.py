"""What the gateway sends to a connection: one write a tick, and a backlog while the socket takes no more."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum
from typing import Final

from protocol.errors import Close
from server.gateway.backlog import Backlog, Topic
from server.gateway.limits import GatewaySettings
from server.gateway.metrics import GatewayMetrics

#: The transport is given this much at a time of what waits in our backlog.
_PAUSE_BYTES: Final = 64 * 1024
#: What is in no hurry goes to so many connections at a time, or in so many slices, with a pause between two of them:
#: else every bet that comes meanwhile waits for a thousand writes.
_SLICE: Final = 64
_SLICES: Final = 16
_SLICE_EVERY_S: Final = 0.002


class Stage(IntEnum):
    """Where a connection is; see the table above."""

    HANDSHAKE = 0
    OPEN = 1
    CLOSING = 2
    CLOSED = 3


#: Found as quickly as any other name: Python 3.11 takes 0.2 us to find a member in its enum.
OPEN: Final = Stage.OPEN
HANDSHAKE: Final = Stage.HANDSHAKE


class Outbox:
    """Joins what one tick of the loop sends to each connection into one write.

    The first broadcast of a tick does not wait for the tick's end: it is the one that nearly always stays alone. It goes
    past an idle transport, straight to the socket; what follows it in the same tick is joined. What is in no hurry is
    written in slices; whoever is sent something else before his turn gets both at once, in order.
    """

    __slots__ = ("_dirty", "_has_broadcast", "_late", "_loop", "_slice", "behind", "metrics")

    def __init__(self, loop: asyncio.AbstractEventLoop, metrics: GatewayMetrics) -> None:
        self._loop = loop
        self._dirty: list[WriteSide] = []
        self._late: deque[WriteSide] = deque()  # for whom waits only what is in no hurry
        self._slice = _SLICE
        self._has_broadcast = False  # in this tick
        self.metrics = metrics
        #: Connections with a backlog, and what waits in each.
        self.behind: dict[WriteSide, Backlog] = {}
        metrics.gauges["behind"] = lambda: len(self.behind)
        metrics.gauges["backlog_bytes"] = lambda: sum(backlog.size for backlog in self.behind.values())

    def send(self, connection: WriteSide, frame: bytes) -> None:
        """Send a frame, kept, at the end of this tick. To a connection that is not open: nothing happens."""
        connection.send(frame)

    def send_latest(self, connections: Iterable[WriteSide], topic: Topic, frame: bytes) -> None:
        """Send to all of them, at the end of this tick, what makes every older frame of its topic worthless."""
        for connection in connections:
            if connection.paused:
                connection.keep_latest(topic, frame)
            else:
                self.send(connection, frame)

    def broadcast(self, connections: Iterable[WriteSide], *frames: bytes) -> None:
        """Send the same frames, kept, to all of them."""
        data = frames[0] if len(frames) == 1 else b"".join(frames)
        if self._has_broadcast or (len(frames) > 1 and len(data) > _PAUSE_BYTES):
            for connection in connections:
                connection.send_all(frames)
        else:
            self._has_broadcast = True
            self._loop.call_soon(self._end_tick)
            self._write_at_once(connections, frames, data)

    def _write_at_once(self, connections: Iterable[WriteSide], frames: Sequence[bytes], data: bytes) -> None:
        """Write where nothing waits, let it wait elsewhere. One after the other, without a list or a call of ours between."""
        write, size, writes = os.write, len(data), 0
        for connection in connections:
            descriptor = connection.descriptor
            if descriptor < 0:
                connection.send_all(frames)
                continue
            writes += 1
            try:
                sent = write(descriptor, data)
            except OSError:  # full, or broken: the transport finds out and acts on it
                sent = 0
            if sent != size:
                connection.write_rest(data[sent:])
        self.metrics.frames_out_total += writes * len(frames)
        self.metrics.bytes_out_total += writes * size
        self.metrics.writes_total += writes

    def _end_tick(self) -> None:
        self._has_broadcast = False

    def spread(self, connections: Collection[WriteSide], *frames: bytes) -> None:
        """Send the same frames, kept, to all of them within some thirty milliseconds."""
        if len(connections) <= _SLICE:
            self.broadcast(connections, *frames)
            return
        late = self._late
        if not late:
            self._loop.call_soon(self._write_slice)
        self._slice = max(_SLICE, len(connections) // _SLICES)
        for connection in connections:
            if connection.stage is OPEN:
                if not connection.waiting:
                    connection.descriptor = -1
                    connection.is_late = True
                    late.append(connection)
                connection.waiting += frames

    def _write_slice(self) -> None:
        late = self._late
        some = [late.popleft() for _ in range(min(self._slice, len(late)))]
        self._write_out([connection for connection in some if connection.is_late])
        if late:
            self._loop.call_later(_SLICE_EVERY_S, self._write_slice)

    def mark(self, connection: WriteSide) -> None:
        """Note that something waits for a connection: it is written at the end of this tick."""
        connection.descriptor = -1
        connection.is_late = False
        if not self._dirty:
            self._loop.call_soon(self.flush)
        self._dirty.append(connection)

    def flush(self) -> None:
        """Write everything that waits, but for what is in no hurry."""
        dirty, self._dirty = self._dirty, []
        self._write_out(dirty)

    def _write_out(self, connections: Iterable[WriteSide]) -> None:
        """Write what waits for each: past the transport where that is idle, else through it."""
        write, writes, size = os.write, 0, 0
        for connection in connections:
            connection.is_late = False
            waiting, descriptor = connection.waiting, connection.own_descriptor
            if len(waiting) != 1 or descriptor < 0 or connection.paused or connection.stage is not OPEN:
                connection.write_waiting()
                continue
            data = waiting.pop()
            writes += 1
            size += len(data)
            connection.descriptor = descriptor
            try:
                sent = write(descriptor, data)
            except OSError:  # full, or broken: the transport finds out and acts on it
                sent = 0
            if sent != len(data):
                connection.write_rest(data[sent:])
        self.metrics.frames_out_total += writes
        self.metrics.bytes_out_total += size
        self.metrics.writes_total += writes


class WriteSide(asyncio.Protocol):
    """The sending half of a connection. Full: above `write_buffer_bytes` the client is closed with SLOW_CONSUMER.

    What waits for such a client is dropped at once, but for the little that the transport has taken already.
    """

    __slots__ = (
        "_metrics",
        "_outbox",
        "_settings",
        "descriptor",
        "is_late",
        "own_descriptor",
        "paused",
        "stage",
        "transport",
        "waiting",
    )

    def __init__(self, outbox: Outbox, settings: GatewaySettings) -> None:
        self._outbox = outbox
        self._metrics = outbox.metrics
        self._settings = settings
        self.transport: asyncio.Transport | None = None
        #: Of the socket, while bytes may go past the transport: nothing waits there or here, no TLS, no goodbye was said.
        #: A transport closes its socket only after `connection_lost`, so the number is never somebody else's.
        self.descriptor = -1
        self.own_descriptor = -1
        self.stage = Stage.HANDSHAKE
        self.waiting: list[bytes] = []
        #: What waits is in no hurry, and has its turn in one of the next slices.
        self.is_late = False
        #: The transport takes no more; what is sent goes into the backlog.
        self.paused = False

    def close(self, code: int, reason: str = "") -> None:
        """Send what waits and end the connection with this code. The reading half does it, which knows the handshake of closing."""
        raise NotImplementedError

    # ------------------------------------------------------------------ from the transport

    def pause_writing(self) -> None:
        """The client reads too slowly: what comes now waits in our backlog."""
        self.paused, self.descriptor = True, -1

    def resume_writing(self) -> None:
        """The client has read on: let the backlog go, as far as the transport takes it."""
        self.paused = False
        backlog = self._outbox.behind.get(self)
        if backlog is not None:
            self._let_go(backlog)
        self._free_descriptor()

    # ------------------------------------------------------------------ from the gateway and the outbox

    def send(self, frame: bytes) -> None:
        """Send a frame, kept, at the end of this tick; nothing happens if the connection is not open."""
        if self.stage is not OPEN:
            return
        waiting = self.waiting
        if not waiting or self.is_late:
            self._outbox.mark(self)
        waiting.append(frame)

    def send_all(self, frames: Sequence[bytes]) -> None:
        """`send` several."""
        if self.stage is OPEN:
            if not self.waiting or self.is_late:
                self._outbox.mark(self)
            self.waiting.extend(frames)

    def keep_latest(self, topic: Topic, frame: bytes) -> None:
        """Put a frame into the backlog, in place of an older one of its topic. Called by the outbox, when paused."""
        if self.stage is OPEN:
            backlog = self._keep_waiting()
            self._metrics.replaced_total += backlog.replace(topic, frame)
            self._check_slow(backlog)

    def write_rest(self, data: bytes) -> None:
        """Let the transport have what the socket did not take."""
        assert self.transport is not None  # there is a descriptor
        self.transport.write(data)

    def write_waiting(self) -> None:
        """Write what was gathered in this tick. Called by the outbox."""
        waiting = self.waiting
        if not waiting:
            return
        if self.stage is not OPEN:
            waiting.clear()
        elif self.paused:
            self._check_slow(self._keep_waiting())
        else:
            data = waiting[0] if len(waiting) == 1 else b"".join(waiting)
            if len(data) > _PAUSE_BYTES and len(waiting) > 1:  # in pieces, or the transport would hold all of it
                self._check_slow(self._keep_waiting())
            else:
                count = len(waiting)
                waiting.clear()
                self._write(data, count)
            self._free_descriptor()

    # ------------------------------------------------------------------ inside

    def _find_descriptor(self) -> None:
        transport = self.transport
        assert transport is not None  # it has said that it stands
        sock = transport.get_extra_info("socket")
        if sock is not None and transport.get_extra_info("sslcontext") is None and self.stage is OPEN:
            self.own_descriptor = self.descriptor = sock.fileno()

    def _free_descriptor(self) -> None:
        """Let bytes go past the transport again, if nothing waits: neither there, nor of this tick, nor in the backlog."""
        if not self.paused and not self.waiting and self.stage is OPEN:
            self.descriptor = self.own_descriptor

    def _limit_transport(self) -> None:
        """Pause as soon as the socket takes no more: what is not paused holds nothing. TLS needs some room of its own."""
        assert self.transport is not None  # it has just been made
        most = 0
        if self.transport.get_extra_info("sslcontext") is not None:
            most = min(_PAUSE_BYTES, self._settings.write_buffer_bytes // 2)
        self.transport.set_write_buffer_limits(high=most, low=most // 4)

    def _write(self, data: bytes, frames: int) -> None:
        assert self.transport is not None  # the connection is open
        metrics = self._metrics
        metrics.frames_out_total += frames
        metrics.bytes_out_total += len(data)
        metrics.writes_total += 1
        self.transport.write(data)

    def _keep_waiting(self) -> Backlog:
        """Put this tick's frames into the backlog, and let it go as far as the transport takes it."""
        backlog = self._outbox.behind.get(self)
        if backlog is None:
            backlog = self._outbox.behind[self] = Backlog()
        for frame in self.waiting:
            backlog.keep(frame)
        self.waiting.clear()
        self._let_go(backlog)
        return backlog

    def _check_slow(self, backlog: Backlog) -> None:
        """Cut the client when too much waits."""
        assert self.transport is not None  # the connection is open
        if backlog.size + self.transport.get_write_buffer_size() > self._settings.write_buffer_bytes:
            self._metrics.slow_cuts_total += 1
            self._forget_waiting()
            self.close(Close.SLOW_CONSUMER, "slow consumer")

    def _let_go(self, backlog: Backlog) -> None:
        """Write from the front of the backlog until the transport takes no more."""
        while backlog and not self.paused:
            frames = backlog.take(_PAUSE_BYTES)
            self._write(b"".join(frames), len(frames))
        if not backlog and not self.paused:
            self._outbox.behind.pop(self, None)

    def _write_all(self) -> None:
        """Write all that waits, whether the transport wants it or not: a goodbye comes behind it."""
        backlog = self._outbox.behind.pop(self, None)
        frames = [*(backlog.take(backlog.size) if backlog else ()), *self.waiting]
        self.waiting.clear()
        if frames:
            self._write(b"".join(frames), len(frames))

    def _forget_waiting(self) -> None:
        self.waiting.clear()
        self._outbox.behind.pop(self, None)
