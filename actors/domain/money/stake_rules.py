"""The rules of stakes, reserved first or wagered at once. As in `rules.py`.

| order | legs (credit-positive) | also |
| --- | --- | --- |
| Reserve | cash -c, bonus -b, escrow +(c + b) | reservation OPEN |
| Settle | escrow -stake, cash and bonus +payout, GGR +(stake - payout - share), jackpot +share | reservation SETTLED |
| Void | escrow -x, cash and bonus as reserved | reservation VOIDED, or a TOMBSTONE without legs |
| Wager | cash and bonus +(payout - stake), GGR +(stake - payout - share), jackpot +share | |

Settle and Wager also move units: the stake towards a bonus in force, and to the turnover of its jackpot.
"""

from __future__ import annotations

from actors.domain.money.accounts import BONUS, CASH, ESCROW, GGR, account_id, house_account
from actors.domain.money.effects import NOTHING, Effect, fits, tombstone, without_zeros
from actors.domain.money.entries import OPEN, SETTLED, VOIDED, Reservation
from actors.domain.money.orders import JackpotTerms, Reserve, Settle, Void, Wager
from actors.domain.money.stakes import contribute, count_stake, give_back, split
from actors.domain.money.state import ShardState
from actors.domain.refusals import Refusal


def reserve(state: ShardState, order: Reserve) -> Effect | Refusal:
    own = account_id(order.player_id, order.ccy, 0)
    if own + CASH not in state.balances:
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
        OPEN,
        parts[1],
    )
    if not parts[1]:
        return Effect(((own + CASH, -order.amount_minor), (own + ESCROW, order.amount_minor)), born)
    moves = {own + CASH: -parts[0], own + BONUS: -parts[1], own + ESCROW: order.amount_minor}
    return Effect(without_zeros(moves), born)


def settle(state: ShardState, order: Settle) -> Effect | Refusal:
    held = state.reservations.get(order.reservation_id)
    if held is None or not _is_of(held, order):
        return Refusal.RESERVATION_UNKNOWN
    if held.state is not OPEN:
        return Refusal.RESERVATION_CLOSED
    terms = _terms(state, order.jackpot, held.ccy) if order.jackpot else None
    if isinstance(terms, Refusal):
        return terms
    own, stake = account_id(held.player_id, held.ccy, 0), held.amount_minor
    moves = {own + ESCROW: -stake}
    _pay(state, moves, own, held.ccy, stake, held.bonus_minor, order.payout_minor, order.jackpot, terms)
    legs = without_zeros(moves)
    if not fits(state, legs, own):
        return Refusal.SETTLE_OUT_OF_RANGE
    return Effect(legs, closed=held.closed(SETTLED))


def wager(state: ShardState, order: Wager) -> Effect | Refusal:
    own = account_id(order.player_id, order.ccy, 0)
    if own + CASH not in state.balances:
        return Refusal.UNKNOWN_ACCOUNT
    if order.table_epoch < state.fences.get(order.table_id, 0):
        return Refusal.STALE_TABLE_EPOCH
    terms = _terms(state, order.jackpot, order.ccy) if order.jackpot else None
    if isinstance(terms, Refusal):
        return terms
    parts = split(state, own, order.stake_minor, order.funding)
    if parts is None:
        return Refusal.INSUFFICIENT_FUNDS
    moves = {own + CASH: -parts[0]}
    if parts[1]:
        moves[own + BONUS] = -parts[1]
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
    moves[house + GGR] = stake - payout
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
        return tombstone(order, ESCROW, order.round_id)
    if not _is_of(held, order) or held.ccy != order.ccy:
        return Refusal.RESERVATION_UNKNOWN
    if held.state is SETTLED:
        return Refusal.RESERVATION_CLOSED
    if held.state is not OPEN:
        return NOTHING
    own = account_id(held.player_id, held.ccy, 0)
    moves = {own + ESCROW: -held.amount_minor}
    give_back(state, moves, own, house_account(held.ccy, 0), held.amount_minor, held.bonus_minor)
    legs = without_zeros(moves)
    if not fits(state, legs, own):  # only what goes to the cost of bonuses can be too much
        return Refusal.SETTLE_OUT_OF_RANGE
    return Effect(legs, closed=held.closed(VOIDED))


def _is_of(held: Reservation, order: Settle | Void) -> bool:
    """Tell whether this is a stake of the order's player and round."""
    return held.player_id == order.player_id and held.round_id == order.round_id and held.kind is ESCROW
