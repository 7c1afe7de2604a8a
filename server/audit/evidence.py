"""The journal of a shard against its chain and its signed checkpoints: one pass, from the first row or from a checkpoint."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import asyncpg

from server.audit import chain, checkpoints
from server.audit.checkpoints import Anchor, Report, SecondPlace, anchors
from server.audit.report import KEPT, LawResult, Violation
from server.audit.seals import Keys

_HASH = "select hash from wallet.journal where shard_id = $1 and seq = $2"


class Evidence(NamedTuple):
    """keys: those we trust. second: the other place of the checkpoints; None: not looked at."""

    keys: Keys
    second: SecondPlace | None


class Breaches:
    """Counts what is reported of one law on one shard, and keeps the first few."""

    def __init__(self, law: str, says: str, shard: int) -> None:
        self.law, self.says, self.shard = law, says, shard
        self.broken = 0
        self._kept: list[Violation] = []
        self._started = time.monotonic()

    def report(self, seq: int, detail: str) -> None:
        """Take a breach."""
        self.broken += 1
        if len(self._kept) < KEPT:
            self._kept.append(Violation(self.law, self.shard, seq, detail))

    def result(self) -> LawResult:
        """Return what was found."""
        kept = sorted(self._kept, key=lambda violation: violation.seq)
        return LawResult(self.law, self.says, self.shard, self.broken, kept, time.monotonic() - self._started)


class ShardCheck:
    """What the evidence says of one shard. start: the checkpoint from which the books are checked; None: all of them."""

    def __init__(self, connection: asyncpg.Connection, shard: int, evidence: Evidence | None, gone: int = 0) -> None:
        """gone: up to this row some were taken off the journal, so that no start lies there."""
        self._connection = connection
        self._shard = shard
        self._evidence = evidence
        self._gone = gone
        self.start: Anchor | None = None
        self.checkpoints = 0

    async def find_start(self, *, first: bool = False) -> None:
        """Find the last (or first) sound checkpoint that the journal still passes through and lacks nothing after.

        With none, the whole books are checked.
        """
        async for anchor in self._anchors(_nowhere):
            is_wanted = anchor.seq > self._gone and not (first and self.start is not None)
            if is_wanted and await self._connection.fetchval(_HASH, self._shard, anchor.seq) == anchor.head:
                self.start = anchor

    async def walk(self, progress: Callable[[int], None]) -> list[LawResult]:
        """Read the journal from the start on; return what was found wrong with chain and checkpoints."""
        rows = Breaches(chain.LAW, chain.SAYS, self._shard)
        signed = Breaches(checkpoints.LAW, checkpoints.SAYS, self._shard)
        ahead = self._ahead(signed.report)
        await chain.walk_chain(self._connection, self._shard, self.start, ahead, rows.report, signed.report, progress)
        return [rows.result()] if self._evidence is None else [rows.result(), signed.result()]

    async def _ahead(self, report: Report) -> AsyncIterator[Anchor]:
        """Yield the checkpoints after the start; of those up to it the journal must have the row, looked up one by one.

        Unless the row may have been taken off.
        """
        since = 0 if self.start is None else self.start.seq
        async for anchor in self._anchors(report):
            self.checkpoints += 1
            if anchor.seq > since:
                yield anchor
                continue
            found = await self._connection.fetchval(_HASH, self._shard, anchor.seq)
            if found != anchor.head and (found is not None or anchor.seq > self._gone):
                report(anchor.seq, f"checkpoint {anchor.n} signed another row {anchor.seq}")

    async def _anchors(self, report: Report) -> AsyncIterator[Anchor]:
        if self._evidence is not None:
            found = anchors(self._connection, self._shard, self._evidence.second, self._evidence.keys, report)
            async for anchor in found:
                yield anchor


def _nowhere(seq: int, detail: str) -> None:
    """What is wrong is told by the pass that follows."""
