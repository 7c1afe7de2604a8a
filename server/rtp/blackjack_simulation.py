"""Blackjack played by the usual chart: quickly, by ranks alone, beside the solution; and by the game's own code. Smoke only.

`python -m server.rtp.blackjack_simulation [ROUNDS [SEED]]` plays the quick one and holds it against what the chart returns exactly.
"""

from __future__ import annotations

import hashlib
import math
import sys
from array import array
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from actors.domain.games.blackjack import BLACKJACK
from actors.domain.games.blackjack_hands import value
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import PlayBet, Step
from actors.domain.plays import HandsView, HandView
from server.rtp.blackjack_cards import ACE, FULL, NOTHING, RANKS, TEN, best, hand_of, hands
from server.rtp.blackjack_strategy import chart, chart_splits

_DECIDE: Final = tuple(chart(up) for up in RANKS)
_BLOCK: Final = 1 << 20
Draw = Callable[[], int]


class Won(NamedTuple):
    """What was won in halves of a stake, and its squares, over so many rounds."""

    rounds: int
    main: int
    main_squares: int
    behind: int
    behind_squares: int


def _words(seed: str) -> Iterator[int]:
    for block in range(sys.maxsize):
        yield from array("H", hashlib.shake_256(f"{seed}:{block}".encode()).digest(_BLOCK))


def _shoe(seed: str) -> tuple[Draw, Callable[[], None]]:
    """Return how to draw a rank, and how to put all cards back. A shuffled shoe that goes on being shuffled stays one."""
    cards = [rank for rank, count in enumerate(FULL) for _ in range(count)]
    size = len(cards)
    usable = [0, *(65_536 - 65_536 % n for n in range(1, size + 1))]
    words = _words(seed).__next__
    place = 0

    def draw() -> int:
        nonlocal place
        left = size - place
        while (word := words()) >= usable[left]:
            pass
        other = place + word % left
        card = cards[other]
        cards[other] = cards[place]
        cards[place] = card
        place += 1
        return card

    def restart() -> None:
        nonlocal place
        place = 0

    return draw, restart


def play_quickly(rounds: int, seed: str) -> Won:
    """Play rounds of one seat and one bet behind it by the chart. The same seed gives the same rounds."""
    draw, restart = _shoe(seed)
    twos = [[hand_of(first, second) for second in RANKS] for first in RANKS]
    main = main_squares = behind = behind_squares = 0
    for _ in range(rounds):
        restart()
        first, up, second, hole = draw(), draw(), draw(), draw()
        natural, his = {first, second} == {ACE, TEN}, {up, hole} == {ACE, TEN}
        if natural or his:
            mine = followed = 0 if natural and his else 3 if natural else -2
        else:
            mine, followed = _round(draw, first, second, up, hole, twos)
        main += mine
        main_squares += mine * mine
        behind += followed
        behind_squares += followed * followed
    return Won(rounds, main, main_squares, behind, behind_squares)


def _round(draw: Draw, first: int, second: int, up: int, hole: int, twos: list[list[int]]) -> tuple[int, int]:
    """Return what seat and bet behind win, in halves, where nobody has a blackjack."""
    splits = first == second and chart_splits(first, up)
    done = _split(draw, first, up, twos) if splits else [_hand(draw, twos[first][second], up)]
    dealer = _dealer(draw, up, hole) if any(total <= 21 for total, _ in done) else 0
    won = [-2 if total > 21 else 2 if dealer > 21 else 2 * ((total > dealer) - (total < dealer)) for total, _ in done]
    return sum(each * stakes for each, (_, stakes) in zip(won, done, strict=True)), won[0]


def _hand(draw: Draw, node: int, up: int) -> tuple[int, int]:
    """Return a hand's total (above 21: bust) and how many stakes ride on it."""
    nodes, decide, may_double = hands()[1], _DECIDE[up], True
    while (action := "stand" if nodes[node].total == 21 else decide(node, may_double)) != "stand":
        after = nodes[node].after[draw()]
        if after < 0:
            return 22, 2 if action == "double" else 1
        if action == "double":
            return nodes[after].total, 2
        node, may_double = after, False
    return nodes[node].total, 1


