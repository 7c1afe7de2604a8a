"""Keeping the books provable: a snapshot of every shard each day, its proof, and a look at the books each minute.

Each shard is seen to by itself: one whose books are away, or that fails its proof, holds up no other. Killed at any
point, the job goes on from what is stored: a snapshot is there whole or not at all, and taken once a day.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from actors.domain.money.state import DAY_MS
from actors.ports import Clock, StoreUnavailable
from actors.supervisors.follower import Supervisor

log = logging.getLogger(__name__)

LOOK_EVERY_MS: Final = 60_000
#: A stake in play for longer is unusual: rounds take seconds, a live one minutes.
OLD_STAKE_MS: Final = 15 * 60_000
#: A decided round that is not settled after this long waits for something.
DECIDED_MS: Final = 5_000


class Look(msgspec.Struct, frozen=True):
    """One shard's books at one moment. trial: ledgers that do not sum to zero; reserved: accounts that differ from
    their open reservations; in_transit_minor: money on its way to other shards, minus money on its way here;
    oldest_snapshot_s: how long PostgreSQL has kept all old versions of rows, because somebody might still read them."""

    trial: int
    reserved: int
    open_stakes: int
    old_stakes: int
    in_transit_minor: int
    days_left: int
    oldest_snapshot_s: int


class KeepingStore(Protocol):
    """The books, to keep. Every call may raise StoreUnavailable and be repeated. Adapter: `storage/keeping.py`."""

    @property
    def shards(self) -> Sequence[int]:
        """All shards."""
        ...

    async def take(self, shard: int, day: int) -> None:
        """Take the day's snapshot unless it is there. day: since 1970, UTC."""
        ...

    async def prove(self, shard: int, day: int) -> int:
        """Return how many accounts of the day's snapshot do not follow from the one before and the journal."""
        ...

    async def look(self, shard: int, now_ms: int, old_stake_ms: int) -> Look:
        """Return how the shard's books stand."""
        ...

    async def waiting_rounds(self, decided_ms: int) -> int:
        """Return how many rounds were decided longer ago and are not settled."""
        ...


class BooksKeeper(Supervisor):
    """The job. What it found last is in `looks`, `breaches` (by shard) and `waiting_rounds`."""

    def __init__(self, store: KeepingStore, clock: Clock, *, fatal: Callable[[BaseException], None]) -> None:
        super().__init__("supervisor/keeping", fatal=fatal)
        self._store = store
        self._clock = clock
        self._next_look_ms = 0
        self.looks: dict[int, Look] = {}
        self.breaches: dict[int, int] = {}
        self.proved_day: dict[int, int] = {}
        self.waiting_rounds = 0

    def doubt(self) -> None:
        """Nothing is remembered that could be wrong: a proof, once stored, stays."""

    async def work(self) -> None:
        """Take and prove what is due today; look once a minute. Raises StoreUnavailable when all else is done."""
        now_ms = self._clock.now_ms()
        is_time = now_ms >= self._next_look_ms
        due = [shard for shard in self._store.shards if self.proved_day.get(shard, -1) < now_ms // DAY_MS]
        if not due and not is_time:
            return
        tasks = [self._keep(shard, now_ms // DAY_MS) for shard in due]
        if is_time:
            self._next_look_ms = now_ms + LOOK_EVERY_MS
            tasks += [self._look(shard, now_ms) for shard in self._store.shards]
            tasks.append(self._look_at_rounds())
        away = [found for found in await asyncio.gather(*tasks, return_exceptions=True) if found is not None]
        for error in sorted(away, key=lambda error: isinstance(error, StoreUnavailable)):
            raise error  # a bug before an outage

    async def _keep(self, shard: int, day: int) -> None:
        await self._store.take(shard, day)
        self.breaches[shard] = await self._store.prove(shard, day)
        self.proved_day[shard] = day
        if self.breaches[shard]:
            log.error("snapshot of shard %d, day %d: %d accounts do not follow", shard, day, self.breaches[shard])

    async def _look(self, shard: int, now_ms: int) -> None:
        self.looks.pop(shard, None)  # what is not known must not look well
        self.looks[shard] = await self._store.look(shard, now_ms, OLD_STAKE_MS)

    async def _look_at_rounds(self) -> None:
        self.waiting_rounds = await self._store.waiting_rounds(DECIDED_MS)
