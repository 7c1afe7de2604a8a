"""A client's side of the session, without a socket and without a clock: bytes and times in, events and bytes out.

One machine lives as long as the player wants to play, through as many connections as that takes:

| state | on | does | becomes |
| --- | --- | --- | --- |
| CLOSED | `open` | sends Hello, with the session it had and what it has of its pushes | GREETING |
| GREETING | Welcome | rejoins its tables from where it was; sends again what is unanswered | READY |
| GREETING | Error | reports `Rejected` | GREETING (the server closes) |
| READY | a gap in a stream | asks for what it missed | READY |
| READY | a retryable Error | sends the same again, later | READY |
| any | `lost` | keeps what is unanswered | CLOSED |

Every request may be sent twice: questions are harmless, orders carry ids. So what is unanswered is kept and sent again.
The caller drains `data_to_send` after every call, and calls `tick` at `next_tick_ms`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from protocol.clock import ServerClock
from protocol.codec import Fault, decode_server_frame, encode_client_frame, peek_envelope
from protocol.connection_events import (
    Answered,
    Broken,
    Event,
    Missed,
    Phase,
    Pushed,
    Refreshed,
    Rejected,
    Resumed,
    TableLost,
    Welcomed,
)
from protocol.envelope import Kind
from protocol.errors import Code
from protocol.messages import (
    Balance,
    ClientMessage,
    Error,
    GetBalance,
    Hello,
    JoinTable,
    LeaveTable,
    Ping,
    Pong,
    Reconnect,
    ServerMessage,
    TableResumed,
    TableSnapshot,
    Welcome,
)
from protocol.streams import TableStream, Verdict
from protocol.unanswered import Request

__all__ = [
    "Answered",
    "Broken",
    "ClientConnection",
    "Event",
    "Missed",
    "Phase",
    "Pushed",
    "Refreshed",
    "Rejected",
    "Resumed",
]
__all__ += ["TableLost", "Welcomed"]

PERSONAL: Final = 0
#: How often a request that is refused with a retryable code is sent again before the refusal is handed out.
TRIES_MAX: Final = 6
#: Hello is answered within this time, or the connection is of no use.
GREETING_MS: Final = 10_000
_RETRY_FIRST_MS: Final = 100
_RETRY_MOST_MS: Final = 3_000
#: A Ping goes out when this part of the heartbeat has passed since the last one.
_PING_AFTER: Final = 0.5
_NEVER_MS: Final = 2**62


class ClientConnection:
    """See the module. spread: a factor 0 .. 1 for each delay, so that many clients do not come back at once."""

    def __init__(self, client: str = "", *, spread: Callable[[], float] = lambda: 1.0) -> None:
        self.clock = ServerClock()
        self.phase = Phase.CLOSED
        self.gaps = 0
        self.back_after_ms = -1  # told by `Reconnect` on this connection: when to come back
        self._client = client
        self._spread = spread
        self._out: list[bytes] = []
        self._requests: dict[int, Request] = {}
        self._retries: dict[int, int] = {}  # ref -> when to send again
        self._next_ref = 1
        self._hello_ms = 0
        self._session_id = ""
        self._personal_seq = 0  # of that session
        self._rtt_ms = -1  # of the last answered Ping on this connection
        self._heartbeat_ms = _NEVER_MS
        self._ping_ms = _NEVER_MS
        self._heard_ms = 0
        self._tables: dict[str, TableStream] = {}
        self._streams: dict[int, TableStream] = {}
        self._rejoining: set[str] = set()

    # ---- what the caller does

    def open(self, token: str, now_ms: int) -> None:
        """A new socket stands: greet."""
        self.lost()
        self.phase = Phase.GREETING
        self.back_after_ms = -1
        self._hello_ms = self._heard_ms = now_ms
        self._out.append(
            encode_client_frame(self._take_ref(), self._personal_seq, Hello(token, self._client, self._session_id))
        )

    def lost(self) -> None:
        """The socket is gone. What is unanswered waits for the next one."""
        self.phase = Phase.CLOSED
        self._out.clear()
        self._retries.clear()
        self._streams.clear()
        self._rejoining.clear()
        self._rtt_ms = -1
        self._heartbeat_ms = self._ping_ms = _NEVER_MS
        for table in self._tables.values():
            table.cut()
        for ref in [ref for ref, request in self._requests.items() if request.handle is None]:
            del self._requests[ref]
        for request in self._requests.values():
            request.sent_ms = -1

    def request(self, body: ClientMessage, handle: Any, now_ms: int) -> None:
        """Send a request, now or when that is possible. `Answered` brings the handle back with the answer.

        Shape: handle is anything but None.
        """
        assert handle is not None
        request = self._add(body, handle)
        if isinstance(body, JoinTable):
            self._tables.setdefault(body.table_id, TableStream(body.table_id))
        elif isinstance(body, LeaveTable):
            self._forget_table(body.table_id)
        if self._may_send(request):
            self._send(request, now_ms)

    def abandon(self, handle: Any) -> None:
        """Forget the requests of this handle: nobody waits for their answers any more."""
        for ref in [ref for ref, request in self._requests.items() if request.handle is handle]:
            del self._requests[ref]
            self._retries.pop(ref, None)

    def data_to_send(self) -> list[bytes]:
        """Return the frames to send, each as one binary message, and forget them."""
        out, self._out = self._out, []
        return out

    def next_tick_ms(self) -> int:
        """Return when `tick` is due; far away if nothing is."""
        if self.phase is Phase.GREETING:
            return self._hello_ms + GREETING_MS
        due = min(self._ping_ms, self._heard_ms + 2 * self._heartbeat_ms)
        return min(due, *self._retries.values()) if self._retries else due

    def unanswered(self) -> int:
        """Return how many of the caller's requests have no answer."""
        return sum(request.handle is not None for request in self._requests.values())

    def tick(self, now_ms: int) -> list[Event]:
        """Send what is due: heartbeats and second tries."""
        if self.phase is Phase.GREETING and now_ms >= self._hello_ms + GREETING_MS:
            return [Broken("no Welcome came")]
        if self.phase is not Phase.READY:
            return []
        if now_ms >= self._heard_ms + 2 * self._heartbeat_ms:
            return [Broken("nothing was heard for twice the heartbeat")]
        if now_ms >= self._ping_ms:
            self._send(self._add(Ping(now_ms, self._rtt_ms), None), now_ms)
            self._ping_ms = now_ms + int(self._heartbeat_ms * _PING_AFTER)
        for ref in [ref for ref, at_ms in self._retries.items() if at_ms <= now_ms]:
            del self._retries[ref]
            self._send(self._requests[ref], now_ms)
        return []

    def receive(self, data: bytes, now_ms: int) -> list[Event]:
        """Take one binary message from the server."""
        self._heard_ms = now_ms
        frame = decode_server_frame(data)
        if isinstance(frame, Fault):
            return self._receive_fault(frame, data, now_ms)
        if frame.kind == Kind.PUSH:
            return self._receive_push(frame.ref, frame.seq, frame.body, now_ms)
        return self._receive_answer(frame.ref, frame.body, now_ms)

    # ---- answers

    def _receive_answer(self, ref: int, body: ServerMessage, now_ms: int) -> list[Event]:
        if self.phase is Phase.GREETING:
            return self._receive_greeting(body, now_ms)
        request = self._requests.get(ref)
        if request is None:
            return [Rejected(body)] if ref == 0 and isinstance(body, Error) else []
        if isinstance(request.body, JoinTable) and request.table_id in self._tables:
            table = self._tables[request.table_id]
            table.waiting = max(0, table.waiting - 1)
        if isinstance(body, Error) and self._tries_again(request, body, now_ms):
            return []
        del self._requests[ref]
        self._retries.pop(ref, None)
        if isinstance(body, Pong):
            self._rtt_ms = now_ms - request.sent_ms
            self.clock.learn(request.sent_ms, body.server_ms, now_ms)
            return []
        if request.handle is None and isinstance(body, Balance):
            return [Pushed("", body)]
        events: list[Event] = [] if request.handle is None else [Answered(request.handle, body)]
        if isinstance(request.body, JoinTable):
            events += self._joined(request, body, now_ms)
        return events

    def _receive_greeting(self, body: ServerMessage, now_ms: int) -> list[Event]:
        if isinstance(body, Error):
            return [Rejected(body)]
        if not isinstance(body, Welcome):
            return [Broken("the server began without Welcome")]
        self.phase = Phase.READY
        self._session_id = body.session_id
        self._personal_seq = self._personal_seq if body.recovered else 0
        self.clock.learn(self._hello_ms, body.server_ms, now_ms)
        self._heartbeat_ms = body.heartbeat_s * 1000
        self._ping_ms = now_ms + int(self._heartbeat_ms * _PING_AFTER)
        self._rejoining = set(self._tables)
        self._rejoin_all(now_ms)
        self._send_waiting(now_ms)
        return [Welcomed(body)]

    def _rejoin_all(self, now_ms: int) -> None:
        for table in self._tables.values():
            self._rejoin(table, now_ms)

    def _rejoin(self, table: TableStream, now_ms: int) -> None:
        """Ask for what was missed since the table's position."""
        self._send(self._add(JoinTable(table.table_id, table.epoch, table.seq), None), now_ms)

    def _tries_again(self, request: Request, error: Error, now_ms: int) -> bool:
        """Plan a second try where the registry allows one. An unknown outcome is asked for until it is known."""
        if not error.retryable or error.code == Code.INTERNAL:
            return False
        if error.code != Code.OUTCOME_UNKNOWN and request.tries >= TRIES_MAX and request.handle is not None:
            return False
        delay_ms = min(_RETRY_MOST_MS, _RETRY_FIRST_MS << min(request.tries, 16))
        request.tries += 1
        self._retries[request.ref] = now_ms + error.retry_after_ms + int(delay_ms * self._spread())
        return True

    def _joined(self, request: Request, body: ServerMessage, now_ms: int) -> list[Event]:
        """A JoinTable has its answer."""
        if isinstance(body, TableSnapshot):
            asked = request.body
            return self._restart(body, now_ms, lost=isinstance(asked, JoinTable) and asked.epoch > 0)
        if isinstance(body, TableResumed):
            return self._resume(body, now_ms)
        self._forget_table(request.table_id)
        self._send_waiting(now_ms)
        if request.handle is None and isinstance(body, Error):
            return [TableLost(request.table_id, body)]
        return []

    # ---- pushes

    def _receive_push(self, stream: int, seq: int, body: ServerMessage | None, now_ms: int) -> list[Event]:
        if isinstance(body, TableSnapshot):
            missed = self._count_personal(seq, now_ms) if stream == PERSONAL else []
            return [*missed, *self._restart(body, now_ms)]
        if stream == PERSONAL:
            if seq <= self._personal_seq:  # 0: outside of every stream, only the latest counts
                return [Pushed("", body)] if seq == 0 and body is not None else []
            if isinstance(body, Reconnect):
                self.back_after_ms = body.after_ms
            missed = self._count_personal(seq, now_ms)
            return missed if body is None else [*missed, Pushed("", body)]
        table = self._streams.get(stream)
        if table is not None:
            return self._push_to(table, stream, seq, body, now_ms)
        for waiting in self._tables.values():
            if waiting.waiting:
                waiting.accept(stream, seq, body)
        return []

    def _count_personal(self, seq: int, now_ms: int) -> list[Event]:
        expected = self._personal_seq + 1
        self._personal_seq = max(seq, self._personal_seq)
        if seq <= expected:
            return []
        self.gaps += 1
        self._session_id = ""  # what is missing will not come: a later Hello must not claim to have it
        self._rejoin_all(now_ms)
        if not self._tables:
            self._send(self._add(GetBalance(), None), now_ms)
        return [Missed("")]

    def _push_to(
        self, table: TableStream, stream: int, seq: int, body: ServerMessage | None, now_ms: int
    ) -> list[Event]:
        verdict = table.accept(stream, seq, body)
        if verdict is Verdict.DELIVER:
            pushed: list[Event] = [] if body is None else [Pushed(table.table_id, body)]
            return pushed + self._told(table)
        if verdict is Verdict.DROP:
            return []
        self.gaps += 1
        if not table.waiting:
            self._rejoin(table, now_ms)
        return [Missed(table.table_id)]

    def _restart(self, snapshot: TableSnapshot, now_ms: int, *, lost: bool = False) -> list[Event]:
        """A table begins anew at this snapshot, however it came."""
        table = self._tables.get(snapshot.info_table_id)
        if table is None:
            return []
        self._streams.pop(table.stream, None)
        return [Refreshed(snapshot, lost), *self._go_on(table, table.restart(snapshot), now_ms)]

    def _resume(self, resumed: TableResumed, now_ms: int) -> list[Event]:
        """A table goes on from its position: what was missed comes next."""
        table = self._tables.get(resumed.table_id)
        if table is None:
            return []
        self._streams.pop(table.stream, None)
        try:
            table.resume(resumed)
        except ValueError as error:
            return [Broken(str(error))]
        return [*self._told(table), *self._go_on(table, [], now_ms)]

    def _told(self, table: TableStream) -> list[Event]:
        owed = table.take_owed()
        return [] if owed is None else [Resumed(owed)]

    def _go_on(self, table: TableStream, behind: list[tuple[int, ServerMessage | None]], now_ms: int) -> list[Event]:
        """A table's stream is live: take what came before that was known."""
        self._streams[table.stream] = table
        events: list[Event] = []
        for seq, body in behind:
            events += self._push_to(table, table.stream, seq, body, now_ms)
        self._rejoining.discard(table.table_id)
        self._send_waiting(now_ms)
        return events

    def _receive_fault(self, fault: Fault, data: bytes, now_ms: int) -> list[Event]:
        """Pass over a frame of a newer server that is not understood, but count its place in the stream."""
        envelope = peek_envelope(data) if fault.code in (Code.UNKNOWN_MESSAGE, Code.BAD_FIELD) else None
        if envelope is None:
            return [Broken(f"{fault.code.name}: {fault.detail}")]
        if envelope.kind == Kind.PUSH:
            return self._receive_push(envelope.ref, envelope.seq, None, now_ms)
        error = Error(fault.code, fault.code.name, False, 0, fault.detail)
        return self._receive_answer(envelope.ref, error, now_ms)

    # ---- requests

    def _take_ref(self) -> int:
        ref = self._next_ref
        self._next_ref = ref % (2**32 - 1) + 1
        return ref

    def _add(self, body: ClientMessage, handle: Any) -> Request:
        ref = self._take_ref()
        while ref in self._requests:
            ref = self._take_ref()
        request = self._requests[ref] = Request(ref, body, handle)
        return request

    def _may_send(self, request: Request) -> bool:
        """Orders for a table wait until it is joined again."""
        if self.phase is not Phase.READY:
            return False
        return request.table_id not in self._rejoining or isinstance(request.body, JoinTable)

    def _send(self, request: Request, now_ms: int) -> None:
        request.sent_ms = now_ms
        if isinstance(request.body, JoinTable) and request.table_id in self._tables:
            self._tables[request.table_id].waiting += 1
        self._out.append(encode_client_frame(request.ref, self._personal_seq, request.body))

    def _send_waiting(self, now_ms: int) -> None:
        for request in list(self._requests.values()):
            if request.sent_ms < 0 and self._may_send(request):
                self._send(request, now_ms)

    def _forget_table(self, table_id: str) -> None:
        table = self._tables.pop(table_id, None)
        if table is not None:
            self._streams.pop(table.stream, None)
        self._rejoining.discard(table_id)
