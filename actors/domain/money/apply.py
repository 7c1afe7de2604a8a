"""The rules of the books: one order and the shard's memory give one answer and at most one journal row.

| order | legs (credit-positive) | also |
| --- | --- | --- |
| OpenAccount | none | opens cash and escrow |
| Deposit | PSP clearing -x, cash +x | |
| GrantBonus | bonus cost -x, cash +x | |
| Reserve | cash -x, escrow +x | reservation OPEN |
| Settle | escrow -stake, cash +payout, GGR +(stake - payout) | reservation SETTLED |
| Void | escrow -x, cash +x | reservation VOIDED, or a TOMBSTONE without legs |
| FenceTable | none | the table's fence |

Answers that depend on balances, reservations or fences are recorded, refusals included, so that the same id has one
outcome for ever. Malformed orders, ids used for another request, and ids out of their time are refused unrecorded.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import msgspec

from actors.domain.commands import Refused
from actors.domain.money.accounts import LIMIT_MINOR, Kind, account_id, account_kind
from actors.domain.money.chain import REQUEST_HASH_BYTES
from actors.domain.money.checks import check_age, check_form, refused
from actors.domain.money.entries import EntryCode, Reservation, ReservationState, Row
from actors.domain.money.orders import (
    Deposit,
    Done,
    Fenced,
    FenceTable,
    GrantBonus,
    OpenAccount,
    OpenReservation,
    Reserve,
    Settle,
    Void,
    WalletAnswer,
    WalletOrder,
)
from actors.domain.money.state import ShardState
from actors.domain.refusals import Refusal


class _Effect(msgspec.Struct, frozen=True, gc=False):
    """What a rule decided: the amounts to move, and what is born, closed, opened or fenced."""

    moves: tuple[tuple[int, int], ...] = ()
    born: Reservation | None = None
    closed: Reservation | None = None
    accounts: tuple[int, ...] = ()
    fence: tuple[str, int] | None = None


_NOTHING: Final = _Effect()
_encode: Final = msgspec.msgpack.Encoder().encode


def request_hash(order: WalletOrder) -> bytes:
    """Return 16 bytes that differ for orders that differ in anything. Stored: fields of orders never change meaning."""
    return sha256(_encode(order)).digest()[:REQUEST_HASH_BYTES]


def apply(state: ShardState, order: WalletOrder, now_ms: int) -> tuple[WalletAnswer, Row | None]:
    """Decide one order and change memory accordingly; the row, if any, must be committed before the answer is given.

    `lookups.missing` must have been satisfied. Refusals in order: form, ID_REUSED, ID_TOO_OLD, ID_IN_FUTURE, then those
    of the order's own rule.
    """
    refusal = check_form(state, order)
    if refusal is not None:
        return refused(refusal), None
    req_hash = request_hash(order)
    known = state.outcomes.get(order.cmd_id)
    if known is not None:
        return (_repeat(state, order, known[1]) if known[0] == req_hash else refused(Refusal.ID_REUSED)), None
    refusal = check_age(state, order, now_ms)
    if refusal is not None:
        return refused(refusal), None
    code, decide = _RULES[type(order)]
    effect = decide(state, order)
    if isinstance(effect, Refusal):
        row = _row(state, order, code, req_hash, now_ms, effect, _NOTHING)
        answer: Done | Fenced | Refused = refused(effect)
    else:
        row = _row(state, order, code, req_hash, now_ms, 0, effect)
        answer = answer_of_row(row)
    state.remember_outcome(order.cmd_id, (req_hash, answer), now_ms)
    return (_repeat(state, order, answer) if isinstance(answer, Fenced) else answer), row


def answer_of_row(row: Row) -> Done | Fenced | Refused:
    """Return what was answered when this row was booked. `Fenced` comes without its list."""
    if row.status:
        return refused(row.status)
    if row.code is EntryCode.FENCE_TABLE:
        return Fenced(row.seq, [])
    moved = 0
    for account, amount, _balance in row.legs:
        if account_kind(account) == Kind.CASH:
            moved = abs(amount)
    return Done(row.seq, row.cash_minor, row.escrow_minor, moved)


def _repeat(state: ShardState, order: WalletOrder, answer: WalletAnswer) -> WalletAnswer:
    """A fence's answer lists what is open now: of the fenced epochs that only ever shrinks."""
    if not isinstance(answer, Fenced) or not isinstance(order, FenceTable):
        return answer
    open_ = [
        OpenReservation(r.reservation_id, r.player_id, r.ccy, r.amount_minor, r.round_id, r.table_epoch)
        for r in state.open_by_table.get(order.table_id, {}).values()
    ]
    return Fenced(answer.seq, open_)


