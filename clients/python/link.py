"""What keeps a client connected and its requests alive: one task, one session machine, one socket after another."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from websockets.asyncio.client import ClientConnection as Socket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed as SocketClosed
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from clients.python.errors import ConnectionClosed, CroupierError, HttpError, OutcomeUnknown, Refused
from clients.python.trust import trust
from protocol import connection as machine
from protocol.comeback import Comeback
from protocol.envelope import MAX_SERVER_FRAME_BYTES, SUBPROTOCOL
from protocol.errors import After, Code, after_close
from protocol.messages import ClientMessage, Error, ServerMessage, Welcome

#: An order without an answer is given up after so long; its outcome is then unknown.
ANSWER_TIMEOUT_S: Final = 30.0
_OPEN_TIMEOUT_S: Final = 10.0
_CLOSE_TIMEOUT_S: Final = 1.0
#: How often in a row a token may be refused before the client gives up.
_TOKENS_REFUSED_MAX: Final = 2

NewToken = Callable[[], Awaitable[str]]
FindUrl = Callable[[], Awaitable[str]]
_Answer = TypeVar("_Answer", bound=ServerMessage)

_WALL_MS: Final = int(time.time() * 1000) - int(time.monotonic() * 1000)


def now_ms() -> int:
    """Return milliseconds since 1970 by a clock that never goes back."""
    return int(time.monotonic() * 1000) + _WALL_MS


class Link(ABC):
    """See the module. `_take` is told every event, in order; it must not block."""

    def __init__(
        self,
        ws_url: str,
        token: str,
        new_token: NewToken | None,
        client: str,
        spread: Callable[[], float],
        find_url: FindUrl | None = None,
        ca_file: str = "",
    ) -> None:
        self.ws_url = ws_url
        self.connections = 0
        self._trust = trust(ca_file) if ws_url.startswith("wss:") else None
        self._token = token
        self._new_token = new_token
        self._find_url = find_url
        self._comeback = Comeback(spread)
        self._session = machine.ClientConnection(client, spread=spread)
        self._socket: Socket | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[Welcome] | None = None
        self._stopped: ConnectionClosed | None = None
        self._unanswered: set[asyncio.Future[ServerMessage]] = set()
        self._conditions: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._tokens_refused = 0

    @abstractmethod
    def _take(self, event: machine.Event) -> None:
        """Handle what happened."""

    async def connect(self, timeout_s: float = 15.0) -> Welcome:
        """Connect and greet; tries again until it works or the time is over (then `OutcomeUnknown`)."""
        if self._task is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._run(), name=f"croupier client {self.ws_url}")
        assert self._ready is not None
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(self._ready)
        except TimeoutError:
            await self.close()
            raise OutcomeUnknown(f"no connection to {self.ws_url} in {timeout_s} s") from None

    async def close(self) -> None:
        """Close for good. Orders without an answer raise `ConnectionClosed`."""
        self._stop(ConnectionClosed(0, "closed by the client"))
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._session.lost()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def connected(self) -> bool:
        """Tell whether a session stands now."""
        return self._session.phase is machine.Phase.READY

    @property
    def session(self) -> machine.ClientConnection:
        """The session machine: clock, gaps, unanswered requests."""
        return self._session

    def server_now_ms(self) -> int:
        """Return what the server's clock shows now, as far as is known."""
        return self._session.clock.server_ms(now_ms())

    async def ask(self, body: ClientMessage, kind: type[_Answer], timeout_s: float = ANSWER_TIMEOUT_S) -> _Answer:
        """Send a request until it is answered, through lost connections too, and return the answer."""
        if self._stopped is not None:
            raise self._stopped
        future: asyncio.Future[ServerMessage] = asyncio.get_running_loop().create_future()
        self._unanswered.add(future)
        self._session.request(body, future, now_ms())
        try:
            async with asyncio.timeout(timeout_s):
                await self._flush()
                answer = await future
        except TimeoutError:
            raise OutcomeUnknown(f"no answer to {type(body).__name__} in {timeout_s} s") from None
        finally:
            self._unanswered.discard(future)
            if not future.done() or future.cancelled():
                self._session.abandon(future)
        if isinstance(answer, Error):
            if answer.code == Code.OUTCOME_UNKNOWN:
                raise OutcomeUnknown(answer.detail or answer.name)
            raise Refused(answer)
        if not isinstance(answer, kind):
            raise CroupierError(f"{type(body).__name__} was answered with {type(answer).__name__}")
        return answer

    async def until(self, condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Wait until this is true of the state here; looked at after every message. Raises TimeoutError."""
        if condition():
            return
        if self._stopped is not None:
            raise self._stopped
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (condition, future)
        self._conditions.append(entry)
        try:
            async with asyncio.timeout(timeout_s):
                await future
        finally:
            if entry in self._conditions:
                self._conditions.remove(entry)

    async def _run(self) -> None:
        """Connect again and again until there is a reason to stop."""
        while self._stopped is None:
            after = await self._connection()
            self._session.lost()
            self._socket = None
            if after is After.NEW_TOKEN and not await self._refresh():
                return
            if self._stopped is None:
                await asyncio.sleep(self._pause_s())
                if (
                    self._comeback.losses > 1
                ):  # a server that moves us has another process at its address: there we are moved once
                    await self._look_for_gateway()

    def _pause_s(self) -> float:
        """Return how long to wait for the next connection: as told by a server that moves us, else a random while."""
        told_ms, self._session.back_after_ms = self._session.back_after_ms, -1
        return self._comeback.lost(now_ms(), told_ms) / 1000

    async def _look_for_gateway(self) -> None:
        """Ask where to connect now; where nobody knows, it is as before."""
        if self._find_url is not None:
            with suppress(HttpError):
                self.ws_url = await self._find_url()

    async def _connection(self) -> After:
        """Live through one connection. Returns what to do after it."""
        try:
            async with connect(
                self.ws_url,
                ssl=self._trust,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                compression=None,
                max_size=MAX_SERVER_FRAME_BYTES,
                open_timeout=_OPEN_TIMEOUT_S,
                close_timeout=_CLOSE_TIMEOUT_S,
                ping_interval=None,
                proxy=None,
            ) as socket:
                self._socket = socket
                self._session.open(self._token, now_ms())
                await self._flush()
                await self._converse(socket)
        except SocketClosed as closed:
            return self._closed(closed)
        except (OSError, WebSocketException, TimeoutError):
            pass
        return After.BACK_OFF

    def _closed(self, closed: SocketClosed) -> After:
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
        after = after_close(code)
        if after is After.NEW_TOKEN:
            self._tokens_refused += 1
        if after is After.STOP or self._tokens_refused > _TOKENS_REFUSED_MAX:
            self._stop(ConnectionClosed(code, reason))
        return after

    async def _converse(self, socket: Socket) -> None:
        """Take messages and do what is due, until the socket closes or proves broken."""
        session = self._session
        while True:
            try:
                async with asyncio.timeout(max(0.0, (session.next_tick_ms() - now_ms()) / 1000)):
                    data = await socket.recv(decode=False)
            except TimeoutError:
                events = session.tick(now_ms())
            else:
                events = session.receive(data, now_ms())
            for event in events:
                if isinstance(event, machine.Broken):
                    return
                if isinstance(event, machine.Welcomed):
                    self._welcomed(event.welcome)
                self._take(event)
            if self._conditions:
                self._look()
            await self._flush()

    async def _flush(self) -> None:
        """Send what the session machine wants sent. A socket that is gone is the reader's affair."""
        socket = self._socket
        if socket is None:
            return
        try:
            for frame in self._session.data_to_send():
                await socket.send(frame)
        except SocketClosed:
            pass

    async def _refresh(self) -> bool:
        """Get a new token. Returns False if the client has stopped because there is none to be had."""
        if self._stopped is not None:
            return False
        if self._new_token is None:
            self._stop(ConnectionClosed(4100, "no new token"))
            return False
        try:
            self._token = await self._new_token()
        except HttpError as error:
            if error.status in (400, 401, 403):
                self._stop(ConnectionClosed(4100, str(error)))
                return False
        return True

    def _welcomed(self, welcome: Welcome) -> None:
        self.connections += 1
        self._comeback.ready(now_ms())
        self._tokens_refused = 0
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(welcome)

    def _look(self) -> None:
        for condition, future in list(self._conditions):
            if not future.done() and condition():
                future.set_result(None)

    def _stop(self, reason: ConnectionClosed) -> None:
        """Stop for good: everybody who waits is told."""
        if self._stopped is not None:
            return
        self._stopped = reason
        waiting: list[asyncio.Future[Any]] = [*self._unanswered, *(future for _, future in self._conditions)]
        if self._ready is not None:
            waiting.append(self._ready)
        for future in waiting:
            if not future.done():
                future.set_exception(reason)
        if self._ready is not None and not self._ready.cancelled():
            self._ready.exception()  # nobody may be waiting for it
