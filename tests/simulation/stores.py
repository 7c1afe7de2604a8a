"""Models of PostgreSQL for the simulation: durable books and rounds, and the faulty ways to them.

A statement has three moments: sent, carried out, answered. The caller may die between any two, the connection may break
before or after the second, and a statement whose connection broke may be carried out later all the same.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from actors.domain.ids import id_ms
from actors.domain.money.accounts import account_kind, floor_of
from actors.domain.money.batch import Commit
from actors.domain.money.chain import genesis
from actors.domain.money.entries import Reservation, ReservationState, Row
from actors.domain.money.lookups import Found
from actors.domain.money.orders import JackpotTerms
from actors.domain.money.recovery import Loaded, ShardHead
from actors.domain.money.state import DAY_MS
from actors.domain.rounds import FINAL, Plan, RoundState
from actors.ports import (
    BooksDiverged,
    CommitNotDone,
    NewRound,
    RoundConflict,
    ShardFenced,
    StaleEpoch,
    StoreUnavailable,
    UnfinishedRound,
)
from tests.simulation.world import Life, World, living

T = TypeVar("T")


class Statements:
    """How one life talks to a durable thing: with delays, and now and then with a broken connection."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._world: World = life.world

    async def run(self, what: str, effect: Callable[[], T], *, is_write: bool = True) -> T:
        """Carry out effect once at some later moment and return what it returned. Raises StoreUnavailable."""
        living()
        world, faults = self._world, self._world.faults
        done: asyncio.Future[T] = world.loop.create_future()
        lost_before = world.chance(faults.commit_lost_before if is_write else faults.store_fails)
        lost_after = not lost_before and world.chance(faults.commit_lost_after if is_write else 0.0)
        if lost_before:
            world.counts[f"{what} lost before"] += 1
            await asyncio.sleep(world.delay_s())
            raise StoreUnavailable("the connection broke")
        world.loop.call_later(world.delay_s(), _carry_out, done, effect, context=contextvars.Context())
        if lost_after:
            world.counts[f"{what} lost after"] += 1
            # The connection may break while the statement still runs: half of these are carried out later.
            await asyncio.sleep(world.delay_s())
            done.add_done_callback(_look_at)
            raise StoreUnavailable("the connection broke")
        result = await done
        await asyncio.sleep(world.delay_s() / 2)
        living()
        return result


def _carry_out(done: asyncio.Future[T], effect: Callable[[], T]) -> None:
    try:
        result = effect()
    except Exception as error:
        if not done.cancelled():
            done.set_exception(error)
            done.exception()  # its caller may be dead
        return
    if not done.cancelled():
        done.set_result(result)


