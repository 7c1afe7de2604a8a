"""Following the journal: from a checkpoint of one's own, page by page, each page exactly once.

The checkpoint moves in the transaction that stores what the page caused, and only from where this follower thinks it
is. After any doubt (a lost answer, another incarnation of the same supervisor) it reads its checkpoints again.
`JournalGrew` only wakes it; what is true stands in PostgreSQL.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

import msgspec

from actors.domain.commands import Noted
from actors.domain.money.entries import EntryCode
from actors.ports import StoreUnavailable

log = logging.getLogger(__name__)

PAGE_ROWS: Final = 2_000
POLL_S: Final = 1.0
#: Hints that come thicker than this are answered by one reading.
BREATH_S: Final = 0.05


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One booked row. reservation_id and round_id are empty where the row has none. amount_minor: what it moved."""

    seq: int
    code: EntryCode
    player_id: int
    reservation_id: bytes
    round_id: bytes
    amount_minor: int
    booked_ms: int


class Page(msgspec.Struct, frozen=True):
    """The journal of one shard after after_seq, up to and including to_seq. Refused rows are left out of entries."""

    shard: int
    after_seq: int
    to_seq: int
    entries: Sequence[Entry]


class CheckpointMoved(Exception):
    """The checkpoint is not where this follower left it; nothing was stored."""


class JournalSource(Protocol):
    """The journals of all shards, read only. Every call may raise StoreUnavailable."""

    async def heads(self) -> Mapping[int, int]:
        """Return the last durable position of every shard that can be read now; one whose books are away is missing."""
        ...

    async def checkpoints(self, follower: str) -> Mapping[int, int]:
        """Return how far this follower has read; shards it has never read are missing."""
        ...

    async def read(self, shard: int, after_seq: int, to_seq: int) -> Page:
        """Return these rows. Shape: to_seq is not beyond the shard's head."""
        ...


class Follower:
    """Reads on behalf of one supervisor. handle stores a page's effect and the checkpoint, all or nothing."""

    def __init__(self, name: str, source: JournalSource, handle: Callable[[Page], Awaitable[None]]) -> None:
        self.name = name
        self.rows_total = 0
        self.lag_rows = 0
        self._source = source
        self._handle = handle
        self._positions: dict[int, int] | None = None

    def doubt(self) -> None:
        """Read the checkpoints again before the next page."""
        self._positions = None

    async def catch_up(self) -> None:
        """Handle everything that was durable when this call began."""
        if self._positions is None:
            self._positions = dict(await self._source.checkpoints(self.name))
        heads = await self._source.heads()
        self.lag_rows = sum(max(0, head - self._positions.get(shard, 0)) for shard, head in heads.items())
        for shard, head in sorted(heads.items()):
            await self._read_to(self._positions, shard, head)

    async def _read_to(self, positions: dict[int, int], shard: int, head: int) -> None:
        while (position := positions.get(shard, 0)) < head:
            page = await self._source.read(shard, position, min(head, position + PAGE_ROWS))
            await self._handle(page)
            positions[shard] = page.to_seq
            self.rows_total += page.to_seq - position
            self.lag_rows = max(0, self.lag_rows - (page.to_seq - position))


class Supervisor(ABC):
    """A supervisor's life: works when woken and every second, outlives outages of the store, ends by `fatal` on a bug.

    Nothing in memory matters: killed at any point, it goes on from what is stored.
    """

    def __init__(self, name: str, *, fatal: Callable[[BaseException], None]) -> None:
        self.name = name
        self.outages_total = 0
        self._fatal = fatal
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def handle_batch(self, sender: str, messages: Sequence[Any]) -> Sequence[Noted]:
        """Take hints that a journal has grown."""
        self._wake.set()
        return [Noted() for _ in messages]

    async def stop(self) -> None:
        """End. Safe to repeat; what was under way is either stored whole or not at all."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))

    def counters(self) -> dict[str, int]:
        """Return counters and gauges by name."""
        return {"outages_total": self.outages_total}

    @abstractmethod
    async def work(self) -> None:
        """Do everything that there is to do now. May raise StoreUnavailable and CheckpointMoved."""

    @abstractmethod
    def doubt(self) -> None:
        """Forget what is remembered of the store: it may be otherwise."""

    async def _run(self) -> None:
        try:
            while True:
                await self._work_once()
                await asyncio.sleep(BREATH_S)
                await self._wait()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("%s ends", self.name)
            self._fatal(error)

    async def _work_once(self) -> None:
        self._wake.clear()
        try:
            await self.work()
        except (StoreUnavailable, CheckpointMoved) as error:
            self.outages_total += 1
            self.doubt()
            log.warning("%s tries again: %s: %s", self.name, type(error).__name__, error)
            await asyncio.sleep(POLL_S)

    async def _wait(self) -> None:
        # Not `wait_for`: before Python 3.12 it loses a cancellation that comes together with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()
