"""A client in a storm: the SDK's machine on a bare socket, and a judge of every event it is given."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final

from loadtest.lone_gateway import TABLE
from loadtest.wire import LoadConnection
from protocol.connection import Broken, ClientConnection, Pushed, Refreshed, Rejected, Resumed
from protocol.messages import JoinTable, RoundResult, RoundVoided

_HOST: Final = "127.0.0.1"
CONNECT_S: Final = 30.0


class Judge:
    """What a client has applied, and every breach of the law: each event once, in order, none missing.

    resumed, refreshed: how often it went on, and began at a snapshot; lost: snapshots in place of what it had asked for.
    """

    __slots__ = ("applied", "breaches", "epoch", "lost", "refreshed", "resumed", "version")

    def __init__(self) -> None:
        self.epoch = 0
        self.version = -1
        self.applied = self.resumed = self.refreshed = self.lost = 0
        self.breaches: list[str] = []

    def take(self, event: object) -> None:
        """Judge one event of the machine."""
        match event:
            case Pushed(table_id=table_id, body=RoundResult(number=number)) if table_id:
                self._apply(number)
            case Pushed(table_id=table_id, body=RoundVoided(reason=reason)) if table_id:
                self._apply(int(reason.split(maxsplit=1)[0]))
            case Refreshed(snapshot=snapshot, lost=lost):
                if (snapshot.epoch, snapshot.version) < (self.epoch, self.version):
                    self.breaches.append(f"a snapshot of {snapshot.version} came after {self.version}")
                self.epoch, self.version = snapshot.epoch, snapshot.version
                self.refreshed += 1
                self.lost += lost
            case Resumed(resumed=resumed):
                if (resumed.epoch, resumed.version) != (self.epoch, self.version):
                    self.breaches.append(f"resumed at {resumed.version}, applied up to {self.version}")
                self.resumed += 1
            case Broken(detail=detail):
                self.breaches.append(detail)
            case _:
                pass

    def _apply(self, version: int) -> None:
        if version != self.version + 1:
            self.breaches.append(f"event {version} came after {self.version}")
        self.version = version
        self.applied += 1


class StormClient:
    """Connects, joins, and comes back as often as it is cut. One machine through all connections."""

    def __init__(self, number: int, ports: list[int], draw: random.Random) -> None:
        self.judge = Judge()
        self.drops = 0
        self.close_code = 0
        self.rejected: list[int] = []
        self._token = f"p{number}:{number + 1}"
        self._ports = ports
        self._draw = draw
        self._machine = ClientConnection("storm", spread=draw.random)
        self._machine.request(JoinTable(TABLE), "join", 0)
        self._connection: LoadConnection | None = None
        self._back = asyncio.Event()
        self._wanted = True
        self._task: asyncio.Task[None] | None = None

    @property
    def is_there(self) -> bool:
        return self._connection is not None

    @property
    def gaps(self) -> int:
        """How often something was missing from a stream, healed or not."""
        return self._machine.gaps

    def start(self) -> None:
        """Be connected from now on."""
        self._task = asyncio.ensure_future(self._stay())

    async def stop(self) -> None:
        """Leave for good."""
        self._wanted = False
        self.cut()
        if self._task is not None:
            await self._task

    def cut(self, *, in_mid_frame: bool = False) -> bool:
        """Lose the connection; False: there is none. in_mid_frame: after half a request."""
        connection = self._connection
        if connection is None or connection.transport is None:
            return False
        if in_mid_frame:
            connection.transport.write(bytes((0x82, 0x80 | 40, 0, 0, 0, 0, 0x95)))
        connection.transport.abort()
        return True

    def stop_reading(self) -> None:
        """Let everything pile up, here and then there."""
        assert self._connection is not None
        assert self._connection.transport is not None
        self._connection.transport.pause_reading()

    def go_on_reading(self) -> None:
        """Take what there is."""
        if self._connection is not None and self._connection.transport is not None:
            self._connection.transport.resume_reading()

    async def _stay(self) -> None:
        while self._wanted:
            self._back.clear()
            try:
                await self._connect()
            except (OSError, ConnectionError, TimeoutError):
                self.drops += 1  # cut before it stood
                continue
            if not self._wanted:
                self.cut()
            await self._back.wait()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        port = self._draw.choice(self._ports)
        make: Callable[[], LoadConnection] = lambda: LoadConnection("/", f"{_HOST}:{port}", self._hear, self._on_lost)  # noqa: E731
        _, connection = await loop.create_connection(make, _HOST, port)
        await asyncio.wait_for(connection.ready, CONNECT_S)
        if connection.transport is None or connection.transport.is_closing():
            return
        self._connection = connection
        self._machine.open(self._token, self._now_ms())
        self._flush()

    def _hear(self, connection: LoadConnection, payload: bytes) -> None:
        if connection is not self._connection:
            return
        for event in self._machine.receive(payload, self._now_ms()):
            self.judge.take(event)
            if isinstance(event, Rejected):
                self.rejected.append(event.error.code)
        self._flush()

    def _on_lost(self, connection: LoadConnection, _: str) -> None:
        if connection is not self._connection and self._connection is not None:
            return
        self.close_code = connection.close_code
        self._connection = None
        self._machine.lost()
        self.drops += 1
        self._back.set()

    def _flush(self) -> None:
        for data in self._machine.data_to_send():
            if self._connection is not None:
                self._connection.send(data)

    def _now_ms(self) -> int:
        return int(asyncio.get_running_loop().time() * 1000)
