"""The slot's figures by ways that share nothing: forward and back, factorised, stop by stop; and its printed sheet."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

from actors.domain.games import slot_figures as figures
from actors.domain.games import slot_machine as machine
from actors.domain.games.slot import SLOT
from server.rtp import MODULES, slot
from server.rtp.rows import Row, differences
from server.rtp.slot_par import sheet

ROOT = Path(__file__).resolve().parents[2]


def test_slot_is_in_the_table() -> None:
    assert slot in MODULES


def test_rounds_carried_forward_return_what_is_published_from_the_last_spin_back() -> None:
    moments = figures.whole_round()
    assert slot.whole_round(figures.FULL_CYCLE) == (moments.mean, moments.variance)


def test_rules_publish_the_exact_return_rounded_down() -> None:
    row = Row("slot", "spin", 1, *slot.whole_round(figures.FULL_CYCLE), "")
    assert differences([row], [], [SLOT]) == []


def test_rules_that_round_up_are_found_out() -> None:
    mean, variance = slot.whole_round(figures.FULL_CYCLE)
    row = Row("slot", "spin", 1, mean - Fraction(1, 1_000_000), variance, "")
    assert any("the rules publish" in fault for fault in differences([row], [], [SLOT]))


def test_count_wins_at_sampled_stops_what_the_game_shows() -> None:
    chance = random.Random(5)
    for _ in range(3_000):
        stops = tuple(chance.randrange(len(strip)) for strip in machine.STRIPS)
        spin = machine.show(stops, is_free=False, left=machine.MAX_FREE_SPINS)
        assert slot.counted(machine.window(stops)) == (spin.free_spins, spin.units)


def test_published_sums_are_those_of_the_full_cycle() -> None:
    assert slot.unlike_published() == []


def test_printed_sheet_is_that_of_the_code() -> None:
    """If it is not: `croupier rtp --par > docs/par-slot.md`."""
    assert (ROOT / "docs" / "par-slot.md").read_text(encoding="utf-8") == sheet()
