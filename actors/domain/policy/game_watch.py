"""Whether what a game shows, and what it pays, still looks like that game. Counting only; who acts on it is elsewhere.

Rounds are gathered in blocks of the game's `block_rounds`. Whenever one is full, the last 1, 10 and 100 blocks are judged:

- *what is shown* (`Shown`): chi-square of the classes of outcomes against their exact chances;
- *return*: what was paid beside what was to be expected of these very bets, by Bernstein's inequality: with V the sum of
  the rounds' variances and M the most that one round can deviate that way, P(deviation >= t) <= exp(-t^2 / (2 (V + M t / 3))),
  above and below. It holds for few bets and for large ones, where a normal distribution would suspend a table for one lucky
  number. Where the return depends on how people play, it is the deviation from the best and from the poorest play.

Variances are taken as if all bets of a round won together, so they are too large rather than too small.

And of every round, at once: *payouts*. What was paid must follow from the outcome by the rules. That is no statistic: one
payout that does not is SUSPEND.

| level | a P-value of at most | that is |
| --- | --- | --- |
| WATCH | 2.7e-3 | three standard deviations: shown |
| ALARM | 6.3e-5 | four: somebody must look |
| SUSPEND | 5.7e-7 | five: a game without a dealer opens no more rounds |

A fair game reaches a level at most `false_alarms` times in so many rounds (the union bound, so less in truth): SUSPEND four
times in a thousand years of a roulette table with a round a minute. What each game is held to: `watched_games.py`.
Source: domain.md 2.3.8.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Final

import msgspec

from actors.domain.games.game import Outcome
from actors.domain.rounds import SettleEntry
from actors.domain.statistics import chi_square, chi_square_tail

WINDOW_BLOCKS: Final = (1, 10, 100)
#: What a finding is about that is no statistic.
PAYOUTS: Final = "payouts"


class Level(IntEnum):
    """How far from its game a table is. Stored, so numbers never change."""

    GOOD = 0
    WATCH = 1
    ALARM = 2
    SUSPEND = 3


#: Level -> the P-value at or below which it is reached: 3, 4 and 5 standard deviations, two-sided.
LIMITS: Final[Mapping[Level, float]] = {Level.WATCH: 2.7e-3, Level.ALARM: 6.334e-5, Level.SUSPEND: 5.733e-7}


class Block(msgspec.Struct, array_like=True):
    """What rounds in a row came to. counts: by class, all that is shown one after the other. Minor units.

    staked and paid: of the bets that are judged. over and under: paid minus the most and minus the least to be expected;
    variance: of that; most and fall: how far one round can go above and below. These are statistics, never booked, hence
    floats. Stored: fields are only added, at the end.
    """

    rounds: int
    counts: list[int]
    staked: int = 0
    paid: float = 0
    over: float = 0.0
    variance: float = 0.0
    most: float = 0.0
    under: float = 0.0
    fall: float = 0.0


class Watch(msgspec.Struct, array_like=True):
    """What is remembered of one game at one table. The last block may be unfinished. Other rules: everything begins anew."""

    rules_version: str = ""
    blocks: list[Block] = []


class Finding(msgspec.Struct, frozen=True):
    """What was found: the least P-value of all windows, and of what. rtp: of the widest window."""

    level: Level
    p: float
    about: str
    rounds: int
    rtp: float


class Shown(msgspec.Struct, frozen=True):
    """Something that rounds show. chances: of the classes of each of its parts; parts are independent of each other.

    about: what a finding says that it is about.
    """

    about: str
    chances: tuple[tuple[float, ...], ...]


class Bet(msgspec.Struct, frozen=True):
    """What a bet paid, and what was to be expected of it before its outcome. Minor units, as statistics.

    least, best: the mean under the poorest and the best play; equal where play changes nothing. sigma: no less than its
    standard deviation under any play. most, fall: how far one step of it can go above and below. paid may differ from what
    was booked where a part of it cannot be judged (see `watched_games`).
    """

    stake_minor: int
    paid: float
    least: float
    best: float
    sigma: float
    most: float
    fall: float


class Watched(msgspec.Struct, frozen=True):
    """How one game is watched.

    rules_version: rounds by other rules are not judged by these. cells: the classes of an outcome, numbered through all
    that is shown. bet: None where nothing honest can be said of it. is_owed: whether the rules may pay this.
    """

    rules_version: str
    shown: tuple[Shown, ...]
    cells: Callable[[Outcome], Sequence[int]]
    bet: Callable[[Outcome, SettleEntry], Bet | None]
    is_owed: Callable[[Outcome, SettleEntry], bool]
    block_rounds: int = 500
    #: How many classes there are in all; follows from shown.
    classes: int = 0

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "classes", sum(len(part) for one in self.shown for part in one.chances))


def apply_round(watch: Watch, game: Watched, outcome: Outcome, bets: Sequence[SettleEntry]) -> Finding | None:
    """Count a decided round by the rules that are watched. Return what is found where it fills a block or is wrong in itself.

    What is wrong in itself is not counted: it is no round of this game.
    """
    cells = _checked(game, outcome, bets)
    if cells is None:
        return Finding(Level.SUSPEND, 0.0, PAYOUTS, 1, _rtp(watch.blocks))
    block = _block_of(watch, game)
    block.rounds += 1
    for cell in cells:
        block.counts[cell] += 1
    _count_bets(block, [bet for entry in bets if (bet := game.bet(outcome, entry)) is not None])
    return judge(watch, game) if block.rounds >= game.block_rounds else None


def _checked(game: Watched, outcome: Outcome, bets: Sequence[SettleEntry]) -> Sequence[int] | None:
    """Return the classes of an outcome, or None where it is none of this game or does not owe what was paid."""
    try:
        cells = game.cells(outcome)
        is_sound = all(0 <= cell < game.classes for cell in cells)
        return cells if is_sound and all(game.is_owed(outcome, entry) for entry in bets) else None
    except (ValueError, IndexError):  # it cannot even be read by the rules
        return None


def _count_bets(block: Block, bets: Sequence[Bet]) -> None:
    for bet in bets:
        block.staked += bet.stake_minor
        block.paid += bet.paid
        block.over += bet.paid - bet.best
        block.under += bet.paid - bet.least
    block.variance += sum(bet.sigma for bet in bets) ** 2
    block.most = max(block.most, sum(bet.most for bet in bets))
    block.fall = max(block.fall, sum(bet.fall for bet in bets))


def _block_of(watch: Watch, game: Watched) -> Block:
    """Return the block that a round counts in. What was counted by other rules or classes is forgotten."""
    last = watch.blocks[-1] if watch.blocks else None
    if watch.rules_version != game.rules_version or (last and len(last.counts) != game.classes):
        watch.rules_version, watch.blocks, last = game.rules_version, [], None
    if last is None or last.rounds >= game.block_rounds:
        last = Block(0, [0] * game.classes)
        watch.blocks = [*watch.blocks[1 - max(WINDOW_BLOCKS) :], last]
    return last


def judge(watch: Watch, game: Watched) -> Finding:
    """Return what the full blocks say. At least one must be full, and none unfinished."""
    worst = (1.0, game.shown[0].about, 0)
    for size in WINDOW_BLOCKS:
        if size > len(watch.blocks):
            break
        blocks = watch.blocks[-size:]
        counts = [sum(cells) for cells in zip(*(block.counts for block in blocks), strict=True)]
        rounds = sum(block.rounds for block in blocks)
        found = [(p, about, rounds) for about, p in _shown_tails(game, counts)]
        worst = min(worst, *found, (return_tail(blocks), "return", rounds))
    p, about, rounds = worst
    return Finding(level_of(p), p, about, rounds, _rtp(watch.blocks))


def _shown_tails(game: Watched, counts: Sequence[int]) -> list[tuple[str, float]]:
    """Return the P-value of everything that is shown: independent parts' chi-squares add up."""
    tails: list[tuple[str, float]] = []
    first = 0
    for shown in game.shown:
        chi2, df = 0.0, 0
        for chances in shown.chances:
            more, cells = chi_square(counts[first : first + len(chances)], chances)
            chi2, df, first = chi2 + more, df + cells, first + len(chances)
        tails.append((shown.about, chi_square_tail(chi2, df)))
    return tails


