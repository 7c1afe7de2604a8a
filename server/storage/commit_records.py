"""A commit as the arguments of `wallet.commit_batch`: arrays of records in PostgreSQL's own binary form.

One `struct` call packs a record. asyncpg's encoding of an array element by element, and its 30 arrays to be unnested side
by side, cost the wallet 12 and PostgreSQL 3 us more an order. The parameters are domains over arrays: asyncpg lets a
codec be set for a domain over an array, and takes the bytes as they are; PostgreSQL checks every length and type.
An array is: dimensions, has nulls, element's type, length, lower bound; then each element with its size before it.
A record is: number of columns; then each column's type, size (-1: null) and value. Columns as in migration 0001.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from struct import Struct
from typing import Any, Final, NamedTuple

from actors.domain.ids import id_ms
from actors.domain.money.accounts import account_kind, floor_of
from actors.domain.money.batch import BalanceChange, Commit
from actors.domain.money.entries import Leg, Reservation, ReservationState, Row
from actors.domain.money.orders import JackpotTerms
from actors.domain.money.state import DAY_MS

#: The types of the parameters that are sent as bytes; all in schema wallet.
DOMAINS: Final = ("journal_lines", "balance_changes", "births", "closings")
OIDS_SQL: Final = """select 'wallet.journal_line'::regtype::oid, 'wallet.balance_change'::regtype::oid,
 'wallet.birth'::regtype::oid, 'wallet.closing'::regtype::oid"""
COMMIT_SQL: Final = f"select wallet.commit_batch({', '.join(f'${i}' for i in range(1, 19))})"

#: PostgreSQL counts time in microseconds from 2000-01-01.
_EPOCH_MS: Final = 946_684_800_000

_head: Final = Struct(">Ii").pack
_size: Final = Struct(">I").pack
_no_elements: Final = Struct(">iiI").pack
_elements: Final = Struct(">iiIii").pack

# A column's type and size, eight bytes that stand before its value. 23: int, 21: smallint, 20: bigint, 25: text ...
_INT: Final = _head(23, 4)
_SMALL: Final = _head(21, 2)
_BIG: Final = _head(20, 8)
_TIME: Final = _head(1184, 8)
_UUID: Final = _head(2950, 16)
_NO_UUID: Final = _head(2950, -1)
_HASH: Final = _head(17, 32)
_REQUEST: Final = _head(17, 16)
_NO_TEXT: Final = _head(25, -1)

_CHANGE: Final = Struct(">Ii8sq8sq8sq8sq")
_CLOSING: Final = Struct(">Ii8s16s8sh8sq")


class Oids(NamedTuple):
    """The numbers of the record types in this database: `OIDS_SQL`."""

    line: int
    change: int
    birth: int
    closing: int


def commit_arguments(commit: Commit, oids: Oids) -> list[Any]:
    """Return the arguments of COMMIT_SQL."""
    rows = commit.rows
    return [
        commit.shard_id,
        commit.epoch,
        commit.prev_seq,
        commit.prev_head,
        commit.new_head,
        _array(
            oids.line,
            commit.lines or [journal_line(row, hash_) for row, hash_ in zip(rows, commit.hashes, strict=True)],
        ),
        _array(oids.change, _changes(commit.balances)),
        _array(oids.birth, [_birth(row.born, row.seq) for row in rows if row.born is not None]),
        _array(oids.closing, [_closing(row.closed, row.seq) for row in rows if row.closed is not None]),
        *_accounts([account for row in rows for account in row.accounts]),
        *_transpose([row.fence for row in rows if row.fence is not None], 2),
        *_transpose([_terms(*row.jackpot) for row in rows if row.jackpot is not None], 5),
    ]


def _array(oid: int, elements: Sequence[bytes]) -> bytes:
    """Return an array of elements that begin with their size."""
    if not elements:
        return _no_elements(0, 0, oid)
    return _elements(1, 0, oid, len(elements), 1) + b"".join(elements)


# ---------------------------------------------------------------- journal


@cache  # 13 numbers of legs, ids there or not
def _packer(legs: int, has_ref: bool, has_round: bool) -> tuple[Callable[..., bytes], bytes, int]:
    """Return how to pack a line without meta, what stands before each array of its legs, and the record's size."""
    array = _elements(1, 0, 20, legs, 1) if legs else _no_elements(0, 0, 20)
    before = _head(1016, len(array) + 12 * legs) + array
    ids = f"8s{'16s' * has_ref}8s{'16s' * has_round}"
    form = Struct(f">Ii8si8sh8sh8sh8sq8sq8sq8sq8sq8s16s{ids}8s16s8s32s" + f"{len(before)}s{'iq' * legs}" * 3 + "8s")
    return form.pack, before, form.size - 4


