"""One connection's end of the gateway: its session, its budget, and how it is spoken to."""

from __future__ import annotations

from typing import Any, Final

import structlog

from actors.domain import commands, events
from actors.session import Session
from protocol import messages as wire
from protocol.codec import encode_server_frame
from protocol.envelope import ClientFrame, Kind
from protocol.errors import REGISTRY, Code
from server.gateway import translate
from server.gateway.limits import TokenBucket
from server.gateway.lingering import PersonalStream
from server.gateway.metrics import GatewayMetrics
from server.gateway.transport import WsConnection, frame_binary
from server.gateway.writing import Stage

_log = structlog.get_logger("gateway")
#: Plain numbers: an enum's member takes the encoder four times as long.
_REPLY: Final = int(Kind.REPLY)
_PUSH: Final = int(Kind.PUSH)


class Client:
    """A connected client. Everything sent to one that has gone is dropped and counted, never raised."""

    __slots__ = (
        "active_ms",
        "address",
        "bucket",
        "connection",
        "greeting",
        "held",
        "metrics",
        "personal",
        "position",
        "session",
        "surplus",
        "waited_s",
    )

    def __init__(self, connection: WsConnection, metrics: GatewayMetrics, bucket: TokenBucket) -> None:
        self.connection = connection
        self.metrics = metrics
        self.bucket = bucket
        #: Once `Hello` is answered: his session and its stream.
        self.session: Session | None = None
        self.personal: PersonalStream | None = None
        #: Where he wants to go on, as his `Hello` said: session id, and the last personal push that he has.
        self.position = ("", 0)
        #: The session that begins when `Hello` is answered, and the requests that came meanwhile with their times.
        self.greeting: Session | None = None
        self.held: list[tuple[ClientFrame, int]] = []
        self.waited_s = 0
        self.surplus = False
        #: Network address, while it is counted; when the last request came that was no ping.
        self.address: str | None = None
        self.active_ms = 0

    def __repr__(self) -> str:
        return f"Client({self.session or self.greeting or 'unknown'})"

    @property
    def is_open(self) -> bool:
        return self.connection.stage is Stage.OPEN

    @property
    def seat(self) -> commands.Seat:
        assert self.session is not None
        return self.session.seat

    # ------------------------------------------------------------------ speaking

    def answer(self, ref: int, body: wire.ServerMessage) -> None:
        """Answer a request: REPLY, or ERROR with what the registry says of the connection."""
        if self.connection.stage is not Stage.OPEN:
            self.metrics.answers_dropped_total += 1
            return
        if type(body) is not wire.Error:
            self.connection.send(frame_binary(encode_server_frame(_REPLY, ref, 0, body)))
            return
        code = Code(body.code)
        self.metrics.errors[code.name] += 1
        self.connection.send(frame_binary(encode_server_frame(Kind.ERROR, ref, 0, body)))
        close = REGISTRY[code].close
        if close:
            self.connection.close(close, code.name)

    def refuse(self, ref: int, code: Code, detail: str = "", retry_after_ms: int | None = None) -> None:
        """Answer a request with an error, or say what is wrong with the connection if ref is 0."""
        self.answer(ref, translate.error(code, detail, retry_after_ms))

    def push(self, stream: int, seq: int, body: wire.ServerMessage) -> None:
        """Send something nobody asked for. Units: stream and seq as in `ServerFrame`."""
        self.connection.send(frame_binary(encode_server_frame(_PUSH, stream, seq, body)))

    def push_personal(self, body: wire.ServerMessage) -> None:
        """Send on the personal stream what is no event of an actor."""
        if self.personal is not None:
            self.connection.send(self.personal.tell(self.personal.session.next_personal_seq(), body))

    def take_event(self, event: events.PersonalEvent) -> None:
        """Fold a personal event and tell the client, if it holds anything new."""
        frame = None if self.personal is None else self.personal.take_event(event)
        if frame is not None:
            self.connection.send(frame)

    def crash(self, error: Exception) -> None:
        """End this session because of a fault of ours: recorded here, told to the client without details."""
        self.metrics.faults_total += 1
        _log.error("session failed", session=repr(self), error=repr(error), exc_info=error)
        self.refuse(0, Code.INTERNAL)

    # ------------------------------------------------------------------ as a viewer of tables

    def show(self, ref: int, stream: int, table_id: str, state: commands.TableState) -> None:
        """Send a snapshot: as the answer to request ref, or as a push on the stream if ref is 0."""
        assert self.session is not None
        body = translate.snapshot(stream, table_id, state, self.session)
        if ref:
            self.session.pending -= 1
            self.answer(ref, body)
        else:
            self.push(stream, state.version, body)

    def resume(self, ref: int, stream: int, table_id: str, missed: events.TableMissed) -> None:
        """Say that what was missed follows, as the answer to request ref (0: say nothing), and tell his results."""
        assert self.session is not None
        for event in missed.results:
            self.take_event(event)
        if ref:
            self.session.pending -= 1
            self.answer(ref, translate.resumed(stream, table_id, missed, self.session))

    def refuse_join(self, ref: int, table_id: str, answer: Any, *, left: bool) -> None:
        """Answer a join that failed. left: the session sees this table no longer."""
        assert self.session is not None
        self.session.pending -= 1
        if left:
            self.session.tables.discard(table_id)
        self.answer(ref, translate.reply(table_id, answer, read_only=True))
