"""Refusals that need no memory, or only the shard's settings: they are not recorded, and safe to repeat.

Order: form and class of the ids, amount, player, currency, table, round; then (after a look whether the id is known)
the age of the id.
"""

from __future__ import annotations

from typing import Final, assert_never

from actors.domain.commands import Refused
from actors.domain.ids import ID_BYTES, Origin, id_ms, id_origin, is_well_formed
from actors.domain.money.accounts import LIMIT_MINOR, MAX_PLAYER_ID
from actors.domain.money.orders import Deposit, FenceTable, GrantBonus, OpenAccount, Reserve, Settle, Void, WalletOrder
from actors.domain.money.state import DAY_MS, FUTURE_MS, MAX_AGE_MS, ShardState
from actors.domain.refusals import Refusal

MAX_TABLE_ID: Final = 64
_DERIVED: Final = (Origin.SETTLE, Origin.VOID)

_TEXTS: Final[dict[int, str]] = {
    Refusal.UNKNOWN_TABLE: "the table's name must have 1 to 64 characters, its epoch must be 0 .. 2^62",
    Refusal.WRONG_ROUND: "a round's id has 16 bytes",
    Refusal.INSUFFICIENT_FUNDS: "the stake is more than the player's cash",
    Refusal.ID_REUSED: "this id was used for another request",
    Refusal.ID_TOO_OLD: "this id is too old to be carried out",
    Refusal.ID_IN_FUTURE: "this id is from the future",
    Refusal.ID_CLASS_FORBIDDEN: "the id is malformed, or of a class that this order may not use",
    Refusal.UNKNOWN_ACCOUNT: "the player has no account in this currency",
    Refusal.CURRENCY_MISMATCH: "the books have no such currency",
    Refusal.AMOUNT_INVALID: "the amount must be above 0 (a payout: not below) and stay below 2^62",
    Refusal.RESERVATION_UNKNOWN: "this player has no such reservation in this round",
    Refusal.RESERVATION_CLOSED: "the reservation is closed",
    Refusal.ALREADY_VOIDED: "the reservation was voided before it arrived",
    Refusal.STALE_TABLE_EPOCH: "a newer incarnation of the table has fenced this one off",
    Refusal.SETTLE_OUT_OF_RANGE: "the balance after this payout would reach 2^62",
    Refusal.BUSY: "nothing was done; try again",
    Refusal.DRAINING: "nothing was done; the shard is going away",
}
_ANSWERS: Final = {refusal: Refused(int(refusal), _TEXTS.get(refusal, "")) for refusal in Refusal}


def refused(code: int) -> Refused:
    """Return the answer for a refusal. Its text depends on the code alone, so that a repeated answer is equal."""
    return _ANSWERS.get(Refusal(code)) or Refused(code)


def check_form(state: ShardState, order: WalletOrder) -> Refusal | None:
    """Return why this order is malformed, or None."""
    if not is_well_formed(order.cmd_id):
        return Refusal.ID_CLASS_FORBIDDEN
    if isinstance(order, Settle | Void):
        return _check_closing(state, order)
    if id_origin(order.cmd_id) in _DERIVED:
        return Refusal.ID_CLASS_FORBIDDEN
    match order:
        case Reserve():
            return _check_reserve(state, order)
        case Deposit() | GrantBonus():
            return _check_amount(order.amount_minor) or _check_player(state, order)
        case OpenAccount():
            return _check_player(state, order)
        case FenceTable():
            return _check_table(order.table_id, order.epoch)
        case _:
            assert_never(order)


def check_age(state: ShardState, order: WalletOrder, now_ms: int) -> Refusal | None:
    """Return why an id that is not known may not be carried out now, or None."""
    ms = id_ms(order.cmd_id)
    if ms < state.floor_ms:
        too_old = ms < now_ms - MAX_AGE_MS and id_origin(order.cmd_id) not in _DERIVED
        return Refusal.ID_TOO_OLD if too_old or ms // DAY_MS < state.first_day else None
    if ms > now_ms + FUTURE_MS or ms // DAY_MS >= state.end_day:
        return Refusal.ID_IN_FUTURE
    return Refusal.ID_TOO_OLD if ms // DAY_MS < state.first_day else None


def _check_reserve(state: ShardState, order: Reserve) -> Refusal | None:
    return (
        _check_amount(order.amount_minor)
        or _check_player(state, order)
        or _check_table(order.table_id, order.table_epoch)
        or _check_round(order.round_id)
    )


def _check_closing(state: ShardState, order: Settle | Void) -> Refusal | None:
    """The class keeps an id that a client may choose from closing a reservation."""
    wanted = Origin.SETTLE if isinstance(order, Settle) else Origin.VOID
    if id_origin(order.cmd_id) != wanted or not is_well_formed(order.reservation_id):
        return Refusal.ID_CLASS_FORBIDDEN
    if isinstance(order, Settle) and not 0 <= order.payout_minor < LIMIT_MINOR:
        return Refusal.AMOUNT_INVALID
    if not 0 < order.player_id <= MAX_PLAYER_ID:
        return Refusal.UNKNOWN_ACCOUNT
    if isinstance(order, Void) and order.ccy not in state.currencies:
        return Refusal.CURRENCY_MISMATCH
    return _check_round(order.round_id)


def _check_player(state: ShardState, order: Reserve | Deposit | GrantBonus | OpenAccount) -> Refusal | None:
    if not 0 < order.player_id <= MAX_PLAYER_ID:
        return Refusal.UNKNOWN_ACCOUNT
    return None if order.ccy in state.currencies else Refusal.CURRENCY_MISMATCH


def _check_table(table_id: str, epoch: int) -> Refusal | None:
    """A NUL is text that PostgreSQL cannot hold; one would stop the shard."""
    fits = 0 < len(table_id) <= MAX_TABLE_ID and "\0" not in table_id and 0 <= epoch < LIMIT_MINOR
    return None if fits else Refusal.UNKNOWN_TABLE


def _check_round(round_id: bytes) -> Refusal | None:
    return None if len(round_id) == ID_BYTES else Refusal.WRONG_ROUND


def _check_amount(amount_minor: int) -> Refusal | None:
    return None if 0 < amount_minor < LIMIT_MINOR else Refusal.AMOUNT_INVALID
