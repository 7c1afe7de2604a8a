"""What the books are made of: journal rows with their legs, and reservations. All frozen; one currency per row."""

from __future__ import annotations

from enum import IntEnum

import msgspec


class EntryCode(IntEnum):
    """Why a row is in the journal; equal to the tag of its order. Numbers are stored, so they never change."""

    OPEN_ACCOUNT = 1
    DEPOSIT = 2
    RESERVE = 3
    SETTLE = 4
    VOID = 5
    GRANT_BONUS = 6
    FENCE_TABLE = 7


class ReservationState(IntEnum):
    """Only OPEN changes, once: by settle to SETTLED, by void to VOIDED. Void of an unknown id makes a TOMBSTONE."""

    OPEN = 0
    SETTLED = 1
    VOIDED = 2
    TOMBSTONE = 3


#: One account's part of a row: (account, amount added, balance after).
Leg = tuple[int, int, int]


class Reservation(msgspec.Struct, frozen=True, gc=False):
    """A stake, in play or finished. Its id is that of the order that made it. A tombstone has amount 0 and no table."""

    reservation_id: bytes
    player_id: int
    ccy: int
    amount_minor: int
    round_id: bytes
    table_id: str
    table_epoch: int
    state: ReservationState


class Row(msgspec.Struct, frozen=True, gc=False):
    """One line of the journal, booked (status 0) or refused (status: the `Refusal`, no legs).

    seq is dense per shard. ref: the reservation meant, if any. round_id may be empty. cash, escrow: the player's
    balances after this row. legs: at most four, summing to zero, no account twice, none of zero.
    The last four fields are what else the row changes: reservation born, (id, state) of the one closed, accounts
    opened, (table, epoch) fenced.
    """

    seq: int
    epoch: int
    cmd_id: bytes
    req_hash: bytes
    code: EntryCode
    status: int
    ccy: int
    player_id: int
    ref: bytes
    round_id: bytes
    booked_ms: int
    cash_minor: int
    escrow_minor: int
    legs: tuple[Leg, ...] = ()
    born: Reservation | None = None
    closed: tuple[bytes, ReservationState] | None = None
    accounts: tuple[int, ...] = ()
    fence: tuple[str, int] | None = None
