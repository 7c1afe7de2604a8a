"""Lantern Bay counted anew: the full cycle from the strips, and the same by the factorised formula.

The full cycle: every combination of stops, reel by reel from the left; combinations that can only go on in the same way
(the same lines still running for the same symbols, the same win so far, the same scatters) are counted together. That
makes 18,461,632 stops a matter of seconds, in whole numbers.

The factorised formula: a line's win is a product over reels, because each row of a reel shows every place of its strip
equally often; the scatters are a sum of five independent reels. It knows the mean only, but shares no code with the count.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import prod
from typing import NamedTuple

from actors.domain.games.slot_figures import Share
from actors.domain.games.slot_machine import LINE_PAYS, LINES, REELS, ROWS, SCATTER, SCATTER_PAYS, STRIPS, WILD

#: Lines that still run, as (line, symbol).
_Running = tuple[tuple[int, int], ...]


class _State(NamedTuple):
    """What the reels so far came to. units: of the lines that have ended."""

    units: int
    scatters: int
    running: _Running


class Counted(NamedTuple):
    """The full cycle. by_award: as published. hits: wins; above_stake: of more than the stake."""

    by_award: dict[int, Share]
    hits: int
    above_stake: int
    wins: Counter[int]


def full_cycle() -> Counted:
    """Return the sums over every combination of stops. Takes some seconds."""
    states: Counter[_State] = Counter({_State(0, 0, ()): 1})
    for reel in range(REELS):
        states = _next_reel(states, reel)
    by_award: dict[int, list[int]] = {award: [0, 0, 0, 0] for award in (0, *(a for _, a in SCATTER_PAYS.values()))}
    wins: Counter[int] = Counter()
    for state, count in states.items():
        times, award = SCATTER_PAYS.get(state.scatters, (0, 0))
        units = state.units + sum(_line_pay(symbol, REELS) for _, symbol in state.running) + times * len(LINES)
        sums = by_award[award]
        sums[0] += count
        sums[1] += count * units
        sums[2] += count * units * units
        sums[3] = max(sums[3], units)
        wins[units] += count
    hits = sum(count for units, count in wins.items() if units)
    above = sum(count for units, count in wins.items() if units > len(LINES))
    return Counted({award: Share(*sums) for award, sums in by_award.items()}, hits, above, wins)


def _next_reel(states: Counter[_State], reel: int) -> Counter[_State]:
    strip = STRIPS[reel]
    windows = Counter(tuple(strip[(stop + row) % len(strip)] for row in range(ROWS)) for stop in range(len(strip)))
    after: Counter[_State] = Counter()
    for state, count in states.items():
        for shown, places in windows.items():
            after[_step(state, reel, shown)] += count * places
    return after


def _step(state: _State, reel: int, shown: tuple[int, ...]) -> _State:
    scatters = state.scatters + shown.count(SCATTER)
    if reel == 0:
        begun = tuple((line, shown[rows[0]]) for line, rows in enumerate(LINES) if shown[rows[0]] in LINE_PAYS)
        return _State(0, scatters, begun)
    units, running = state.units, []
    for line, symbol in state.running:
        if shown[LINES[line][reel]] in (symbol, WILD):
            running.append((line, symbol))
        else:
            units += _line_pay(symbol, reel)
    return _State(units, scatters, tuple(running))


def _line_pay(symbol: int, count: int) -> int:
    return LINE_PAYS[symbol][count - 3] if count >= 3 else 0


def line_return() -> Fraction:
    """Return what a line pays on average, in its stakes: factorised."""
    total = Fraction(0)
    for symbol, pays in LINE_PAYS.items():
        match = [Fraction(strip.count(symbol) + strip.count(WILD), len(strip)) for strip in STRIPS]
        for count, pay in zip((3, 4, 5), pays, strict=True):
            ends = 1 - match[count] if count < REELS else 1
            total += pay * prod(match[:count]) * ends
    return total


def scatter_chances() -> list[Fraction]:
    """Return the chances of 0 .. 5 scatters: each reel shows at most one of its own, independent of the others."""
    chances = [Fraction(1)]
    for strip in STRIPS:
        here = Fraction(ROWS * strip.count(SCATTER), len(strip))
        longer = [*chances, Fraction(0)]
        chances = [longer[n] * (1 - here) + (longer[n - 1] * here if n else 0) for n in range(len(longer))]
    return chances


def scatter_return() -> Fraction:
    """Return what scatters pay on average, in whole stakes: factorised."""
    chances = scatter_chances()
    return sum((chances[n] * times for n, (times, _) in SCATTER_PAYS.items()), Fraction(0))
