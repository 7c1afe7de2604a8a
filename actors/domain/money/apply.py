"""One order and the shard's memory give one answer and the journal rows to commit: usually one, none, or two.

Answers that depend on balances, reservations, fences or jackpots are recorded, refusals included, so that the same id
has one outcome for ever. Malformed orders, ids used for another request, ids out of their time, and transfers from
other shards are refused unrecorded. What each order moves is in `rules.py`, `stake_rules.py`, `bonus_rules.py` and
`house_rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from actors.domain.commands import Refused
from actors.domain.ids import linked_id
from actors.domain.money import bonus_rules, house_rules, rules, stake_rules
from actors.domain.money.accounts import BONUS, CASH, ESCROW, account_id
from actors.domain.money.chain import REQUEST_HASH_BYTES
from actors.domain.money.checks import check_age, check_form, refused
from actors.domain.money.effects import NOTHING, Effect, Moves, Second
from actors.domain.money.entries import EntryCode, Leg, Row
from actors.domain.money.meta import meta_text
from actors.domain.money.orders import (
    Adjust,
    CancelWithdrawal,
    CompleteWithdrawal,
    ConvertBonus,
    DefineJackpot,
    Deposit,
    Done,
    Exchange,
    Fenced,
    FenceTable,
    ForfeitBonus,
    GrantBonus,
    MoveJackpot,
    OpenAccount,
    OpenReservation,
    PayJackpot,
    RequestWithdrawal,
    Reserve,
    Settle,
    TransferIn,
    TransferOut,
    Void,
    Wager,
    WalletAnswer,
    WalletOrder,
)
from actors.domain.money.state import ShardState
from actors.domain.refusals import Refusal

_encode: Final = msgspec.msgpack.Encoder().encode


_FENCE_TABLE: Final = EntryCode.FENCE_TABLE
_TRANSFER_IN: Final = EntryCode.TRANSFER_IN
_TO_BONUS: Final = BONUS - CASH


def request_hash(order: WalletOrder) -> bytes:
    """Return 16 bytes that differ for orders that differ in anything. Stored: fields of orders never change meaning."""
    return sha256(_encode(order)).digest()[:REQUEST_HASH_BYTES]


def apply(state: ShardState, order: WalletOrder, now_ms: int) -> tuple[WalletAnswer, tuple[Row, ...]]:
    """Decide one order and change memory accordingly; the rows must be committed together before the answer is given.

    `lookups.missing` must have been satisfied. Refusals in order: form, ID_REUSED, ID_TOO_OLD, ID_IN_FUTURE, then those
    of the order's own rule.
    """
    refusal = check_form(state, order)
    if refusal is not None:
        return refused(refusal), ()
    req_hash = request_hash(order)
    known = state.outcomes.get(order.cmd_id)
    if known is not None:
        return (_repeat(state, order, known[1]) if known[0] == req_hash else refused(Refusal.ID_REUSED)), ()
    refusal = check_age(state, order, now_ms)
    if refusal is not None:
        return refused(refusal), ()
    rule = _RULES[type(order)]
    effect = rule.decide(state, order)
    if not isinstance(effect, Effect):
        if rule.code is _TRANSFER_IN:
            # The money has left the other shard and this is its only id: a refusal that stayed would keep it out for ever.
            return refused(effect), ()
        rows: tuple[Row, ...] = (_book(state, order, rule, req_hash, now_ms, effect, NOTHING),)
        answer: Done | Fenced | Refused = refused(effect)
    else:
        first = _book(state, order, rule, req_hash, now_ms, 0, effect)
        rows = (first,) if effect.second is None else (first, _book_second(state, first, effect.second))
        answer = answer_of_row(first)
    state.remember_outcome(order.cmd_id, (req_hash, answer), now_ms)
    return (_repeat(state, order, answer) if rule.code is _FENCE_TABLE else answer), rows


def answer_of_row(row: Row) -> Done | Fenced | Refused:
    """Return what was answered when this row was booked. `Fenced` comes without its list."""
    if row.status:
        return refused(row.status)
    if row.code is _FENCE_TABLE:
        return Fenced(row.seq, [])
    cash = account_id(row.player_id, row.ccy, CASH)
    bonus = cash + _TO_BONUS
    moved = 0
    for account, amount, _balance in row.legs:
        if account in (cash, bonus):
            moved += amount
    return Done(row.seq, row.cash_minor, row.escrow_minor, abs(moved), row.bonus_minor)


def _repeat(state: ShardState, order: WalletOrder, answer: WalletAnswer) -> WalletAnswer:
    """A fence's answer lists what is open now: of the fenced epochs that only ever shrinks."""
    if not isinstance(answer, Fenced) or not isinstance(order, FenceTable):
        return answer
    open_ = [
        OpenReservation(r.reservation_id, r.player_id, r.ccy, r.amount_minor, r.round_id, r.table_epoch)
        for r in state.open_by_table.get(order.table_id, {}).values()
    ]
    return Fenced(answer.seq, open_)


