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
        balances = self._balances_after(commit)
        reservations = self._reservations_after(commit)
        if any(row.cmd_id in self.by_id for row in commit.rows) or len({r.cmd_id for r in commit.rows}) < len(
            commit.rows
        ):
            raise BooksDiverged("an id was booked before")
        self.balances, self.reservations = balances, reservations
        for row, hash_ in zip(commit.rows, commit.hashes, strict=True):
            self.rows.append(row)
            self.hashes.append(hash_)
            self.by_id[row.cmd_id] = row
            if row.fence is not None:
                self.fences[row.fence[0]] = max(row.fence[1], self.fences.get(row.fence[0], 0))
            if row.jackpot is not None:
                self.jackpots[row.jackpot[0]] = row.jackpot[1]
        self.head = ShardHead(commit.epoch, commit.last_seq, commit.new_head)

    def _balances_after(self, commit: Commit) -> dict[int, int]:
        balances = dict(self.balances)
        for row in commit.rows:
            if sum(amount for _, amount, _ in row.legs) or (row.status and row.legs):
                raise BooksDiverged("a row's legs do not sum to zero")
            for account in row.accounts:
                if account in balances:
                    raise BooksDiverged("an account was opened twice")
                balances[account] = 0
        for account, change in commit.balances.items():
            if balances.get(account) != change.old or change.new < floor_of(account_kind(account)):
                raise BooksDiverged("a balance differs from memory, or is below its floor")
            balances[account] = change.new
        return balances

    def _reservations_after(self, commit: Commit) -> dict[bytes, Reservation]:
        reservations = dict(self.reservations)
        for row in commit.rows:
            if row.born is not None:
                if row.born.reservation_id in reservations:
                    raise BooksDiverged("a reservation was born twice")
                reservations[row.born.reservation_id] = row.born
        for row in commit.rows:
            if row.closed is not None:
                id_, state = row.closed
                held = reservations.get(id_)
                if held is None or held.state is not ReservationState.OPEN:
                    raise BooksDiverged("a reservation is not open")
                reservations[id_] = held.closed(state)
        return reservations

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
        self.closed = False

    async def claim(self, owner: str) -> ShardHead:
        await self._reach()
        return self.books.claim(owner)

    async def load(self, floor_ms: int) -> Loaded:
        await self._reach()
        return self.books.load(floor_ms)

    async def commit(self, commit: Commit) -> None:
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
