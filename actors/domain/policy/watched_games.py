"""What the guard holds each game to: the chances of what it shows, what its bets return, what its rules may pay.

| game | shown | return | payouts |
| --- | --- | --- | --- |
| roulette | pockets | of each position | recomputed |
| punto banco | winners | of each kind of bet | recomputed |
| crash | classes of busts | of targets; by hand as below | within what the bust lets out |
| blackjack | first cards | between poor and best play | recomputed (`watched_blackjack.py`) |
| slot | stops of the reels; whether the paid spin wins | of whole rounds, spin by spin | recomputed from the stops |

*Cash-outs by hand at crash.* Whatever a player does, a ride that is ended at ten times the stake at the latest returns 99 % of
it, less one hundredth's step where it ends by hand (98.02 % at 1.00x): nobody can choose a moment that the bust does not
know already, so every moment is as good as any other. Riding on without an end has no variance, a ride to ten has that of
the target ten. So each is judged as if it had been cashed out at ten: where its player rode on, the bust says whether it
came so far. Too much means that somebody knows busts before they happen: neither busts nor payouts would show it.
(Stakes that an interrupted flight gives back are not settled and not judged.)

*The slot's return.* A whole round may pay thousands of stakes, so a bound on rounds would see nothing. What a round is
expected to pay yet changes with each of its spins (a martingale): the sum of these steps is exactly payout minus RTP, and
a step's variance and utmost are small and known (`slot_figures.steps`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final

import msgspec

from actors.domain.games import baccarat, crash, roulette, slot_figures
from actors.domain.games.catalogue import TABLE_GAMES
from actors.domain.games.crash_play import effective_target
from actors.domain.games.game import Outcome
from actors.domain.games.roulette_game import ROULETTE
from actors.domain.games.slot import SLOT, recompute
from actors.domain.games.slot_machine import CYCLE, LINES, MAX_FREE_SPINS, REELS, STRIPS, show
from actors.domain.policy.game_watch import Bet, Shown, Watched
from actors.domain.policy.watched_blackjack import BLACKJACK_WATCH
from actors.domain.rounds import SettleEntry

#: A slot has many more rounds than a table, so it is judged more seldom: ten rounds a second for three years are one
#: false suspension at most.
SLOT_BLOCK_ROUNDS: Final = 5_000

#: Of one unit staked: mean, standard deviation, the most that comes back.
_Moments = tuple[float, float, float]


def _fixed(entry: SettleEntry, moments: Callable[[int], _Moments]) -> Bet | None:
    """Return a bet whose positions' moments are known; None where its chips are not."""
    expected = sigma = most = 0.0
    for position, stake in entry.chips:
        known = moments(position)
        expected += known[0] * stake
        sigma += known[1] * stake
        most += known[2] * stake
    return (
        Bet(entry.stake_minor, entry.payout_minor, expected, expected, sigma, most, expected) if entry.chips else None
    )


# ---------------------------------------------------------------- roulette and punto banco


def _roulette_moments(position: int) -> _Moments:
    size = roulette.SIZES[position]
    pays, chance = 36 / size, size / roulette.POCKETS
    return pays * chance, pays * math.sqrt(chance * (1 - chance)), pays


def _recomputed(name: str) -> Callable[[Outcome, SettleEntry], bool]:
    game = TABLE_GAMES[name]

    def is_owed(outcome: Outcome, entry: SettleEntry) -> bool:
        owed = sum(game.payout(position, stake, outcome) for position, stake in entry.chips)
        return not entry.chips or owed == entry.payout_minor

    return is_owed


_WINNERS: Final = (baccarat.PLAYER_WINS, baccarat.BANKER_WINS, baccarat.TIES)
_BACCARAT_MOST: Final = (2.0, 2.0, 9.0, 12.0, 12.0, 13.0)


def _baccarat(name: str) -> Watched:
    game = TABLE_GAMES[name]
    moments = [
        (float(row.rtp), math.sqrt(row.variance), most)
        for row, most in zip(game.returns(), _BACCARAT_MOST, strict=False)
    ]
    return Watched(
        game.rules_version,
        (Shown("outcomes", (tuple(wins / baccarat.ORDERS for wins in _WINNERS),)),),
        lambda outcome: (outcome.number & 3,),
        lambda _, entry: _fixed(entry, lambda position: moments[position]),
        _recomputed(name),
    )


# ---------------------------------------------------------------- crash

_BUSTS: Final = (101, 110, 125, 150, 200, 300, 500, 1_000, 2_000, 5_000)
#: A ride by hand is judged up to here, in hundredths; and what it returns at the least, at 1.00x.
_RIDE_MAX: Final = 1_000
_BY_HAND_LEAST: Final = 0.98
_ABOVE: Final = (1.0, *(float(crash.chance(cut)) for cut in _BUSTS), 0.0)