def return_tail(blocks: Sequence[Block]) -> float:
    """Return a bound on how likely fair rounds pay so much more than the best play expects, or less than the poorest."""
    spread = sum(block.variance for block in blocks)
    above = _bernstein(sum(block.over for block in blocks), spread, max(block.most for block in blocks))
    below = _bernstein(-sum(block.under for block in blocks), spread, max(block.fall for block in blocks))
    return min(1.0, 2 * min(above, below))


def _bernstein(off: float, spread: float, most: float) -> float:
    return math.exp(-(off**2) / (2 * (spread + most * off / 3))) if off > 0 and most > 0 else 1.0


def level_of(p: float) -> Level:
    """Return the highest level that a P-value reaches."""
    return max((level for level, limit in LIMITS.items() if p <= limit), default=Level.GOOD)


def false_alarms(level: Level, rounds: int, game: Watched) -> float:
    """Return the most that a fair game is expected to reach this level in so many rounds: windows times tests."""
    return rounds / game.block_rounds * len(WINDOW_BLOCKS) * (len(game.shown) + 1) * LIMITS[level]


def _rtp(blocks: Sequence[Block]) -> float:
    """Return what came back of all stakes that are judged; 0 where there were none."""
    staked = sum(block.staked for block in blocks)
    return sum(block.paid for block in blocks) / staked if staked else 0.0