# ---------------------------------------------------------------- the rule of each order, and what its row says


class _Rule(NamedTuple):
    """code: of the row. meta: what the row says of the order besides."""

    code: EntryCode
    decide: Callable[[ShardState, Any], Effect | Refusal]
    meta: Callable[[Any], str] | None = None


def _settle_meta(order: Settle) -> str:
    return meta_text(jackpot=order.jackpot) if order.jackpot else ""


def _wager_meta(order: Wager) -> str:
    return meta_text(
        stake=order.stake_minor,
        payout=order.payout_minor,
        table=order.table_id,
        epoch=order.table_epoch,
        commitment=order.commitment.hex(),
        jackpot=order.jackpot,
    )


def _terms_meta(order: DefineJackpot) -> str:
    terms = order.terms
    return meta_text(
        jackpot=order.jackpot, rate_num=terms.rate_num, rate_den=terms.rate_den, ceiling=terms.ceiling_minor
    )


def _adjust_meta(order: Adjust) -> str:
    return meta_text(reason=order.reason, requested_by=order.requested_by, approved_by=order.approved_by)


def _transfer_meta(order: TransferOut | TransferIn) -> str:
    """The peer is counted from 1, so that shard 0 is not left out."""
    return meta_text(peer=order.peer + 1, kind=order.kind, part=order.part)


_RULES: Final[dict[type, _Rule]] = {
    OpenAccount: _Rule(EntryCode.OPEN_ACCOUNT, rules.open_account),
    Deposit: _Rule(EntryCode.DEPOSIT, rules.deposit, lambda order: meta_text(psp_ref=order.psp_ref)),
    RequestWithdrawal: _Rule(EntryCode.REQUEST_WITHDRAWAL, rules.request_withdrawal),
    CompleteWithdrawal: _Rule(
        EntryCode.COMPLETE_WITHDRAWAL, rules.complete_withdrawal, lambda order: meta_text(psp_ref=order.psp_ref)
    ),
    CancelWithdrawal: _Rule(
        EntryCode.CANCEL_WITHDRAWAL, rules.cancel_withdrawal, lambda order: meta_text(reason=order.reason)
    ),
    Exchange: _Rule(
        EntryCode.EXCHANGE,
        rules.exchange,
        lambda order: meta_text(to_ccy=order.to_ccy, to_minor=order.to_amount_minor),
    ),
    Adjust: _Rule(EntryCode.ADJUST, rules.adjust, _adjust_meta),
    Reserve: _Rule(EntryCode.RESERVE, stake_rules.reserve),
    Settle: _Rule(EntryCode.SETTLE, stake_rules.settle, _settle_meta),
    Void: _Rule(EntryCode.VOID, stake_rules.void),
    Wager: _Rule(EntryCode.WAGER, stake_rules.wager, _wager_meta),
    GrantBonus: _Rule(
        EntryCode.GRANT_BONUS,
        bonus_rules.grant_bonus,
        lambda order: meta_text(tick=order.tick, wagering=order.wagering_minor),
    ),
    ConvertBonus: _Rule(
        EntryCode.CONVERT_BONUS, bonus_rules.convert_bonus, lambda order: meta_text(reason=order.reason)
    ),
    ForfeitBonus: _Rule(
        EntryCode.FORFEIT_BONUS, bonus_rules.forfeit_bonus, lambda order: meta_text(reason=order.reason)
    ),
    FenceTable: _Rule(
        EntryCode.FENCE_TABLE,
        house_rules.fence_table,
        lambda order: meta_text(table=order.table_id, epoch=order.epoch),
    ),
    DefineJackpot: _Rule(EntryCode.DEFINE_JACKPOT, house_rules.define_jackpot, _terms_meta),
    MoveJackpot: _Rule(
        EntryCode.MOVE_JACKPOT, house_rules.move_jackpot, lambda order: meta_text(jackpot=order.jackpot)
    ),
    PayJackpot: _Rule(
        EntryCode.PAY_JACKPOT,
        house_rules.pay_jackpot,
        lambda order: meta_text(jackpot=order.jackpot, hit=order.hit),
    ),
    TransferOut: _Rule(EntryCode.TRANSFER_OUT, house_rules.transfer_out, _transfer_meta),
    TransferIn: _Rule(EntryCode.TRANSFER_IN, house_rules.transfer_in, _transfer_meta),
}


