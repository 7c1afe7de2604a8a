"""The journal as followers see it: entries, pages and digests of them, and where they come from.

A shard's rows are numbered 1, 2, 3 without a hole, and no row ever changes: what was read once is read for good.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from actors.domain.money.accounts import Kind, account_kind
from actors.domain.money.entries import EntryCode, Row

_facts: Final = msgspec.json.Decoder(dict[str, Any])


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One row. status: 0 booked, else why it was refused; a refused row has no legs.

    reservation_id: the reservation or transfer meant, the order's own id where it meant none. round_id may be empty.
    accounts, amounts: the legs, by index; they sum to zero. meta: what the order said besides, JSON or empty.
    """

    seq: int
    code: EntryCode
    status: int
    ccy: int
    player_id: int
    cmd_id: bytes
    reservation_id: bytes
    round_id: bytes
    booked_ms: int
    accounts: Sequence[int] = ()
    amounts: Sequence[int] = ()
    meta: str = ""

    def moved(self, kind: Kind) -> int:
        """Return by how much accounts of this kind changed, in minor units."""
        legs = zip(self.accounts, self.amounts, strict=True)
        return sum(amount for account, amount in legs if account_kind(account) == kind)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the order said besides, by name (`actors/domain/money/apply.py` says which)."""
        return _facts.decode(self.meta) if self.meta else {}

    @property
    def stake_minor(self) -> int:
        """The stake that this row reserves, settles, gives back or plays at once; 0 where it is about none."""
        if self.code is EntryCode.WAGER:
            return int(self.facts.get("stake", 0))
        return abs(self.moved(Kind.ESCROW))

    @property
    def payout_minor(self) -> int:
        """What a settlement or an instant round paid, stake of winning chips included, to cash and bonus together."""
        if self.code is EntryCode.WAGER:
            return int(self.facts.get("payout", 0))
        if self.code is not EntryCode.SETTLE:
            return 0
        return self.stake_minor - self.moved(Kind.GGR) - self.jackpot_minor

    @property
    def bonus_minor(self) -> int:
        """By how much the player's bonus money changed: below 0 what a stake took of it."""
        return self.moved(Kind.BONUS)

    @property
    def jackpot_minor(self) -> int:
        """What a jackpot's pool and overflow got together."""
        return self.moved(Kind.JACKPOT_POOL) + self.moved(Kind.JACKPOT_OVERFLOW)


class Span(msgspec.Struct, frozen=True):
    """A part of one shard's journal: after after_seq, up to and including to_seq."""

    shard: int
    after_seq: int
    to_seq: int


class Page(Span, frozen=True):
    """The rows of a span; entries: those that were asked for."""

    entries: Sequence[Entry]


class Staked(msgspec.Struct, frozen=True, gc=False):
    """What a player staked within one second since 1970: how often, and how much in all currencies together."""

    player_id: int
    booked_s: int
    bets: int
    stake_minor: int


class Digest(Span, frozen=True):
    """A span's booked stakes (reserved, or played at once), by time; and who had stakes settled, by round."""

    stakes: Sequence[Staked]
    settled: Mapping[bytes, Collection[int]]


class CheckpointMoved(Exception):
    """The checkpoint is not where this follower left it; nothing was stored."""


class JournalGap(Exception):
    """Rows that must be there are not: the books are damaged, or the server read is behind. The follower waits."""


class JournalSource(Protocol):
    """The journals of all shards, read only. Every call may raise StoreUnavailable."""

    async def heads(self) -> Mapping[int, int]:
        """Return the last durable position of every shard that can be read now; one whose books are away is missing."""
        ...

    async def checkpoints(self, follower: str) -> Mapping[int, int]:
        """Return how far this follower has read; shards it has never read are missing."""
        ...

    async def read(self, shard: int, after_seq: int, to_seq: int, codes: Collection[EntryCode], refused: bool) -> Page:
        """Return the rows of these codes, refused ones only if asked for. Shape: to_seq is not beyond the shard's head.

        Raises JournalGap where the journal has not every row from after_seq + 1 to to_seq.
        """
        ...

    async def digest(self, shard: int, after_seq: int, to_seq: int) -> Digest:
        """Return what `digest_of` makes of the rows; as `read` otherwise. It costs a quarter where rows are many."""
        ...


#: A stake is reserved, or played at once.
STAKES: Final = (EntryCode.RESERVE, EntryCode.WAGER)


def digest_of(page: Page) -> Digest:
    """Return the digest of a page that has all of its rows."""
    sums: dict[tuple[int, int], list[int]] = {}
    settled: dict[bytes, set[int]] = {}
    for entry in page.entries:
        if entry.code in STAKES and not entry.status:
            bets_and_stake = sums.setdefault((entry.booked_ms // 1000, entry.player_id), [0, 0])
            bets_and_stake[0] += 1
            bets_and_stake[1] += entry.stake_minor
        elif entry.code is EntryCode.SETTLE and not entry.status:
            settled.setdefault(entry.round_id, set()).add(entry.player_id)
    stakes = [Staked(player_id, second, bets, stake) for (second, player_id), (bets, stake) in sorted(sums.items())]
    return Digest(page.shard, page.after_seq, page.to_seq, stakes, settled)


def entry_of_row(row: Row) -> Entry:
    """Return a row of the shard's own books as followers see it."""
    return Entry(
        row.seq,
        row.code,
        row.status,
        row.ccy,
        row.player_id,
        row.cmd_id,
        row.ref or row.cmd_id,
        row.round_id,
        row.booked_ms,
        [account for account, _, _ in row.legs],
        [amount for _, amount, _ in row.legs],
        row.meta,
    )
