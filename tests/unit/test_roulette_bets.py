"""What a roulette table refuses, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.games.game import BetLimits
from actors.domain.games.roulette import BY_NUMBERS, SIZES
from actors.domain.games.roulette_bets import check_bet, expand
from actors.domain.refusals import Refusal

LIMITS = BetLimits(100, 5_000, {1: 1_000, 2: 1_500, 3: 2_000, 4: 2_000, 6: 2_500, 12: 3_000, 18: 4_000}, max_chips=5)


def check(chips: list[Any], calls: list[Any] | None = None, held: dict[int, int] | None = None) -> Any:
    held = held or {}
    called = [CallStake(*call) for call in calls or []]
    return check_bet(LIMITS, [ChipStake(*chip) for chip in chips], called, held, sum(held.values()))


def test_equal_positions_are_added_up() -> None:
    assert check([(17, 100), (151, 200), (17, 50)]) == {17: 150, 151: 200}


def test_announced_bet_is_expanded_and_added_to_chips() -> None:
    stakes = expand([ChipStake(1, 300)], [CallStake("orphelins", 100)])
    assert stakes[1] == 400
    assert sum(stakes.values()) == 800


@pytest.mark.parametrize("position", [-1, 157, 2**63, True, 1.0, None])
def test_position_off_the_layout_is_refused(position: Any) -> None:
    assert check([(position, 100)]) == Refused(Refusal.UNKNOWN_POSITION)


@pytest.mark.parametrize("name", ["", "voisins ", "jeu zero", "VOISINS"])
def test_unknown_announced_bet_is_refused(name: str) -> None:
    assert check([], [(name, 100)]) == Refused(Refusal.UNKNOWN_CALL)


@pytest.mark.parametrize("stake", [0, -1, -(2**63), 2**53, 2**63, 1.5, 100.0, True, None, "100"])
def test_stake_that_is_no_stake_is_refused(stake: Any) -> None:
    assert check([(17, stake)]) == Refused(Refusal.STAKE_INVALID)
    assert check([], [("tiers", stake)]) == Refused(Refusal.STAKE_INVALID)


def test_no_chips_and_too_many_are_refused() -> None:
    assert check([]) == Refused(Refusal.TOO_MANY_CHIPS)
    assert check([(17, 100)] * 6) == Refused(Refusal.TOO_MANY_CHIPS)
    assert check([(17, 100)] * 3, [("tiers", 100)] * 3) == Refused(Refusal.TOO_MANY_CHIPS)


def test_stake_below_the_minimum_is_refused() -> None:
    assert check([(17, 99)]) == Refused(Refusal.STAKE_BELOW_MINIMUM)
    assert check([(17, 100), (18, 99)]) == Refused(Refusal.STAKE_BELOW_MINIMUM)


@pytest.mark.parametrize("numbers", [(17,), (17, 20), (1, 2, 3), (0, 1, 2, 3), tuple(range(1, 7)), tuple(range(1, 13))])
def test_position_takes_its_family_maximum_and_not_one_more(numbers: tuple[int, ...]) -> None:
    position = BY_NUMBERS[numbers]
    most = LIMITS.max_by_size[SIZES[position]]
    assert check([(position, most)]) == {position: most}
    assert check([(position, most + 1)]) == Refused(Refusal.STAKE_ABOVE_MAXIMUM)
    assert check([(position, 100)], held={position: most - 99}) == Refused(Refusal.STAKE_ABOVE_MAXIMUM)


def test_layout_takes_the_table_maximum_and_not_one_more() -> None:
    assert check([(151, 3_000), (152, 2_000)]) == {151: 3_000, 152: 2_000}
    assert check([(151, 3_000), (152, 2_001)]) == Refused(Refusal.TABLE_LIMIT_EXCEEDED)
    assert check([(152, 1_001)], held={151: 4_000}) == Refused(Refusal.TABLE_LIMIT_EXCEEDED)


def test_refusals_come_in_the_documented_order() -> None:
    position, call, stake = (157, 0), ("nobody", 0), (17, 0)
    assert check([stake, position], [call]).code == Refusal.UNKNOWN_POSITION
    assert check([stake], [call]).code == Refusal.UNKNOWN_CALL
    assert check([stake] * 6).code == Refusal.STAKE_INVALID
    assert check([(17, 1)] * 6).code == Refusal.TOO_MANY_CHIPS
    assert check([(17, 99), (18, 9_999)]).code == Refusal.STAKE_BELOW_MINIMUM
    assert check([(17, 1_001), (151, 4_000)]).code == Refusal.STAKE_ABOVE_MAXIMUM