def journal_line(row: Row, hash_: bytes) -> bytes:
    """Return a row of the journal as wallet.journal_line."""
    legs, ref, round_id = row.legs, row.ref, row.round_id
    pack, before, size = _packer(len(legs), bool(ref), bool(round_id))
    meta = row.meta.encode()
    line = pack(
        size + len(meta),
        18,
        _INT,
        id_ms(row.cmd_id) // DAY_MS,
        _SMALL,
        row.code,
        _SMALL,
        row.status,
        _SMALL,
        row.ccy,
        _BIG,
        row.player_id,
        _TIME,
        (row.booked_ms - _EPOCH_MS) * 1000,
        _BIG,
        row.cash_minor,
        _BIG,
        row.escrow_minor,
        _BIG,
        row.bonus_minor,
        _UUID,
        row.cmd_id,
        *((_UUID, ref) if ref else (_NO_UUID,)),
        *((_UUID, round_id) if round_id else (_NO_UUID,)),
        _REQUEST,
        row.req_hash,
        _HASH,
        hash_,
        *_legs(legs, before),
        _head(25, len(meta)) if meta else _NO_TEXT,
    )
    return line + meta


def _legs(legs: tuple[Leg, ...], before: bytes) -> Sequence[Any]:
    """Return what to pack for the three arrays: accounts, amounts, balances."""
    if len(legs) == 2:
        (a1, m1, b1), (a2, m2, b2) = legs
        return before, 8, a1, 8, a2, before, 8, m1, 8, m2, before, 8, b1, 8, b2
    if len(legs) == 3:
        (a1, m1, b1), (a2, m2, b2), (a3, m3, b3) = legs
        return before, 8, a1, 8, a2, 8, a3, before, 8, m1, 8, m2, 8, m3, before, 8, b1, 8, b2, 8, b3
    columns = zip(*legs, strict=True) if legs else ((), (), ())
    return [part for column in columns for part in (before, *[word for number in column for word in (8, number)])]


# ---------------------------------------------------------------- what the rows change


def _changes(balances: dict[int, BalanceChange]) -> list[bytes]:
    """By account: neighbours lie on one page, a player's cash and escrow do."""
    pack, size = _CHANGE.pack, _CHANGE.size - 4
    return [
        pack(size, 4, _BIG, account, _BIG, change.old, _BIG, change.new, _BIG, change.seq)
        for account, change in sorted(balances.items(), key=_by_account)
    ]


def _by_account(item: tuple[int, BalanceChange]) -> int:
    return item[0]


@lru_cache(maxsize=1_000)
def _birth_packer(table_id: str, has_round: bool) -> tuple[Callable[..., bytes], bytes, bytes, int]:
    text = table_id.encode()
    form = Struct(f">Ii8sq8sq8sq8sq8sq8sh8sh8sh8s16s8s{'16s' * has_round}8s")
    return form.pack, _head(25, len(text)), text, form.size - 4 + len(text)


def _birth(born: Reservation, seq: int) -> bytes:
    """A reservation enters open even when a later row of the batch closes it, a tombstone as what it is."""
    round_id = born.round_id
    pack, before, table, size = _birth_packer(born.table_id, bool(round_id))
    birth = pack(
        size,
        11,
        _BIG,
        born.player_id,
        _BIG,
        born.amount_minor - born.bonus_minor,
        _BIG,
        born.bonus_minor,
        _BIG,
        seq,
        _BIG,
        born.table_epoch,
        _SMALL,
        born.ccy,
        _SMALL,
        born.kind,
        _SMALL,
        born.state,
        _UUID,
        born.reservation_id,
        *((_UUID, round_id) if round_id else (_NO_UUID,)),
        before,
    )
    return birth + table


def _closing(closed: tuple[bytes, ReservationState], seq: int) -> bytes:
    return _CLOSING.pack(_CLOSING.size - 4, 3, _UUID, closed[0], _SMALL, closed[1], _BIG, seq)


# ---------------------------------------------------------------- rare: plain arrays


def _accounts(accounts: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    return accounts, [floor_of(account_kind(account)) for account in accounts]


def _terms(jackpot: int, terms: JackpotTerms) -> tuple[int, ...]:
    return jackpot, terms.ccy, terms.rate_num, terms.rate_den, terms.ceiling_minor


def _transpose(rows: Sequence[tuple[Any, ...]], width: int) -> Sequence[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width
