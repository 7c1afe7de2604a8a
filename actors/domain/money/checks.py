"""Refusals that need no memory, or only the shard's settings: they are not recorded, and safe to repeat.

Order: form and class of the ids, amounts, player, currencies, table, round, jackpot, accounts, persons, texts; then (after a look
whether the id is known) the age of the id.
"""

from __future__ import annotations

from typing import Final, assert_never

from actors.domain.commands import Refused
from actors.domain.ids import ID_BYTES, Origin, id_ms, id_origin, is_well_formed, relayed_id
from actors.domain.money.accounts import LIMIT_MINOR, MAX_PART, MAX_PLAYER_ID, Kind
from actors.domain.money.orders import (
    MAX_TEXT,
    Adjust,
    CancelWithdrawal,
    Closing,
    CompleteWithdrawal,
    ConvertBonus,
    DefineJackpot,
    Deposit,
    Exchange,
    FenceTable,
    ForfeitBonus,
    GrantBonus,
    MoveJackpot,
    OpenAccount,
    PayJackpot,
    RequestWithdrawal,
    Reserve,
    Settle,
    TransferIn,
    TransferOut,
    Void,
    Wager,
    WalletOrder,
)
from actors.domain.money.state import DAY_MS, FUTURE_MS, MAX_AGE_MS, ShardState
from actors.domain.refusals import Refusal

MAX_TABLE_ID: Final = 64
MAX_COMMITMENT: Final = 64
#: So that a turnover below 2^62 times a rate is a number that any database can hold.
MAX_RATE: Final = 10**9

#: Which classes of id may carry which order. A client's id cannot close a reservation, nor can staff's pay a jackpot.
_CLASSES: Final[dict[type, tuple[Origin, ...]]] = {
    OpenAccount: (Origin.CASHIER,),
    Deposit: (Origin.CASHIER,),
    RequestWithdrawal: (Origin.CASHIER,),
    CompleteWithdrawal: (Origin.CASHIER,),
    CancelWithdrawal: (Origin.CASHIER,),
    Exchange: (Origin.CASHIER,),
    Adjust: (Origin.STAFF,),
    Reserve: (Origin.CLIENT,),
    Settle: (Origin.SETTLE,),
    Void: (Origin.VOID,),
    Wager: (Origin.CLIENT,),
    FenceTable: (Origin.TABLE,),
    GrantBonus: (Origin.BONUS, Origin.STAFF),
    ConvertBonus: (Origin.BONUS, Origin.STAFF),
    ForfeitBonus: (Origin.BONUS, Origin.STAFF),
    DefineJackpot: (Origin.JACKPOT, Origin.STAFF),
    MoveJackpot: (Origin.JACKPOT, Origin.STAFF),
    PayJackpot: (Origin.JACKPOT,),
    TransferOut: (Origin.JACKPOT, Origin.STAFF),
    TransferIn: (Origin.RELAY,),
}
#: Derived from something that may have begun long ago; a state elsewhere keeps them from taking effect twice.
_AGELESS: Final = (Origin.SETTLE, Origin.VOID, Origin.JACKPOT, Origin.RELAY)

_SEED, _POOL, _RESERVE, _OVERFLOW = Kind.JACKPOT_SEED, Kind.JACKPOT_POOL, Kind.JACKPOT_RESERVE, Kind.JACKPOT_OVERFLOW
_JACKPOT_MOVES: Final = frozenset(
    ((_SEED, _POOL), (_SEED, _RESERVE), (_RESERVE, _POOL), (_OVERFLOW, _RESERVE), (_OVERFLOW, _POOL))
)
#: What may go to another shard: a jackpot's money, by number, and pots, which have no parts.
_TRANSFERABLE: Final = frozenset((_POOL, _RESERVE, _OVERFLOW, Kind.POT_CLEARING))

