"""CPU microseconds of an order by part, taken where the parts meet: once a batch, never once an order."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, Generic, TypeVar

import msgspec
import psutil

from actors.domain.contracts import CONTRACTS
from actors.domain.money.apply import request_hash
from actors.domain.money.batch import Commit
from actors.domain.money.chain import chain_rows
from actors.domain.money.orders import WalletAnswer, WalletMessage, WalletOrder
from actors.runtime.batches import Batch, Codec
from actors.table import Table
from actors.wallet import WalletShard
from server.storage.commit_records import journal_line
from server.storage.ledger import PostgresLedger

T = TypeVar("T")


class Meter:
    """Sums thread CPU time by the name of a part."""

    def __init__(self) -> None:
        self.spent_ns: defaultdict[str, int] = defaultdict(int)

    def call(self, part: str, function: Callable[..., T], *arguments: Any) -> T:
        """Call the function and add what it took."""
        began = time.thread_time_ns()
        try:
            return function(*arguments)
        finally:
            self.spent_ns[part] += time.thread_time_ns() - began


class Steps(Generic[T]):
    """A coroutine whose every step is added to a part; what runs while it waits is not. later: of all steps but the first."""

    def __init__(self, meter: Meter, part: str, steps: Coroutine[Any, Any, T], *, later: str = "") -> None:
        self._meter, self._part, self._later, self._steps = meter, part, later or part, steps

    def __await__(self) -> Generator[Any, Any, T]:
        given: Any = None
        part = self._part
        while True:
            try:
                wanted = self._meter.call(part, self._steps.send, given)
            except StopIteration as end:
                result: T = end.value
                return result
            part = self._later
            given = yield wanted


class MeteredCodec(Codec):
    """decode: batches and orders. encode: answers."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(CONTRACTS)
        self._meter = meter

    def decode_batch(self, blob: bytes) -> Batch:
        return self._meter.call("decode", super().decode_batch, blob)

    def decode_messages(self, address: str, raw: msgspec.Raw) -> list[Any]:
        return self._meter.call("decode", super().decode_messages, address, raw)

    def encode(self, value: object) -> bytes:
        return self._meter.call("encode", super().encode, value)


class MeteredLedger(PostgresLedger):
    """arrays: a commit's records but for the lines, and their sending; prepare: the same of a full batch, made ahead.

    Keeps a commit, for `alone_us`.
    """

    def __init__(self, dsn: str, shard: int, meter: Meter) -> None:
        super().__init__(dsn, shard)
        self._meter = meter
        self.sizes: list[int] = []
        self.took_s: list[float] = []
        self.last: Commit | None = None

    def prepare(self, commit: Commit) -> None:
        self._meter.call("prepare", super().prepare, commit)

    async def commit(self, commit: Commit) -> None:
        self.sizes.append(len(commit.rows))
        self.last = commit
        began = time.perf_counter()
        await Steps(self._meter, "arrays", super().commit(commit))
        self.took_s.append(time.perf_counter() - began)


class MeteredShard:
    """apply: everything between the orders and their answers but for the commit; hashes and lines are in it."""

    def __init__(self, shard: WalletShard, meter: Meter) -> None:
        self._shard, self._meter = shard, meter

    async def handle_batch(self, sender: str, messages: Sequence[WalletMessage]) -> Sequence[WalletAnswer]:
        steps: Any = self._shard.handle_batch(sender, messages)
        return await Steps[Sequence[WalletAnswer]](self._meter, "apply", steps)


class MeteredTable:
    """place: all of a batch until the wallets are asked; answer: all after that."""

    def __init__(self, table: Table, meter: Meter) -> None:
        self._table, self._meter = table, meter

    async def handle_batch(self, sender: str, messages: Sequence[Any]) -> Sequence[Any]:
        steps: Any = self._table.handle_batch(sender, messages)
        return await Steps[Sequence[Any]](self._meter, "place", steps, later="answer")


def alone_us(commit: Commit, orders: Sequence[WalletOrder]) -> tuple[float, float]:
    """Return what an order costs in hashes (of its request, of its row in the chain) and to pack as a line, by itself."""
    return (
        _alone_us(lambda: [request_hash(order) for order in orders], len(orders))
        + _alone_us(lambda: chain_rows(commit.shard_id, commit.prev_head, commit.rows), len(commit.rows)),
        _alone_us(lambda: list(map(journal_line, commit.rows, commit.hashes)), len(commit.rows)),
    )


def _alone_us(work: Callable[[], object], count: int) -> float:
    rounds = max(1, 5_000 // count)
    began = time.thread_time_ns()
    for _ in range(rounds):
        work()
    return (time.thread_time_ns() - began) / 1000 / (rounds * count)


class ServerCpu:
    """CPU seconds of a PostgreSQL server: of one backend, and of all its other processes."""

    def __init__(self, postmaster: int, backend: int) -> None:
        self._postmaster, self._backend = postmaster, backend

    def read(self) -> tuple[float, float]:
        """Return both sums since the server's start, of the processes that still run."""
        of_backend = others = 0.0
        for process in psutil.Process(self._postmaster).children():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:  # a backend or a worker of a vacuum, that has ended by now
                continue
            if process.pid == self._backend:
                of_backend = times.user + times.system
            else:
                others += times.user + times.system
        return of_backend, others
