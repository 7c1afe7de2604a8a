"""The antifraud rules alone: what raises a score, by how much, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.policy.fraud import (
    COVERAGE,
    MINUTES_KEPT,
    OPPOSITE,
    ROUNDS_KEPT,
    Profile,
    apply_round,
    apply_stakes,
    round_flags,
    score,
)

RED, BLACK, ODD, EVEN, LOW, HIGH = range(151, 157)
MINUTE = 60


def _stake(profile: Profile, booked_s: int, stake_minor: int) -> Profile:
    return apply_stakes(profile, booked_s, 1, stake_minor)


def _round(profile: Profile, round_id: bytes, chips: dict[int, int]) -> Profile:
    return apply_round(profile, round_id, round_flags(chips))


@pytest.mark.parametrize("pair", [(RED, BLACK), (ODD, EVEN), (LOW, HIGH)])
def test_opposite_halves_for_the_same_stake_are_opposite(pair: tuple[int, int]) -> None:
    assert round_flags({pair[0]: 500, pair[1]: 500}) == OPPOSITE


def test_opposite_halves_within_a_fifth_are_opposite() -> None:
    assert round_flags({RED: 1000, BLACK: 800}) == OPPOSITE


def test_opposite_halves_beyond_a_fifth_are_not_opposite_but_cover_the_wheel() -> None:
    assert round_flags({RED: 1000, BLACK: 799}) == COVERAGE


def test_opposite_halves_that_are_a_small_part_of_the_stake_are_not_opposite() -> None:
    assert round_flags({RED: 100, BLACK: 100, 17: 201}) == COVERAGE


def test_halves_of_different_pairs_are_neither() -> None:
    assert round_flags({RED: 500, EVEN: 500}) == 0


def test_thirty_four_straight_numbers_are_coverage() -> None:
    assert round_flags(dict.fromkeys(range(34), 100)) == COVERAGE


def test_thirty_three_straight_numbers_are_not_coverage() -> None:
    assert round_flags(dict.fromkeys(range(33), 100)) == 0


def test_three_dozens_are_coverage() -> None:
    assert round_flags({145: 100, 146: 100, 147: 100}) == COVERAGE


def test_two_dozens_are_ordinary() -> None:
    assert round_flags({145: 100, 146: 100}) == 0


def test_no_chips_are_ordinary() -> None:
    assert round_flags({}) == 0


def test_ordinary_player_scores_nothing() -> None:
    profile = _round(_stake(Profile(), 0, 100), b"a", {17: 100})
    assert score(profile) == (0, [])


def test_one_opposite_round_scores_fifteen() -> None:
    points, reasons = score(_round(Profile(), b"a", {RED: 1, BLACK: 1}))
    assert (points, reasons[0]["rule"], reasons[0]["rounds"]) == (15, "opposite_bets", 1)


def test_same_round_twice_counts_once() -> None:
    once = _round(Profile(), b"a", {RED: 1, BLACK: 1})
    assert _round(once, b"a", {RED: 1, BLACK: 1}) == once


def test_opposite_rounds_are_forgotten_after_twenty_others() -> None:
    profile = _round(Profile(), b"a", {RED: 1, BLACK: 1})
    for number in range(ROUNDS_KEPT):
        profile = _round(profile, b"round %d" % number, {17: 1})
    assert score(profile)[0] == 0


def test_every_signal_at_its_height_scores_a_hundred() -> None:
    profile = _with_history(10, bets=1)
    for _ in range(50):
        profile = _stake(profile, 10 * MINUTE, 100)
    for number in range(10):
        profile = _round(profile, b"opposite %d" % number, {RED: 1, BLACK: 1})
        profile = _round(profile, b"coverage %d" % number, {145: 1, 146: 1, 147: 1})
    assert score(profile)[0] == 100


def _with_history(minutes: int, bets: int) -> Profile:
    profile = Profile()
    for minute in range(minutes):
        for _ in range(bets):
            profile = _stake(profile, minute * MINUTE, 100)
    return profile


def test_stakes_five_times_as_often_as_usual_score_ten() -> None:
    profile = _with_history(10, bets=2)
    for _ in range(10):
        profile = _stake(profile, 10 * MINUTE, 100)
    assert score(profile) == (10, [{"rule": "velocity", "points": 10, "times_usual": 5}])


def test_stake_eight_times_as_high_as_usual_scores_more() -> None:
    profile = _stake(_with_history(10, bets=1), 10 * MINUTE, 800)
    assert score(profile)[0] == 25


def test_fast_stakes_without_history_score_nothing() -> None:
    profile = _with_history(4, bets=1)
    for _ in range(100):
        profile = _stake(profile, 4 * MINUTE, 100)
    assert score(profile)[0] == 0


def test_fast_minute_is_forgotten_after_an_hour() -> None:
    profile = _stake(_with_history(10, bets=1), 10 * MINUTE, 10_000)
    assert score(profile)[0] == 40
    assert score(_stake(profile, 70 * MINUTE, 100))[0] == 0


def test_idle_minutes_do_not_make_the_usual_smaller() -> None:
    profile = _with_history(10, bets=2)
    for _ in range(4):
        profile = _stake(profile, 500 * MINUTE, 100)
    assert score(profile)[0] == 0


def test_long_history_fades_and_keeps_its_averages() -> None:
    profile = _with_history(1000, bets=3)
    assert profile.past_minutes <= MINUTES_KEPT
    assert profile.past_bets // profile.past_minutes in (2, 3)


def test_stake_with_an_older_time_counts_for_the_present_minute() -> None:
    profile = _stake(_stake(Profile(), 5 * MINUTE, 100), 4 * MINUTE, 100)
    assert (profile.minute, profile.bets, profile.past_minutes) == (5, 2, 0)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 1000)), max_size=40))
def test_stakes_of_a_minute_together_are_as_one_at_a_time(stakes: list[tuple[int, int]]) -> None:
    alone = together = Profile()
    by_minute: dict[int, list[int]] = {}
    for minute, stake_minor in sorted(stakes):
        alone = _stake(alone, minute * MINUTE + stake_minor % MINUTE, stake_minor)
        by_minute.setdefault(minute, []).append(stake_minor)
    for minute, amounts in by_minute.items():
        together = apply_stakes(together, minute * MINUTE, len(amounts), sum(amounts))
    assert together == alone


def test_player_and_banker_for_the_same_are_opposite_at_baccarat_alone() -> None:
    both = {0: 500, 1: 500}
    assert [round_flags(both, game) for game in ("baccarat", "baccarat-no-commission", "crash", "blackjack", "")] == [
        *(OPPOSITE, OPPOSITE),
        *(0, 0, 0),
    ]


def test_positions_of_other_games_are_no_numbers_of_roulette() -> None:
    # The position of a bet at crash is its target: it was once looked up on the layout of roulette, and is not on it.
    assert round_flags({1_000_000: 100}, "crash") == 0