_TEXTS: Final[dict[int, str]] = {
    Refusal.UNKNOWN_TABLE: "the table's name must have 1 to 64 characters, its epoch must be 0 .. 2^62",
    Refusal.WRONG_ROUND: "a round's id has 16 bytes",
    Refusal.INSUFFICIENT_FUNDS: "the amount is more than there is",
    Refusal.ID_REUSED: "this id was used for another request",
    Refusal.ID_TOO_OLD: "this id is too old to be carried out",
    Refusal.ID_IN_FUTURE: "this id is from the future",
    Refusal.ID_CLASS_FORBIDDEN: "the id is malformed, or of a class that this order may not use",
    Refusal.UNKNOWN_ACCOUNT: "the player has no account in this currency",
    Refusal.CURRENCY_MISMATCH: "the books have no such currency, or it is the same",
    Refusal.AMOUNT_INVALID: "the amount must be above 0 (a payout: not below) and stay below 2^62",
    Refusal.RESERVATION_UNKNOWN: "this player has no such reservation in this round",
    Refusal.RESERVATION_CLOSED: "the reservation is closed",
    Refusal.ALREADY_VOIDED: "the reservation was voided before it arrived",
    Refusal.STALE_TABLE_EPOCH: "a newer incarnation of the table has fenced this one off",
    Refusal.SETTLE_OUT_OF_RANGE: "a balance after this would reach 2^62",
    Refusal.FOUR_EYES_REQUIRED: "a reason, and two different persons, must be named",
    Refusal.BONUS_ACTIVE: "the player has bonus money, or stakes of it in play",
    Refusal.NO_BONUS: "the player has no bonus in force",
    Refusal.UNKNOWN_JACKPOT: "there is no such jackpot in this currency, or its terms make no sense",
    Refusal.JACKPOT_EXISTS: "the jackpot has other terms",
    Refusal.ACCOUNT_FORBIDDEN: "money may not go between these accounts in this way",
    Refusal.BAD_TEXT: "a text is longer than 200 characters, or a commitment than 64 bytes",
    Refusal.BUSY: "nothing was done; try again",
    Refusal.DRAINING: "nothing was done; the shard is going away",
}
_ANSWERS: Final = {refusal: Refused(int(refusal), _TEXTS.get(refusal, "")) for refusal in Refusal}


def refused(code: int) -> Refused:
    """Return the answer for a refusal. Its text depends on the code alone, so that a repeated answer is equal."""
    return _ANSWERS.get(Refusal(code)) or Refused(code)


def check_form(state: ShardState, order: WalletOrder) -> Refusal | None:
    """Return why this order is malformed, or None."""
    if not is_well_formed(order.cmd_id) or id_origin(order.cmd_id) not in _CLASSES[type(order)]:
        return Refusal.ID_CLASS_FORBIDDEN
    match order:
        case Reserve():
            return (
                _check_amount(order.amount_minor)
                or _check_player(state, order.player_id, order.ccy)
                or _check_table(order.table_id, order.table_epoch)
                or _check_round(order.round_id)
            )
        case Settle() | Void() | CompleteWithdrawal() | CancelWithdrawal():
            return _check_closing(state, order)
        case Wager():
            return _check_wager(state, order)
        case Deposit():
            return _check_payment(state, order) or _check_text(order.psp_ref)
        case GrantBonus():
            wagering = _check_amount(order.wagering_minor) if order.wagering_minor else None
            return wagering or _check_payment(state, order)
        case RequestWithdrawal():
            return _check_payment(state, order)
        case OpenAccount():
            return _check_player(state, order.player_id, order.ccy)
        case ConvertBonus() | ForfeitBonus():
            return _check_player(state, order.player_id, order.ccy) or _check_text(order.reason)
        case Exchange():
            return _check_exchange(state, order)
        case Adjust():
            return _check_adjustment(state, order)
        case FenceTable():
            return _check_table(order.table_id, order.epoch)
        case DefineJackpot():
            return _check_terms(state, order)
        case MoveJackpot() | PayJackpot():
            return _check_jackpot(state, order)
        case TransferOut() | TransferIn():
            return _check_transfer(state, order)
        case _:
            assert_never(order)


def check_age(state: ShardState, order: WalletOrder, now_ms: int) -> Refusal | None:
    """Return why an id that is not known may not be carried out now, or None."""
    ms = id_ms(order.cmd_id)
    if ms < state.floor_ms:
        too_old = ms < now_ms - MAX_AGE_MS and id_origin(order.cmd_id) not in _AGELESS
        return Refusal.ID_TOO_OLD if too_old or ms // DAY_MS < state.first_day else None
    if ms > now_ms + FUTURE_MS or ms // DAY_MS >= state.end_day:
        return Refusal.ID_IN_FUTURE
    return Refusal.ID_TOO_OLD if ms // DAY_MS < state.first_day else None


def _check_closing(state: ShardState, order: Closing) -> Refusal | None:
    if not is_well_formed(order.reservation_id):
        return Refusal.ID_CLASS_FORBIDDEN
    if isinstance(order, Settle) and not 0 <= order.payout_minor < LIMIT_MINOR:
        return Refusal.AMOUNT_INVALID
    if not 0 < order.player_id <= MAX_PLAYER_ID:
        return Refusal.UNKNOWN_ACCOUNT
    match order:
        case Settle():
            return _check_round(order.round_id) or _check_part(order.jackpot)
        case Void():
            return _check_ccy(state, order.ccy) or _check_round(order.round_id)
        case CompleteWithdrawal():
            return _check_text(order.psp_ref)
        case CancelWithdrawal():
            return _check_ccy(state, order.ccy) or _check_text(order.reason)
        case _:
            assert_never(order)


