"""What may be staked where a layout is nothing but numbered positions: no announced bets, each position its own class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.games.game import BetLimits
from actors.domain.refusals import Refusal

#: Stakes are exact in every client's numbers (IEEE 754 doubles) below this.
STAKE_BOUND: Final = 2**53


def check_chips(
    chips: Sequence[ChipStake], calls: Sequence[CallStake], positions: int, max_chips: int
) -> Refused | None:
    """Refuse what no such layout could take, in this order: UNKNOWN_POSITION, UNKNOWN_CALL, STAKE_INVALID, TOO_MANY_CHIPS.

    Shape: positions are 0 .. positions - 1.
    """
    for chip in chips:
        if type(chip.position) is not int or not 0 <= chip.position < positions:
            return Refused(Refusal.UNKNOWN_POSITION)
    if calls:
        return Refused(Refusal.UNKNOWN_CALL)
    for chip in chips:
        if type(chip.stake_minor) is not int or not 0 < chip.stake_minor < STAKE_BOUND:
            return Refused(Refusal.STAKE_INVALID)
    if not 0 < len(chips) <= max_chips:
        return Refused(Refusal.TOO_MANY_CHIPS)
    return None


def add_up(chips: Sequence[ChipStake]) -> dict[int, int]:
    """Return stake by position; equal positions are added up."""
    stakes: dict[int, int] = {}
    for chip in chips:
        stakes[chip.position] = stakes.get(chip.position, 0) + chip.stake_minor
    return stakes


def check_stakes(
    limits: BetLimits,
    stakes: Mapping[int, int],
    held: Mapping[int, int],
    held_minor: int,
    least_minor: Mapping[int, int],
) -> Refused | None:
    """Refuse what is against the table's limits: STAKE_BELOW_MINIMUM, STAKE_ABOVE_MAXIMUM, TABLE_LIMIT_EXCEEDED.

    held: stake by position, bets not yet answered by the wallet included; held_minor: its sum. least_minor: position ->
    the game's own least stake, where it has one. A position that the limits do not name takes nothing.
    """
    for position, stake in stakes.items():
        if stake < max(limits.min_stake_minor, least_minor.get(position, 0)):
            return Refused(Refusal.STAKE_BELOW_MINIMUM)
    for position, stake in stakes.items():
        if stake + held.get(position, 0) > limits.max_by_size.get(position, 0):
            return Refused(Refusal.STAKE_ABOVE_MAXIMUM)
    if held_minor + sum(stakes.values()) > limits.max_table_minor:
        return Refused(Refusal.TABLE_LIMIT_EXCEEDED)
    return None
