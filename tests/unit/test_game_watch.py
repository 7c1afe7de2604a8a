"""Watching games: a biased table is found soon, a fair one is left alone as often as it is said."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
import pytest

from actors.domain.games.baccarat import BACCARAT
from actors.domain.games.catalogue import GAMES
from actors.domain.games.crash import bust_of
from actors.domain.games.crash_play import TAKEOFF_WAIT_MS, Flight
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Draws, Outcome, PlayBet, Step
from actors.domain.games.roulette import payout
from actors.domain.games.roulette_game import ROULETTE
from actors.domain.policy.game_watch import (
    LIMITS,
    WINDOW_BLOCKS,
    Block,
    Finding,
    Level,
    Watch,
    apply_round,
    false_alarms,
    level_of,
    return_tail,
)
from actors.domain.policy.watched_games import WATCHED
from actors.domain.rounds import SettleEntry

ROULETTE_WATCH = WATCHED["roulette"]
BLOCK_ROUNDS = ROULETTE_WATCH.block_rounds
RED = 151


def bet(position: int, stake_minor: int, payout_minor: int) -> SettleEntry:
    return SettleEntry(0, bytes(16), 1, 1, stake_minor, payout_minor, [(position, stake_minor)])


def play(pockets: list[int], watch: Watch | None = None, bets: list[tuple[int, int]] | None = None) -> list[Finding]:
    """Return what every full block led to."""
    watch, found = watch or Watch(), []
    for pocket in pockets:
        entries = [bet(position, stake, payout(position, stake, pocket)) for position, stake in bets or ()]
        found.append(apply_round(watch, ROULETTE_WATCH, Outcome(pocket), entries))
    return [finding for finding in found if finding is not None]


def test_every_game_of_the_house_is_watched_by_its_present_rules() -> None:
    assert {name: game.rules_version for name, game in WATCHED.items()} == {
        name: game.rules_version for name, game in GAMES.items()
    }


def test_chances_of_everything_that_is_shown_add_up_to_one() -> None:
    parts = [(name, part) for name, game in WATCHED.items() for shown in game.shown for part in shown.chances]
    assert [name for name, part in parts if abs(sum(part) - 1) > 1e-12] == []


def test_outcomes_fall_into_the_classes() -> None:
    draws = SeededDraws("ab" * 32, "watch", 1)
    assert WATCHED["roulette"].cells(ROULETTE.draw(draws))[0] in range(37)
    assert WATCHED["baccarat"].cells(BACCARAT.draw(draws))[0] in range(3)
    assert [WATCHED["crash"].cells(Outcome(bust)) for bust in (100, 101, 5_000, 10**9)] == [(0,), (1,), (10,), (10,)]
    assert WATCHED["crash"].cells(Outcome(bust_of(draws.digest())))[0] in range(11)


def test_bets_have_the_moments_of_the_published_paytable() -> None:
    straight = ROULETTE_WATCH.bet(Outcome(3), bet(17, 100, 0))
    assert straight is not None
    assert (round(straight.best, 4), round(straight.sigma, 2), straight.most) == (97.2973, 583.78, 3_600)
    target = WATCHED["crash"].bet(Outcome(100), bet(1_000, 100, 0))
    assert target is not None
    assert (round(target.best, 4), round(target.sigma, 1), target.most) == (99.0, 298.7, 1_000)
    assert target.least == target.best


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
    assert reached[Level.WATCH] <= false_alarms(Level.WATCH, rounds, ROULETTE_WATCH)
    assert reached[Level.WATCH] > 0
    assert reached[Level.SUSPEND] == 0


def test_false_suspensions_are_rarer_than_one_in_a_hundred_table_years_of_a_round_a_minute() -> None:
    assert false_alarms(Level.SUSPEND, 60 * 24 * 365, ROULETTE_WATCH) < 0.01


def test_levels_are_three_four_and_five_standard_deviations() -> None:
    assert [level_of(p) for p in (0.5, 2.7e-3, 6.3e-5, 5.7e-7)] == list(Level)


def test_one_lucky_number_suspends_nobody() -> None:
    """Found while choosing the test: the normal band has 36 for 1 six deviations off when it is a block's only bet."""
    watch = Watch()
    apply_round(watch, ROULETTE_WATCH, Outcome(17), [bet(17, 10_000, 360_000)])
    assert return_tail(watch.blocks) > LIMITS[Level.WATCH]