def _look_at(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()


class Books:
    """One shard's relations, with the constraints that PostgreSQL would hold up."""

    def __init__(self, shard_id: int) -> None:
        self.shard_id = shard_id
        self.epoch = 0
        self.head = genesis(shard_id)
        self.rows: list[Row] = []
        self.hashes: list[bytes] = []
        self.balances: dict[int, int] = {}
        self.reservations: dict[bytes, Reservation] = {}
        self.fences: dict[str, int] = {}
        self.jackpots: dict[int, JackpotTerms] = {}
        self.by_id: dict[bytes, Row] = {}
        self.told: list[Row] = []  # in order of seq, for followers

    def stand(self) -> ShardHead:
        """Return the shard's row."""
        return ShardHead(self.epoch, len(self.rows), self.head)

    def claim(self) -> ShardHead:
        """Epoch + 1."""
        self.epoch += 1
        return self.stand()

    def load(self, floor_ms: int) -> Loaded:
        """One consistent picture."""
        tail = self.rows[-1000:]
        before_at = len(self.rows) - len(tail) - 1
        return Loaded(
            self.stand(),
            floor_ms,
            frozenset((1, 2)),
            dict(self.balances),
            [
                one
                for one in self.reservations.values()
                if one.state is ReservationState.OPEN or id_ms(one.reservation_id) >= floor_ms
            ],
            dict(self.fences),
            [row for row in self.rows if id_ms(row.cmd_id) >= floor_ms],
            tail,
            self.hashes[-1000:],
            self.hashes[before_at] if before_at >= 0 else genesis(self.shard_id),
            dict(self.jackpots),
        )

    def commit(self, commit: Commit) -> None:
        """All or nothing. Raises ShardFenced, BooksDiverged."""
        if (commit.epoch, commit.prev_seq, commit.prev_head) != (self.epoch, len(self.rows), self.head):
            raise ShardFenced(f"epoch {commit.epoch}, seq {commit.prev_seq}: the shard stands elsewhere")
        self._check(commit)
        for row in commit.rows:
            self._take(row)
        self.hashes += commit.hashes
        for account, change in commit.balances.items():
            self.balances[account] = change.new
        self.head = commit.new_head

    def _check(self, commit: Commit) -> None:
        """Look at every constraint before anything is changed."""
        opened = {account for row in commit.rows for account in row.accounts}
        ids = [row.cmd_id for row in commit.rows]
        if len(set(ids)) < len(ids) or any(id_ in self.by_id for id_ in ids):
            raise BooksDiverged("an id is booked already")
        if any(sum(amount for _, amount, _ in row.legs) for row in commit.rows):
            raise BooksDiverged("the legs of a row do not sum to zero")
        for account, change in commit.balances.items():
            if self.balances.get(account, 0) != change.old:
                raise BooksDiverged(f"account {account} has {self.balances.get(account, 0)}, not {change.old}")
            if change.new < floor_of(account_kind(account)):
                raise BooksDiverged(f"account {account} would fall below its floor")
            if account not in self.balances and account not in opened and account >= 100_000:
                raise BooksDiverged(f"account {account} was never opened")
        born = {row.born.reservation_id for row in commit.rows if row.born is not None}
        for row in commit.rows:
            if row.born is not None and row.born.reservation_id in self.reservations:
                raise BooksDiverged("a reservation is born twice")
            if row.closed is not None and row.closed[0] not in born:
                found = self.reservations.get(row.closed[0])
                if found is None or found.state is not ReservationState.OPEN:
                    raise BooksDiverged("a reservation is closed that is not open")

    def _take(self, row: Row) -> None:
        self.rows.append(row)
        self.by_id[row.cmd_id] = row
        for account in row.accounts:
            self.balances.setdefault(account, 0)
        if row.born is not None:
            self.reservations[row.born.reservation_id] = row.born
        if row.closed is not None:
            id_, state = row.closed
            self.reservations[id_] = msgspec.structs.replace(self.reservations[id_], state=state)
        if row.fence is not None:
            self.fences[row.fence[0]] = row.fence[1]
        if row.jackpot is not None:
            self.jackpots[row.jackpot[0]] = row.jackpot[1]


class SimLedger:
    """The `LedgerStore` port of one life."""

    def __init__(self, life: Life, books: Books) -> None:
        self._books = books
        self._statements = Statements(life)
        self._life = life

    async def claim(self, owner: str) -> ShardHead:
        return await self._statements.run("claim", self._books.claim)

    async def load(self, floor_ms: int) -> Loaded:
        return await self._statements.run("load", lambda: self._books.load(floor_ms), is_write=False)

    async def commit(self, commit: Commit) -> None:
        world = self._life.world
        if world.chance(world.faults.store_fails):
            world.counts["commit not done"] += 1
            raise CommitNotDone("deadlock")
        await self._statements.run("commit", lambda: self._books.commit(commit))

    async def head(self) -> ShardHead:
        return await self._statements.run("head", self._books.stand, is_write=False)

    async def confirm(self) -> ShardHead:
        return await self._statements.run("confirm", self._books.stand, is_write=False)

    async def find(self, cmd_ids: Sequence[bytes], reservation_ids: Sequence[bytes]) -> Found:
        books = self._books
        return await self._statements.run(
            "find",
            lambda: Found(
                [books.by_id[id_] for id_ in cmd_ids if id_ in books.by_id],
                [books.reservations[id_] for id_ in reservation_ids if id_ in books.reservations],
            ),
            is_write=False,
        )

    async def prepare_days(self) -> tuple[int, int]:
        living()
        today = self._life.world.now_ms() // DAY_MS
        return today - 60, today + 60

    async def close(self) -> None:
        return None


class StoredRound(msgspec.Struct):
    """A row of the round relation."""

    new: NewRound
    state: RoundState
    number: int = -1
    plan: Plan | None = None
    reason: str = ""


class Rounds:
    """The round relation and the tables' epochs."""

    def __init__(self) -> None:
        self.epochs: dict[str, int] = {}
        self.rounds: dict[bytes, StoredRound] = {}

    def fence(self, table_id: str, epoch: int) -> None:
        """Raise StaleEpoch for any but the newest incarnation."""
        if self.epochs[table_id] != epoch:
            raise StaleEpoch(f"{table_id} is at epoch {self.epochs[table_id]}, not {epoch}")

    def of(self, table_id: str) -> list[StoredRound]:
        """Return a table's rounds by number."""
        return sorted(
            (one for one in self.rounds.values() if one.new.table_id == table_id), key=lambda one: one.new.round_no
        )

    def claim(self, table_id: str) -> int:
        self.epochs[table_id] = self.epochs.get(table_id, 0) + 1
        return self.epochs[table_id]

    def open(self, new: NewRound) -> None:
        self.fence(new.table_id, new.table_epoch)
        known = self.rounds.get(new.round_id)
        if known is not None:
            if known.state is not RoundState.OPEN:
                raise RoundConflict("past OPEN")
            known.new = new
            return
        if any(one.new.round_no == new.round_no for one in self.of(new.table_id)):
            raise RoundConflict("the number is another round's")
        self.rounds[new.round_id] = StoredRound(new, RoundState.OPEN)

    def close(self, table_id: str, epoch: int, round_id: bytes) -> None:
        self.fence(table_id, epoch)
        if self.rounds[round_id].state is RoundState.OPEN:
            self.rounds[round_id].state = RoundState.CLOSED

    def decide(self, table_id: str, epoch: int, round_id: bytes, number: int, plan: Plan) -> None:
        self.fence(table_id, epoch)
        found = self.rounds[round_id]
        if found.state in (RoundState.DECIDED, RoundState.SETTLED) and (found.number, found.plan) == (number, plan):
            return
        if found.state not in (RoundState.OPEN, RoundState.CLOSED):
            raise RoundConflict(f"the round is {found.state.name}")
        found.state, found.number, found.plan = RoundState.DECIDED, number, plan

    def start_void(self, table_id: str, epoch: int, round_id: bytes, reason: str) -> bool:
        self.fence(table_id, epoch)
        found = self.rounds[round_id]
        if found.state in (RoundState.OPEN, RoundState.CLOSED):
            found.state, found.reason = RoundState.VOIDING, reason
        return found.state in (RoundState.VOIDING, RoundState.VOIDED)

    def finish(self, table_id: str, epoch: int, round_id: bytes) -> None:
        self.fence(table_id, epoch)
        found = self.rounds[round_id]
        if found.state in FINAL:
            return
        after = {RoundState.DECIDED: RoundState.SETTLED, RoundState.VOIDING: RoundState.VOIDED}.get(found.state)
        if after is None:
            raise RoundConflict(f"the round is {found.state.name}")
        found.state = after


class SimRounds:
    """The `RoundStore` port of one life."""

    def __init__(self, life: Life, rounds: Rounds) -> None:
        self._rounds = rounds
        self._statements = Statements(life)

    async def claim_table(self, table_id: str, owner: str) -> int:
        return await self._statements.run("claim table", lambda: self._rounds.claim(table_id))

    async def unfinished(self, table_id: str) -> list[UnfinishedRound]:
        return await self._statements.run(
            "unfinished",
            lambda: [
                UnfinishedRound(
                    one.new.round_id, one.new.round_no, one.new.table_epoch, one.state, one.number, one.plan
                )
                for one in self._rounds.of(table_id)
                if one.state not in FINAL
            ],
            is_write=False,
        )

    async def last_round_no(self, table_id: str) -> int:
        return await self._statements.run(
            "last round",
            lambda: max((one.new.round_no for one in self._rounds.of(table_id)), default=0),
            is_write=False,
        )

    async def recent_numbers(self, table_id: str, limit: int) -> list[int]:
        return await self._statements.run(
            "recent numbers",
            lambda: [one.number for one in self._rounds.of(table_id) if one.state is RoundState.SETTLED][
                : -limit - 1 : -1
            ],
            is_write=False,
        )

    async def open(self, new: NewRound) -> None:
        await self._statements.run("open round", lambda: self._rounds.open(new))

    async def close(self, table_id: str, epoch: int, round_id: bytes) -> None:
        await self._statements.run("close round", lambda: self._rounds.close(table_id, epoch, round_id))

    async def decide(self, table_id: str, epoch: int, round_id: bytes, number: int, plan: Plan) -> None:
        await self._statements.run("decide", lambda: self._rounds.decide(table_id, epoch, round_id, number, plan))

    async def start_void(self, table_id: str, epoch: int, round_id: bytes, reason: str) -> bool:
        return await self._statements.run(
            "void round", lambda: self._rounds.start_void(table_id, epoch, round_id, reason)
        )

    async def finish(self, table_id: str, epoch: int, round_id: bytes) -> None:
        await self._statements.run("finish round", lambda: self._rounds.finish(table_id, epoch, round_id))
