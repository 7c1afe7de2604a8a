"""The battery of final outputs: plays each game many times from one source and tests what came out."""

from __future__ import annotations

import math
import time
from itertools import pairwise
from typing import Final

import numpy as np

from actors.domain.games import baccarat, slot_figures, slot_machine
from actors.domain.games.cards import DECK, Shoe, shuffled
from actors.domain.games.crash import bust_of, chance
from actors.domain.games.draws import SeededDraws, chain
from actors.domain.games.game import Draws
from actors.domain.games.roulette import POCKETS
from actors.domain.games.roulette_game import ROULETTE
from actors.domain.games.slot import SLOT
from actors.domain.statistics import normal_two_sided
from server.entropy import LibsodiumEntropy
from tests.inspection import outputs
from tests.inspection.outputs import Values
from tests.inspection.sources import Source, foreseen

#: Numbers after which a Mersenne Twister's seed is looked for, and how far around its start.
SEEN: Final = 12
WINDOW_MS: Final = 20_000
#: Where busts are cut into classes, in hundredths.
BUSTS: Final = (101, 110, 125, 150, 175, 200, 250, 300, 400, 500, 750, 1_000, 2_000, 5_000, 10_000)


class Told:
    """A stream that remembers what it gave: which physical card of a shoe was taken."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self.given: list[int] = []

    def below(self, n: int) -> int:
        self.given.append(self._draws.below(n))
        return self.given[-1]


def spins(source: Source, count: int) -> Values:
    """Return so many pockets of roulette."""
    return np.array([ROULETTE.draw(source.round()).number for _ in range(count)], dtype=np.int64)


def battery(source: Source, rounds: int) -> dict[str, float]:
    """Return the P-values of everything that can be tested on this source's outcomes."""
    found = predictability(source)
    found |= roulette(spins(source, rounds))
    found |= tables(spins(source, rounds // 2), spins(source, rounds // 2))
    found |= shoes(source, rounds // 10)
    found |= punto_banco(source, rounds // 20)
    found |= slot(source, rounds // 20)
    if isinstance(source.round(), SeededDraws):
        found |= crash(rounds // 10)
    return found


def predictability(source: Source) -> dict[str, float]:
    """0 where the first numbers tell the seed, else 1."""
    numbers = spins(source, SEEN).tolist()
    seed = foreseen(numbers, POCKETS, time.time_ns() // 1_000_000, WINDOW_MS)
    return {"no seed from the clock gives these numbers": 0.0 if seed is not None else 1.0}


def roulette(pockets: Values) -> dict[str, float]:
    """Pockets of one table."""
    lags = range(1, 11)
    return {
        "roulette: pockets": outputs.evenly(pockets, POCKETS),
        "roulette: runs": outputs.runs(pockets, POCKETS),
        "roulette: coupon collector": outputs.coupons(pockets, POCKETS),
        "roulette: duplicates of 5": outputs.duplicates(pockets, POCKETS, 5),
        **{f"roulette: serial correlation, lag {lag}": outputs.serial_correlation(pockets, lag) for lag in lags},
        **{f"roulette: repeats, lag {lag}": outputs.repeats(pockets, POCKETS, lag) for lag in lags},
        "roulette: pairs in a row": outputs.interplay(pockets[:-1:2], pockets[1::2], POCKETS),
    }


def tables(first: Values, second: Values) -> dict[str, float]:
    """Two tables beside each other, each against what the other shows now and showed before."""
    return {
        "two tables: same round": outputs.interplay(first, second, POCKETS),
        "two tables: one round behind": outputs.interplay(first[:-1], second[1:], POCKETS),
        "two tables: one round ahead": outputs.interplay(first[1:], second[:-1], POCKETS),
    }


def shoes(source: Source, rounds: int) -> dict[str, float]:
    """First cards of shoes by the physical card, and every card's place in a shuffled deck."""
    found = {}
    for decks in (1, 6, 8):
        first = []
        for _ in range(rounds):
            told = Told(source.round())
            Shoe(told, decks).deal()
            first.append(told.given[0])
        found[f"cards: first of {decks * DECK}"] = outputs.evenly(np.array(first, dtype=np.int64), decks * DECK)
    packs = [shuffled(source.round(), 1) for _ in range(rounds // 5)]
    return found | {"cards: card by place of 52": outputs.places(packs, DECK)}


def punto_banco(source: Source, rounds: int) -> dict[str, float]:
    """Winners of punto banco against the exact counts of all orders."""
    winners = np.bincount([baccarat.BACCARAT.draw(source.round()).number & 3 for _ in range(rounds)], minlength=3)
    orders = {
        baccarat.PLAYER: baccarat.PLAYER_WINS,
        baccarat.BANKER: baccarat.BANKER_WINS,
        baccarat.TIE: baccarat.TIES,
    }
    chances = [orders[winner] / baccarat.ORDERS for winner in range(3)]
    return {"punto banco: winners": outputs.shares(winners[:3], chances)}


def crash(rounds: int) -> dict[str, float]:
    """Busts of flights along a hash chain, against the closed form."""
    entropy = LibsodiumEntropy()
    salt = entropy.token(32).hex()
    seeds = chain(entropy.token(32).hex(), rounds)[1:]
    busts = [bust_of(SeededDraws(seed, salt, number).digest()) for number, seed in enumerate(seeds, start=1)]
    above = [1.0, *(float(chance(cut)) for cut in BUSTS), 0.0]
    counts = np.bincount(np.searchsorted(BUSTS, busts, side="right"), minlength=len(BUSTS) + 1)
    return {"crash: busts": outputs.shares(counts, [a - b for a, b in pairwise(above)])}


def slot(source: Source, rounds: int) -> dict[str, float]:
    """Stops of the paid spins, reel by reel, and what the machine returned."""
    stake = 20
    played = [SLOT.spin(source.round(), stake) for _ in range(rounds)]
    stops = np.array([spin.outcome.detail[: slot_machine.REELS] for spin in played], dtype=np.int64)
    found = {
        f"slot: stops of reel {reel + 1}": outputs.evenly(stops[:, reel], len(strip))
        for reel, strip in enumerate(slot_machine.STRIPS)
    }
    found |= slot_features([len(spin.outcome.detail) > slot_machine.REELS for spin in played])
    return found | slot_return([spin.payout_minor / stake for spin in played])


def slot_return(returns: list[float]) -> dict[str, float]:
    """What came back, against the exact return: theory +- z * sigma / sqrt(n)."""
    [bet] = SLOT.returns()
    mean, sigma = float(bet.rtp), math.sqrt(bet.variance)
    return {"slot: return": normal_two_sided((sum(returns) / len(returns) - mean) / sigma * math.sqrt(len(returns)))}


def slot_features(free: list[bool]) -> dict[str, float]:
    """How often the paid spin gives free spins, against the full cycle. The dearest rounds are among these."""
    share = slot_figures.FULL_CYCLE[0].stops / slot_machine.CYCLE
    given = sum(free)
    return {"slot: rounds with free spins": outputs.shares([len(free) - given, given], [share, 1 - share])}
