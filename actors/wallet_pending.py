"""A commit that is being gathered, and everyone who waits for it to be durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from actors.domain.money.batch import MAX_ROWS, Batch, Commit
from actors.domain.money.entries import Row


class WalletEnded(Exception):
    """This incarnation has ended; whatever was asked may or may not have been carried out."""


class Pending(Batch):
    """A batch being gathered, and who waits for its commit. Order of waiters is order of arrival.

    sealed: the commit of a full batch, to which nothing is added any more.
    """

    __slots__ = ("must_commit", "sealed", "waiters")

    def __init__(self, shard_id: int, prev_head: bytes, encode: Callable[[Row, bytes], bytes] | None = None) -> None:
        super().__init__(shard_id, prev_head, encode)
        self.waiters: list[asyncio.Future[None]] = []
        self.must_commit = False
        self.sealed: Commit | None = None

    def seal_if_full(self, epoch: int, prepare: Callable[[Commit], None]) -> None:
        """Let the store make ahead what it will send: most often another commit is under way, and it need not wait then."""
        if len(self.rows) == MAX_ROWS:
            self.sealed = self.seal(epoch, self.rows[0].seq - 1)
            prepare(self.sealed)


def answer_all(waiters: Sequence[asyncio.Future[None]]) -> None:
    """Wake everyone whose commit is durable."""
    for waiter in waiters:
        if not waiter.done():  # its caller may have given up
            waiter.set_result(None)
