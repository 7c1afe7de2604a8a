"""Watching games: a biased table is found soon, a fair one is left alone as often as it is said."""

from __future__ import annotations

import random

import pytest

from actors.domain.games.baccarat import BACCARAT
from actors.domain.games.crash import bust_of
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Draws, Outcome
from actors.domain.games.roulette import payout
from actors.domain.games.roulette_game import ROULETTE
from actors.domain.policy.game_watch import (
    BLOCK_ROUNDS,
    LIMITS,
    WATCHED,
    WINDOW_BLOCKS,
    Block,
    Finding,
    Level,
    Watch,
    apply_round,
    false_alarms,
    judge,
    level_of,
    return_tail,
)
from actors.domain.rounds import SettleEntry

ROULETTE_WATCH = WATCHED["roulette"]
RED = 151


def bet(position: int, stake_minor: int, payout_minor: int) -> SettleEntry:
    return SettleEntry(0, bytes(16), 1, 1, stake_minor, payout_minor, [(position, stake_minor)])


def play(pockets: list[int], watch: Watch | None = None, bets: list[tuple[int, int]] | None = None) -> list[Finding]:
    """Return what every full block led to."""
    watch, found = watch or Watch(), []
    for pocket in pockets:
        entries = [bet(position, stake, payout(position, stake, pocket)) for position, stake in bets or ()]
        if apply_round(watch, ROULETTE_WATCH, Outcome(pocket), entries):
            found.append(judge(watch, ROULETTE_WATCH))
    return found


def test_chances_of_every_game_add_up_to_one() -> None:
    assert [name for name, game in WATCHED.items() if abs(sum(game.chances) - 1) > 1e-12] == []


def test_outcomes_fall_into_the_classes() -> None:
    draws = SeededDraws("ab" * 32, "watch", 1)
    assert WATCHED["roulette"].cell(ROULETTE.draw(draws)) in range(37)
    assert WATCHED["baccarat"].cell(BACCARAT.draw(draws)) in range(3)
    assert [WATCHED["crash"].cell(Outcome(bust)) for bust in (100, 101, 5_000, 10**9)] == [0, 1, 10, 10]
    assert WATCHED["crash"].cell(Outcome(bust_of(draws.digest()))) in range(11)
    assert WATCHED["blackjack"].cell(Outcome(20, (2, 25, 4))) == 12


def test_bets_have_the_moments_of_the_published_paytable() -> None:
    straight = ROULETTE_WATCH.bet(17)
    assert straight is not None
    assert (round(straight.mean, 6), round(straight.sigma, 4), straight.most) == (0.972973, 5.8378, 36)
    target = WATCHED["crash"].bet(1_000)
    assert target is not None
    assert (round(target.mean, 6), round(target.sigma, 3), target.most) == (0.99, 2.987, 10)
    assert WATCHED["crash"].bet(0) is None
    assert WATCHED["blackjack"].bet(0) is None


def test_nothing_is_judged_before_a_block_is_full() -> None:
    assert play([17] * (BLOCK_ROUNDS - 1)) == []


def test_stuck_table_is_suspended_after_its_first_block() -> None:
    [finding] = play([17] * BLOCK_ROUNDS)
    assert (finding.level, finding.about, finding.rounds) == (Level.SUSPEND, "outcomes", BLOCK_ROUNDS)


def test_pocket_that_is_twice_as_likely_is_found_within_five_thousand_rounds() -> None:
    weights = [2] + [1] * 36
    found = play(random.Random(1).choices(range(37), weights, k=5_000))
    assert max(finding.level for finding in found) is Level.SUSPEND


def test_modulo_of_a_byte_is_found_within_sixty_thousand_rounds() -> None:
    weights = [7] * 34 + [6] * 3
    found = play(random.Random(2).choices(range(37), weights, k=60_000))
    assert max(finding.level for finding in found) >= Level.ALARM


def test_fair_table_reaches_a_level_no_oftener_than_is_said() -> None:
    """Half a million rounds of one fixed stream, in one table that goes on: a thousand times it is judged."""
    rounds = 500_000
    found = play(random.Random(3).choices(range(37), k=rounds))
    assert len(found) == rounds // BLOCK_ROUNDS
    reached = {level: sum(finding.level >= level for finding in found) for level in LIMITS}
    assert reached[Level.WATCH] <= false_alarms(Level.WATCH, rounds)
    assert reached[Level.WATCH] > 0
    assert reached[Level.SUSPEND] == 0


def test_false_suspensions_are_rarer_than_one_in_a_hundred_table_years_of_a_round_a_minute() -> None:
    assert false_alarms(Level.SUSPEND, 60 * 24 * 365) < 0.01


def test_levels_are_three_four_and_five_standard_deviations() -> None:
    assert [level_of(p) for p in (0.5, 2.7e-3, 6.3e-5, 5.7e-7)] == list(Level)


def test_one_lucky_number_suspends_nobody() -> None:
    """Found while choosing the test: the normal band has 36 for 1 six deviations off when it is a block's only bet."""
    watch = Watch()
    apply_round(watch, ROULETTE_WATCH, Outcome(17), [bet(17, 10_000, 360_000)])
    assert return_tail(watch.blocks) > LIMITS[Level.WATCH]


def test_paytable_that_pays_too_much_is_found_by_the_return_alone() -> None:
    draws = random.Random(5)
    watch, levels = Watch(), []
    for _ in range(5_000):
        pocket = draws.randrange(37)
        paid = 11 * payout(RED, 1_000, pocket) // 10  # ten percent too much
        if apply_round(watch, ROULETTE_WATCH, Outcome(pocket), [bet(RED, 1_000, paid)]):
            levels.append(judge(watch, ROULETTE_WATCH))
    assert max(finding.level for finding in levels) >= Level.ALARM
    assert {finding.about for finding in levels if finding.level >= Level.ALARM} == {"return"}


def test_fair_bets_are_near_their_theoretical_return() -> None:
    found = play(random.Random(6).choices(range(37), k=20_000), bets=[(RED, 500), (17, 100)])
    assert max(finding.level for finding in found) <= Level.WATCH
    assert found[-1].rtp == pytest.approx(36 / 37, abs=0.05)


def test_bets_whose_return_is_their_players_choice_are_not_judged() -> None:
    watch = Watch()
    apply_round(watch, WATCHED["crash"], Outcome(5_000), [bet(0, 1_000, 40_000)])
    assert watch.blocks[0].staked == 0


def test_only_the_widest_window_is_kept() -> None:
    watch = Watch("r", [Block(BLOCK_ROUNDS, [0] * 37) for _ in range(max(WINDOW_BLOCKS))])
    apply_round(watch, ROULETTE_WATCH, Outcome(1), [])
    assert len(watch.blocks) == max(WINDOW_BLOCKS)
    assert watch.blocks[-1].rounds == 1


def test_seeded_streams_of_a_table_are_good() -> None:
    def stream(nonce: int) -> Draws:
        return SeededDraws("cd" * 32, "salt", nonce)

    found = play([ROULETTE.draw(stream(nonce)).number for nonce in range(20_000)])
    assert max(finding.level for finding in found) <= Level.WATCH
