"""What a rule decides: amounts to move, and what is born, closed, opened, fenced or defined. Nothing here changes memory."""

from __future__ import annotations

from typing import Final

import msgspec

from actors.domain.money.accounts import (
    BONUS,
    CASH,
    ESCROW,
    FIRST_PLAYERS,
    FIRST_UNIT_KIND,
    LIMIT_MINOR,
    PAST_PLAYERS,
    WITHDRAWAL,
    Kind,
)
from actors.domain.money.entries import EntryCode, Reservation, ReservationState
from actors.domain.money.orders import CancelWithdrawal, JackpotTerms, Void
from actors.domain.money.state import ShardState

Moves = tuple[tuple[int, int], ...]

#: A player's money; together it stays below the limit, so that what is reserved can always come back.
_WORTH: Final = (CASH, BONUS, ESCROW, WITHDRAWAL)


class Second(msgspec.Struct, frozen=True, gc=False):
    """The other row of an order that has two."""

    code: EntryCode
    ccy: int
    moves: Moves
    meta: str


class Effect(msgspec.Struct, frozen=True, gc=False):
    """moves: (account, amount), no account twice, none of zero, summing to zero."""

    moves: Moves = ()
    born: Reservation | None = None
    closed: Reservation | None = None
    accounts: tuple[int, ...] = ()
    fence: tuple[str, int] | None = None
    jackpot: tuple[int, JackpotTerms] | None = None
    second: Second | None = None


NOTHING: Final = Effect()


def tombstone(order: Void | CancelWithdrawal, kind: Kind, round_id: bytes = b"") -> Effect:
    """Return what refuses an order to reserve that comes after the one that ends it."""
    end = ReservationState.TOMBSTONE
    return Effect(
        born=Reservation(order.reservation_id, order.player_id, order.ccy, 0, round_id, "", 0, end, kind=kind)
    )


def without_zeros(moves: dict[int, int]) -> Moves:
    """Return the moves that move something."""
    return tuple([move for move in moves.items() if move[1]])


def fits(state: ShardState, moves: Moves, own: int = 0) -> bool:
    """Tell whether no account leaves the limits. own: the player's account number of kind 0; 0: only the house's move."""
    balances = state.balances
    gain = 0
    for account, amount in moves:
        if FIRST_PLAYERS <= account < PAST_PLAYERS and account % 1_000 < FIRST_UNIT_KIND:  # a player's money
            gain += amount
        elif abs(balances.get(account, 0) + amount) >= LIMIT_MINOR:
            return False
    return gain <= 0 or sum([balances.get(own + kind, 0) for kind in _WORTH]) + gain < LIMIT_MINOR
