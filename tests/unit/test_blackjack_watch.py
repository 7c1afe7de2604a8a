"""Watching blackjack: cards that are not equally likely, play that is too good to be true, and payouts the cards do not owe."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache

import msgspec
import pytest

from actors.domain.games.blackjack import BLACKJACK
from actors.domain.games.game import Draws, Outcome, PlayBet, Step
from actors.domain.policy.game_watch import Finding, Level, Watch, apply_round
from actors.domain.policy.watched_blackjack import BLACKJACK_WATCH, POOREST
from actors.domain.rounds import SettleEntry

#: Two seats of one player with side bets, and somebody behind the first.
BETS = (
    PlayBet(0, b"\1" * 16, 7, "ana", 120, ((0, 100), (1, 10), (2, 10))),
    PlayBet(0, b"\2" * 16, 7, "ana", 51, ((30, 51),)),
    PlayBet(1, b"\3" * 16, 8, "ben", 20, ((3, 20),)),
)
ORDERS = ("split", "double", "insure", "hit", "stand")


class Shuffled:
    """Python's generator as a stream of draws."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, n: int) -> int:
        return self._random.randrange(n)


def play_round(draws: Draws, choose: random.Random) -> tuple[Outcome, list[SettleEntry]]:
    """Play a round: each hand does something that is allowed, by chance."""
    play = BLACKJACK.start(draws, BETS, 0)
    for number in range(4, 200):
        if play.due_ms() < 0:
            break
        step = next(steps(play.view().hands, number, play.due_ms() - 600, choose), None)
        asked = play.check(step) if step else None
        if step is not None and isinstance(asked, int):
            added = PlayBet(0, step.command_id, 7, "ana", asked, ()) if asked else None
            play.apply(msgspec.structs.replace(step, added=added))
        else:
            play.apply(play.due(play.due_ms())[0])
    settled = [(bet, paid) for bet, paid in play.payouts() if paid >= 0]
    return play.outcome(), [
        SettleEntry(bet.shard, bet.reservation_id, bet.player_id, 1, bet.stake_minor, paid, list(bet.chips))
        for bet, paid in settled
    ]


def steps(hands: list, number: int, at_ms: int, choose: random.Random) -> Iterator[Step]:  # type: ignore[type-arg]
    for hand in hands:
        if hand.state == "acting":
            action = choose.choice(ORDERS)
            yield Step(at_ms, 7, number.to_bytes(16, "big"), hand.bet_id, action, hand.hand)


@cache
def rounds() -> list[tuple[Outcome, list[SettleEntry]]]:
    choose = random.Random(4)
    return [play_round(Shuffled(seed), choose) for seed in range(500)]


def judged(played: list[tuple[Outcome, list[SettleEntry]]]) -> list[Finding]:
    watch = Watch()
    found = [apply_round(watch, BLACKJACK_WATCH, outcome, entries) for outcome, entries in played]
    return [finding for finding in found if finding is not None]


def test_rounds_as_the_game_plays_them_are_left_alone_and_owe_what_they_paid() -> None:
    """Splits, doubles, insurance, side bets and bets behind, by chance."""
    [finding] = judged(rounds())
    assert finding.level <= Level.WATCH
    entries = [entry for _, entries in rounds() for entry in entries]
    assert sum(not entry.chips for entry in entries) > 100
    assert {entry.payout_minor // entry.stake_minor for entry in entries if not entry.chips} == {0, 1, 2, 3}


def test_payout_that_the_cards_do_not_owe_is_found_at_once() -> None:
    """Each bet of a few rounds in turn, one unit too much."""
    for outcome, entries in rounds()[:20]:
        for place, entry in enumerate(entries):
            bent = msgspec.structs.replace(entry, payout_minor=entry.payout_minor + 1)
            finding = apply_round(Watch(), BLACKJACK_WATCH, outcome, [*entries[:place], bent, *entries[place + 1 :]])
            assert finding is not None
            assert finding.about == "payouts"


def without_aces(outcome: Outcome) -> Outcome:
    """Return the same round where the dealer's hidden ace was exchanged for a deuce."""
    dealer = [card + 1 if card % 13 == 0 else card for card in outcome.detail[2:3]]
    return Outcome(outcome.number, (*outcome.detail[:2], *dealer, *outcome.detail[3:]))


def test_dealer_who_never_hides_an_ace_is_suspended_for_his_cards() -> None:
    [finding] = judged([(without_aces(outcome), []) for outcome, _ in rounds()])
    assert (finding.level, finding.about) == (Level.SUSPEND, "outcomes")


def by_results(results: Callable[[random.Random], int], count: int) -> Finding:
    """Return the worst that is found of main bets of 100 that pay so; of nothing but the return."""
    draws, watch, found = random.Random(9), Watch(), []
    blind = msgspec.structs.replace(BLACKJACK_WATCH, cells=lambda outcome: (), is_owed=lambda outcome, entry: True)
    for _ in range(count):
        entry = SettleEntry(0, bytes(16), 7, 1, 100, results(draws), [(0, 100)])
        found.append(apply_round(watch, blind, Outcome(20), [entry]))
    return min((finding for finding in found if finding is not None), key=lambda finding: finding.p)


def results(back: float) -> Callable[[random.Random], int]:
    """Return main bets that bring so much back: a twentieth by blackjacks, the rest by even wins."""
    win = (back - 0.05 * 2.5) / 2
    return lambda draws: draws.choices((250, 200, 0), (0.05, win, 0.95 - win))[0]


@pytest.mark.parametrize("back", [0.995, 0.95, 0.8, POOREST])
def test_return_of_good_and_of_poor_play_is_left_alone(back: float) -> None:
    assert by_results(results(back), 20_000).level <= Level.WATCH


@pytest.mark.parametrize(("back", "rounds_"), [(1.25, 5_000), (0.25, 5_000), (1.08, 50_000)])
def test_return_that_no_play_has_is_found(back: float, rounds_: int) -> None:
    """Players who know the cards to come; cards that let nobody win."""
    finding = by_results(results(back), rounds_)
    assert (finding.level, finding.about) == (Level.SUSPEND, "return")


def test_stake_put_down_later_is_judged_with_its_main_bet() -> None:
    """Doubles that always win are too good to be true, though each main bet alone comes back as it was."""
    blind = msgspec.structs.replace(BLACKJACK_WATCH, cells=lambda outcome: (), is_owed=lambda outcome, entry: True)
    main = SettleEntry(0, bytes(16), 7, 1, 100, 100, [(0, 100)])
    double = SettleEntry(0, bytes(16), 7, 1, 100, 200)
    watch, found = Watch(), []
    for _ in range(500):
        found.append(apply_round(watch, blind, Outcome(20), [main, double]))
    assert found[-1] is not None
    assert (found[-1].level, found[-1].about) == (Level.SUSPEND, "return")