# ---------------------------------------------------------------- rules: they decide and change nothing


def _open_account(state: ShardState, order: OpenAccount) -> _Effect | Refusal:
    cash = account_id(order.player_id, order.ccy, Kind.CASH)
    if cash in state.balances:
        return _NOTHING
    return _Effect(accounts=(cash, account_id(order.player_id, order.ccy, Kind.ESCROW)))


def _deposit(state: ShardState, order: Deposit) -> _Effect | Refusal:
    return _give(state, order, Kind.PSP_CLEARING)


def _grant_bonus(state: ShardState, order: GrantBonus) -> _Effect | Refusal:
    return _give(state, order, Kind.BONUS_COST)


def _give(state: ShardState, order: Deposit | GrantBonus, source: Kind) -> _Effect | Refusal:
    amount = order.amount_minor
    house = account_id(0, order.ccy, source)
    cash = account_id(order.player_id, order.ccy, Kind.CASH)
    if cash not in state.balances:
        return Refusal.UNKNOWN_ACCOUNT
    worth = state.balances[cash] + state.balances[account_id(order.player_id, order.ccy, Kind.ESCROW)]
    if worth + amount >= LIMIT_MINOR or state.balances.get(house, 0) - amount <= -LIMIT_MINOR:
        return Refusal.AMOUNT_INVALID
    return _Effect(((house, -amount), (cash, amount)))


def _reserve(state: ShardState, order: Reserve) -> _Effect | Refusal:
    cash = account_id(order.player_id, order.ccy, Kind.CASH)
    balance = state.balances.get(cash)
    if balance is None:
        return Refusal.UNKNOWN_ACCOUNT
    if order.cmd_id in state.reservations:
        return Refusal.ALREADY_VOIDED
    if order.table_epoch < state.fences.get(order.table_id, 0):
        return Refusal.STALE_TABLE_EPOCH
    if balance < order.amount_minor:
        return Refusal.INSUFFICIENT_FUNDS
    escrow = account_id(order.player_id, order.ccy, Kind.ESCROW)
    born = Reservation(
        order.cmd_id,
        order.player_id,
        order.ccy,
        order.amount_minor,
        order.round_id,
        order.table_id,
        order.table_epoch,
        ReservationState.OPEN,
    )
    return _Effect(((cash, -order.amount_minor), (escrow, order.amount_minor)), born)


def _settle(state: ShardState, order: Settle) -> _Effect | Refusal:
    held = state.reservations.get(order.reservation_id)
    if held is None or held.player_id != order.player_id:
        return Refusal.RESERVATION_UNKNOWN
    if held.state is not ReservationState.OPEN:
        return Refusal.RESERVATION_CLOSED
    if held.round_id != order.round_id:
        return Refusal.RESERVATION_UNKNOWN
    stake, payout = held.amount_minor, order.payout_minor
    cash = account_id(held.player_id, held.ccy, Kind.CASH)
    escrow = account_id(held.player_id, held.ccy, Kind.ESCROW)
    ggr = account_id(0, held.ccy, Kind.GGR)
    worth = state.balances[cash] + state.balances[escrow] - stake + payout
    if worth >= LIMIT_MINOR or abs(state.balances.get(ggr, 0) + stake - payout) >= LIMIT_MINOR:
        return Refusal.SETTLE_OUT_OF_RANGE
    moves = ((escrow, -stake), (cash, payout), (ggr, stake - payout))
    return _Effect(tuple([move for move in moves if move[1]]), closed=_closed(held, ReservationState.SETTLED))


