"""The rules of players' money: each looks at memory, changes nothing, and gives an effect or a refusal.

| order | legs (credit-positive) | also |
| --- | --- | --- |
| OpenAccount | none | opens cash and escrow |
| Deposit | PSP clearing -x, cash +x | |
| RequestWithdrawal | cash -x, withdrawal +x | reservation OPEN |
| CompleteWithdrawal | withdrawal -x, PSP clearing +x | reservation SETTLED |
| CancelWithdrawal | withdrawal -x, cash +x | reservation VOIDED |
| Exchange | cash -x, exchange +x; in the second row exchange -y, cash +y | |
| Adjust | adjustment -x, cash +x | |
| Reserve | cash -c, bonus -b, escrow +(c + b) | reservation OPEN |
| Settle | escrow -stake, cash and bonus +payout, GGR +(stake - payout - share), jackpot +share | reservation SETTLED |
| Void | escrow -x, cash and bonus as reserved | reservation VOIDED, or a TOMBSTONE without legs |
| Wager | cash and bonus +(payout - stake), GGR +(stake - payout - share), jackpot +share | |
| GrantBonus | bonus cost -x, cash +x; or bonus +x and units to wager | |
| ConvertBonus | bonus -x, cash +x, units open -> done | |
| ForfeitBonus | bonus -x, bonus cost +x, units back | |
"""

from __future__ import annotations

from actors.domain.money.accounts import Kind, account_id, house_account
from actors.domain.money.effects import NOTHING, Effect, Second, fits, without_zeros
from actors.domain.money.entries import EntryCode, Reservation, ReservationState
from actors.domain.money.meta import meta_text
from actors.domain.money.orders import (
    Adjust,
    CancelWithdrawal,
    CompleteWithdrawal,
    ConvertBonus,
    Deposit,
    Exchange,
    ForfeitBonus,
    GrantBonus,
    JackpotTerms,
    OpenAccount,
    RequestWithdrawal,
    Reserve,
    Settle,
    Void,
    Wager,
)
from actors.domain.money.stakes import contribute, count_stake, give_back, split
from actors.domain.money.state import ShardState
from actors.domain.refusals import Refusal


def open_account(state: ShardState, order: OpenAccount) -> Effect | Refusal:
    cash = account_id(order.player_id, order.ccy, Kind.CASH)
    if cash in state.balances:
        return NOTHING
    return Effect(accounts=(cash, account_id(order.player_id, order.ccy, Kind.ESCROW)))


def deposit(state: ShardState, order: Deposit) -> Effect | Refusal:
    return _give(state, order, Kind.PSP_CLEARING)


def adjust(state: ShardState, order: Adjust) -> Effect | Refusal:
    return _give(state, order, Kind.ADJUSTMENT)


def _give(state: ShardState, order: Deposit | Adjust | GrantBonus, source: Kind) -> Effect | Refusal:
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
    held = _withdrawal(state, order)
    if held is None:
        return Refusal.RESERVATION_UNKNOWN
    if held.state is ReservationState.SETTLED:
        return Refusal.RESERVATION_CLOSED
    if held.state is not ReservationState.OPEN:
        return NOTHING
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


# ---------------------------------------------------------------- stakes


def reserve(state: ShardState, order: Reserve) -> Effect | Refusal:
    own = account_id(order.player_id, order.ccy, 0)
    if own + Kind.CASH not in state.balances:
        return Refusal.UNKNOWN_ACCOUNT
    if order.cmd_id in state.reservations:
        return Refusal.ALREADY_VOIDED
    if order.table_epoch < state.fences.get(order.table_id, 0):
        return Refusal.STALE_TABLE_EPOCH
    parts = split(state, own, order.amount_minor, order.funding)
    if parts is None:
        return Refusal.INSUFFICIENT_FUNDS
    born = Reservation(
        order.cmd_id,
        order.player_id,
        order.ccy,
        order.amount_minor,
        order.round_id,
        order.table_id,
        order.table_epoch,
        ReservationState.OPEN,
        parts[1],
    )
    if not parts[1]:
        return Effect(((own + Kind.CASH, -order.amount_minor), (own + Kind.ESCROW, order.amount_minor)), born)
    moves = {own + Kind.CASH: -parts[0], own + Kind.BONUS: -parts[1], own + Kind.ESCROW: order.amount_minor}
    return Effect(without_zeros(moves), born)


