"""The wallet shard: the only writer of its players' money. It decides in memory, commits in groups, then answers.

A batch is applied on arrival to *speculative* memory, without an await between deciding and changing. One commit is
under way; what gathers meanwhile is the next. An answer leaves when the commit is durable that was being gathered when
its order was applied, repeated answers and refusals included, so that no answer depends on what may yet be lost.

| commit says | meaning | what follows |
| --- | --- | --- |
| done | durable | answer |
| ShardFenced | another owner, or our own lost commit | compare the head: ours, answer; else end |
| StoreUnavailable | unknown | compare the head: after, answer; before, send again; else end |
| CommitNotDone | rolled back | send again a few times, then end |
| anything else | memory and books disagree, or a bug | end |

To end means `fatal`: this incarnation answers nothing more, the next one claims the shard and reads the books.
Source: ledger design 1.2, 1.4, 1.5.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from actors.domain.money.accounts import Kind, account_id
from actors.domain.money.apply import apply
from actors.domain.money.batch import MAX_ROWS, Commit
from actors.domain.money.checks import refused
from actors.domain.money.entries import Row
from actors.domain.money.fate import fate
from actors.domain.money.lookups import apply_found, missing
from actors.domain.money.orders import (
    Done,
    FenceTable,
    ReadMoney,
    ReadReservation,
    WalletAnswer,
    WalletMessage,
    WalletOrder,
)
from actors.domain.money.recovery import ShardHead, recover
from actors.domain.money.state import WINDOW_MS, ShardState
from actors.domain.refusals import Refusal
from actors.ports import Clock, CommitNotDone, LedgerStore, ShardFenced, StoreUnavailable
from actors.wallet_pending import Pending, WalletEnded, answer_all

#: Applied and not yet being committed; beyond it everything is BUSY.
MAX_QUEUED_ROWS: Final = 8 * MAX_ROWS
HEARTBEAT_S: Final = 1.0
#: Reads are answered this long after the last proof that the shard is still ours.
LEASE_S: Final = 3.0
DAYS_EVERY_S: Final = 3600.0
#: How long a commit whose fate is unknown is pursued. The queue is bounded, so callers hear BUSY meanwhile.
OUTAGE_S: Final = 60.0
RETRY_S: Final = 0.1
NOT_DONE_TRIES: Final = 5


class WalletShard:
    """The actor at "wallet/N".

    A crash loses only what nobody was told of. Every order may be repeated unchanged. Queue full: Refused(BUSY), before
    anything is recorded. A batch with ids older than the window waits for one look into the store, so that a later
    batch of the same sender may overtake it.
    """

    def __init__(
        self,
        shard_id: int,
        store: LedgerStore,
        clock: Clock,
        *,
        owner: str,
        on_durable: Callable[[int], None] = lambda seq: None,
        fatal: Callable[[BaseException], None],
        failpoint: Callable[[str], None] = lambda name: None,
    ) -> None:
        """on_durable: told the journal's last position after each commit. failpoint: told of each K1 .. K8, R1 .. R3."""
        self._shard_id = shard_id
        self._store = store
        self._clock = clock
        self._owner = owner
        self._on_durable = on_durable
        self._fatal = fatal
        self._failpoint = failpoint
        self._state = ShardState(shard_id, 0, 0, frozenset(), 0)
        self._head = ShardHead(0, 0, b"")  # what is durable
        self._filling = Pending(shard_id, b"", store.encode)
        self._full: deque[Pending] = deque()
        self._committing: Pending | None = None
        self._queued_rows = 0
        self._looking_up = 0
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._confirmed_s = 0.0
        self._serving = False
        self._ended: BaseException | None = None

    def __repr__(self) -> str:
        return f"WalletShard({self._shard_id}, epoch={self._head.epoch}, seq={self._head.seq})"

    @property
    def seq(self) -> int:
        """The journal's last durable position."""
        return self._head.seq

    @property
    def queued_rows(self) -> int:
        """How many rows wait for their commit to begin."""
        return self._queued_rows

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Claim the shard, read its books, prove them, serve. Raises BooksDisagree, or what the store raises."""
        first_day, end_day = await self._store.prepare_days()
        claimed = await self._store.claim(self._owner)
        self._failpoint("R1")
        now_ms = self._clock.now_ms()
        loaded = await self._store.load(now_ms - WINDOW_MS)
        self._failpoint("R2")
        if loaded.head != claimed:
            raise ShardFenced(f"shard {self._shard_id} was claimed again while it was read")
        self._state = recover(self._shard_id, loaded, now_ms)
        self._state.first_day, self._state.end_day = first_day, end_day
        self._head = claimed
        self._filling = Pending(self._shard_id, claimed.head, self._store.encode)
        self._failpoint("R3")
        self._confirmed_s = asyncio.get_running_loop().time()
        self._serving = True
        self._tasks = [
            asyncio.create_task(self._commit_forever(), name=f"wallet/{self._shard_id} commit"),
            asyncio.create_task(self._heartbeat(), name=f"wallet/{self._shard_id} heartbeat"),
        ]

    async def stop(self) -> None:
        """Refuse what is new, commit and answer what was taken, let go of the store. Safe to repeat."""
        self._serving = False
        if self._ended is None and self._tasks:
            self._settle_idle()
            await self._idle.wait()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        await self._store.close()

    def _end(self, error: BaseException) -> None:
        """Answer nothing more. Whoever waits gets WalletEnded, which is "outcome unknown" to him."""
        if self._ended is not None:
            return
        self._ended = error
        self._serving = False
        self._idle.set()
        held = [self._committing] if self._committing is not None else []
        for pending in [*held, *self._full, self._filling]:
            for waiter in pending.waiters:
                if not waiter.done():
                    waiter.set_exception(WalletEnded(f"wallet/{self._shard_id}: {error!r}"))
        self._fatal(error)

    # ------------------------------------------------------------ orders

    async def handle_batch(self, sender: str, messages: Sequence[WalletMessage]) -> Sequence[WalletAnswer]:
        """Return one answer for each message, by index, when everything it says is durable."""
        self._failpoint("K1")
        if not self._serving:
            self._raise_if_ended()
            return [refused(Refusal.DRAINING)] * len(messages)
        now_ms = self._clock.now_ms()
        self._state.advance(now_ms)
        orders = [message for message in messages if not isinstance(message, ReadMoney)]
        cmd_ids, reservation_ids = missing(self._state, orders, now_ms)
        if (cmd_ids or reservation_ids) and not await self._look_up(orders, cmd_ids, reservation_ids):
            return [refused(Refusal.BUSY)] * len(messages)
        try:
            answers, waiter = self._apply(messages)
        except Exception as error:
            self._end(error)  # a bug: memory may be half changed
            raise
        if waiter is not None:
            await waiter
        return answers

    def _apply(self, messages: Sequence[WalletMessage]) -> tuple[list[WalletAnswer], asyncio.Future[None] | None]:
        """Apply without an await. Return the answers and what to wait for; None: all they say is durable already."""
        state, now_ms = self._state, self._clock.now_ms()
        room = MAX_QUEUED_ROWS - self._queued_rows
        answers: list[WalletAnswer] = []
        for message in messages:
            if isinstance(message, ReadMoney):
                answers.append(self._read(message))
                continue
            if isinstance(message, ReadReservation):
                answers.append(fate(state, message))
                self._filling.must_commit = True  # a table acts on it: only the owner may say so
                continue
            if room <= 0:
                answers.append(refused(Refusal.BUSY))
                continue
            answer, rows = apply(state, message, now_ms)
            answers.append(answer)
            if rows:
                room -= len(rows)
                self._gather(rows)
            elif isinstance(message, FenceTable):
                # Its list is of now, and a table acts on it: only an owner whose fence holds may give it.
                self._filling.must_commit = True
        return answers, self._wait()

    def _gather(self, rows: Sequence[Row]) -> None:
        """Rows of one order are committed together."""
        if len(self._filling.rows) + len(rows) > MAX_ROWS:
            self._full.append(self._filling)
            self._filling = self._next()
        for row in rows:
            self._filling.add(row)
        self._queued_rows += len(rows)
        self._filling.seal_if_full(self._head.epoch, self._store.prepare)

    def _next(self) -> Pending:
        """Return the batch that follows the one being gathered in the chain."""
        return Pending(self._shard_id, self._filling.head, self._store.encode)

    def _wait(self) -> asyncio.Future[None] | None:
        filling = self._filling
        if filling.rows or filling.must_commit:
            self._work.set()
        elif self._committing is None:
            return None
        waiter = asyncio.get_running_loop().create_future()
        filling.waiters.append(waiter)
        return waiter

    async def _look_up(
        self, orders: Sequence[WalletOrder | ReadReservation], cmd_ids: set[bytes], reservation_ids: set[bytes]
    ) -> bool:
        """Fetch what only the store knows, until nothing is missing; False: nothing was done and nothing may be.

        What this incarnation books stays in memory longer than a look takes, so what was not found is new.
        """
        if self._looking_up + len(orders) > MAX_QUEUED_ROWS:
            return False
        self._looking_up += len(orders)
        absent: set[bytes] = set()
        try:
            while cmd_ids or reservation_ids:
                found = await self._store.find(sorted(cmd_ids), sorted(reservation_ids))
                self._raise_if_ended()
                now_ms = self._clock.now_ms()
                self._state.advance(now_ms)
                apply_found(self._state, found, now_ms)
                absent |= cmd_ids | reservation_ids
                cmd_ids, reservation_ids = missing(self._state, orders, now_ms)
                cmd_ids, reservation_ids = cmd_ids - absent, reservation_ids - absent
        except StoreUnavailable:
            return False
        finally:
            self._looking_up -= len(orders)
        return self._serving

    def _read(self, question: ReadMoney) -> WalletAnswer:
        """Answer from what is durable, while the lease says that nobody else can have changed it long ago."""
        if asyncio.get_running_loop().time() > self._confirmed_s + LEASE_S:
            return refused(Refusal.BUSY)
        cash = account_id(question.player_id, question.ccy, Kind.CASH)
        if cash not in self._state.balances:
            return refused(Refusal.UNKNOWN_ACCOUNT)
        own = account_id(question.player_id, question.ccy, 0)
        escrow, bonus = self._durable_balance(own + Kind.ESCROW), self._durable_balance(own + Kind.BONUS)
        return Done(self._head.seq, self._durable_balance(cash), escrow, bonus_minor=bonus)

    def _durable_balance(self, account: int) -> int:
        """Return the balance before the oldest batch that is not durable yet."""
        held = [self._committing] if self._committing is not None else []
        for pending in [*held, *self._full, self._filling]:
            change = pending.balances.get(account)
            if change is not None:
                return change.old
        return self._state.balances.get(account, 0)

    def _raise_if_ended(self) -> None:
        if self._ended is not None:
            raise WalletEnded(f"wallet/{self._shard_id}: {self._ended!r}")

    # ------------------------------------------------------------ commits

    async def _commit_forever(self) -> None:
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                while (pending := self._take()) is not None:
                    await self._commit(pending)
                self._settle_idle()
        except Exception as error:
            self._end(error)

    def _take(self) -> Pending | None:
        """Return the next batch to commit, or None; those who wait and need no commit of their own are answered."""
        if self._full:
            taken = self._full.popleft()
        else:
            taken, self._filling = self._filling, self._next()
        self._queued_rows -= len(taken.rows)
        if taken.rows or taken.must_commit:
            self._committing = taken
            return taken
        answer_all(taken.waiters)
        return None

    async def _commit(self, pending: Pending) -> None:
        commit = pending.sealed or pending.seal(self._head.epoch, self._head.seq)
        sent_s = asyncio.get_running_loop().time()
        self._failpoint("K2")
        await self._make_durable(commit)
        self._failpoint("K6")
        self._head = ShardHead(commit.epoch, commit.last_seq, commit.new_head)
        self._confirmed_s = max(self._confirmed_s, sent_s)
        self._committing = None
        half = len(pending.waiters) // 2
        answer_all(pending.waiters[:half])
        self._failpoint("K7")
        answer_all(pending.waiters[half:])
        self._on_durable(self._head.seq)
        self._failpoint("K8")

    async def _make_durable(self, commit: Commit) -> None:
        """Return when the commit is certainly durable; raise when it is not, or when that cannot be known."""
        not_done = 0
        until_s = asyncio.get_running_loop().time() + OUTAGE_S
        while True:
            try:
                return await self._store.commit(commit)
            except ShardFenced:
                if await self._find_out(commit, until_s):
                    return None
                raise
            except StoreUnavailable:
                if await self._find_out(commit, until_s):
                    return None
                if asyncio.get_running_loop().time() > until_s:
                    raise
                await asyncio.sleep(RETRY_S)
            except CommitNotDone:
                not_done += 1
                if not_done >= NOT_DONE_TRIES:
                    raise
                await asyncio.sleep(RETRY_S * 2**not_done)

    async def _find_out(self, commit: Commit, until_s: float) -> bool:
        """Tell whether the commit is durable (True) or not (False). Raises ShardFenced where the shard is not ours."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                found = await self._store.head()
            except StoreUnavailable:
                if loop.time() > until_s:
                    raise
                await asyncio.sleep(RETRY_S)
                continue
            if found == ShardHead(commit.epoch, commit.last_seq, commit.new_head):
                return True
            if found == ShardHead(commit.epoch, commit.prev_seq, commit.prev_head):
                return False
            raise ShardFenced(f"shard {self._shard_id} stands at epoch {found.epoch}, seq {found.seq}")

    def _settle_idle(self) -> None:
        """Tell `stop` when nothing is left to do."""
        nothing = self._committing is None and not self._full and not self._filling.rows and not self._filling.waiters
        if nothing:
            self._idle.set()
        else:
            self._idle.clear()

    # ------------------------------------------------------------ proof that the shard is ours

    async def _heartbeat(self) -> None:
        """Compare the epoch every second; a zombie ends here even if nobody asks it for anything."""
        try:
            loop = asyncio.get_running_loop()
            days_at_s = loop.time() + DAYS_EVERY_S
            while True:
                await asyncio.sleep(HEARTBEAT_S)
                asked_s = loop.time()
                with suppress(StoreUnavailable):
                    found = await self._store.confirm()
                    if found.epoch != self._head.epoch:
                        raise ShardFenced(f"shard {self._shard_id} was claimed: epoch {found.epoch}")
                    self._confirmed_s = max(self._confirmed_s, asked_s)
                    if asked_s >= days_at_s:
                        self._state.first_day, self._state.end_day = await self._store.prepare_days()
                        days_at_s = asked_s + DAYS_EVERY_S
        except Exception as error:
            self._end(error)
