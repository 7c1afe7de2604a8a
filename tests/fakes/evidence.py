"""What the notary stands on, in memory: one shard's books with their checkpoints, and a second place."""

from __future__ import annotations

from collections.abc import Sequence

from actors.domain.evidence import Trial
from actors.ports import StoreUnavailable
from actors.supervisors.journal import CheckpointMoved
from actors.supervisors.notary import Standing


class FakeCheckpoints:
    """Implements `CheckpointStore` and `SecondPlace` for one shard. hashes: of its rows, the first is row 1.

    cuts: "before NAME" or "after NAME" of a writer makes its next call raise StoreUnavailable, before or after the write.
    """

    def __init__(self) -> None:
        self.hashes: list[str] = []
        self.head: str | None = None
        self.trial: Trial = [[1, 10, -5], [1, 100, 5]]
        self.signed: list[tuple[int, str]] = []
        self.place: list[str] = []
        self.cuts: set[str] = set()

    def shards(self) -> Sequence[int]:
        """One shard."""
        return (0,)

    def book(self, rows: int = 1) -> None:
        """Append rows."""
        self.hashes += [f"{len(self.hashes) + n:064x}" for n in range(1, rows + 1)]

    def _hash(self, seq: int) -> str:
        return self.hashes[seq - 1] if 0 < seq <= len(self.hashes) else ""

    async def look(self, shard: int) -> Standing:
        """See `CheckpointStore`."""
        seq, line = self.signed[-1] if self.signed else (0, "")
        last = self._hash(len(self.hashes))
        head = last if self.head is None else self.head
        return Standing(shard, 1, len(self.hashes), head, last, len(self.signed), line, self._hash(seq), self.trial)

    async def add(self, shard: int, n: int, seq: int, line: str) -> None:
        """See `CheckpointStore`."""
        self._cut("before add")
        if n != len(self.signed) + 1:
            raise CheckpointMoved
        self.signed.append((seq, line))
        self._cut("after add")

    async def lines(self, shard: int, after_n: int, limit: int) -> Sequence[str]:
        """See `CheckpointStore`."""
        return [line for _, line in self.signed[after_n : after_n + limit]]

    async def last(self, shard: int) -> str:
        """See `SecondPlace`."""
        return self.place[-1] if self.place else ""

    async def append(self, shard: int, after: str, lines: Sequence[str]) -> None:
        """See `SecondPlace`."""
        self._cut("before append")
        if await self.last(shard) != after:
            raise CheckpointMoved
        self.place += lines
        self._cut("after append")

    def _cut(self, point: str) -> None:
        if point in self.cuts:
            self.cuts.remove(point)
            raise StoreUnavailable(point)
