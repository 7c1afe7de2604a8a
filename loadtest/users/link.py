"""A player's connection under gevent: the SDK's session machine on a bare socket, one greenlet that reads, none a message.

What is due by the clock (heartbeats, second tries) is done for all links of the process by one greenlet.
"""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import gevent
from gevent import socket
from gevent.event import AsyncResult

from clients.python.state import PlayerState
from loadtest.users.machine import LoadMachine
from loadtest.users.persona import NoAnswer
from loadtest.wire import (
    BINARY,
    CLOSE,
    PING,
    client_frame,
    close_code_of,
    close_frame,
    pong_frame,
    split_frames,
    upgrade_request,
)
from protocol import connection as machine
from protocol.comeback import Comeback
from protocol.errors import After, after_close
from protocol.ids import new_client_id
from protocol.messages import ClientMessage, ServerMessage

CONNECT_S: Final = 20.0
_READ_BYTES: Final = 32 * 1024
_TICK_S: Final = 0.2
_LOST: Final = 1006
_AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: reset, no goodbye

_WALL_MS: Final = int(time.time() * 1000) - int(time.monotonic() * 1000)


def now_ms() -> int:
    """Return milliseconds since 1970 by a clock that never goes back."""
    return int(time.monotonic() * 1000) + _WALL_MS


def dial(url: str) -> tuple[Any, bytes]:
    """Open a WebSocket; return it with what came behind the handshake. Raises OSError."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    sock = socket.create_connection((host, port), timeout=CONNECT_S)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(upgrade_request(parts.path or "/", f"{host}:{port}"))
        data = b""
        while b"\r\n\r\n" not in data:
            more = sock.recv(_READ_BYTES)
            if not more:
                raise ConnectionError("closed during the handshake")
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(head[:80].decode("latin-1"))
        sock.settimeout(None)
    except BaseException:
        sock.close()
        raise
    return sock, rest


class SwarmLink:
    """Stays connected until `close`. on_event is told every event with the news in it; stopped: why it gave up, or ""."""

    def __init__(
        self,
        find_url: Callable[[], str],
        token: str,
        new_token: Callable[[], str],
        rng: random.Random,
        on_event: Callable[[machine.Event, tuple[str, ServerMessage] | None], None],
    ) -> None:
        self.state = PlayerState()
        self.machine = LoadMachine("swarm", rng.random)
        self.stopped = ""
        self.drops = 0
        self._find_url, self._new_token, self._on_event = find_url, new_token, on_event
        self._token, self._url = token, ""
        self._comeback = Comeback(rng.random)
        self._socket: Any = None
        self._wanted = False
        self._away_s = 0.0
        self._out: list[bytes] = []
        self._waiting: set[AsyncResult] = set()
        self._reader: gevent.Greenlet | None = None

    def open(self) -> None:
        """Be connected from now on."""
        if not self._wanted and not self.stopped:
            self._wanted = True
            self._reader = gevent.spawn(self._stay)
            TICKER.links.add(self)

    def close(self) -> None:
        """Say goodbye, for now."""
        self._wanted = False
        TICKER.links.discard(self)
        sock = self._socket
        if sock is not None:
            self._send_raw(sock, close_frame(1000))
        if self._reader is not None:
            self._reader.kill(block=False)
            self._reader = None
        self._drop()
        self.machine.lost()

    def cut(self, away_s: float = 0.0) -> None:
        """Lose the connection without a goodbye, and stay away for so long."""
        self._away_s = away_s
        if self._socket is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self._socket.shutdown(socket.SHUT_RD)  # wakes the reader

    def ask(self, body: ClientMessage, timeout_s: float) -> ServerMessage:
        """Return the answer, through lost connections too. Raises NoAnswer."""
        if self.stopped:
            raise NoAnswer(self.stopped)
        waiting = AsyncResult()
        self._waiting.add(waiting)
        self.machine.request(body, waiting, now_ms())
        try:
            self._flush()
            answer: ServerMessage = waiting.get(timeout=timeout_s)
        except gevent.Timeout:
            raise NoAnswer(f"no answer in {timeout_s:.0f} s") from None
        finally:
            self._waiting.discard(waiting)
            if not waiting.ready():
                self.machine.abandon(waiting)
        return answer

    def tick(self) -> None:
        """Do what is due by the clock."""
        if self._socket is None or self.machine.next_tick_ms() > now_ms():
            return
        for event in self.machine.tick(now_ms()):
            self._take(event)
        self._flush()

    # ---------------------------------------------------------------- the reader

    def _stay(self) -> None:
        while self._wanted:
            after = after_close(self._connection())
            self._drop()
            self.machine.lost()
            self.drops += 1
            if after is After.STOP:
                return
            if after is After.NEW_TOKEN:
                self._renew()
            told_ms, self.machine.back_after_ms = self.machine.back_after_ms, -1
            away_s, self._away_s = self._away_s, 0.0
            gevent.sleep(away_s + self._comeback.lost(now_ms(), told_ms) / 1000)
            if self._comeback.losses > 1:
                self._url = ""

    def _renew(self) -> None:
        with suppress(OSError):  # then it is refused again, and asked for again
            self._token = self._new_token()

    def _connection(self) -> int:
        """Live through one connection; return its close code."""
        try:
            self._url = self._url or self._find_url()
            sock, rest = dial(self._url)
        except (OSError, ValueError):
            return _LOST
        self._socket = sock
        try:
            self.machine.open(self._token, now_ms())
            self._flush()
            return self._converse(sock, rest)
        except OSError:
            return _LOST

    def _converse(self, sock: Any, rest: bytes) -> int:
        data = rest
        while True:
            frames, rest = split_frames(data)
            for first, payload in frames:
                if first == BINARY:
                    self._receive(payload)
                elif first == PING:
                    self._send_raw(sock, pong_frame(payload))
                elif first == CLOSE:
                    return self._closed(close_code_of(payload), payload[2:].decode("utf-8", "replace"))
            self._flush()
            if self._socket is not sock:
                return _LOST
            more = sock.recv(_READ_BYTES)
            if not more:
                return _LOST
            data = rest + more if rest else more

    def _receive(self, payload: bytes) -> None:
        for event in self.machine.receive(payload, now_ms()):
            self._take(event)

    def _take(self, event: machine.Event) -> None:
        news = self.state.take(event)
        if isinstance(event, machine.Answered):
            event.handle.set(event.body)
        elif isinstance(event, machine.Welcomed):
            self._comeback.ready(now_ms())
        self._on_event(event, news)
        if isinstance(event, machine.Broken):
            self.cut()

    def _closed(self, code: int, reason: str) -> int:
        if after_close(code) is After.STOP:
            self.stopped = f"closed with {code} {reason}".strip()
            for waiting in list(self._waiting):
                waiting.set_exception(NoAnswer(self.stopped))
        return code

    def _flush(self) -> None:
        sock = self._socket
        frames = self.machine.data_to_send() if sock is not None else []
        if sock is not None and frames:
            self._send_raw(sock, b"".join([client_frame(frame) for frame in frames]))

    def _send_raw(self, sock: Any, data: bytes) -> None:
        """Send behind what is being sent: two greenlets may not write into each other's frames."""
        self._out.append(data)
        if len(self._out) > 1:
            return
        try:
            while self._out:
                sock.sendall(self._out[0])
                del self._out[:1]
        except OSError:
            self._out.clear()  # the reader notices

    def _drop(self) -> None:
        sock, self._socket = self._socket, None
        self._out.clear()
        if sock is not None:
            sock.close()