def settle(state: ShardState, order: Settle) -> Effect | Refusal:
    held = state.reservations.get(order.reservation_id)
    if held is None or held.player_id != order.player_id or held.kind is not Kind.ESCROW:
        return Refusal.RESERVATION_UNKNOWN
    if held.state is not ReservationState.OPEN:
        return Refusal.RESERVATION_CLOSED
    if held.round_id != order.round_id:
        return Refusal.RESERVATION_UNKNOWN
    terms = _terms(state, order.jackpot, held.ccy)
    if isinstance(terms, Refusal):
        return terms
    own, stake = account_id(held.player_id, held.ccy, 0), held.amount_minor
    moves = {own + Kind.ESCROW: -stake}
    _pay(state, moves, own, held.ccy, stake, held.bonus_minor, order.payout_minor, order.jackpot, terms)
    legs = without_zeros(moves)
    if not fits(state, legs, own):
        return Refusal.SETTLE_OUT_OF_RANGE
    return Effect(legs, closed=held.closed(ReservationState.SETTLED))


def wager(state: ShardState, order: Wager) -> Effect | Refusal:
    own = account_id(order.player_id, order.ccy, 0)
    if own + Kind.CASH not in state.balances:
        return Refusal.UNKNOWN_ACCOUNT
    if order.table_epoch < state.fences.get(order.table_id, 0):
        return Refusal.STALE_TABLE_EPOCH
    terms = _terms(state, order.jackpot, order.ccy)
    if isinstance(terms, Refusal):
        return terms
    parts = split(state, own, order.stake_minor, order.funding)
    if parts is None:
        return Refusal.INSUFFICIENT_FUNDS
    moves = {own + Kind.CASH: -parts[0]}
    if parts[1]:
        moves[own + Kind.BONUS] = -parts[1]
    _pay(state, moves, own, order.ccy, order.stake_minor, parts[1], order.payout_minor, order.jackpot, terms)
    legs = without_zeros(moves)
    return Effect(legs) if fits(state, legs, own) else Refusal.SETTLE_OUT_OF_RANGE


