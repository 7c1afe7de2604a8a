"""What may be staked on a roulette layout. Pure checks; refusals come in the order of `check_bet`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.games.game import BetLimits
from actors.domain.games.layout import STAKE_BOUND
from actors.domain.games.roulette import CALLS, LAYOUT, SIZES, expand_call
from actors.domain.refusals import Refusal

_POSITIONS: Final = len(LAYOUT)


def check_shape(chips: Sequence[ChipStake], calls: Sequence[CallStake], max_chips: int) -> Refused | None:
    """Refuse what no table could take, in this order: UNKNOWN_POSITION, UNKNOWN_CALL, STAKE_INVALID, TOO_MANY_CHIPS."""
    are_stakes = True
    for chip in chips:
        position, stake = chip.position, chip.stake_minor
        if type(position) is not int or not 0 <= position < _POSITIONS:
            return Refused(Refusal.UNKNOWN_POSITION)
        if type(stake) is not int or not 0 < stake < STAKE_BOUND:
            are_stakes = False
    for call in calls:
        unit = call.unit_minor
        if call.name not in CALLS:
            return Refused(Refusal.UNKNOWN_CALL)
        if type(unit) is not int or not 0 < unit < STAKE_BOUND:
            are_stakes = False
    if not are_stakes:
        return Refused(Refusal.STAKE_INVALID)
    if not 0 < len(chips) + len(calls) <= max_chips:
        return Refused(Refusal.TOO_MANY_CHIPS)
    return None


def expand(chips: Sequence[ChipStake], calls: Sequence[CallStake]) -> dict[int, int]:
    """Return stake by position: announced bets expanded, equal positions added up. `check_shape` ran first."""
    stakes: dict[int, int] = {}
    for chip in chips:
        position = chip.position
        stakes[position] = stakes.get(position, 0) + chip.stake_minor
    for call in calls:
        for position, stake in expand_call(call.name, call.unit_minor):
            stakes[position] = stakes.get(position, 0) + stake
    return stakes


def check_limits(
    limits: BetLimits, stakes: Mapping[int, int], held: Mapping[int, int], held_minor: int
) -> Refused | None:
    """Refuse what is against this table's limits, given what the player already has on the layout.

    Refusals in order: STAKE_BELOW_MINIMUM, STAKE_ABOVE_MAXIMUM, TABLE_LIMIT_EXCEEDED.
    held: stake by position, bets not yet answered by the wallet included; held_minor: its sum.
    """
    least_minor, max_by_size, is_above = limits.min_stake_minor, limits.max_by_size, False
    for position, stake in stakes.items():
        if stake < least_minor:
            return Refused(Refusal.STAKE_BELOW_MINIMUM)
        if stake + held.get(position, 0) > max_by_size[SIZES[position]]:
            is_above = True
        held_minor += stake
    if is_above:
        return Refused(Refusal.STAKE_ABOVE_MAXIMUM)
    if held_minor > limits.max_table_minor:
        return Refused(Refusal.TABLE_LIMIT_EXCEEDED)
    return None


def check_bet(
    limits: BetLimits,
    chips: Sequence[ChipStake],
    calls: Sequence[CallStake],
    held: Mapping[int, int],
    held_minor: int,
) -> dict[int, int] | Refused:
    """Return the bet's stake by position, or the first refusal of `check_shape` and then of `check_limits`."""
    refused = check_shape(chips, calls, limits.max_chips)
    if refused is not None:
        return refused
    stakes = expand(chips, calls)
    return check_limits(limits, stakes, held, held_minor) or stakes