def _split(draw: Draw, pair: int, up: int, twos: list[list[int]]) -> list[tuple[int, int]]:
    nodes = hands()[1]
    if pair == ACE:
        return [(nodes[twos[ACE][draw()]].total, 1) for _ in range(2)]
    waiting = 2
    done: list[tuple[int, int]] = []
    while waiting:
        card = draw()
        if card == pair and waiting + len(done) < 4:
            waiting += 1
        else:
            waiting -= 1
            done.append(_hand(draw, twos[pair][card], up))
    return done


def _dealer(draw: Draw, up: int, hole: int) -> int:
    counts = list(NOTHING)
    counts[up] += 1
    counts[hole] += 1
    while (total := best(tuple(counts))[0]) < 17:
        counts[draw()] += 1
    return total


# ------------------------------------------------------------------ by the game's own code

#: Positions of a round played by the game's own code, in the order of `play_round`'s answer. Behind is another player.
BETS: Final = {"main": 0, "bet behind": 3, "perfect pairs": 1, "21+3": 2}
_STAKE: Final = 100
_BETS: Final = tuple(
    PlayBet(0, bytes([kind]), 2 if kind == 3 else 1, "", _STAKE, ((kind, _STAKE),)) for kind in BETS.values()
)


def play_round(seed: str, nonce: int) -> list[int]:
    """Play one round by the chart in the game's own code, and return what each of `BETS` returns, in hundredths of a stake.

    The main bet returns what comes back of what is put down later, too, less that.
    """
    play = BLACKJACK.start(SeededDraws(seed, BLACKJACK.name, nonce), _BETS, 0)
    while play.due_ms() != -1:
        view = play.view()
        action, hand = "no_insurance", view.hands[max(view.acting, 0)]
        if view.acting >= 0:
            action = _decided(view, hand)
        step = Step(0, 1, b"c", hand.bet_id, action, hand.hand)
        stake = play.check(step)
        assert type(stake) is int, (action, stake)
        added = PlayBet(0, b"c", 1, "", stake, ((0, stake),)) if stake else None
        play.apply(Step(0, 1, b"c", hand.bet_id, action, hand.hand, added))
    paid = play.payouts()
    later = sum(amount - bet.stake_minor for bet, amount in paid[len(_BETS) :])
    main, *others = [amount for _, amount in paid[: len(_BETS)]]
    return [main + later, *others]


def mean_returns(rounds: int, seed: str) -> dict[str, Fraction]:
    """Return what each of `BETS` returned on average over so many rounds by the game's own code."""
    sums = [0] * len(BETS)
    for nonce in range(rounds):
        for place, returned in enumerate(play_round(seed, nonce)):
            sums[place] += returned
    return {bet: Fraction(returned, rounds * _STAKE) for bet, returned in zip(BETS, sums, strict=True)}


def _decided(view: HandsView, hand: HandView) -> str:
    ranks = [value(card) - 1 for card in hand.cards]
    up = value(view.dealer[0]) - 1
    if "split" in view.actions and chart_splits(ranks[0], up):
        return "split"
    return _DECIDE[up](hand_of(*ranks), "double" in view.actions)


def main() -> int:
    """Play quickly and print how far the mean is from what the chart returns exactly. Exit code 1: above three sigma."""
    from server.rtp.blackjack import CHART

    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10**7
    won = play_quickly(rounds, sys.argv[2] if len(sys.argv) > 2 else "croupier")
    worst = 0.0
    for name, total, squares, exact in (
        ("main", won.main, won.main_squares, CHART.main),
        ("bet behind", won.behind, won.behind_squares, CHART.behind),
    ):
        mean = total / 2 / rounds
        variance = squares / 4 / rounds - mean * mean
        z = (mean - exact) / math.sqrt(variance / rounds)
        worst = max(worst, abs(z))
        print(f"{name}: {rounds} rounds, won {mean:+.7f}, exactly {exact:+.7f}, z {z:+.2f}, variance {variance:.5f}")
    return int(worst > 3)


if __name__ == "__main__":
    sys.exit(main())
