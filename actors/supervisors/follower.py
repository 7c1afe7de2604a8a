"""Following the journal: from a checkpoint of one's own, page by page, each page exactly once.

The checkpoint moves in the transaction that stores what the page caused, and only from where this follower thinks it
is. After any doubt (a lost answer, another incarnation of the same supervisor) it reads its checkpoints again.
`JournalGrew` only wakes it; what is true stands in PostgreSQL. How to write one: docs/followers.md.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

from actors.domain.commands import Noted
from actors.domain.money.entries import EntryCode
from actors.ports import StoreUnavailable
from actors.supervisors.journal import CheckpointMoved, JournalGap, JournalSource, Page, Span

log = logging.getLogger(__name__)

PAGE_ROWS: Final = 5_000
#: From one work to the next. A row costs the less the more are read at once, and nobody waits for a score within the second.
POLL_S: Final = 1.0


S = TypeVar("S", bound=Span)


def rows_of(
    source: JournalSource, *codes: EntryCode, refused: bool = False
) -> Callable[[int, int, int], Awaitable[Page]]:
    """Return how a follower reads the rows of these codes. refused: it wants refused rows too."""
    return lambda shard, after_seq, to_seq: source.read(shard, after_seq, to_seq, codes, refused)


class Follower(Generic[S]):
    """Reads on behalf of one supervisor. handle stores a page's effect and the checkpoint, all or nothing.

    A page has at most PAGE_ROWS rows. A shard that cannot be read holds up no other shard.
    """

    def __init__(
        self,
        name: str,
        source: JournalSource,
        read: Callable[[int, int, int], Awaitable[S]],
        handle: Callable[[S], Awaitable[None]],
    ) -> None:
        """name: under which checkpoints are kept; it never changes. read: `rows_of` a source, or its `digest`."""
        self.name = name
        self.rows_total = 0
        self.gaps_total = 0
        self.lag_rows = 0
        self._source = source
        self._read = read
        self._handle = handle
        self._positions: dict[int, int] | None = None
        self._behind_since_s: float | None = None

    def counters(self) -> dict[str, int]:
        """Return counters and gauges by name. lag_ms: for how long there has been something unread."""
        since_s = self._behind_since_s
        lag_ms = 0 if since_s is None else int((asyncio.get_running_loop().time() - since_s) * 1000)
        rows = {"rows_total": self.rows_total, "gaps_total": self.gaps_total}
        return rows | {"lag_rows": self.lag_rows, "lag_ms": lag_ms}

    def doubt(self) -> None:
        """Read the checkpoints again before the next page."""
        self._positions = None

    async def catch_up(self) -> None:
        """Handle everything that was durable when this call began.

        Raises CheckpointMoved at once; StoreUnavailable and JournalGap after the other shards have been read.
        """
        if self._positions is None:
            self._positions = dict(await self._source.checkpoints(self.name))
        positions, heads = self._positions, await self._source.heads()
        self._look(sum(max(0, head - positions.get(shard, 0)) for shard, head in heads.items()))
        trouble: Exception | None = None
        for shard, head in sorted(heads.items()):
            try:
                await self._read_to(positions, shard, head)
            except (StoreUnavailable, JournalGap) as error:
                self.gaps_total += isinstance(error, JournalGap)
                trouble = trouble or error
        if trouble is not None:
            raise trouble

    async def _read_to(self, positions: dict[int, int], shard: int, head: int) -> None:
        while (position := positions.get(shard, 0)) < head:
            to_seq = min(head, position + PAGE_ROWS)
            page = await self._read(shard, position, to_seq)
            await self._handle(page)
            positions[shard] = page.to_seq
            self.rows_total += page.to_seq - position
            self._look(max(0, self.lag_rows - (page.to_seq - position)))

    def _look(self, lag_rows: int) -> None:
        self.lag_rows = lag_rows
        if not lag_rows:
            self._behind_since_s = None
        elif self._behind_since_s is None:
            self._behind_since_s = asyncio.get_running_loop().time()


async def all_of(works: Collection[Coroutine[Any, Any, None]]) -> None:
    """Return when all are done, however the others end; then raise the first error, if there was one."""
    ends = await asyncio.gather(*works, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end


class Supervisor(ABC):
    """A supervisor's life: works once a second, outlives outages of the store, ends by `fatal` on a bug.

    Nothing in memory matters: killed at any point, it goes on from what is stored.
    """

    def __init__(self, name: str, *, fatal: Callable[[BaseException], None], breath_s: float = POLL_S) -> None:
        """breath_s: of one that is to act sooner when woken, and then at most so often; shape: up to POLL_S."""
        self.name = name
        self.outages_total = 0
        self._fatal = fatal
        self._breath_s = breath_s
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def handle_batch(self, sender: str, messages: Sequence[Any]) -> Sequence[Any]:
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
        """Do everything that there is to do now. May raise StoreUnavailable, CheckpointMoved and JournalGap."""

    @abstractmethod
    def doubt(self) -> None:
        """Forget what is remembered of the store: it may be otherwise."""

    async def _run(self) -> None:
        try:
            while True:
                await self._work_once()
                await asyncio.sleep(self._breath_s)
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
        except (StoreUnavailable, CheckpointMoved, JournalGap) as error:
            self.outages_total += 1
            self.doubt()
            log.warning("%s tries again: %s: %s", self.name, type(error).__name__, error)
            await asyncio.sleep(POLL_S)

    async def _wait(self) -> None:
        # Not `wait_for`: before Python 3.12 it loses a cancellation that comes together with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S - self._breath_s):
                await self._wake.wait()
