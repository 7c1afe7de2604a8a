"""Lantern Bay: what lines and lighthouses pay, that a round always ends, and that its record tells all of it."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, ClassVar

import pytest

from actors.domain.games import slot_figures as figures
from actors.domain.games import slot_machine as machine
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Outcome
from actors.domain.games.slot import SLOT, recompute, replay
from actors.domain.games.slot_machine import CYCLE, LINES, SCATTER, STRIPS, WILD, LineWin
from actors.domain.refusals import Refusal
from server.rtp import Module
from server.rtp import slot as exact
from tests.fakes.game_contract import InstantGameContract

#: Stops that show a lighthouse on every reel, and stops that show none and pay nothing.
ALL_LIGHTHOUSES = tuple(strip.index(SCATTER) for strip in STRIPS)
NOTHING = (0, 3, 0, 0, 0)


class Scripted:
    """Draws that somebody wrote down. Keeps what it was asked for."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = iter(numbers)
        self.asked: list[int] = []

    def below(self, n: int) -> int:
        self.asked.append(n)
        return next(self._numbers)


class Forever(Scripted):
    """The same stops for ever."""

    def __init__(self, stops: tuple[int, ...]) -> None:
        super().__init__(stop for _ in range(1_000) for stop in stops)


def shown(*reels: str) -> machine.Window:
    """Return the window that these letters are, by reel, from the top."""
    return tuple(tuple(map(machine.LETTERS.index, reel)) for reel in reels)


# ---------------------------------------------------------------- the machine


def test_lanterns_are_on_the_middle_reels_only() -> None:
    assert [WILD in strip for strip in STRIPS] == [False, True, True, True, False]


def test_window_of_a_reel_never_shows_two_lighthouses() -> None:
    assert [strip.count(SCATTER) for strip in STRIPS] == [1, 1, 1, 1, 1]


def test_lines_are_twenty_and_all_different() -> None:
    assert len(set(LINES)) == len(LINES) == 20


def test_reel_that_stops_at_its_end_goes_on_with_its_beginning() -> None:
    first = STRIPS[0]
    assert machine.window((len(first) - 1, 0, 0, 0, 0))[0] == (first[-1], first[0], first[1])


@pytest.mark.parametrize(
    ("reels", "win"),
    [
        (("HAH", "GAG", "FAF", "EAE", "DAD"), LineWin(0, 2, 5, 2_000)),
        (("HAH", "GWG", "FWF", "EWE", "DAD"), LineWin(0, 2, 5, 2_000)),
        (("HAH", "GWG", "FAF", "EBE", "DAD"), LineWin(0, 2, 3, 60)),
        (("HHH", "GHG", "FWF", "EHE", "DAD"), LineWin(0, 9, 4, 20)),
        (("HAH", "GAG", "FBF", "EAE", "DAD"), None),
        (("HBH", "GAG", "FAF", "EAE", "DAD"), None),
        (("HSH", "GSG", "FSF", "ESE", "DSD"), None),
        (("HSH", "GWG", "FWF", "EWE", "DAD"), None),
    ],
    ids=["five", "lanterns stand in", "three", "left to right", "two", "not from the right", "scatter", "wild scatter"],
)
def test_line_pays_the_longest_run_from_the_left(reels: tuple[str, ...], win: LineWin | None) -> None:
    assert machine.line_win(shown(*reels), 0) == win


def test_lighthouses_anywhere_pay_the_whole_stake_and_give_spins() -> None:
    spin = machine.show(ALL_LIGHTHOUSES, is_free=False, left=100)
    assert (spin.scatters, spin.free_spins) == (5, 20)
    assert spin.units == 50 * len(LINES) + sum(win.units for win in spin.wins)


def test_win_of_a_free_spin_is_multiplied() -> None:
    paid = machine.show(ALL_LIGHTHOUSES, is_free=False, left=100)
    free = machine.show(ALL_LIGHTHOUSES, is_free=True, left=100)
    assert free.units == machine.MULTIPLIER * paid.units


# ---------------------------------------------------------------- a round


def test_spin_takes_one_number_for_each_reel() -> None:
    draws = Scripted(NOTHING)
    spin = SLOT.spin(draws, 20)
    assert draws.asked == [len(strip) for strip in STRIPS]
    assert spin.outcome == Outcome(0, NOTHING)
    assert spin.payout_minor == 0


