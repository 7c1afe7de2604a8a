"""Crash in closed form: of 2^52 equally likely numbers so many lead to a bust at a target or above it.

99 * 2^52 / s >= m for s = 1 .. 2^52 is s <= 99 * 2^52 / m; the code is asked for where, along all numbers, it begins to pay.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from actors.domain.games.crash import CRASH, bust_of
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Outcome
from server.rtp.rows import Row, Teller, row_of

GAMES: Final[tuple[Teller, ...]] = (CRASH,)
NUMBERS: Final = 2**52
#: Published targets in hundredths.
TARGETS: Final[Mapping[str, int]] = {
    "Cash-out at 1.01x": 101,
    "Cash-out at 1.50x": 150,
    "Cash-out at 2.00x": 200,
    "Cash-out at 10.00x": 1_000,
    "Cash-out at 100.00x": 10_000,
    "Cash-out at 10000.00x": 1_000_000,
}
#: A stake whose winnings need no rounding and stay within the most that is paid.
STAKE: Final = 10_000


def rows() -> list[Row]:
    """Return every published target."""
    return [
        _row(bet, target, 99 * NUMBERS // target, "closed form over 2^52 numbers") for bet, target in TARGETS.items()
    ]


def paid() -> list[Row]:
    """Return what the game's code pays: busts ascend with the number, so it pays from some number on."""
    how = "the game's code, searched over 2^52 numbers"
    return [_row(bet, target, NUMBERS - _first_paid(target), how) for bet, target in TARGETS.items()]


def _row(bet: str, target: int, wins: int, how: str) -> Row:
    return row_of(CRASH.name, bet, 1, {Fraction(target, 100): wins, Fraction(0): NUMBERS - wins}, how)


def _first_paid(target: int) -> int:
    return bisect_left(range(NUMBERS), True, key=lambda r: pays(target, r) == STAKE * target // 100)


def pays(target: int, r: int) -> int:
    """Return what the code pays on this target when the digest begins with this number."""
    digest = (r << 204).to_bytes(32, "big")
    return CRASH.payout(target, STAKE, Outcome(bust_of(digest)))


def sample_means(rounds: int, seed: str) -> dict[str, Fraction]:
    """Return what each target returned on average over so many rounds, each with a seed of its own, by the game's code."""
    targets = sorted(TARGETS.values())
    reached = [0] * (len(targets) + 1)
    for number in range(rounds):
        bust = bust_of(SeededDraws(f"{seed}:{number}", CRASH.name, number).digest())
        reached[bisect_left(targets, bust + 1)] += 1
    at_least = {target: sum(reached[place + 1 :]) for place, target in enumerate(targets)}
    return {bet: Fraction(target * at_least[target], 100 * rounds) for bet, target in TARGETS.items()}
