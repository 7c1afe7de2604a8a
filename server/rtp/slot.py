"""Lantern Bay counted anew: the full cycle from the strips, and the same by the factorised formula.

The full cycle: every combination of stops, reel by reel from the left; combinations that can only go on in the same way
(the same lines still running for the same symbols, the same win so far, the same scatters) are counted together. That
makes 18,461,632 stops a matter of seconds, in whole numbers.

Whole rounds: the cycle's sums are carried forward spin by spin, the cap on free spins included, until every round is over.
(The game publishes the same from the last spin back: `slot_figures`.)

The factorised formula: a line's win is a product over reels, because each row of a reel shows every place of its strip
equally often; the scatters are a sum of five independent reels. It knows the mean only, but shares no code with the count.
What the game's own code shows at every one of the stops is `cycle_by_code`, which takes minutes (`croupier rtp --full`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import product
from math import prod
from typing import Final, NamedTuple

from actors.domain.games import slot_figures as figures
from actors.domain.games import slot_machine as machine
from actors.domain.games.slot import SLOT
from actors.domain.games.slot_figures import Share
from actors.domain.games.slot_machine import (
    CYCLE,
    LINE_PAYS,
    LINES,
    MAX_FREE_SPINS,
    MULTIPLIER,
    REELS,
    ROWS,
    SCATTER,
    SCATTER_PAYS,
    STRIPS,
    WILD,
)
from server.rtp.rows import Row, Teller

GAMES: Final[tuple[Teller, ...]] = (SLOT,)
_HOW: Final = "all 18,461,632 stops, carried through up to 100 free spins"

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


@cache
def full_cycle() -> Counted:
    """Return the sums over every combination of stops. Takes some seconds."""
    states: Counter[_State] = Counter({_State(0, 0, ()): 1})
    for reel in range(REELS):
        states = _next_reel(states, reel)
    by_award: dict[int, list[int]] = {award: [0, 0, 0, 0] for award in (0, *(a for _, a in SCATTER_PAYS.values()))}
    wins: Counter[int] = Counter()
    for state, count in states.items():
        award, units = _end(state)
        sums = by_award[award]
        sums[0] += count
        sums[1] += count * units
        sums[2] += count * units * units
        sums[3] = max(sums[3], units)
        wins[units] += count
    hits = sum(count for units, count in wins.items() if units)
    above = sum(count for units, count in wins.items() if units > len(LINES))
    return Counted({award: Share(*sums) for award, sums in by_award.items()}, hits, above, wins)


def counted(window: Sequence[tuple[int, ...]]) -> tuple[int, int]:
    """Return how many free spins the count gives to one window, and what it wins in stakes of a line."""
    state = _State(0, 0, ())
    for reel, shown in enumerate(window):
        state = _step(state, reel, shown)
    return _end(state)


def _end(state: _State) -> tuple[int, int]:
    times, award = SCATTER_PAYS.get(state.scatters, (0, 0))
    return award, state.units + sum(_line_pay(symbol, REELS) for _, symbol in state.running) + times * len(LINES)


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


def rows() -> list[Row]:
    """Return the one bet there is, from the full cycle."""
    moments = whole_round(full_cycle().by_award)
    return [Row(SLOT.name, "spin", 1, *moments, _HOW)]


def paid() -> list[Row]:
    """Return nothing: what the code pays is held against the count stop by stop in tests, all stops would take an hour."""
    return []


def unlike_published() -> list[str]:
    """Return in words where the published sums are not those of the full cycle; [] is well."""
    counted = full_cycle()
    top = CYCLE * prod(Fraction(strip.count(2) + strip.count(WILD), len(strip)) for strip in STRIPS)
    pairs = {
        "shares of the cycle": (figures.FULL_CYCLE, counted.by_award),
        "hits": (figures.HITS, counted.hits),
        "wins above the stake": (figures.WINS_ABOVE_STAKE, counted.above_stake),
        "top awards": (figures.TOP_AWARD, top),
        "mean of a spin": (figures.mean_units(), (line_return() + scatter_return()) * len(LINES)),
    }
    return [f"slot: {what} published {said}, counted {found}" for what, (said, found) in pairs.items() if said != found]


def whole_round(by_award: Mapping[int, Share]) -> tuple[Fraction, Fraction]:
    """Return mean and variance of a whole round per stake.

    State: rounds by how many free spins they were given so far, as sums of cases, wins and squares of wins. Each step plays
    one free spin of all that have one left; what has none left is over. After k steps sums stand for CYCLE ** (k + 1) cases.
    """
    open_ = {given: (share.stops, share.units, share.squares) for given, share in by_award.items()}
    mean = square = Fraction(0)
    scale = CYCLE
    for played in range(MAX_FREE_SPINS + 1):
        _, units, squares = open_.pop(played, (0, 0, 0))
        mean += Fraction(units, scale)
        square += Fraction(squares, scale)
        open_ = _one_free_spin(open_, by_award)
        scale *= CYCLE
    assert not open_, "the cap ends every round"
    lines = len(LINES)
    return mean / lines, (square - mean * mean) / lines**2


_Sums = tuple[int, int, int]


def _one_free_spin(open_: Mapping[int, _Sums], by_award: Mapping[int, Share]) -> dict[int, _Sums]:
    after: dict[int, _Sums] = {}
    for total, (cases, units, squares) in open_.items():
        for given, share in by_award.items():
            won, won_squares = MULTIPLIER * share.units, MULTIPLIER**2 * share.squares
            then = min(MAX_FREE_SPINS, total + given)
            a, b, c = after.get(then, (0, 0, 0))
            after[then] = (
                a + cases * share.stops,
                b + units * share.stops + cases * won,
                c + squares * share.stops + 2 * units * won + cases * won_squares,
            )
    return after


def line_return() -> Fraction:
    """Return what a line pays on average, in its stakes: factorised."""
    return sum((line_pay_return(symbol, count) for symbol in LINE_PAYS for count in (3, 4, 5)), Fraction(0))


def line_pay_return(symbol: int, count: int) -> Fraction:
    """Return what exactly so many of a symbol on a line bring on average, in stakes of the line: a product over reels."""
    match = [Fraction(strip.count(symbol) + strip.count(WILD), len(strip)) for strip in STRIPS]
    ends = 1 - match[count] if count < REELS else 1
    return LINE_PAYS[symbol][count - 3] * prod(match[:count], start=Fraction(1)) * ends


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


def cycle_by_code() -> dict[int, Share]:
    """Return the sums over every combination of stops, each shown by the game's own code. Takes minutes."""
    sums = {award: [0, 0, 0, 0] for award in figures.FULL_CYCLE}
    for stops in product(*(range(len(strip)) for strip in STRIPS)):
        spin = machine.show(stops, is_free=False, left=MAX_FREE_SPINS)
        entry = sums[spin.free_spins]
        entry[0] += 1
        entry[1] += spin.units
        entry[2] += spin.units * spin.units
        entry[3] = max(entry[3], spin.units)
    return {award: Share(*entry) for award, entry in sums.items()}


def unlike_code() -> list[str]:
    """Return in words where the game's code, walked over its full cycle, is not what was counted."""
    counted_, code = full_cycle().by_award, cycle_by_code()
    return [
        f"{SLOT.name}: {award} free spins: the code's cycle has {code[award]}, counted {counted_[award]}"
        for award in counted_
        if code[award] != counted_[award]
    ]
