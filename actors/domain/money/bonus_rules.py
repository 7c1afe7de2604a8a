"""The rules of bonuses that must be wagered; `stakes.py` says what a stake does to one. As in `rules.py`.

| order | legs (credit-positive) |
| --- | --- |
| GrantBonus | bonus cost -x, bonus +x; units: stakes still wanted +w, those of the bonus before back |
| ConvertBonus | bonus -x, cash +x; units: wanted -> had |
| ForfeitBonus | bonus -x, bonus cost +x; units back |

A grant that wants no stakes is a payment: `rules.give`.
"""

from __future__ import annotations

from actors.domain.money.accounts import Kind, account_id, house_account
from actors.domain.money.effects import Effect, fits, without_zeros
from actors.domain.money.orders import ConvertBonus, ForfeitBonus, GrantBonus
from actors.domain.money.rules import give
from actors.domain.money.state import ShardState
from actors.domain.refusals import Refusal


def grant_bonus(state: ShardState, order: GrantBonus) -> Effect | Refusal:
    if not order.wagering_minor:
        return give(state, order, Kind.BONUS_COST)
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
    moves = without_zeros(
        {
            own + Kind.BONUS: -bonus,
            house_account(order.ccy, Kind.BONUS_COST): bonus,
            own + Kind.WAGERING_OPEN: -open_,
            own + Kind.WAGERING_DONE: -done,
            house_account(order.ccy, Kind.UNITS): open_ + done,
        }
    )
    return Effect(moves) if fits(state, moves, own) else Refusal.SETTLE_OUT_OF_RANGE


def _has_bonus(state: ShardState, own: int) -> bool:
    """Tell whether bonus money exists or is staked, be it the last stake of a bonus that has ended."""
    return state.balances.get(own + Kind.BONUS, 0) > 0 or own in state.bonus_in_play


def _is_in_force(state: ShardState, own: int) -> bool:
    return state.balances.get(own + Kind.WAGERING_OPEN, 0) > 0 and _has_bonus(state, own)
