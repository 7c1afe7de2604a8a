"""Journals and checkpoints in memory, and stores that are cut before or after a write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping

from actors.domain.money.accounts import Kind, account_id, house_account
from actors.domain.money.entries import EntryCode
from actors.domain.money.meta import meta_text
from actors.ports import StoreUnavailable
from actors.supervisors.journal import STAKES, CheckpointMoved, Digest, Entry, JournalGap, Page, Span, digest_of


class FakeJournals:
    """Implements `JournalSource`. Outlives every follower that works on it.

    Every call gives way before and after it looks or writes, so that a follower can be ended at each of its awaits.
    cuts: "before NAME" or "after NAME" of a writer makes its next call raise StoreUnavailable, before or after the
    write. down: shards whose journal cannot be read.
    """

    def __init__(self, shards: int = 2) -> None:
        self.journals: dict[int, list[Entry]] = {shard: [] for shard in range(shards)}
        self.positions: dict[tuple[str, int], int] = {}
        self.cuts: set[str] = set()
        self.down: set[int] = set()

    def book(
        self,
        shard: int,
        code: EntryCode,
        player_id: int,
        *,
        round_id: bytes = b"",
        amount: int = 100,
        ms: int = 0,
        status: int = 0,
    ) -> None:
        """Append a row: a stake, an instant round without payout, or a settlement that pays amount for a stake of amount."""
        seq = len(self.journals[shard]) + 1
        own, id_ = account_id(player_id, 1, 0), seq.to_bytes(16, "big")
        accounts, amounts, meta = [own + Kind.CASH, own + Kind.ESCROW], [-amount, amount], ""
        if code is EntryCode.WAGER:
            accounts, meta = [own + Kind.CASH, house_account(1, Kind.GGR)], meta_text(stake=amount)
        elif code is EntryCode.SETTLE:
            amounts = [amount, -amount]
        legs = ([], []) if status else (accounts, amounts)
        self.journals[shard].append(Entry(seq, code, status, 1, player_id, id_, id_, round_id, ms, *legs, meta))

    def book_nothing(self, shard: int) -> None:
        """Append a row that followers do not care for."""
        self.book(shard, EntryCode.OPEN_ACCOUNT, 1)

    async def heads(self) -> Mapping[int, int]:
        """See `JournalSource`."""
        await asyncio.sleep(0)
        return {shard: rows[-1].seq if rows else 0 for shard, rows in self.journals.items()}

    async def checkpoints(self, follower: str) -> Mapping[int, int]:
        """See `JournalSource`."""
        await asyncio.sleep(0)
        return {shard: seq for (name, shard), seq in self.positions.items() if name == follower}

    async def read(self, shard: int, after_seq: int, to_seq: int, codes: Collection[EntryCode], refused: bool) -> Page:
        """See `JournalSource`."""
        await asyncio.sleep(0)
        if shard in self.down:
            raise StoreUnavailable(f"journal {shard} is down")
        rows = [row for row in self.journals[shard] if after_seq < row.seq <= to_seq]
        if len(rows) != to_seq - after_seq:
            raise JournalGap(f"shard {shard} from {after_seq + 1} to {to_seq}")
        return Page(
            shard, after_seq, to_seq, [row for row in rows if row.code in codes and (refused or not row.status)]
        )

    async def digest(self, shard: int, after_seq: int, to_seq: int) -> Digest:
        """See `JournalSource`."""
        return digest_of(await self.read(shard, after_seq, to_seq, (*STAKES, EntryCode.SETTLE), refused=False))

    def _move(self, follower: str, page: Span) -> None:
        if self.positions.get((follower, page.shard), 0) != page.after_seq:
            raise CheckpointMoved(f"{follower} is not at {page.after_seq} of shard {page.shard}")
        self.positions[follower, page.shard] = page.to_seq

    async def write(self, name: str, write: Callable[[], None]) -> None:
        """Do what a store does in one transaction, cut or not."""
        await asyncio.sleep(0)
        self._cut(f"before {name}")
        write()
        self._cut(f"after {name}")
        await asyncio.sleep(0)

    def _cut(self, point: str) -> None:
        if point in self.cuts:
            self.cuts.remove(point)
            raise StoreUnavailable(point)
