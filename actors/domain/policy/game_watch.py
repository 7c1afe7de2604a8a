"""Whether what a table shows, and what it pays, still looks like its game. Counting only; who acts on it is elsewhere.

Rounds are gathered in blocks of BLOCK_ROUNDS. Whenever one is full, the last 1, 10 and 100 blocks are judged:

- *outcomes*: chi-square of the classes of outcomes against their exact chances;
- *return*: what was paid over what was expected of these very bets, by Bernstein's inequality: with V the sum of the
  rounds' variances and M the most that one round can deviate, P(|deviation| >= t) <= 2 exp(-t^2 / (2 (V + M t / 3))). It
  holds for few bets and for large ones, where a normal distribution would suspend a table for one lucky number.

Variances are taken as if all bets of a round won together, so they are too large rather than too small.

| level | a P-value of at most | that is |
| --- | --- | --- |
| WATCH | 2.7e-3 | three standard deviations: shown |
| ALARM | 6.3e-5 | four: somebody must look |
| SUSPEND | 5.7e-7 | five: a table without a dealer opens no more rounds |

A fair table reaches a level at most `false_alarms(level, rounds)` times in so many rounds (the union bound, so less in
truth): SUSPEND four times in a thousand table-years of a round a minute. Source: domain.md 2.3.8.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import Final

import msgspec

from actors.domain.games import baccarat, crash, roulette
from actors.domain.games.catalogue import table_game
from actors.domain.games.game import Outcome
from actors.domain.rounds import SettleEntry
from actors.domain.statistics import chi_square, chi_square_tail

BLOCK_ROUNDS: Final = 500
WINDOW_BLOCKS: Final = (1, 10, 100)


class Level(IntEnum):
    """How far from its game a table is. Stored, so numbers never change."""

    GOOD = 0
    WATCH = 1
    ALARM = 2
    SUSPEND = 3


#: Level -> the P-value at or below which it is reached: 3, 4 and 5 standard deviations, two-sided.
LIMITS: Final[Mapping[Level, float]] = {Level.WATCH: 2.7e-3, Level.ALARM: 6.334e-5, Level.SUSPEND: 5.733e-7}


class Block(msgspec.Struct, array_like=True):
    """What up to BLOCK_ROUNDS rounds in a row came to. counts: by class of outcome. Minor units.

    staked and paid: of the bets that are judged. over: paid minus expected; variance: of that; most: what one round can
    add to it at the utmost. These three are statistics, never booked, hence floats.
    """

    rounds: int
    counts: list[int]
    staked: int = 0
    paid: int = 0
    over: float = 0.0
    variance: float = 0.0
    most: float = 0.0


class Watch(msgspec.Struct, array_like=True):
    """What is remembered of one table. The last block may be unfinished. Other rules: everything begins anew."""

    rules_version: str = ""
    blocks: list[Block] = []


class Finding(msgspec.Struct, frozen=True):
    """What the last full block led to: the least P-value of all windows, and of what. rtp: of the widest window."""

    level: Level
    p: float
    about: str
    rounds: int
    rtp: float


class Bet(msgspec.Struct, frozen=True):
    """Of one unit staked: mean, standard deviation and the most of what comes back."""

    mean: float
    sigma: float
    most: float


class Watched(msgspec.Struct, frozen=True):
    """How one game is watched. chances: of each class; cell: an outcome's class. bet: of a position; None: not judged."""

    chances: tuple[float, ...]
    cell: Callable[[Outcome], int]
    bet: Callable[[int], Bet | None]


def _roulette_bet(position: int) -> Bet:
    size = roulette.SIZES[position]
    pays, chance = 36 / size, size / roulette.POCKETS
    return Bet(pays * chance, pays * math.sqrt(chance * (1 - chance)), pays)


def _baccarat_bets(name: str) -> Callable[[int], Bet]:
    most = (2.0, 2.0, 9.0, 12.0, 12.0, 13.0)
    bets = [
        Bet(float(row.rtp), math.sqrt(row.variance), most[place])
        for place, row in enumerate(table_game(name).returns())
    ]
    return lambda position: bets[position]


def _crash_bet(position: int) -> Bet | None:
    if not position:
        return None  # by hand: the player chooses when
    row = crash.target_return(position)
    return Bet(float(row.rtp), math.sqrt(row.variance), position / 100)


