"""Each test of final outputs passes on good numbers and fails on bad ones; the controls fail; the verdict is Holm's.

The good numbers are one fixed stream, so nothing here depends on luck.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from actors.domain.games.cards import DECK, shuffled
from actors.domain.games.draws import SeededDraws
from actors.domain.games.roulette import POCKETS
from tests.inspection import games, outputs
from tests.inspection.controls import copied_table
from tests.inspection.judge import at_least, collective, holm, outside_by_chance, poisson_two_sided, stream
from tests.inspection.outputs import Values
from tests.inspection.report import page
from tests.inspection.run import Found, SourceFound, least_bias
from tests.inspection.sources import ModuloByte, Repeating, Stuck, Twister, foreseen

DRAWS = SeededDraws("5e" * 32, "battery", 1)
ROUNDS = 20_000
GOOD: Values = np.array([DRAWS.below(POCKETS) for _ in range(ROUNDS)], dtype=np.int64)
OTHER: Values = np.array([DRAWS.below(POCKETS) for _ in range(ROUNDS)], dtype=np.int64)

TESTS: dict[str, Callable[[Values], float]] = {
    "pockets": lambda v: outputs.evenly(v, POCKETS),
    "runs": lambda v: outputs.runs(v, POCKETS),
    "serial correlation": lambda v: outputs.serial_correlation(v, 1),
    "repeats": lambda v: outputs.repeats(v, POCKETS, 1),
    "coupon collector": lambda v: outputs.coupons(v, POCKETS),
    "duplicates": lambda v: outputs.duplicates(v, POCKETS, 5),
    "interplay": lambda v: outputs.interplay(v[:-1], v[1:], POCKETS),
}
#: What each must notice.
BAD: dict[str, Values] = {
    "pockets": np.minimum(GOOD, POCKETS - 2),
    "runs": np.sort(GOOD),
    "serial correlation": np.sort(GOOD),
    "repeats": np.repeat(GOOD[: ROUNDS // 2], 2),
    "coupon collector": np.tile(np.arange(POCKETS), ROUNDS // POCKETS),
    "duplicates": np.concatenate((GOOD[:10_000], GOOD[:10_000])),
    "interplay": np.tile(np.arange(POCKETS), ROUNDS // POCKETS),
}


@pytest.mark.parametrize("name", TESTS)
def test_good_numbers_pass(name: str) -> None:
    assert TESTS[name](GOOD) > 0.001


@pytest.mark.parametrize("name", TESTS)
def test_bad_numbers_fail(name: str) -> None:
    assert TESTS[name](BAD[name]) < 1e-6


def test_whole_roulette_battery_lets_good_numbers_pass() -> None:
    assert holm(games.roulette(GOOD) | games.tables(GOOD, OTHER)).is_good


def test_deck_that_is_shuffled_passes_and_one_that_is_cut_fails() -> None:
    packs = [shuffled(DRAWS, 1) for _ in range(400)]
    assert outputs.places(packs, DECK) > 0.001
    assert outputs.places([[*range(n % 5, DECK), *range(n % 5)] for n in range(400)], DECK) < 1e-6


def test_flights_follow_the_closed_form() -> None:
    assert games.crash(5_000)["crash: busts"] > 1e-6


@pytest.mark.parametrize(("control", "rounds"), [(ModuloByte, 120_000), (Stuck, 30_000), (Repeating, 30_000)])
def test_control_fails(control: Callable[[], ModuloByte | Stuck | Repeating], rounds: int) -> None:
    """Controls draw afresh each time. With 120,000 spins the modulo's chi-square is expected at 222 +- 29; 71 would do."""
    assert not holm(games.roulette(games.spins(control(), rounds))).is_good


def test_table_that_copies_another_is_found_by_the_interplay_alone() -> None:
    assert set(holm(copied_table(GOOD)).failed) == {"two tables: one round behind"}


def test_seed_from_the_clock_is_found_from_what_a_player_sees() -> None:
    twister = random.Random(1_750_000_000_123)
    numbers = [twister.randrange(POCKETS) for _ in range(12)]
    assert foreseen(numbers, POCKETS, 1_750_000_000_000, 200) == 1_750_000_000_123


def test_numbers_without_such_a_seed_are_not_foreseen() -> None:
    assert foreseen(GOOD[:12].tolist(), POCKETS, 1_750_000_000_000, 200) is None


def test_twister_passes_every_statistic_and_is_foreseen_all_the_same() -> None:
    twister = Twister()
    assert games.predictability(twister) == {"no seed from the clock gives these numbers": 0.0}


def test_holm_rejects_step_by_step() -> None:
    verdict = holm({"a": 0.002, "b": 0.004, "c": 0.009, "d": 0.5}, level=0.01)
    assert set(verdict.failed) == {"a"}  # b would need 0.01 / 3
    assert holm({"a": 0.0026, "b": 0.5, "c": 0.5, "d": 0.5}, level=0.01).is_good


def test_bounds_of_a_hundred_and_of_a_thousand_sequences_are_the_standards() -> None:
    assert stream("x", [0.5] * 100).bounds[0] == pytest.approx(0.96015, abs=1e-4)
    assert stream("x", [0.5] * 1_000).bounds == pytest.approx((0.98056, 0.99944), abs=1e-4)


def test_bounds_of_few_sequences_are_left_by_chance_more_often() -> None:
    assert outside_by_chance(stream("x", [0.5] * 60)) == pytest.approx(0.0225, abs=0.001)  # three failures of 60
    assert outside_by_chance(stream("x", [0.5] * 100)) == pytest.approx(0.0184, abs=0.001)  # four of 100


def test_uniformity_sees_p_values_that_are_all_alike() -> None:
    assert stream("x", [0.5] * 100).uniformity < 1e-10
    assert stream("x", [n / 100 for n in range(100)]).uniformity == pytest.approx(1)


def test_collective_judges_failures_exactly() -> None:
    found = collective([stream("x", [0.001] * 5 + [0.5] * 95)])
    assert found["x, failures"] == pytest.approx(0.00343, abs=1e-5)
    assert at_least(0, 100, 0.01) == pytest.approx(1)


def test_poisson_two_sided_is_small_on_either_side() -> None:
    assert poisson_two_sided(0, 20) < 1e-7
    assert poisson_two_sided(60, 20) < 1e-7
    assert poisson_two_sided(20, 20) > 0.5


def test_poisson_two_sided_of_a_large_mean_is_no_zero() -> None:
    """The first full run failed both generators: 400,000 patterns have 1,154 equal pairs, and exp(-1154) is 0 to a float."""
    assert poisson_two_sided(1_154, 1_154.4) > 0.9
    assert poisson_two_sided(1_154 - 170, 1_154.4) < 1e-6
    assert poisson_two_sided(1_154 + 170, 1_154.4) == pytest.approx(1.13e-6, rel=0.01)


def test_least_bias_is_one_percent_at_nine_million_spins() -> None:
    assert least_bias(9_000_000) == pytest.approx(0.01)


def test_page_says_when_a_control_passes() -> None:
    good = holm({"x": 0.5})
    head = dict.fromkeys(("sequences", "bits", "rounds", "control_rounds", "least_bias_at_5_sigma", "took_s"), 1)
    source = SourceFound([stream("x", [0.5])], good, {"x": 0.5}, good, [1], None)
    found = Found({**head, "date": "", "machine": "", "command": ""}, {"house": source}, {"stuck": good})
    assert not found.is_good
    assert "PASSES, AND MUST NOT" in page(found)
    assert "dieharder is not installed" in page(found)
