"""Where the parts of a stake come from and go to: cash and bonus, progress of a bonus, share of a jackpot.

A player's bonus in one currency is

| open | done | the bonus is |
| --- | --- | --- |
| above 0 | any | in force: a bonus part goes back to the bonus |
| 0 | above 0 | converted: a bonus part goes to cash |
| 0 | 0 | forfeited, or there was none: a bonus part goes to the cost of bonuses |

where open and done are his accounts of stakes that the bonus still wants, and has had. A new grant sets both anew, and
is refused while bonus money exists or is staked.
"""

from __future__ import annotations

from actors.domain.money.accounts import BONUS, CASH, GGR, WAGERING_DONE, WAGERING_OPEN, Kind, house_account
from actors.domain.money.orders import Funding, JackpotTerms
from actors.domain.money.state import ShardState


def split(state: ShardState, own: int, amount_minor: int, funding: Funding) -> tuple[int, int] | None:
    """Return how much of a stake comes from cash and how much from the bonus; None: there is not enough."""
    cash, bonus = state.balances[own + CASH], state.balances.get(own + BONUS, 0)
    if not bonus or funding is Funding.CASH_ONLY:
        return (amount_minor, 0) if cash >= amount_minor else None
    if cash + bonus < amount_minor:
        return None
    if funding is Funding.BONUS_FIRST:
        of_bonus = min(bonus, amount_minor)
    elif funding is Funding.PROPORTIONAL:
        of_bonus = amount_minor * bonus // (cash + bonus)
    else:
        of_bonus = amount_minor - min(cash, amount_minor)
    return amount_minor - of_bonus, of_bonus


def give_back(state: ShardState, moves: dict[int, int], own: int, house: int, amount_minor: int, of_bonus: int) -> None:
    """Add to moves what a player gets, of_bonus of it earned by or taken from his bonus. house: its number of kind 0."""
    _add(moves, own + CASH, amount_minor - of_bonus)
    if of_bonus:
        if state.balances.get(own + WAGERING_OPEN, 0) + moves.get(own + WAGERING_OPEN, 0) > 0:
            _add(moves, own + BONUS, of_bonus)
        elif state.balances.get(own + WAGERING_DONE, 0) + moves.get(own + WAGERING_DONE, 0) > 0:
            _add(moves, own + CASH, of_bonus)
        else:
            _add(moves, house + Kind.BONUS_COST, of_bonus)


def count_stake(state: ShardState, moves: dict[int, int], own: int, stake_minor: int) -> None:
    """Add to moves a stake's progress towards the player's bonus; the one that completes it turns the bonus into cash."""
    open_ = state.balances.get(own + WAGERING_OPEN, 0)
    if not open_:
        return
    counted = min(stake_minor, open_)
    moves[own + WAGERING_OPEN] = -counted
    moves[own + WAGERING_DONE] = counted
    if counted == open_:
        bonus = state.balances.get(own + BONUS, 0) + moves.get(own + BONUS, 0)
        _add(moves, own + BONUS, -bonus)
        _add(moves, own + CASH, bonus)


def contribute(
    state: ShardState, moves: dict[int, int], jackpot: int, terms: JackpotTerms, house: int, stake_minor: int
) -> None:
    """Add to moves a stake's share for a jackpot: what its whole turnover owes, less what it owed before."""
    pool = house_account(terms.ccy, Kind.JACKPOT_POOL, jackpot)
    turnover = house_account(terms.ccy, Kind.TURNOVER, jackpot)
    before = state.balances.get(turnover, 0)
    share = (before + stake_minor) * terms.rate_num // terms.rate_den - before * terms.rate_num // terms.rate_den
    to_pool = share
    if terms.ceiling_minor:
        to_pool = min(share, max(0, terms.ceiling_minor - state.balances.get(pool, 0)))
    _add(moves, pool, to_pool)
    _add(moves, house_account(terms.ccy, Kind.JACKPOT_OVERFLOW, jackpot), share - to_pool)
    _add(moves, house + GGR, -share)
    _add(moves, turnover, stake_minor)
    _add(moves, house + Kind.UNITS, -stake_minor)


def _add(moves: dict[int, int], account: int, amount_minor: int) -> None:
    moves[account] = moves.get(account, 0) + amount_minor
