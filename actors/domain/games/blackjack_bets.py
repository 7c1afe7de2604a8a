"""What may be staked at a blackjack table. Pure checks; refusals come in the documented order.

A position is seat * 10 + kind; seat 0 .. 6; kind 0 the main bet, 1 perfect pairs, 2 21+3, 3 a bet behind. The class of a
position, for a table's limits (`BetLimits.max_by_size`), is its kind; a class that is not named has only the table's limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.games.blackjack_hands import BEHIND, KINDS, MAIN, SEATS
from actors.domain.games.game import BetLimits
from actors.domain.games.layout import STAKE_BOUND
from actors.domain.refusals import Refusal

#: What people call each kind of bet.
KIND_NAMES: Final = ("Main", "Perfect pairs", "21+3", "Bet behind")


def is_position(position: object) -> bool:
    """Return whether there is such a position."""
    return type(position) is int and 0 <= position < SEATS * 10 and position % 10 in KINDS


def _is_stake(amount: object) -> bool:
    return type(amount) is int and 0 < amount < STAKE_BOUND


def check_shape(chips: Sequence[ChipStake], calls: Sequence[CallStake], max_chips: int) -> Refused | None:
    """Refuse what no table could take, in this order: UNKNOWN_POSITION, UNKNOWN_CALL, STAKE_INVALID, TOO_MANY_CHIPS."""
    if not all(is_position(chip.position) for chip in chips):
        return Refused(Refusal.UNKNOWN_POSITION)
    if calls:
        return Refused(Refusal.UNKNOWN_CALL)
    if not all(_is_stake(chip.stake_minor) for chip in chips):
        return Refused(Refusal.STAKE_INVALID)
    if not 0 < len(chips) <= max_chips:
        return Refused(Refusal.TOO_MANY_CHIPS)
    return None


def expand(chips: Sequence[ChipStake], calls: Sequence[CallStake]) -> dict[int, int]:
    """Return stake by position, equal positions added up; there are no announced bets. `check_shape` ran first."""
    stakes: dict[int, int] = {}
    for chip in chips:
        stakes[chip.position] = stakes.get(chip.position, 0) + chip.stake_minor
    return stakes


def check_limits(
    limits: BetLimits, stakes: Mapping[int, int], held: Mapping[int, int], held_minor: int
) -> Refused | None:
    """Refuse what is against this table's limits, given what the player already has on it.

    Refusals in order: STAKE_BELOW_MINIMUM, STAKE_ABOVE_MAXIMUM, TABLE_LIMIT_EXCEEDED, ACTION_INVALID: a side bet without
    a main bet of the same player on that seat, or a bet behind on a seat that is his own.
    """
    if min(stakes.values()) < limits.min_stake_minor:
        return Refused(Refusal.STAKE_BELOW_MINIMUM)
    for position, stake in stakes.items():
        most = limits.max_by_size.get(position % 10, limits.max_table_minor)
        if stake + held.get(position, 0) > most:
            return Refused(Refusal.STAKE_ABOVE_MAXIMUM)
    if held_minor + sum(stakes.values()) > limits.max_table_minor:
        return Refused(Refusal.TABLE_LIMIT_EXCEEDED)
    return _check_seats({*stakes, *held})


def _check_seats(positions: set[int]) -> Refused | None:
    for position in positions:
        seat, kind = divmod(position, 10)
        has_main = seat * 10 + MAIN in positions
        if kind == BEHIND and has_main:
            return Refused(Refusal.ACTION_INVALID, "a bet behind is for a seat of somebody else")
        if kind not in (MAIN, BEHIND) and not has_main:
            return Refused(Refusal.ACTION_INVALID, "a side bet needs a main bet on the same seat")
    return None


def seat_of(position: int) -> int | None:
    """Return the seat that a stake here takes for its player alone; None of a bet behind: anybody may follow a seat."""
    seat, kind = divmod(position, 10)
    return None if kind == BEHIND else seat
