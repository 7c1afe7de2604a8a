"""A commit as the arrays that `wallet.commit_batch` takes, transposed by zip: a comprehension per column costs more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from actors.domain.ids import id_ms
from actors.domain.money.accounts import account_kind, floor_of
from actors.domain.money.batch import Commit
from actors.domain.money.entries import Leg, Reservation, ReservationState, Row
from actors.domain.money.orders import JackpotTerms
from actors.domain.money.state import DAY_MS

_COLUMNS: Final = 15
#: Legs that travel as scalars; rows with more are rare, and send the rest as array literals.
_LEGS: Final = 4
_NO_LEG: Final = (None, None, None)
_NO_MORE: Final = (None, None, None)
_RESERVATION: Final = 11
_PARAMETERS: Final = 5 + _COLUMNS + 3 * _LEGS + 3 + 2 + 4 + _RESERVATION + 3 + 2 + 5

COMMIT_SQL: Final = f"select wallet.commit_batch({', '.join(f'${i}' for i in range(1, _PARAMETERS + 1))})"


def commit_columns(commit: Commit) -> list[Any]:
    """Return the arguments of COMMIT_SQL."""
    rows = commit.rows
    return [
        commit.shard_id,
        commit.epoch,
        commit.prev_seq,
        commit.prev_head,
        commit.new_head,
        *_transpose([_scalars(row, hash_) for row, hash_ in zip(rows, commit.hashes, strict=True)], _COLUMNS),
        *_transpose([_flat_legs(row.legs) for row in rows], 3 * _LEGS + 3),
        *_accounts([account for row in rows for account in row.accounts]),
        *_transpose([(id_, c.old, c.new, c.seq) for id_, c in commit.balances.items()], 4),
        *_transpose([_birth(row.born, row.seq) for row in rows if row.born is not None], _RESERVATION),
        *_transpose([(*row.closed, row.seq) for row in rows if row.closed is not None], 3),
        *_transpose([row.fence for row in rows if row.fence is not None], 2),
        *_transpose([_terms(*row.jackpot) for row in rows if row.jackpot is not None], 5),
    ]


def _transpose(rows: Sequence[tuple[Any, ...]], width: int) -> Sequence[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _scalars(row: Row, hash_: bytes) -> tuple[Any, ...]:
    return (
        id_ms(row.cmd_id) // DAY_MS,
        row.cmd_id,
        row.req_hash,
        row.code,
        row.status,
        row.ccy,
        row.player_id,
        row.ref or None,
        row.round_id or None,
        row.booked_ms,
        row.cash_minor,
        row.escrow_minor,
        row.bonus_minor,
        row.meta or None,
        hash_,
    )


def _flat_legs(legs: tuple[Leg, ...]) -> tuple[Any, ...]:
    match len(legs):
        case 0:
            return _NO_LEG * 4 + _NO_MORE
        case 2:
            return legs[0] + legs[1] + _NO_LEG + _NO_LEG + _NO_MORE
        case 3:
            return legs[0] + legs[1] + legs[2] + _NO_LEG + _NO_MORE
        case 4:
            return legs[0] + legs[1] + legs[2] + legs[3] + _NO_MORE
        case _:
            more = [f"{{{','.join(map(str, column))}}}" for column in zip(*legs[_LEGS:], strict=True)]
            return (*legs[0], *legs[1], *legs[2], *legs[3], *more)


def _terms(jackpot: int, terms: JackpotTerms) -> tuple[int, ...]:
    return jackpot, terms.ccy, terms.rate_num, terms.rate_den, terms.ceiling_minor


def _accounts(accounts: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    return accounts, [floor_of(account_kind(account)) for account in accounts]


def _birth(born: Reservation, seq: int) -> tuple[Any, ...]:
    """A reservation enters open even when a later row of the batch closes it, a tombstone as what it is."""
    return (
        born.reservation_id,
        born.player_id,
        born.round_id or None,
        born.ccy,
        born.amount_minor - born.bonus_minor,
        born.bonus_minor,
        born.kind,
        ReservationState(born.state),
        seq,
        born.table_id,
        born.table_epoch,
    )
