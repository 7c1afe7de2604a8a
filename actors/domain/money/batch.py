"""Rows gathered for one commit, and the commit that they become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from actors.domain.money.chain import row_hash
from actors.domain.money.entries import Row

#: Rows per commit. A row is at most 400 bytes, so a batch is at most about 400 kB.
MAX_ROWS: Final = 1000


class BalanceChange(msgspec.Struct, gc=False):
    """One account in one batch: what it must be before, what it becomes, and the last row that touched it."""

    old: int
    new: int
    seq: int


class Commit(msgspec.Struct, frozen=True):
    """One transaction of a shard: all of it happens, or nothing. Empty rows: only proves that the fence still holds.

    The store must compare epoch, prev_seq and prev_head first, and leave (epoch, last_seq, new_head) behind.
    """

    shard_id: int
    epoch: int
    prev_seq: int
    prev_head: bytes
    new_head: bytes
    rows: list[Row]
    hashes: list[bytes]
    balances: dict[int, BalanceChange]
    #: Each row as the store's `encode` made it; empty where it was not asked ahead.
    lines: list[bytes] = []

    @property
    def last_seq(self) -> int:
        """The shard's sequence number after this commit."""
        return self.prev_seq + len(self.rows)


class Batch:
    """Rows in order of seq, with the balances they changed. Balances are as of the last row added.

    Rows are hashed and encoded as they come, which is mostly while the commit before is under way: when that has ended
    little is left to do before the next is sent.
    """

    __slots__ = ("_encode", "_prev_head", "_shard_id", "balances", "hashes", "head", "lines", "rows")

    def __init__(self, shard_id: int, prev_head: bytes, encode: Callable[[Row, bytes], bytes] | None = None) -> None:
        """prev_head: of the chain, that these rows will follow. encode: of the store that will be given the commit."""
        self.rows: list[Row] = []
        self.hashes: list[bytes] = []
        self.lines: list[bytes] = []
        self.balances: dict[int, BalanceChange] = {}
        self.head = prev_head
        self._prev_head = prev_head
        self._shard_id = shard_id
        self._encode = encode

    def add(self, row: Row) -> None:
        """Take the next row."""
        self.rows.append(row)
        self.head = row_hash(self._shard_id, self.head, row)
        self.hashes.append(self.head)
        if self._encode is not None:
            self.lines.append(self._encode(row, self.head))
        balances = self.balances
        for account, amount, balance in row.legs:
            change = balances.get(account)
            if change is None:
                balances[account] = BalanceChange(balance - amount, balance, row.seq)
            else:
                change.new = balance
                change.seq = row.seq

    def seal(self, epoch: int, prev_seq: int) -> Commit:
        """Return the commit that follows this sequence number."""
        return Commit(
            self._shard_id,
            epoch,
            prev_seq,
            self._prev_head,
            self.head,
            self.rows,
            self.hashes,
            self.balances,
            self.lines,
        )