def test_round_whose_every_spin_gives_more_ends_at_the_cap() -> None:
    spin = SLOT.spin(Forever(ALL_LIGHTHOUSES), 20)
    assert len(spin.outcome.detail) == 5 * (1 + machine.MAX_FREE_SPINS)
    assert sum(shown.free_spins for shown in replay(spin.outcome.detail).spins) == machine.MAX_FREE_SPINS


def test_number_is_the_win_in_hundredths_of_the_stake() -> None:
    spin = SLOT.spin(Forever(ALL_LIGHTHOUSES), 200)
    assert spin.payout_minor * 100 == spin.outcome.number * 200


def test_recorded_rounds_tell_all_that_was_shown_and_paid() -> None:
    for nonce in range(300):
        spin = SLOT.spin(SeededDraws("5" * 64, "player", nonce), 60)
        assert recompute(spin.outcome, 60) == spin.payout_minor
        assert replay(spin.outcome.detail).units * 5 == spin.outcome.number


def test_record_with_another_win_is_found_out() -> None:
    with pytest.raises(ValueError, match="not that of these stops"):
        recompute(Outcome(5, NOTHING), 20)


@pytest.mark.parametrize("detail", [(), NOTHING[:4], ALL_LIGHTHOUSES, NOTHING * 2, (99, 0, 0, 0, 0), (-1, 0, 0, 0, 0)])
def test_record_that_is_no_round_is_refused(detail: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"spin|stops"):
        replay(detail)


@pytest.mark.parametrize(
    ("stake_minor", "code"),
    [
        (0, Refusal.STAKE_INVALID),
        (-20, Refusal.STAKE_INVALID),
        (21, Refusal.STAKE_INVALID),
        (5_020, Refusal.STAKE_ABOVE_MAXIMUM),
    ],
)
def test_stake_that_is_no_bet_is_refused(stake_minor: int, code: Refusal) -> None:
    refused = SLOT.check_stake(stake_minor)
    assert refused is not None
    assert refused.code == code


def test_offered_stakes_are_bets() -> None:
    assert [SLOT.check_stake(stake) for stake in SLOT.export_rules()["stakes"]] == [None] * 11


# ---------------------------------------------------------------- figures


def test_published_mean_is_the_product_over_reels() -> None:
    per_line = exact.line_return() + exact.scatter_return()
    assert figures.mean_units() == per_line * len(LINES)


def test_published_shares_are_those_of_five_independent_reels() -> None:
    chances = exact.scatter_chances()
    shares = {given: Fraction(share.stops, CYCLE) for given, share in figures.FULL_CYCLE.items()}
    assert shares == {0: sum(chances[:3]), 10: chances[3], 15: chances[4], 20: chances[5]}


def test_spins_breed_fewer_than_one_spin() -> None:
    assert figures.free_spins_per_spin() < 1


def test_cap_costs_less_than_a_ten_millionth() -> None:
    capped, endless = figures.whole_round(), figures.branching()
    assert 0 < endless.mean - capped.mean < Fraction(1, 10**7)
    assert 0 < endless.variance - capped.variance < Fraction(1, 10**4)


def test_return_is_between_ninety_five_and_ninety_six_percent() -> None:
    rules = SLOT.export_rules()
    assert Fraction(95, 100) < Fraction(rules["rtp"]) <= SLOT.returns()[0].rtp < Fraction(96, 100)


def test_top_award_is_likelier_than_one_in_a_hundred_million() -> None:
    assert figures.TOP_AWARD * 10**8 >= CYCLE


def test_whole_round_counted_back_from_the_cycle_is_the_published_one() -> None:
    assert exact.whole_round(figures.FULL_CYCLE) == (figures.whole_round().mean, figures.whole_round().variance)


class TestContract(InstantGameContract):
    """Lantern Bay is an instant game."""

    game = SLOT
    exact: ClassVar[Module] = exact
    stakes = (20, 60, 5_000)
    max_returns = figures.best_units() // 20

    def hashed_rules(self, rules: dict[str, Any]) -> dict[str, Any]:
        """Return the machine and the bounds of stakes."""
        return {**rules["paytable"], "stakes": [rules["min_stake_minor"], rules["max_stake_minor"]]}
