"""Rounds played by the games' own code, held against the exact returns: smoke, not proof (docs/rtp.md).

Every round has a stream of its own, as at a table: `SeededDraws(seed, name of the game, round)`. The same seed gives the same
figures. A game takes part with a line in `GAMES`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final, Protocol

import msgspec

from actors.domain.games.baccarat import BACCARAT, BACCARAT_NO_COMMISSION
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Draws, Outcome
from actors.domain.games.roulette_game import ROULETTE
from actors.domain.games.slot import SLOT
from server.rtp import baccarat, blackjack_simulation, crash, roulette
from server.rtp.rows import STAKE, Payer, Row

#: How far a mean may lie from its exact value, in standard deviations of such a mean.
SIGMAS: Final = 3.0


class Sample(msgspec.Struct, frozen=True):
    """What one bet returned on average over so many rounds, for one unit staked in each."""

    game: str
    bet: str
    rounds: int
    mean: Fraction


class Drawer(Payer, Protocol):
    """The part of a `TableGame` that plays rounds without a dealer."""

    def draw(self, draws: Draws) -> Outcome:
        """Return the outcome of a round."""
        ...


def play_table(game: Drawer, bets: Mapping[str, int], rounds: int, seed: str) -> list[Sample]:
    """Play rounds of a table game of which `Outcome.number` says all that payouts need. bets: name -> position staked on."""
    numbers = Counter(game.draw(SeededDraws(seed, game.name, nonce)).number for nonce in range(rounds))
    return [
        Sample(
            game.name,
            bet,
            rounds,
            Fraction(
                sum(count * game.payout(position, STAKE, Outcome(number)) for number, count in numbers.items()),
                rounds * STAKE,
            ),
        )
        for bet, position in bets.items()
    ]


def deviation(sample: Sample, row: Row) -> float:
    """Return how many standard deviations of such a mean the sample lies from the exact return."""
    return float(sample.mean - row.rtp) * math.sqrt(sample.rounds) / math.sqrt(row.variance)


def outliers(samples: Sequence[Sample], table: Sequence[Row]) -> list[str]:
    """Return in words which samples are further from the table than `SIGMAS`."""
    rows = {(row.game, row.bet): row for row in table}
    found = [(sample, deviation(sample, rows[sample.game, sample.bet])) for sample in samples]
    return [f"{sample.game}: {sample.bet} is {z:+.2f} sigma off" for sample, z in found if abs(z) > SIGMAS]


def play_slot(rounds: int, seed: str) -> list[Sample]:
    """Play whole rounds of the slot, free spins and all."""
    paid = sum(SLOT.spin(SeededDraws(seed, SLOT.name, nonce), STAKE).payout_minor for nonce in range(rounds))
    return [Sample(SLOT.name, "spin", rounds, Fraction(paid, rounds * STAKE))]


#: Who plays: rounds, seed -> samples, one for each bet (of bets alike in all, one position).
GAMES: Final[Mapping[str, Callable[[int, str], list[Sample]]]] = {
    "roulette": lambda rounds, seed: play_table(ROULETTE, roulette.first_positions(), rounds, seed),
    "baccarat": lambda rounds, seed: play_table(
        BACCARAT, {bet: places[0] for bet, places in baccarat.BETS.items()}, rounds, seed
    ),
    "baccarat-no-commission": lambda rounds, seed: play_table(
        BACCARAT_NO_COMMISSION,
        {bet: places[0] for bet, places in baccarat.BETS_NO_COMMISSION.items()},
        rounds,
        seed,
    ),
    "blackjack": lambda rounds, seed: [
        Sample("blackjack", bet, rounds, mean) for bet, mean in blackjack_simulation.mean_returns(rounds, seed).items()
    ],
    "slot": play_slot,
    "crash": lambda rounds, seed: [
        Sample("crash", bet, rounds, mean) for bet, mean in crash.sample_means(rounds, seed).items()
    ],
}