_WINNERS: Final = (baccarat.PLAYER_WINS, baccarat.BANKER_WINS, baccarat.TIES)
_BUSTS: Final = (101, 110, 125, 150, 200, 300, 500, 1_000, 2_000, 5_000)
_ABOVE: Final = (1.0, *(float(crash.chance(cut)) for cut in _BUSTS), 0.0)


def _baccarat(name: str) -> Watched:
    chances = tuple(wins / baccarat.ORDERS for wins in _WINNERS)
    return Watched(chances, lambda outcome: outcome.number & 3, _baccarat_bets(name))


#: Game -> how it is watched. Of blackjack the dealer's first card: bets there return what their players make of them.
WATCHED: Final[Mapping[str, Watched]] = {
    "roulette": Watched((1 / roulette.POCKETS,) * roulette.POCKETS, lambda outcome: outcome.number, _roulette_bet),
    "baccarat": _baccarat("baccarat"),
    "baccarat-no-commission": _baccarat("baccarat-no-commission"),
    "crash": Watched(
        tuple(above - next_above for above, next_above in pairwise(_ABOVE)),
        lambda outcome: sum(outcome.number >= cut for cut in _BUSTS),
        _crash_bet,
    ),
    "blackjack": Watched((1 / 13,) * 13, lambda outcome: outcome.detail[1] % 13, lambda position: None),
}


def apply_round(watch: Watch, game: Watched, outcome: Outcome, bets: Sequence[SettleEntry]) -> bool:
    """Count a decided round; tell whether that filled a block, which is then to be judged."""
    if not watch.blocks or watch.blocks[-1].rounds == BLOCK_ROUNDS:
        watch.blocks = [*watch.blocks[1 - max(WINDOW_BLOCKS) :], Block(0, [0] * len(game.chances))]
    block = watch.blocks[-1]
    block.rounds += 1
    block.counts[game.cell(outcome)] += 1
    over = sigma = most = 0.0
    for entry in bets:
        rows = [(game.bet(position), stake) for position, stake in entry.chips]
        known = [(bet, stake) for bet, stake in rows if bet is not None]
        if not known or len(known) < len(rows):
            continue
        block.staked += entry.stake_minor
        block.paid += entry.payout_minor
        over += entry.payout_minor - sum(bet.mean * stake for bet, stake in known)
        sigma += sum(bet.sigma * stake for bet, stake in known)
        most += sum(bet.most * stake for bet, stake in known)
    block.over += over
    block.variance += sigma**2
    block.most = max(block.most, most)
    return block.rounds == BLOCK_ROUNDS


def judge(watch: Watch, game: Watched) -> Finding:
    """Return what the full blocks say. At least one must be full, and none unfinished."""
    worst = (1.0, "outcomes", 0)
    for size in WINDOW_BLOCKS:
        if size > len(watch.blocks):
            break
        blocks = watch.blocks[-size:]
        counts = [sum(cells) for cells in zip(*(block.counts for block in blocks), strict=True)]
        rounds = size * BLOCK_ROUNDS
        worst = min(worst, (chi_square_tail(*chi_square(counts, game.chances)), "outcomes", rounds))
        worst = min(worst, (return_tail(blocks), "return", rounds))
    p, about, rounds = worst
    return Finding(level_of(p), p, about, rounds, _rtp(watch.blocks))


def return_tail(blocks: Sequence[Block]) -> float:
    """Return a bound on how likely fair rounds pay so much more or less than expected."""
    over = abs(sum(block.over for block in blocks))
    spread = sum(block.variance for block in blocks)
    most = max(block.most for block in blocks)
    if not most:
        return 1.0
    return min(1.0, 2 * math.exp(-(over**2) / (2 * (spread + most * over / 3))))


def level_of(p: float) -> Level:
    """Return the highest level that a P-value reaches."""
    return max((level for level, limit in LIMITS.items() if p <= limit), default=Level.GOOD)


def false_alarms(level: Level, rounds: int) -> float:
    """Return the most that a fair table is expected to reach this level in so many rounds: windows times two tests."""
    return rounds / BLOCK_ROUNDS * len(WINDOW_BLOCKS) * 2 * LIMITS[level]


def _rtp(blocks: Sequence[Block]) -> float:
    """Return what came back of all stakes that are judged; 0 where there were none."""
    staked = sum(block.staked for block in blocks)
    return sum(block.paid for block in blocks) / staked if staked else 0.0