def _subject(state: ShardState, order: WalletOrder) -> tuple[int, int, bytes, bytes]:
    """Return player (0: none), currency (0: not known), reservation or transfer, and round that an order is about."""
    match order:
        case Reserve():
            return order.player_id, order.ccy, order.cmd_id, order.round_id
        case Settle():
            return order.player_id, _ccy_of(state, order), order.reservation_id, order.round_id
        case Void():
            return order.player_id, order.ccy, order.reservation_id, order.round_id
        case Wager():
            return order.player_id, order.ccy, b"", order.round_id
        case RequestWithdrawal():
            return order.player_id, order.ccy, order.cmd_id, b""
        case CompleteWithdrawal():
            return order.player_id, _ccy_of(state, order), order.reservation_id, b""
        case CancelWithdrawal():
            return order.player_id, order.ccy, order.reservation_id, b""
        case Exchange():
            return order.player_id, order.ccy, linked_id(order.cmd_id), b""
        case FenceTable():
            return 0, 0, b"", b""
        case DefineJackpot():
            return 0, order.terms.ccy, b"", b""
        case TransferIn():
            return 0, order.ccy, order.transfer_id, b""
        case TransferOut() | MoveJackpot():
            return 0, order.ccy, b"", b""
        case _:
            return order.player_id, order.ccy, b"", b""


def _ccy_of(state: ShardState, order: Settle | CompleteWithdrawal) -> int:
    held = state.reservations.get(order.reservation_id)
    return held.ccy if held is not None else 0


# ---------------------------------------------------------------- booking: the only change of memory


def _book(state: ShardState, order: Any, rule: _Rule, req_hash: bytes, now_ms: int, status: int, effect: Effect) -> Row:
    """Change memory by the effect and return the journal row. Success is certain: the rule has refused all else."""
    state.seq += 1
    player_id, ccy, ref, round_id = _subject(state, order)
    balances = state.balances
    for account in effect.accounts:
        balances[account] = 0
    legs, accounts = _move(state, effect.moves, effect.accounts)
    closed = effect.closed
    if effect.born is not None:
        state.remember_reservation(effect.born, now_ms)
    if closed is not None:
        state.remember_reservation(closed, now_ms)
    if effect.fence is not None:
        state.fences[effect.fence[0]] = effect.fence[1]
    if effect.jackpot is not None:
        state.jackpots[effect.jackpot[0]] = effect.jackpot[1]
    own = account_id(player_id, ccy, 0)
    is_told = player_id > 0 and not status
    return Row(
        state.seq,
        state.epoch,
        order.cmd_id,
        req_hash,
        rule.code,
        int(status),
        ccy,
        player_id,
        ref,
        round_id,
        now_ms,
        balances.get(own + CASH, 0) if is_told else 0,
        balances.get(own + ESCROW, 0) if is_told else 0,
        balances.get(own + BONUS, 0) if is_told else 0,
        legs,
        rule.meta(order) if rule.meta is not None else "",
        effect.born,
        (closed.reservation_id, closed.state) if closed is not None else None,
        accounts,
        effect.fence,
        effect.jackpot,
    )


def _book_second(state: ShardState, first: Row, second: Second) -> Row:
    state.seq += 1
    legs, accounts = _move(state, second.moves, ())
    own = account_id(first.player_id, second.ccy, 0)
    return Row(
        state.seq,
        state.epoch,
        first.ref,
        first.req_hash,
        second.code,
        0,
        second.ccy,
        first.player_id,
        first.cmd_id,
        b"",
        first.booked_ms,
        state.balances.get(own + CASH, 0),
        state.balances.get(own + ESCROW, 0),
        state.balances.get(own + BONUS, 0),
        legs,
        second.meta,
        accounts=accounts,
    )


def _move(state: ShardState, moves: Moves, accounts: tuple[int, ...]) -> tuple[tuple[Leg, ...], tuple[int, ...]]:
    """Change balances; return the legs, and accounts together with those used for the first time."""
    balances = state.balances
    legs = []
    for account, amount in moves:
        balance = balances.get(account)
        if balance is None:
            accounts = (*accounts, account)
            balance = 0
        balance += amount
        balances[account] = balance
        legs.append((account, amount, balance))
    return tuple(legs), accounts
