"""The rules of players' payments: each looks at memory, changes nothing, and gives an effect or a refusal.

| order | legs (credit-positive) | also |
| --- | --- | --- |
| OpenAccount | none | opens cash and escrow |
| Deposit | PSP clearing -x, cash +x | |
| RequestWithdrawal | cash -x, withdrawal +x | reservation OPEN |
| CompleteWithdrawal | withdrawal -x, PSP clearing +x | reservation SETTLED |
| CancelWithdrawal | withdrawal -x, cash +x | reservation VOIDED, or a TOMBSTONE without legs |
| Exchange | cash -x, exchange +x; in the second row exchange -y, cash +y | |
| Adjust | adjustment -x, cash +x | |
| GrantBonus that wants no stakes | bonus cost -x, cash +x | |
"""

from __future__ import annotations

from actors.domain.money.accounts import Kind, account_id, house_account
from actors.domain.money.effects import NOTHING, Effect, Second, fits, tombstone
from actors.domain.money.entries import EntryCode, Reservation, ReservationState
from actors.domain.money.meta import meta_text
from actors.domain.money.orders import (
    Adjust,
    CancelWithdrawal,
    CompleteWithdrawal,
    Deposit,
    Exchange,
    GrantBonus,
    OpenAccount,
    RequestWithdrawal,
)
from actors.domain.money.state import ShardState
from actors.domain.refusals import Refusal


def open_account(state: ShardState, order: OpenAccount) -> Effect | Refusal:
    cash = account_id(order.player_id, order.ccy, Kind.CASH)
    if cash in state.balances:
        return NOTHING
    return Effect(accounts=(cash, account_id(order.player_id, order.ccy, Kind.ESCROW)))


def deposit(state: ShardState, order: Deposit) -> Effect | Refusal:
    return give(state, order, Kind.PSP_CLEARING)


def adjust(state: ShardState, order: Adjust) -> Effect | Refusal:
    return give(state, order, Kind.ADJUSTMENT)


def give(state: ShardState, order: Deposit | Adjust | GrantBonus, source: Kind) -> Effect | Refusal:
    """Decide what goes from an account of the house to a player's cash, or back where the amount is below 0."""
    own = account_id(order.player_id, order.ccy, 0)
    cash = state.balances.get(own + Kind.CASH)
    if cash is None:
        return Refusal.UNKNOWN_ACCOUNT
    if cash + order.amount_minor < 0:
        return Refusal.INSUFFICIENT_FUNDS
    moves = ((house_account(order.ccy, source), -order.amount_minor), (own + Kind.CASH, order.amount_minor))
    return Effect(moves) if fits(state, moves, own) else Refusal.AMOUNT_INVALID


# ---------------------------------------------------------------- withdrawals, exchange


def request_withdrawal(state: ShardState, order: RequestWithdrawal) -> Effect | Refusal:
    own = account_id(order.player_id, order.ccy, 0)
    cash = state.balances.get(own + Kind.CASH)
    if cash is None:
        return Refusal.UNKNOWN_ACCOUNT
    if order.cmd_id in state.reservations:
        return Refusal.ALREADY_VOIDED
    amount = order.amount_minor
    if cash < amount:
        return Refusal.INSUFFICIENT_FUNDS
    born = Reservation(
        order.cmd_id,
        order.player_id,
        order.ccy,
        amount,
        b"",
        "",
        0,
        ReservationState.OPEN,
        kind=Kind.WITHDRAWAL,
    )
    return Effect(((own + Kind.CASH, -amount), (own + Kind.WITHDRAWAL, amount)), born)


def complete_withdrawal(state: ShardState, order: CompleteWithdrawal) -> Effect | Refusal:
    held = _withdrawal(state, order)
    if held is None:
        return Refusal.RESERVATION_UNKNOWN
    if held.state is not ReservationState.OPEN:
        return Refusal.RESERVATION_CLOSED
    clearing = house_account(held.ccy, Kind.PSP_CLEARING)
    moves = ((account_id(held.player_id, held.ccy, Kind.WITHDRAWAL), -held.amount_minor), (clearing, held.amount_minor))
    if not fits(state, moves):
        return Refusal.SETTLE_OUT_OF_RANGE
    return Effect(moves, closed=held.closed(ReservationState.SETTLED))


def cancel_withdrawal(state: ShardState, order: CancelWithdrawal) -> Effect | Refusal:
    if order.reservation_id not in state.reservations:
        return tombstone(order, Kind.WITHDRAWAL)
    held = _withdrawal(state, order)
    if held is None or held.ccy != order.ccy:
        return Refusal.RESERVATION_UNKNOWN
    if held.state is ReservationState.SETTLED:
        return Refusal.RESERVATION_CLOSED
    if held.state is not ReservationState.OPEN:
        return NOTHING
    # No limit can be passed: what the player has in all stays the same.
    own = account_id(held.player_id, held.ccy, 0)
    moves = ((own + Kind.WITHDRAWAL, -held.amount_minor), (own + Kind.CASH, held.amount_minor))
    return Effect(moves, closed=held.closed(ReservationState.VOIDED))


def _withdrawal(state: ShardState, order: CompleteWithdrawal | CancelWithdrawal) -> Reservation | None:
    held = state.reservations.get(order.reservation_id)
    return held if held and held.player_id == order.player_id and held.kind is Kind.WITHDRAWAL else None


def exchange(state: ShardState, order: Exchange) -> Effect | Refusal:
    cash = account_id(order.player_id, order.ccy, Kind.CASH)
    to_own = account_id(order.player_id, order.to_ccy, 0)
    if cash not in state.balances or to_own + Kind.CASH not in state.balances:
        return Refusal.UNKNOWN_ACCOUNT
    if state.balances[cash] < order.amount_minor:
        return Refusal.INSUFFICIENT_FUNDS
    gone = ((cash, -order.amount_minor), (house_account(order.ccy, Kind.EXCHANGE), order.amount_minor))
    come = (
        (house_account(order.to_ccy, Kind.EXCHANGE), -order.to_amount_minor),
        (to_own + Kind.CASH, order.to_amount_minor),
    )
    if not fits(state, gone) or not fits(state, come, to_own):
        return Refusal.AMOUNT_INVALID
    meta = meta_text(from_ccy=order.ccy, from_minor=order.amount_minor)
    return Effect(gone, second=Second(EntryCode.EXCHANGED, order.to_ccy, come, meta))