class GeventDesk:
    """What a persona sees of its link (`loadtest.users.persona.Desk`). on_report(kind, due_s, failure), on_refused(name)."""

    def __init__(
        self, link: SwarmLink, on_report: Callable[[str, float, str], None], on_refused: Callable[[str], None]
    ) -> None:
        self.link = link
        self.state = link.state
        self.machine = link.machine
        self.ask = link.ask
        self.cut = link.cut
        self.report = lambda kind, since_s, failure="": on_report(kind, since_s, failure)
        self.refused = on_refused
        self.now = time.monotonic
        self.sleep = gevent.sleep

    def server_now_ms(self) -> int:
        """See `Desk`."""
        return self.machine.clock.server_ms(now_ms())

    def new_id(self) -> bytes:
        """See `Desk`."""
        return new_client_id(self.server_now_ms())


class Ticker:
    """Lets every link of this process do what is due."""

    def __init__(self) -> None:
        self.links: set[SwarmLink] = set()
        self._greenlet: gevent.Greenlet | None = None

    def start(self) -> None:
        """Run from now on. Call it behind the fork."""
        if self._greenlet is None or self._greenlet.dead:
            self._greenlet = gevent.spawn(self._run)

    def _run(self) -> None:
        while True:
            gevent.sleep(_TICK_S)
            for link in list(self.links):
                link.tick()


TICKER: Final = Ticker()