def _void(state: ShardState, order: Void) -> _Effect | Refusal:
    held = state.reservations.get(order.reservation_id)
    if held is None:
        return _Effect(born=_tombstone(order))
    if held.player_id != order.player_id:
        return Refusal.RESERVATION_UNKNOWN
    if held.state is ReservationState.SETTLED:
        return Refusal.RESERVATION_CLOSED
    if held.state is not ReservationState.OPEN:
        return _NOTHING
    if held.round_id != order.round_id:
        return Refusal.RESERVATION_UNKNOWN
    # No limit can be passed: what the player has in cash and escrow together stays the same.
    cash = account_id(held.player_id, held.ccy, Kind.CASH)
    escrow = account_id(held.player_id, held.ccy, Kind.ESCROW)
    moves = ((escrow, -held.amount_minor), (cash, held.amount_minor))
    return _Effect(moves, closed=_closed(held, ReservationState.VOIDED))


def _fence_table(state: ShardState, order: FenceTable) -> _Effect | Refusal:
    if order.epoch < state.fences.get(order.table_id, 0):
        return Refusal.STALE_TABLE_EPOCH
    return _Effect(fence=(order.table_id, order.epoch))


def _tombstone(order: Void) -> Reservation:
    return Reservation(
        order.reservation_id, order.player_id, order.ccy, 0, order.round_id, "", 0, ReservationState.TOMBSTONE
    )


def _closed(held: Reservation, state: ReservationState) -> Reservation:
    return Reservation(
        held.reservation_id,
        held.player_id,
        held.ccy,
        held.amount_minor,
        held.round_id,
        held.table_id,
        held.table_epoch,
        state,
    )


_RULES: Final[dict[type, tuple[EntryCode, Callable[[ShardState, Any], _Effect | Refusal]]]] = {
    OpenAccount: (EntryCode.OPEN_ACCOUNT, _open_account),
    Deposit: (EntryCode.DEPOSIT, _deposit),
    Reserve: (EntryCode.RESERVE, _reserve),
    Settle: (EntryCode.SETTLE, _settle),
    Void: (EntryCode.VOID, _void),
    GrantBonus: (EntryCode.GRANT_BONUS, _grant_bonus),
    FenceTable: (EntryCode.FENCE_TABLE, _fence_table),
}


# ---------------------------------------------------------------- booking: the only change of memory


def _row(
    state: ShardState, order: Any, code: EntryCode, req_hash: bytes, now_ms: int, status: int, effect: _Effect
) -> Row:
    """Change memory by the effect and return the journal row. Success is certain: the rule has refused all else."""
    state.seq += 1
    balances = state.balances
    accounts = effect.accounts
    legs = []
    for account in accounts:
        balances[account] = 0
    for account, amount in effect.moves:
        if account not in balances:  # an account of the house, used for the first time
            accounts = (*accounts, account)
        balance = balances.get(account, 0) + amount
        balances[account] = balance
        legs.append((account, amount, balance))
    closed = effect.closed
    if effect.born is not None:
        state.remember_reservation(effect.born, now_ms)
    if closed is not None:
        state.remember_reservation(closed, now_ms)
    if effect.fence is not None:
        state.fences[effect.fence[0]] = effect.fence[1]
    player_id, ccy, ref, round_id = _subject(state, order)
    own = account_id(player_id, ccy, 0)
    return Row(
        state.seq,
        state.epoch,
        order.cmd_id,
        req_hash,
        code,
        int(status),
        ccy,
        player_id,
        ref,
        round_id,
        now_ms,
        balances.get(own + Kind.CASH, 0) if not status else 0,
        balances.get(own + Kind.ESCROW, 0) if not status else 0,
        tuple(legs),
        effect.born,
        (closed.reservation_id, closed.state) if closed is not None else None,
        accounts,
        effect.fence,
    )


def _subject(state: ShardState, order: WalletOrder) -> tuple[int, int, bytes, bytes]:
    """Return player (0: none), currency (0: not known), reservation and round that an order is about."""
    if isinstance(order, Reserve):
        return order.player_id, order.ccy, order.cmd_id, order.round_id
    if isinstance(order, Settle):
        held = state.reservations.get(order.reservation_id)
        return order.player_id, held.ccy if held is not None else 0, order.reservation_id, order.round_id
    if isinstance(order, Void):
        return order.player_id, order.ccy, order.reservation_id, order.round_id
    if isinstance(order, FenceTable):
        return 0, 0, b"", b""
    return order.player_id, order.ccy, b"", b""