def test_paytable_that_pays_too_much_is_found_by_the_return_alone() -> None:
    """Held to rules that say the same: only the return is left to look at."""
    draws = random.Random(5)
    lenient = msgspec.structs.replace(ROULETTE_WATCH, is_owed=lambda outcome, entry: True)
    watch, levels = Watch(), []
    for _ in range(5_000):
        pocket = draws.randrange(37)
        paid = 11 * payout(RED, 1_000, pocket) // 10  # ten percent too much
        levels.append(apply_round(watch, lenient, Outcome(pocket), [bet(RED, 1_000, paid)]))
    found = [finding for finding in levels if finding is not None]
    assert max(finding.level for finding in found) >= Level.ALARM
    assert {finding.about for finding in found if finding.level >= Level.ALARM} == {"return"}


@pytest.mark.parametrize(
    ("game", "outcome", "position", "paid"),
    [
        ("roulette", Outcome(17), 17, 3_700),
        ("crash", Outcome(199), 200, 200),  # out at 2.00x of a flight that bust before
        ("crash", Outcome(200), 200, 0),  # not out at 2.00x of a flight that came there
        ("crash", Outcome(150), 0, 150),  # by hand at the bust
    ],
)
def test_payout_that_the_rules_do_not_owe_is_found_at_once(
    game: str, outcome: Outcome, position: int, paid: int
) -> None:
    finding = apply_round(Watch(), WATCHED[game], outcome, [bet(position, 100, paid)])
    assert finding is not None
    assert (finding.level, finding.about, finding.p) == (Level.SUSPEND, "payouts", 0)


@pytest.mark.parametrize(
    ("game", "outcome"),
    [
        ("roulette", Outcome(37)),
        ("baccarat", Outcome(3)),
        ("blackjack", Outcome(20)),
        ("blackjack", Outcome(20, (2, 9, 9, 0, 0, 2, 4))),
        ("slot", Outcome(0)),
        ("slot", Outcome(0, (0, 0, 0, 0, 99))),
    ],
)
def test_outcome_that_is_none_of_the_game_is_found_and_not_counted(game: str, outcome: Outcome) -> None:
    watch = Watch()
    finding = apply_round(watch, WATCHED[game], outcome, [])
    assert finding is not None
    assert (finding.level, finding.about, watch.blocks) == (Level.SUSPEND, "payouts", [])


@pytest.mark.parametrize(("bust", "position", "paid"), [(200, 200, 200), (200, 250, 0), (200, 300, 199), (150, 0, 0)])
def test_payout_that_a_flight_lets_out_is_owed(bust: int, position: int, paid: int) -> None:
    assert apply_round(Watch(), WATCHED["crash"], Outcome(bust), [bet(position, 100, paid)]) is None


def test_fair_bets_are_near_their_theoretical_return() -> None:
    found = play(random.Random(6).choices(range(37), k=20_000), bets=[(RED, 500), (17, 100)])
    assert max(finding.level for finding in found) <= Level.WATCH
    assert found[-1].rtp == pytest.approx(36 / 37, abs=0.05)


def flown(choose: random.Random) -> tuple[Outcome, list[SettleEntry]]:
    """Fly with three bets: some are cashed out by hand, and one flight in four is interrupted."""
    bust = choose.choice((100, 101, choose.randrange(100, 400), choose.randrange(100, 3_000)))
    targets = choose.choices((0, 0, 101, 150, 400), k=4)
    chips = (((targets[0], 100),), ((targets[1], 37),), ((targets[2], 50), (targets[3] or 200, 70)))
    stakes = [sum(stake for _, stake in each) for each in chips]
    bets = [PlayBet(0, bytes([n]) * 16, 7, "", stakes[n], each) for n, each in enumerate(chips)]
    flight, now_ms = Flight(bust, bets, 0), TAKEOFF_WAIT_MS
    for number in range(4):
        now_ms += choose.randrange(8_000)
        for step in flight.due(now_ms):
            flight.apply(step)
        out = Step(now_ms, 7, bytes([9, number]), choose.choice(bets).reservation_id, "cash_out")
        if flight.check(out) == 0:
            flight.apply(out)
    for step in [*(flight.resumed(now_ms) if choose.random() < 0.25 else ()), *flight.due(10**9)]:
        flight.apply(step)
    paid = [(each, payout) for each, payout in flight.payouts() if payout >= 0]
    entries = [SettleEntry(0, b"", 7, 1, each.stake_minor, payout, list(each.chips)) for each, payout in paid]
    return flight.outcome(), entries


