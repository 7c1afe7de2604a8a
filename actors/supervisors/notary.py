"""The notary signs where each shard's books stand, so that whoever rewrites them later must also forge its signature.

Every period_s, for each shard whose journal has grown, one checkpoint: number, epoch, last row, its hash, the trial
balance by kind of account, the time, and the hash of the checkpoint before. First it becomes durable in PostgreSQL
(the number is taken once: of two notaries one wins), then it is appended to the second place.

| after a crash | |
| --- | --- |
| before the first write | nothing happened |
| between the two | the second place is short of one line; it is copied there before the next is signed |
| after both | done |

It signs nothing that contradicts what it signed before: where the journal no longer has the last signed row with the
signed hash, where the head is not the last row's hash, where balances do not sum to zero, or where the second place
knows more than the database, it reports a breach and signs no more of this shard until that is mended.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from actors.domain.evidence import (
    CHECKPOINT,
    Signer,
    Trial,
    canonical,
    checkpoint_genesis,
    checkpoint_link,
    seal,
    trial_is_zero,
)
from actors.ports import Clock
from actors.supervisors.follower import Supervisor, all_of

log = logging.getLogger(__name__)

#: Lines copied to the second place in one step.
COPY_LINES: Final = 500


class Standing(msgspec.Struct, frozen=True):
    """One shard's books and its last checkpoint, seen at one instant. Hashes in hexadecimal, empty where no row is.

    last_hash: of row seq. n, line: of the last checkpoint; 0 and empty before the first. signed_hash: what the row that
    it names has now. trial: empty where the journal has not grown since.
    """

    shard: int
    epoch: int
    seq: int
    head: str
    last_hash: str
    n: int
    line: str
    signed_hash: str
    trial: Trial


class CheckpointStore(Protocol):
    """Where checkpoints are durable, beside the books. Every call may raise StoreUnavailable."""

    def shards(self) -> Sequence[int]:
        """Return all shards."""
        ...

    async def look(self, shard: int) -> Standing:
        """Return how a shard stands."""
        ...

    async def add(self, shard: int, n: int, seq: int, line: str) -> None:
        """Store checkpoint n. Raises CheckpointMoved where there is one of this number."""
        ...

    async def lines(self, shard: int, after_n: int, limit: int) -> Sequence[str]:
        """Return checkpoints after_n + 1 and following, in order."""
        ...


class SecondPlace(Protocol):
    """Where checkpoints are kept besides: out of reach of whoever owns the database. May raise StoreUnavailable."""

    async def last(self, shard: int) -> str:
        """Return the last whole line; empty where there is none. A line whose writing was cut short is dropped."""
        ...

    async def append(self, shard: int, after: str, lines: Sequence[str]) -> None:
        """Make lines durable after the one given. Raises CheckpointMoved where another stands there."""
        ...


class Breach(Exception):
    """Books and evidence contradict each other; the text says how."""


class Notary(Supervisor):
    """The actor that signs checkpoints."""

    def __init__(
        self,
        store: CheckpointStore,
        place: SecondPlace,
        signer: Signer,
        clock: Clock,
        *,
        period_s: int,
        fatal: Callable[[BaseException], None],
    ) -> None:
        super().__init__("supervisor/notary", fatal=fatal)
        self._store = store
        self._place = place
        self._signer = signer
        self._clock = clock
        self._period_ms = period_s * 1000
        self._due_ms = 0
        self.signed_total = 0
        self.breaches: dict[int, str] = {}

    def counters(self) -> dict[str, int]:
        """Return counters and gauges by name."""
        return super().counters() | {"signed_total": self.signed_total, "breaches": len(self.breaches)}

    def doubt(self) -> None:
        """Nothing is remembered: every checkpoint begins with a look."""

    async def work(self) -> None:
        """Sign what is due. A shard that is away, or in breach, holds up no other."""
        now_ms = self._clock.now_ms()
        if now_ms < self._due_ms:
            return
        await all_of([self._attend(shard, now_ms) for shard in self._store.shards()])
        self._due_ms = now_ms + self._period_ms

    async def _attend(self, shard: int, now_ms: int) -> None:
        standing = await self._store.look(shard)
        try:
            await self._copy(standing)
            self._check(standing)
        except Breach as breach:
            if self.breaches.get(shard) != str(breach):
                log.error("shard %d is not signed any more: %s", shard, breach)
            self.breaches[shard] = str(breach)
            return
        self.breaches.pop(shard, None)
        if standing.seq > _fields(standing.line).get("seq", 0):
            line = checkpoint_line(standing, now_ms, self._signer)
            await self._store.add(shard, standing.n + 1, standing.seq, line)
            await self._place.append(shard, standing.line, [line])
            self.signed_total += 1

    async def _copy(self, standing: Standing) -> None:
        """Bring to the second place what a crash, or an empty folder, left it short of."""
        line = await self._place.last(standing.shard)
        if line == standing.line:
            return
        n = _fields(line).get("n", 0)
        if n >= standing.n:
            raise Breach(f"the second place ends with checkpoint {n}, the database has another end, {standing.n}")
        if n and list(await self._store.lines(standing.shard, n - 1, 1)) != [line]:
            raise Breach(f"checkpoint {n} in the second place is not the database's")
        while n < standing.n:
            lines = await self._store.lines(standing.shard, n, COPY_LINES)
            for copied in lines:
                before = checkpoint_link(line) if line else checkpoint_genesis(standing.shard)
                if _fields(copied).get("before") != before:
                    raise Breach(f"the checkpoint after {n} in the database does not follow it")
                await self._place.append(standing.shard, line, [copied])
                line, n = copied, n + 1
            if not lines:
                raise Breach(f"the database has no checkpoint after {n}, though it ends with {standing.n}")

    def _check(self, standing: Standing) -> None:
        signed = _fields(standing.line)
        if signed and standing.signed_hash != signed["head"]:
            raise Breach(f"row {signed['seq']} is not the one that checkpoint {standing.n} signed")
        if standing.seq and standing.last_hash != standing.head:
            raise Breach(f"the head is not the hash of row {standing.seq}")
        if not trial_is_zero(standing.trial):
            raise Breach(f"at row {standing.seq} the balances do not sum to zero")


def checkpoint_line(standing: Standing, now_ms: int, signer: Signer) -> str:
    """Return the signed checkpoint that follows the last one, as its line."""
    record = {
        "what": CHECKPOINT,
        "shard": standing.shard,
        "n": standing.n + 1,
        "epoch": standing.epoch,
        "seq": standing.seq,
        "head": standing.head,
        "trial": standing.trial,
        "time_ms": now_ms,
        "before": checkpoint_link(standing.line) if standing.line else checkpoint_genesis(standing.shard),
    }
    return canonical(seal(record, signer))


def _fields(line: str) -> dict[str, Any]:
    try:
        fields = json.loads(line) if line else {}
    except ValueError:
        raise Breach("a checkpoint cannot be read") from None
    return fields if isinstance(fields, dict) else {}
