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


def _is_stake(amount: object) -> bool:
    return type(amount) is int and 0 < amount < STAKE_BOUND


def check_shape(chips: Sequence[ChipStake], calls: Sequence[CallStake], max_chips: int) -> Refused | None:
    """Refuse what no table could take, in this order: UNKNOWN_POSITION, UNKNOWN_CALL, STAKE_INVALID, TOO_MANY_CHIPS."""
    for chip in chips:
        if type(chip.position) is not int or not 0 <= chip.position < _POSITIONS:
            return Refused(Refusal.UNKNOWN_POSITION)
    for call in calls:
        if call.name not in CALLS:
            return Refused(Refusal.UNKNOWN_CALL)
    if not all(_is_stake(chip.stake_minor) for chip in chips) or not all(_is_stake(call.unit_minor) for call in calls):
        return Refused(Refusal.STAKE_INVALID)
    if not 0 < len(chips) + len(calls) <= max_chips:
        return Refused(Refusal.TOO_MANY_CHIPS)
    return None


def expand(chips: Sequence[ChipStake], calls: Sequence[CallStake]) -> dict[int, int]:
    """Return stake by position: announced bets expanded, equal positions added up. `check_shape` ran first."""
    stakes: dict[int, int] = {}
    for chip in chips:
        stakes[chip.position] = stakes.get(chip.position, 0) + chip.stake_minor
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
    if min(stakes.values()) < limits.min_stake_minor:
        return Refused(Refusal.STAKE_BELOW_MINIMUM)
    for position, stake in stakes.items():
        if stake + held.get(position, 0) > limits.max_by_size[SIZES[position]]:
            return Refused(Refusal.STAKE_ABOVE_MAXIMUM)
    if held_minor + sum(stakes.values()) > limits.max_table_minor:
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
