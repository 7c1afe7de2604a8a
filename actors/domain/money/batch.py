"""Rows gathered for one commit, and the commit that they become."""

from __future__ import annotations

from typing import Final

import msgspec

from actors.domain.money.chain import chain_rows
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

    @property
    def last_seq(self) -> int:
        """The shard's sequence number after this commit."""
        return self.prev_seq + len(self.rows)


class Batch:
    """Rows in order of seq, with the balances they changed. Balances are as of the last row added."""

    __slots__ = ("balances", "rows")

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.balances: dict[int, BalanceChange] = {}

    def add(self, row: Row) -> None:
        """Take the next row."""
        self.rows.append(row)
        balances = self.balances
        for account, amount, balance in row.legs:
            change = balances.get(account)
            if change is None:
                balances[account] = BalanceChange(balance - amount, balance, row.seq)
            else:
                change.new = balance
                change.seq = row.seq

    def seal(self, shard_id: int, epoch: int, prev_seq: int, prev_head: bytes) -> Commit:
        """Return the commit that follows this sequence number and chain head."""
        hashes = chain_rows(shard_id, prev_head, self.rows)
        new_head = hashes[-1] if hashes else prev_head
        return Commit(shard_id, epoch, prev_seq, prev_head, new_head, self.rows, hashes, self.balances)
