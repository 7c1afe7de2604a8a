"""The faulty ways to what is durable: any store model of `tests/fakes`, reached by one life of a host.

A statement has three moments: sent, carried out, answered. The caller may die between any two, the connection may break
before or after the second, and a statement whose connection broke may be carried out later all the same.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from actors.domain.money.batch import Commit
from actors.domain.money.entries import Row
from actors.domain.money.state import DAY_MS
from actors.ports import CommitNotDone, StoreUnavailable
from tests.fakes.ledger import FakeBooks, FakeLedger
from tests.simulation.world import Life, World, living

T = TypeVar("T")

#: Calls that change nothing. A broken connection leaves no doubt about them.
READS: Final = frozenset(
    (
        *("load", "head", "confirm", "find", "unfinished", "last_round_no", "recent_numbers"),
        *("heads", "checkpoints", "read", "plans", "profiles", "open_grants"),
        *("open_peers", "open_transits", "count_transits"),
    )
)


class Statements:
    """How one life talks to a durable thing: with delays, and now and then with a broken connection."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._world: World = life.world

    async def run(self, what: str, effect: Callable[[], T], *, is_write: bool = True) -> T:
        """Carry out effect once at some later moment and return what it returned. Raises StoreUnavailable."""
        living()
        world, faults = self._world, self._world.faults
        lost_before = world.chance(faults.commit_lost_before if is_write else faults.store_fails)
        lost_after = not lost_before and world.chance(faults.commit_lost_after if is_write else 0.0)
        if lost_before:
            self._note(f"{what} lost before")
            await asyncio.sleep(world.delay_s())
            raise StoreUnavailable("the connection broke")
        done: asyncio.Future[T] = world.loop.create_future()
        world.loop.call_later(world.delay_s(), _carry_out, done, effect, context=contextvars.Context())
        if what == "commit":
            self._life.failpoint("K3")
        if lost_after:
            self._note(f"{what} lost after")
            # The connection may break while the statement still runs: half of these are carried out later.
            await asyncio.sleep(world.delay_s())
            if not done.done():
                self._note(f"{what} carried out late")
            done.add_done_callback(_look_at)
            raise StoreUnavailable("the connection broke")
        result = await done
        await asyncio.sleep(world.delay_s() / 2)
        living()
        return result

    def _note(self, what: str) -> None:
        self._world.counts[what] += 1
        self._world.log(f"{self._life.name}: {what}")


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


def at_once(call: Coroutine[Any, Any, T]) -> T:
    """Run a model's coroutine to its end without letting anybody else run: a statement is one moment."""
    try:
        while True:
            assert call.send(None) is None, "a model of a store may give way, but not wait"
    except StopIteration as end:
        result: T = end.value
        return result


class SimStore:
    """Any store port of one life: every call of the model becomes a statement of the same name."""

    def __init__(self, life: Life, model: Any) -> None:
        self._model = model
        self._statements = Statements(life)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._model, name)
        run, is_write = self._statements.run, name not in READS

        async def call(*given: Any) -> Any:
            return await run(name, lambda: at_once(method(*given)), is_write=is_write)

        self.__dict__[name] = call
        return call


class SimLedger(SimStore):
    """The `LedgerStore` port of one life."""

    def __init__(self, life: Life, books: FakeBooks) -> None:
        super().__init__(life, FakeLedger(books))
        self._books = books
        self._life = life

    def encode(self, row: Row, hash_: bytes) -> bytes:
        """See `LedgerStore`: no statement."""
        return b""

    def prepare(self, commit: Commit) -> None:
        """See `LedgerStore`: there is nothing to make."""

    async def commit(self, commit: Commit) -> None:
        """See `LedgerStore`. A commit may also certainly not happen, and its caller may die at K3, K4 or K5."""
        world, life = self._life.world, self._life
        if world.chance(world.faults.store_fails):
            world.counts["commit not done"] += 1
            raise CommitNotDone("deadlock")

        def effect() -> None:
            life.dies_at("K4")
            self._books.commit(commit)
            world.log(f"{life.name}: durable up to {commit.last_seq}")
            life.dies_at("K5")

        await self._statements.run("commit", effect)

    async def prepare_days(self) -> tuple[int, int]:
        """See `LedgerStore`."""
        living()
        today = self._life.world.now_ms() // DAY_MS
        self._books.days = (today - 60, today + 60)
        return self._books.days

    async def close(self) -> None:
        """See `LedgerStore`."""
