"""A model of PostgreSQL for the books: the same promises as `PostgresLedger`, in memory, with faults on demand.

`FakeBooks` is the database and outlives every incarnation; a `FakeLedger` is one incarnation's connections to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from actors.domain.ids import id_ms
from actors.domain.money.accounts import account_kind, floor_of
from actors.domain.money.batch import Commit
from actors.domain.money.chain import genesis
from actors.domain.money.entries import Reservation, ReservationState, Row
from actors.domain.money.lookups import Found
from actors.domain.money.orders import JackpotTerms
from actors.domain.money.recovery import TAIL_ROWS, Loaded, ShardHead
from actors.ports import BooksDiverged, ShardFenced, StoreUnavailable

CURRENCIES = frozenset(range(1, 8))


class FakeBooks:
    """One shard's relations. Changed by commits only, each all or nothing."""

    def __init__(self, shard_id: int = 0, *, first_day: int = 0, end_day: int = 40_000) -> None:
        self.shard_id = shard_id
        self.days = (first_day, end_day)
        self.head = ShardHead(0, 0, genesis(shard_id))
        self.owner = ""
        self.rows: list[Row] = []
        self.hashes: list[bytes] = []
        self.by_id: dict[bytes, Row] = {}
        self.balances: dict[int, int] = {}
        self.reservations: dict[bytes, Reservation] = {}
        self.fences: dict[str, int] = {}
        self.jackpots: dict[int, JackpotTerms] = {}

    def claim(self, owner: str) -> ShardHead:
        """Take the next epoch."""
        self.owner = owner
        self.head = ShardHead(self.head.epoch + 1, self.head.seq, self.head.head)
        return self.head

    def commit(self, commit: Commit) -> None:
        """Do what `wallet.commit_batch` does. Raises what the adapter raises, and then nothing has changed."""
        if self.head != ShardHead(commit.epoch, commit.prev_seq, commit.prev_head):
            raise ShardFenced("the shard's row is not as expected")
        self._check_rows(commit)
        self._check_balances(commit)
        self._check_reservations(commit)
        jackpots = [row.jackpot[0] for row in commit.rows if row.jackpot is not None]
        if len(set(jackpots)) < len(jackpots) or not self.jackpots.keys().isdisjoint(jackpots):
            raise BooksDiverged("a jackpot was defined twice")
        for row, hash_ in zip(commit.rows, commit.hashes, strict=True):
            self._take(row, hash_)
        for account, change in commit.balances.items():
            self.balances[account] = change.new
        self.head = ShardHead(commit.epoch, commit.last_seq, commit.new_head)

    def _check_rows(self, commit: Commit) -> None:
        ids = {row.cmd_id for row in commit.rows}
        if len(ids) < len(commit.rows) or not self.by_id.keys().isdisjoint(ids):
            raise BooksDiverged("an id was booked before")
        for row in commit.rows:
            if sum([amount for _, amount, _ in row.legs]) or (row.status and row.legs):
                raise BooksDiverged("a row's legs do not sum to zero")

    def _check_balances(self, commit: Commit) -> None:
        opened: set[int] = set()
        for row in commit.rows:
            for account in row.accounts:
                if account in self.balances or account in opened:
                    raise BooksDiverged("an account was opened twice")
                opened.add(account)
        for account, change in commit.balances.items():
            old = self.balances.get(account, 0 if account in opened else None)
            if old != change.old or change.new < floor_of(account_kind(account)):
                raise BooksDiverged("a balance differs from memory, or is below its floor")

    def _check_reservations(self, commit: Commit) -> None:
        changed: dict[bytes, ReservationState] = {}
        for row in commit.rows:
            if row.born is not None:
                if row.born.reservation_id in self.reservations or row.born.reservation_id in changed:
                    raise BooksDiverged("a reservation was born twice")
                changed[row.born.reservation_id] = row.born.state
        for row in commit.rows:
            if row.closed is not None:
                id_, state = row.closed
                held = self.reservations.get(id_)
                if changed.get(id_, held.state if held is not None else None) is not ReservationState.OPEN:
                    raise BooksDiverged("a reservation is not open")
                changed[id_] = state

    def _take(self, row: Row, hash_: bytes) -> None:
        self.rows.append(row)
        self.hashes.append(hash_)
        self.by_id[row.cmd_id] = row
        for account in row.accounts:
            self.balances[account] = 0
        if row.born is not None:
            self.reservations[row.born.reservation_id] = row.born
        if row.closed is not None:
            self.reservations[row.closed[0]] = self.reservations[row.closed[0]].closed(row.closed[1])
        if row.fence is not None:
            self.fences[row.fence[0]] = max(row.fence[1], self.fences.get(row.fence[0], 0))
        if row.jackpot is not None:
            self.jackpots[row.jackpot[0]] = row.jackpot[1]

    def load(self, floor_ms: int) -> Loaded:
        """Return one consistent picture."""
        first = max(len(self.rows) - TAIL_ROWS, 0)
        return Loaded(
            self.head,
            floor_ms,
            CURRENCIES,
            dict(self.balances),
            [
                r
                for r in self.reservations.values()
                if r.state is ReservationState.OPEN or id_ms(r.reservation_id) >= floor_ms
            ],
            dict(self.fences),
            [_as_read(row) for row in self.rows if id_ms(row.cmd_id) >= floor_ms],
            [_as_read(row) for row in self.rows[first:]],
            self.hashes[first:],
            self.hashes[first - 1] if first else genesis(self.shard_id),
            dict(self.jackpots),
        )

    def find(self, cmd_ids: Sequence[bytes], reservation_ids: Sequence[bytes]) -> Found:
        """Return what is booked under these ids."""
        return Found(
            [_as_read(self.by_id[id_]) for id_ in cmd_ids if id_ in self.by_id],
            [self.reservations[id_] for id_ in reservation_ids if id_ in self.reservations],
        )


