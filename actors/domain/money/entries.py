"""What the books are made of: journal rows with their legs, and reservations. All frozen; one currency per row."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

from actors.domain.money.accounts import ESCROW, Kind
from actors.domain.money.orders import JackpotTerms

#: A settlement from a bonus that reaches its target and feeds a jackpot up to its ceiling has ten.
MAX_LEGS: Final = 12


class EntryCode(IntEnum):
    """Why a row is in the journal; equal to the tag of its order. Numbers are stored, so they never change."""

    OPEN_ACCOUNT = 1
    DEPOSIT = 2
    RESERVE = 3
    SETTLE = 4
    VOID = 5
    GRANT_BONUS = 6
    FENCE_TABLE = 7
    WAGER = 10
    REQUEST_WITHDRAWAL = 11
    COMPLETE_WITHDRAWAL = 12
    CANCEL_WITHDRAWAL = 13
    CONVERT_BONUS = 14
    FORFEIT_BONUS = 15
    PAY_JACKPOT = 16
    MOVE_JACKPOT = 17
    ADJUST = 18
    TRANSFER_OUT = 19
    TRANSFER_IN = 30
    EXCHANGE = 31
    EXCHANGED = 32  # the second row of an exchange: the currency that came
    DEFINE_JACKPOT = 33


class ReservationState(IntEnum):
    """Only OPEN changes, once: by settle to SETTLED, by void to VOIDED. Void of an unknown id makes a TOMBSTONE.

    A withdrawal is SETTLED when it was completed and VOIDED when it was cancelled; cancelling an unknown one makes a
    TOMBSTONE too.
    """

    OPEN = 0
    SETTLED = 1
    VOIDED = 2
    TOMBSTONE = 3


# Found as quickly as any other name; see `accounts`.
OPEN: Final = ReservationState.OPEN
SETTLED: Final = ReservationState.SETTLED
VOIDED: Final = ReservationState.VOIDED

#: One account's part of a row: (account, amount added, balance after).
Leg = tuple[int, int, int]


class Reservation(msgspec.Struct, frozen=True, gc=False):
    """A stake, in play or finished, or a withdrawal. Its id is that of the order that made it.

    bonus_minor: the part of amount_minor that came from a bonus. kind: the account where the money lies, ESCROW or
    WITHDRAWAL. A tombstone has amount 0 and no table; a withdrawal has no table and no round.
    """

    reservation_id: bytes
    player_id: int
    ccy: int
    amount_minor: int
    round_id: bytes
    table_id: str
    table_epoch: int
    state: ReservationState
    bonus_minor: int = 0
    kind: Kind = ESCROW

    def closed(self, state: ReservationState) -> Reservation:
        """Return it as it is once closed."""
        return Reservation(
            self.reservation_id,
            self.player_id,
            self.ccy,
            self.amount_minor,
            self.round_id,
            self.table_id,
            self.table_epoch,
            state,
            self.bonus_minor,
            self.kind,
        )


class Row(msgspec.Struct, frozen=True, gc=False):
    """One line of the journal, booked (status 0) or refused (status: the `Refusal`, no legs).

    seq is dense per shard. ref: the reservation meant, if any. round_id may be empty. cash, escrow, bonus: the player's
    balances after this row. legs: at most MAX_LEGS, summing to zero, no account twice, none of zero. meta: what the
    order said besides, as JSON text; empty where that is all in the other fields.
    The last five fields are what else the row changes: reservation born, (id, state) of the one closed, accounts
    opened, (table, epoch) fenced, (number, terms) of the jackpot defined.
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
    bonus_minor: int = 0
    legs: tuple[Leg, ...] = ()
    meta: str = ""
    born: Reservation | None = None
    closed: tuple[bytes, ReservationState] | None = None
    accounts: tuple[int, ...] = ()
    fence: tuple[str, int] | None = None
    jackpot: tuple[int, JackpotTerms] | None = None