def _pay(
    state: ShardState,
    moves: dict[int, int],
    own: int,
    ccy: int,
    stake: int,
    of_bonus: int,
    payout: int,
    jackpot: int,
    terms: JackpotTerms | None,
) -> None:
    """Add to moves the end of a stake that has left the player, of_bonus of it from his bonus."""
    house = house_account(ccy, 0)
    count_stake(state, moves, own, stake)
    give_back(state, moves, own, house, payout, payout * of_bonus // stake if of_bonus else 0)
    moves[house + Kind.GGR] = stake - payout
    if terms is not None:
        contribute(state, moves, jackpot, terms, house, stake)


def _terms(state: ShardState, jackpot: int, ccy: int) -> JackpotTerms | Refusal | None:
    """Return the terms of the jackpot that a stake goes towards; None: towards none."""
    if not jackpot:
        return None
    terms = state.jackpots.get(jackpot)
    return terms if terms is not None and terms.ccy == ccy else Refusal.UNKNOWN_JACKPOT


def void(state: ShardState, order: Void) -> Effect | Refusal:
    held = state.reservations.get(order.reservation_id)
    if held is None:
        return Effect(born=_tombstone(order))
    if held.player_id != order.player_id or held.kind is not Kind.ESCROW:
        return Refusal.RESERVATION_UNKNOWN
    if held.state is ReservationState.SETTLED:
        return Refusal.RESERVATION_CLOSED
    if held.state is not ReservationState.OPEN:
        return NOTHING
    if held.round_id != order.round_id:
        return Refusal.RESERVATION_UNKNOWN
    # No limit can be passed: what the player has in all stays the same, and a bonus only returns to its cost.
    own = account_id(held.player_id, held.ccy, 0)
    moves = {own + Kind.ESCROW: -held.amount_minor}
    give_back(state, moves, own, house_account(held.ccy, 0), held.amount_minor, held.bonus_minor)
    return Effect(without_zeros(moves), closed=held.closed(ReservationState.VOIDED))


def _tombstone(order: Void) -> Reservation:
    return Reservation(
        order.reservation_id, order.player_id, order.ccy, 0, order.round_id, "", 0, ReservationState.TOMBSTONE
    )


# ---------------------------------------------------------------- bonuses


def grant_bonus(state: ShardState, order: GrantBonus) -> Effect | Refusal:
    if not order.wagering_minor:
        return _give(state, order, Kind.BONUS_COST)
    own, balances = account_id(order.player_id, order.ccy, 0), state.balances
    if own + Kind.CASH not in balances:
        return Refusal.UNKNOWN_ACCOUNT
    if _has_bonus(state, own):
        return Refusal.BONUS_ACTIVE
    open_, done = balances.get(own + Kind.WAGERING_OPEN, 0), balances.get(own + Kind.WAGERING_DONE, 0)
    moves = without_zeros(
        {
            house_account(order.ccy, Kind.BONUS_COST): -order.amount_minor,
            own + Kind.BONUS: order.amount_minor,
            own + Kind.WAGERING_OPEN: order.wagering_minor - open_,
            own + Kind.WAGERING_DONE: -done,
            house_account(order.ccy, Kind.UNITS): open_ + done - order.wagering_minor,
        }
    )
    return Effect(moves) if fits(state, moves, own) else Refusal.AMOUNT_INVALID


def convert_bonus(state: ShardState, order: ConvertBonus) -> Effect | Refusal:
    own = account_id(order.player_id, order.ccy, 0)
    if not _is_in_force(state, own):
        return Refusal.NO_BONUS
    bonus, open_ = state.balances.get(own + Kind.BONUS, 0), state.balances.get(own + Kind.WAGERING_OPEN, 0)
    moves = {own + Kind.BONUS: -bonus, own + Kind.CASH: bonus}
    moves |= {own + Kind.WAGERING_OPEN: -open_, own + Kind.WAGERING_DONE: open_}
    return Effect(without_zeros(moves))


def forfeit_bonus(state: ShardState, order: ForfeitBonus) -> Effect | Refusal:
    own, balances = account_id(order.player_id, order.ccy, 0), state.balances
    if not _is_in_force(state, own):
        return Refusal.NO_BONUS
    bonus = balances.get(own + Kind.BONUS, 0)
    open_, done = balances.get(own + Kind.WAGERING_OPEN, 0), balances.get(own + Kind.WAGERING_DONE, 0)
    return Effect(
        without_zeros(
            {
                own + Kind.BONUS: -bonus,
                house_account(order.ccy, Kind.BONUS_COST): bonus,
                own + Kind.WAGERING_OPEN: -open_,
                own + Kind.WAGERING_DONE: -done,
                house_account(order.ccy, Kind.UNITS): open_ + done,
            }
        )
    )


def _has_bonus(state: ShardState, own: int) -> bool:
    """Tell whether bonus money exists or is staked, be it the last stake of a bonus that has ended."""
    return state.balances.get(own + Kind.BONUS, 0) > 0 or own in state.bonus_in_play


def _is_in_force(state: ShardState, own: int) -> bool:
    return state.balances.get(own + Kind.WAGERING_OPEN, 0) > 0 and _has_bonus(state, own)
