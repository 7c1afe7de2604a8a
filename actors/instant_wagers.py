"""Rounds of an instant game on their way into the books: recorded in groups, wagered, closed.

1. `record`: who plays, by which seeds and number, what it comes to: durable before the wallet is asked.
2. `carry_out`: one wager, asked for again and again in the same words until the wallet says done or no.
3. The record is closed. Of one that is void before its player is told; of one that is settled behind his answer, for
   whoever finds it open asks the wallet again and hears the same.

A wager of an older epoch is done already, or refused for ever: that is what the fences are for. So a record that a crash
left open is settled or void by asking, never wagered late.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

import msgspec

from actors.domain.commands import Refused
from actors.domain.money.orders import Done, Wager
from actors.domain.refusals import Refusal
from actors.domain.spins import SpinRecord, SpinState
from actors.ports import Failure, Post, SpinStore, StaleEpoch, StoreUnavailable

log = logging.getLogger(__name__)

#: Records in one statement.
GROUP: Final = 500
ASK_S: Final = 5.0
FIRST_WAIT_S: Final = 0.1
LAST_WAIT_S: Final = 2.0

_AGAIN: Final = frozenset((Refusal.BUSY, Refusal.DRAINING))

T = TypeVar("T")


class _Writer:
    """Writes what waits in groups, one at a time. write: one statement for the group, one answer for each."""

    def __init__(self, write: Callable[[list[SpinRecord]], Awaitable[Sequence[SpinRecord | None]]]) -> None:
        self._write = write
        self._waiting: list[tuple[SpinRecord, asyncio.Future[SpinRecord | None]]] = []
        self.is_writing = False

    def add(self, record: SpinRecord) -> asyncio.Future[SpinRecord | None]:
        """Have a record written; the future is what the store says of it."""
        future: asyncio.Future[SpinRecord | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, future))
        return future

    async def run(self) -> None:
        """Write until nothing waits."""
        self.is_writing = True
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                found = await self._write([record for record, _ in group])
                for (_, future), stored in zip(group, found, strict=True):
                    if not future.done():
                        future.set_result(stored)
        finally:
            self.is_writing = False


class Wagers:
    """The way into the books of one incarnation of a game. spawn: runs work whose failure ends the incarnation."""

    def __init__(
        self,
        game: str,
        store: SpinStore,
        post: Post,
        spawn: Callable[[Coroutine[Any, Any, None]], Any],
    ) -> None:
        self._game = game
        self._store = store
        self._post = post
        self._spawn = spawn
        self._records = _Writer(self._record_all)
        self._closings = _Writer(self._close_all)
        self._lots: dict[int, list[tuple[Wager, asyncio.Future[Done | Refused]]]] = {}
        self.epoch = 0

    async def record(self, record: SpinRecord) -> SpinRecord | None:
        """Return what is durable of a round: this record, or the one that its spin_id had before. See `SpinStore.record`."""
        return await self._write(self._records, record)

    async def carry_out(self, record: SpinRecord) -> Done | Refused:
        """Return what the books say of a durable round, now and ever. Goes on while the wallet is away.

        Raises StaleEpoch: this incarnation has been fenced off.
        """
        if record.state is SpinState.VOID:
            return Refused(record.code)
        reply = await self._ask(record.shard, record.wager(self._game))
        if isinstance(reply, Done):
            if record.state is SpinState.RECORDED:
                self._spawn(self._settled(record))
            return reply
        code = reply.code
        if code == Refusal.STALE_TABLE_EPOCH:
            if record.epoch == self.epoch:
                raise StaleEpoch(f"{self._game}: shard {record.shard} has a newer fence than {self.epoch}")
            code = int(Refusal.ALREADY_VOIDED)
        await self._write(self._closings, msgspec.structs.replace(record, state=SpinState.VOID, code=code))
        return Refused(code, reply.detail if code == reply.code else "")

    async def durably(self, work: Callable[[], Awaitable[T]]) -> T:
        """Return what the store says, as soon as it can be reached."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return await work()
            except StoreUnavailable as error:
                log.warning("round store away game=%s error=%s", self._game, error)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LAST_WAIT_S)

    # ------------------------------------------------------------ the store

    async def _write(self, writer: _Writer, record: SpinRecord) -> SpinRecord | None:
        future = writer.add(record)
        if not writer.is_writing:
            writer.is_writing = True
            self._spawn(writer.run())
        return await future

    async def _settled(self, record: SpinRecord) -> None:
        await self._write(self._closings, msgspec.structs.replace(record, state=SpinState.SETTLED))

    async def _record_all(self, group: list[SpinRecord]) -> Sequence[SpinRecord | None]:
        return await self.durably(lambda: self._store.record(self._game, self.epoch, group))

    async def _close_all(self, group: list[SpinRecord]) -> Sequence[SpinRecord | None]:
        await self.durably(lambda: self._store.close(self._game, self.epoch, group))
        return group

    # ------------------------------------------------------------ the wallets

    async def _ask(self, shard: int, wager: Wager) -> Done | Refused:
        future: asyncio.Future[Done | Refused] = asyncio.get_running_loop().create_future()
        lot = self._lots.get(shard)
        if lot is None:
            lot = self._lots[shard] = []
            asyncio.get_running_loop().call_soon(self._send, shard)
        lot.append((wager, future))
        return await future

    def _send(self, shard: int) -> None:
        """Ask for all that this tick of the loop has gathered, in one batch."""
        self._spawn(self._drive(shard, self._lots.pop(shard)))

    async def _drive(self, shard: int, todo: list[tuple[Wager, asyncio.Future[Done | Refused]]]) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            replies = await self._post.ask_all(f"wallet/{shard}", [wager for wager, _ in todo], ASK_S)
            again = []
            for (wager, future), reply in zip(todo, replies, strict=True):
                if isinstance(reply, Failure) or (isinstance(reply, Refused) and reply.code in _AGAIN):
                    again.append((wager, future))
                elif not future.done():
                    future.set_result(reply)
            if not again:
                return
            todo = again
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LAST_WAIT_S)