async def _at_once() -> None:
    await asyncio.sleep(0)


class FakeLedger:
    """`LedgerStore` over `FakeBooks`.

    before, after: awaited before and after each commit takes effect; either may raise, wait, or let others run.
    An `after` that raises StoreUnavailable is a lost reply: durable, and the caller cannot know.
    """

    def __init__(
        self,
        books: FakeBooks,
        *,
        before: Callable[[], Awaitable[None]] = _at_once,
        after: Callable[[], Awaitable[None]] = _at_once,
        reading: Callable[[], Awaitable[None]] = _at_once,
    ) -> None:
        self.books = books
        self.before = before
        self.after = after
        self.reading = reading
        self.commits: list[Commit] = []
        self.prepared: dict[bytes, bytes] = {}
        self.closed = False

    async def claim(self, owner: str) -> ShardHead:
        await self._reach()
        return self.books.claim(owner)

    async def load(self, floor_ms: int) -> Loaded:
        await self._reach()
        return self.books.load(floor_ms)

    def encode(self, row: Row, hash_: bytes) -> bytes:
        return b""

    def prepare(self, commit: Commit) -> None:
        self.prepared[commit.new_head] = msgspec.msgpack.encode(commit)

    async def commit(self, commit: Commit) -> None:
        prepared = self.prepared.get(commit.new_head)
        assert prepared is None or prepared == msgspec.msgpack.encode(commit), "a prepared commit has changed since"
        self.commits.append(commit)
        await self.before()
        self.books.commit(commit)
        await self.after()

    async def head(self) -> ShardHead:
        await self._reach()
        return self.books.head

    async def confirm(self) -> ShardHead:
        await self._reach()
        return self.books.head

    async def find(self, cmd_ids: Sequence[bytes], reservation_ids: Sequence[bytes]) -> Found:
        await self._reach()
        return self.books.find(cmd_ids, reservation_ids)

    async def prepare_days(self) -> tuple[int, int]:
        await self._reach()
        return self.books.days

    async def close(self) -> None:
        self.closed = True

    async def _reach(self) -> None:
        if self.closed:
            raise StoreUnavailable("closed")
        await self.reading()


def _as_read(row: Row) -> Row:
    """Return a row without what the journal does not hold."""
    return msgspec.structs.replace(row, born=None, closed=None, accounts=(), fence=None, jackpot=None)
