"""Who of a host's two processes serves: the one that sits on the host's seat, an advisory lock of PostgreSQL.

The kernel closes the connection of a process that has died, whatever it died of, and PostgreSQL gives the lock to the
one that asks next, across machines. He asks every `ASK_EVERY_S` and never waits inside PostgreSQL: a statement that waits
keeps its snapshot, and while a snapshot lives no later version of any row of the whole database can be removed. An account
that changes a hundred times a second then has hundreds of dead versions, each visited by every commit.

The seat decides who *tries*. Who may *write* the fence alone decides (epochs of shards and tables), so a seat that is lost
or given by mistake costs time, never money.

| what happens | who sits | what follows |
| --- | --- | --- |
| he ends | he who waits | serves at his next asking |
| he hangs | he | the root supervisor ends him |
| PostgreSQL restarts | nobody | he takes it back; the other waits `GRACE_S` longer |
| his connection alone is cut | he who asks first | the old one is back, or finds it taken and ends |
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from typing import Any, Final

import asyncpg

log = logging.getLogger(__name__)

CONNECT_S: Final = 5.0
RETRY_S: Final = 0.1
#: He who waits asks so often: half of it is what a death costs on average, 0.2 ms of CPU what an asking costs.
ASK_EVERY_S: Final = 0.1
ASK_TIMEOUT_S: Final = 5.0
#: After an outage of PostgreSQL he who waits lets him who sat come back first.
GRACE_S: Final = 2.0
#: So long he who sat tries to get a seat back that is taken: perhaps by his own session, whose end is not yet noticed.
TAKEN_S: Final = 1.0

_OUTAGES: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
#: PostgreSQL notices within seconds when a machine has gone without a word.
_SETTINGS: Final = {
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_session_timeout": "0",
}


class Seat:
    """The seat of one host, for one process. on_lost: somebody else sits now; it must end this process."""

    def __init__(self, dsn: str, host: str, *, on_lost: Callable[[], None]) -> None:
        self._dsn = dsn
        self._host = host
        self._on_lost = on_lost
        self._key = int.from_bytes(hashlib.sha256(f"croupier seat {host}".encode()).digest()[:8], "big", signed=True)
        self._connection: asyncpg.Connection | None = None
        self._cut = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def take(self) -> None:
        """Wait, however long, until the seat is ours, then keep it until `leave` or `on_lost`."""
        wait_s = 0.0
        while True:
            try:
                connection = await self._connect()
                await asyncio.sleep(wait_s)
                while not await self._ask(connection):  # noqa: ASYNC110 - PostgreSQL tells nobody who does not wait inside it
                    await asyncio.sleep(ASK_EVERY_S)
                break
            except _OUTAGES as error:
                log.warning("cannot wait for the seat of %s: %r", self._host, error)
                self._let_go()
                wait_s = GRACE_S
                await asyncio.sleep(RETRY_S)
        self._keeper = asyncio.create_task(self._keep(), name=f"seat of {self._host}")

    async def leave(self) -> None:
        """Get up. Safe to repeat."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait((self._keeper,))
            self._keeper = None
        self._let_go()

    async def _connect(self) -> asyncpg.Connection:
        self._cut = cut = asyncio.Event()
        settings = {**_SETTINGS, "application_name": f"croupier seat of {self._host}"}
        connection = await asyncpg.connect(self._dsn, timeout=CONNECT_S, server_settings=settings)
        connection.add_termination_listener(lambda _: cut.set())
        self._connection = connection
        return connection

    async def _ask(self, connection: asyncpg.Connection) -> bool:
        """Take the seat if it is free; tell whether it is ours."""
        ours: bool = await connection.fetchval(
            "select pg_try_advisory_lock($1::bigint)", self._key, timeout=ASK_TIMEOUT_S
        )
        return ours

    async def _keep(self) -> None:
        """Take the seat again whenever the connection is cut, unless somebody else sits there by then."""
        while True:
            await self._cut.wait()
            log.warning("the seat of %s was cut off", self._host)
            if not await self._take_again():
                self._on_lost()
                return

    async def _take_again(self) -> bool:
        loop = asyncio.get_running_loop()
        until_s = float("inf")
        while loop.time() < until_s:
            try:
                connection = await self._connect()
                if await self._ask(connection):
                    return True
                until_s = min(until_s, loop.time() + TAKEN_S)
            except _OUTAGES as error:
                log.warning("cannot take the seat of %s again: %r", self._host, error)
            self._let_go()
            await asyncio.sleep(RETRY_S)
        return False

    def _let_go(self) -> None:
        connection: Any = self._connection
        self._connection = None
        if connection is not None and not connection.is_closed():
            connection.terminate()