@lru_cache
def _crash_moments(position: int) -> _Moments:
    row = crash.target_return(position)
    return float(row.rtp), math.sqrt(row.variance), position / 100


def _crash_bet(outcome: Outcome, entry: SettleEntry) -> Bet | None:
    """Return targets as they are and rides by hand as if they had ended at ten. Not where one order has both: whose is the pay?"""
    by_hand = [position == crash.MANUAL for position, _ in entry.chips]
    if not any(by_hand):
        return _fixed(entry, _crash_moments)
    if not all(by_hand):
        return None
    ten = _fixed(msgspec.structs.replace(entry, chips=[(_RIDE_MAX, entry.stake_minor)]), _crash_moments)
    assert ten is not None, "it has a chip"
    came_so_far = outcome.number >= _RIDE_MAX
    rode = ten.most if came_so_far and not entry.payout_minor else min(ten.most, entry.payout_minor)
    least = _BY_HAND_LEAST * entry.stake_minor - 1  # payouts are rounded down
    return msgspec.structs.replace(ten, paid=rode, least=least)


def _crash_owed(outcome: Outcome, entry: SettleEntry) -> bool:
    """Tell whether this bust lets a bet out at this. Of an interrupted flight open stakes may have come back beside others."""
    end, low, high = min(outcome.number, crash.TARGET_MAX), 0, 0
    for position, stake in entry.chips:
        target = effective_target(position, stake)
        low += stake if target <= end else 0
        out = target if target <= end else outcome.number - 1
        high += max(stake * out // 100 if out >= 100 else 0, stake if len(entry.chips) > 1 else 0)
    return not entry.chips or low <= entry.payout_minor <= high


# ---------------------------------------------------------------- the slot

_STARTS: Final = tuple(accumulate((len(strip) for strip in STRIPS), initial=0))
_WIN_CHANCES: Final = (
    1 - slot_figures.HITS / CYCLE,
    (slot_figures.HITS - slot_figures.WINS_ABOVE_STAKE) / CYCLE,
    slot_figures.WINS_ABOVE_STAKE / CYCLE,
)
_SLOT_RTP: Final = float(slot_figures.whole_round().mean)
_PAID, _FREE = slot_figures.steps()


def _slot_cells(outcome: Outcome) -> Sequence[int]:
    """Return every stop of paid and free spins, and the class of what the paid spin won by itself."""
    stops = outcome.detail
    cells = [_STARTS[place % REELS] + stop for place, stop in enumerate(stops)]
    units = show(stops[:REELS], is_free=False, left=MAX_FREE_SPINS).units
    return [*cells, _STARTS[-1] + (units > 0) + (units > len(LINES))]


def _slot_bet(outcome: Outcome, entry: SettleEntry) -> Bet:
    free = len(outcome.detail) // REELS - 1
    sigma = math.sqrt(_PAID.variance + free * _FREE.variance)
    stake = entry.stake_minor
    expected = _SLOT_RTP * stake
    return Bet(
        entry.stake_minor, entry.payout_minor, expected, expected, sigma * stake, _FREE.most * stake, _FREE.fall * stake
    )


def _slot_owed(outcome: Outcome, entry: SettleEntry) -> bool:
    return recompute(outcome, entry.stake_minor) == entry.payout_minor


#: Game -> how it is watched.
WATCHED: Final[Mapping[str, Watched]] = {
    "roulette": Watched(
        ROULETTE.rules_version,
        (Shown("outcomes", ((1 / roulette.POCKETS,) * roulette.POCKETS,)),),
        lambda outcome: (outcome.number,),
        lambda _, entry: _fixed(entry, _roulette_moments),
        _recomputed("roulette"),
    ),
    "baccarat": _baccarat("baccarat"),
    "baccarat-no-commission": _baccarat("baccarat-no-commission"),
    "crash": Watched(
        crash.CRASH.rules_version,
        (Shown("outcomes", (tuple(above - next_above for above, next_above in pairwise(_ABOVE)),)),),
        lambda outcome: (sum(outcome.number >= cut for cut in _BUSTS),),
        _crash_bet,
        _crash_owed,
    ),
    "blackjack": BLACKJACK_WATCH,
    "slot": Watched(
        SLOT.rules_version,
        (
            Shown("stops", tuple((1 / len(strip),) * len(strip) for strip in STRIPS)),
            Shown("wins", (_WIN_CHANCES,)),
        ),
        _slot_cells,
        _slot_bet,
        _slot_owed,
        SLOT_BLOCK_ROUNDS,
    ),
}
