"""Watching the slot: a fair machine is left alone, and each way of rigging one is found by what it changes."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import msgspec
import pytest

from actors.domain.games.game import Outcome
from actors.domain.games.slot import SLOT, recompute
from actors.domain.games.slot_figures import branching, free_spins_per_spin, steps
from actors.domain.games.slot_machine import STRIPS, Stops, play
from actors.domain.policy.game_watch import Finding, Level, Watch, Watched, apply_round, false_alarms
from actors.domain.policy.watched_games import WATCHED
from actors.domain.rounds import SettleEntry

SLOT_WATCH = WATCHED["slot"]
#: The same judgement with blocks of a tenth, so that these tests need a tenth of the rounds.
QUICK = msgspec.structs.replace(SLOT_WATCH, block_rounds=500)
STAKE = 100


def fair(draws: random.Random) -> Stops:
    return tuple(draws.randrange(len(strip)) for strip in STRIPS)


@cache
def machine(spin: Callable[[random.Random], Stops], rounds: int) -> list[Outcome]:
    """Return what a machine with these reels shows."""
    draws, shown = random.Random(11), []
    for _ in range(rounds):
        played = play(lambda: spin(draws))
        shown.append(Outcome(played.units * 5, tuple(stop for one in played.spins for stop in one.stops)))
    return shown


def judged(
    outcomes: list[Outcome], *, watched: Watched = QUICK, paid: Callable[[int], int] = lambda owed: owed
) -> list[Finding]:
    """Return all that is found of these rounds. A stake of a hundred: an outcome's number is what it pays."""
    watch = Watch()
    found = [apply_round(watch, watched, one, [bet(STAKE, paid(one.number))]) for one in outcomes]
    return [finding for finding in found if finding is not None]


def bet(stake_minor: int, payout_minor: int) -> SettleEntry:
    return SettleEntry(0, bytes(16), 2, 1, stake_minor, payout_minor)


def worst(found: list[Finding]) -> Finding:
    return min(found, key=lambda finding: finding.p)


def test_fair_machine_is_left_alone() -> None:
    found = judged(machine(fair, 10_000))
    assert len(found) == 20
    assert worst(found).level <= Level.WATCH
    assert found[-1].rtp == pytest.approx(float(SLOT.returns()[0].rtp), abs=0.1)


def stuck_reel(draws: random.Random) -> Stops:
    """The first reel stops twice as often at its first place."""
    first = draws.choices(range(len(STRIPS[0])), [2] + [1] * (len(STRIPS[0]) - 1))[0]
    return (first, *fair(draws)[1:])


def bank_limited(draws: random.Random) -> Stops:
    """Spins again, three times in four, where a spin would win."""
    stops = fair(draws)
    return fair(draws) if draws.random() < 0.75 and _wins(stops) else stops


def _wins(stops: Stops) -> bool:
    return SLOT_WATCH.cells(Outcome(0, stops))[-1] > sum(map(len, STRIPS))


@pytest.mark.parametrize(("reels", "about"), [(stuck_reel, "stops"), (bank_limited, "wins")])
def test_rigged_machine_is_suspended(reels: Callable[[random.Random], Stops], about: str) -> None:
    finding = worst(judged(machine(reels, 5_000)))
    assert (finding.level, finding.about) == (Level.SUSPEND, about)


def test_payout_that_is_not_that_of_the_stops_is_found_at_once() -> None:
    [first, *_] = judged(machine(fair, 10_000)[:10], paid=lambda owed: owed + 1)
    assert (first.level, first.about, first.rounds) == (Level.SUSPEND, "payouts", 1)


def test_record_of_a_machine_that_is_not_there_is_no_payout() -> None:
    nowhere = Outcome(5, (1, 2, 3, 4, 5))
    finding = apply_round(Watch(), QUICK, nowhere, [bet(STAKE, 5)])
    assert finding is not None
    assert finding.about == "payouts"


def test_return_that_is_too_low_is_found_by_itself() -> None:
    """A paytable that pays half, and says so: only the return is left to look at."""
    lenient = msgspec.structs.replace(QUICK, is_owed=lambda outcome, entry: True)
    finding = worst(judged(machine(fair, 10_000), watched=lenient, paid=lambda owed: owed // 2))
    assert (finding.level, finding.about) == (Level.SUSPEND, "return")


def test_return_that_is_too_high_is_found_by_itself() -> None:
    lenient = msgspec.structs.replace(QUICK, is_owed=lambda outcome, entry: True)
    finding = worst(judged(machine(fair, 10_000), watched=lenient, paid=lambda owed: owed * 3))
    assert (finding.level, finding.about) == (Level.SUSPEND, "return")


def test_top_award_suspends_nobody() -> None:
    """A round that pays more than a hundred stakes, alone in its block with the largest stake."""
    stops = next(one for one in machine(fair, 10_000) if one.number > 5_000)
    watch = Watch()
    apply_round(watch, QUICK, stops, [bet(5_000, recompute(stops, 5_000))])
    [*_, last] = [apply_round(watch, QUICK, one, [bet(20, recompute(one, 20))]) for one in machine(fair, 10_000)[:499]]
    assert last is not None
    assert last.level < Level.ALARM


def test_steps_make_up_the_whole_rounds_variance() -> None:
    """Of a martingale the variances of its steps add up: with E paid and free spins of a round they are the round's."""
    paid, free = steps()
    whole = branching()
    spins = float(free_spins_per_spin())
    assert paid.variance + spins / (1 - spins) * free.variance == pytest.approx(float(whole.variance), rel=1e-9)


def test_slot_is_suspended_by_chance_less_than_once_in_three_years_of_ten_rounds_a_second() -> None:
    assert false_alarms(Level.SUSPEND, 3 * 365 * 86_400 * 10, SLOT_WATCH) < 1
