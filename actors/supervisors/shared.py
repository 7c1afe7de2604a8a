"""One reading of the journal for all followers that need its digest."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter
from typing import Final

from actors.supervisors.journal import Digest

#: Of a shard, in memory. Followers that work once a second are seldom further apart.
PIECES_KEPT: Final = 8


class SharedDigests:
    """Reads each part of a journal once for followers that are near each other. Who is far behind reads for himself.

    Each follower has its own checkpoint and asks for its own spans; the pieces that make up a span lie end to end, so it gets
    every row of it exactly once. A journal never changes, so a piece is never out of date.
    """

    def __init__(self, read: Callable[[int, int, int], Awaitable[Digest]]) -> None:
        """read: as `JournalSource.digest`."""
        self._read = read
        self._pieces: defaultdict[int, dict[int, Digest]] = defaultdict(dict)
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def digest(self, shard: int, after_seq: int, to_seq: int) -> Digest:
        """See `JournalSource.digest`; a second may be in it twice. One reads at a time, the others find what was read."""
        parts: list[Digest] = []
        position = after_seq
        async with self._turns[shard]:
            while position < to_seq:
                parts.append(await self._piece(shard, position, to_seq))
                position = parts[-1].to_seq
        return parts[0] if len(parts) == 1 else _joined(shard, after_seq, to_seq, parts)

    async def _piece(self, shard: int, after_seq: int, to_seq: int) -> Digest:
        pieces = self._pieces[shard]
        known = pieces.get(after_seq)
        if known is not None and known.to_seq <= to_seq:
            return known
        piece = await self._read(shard, after_seq, to_seq)
        pieces.pop(after_seq, None)
        pieces[after_seq] = piece
        if len(pieces) > PIECES_KEPT:
            del pieces[next(iter(pieces))]
        return piece


def _joined(shard: int, after_seq: int, to_seq: int, parts: Sequence[Digest]) -> Digest:
    stakes = sorted((staked for part in parts for staked in part.stakes), key=attrgetter("booked_s"))
    settled: dict[bytes, set[int]] = {}
    for part in parts:
        for round_id, players in part.settled.items():
            settled.setdefault(round_id, set()).update(players)
    return Digest(shard, after_seq, to_seq, stakes, settled)