def test_whatever_the_game_pays_of_a_flight_is_owed() -> None:
    choose = random.Random(12)
    flights = [flown(choose) for _ in range(400)]
    assert [one for one in flights if apply_round(Watch(), WATCHED["crash"], *one) is not None] == []
    paid = [entry.payout_minor * 100 // entry.stake_minor for _, entries in flights for entry in entries]
    assert {0 in paid, 150 in paid, 400 in paid, len(set(paid)) > 50} == {True}


def fly(out: Callable[[int], int], rounds: int) -> Finding:
    """Return the worst that is found of rides by hand. out: where the player leaves a flight of this bust; 0: he does not."""
    draws, watch, found = random.Random(8), Watch(), []
    for _ in range(rounds):
        bust = max(100, 99 * 2**52 // (2**52 - draws.getrandbits(52)))
        found.append(apply_round(watch, WATCHED["crash"], Outcome(bust), [bet(0, 100, out(bust))]))
    return min((finding for finding in found if finding is not None), key=lambda finding: finding.p)


def by_hand(at: int) -> Callable[[int], int]:
    """Return a player who leaves at this multiplier if the flight goes on above it."""
    return lambda bust: at if bust > at else 0


@pytest.mark.parametrize("at", [100, 150, 1_500, 999_999])
def test_rides_by_hand_are_fair_whenever_their_players_leave(at: int) -> None:
    assert fly(by_hand(at), 10_000).level <= Level.WATCH


def test_player_who_knows_the_bust_is_found_by_the_return_of_his_rides() -> None:
    """Busts and payouts are those of a fair game; only his timing is not."""
    finding = fly(lambda bust: bust - 1 if bust > 100 else 0, 500)
    assert (finding.level, finding.about) == (Level.SUSPEND, "return")


def test_player_who_knows_the_bust_a_little_is_found_in_time() -> None:
    """He leaves at 1.50x, and one time in two he stays where the flight goes on to 3.00x."""
    finding = fly(lambda bust: 300 if bust > 300 and bust % 2 else by_hand(150)(bust), 10_000)
    assert (finding.level, finding.about) == (Level.SUSPEND, "return")


def test_cash_outs_that_a_table_loses_where_it_knows_the_bust_are_found_by_their_return() -> None:
    """Nothing is what a flight may pay too, so only the return tells: at 1.50x one in three where it will not go far."""
    finding = fly(lambda bust: 0 if bust < 1_000 and bust % 3 == 0 else by_hand(150)(bust), 5_000)
    assert (finding.level, finding.about) == (Level.SUSPEND, "return")


def test_order_of_targets_and_rides_by_hand_is_not_judged_by_its_return() -> None:
    watch = Watch()
    mixed = SettleEntry(0, bytes(16), 1, 1, 200, 600, [(0, 100), (200, 100)])
    assert apply_round(watch, WATCHED["crash"], Outcome(5_000), [mixed]) is None
    assert watch.blocks[0].staked == 0


def test_only_the_widest_window_is_kept() -> None:
    watch = Watch(ROULETTE.rules_version, [Block(BLOCK_ROUNDS, [0] * 37) for _ in range(max(WINDOW_BLOCKS))])
    apply_round(watch, ROULETTE_WATCH, Outcome(1), [])
    assert len(watch.blocks) == max(WINDOW_BLOCKS)
    assert watch.blocks[-1].rounds == 1


def test_seeded_streams_of_a_table_are_good() -> None:
    def stream(nonce: int) -> Draws:
        return SeededDraws("cd" * 32, "salt", nonce)

    found = play([ROULETTE.draw(stream(nonce)).number for nonce in range(20_000)])
    assert max(finding.level for finding in found) <= Level.WATCH