def _check_wager(state: ShardState, order: Wager) -> Refusal | None:
    if not 0 <= order.payout_minor < LIMIT_MINOR:
        return Refusal.AMOUNT_INVALID
    return (
        _check_amount(order.stake_minor)
        or _check_player(state, order.player_id, order.ccy)
        or _check_table(order.table_id, order.table_epoch)
        or _check_round(order.round_id)
        or _check_part(order.jackpot)
        or (Refusal.BAD_TEXT if len(order.commitment) > MAX_COMMITMENT else None)
    )


def _check_exchange(state: ShardState, order: Exchange) -> Refusal | None:
    refusal = _check_amount(order.to_amount_minor) or _check_payment(state, order) or _check_ccy(state, order.to_ccy)
    return Refusal.CURRENCY_MISMATCH if refusal is None and order.to_ccy == order.ccy else refusal


def _check_adjustment(state: ShardState, order: Adjust) -> Refusal | None:
    refusal = _check_amount(abs(order.amount_minor)) or _check_player(state, order.player_id, order.ccy)
    if refusal is not None:
        return refusal
    if order.requested_by <= 0 or order.approved_by <= 0 or order.requested_by == order.approved_by or not order.reason:
        return Refusal.FOUR_EYES_REQUIRED
    return _check_text(order.reason)


def _check_terms(state: ShardState, order: DefineJackpot) -> Refusal | None:
    terms = order.terms
    makes_sense = 0 < terms.rate_num <= terms.rate_den <= MAX_RATE and 0 <= terms.ceiling_minor < LIMIT_MINOR
    return _check_ccy(state, terms.ccy) or (_check_number(order.jackpot) if makes_sense else Refusal.UNKNOWN_JACKPOT)


def _check_jackpot(state: ShardState, order: MoveJackpot | PayJackpot) -> Refusal | None:
    if isinstance(order, PayJackpot):
        return _check_payment(state, order) or _check_number(order.jackpot)
    return (
        _check_amount(order.amount_minor)
        or _check_ccy(state, order.ccy)
        or _check_number(order.jackpot)
        or (None if (order.source, order.target) in _JACKPOT_MOVES else Refusal.ACCOUNT_FORBIDDEN)
    )


def _check_transfer(state: ShardState, order: TransferOut | TransferIn) -> Refusal | None:
    if isinstance(order, TransferIn) and not _is_relayed(order):
        return Refusal.ID_CLASS_FORBIDDEN
    refusal = _check_amount(order.amount_minor) or _check_ccy(state, order.ccy)
    if refusal is not None:
        return refusal
    has_part = order.kind != Kind.POT_CLEARING
    right_part = 1 <= order.part <= MAX_PART if has_part else order.part == 0
    is_other = order.peer != state.shard_id and 0 <= order.peer < MAX_PART
    if order.kind not in _TRANSFERABLE or not right_part or not is_other:
        return Refusal.ACCOUNT_FORBIDDEN
    return None


def _is_relayed(order: TransferIn) -> bool:
    """An order that arrives twice under two ids would be carried out twice: there is only one id for it."""
    return is_well_formed(order.transfer_id) and order.cmd_id == relayed_id(order.transfer_id, order.peer)


def _check_payment(
    state: ShardState, order: Deposit | GrantBonus | RequestWithdrawal | Exchange | PayJackpot
) -> Refusal | None:
    return _check_amount(order.amount_minor) or _check_player(state, order.player_id, order.ccy)


def _check_player(state: ShardState, player_id: int, ccy: int) -> Refusal | None:
    if not 0 < player_id <= MAX_PLAYER_ID:
        return Refusal.UNKNOWN_ACCOUNT
    return _check_ccy(state, ccy)


def _check_ccy(state: ShardState, ccy: int) -> Refusal | None:
    return None if ccy in state.currencies else Refusal.CURRENCY_MISMATCH


def _check_table(table_id: str, epoch: int) -> Refusal | None:
    """A NUL is text that PostgreSQL cannot hold; one would stop the shard."""
    fits = 0 < len(table_id) <= MAX_TABLE_ID and "\0" not in table_id and 0 <= epoch < LIMIT_MINOR
    return None if fits else Refusal.UNKNOWN_TABLE


def _check_round(round_id: bytes) -> Refusal | None:
    return None if len(round_id) == ID_BYTES else Refusal.WRONG_ROUND


def _check_part(jackpot: int) -> Refusal | None:
    """0: the stake goes towards no jackpot."""
    return None if 0 <= jackpot <= MAX_PART else Refusal.UNKNOWN_JACKPOT


def _check_number(jackpot: int) -> Refusal | None:
    return None if 1 <= jackpot <= MAX_PART else Refusal.UNKNOWN_JACKPOT


def _check_text(text: str) -> Refusal | None:
    return None if len(text) <= MAX_TEXT else Refusal.BAD_TEXT


def _check_amount(amount_minor: int) -> Refusal | None:
    return None if 0 < amount_minor < LIMIT_MINOR else Refusal.AMOUNT_INVALID
