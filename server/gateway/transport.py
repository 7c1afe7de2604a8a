"""A WebSocket on an asyncio transport, without a task: the `websockets` sans-I/O machine driven from callbacks.

Whole binary frames, nearly all that ever comes, are taken apart here with the library's C unmasking; every other frame
goes to the library's `ServerProtocol`, always whole, so that both agree on where frames begin. What a tick of the loop
has to say to a client is joined and written once. While the socket takes no more, frames wait in a `Backlog` of ours and
not in the transport: there the latest may win, and there they can be dropped at once when the client is cut.

    state       event                     next
    HANDSHAKE   request read, accepted    OPEN
    HANDSHAKE   request refused           CLOSING (HTTP answer written)
    OPEN        close() or a bad frame    CLOSING (close frame written, timer runs)
    OPEN        peer's close frame        CLOSING (echoed, transport closing)
    any         transport lost            CLOSED
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any, Final, Protocol, cast

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State as WsState
from websockets.server import ServerProtocol

from protocol.envelope import MAX_CLIENT_FRAME_BYTES
from protocol.errors import Close
from server.gateway.handshake import bad_request, read_request, select_subprotocol
from server.gateway.limits import GatewaySettings
from server.gateway.writing import HANDSHAKE, OPEN, Outbox, Stage, WriteSide

try:  # The C routine; the library's own Python fallback does the same, slower.
    from websockets.speedups import apply_mask
except ImportError:  # pragma: no cover - wheels exist for every platform this runs on
    from websockets.utils import apply_mask

#: A message in more fragments than this is refused: each costs more than it carries.
_MAX_FRAGMENTS: Final = 64

_FIN_BINARY: Final = 0x82
_MASKED: Final = 0x80
#: Heads of short frames, by size.
_HEADS: Final = tuple(bytes((_FIN_BINARY, size)) for size in range(126))

_BAD_REQUEST: Final = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

#: The library says a word at INFO for every connection; a casino has many.
_ws_logger = logging.getLogger("websockets.croupier")
_ws_logger.setLevel(logging.WARNING)


class Listener(Protocol):
    """Who hears of one connection."""

    def on_open(self, connection: WsConnection) -> None:
        """The handshake is done."""
        ...

    def on_message(self, connection: WsConnection, data: bytes) -> None:
        """A whole binary message came. Never called after `close`."""
        ...

    def on_closed(self, connection: WsConnection) -> None:
        """The transport is gone. Called once, whether the handshake had been done or not."""
        ...


def frame_binary(payload: bytes) -> bytes:
    """Return an unmasked binary WebSocket frame (RFC 6455, 5.2), ready for any number of transports."""
    size = len(payload)
    if size < 126:
        return _HEADS[size] + payload
    if size < 65536:
        return bytes((_FIN_BINARY, 126, size >> 8, size & 0xFF)) + payload
    return bytes((_FIN_BINARY, 127)) + size.to_bytes(8, "big") + payload


class WsConnection(WriteSide):
    """One client's socket. Full: when more than `write_buffer_bytes` wait for it, it is closed with SLOW_CONSUMER."""

    __slots__ = (
        "_discarding",
        "_fragments",
        "_held",
        "_listener",
        "_loop",
        "_rest",
        "_timer",
        "_ws",
        "client",
        "silent_s",
    )

    def __init__(self, listener: Listener, outbox: Outbox, settings: GatewaySettings, loop: asyncio.AbstractEventLoop):
        super().__init__(outbox, settings)
        self._listener = listener
        self._loop = loop
        #: The library's machine, while it is needed: it would keep the whole handshake in memory.
        self._ws: ServerProtocol | None = None
        self._rest = b""
        self._fragments: list[bytes] | None = None
        self._discarding = False
        self._held = False
        self._timer: asyncio.TimerHandle | None = None
        self.silent_s = 0
        #: Whoever listens keeps here what he knows of this connection.
        self.client: Any = None

    def __repr__(self) -> str:
        return f"WsConnection({self.stage.name}, {self.client!r})"

    # ------------------------------------------------------------------ from the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio.Transports in all but ancestry
        self.transport = transport = cast(asyncio.Transport, transport)
        self._limit_transport()  # TCP_NODELAY is set by asyncio and uvloop alike

    def data_received(self, data: bytes) -> None:
        self._metrics.bytes_in_total += len(data)
        self.silent_s = 0
        if self._discarding:
            return
        if self.stage is HANDSHAKE:
            self._shake_hands(data)
        elif (
            _is_one_message(data)
            and self.stage is OPEN
            and not self._rest
            and self._fragments is None
            and not self._held
        ):
            self._listener.on_message(self, apply_mask(data[6:], data[2:6]))
        else:
            self._take_frames(self._rest + data if self._rest else data)

    def peer(self) -> str:
        """Return the client's network address; "" where there is none."""
        peer = None if self.transport is None else self.transport.get_extra_info("peername")
        return str(peer[0]) if peer else ""

    def eof_received(self) -> None:
        """The client will send no more; the transport closes itself."""

    def connection_lost(self, exc: Exception | None) -> None:
        was, self.stage = self.stage, Stage.CLOSED
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._forget_waiting()
        self._rest = b""
        self._ws = None
        self.transport = None
        self.descriptor = -1
        if was is not Stage.CLOSED:
            self._listener.on_closed(self)

    # ------------------------------------------------------------------ from the gateway

    def close(self, code: int, reason: str = "") -> None:
        """Send what waits, say goodbye with this code, and cut the socket if the client does not answer in time."""
        if self.stage is HANDSHAKE:
            self.abort()
            return
        if self.stage is not OPEN:
            return
        self._write_all()
        self._begin_close(code)
        ws = self._machine()
        if ws.state is WsState.OPEN:  # else the client's own close has just been answered
            ws.send_close(code, reason)
        self._write_ws(ws)

    def hold(self, seconds: float) -> None:
        """Read nothing from this client for so long: what he sends waits at his end, and costs nobody else anything."""
        if not self._held and self.transport is not None and self.stage is OPEN:
            self._held = True
            self.transport.pause_reading()
            self._loop.call_later(seconds, self.read_on)

    def read_on(self) -> None:
        """Read again from a client that was held."""
        self._held = False
        if self.transport is None or self.transport.is_closing():
            return
        self.transport.resume_reading()
        if self._rest and self.stage is OPEN:
            self._take_frames(self._rest)

    def abort(self) -> None:
        """Cut the socket now."""
        if self.transport is not None:
            self.transport.abort()

    # ------------------------------------------------------------------ inside

    def _shake_hands(self, data: bytes) -> None:
        """Feed the HTTP request; frames may follow it in the same bytes, and are ours to read."""
        head, end, tail = (self._rest + data).partition(b"\r\n\r\n")
        if not end and len(head) <= MAX_CLIENT_FRAME_BYTES:
            self._rest = head
            return
        self._rest = b""
        ordinary = read_request(head)
        origins = self._settings.origins
        if ordinary is not None and not (origins and origins.reason_against(ordinary.host, ordinary.origins)):
            self._open(ordinary.answer)
        else:
            self._shake_hands_by_library(head + end)
        if tail and self.stage is OPEN:
            self._take_frames(tail)

    def _open(self, answer: bytes) -> None:
        assert self.transport is not None  # bytes have just come from it
        self._metrics.bytes_out_total += len(answer)
        self.transport.write(answer)
        self.stage = OPEN
        self._find_descriptor()
        self._listener.on_open(self)

    def _shake_hands_by_library(self, head: bytes) -> None:
        ws = self._ws = ServerProtocol(
            select_subprotocol=select_subprotocol,
            max_size=None,  # sizes are checked here, before a byte of the payload is kept
            logger=_ws_logger,
        )
        ws.receive_data(head)
        request = next((event for event in ws.events_received() if isinstance(event, Request)), None)
        if request is None:  # no HTTP, or more of it than anybody needs
            self._begin_close(0)
            self._answer_no_http()
            return
        ws.send_response(bad_request(ws, request) or self._refusal(ws, request) or ws.accept(request))
        opened = ws.state is WsState.OPEN
        if opened:
            self.stage = OPEN
            self._find_descriptor()
        else:
            self._begin_close(0)
        self._write_ws(ws)
        if opened:
            self._ws = None
            self._listener.on_open(self)

    def _answer_no_http(self) -> None:
        if self.transport is not None:
            self.transport.write(_BAD_REQUEST)
            self.transport.close()

    def _refusal(self, ws: ServerProtocol, request: Request) -> Response | None:
        """Return the answer to a page that is not ours, or that calls us by a name which is not."""
        origins, headers = self._settings.origins, request.headers
        reason = origins and origins.refusal(",".join(headers.get_all("Host")), headers.get_all("Origin"))
        return ws.reject(HTTPStatus.FORBIDDEN, f"refused: {reason}\n") if reason else None

    def _take_frames(self, data: bytes) -> None:
        """Take whole frames off the front of data and keep the rest."""
        position, end = 0, len(data)
        while end - position >= 2 and not self._held:
            first, second = data[position], data[position + 1]
            if first != _FIN_BINARY or self._fragments is not None or not second & _MASKED:
                fault = _fault_of(first, second, in_message=self._fragments is not None)
                if fault and self.stage is OPEN:
                    self._fail(CloseCode.PROTOCOL_ERROR, fault)
                    return
            if end - position < 6:
                break
            length, head = second & 0x7F, 6
            if length >= 126:
                head = 8 if length == 126 else 14
                if end - position < head:
                    break
                length = int.from_bytes(data[position + 2 : position + head - 4], "big")
                if length < (126 if head == 8 else 65_536) or length >> 63:
                    self._fail(CloseCode.PROTOCOL_ERROR, "length not in its shortest form")
                    return
            if length > MAX_CLIENT_FRAME_BYTES:
                self._fail(Close.FRAME_TOO_LARGE, "frame too large")
                return
            stop = position + head + length
            if stop > end:
                break
            if first == _FIN_BINARY and self._fragments is None:
                if self.stage is OPEN:
                    payload = apply_mask(data[position + head : stop], data[position + head - 4 : position + head])
                    self._listener.on_message(self, payload)
            else:
                self._feed(data[position:stop])
            if self._discarding or self.stage is Stage.CLOSED:
                return
            position = stop
        self._rest = data[position:] if position < end else b""

    def _feed(self, data: bytes) -> None:
        """Give a whole frame that is not an ordinary one to the library and do what it says."""
        self.write_waiting()
        if data[0] & 0x0F == Opcode.CLOSE and self.stage is OPEN:
            self._fragments = self._ws = None  # the rest of the message will not come, and that is no fault
        ws = self._machine()
        ws.receive_data(data)
        frames = [event for event in ws.events_received() if isinstance(event, Frame)]
        if ws.state is not WsState.OPEN and self.stage is OPEN:
            self._begin_close(0)
        self._write_ws(ws)
        for frame in frames:
            if self.stage is OPEN:
                self._take_rare(frame)
        if self.stage is OPEN and self._fragments is None:
            self._ws = None

    def _machine(self) -> ServerProtocol:
        """Return the library's machine for a connection whose handshake is done."""
        if self._ws is None:
            self._ws = ServerProtocol(state=WsState.OPEN, max_size=None, logger=_ws_logger)
        return self._ws

    def _take_rare(self, frame: Frame) -> None:
        """Take a text frame or a part of a message; pings and closes the library has answered."""
        if frame.opcode is Opcode.TEXT:
            self._fail(Close.MALFORMED, "binary frames only")
        elif frame.opcode in (Opcode.BINARY, Opcode.CONT):
            fragments = self._fragments = self._fragments or []
            fragments.append(bytes(frame.data))
            if len(fragments) > _MAX_FRAGMENTS or sum(map(len, fragments)) > MAX_CLIENT_FRAME_BYTES:
                self._fail(Close.FRAME_TOO_LARGE, "message too large")
            elif frame.fin:
                self._fragments = None
                self._listener.on_message(self, b"".join(fragments))

    def _fail(self, code: int, reason: str) -> None:
        """Close because of bytes after which no frame can be trusted: what follows is thrown away."""
        self.close(code, reason)
        self._discarding = True
        self._rest = b""
        transport = self.transport
        if transport is not None and not transport.is_closing() and transport.can_write_eof():
            transport.write_eof()

    def _begin_close(self, code: int) -> None:
        self.stage, self.descriptor = Stage.CLOSING, -1
        self._forget_waiting()
        if code:
            self._metrics.closes[int(code)] += 1
        self._timer = self._loop.call_later(self._settings.close_linger_s, self.abort)

    def _write_ws(self, ws: ServerProtocol) -> None:
        """Write what the library has to say; an empty string from it means that it has said everything."""
        transport = self.transport
        for data in ws.data_to_send():
            if transport is None or transport.is_closing():
                return
            if data and self.paused and self.stage is OPEN:  # whoever pings and never reads is slow too
                self.waiting.append(data)
                self.write_waiting()
            elif data:
                self._metrics.bytes_out_total += len(data)
                transport.write(data)
            else:
                transport.close()


def _is_one_message(data: bytes) -> bool:
    """Tell whether these bytes are exactly one masked binary frame of a short message: nearly all that comes."""
    size = len(data) - 6
    return 0 <= size < 126 and data[0] == _FIN_BINARY and data[1] == _MASKED | size


def _fault_of(first: int, second: int, *, in_message: bool) -> str:
    """Return what is wrong with a frame that begins with these two bytes (RFC 6455, 5.2 - 5.5), "" if nothing."""
    opcode = first & 0x0F
    if first & 0x70:
        return "reserved bit"
    if not second & _MASKED:
        return "frame without a mask"
    if opcode & 7 > 2:
        return "reserved opcode"
    if opcode & 8:
        return "control frame too long or in fragments" if second & 0x7F > 125 or not first & 0x80 else ""
    if in_message is (opcode != Opcode.CONT):
        return "message within a message" if in_message else "continuation of nothing"
    return ""
