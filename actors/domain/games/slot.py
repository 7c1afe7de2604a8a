"""Lantern Bay, the game: a stake on all twenty lines, one paid spin, and what free spins it gives, in one order.

A stake is whole times the number of lines; every pay is whole times the stake of a line, so nothing is ever rounded and
the return is the same at every stake.

Entropy: one number for each reel, from the left: `below(length of its strip)`, the place that stands in the top row; five
for the paid spin, then five for each free spin, in the order in which they are played.

Outcome: number is the whole win in hundredths of the stake. detail is flat: the five stops of the paid spin, then five of
each free spin. `replay` makes everything that is shown from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

from actors.domain.commands import Refused
from actors.domain.games import slot_figures as figures
from actors.domain.games import slot_machine as machine
from actors.domain.games.game import BetReturn, Draws, Outcome, Spin
from actors.domain.games.slot_machine import LINES, MAX_FREE_SPINS, REELS, STRIPS, Round
from actors.domain.refusals import Refusal

#: The least and the most that a round costs, in minor units; and what a client may offer in between.
MIN_STAKE_MINOR: Final = len(LINES)
MAX_STAKE_MINOR: Final = 5_000
STAKES: Final = (20, 40, 60, 100, 200, 300, 400, 500, 1_000, 2_000, 5_000)
#: Hundredths of the stake in one stake of a line.
_HUNDREDTHS: Final = 100 // len(LINES)
_TITLE: Final = "Lantern Bay"


class Slot:
    """The slot as the house knows it. Has no state."""

    name = "slot"
    title = _TITLE
    min_cycle_ms = 2_500

    def __init__(self) -> None:
        self.rules_hash = _hash_rules()
        self.rules_version = f"slot-lantern-1:{self.rules_hash[:12]}"

    def check_stake(self, stake_minor: int) -> Refused | None:
        """See `InstantGame`. In order: STAKE_INVALID (not whole times the lines), STAKE_BELOW_MINIMUM, STAKE_ABOVE_MAXIMUM."""
        if stake_minor <= 0 or stake_minor % len(LINES):
            return Refused(Refusal.STAKE_INVALID, f"a stake is whole times {len(LINES)}")
        if stake_minor < MIN_STAKE_MINOR:
            return Refused(Refusal.STAKE_BELOW_MINIMUM)
        return Refused(Refusal.STAKE_ABOVE_MAXIMUM) if stake_minor > MAX_STAKE_MINOR else None

    def spin(self, draws: Draws, stake_minor: int) -> Spin:
        """See `InstantGame`. Takes 5 to 5 + 5 * MAX_FREE_SPINS numbers."""
        played = machine.play(lambda: tuple(draws.below(len(strip)) for strip in STRIPS))
        detail = tuple(stop for spin in played.spins for stop in spin.stops)
        return Spin(Outcome(played.units * _HUNDREDTHS, detail), pays(played, stake_minor))

    def export_rules(self) -> dict[str, Any]:
        """See `Game`. rtp is rounded down to a millionth; the exact fraction is in the PAR sheet."""
        return {
            "game": self.name,
            "title": self.title,
            "kind": "instant",
            "rules_version": self.rules_version,
            "rules_hash": self.rules_hash,
            "rtp": _rounded_down(figures.whole_round().mean),
            "min_cycle_ms": self.min_cycle_ms,
            "min_stake_minor": MIN_STAKE_MINOR,
            "max_stake_minor": MAX_STAKE_MINOR,
            "stakes": list(STAKES),
            "max_win": str(Fraction(figures.best_units(), len(LINES))),
            "paytable": _paytable(),
            "text": _text(),
        }

    def returns(self) -> list[BetReturn]:
        """See `Game`: one bet, the same at every stake."""
        moments = figures.whole_round()
        return [BetReturn("spin", 1, moments.mean, moments.variance)]


def replay(detail: Sequence[int]) -> Round:
    """Return everything that was shown of a recorded outcome. Raises ValueError where no round has these stops."""
    if len(detail) % REELS or any(not 0 <= stop < len(STRIPS[place % REELS]) for place, stop in enumerate(detail)):
        raise ValueError("these are no stops of this machine")
    stops = iter(range(0, len(detail), REELS))
    try:
        played = machine.play(lambda: tuple(detail[(at := next(stops)) : at + REELS]))
    except StopIteration:
        raise ValueError("a spin of this round is missing") from None
    if len(played.spins) * REELS != len(detail):
        raise ValueError("this round has more spins than it was given")
    return played


def pays(played: Round, stake_minor: int) -> int:
    """Return what a round pays for this stake, exactly."""
    return played.units * (stake_minor // len(LINES))


def recompute(outcome: Outcome, stake_minor: int) -> int:
    """Return what a recorded outcome pays. Raises ValueError where number and detail do not belong together."""
    played = replay(outcome.detail)
    if played.units * _HUNDREDTHS != outcome.number:
        raise ValueError("the win is not that of these stops")
    return pays(played, stake_minor)


def _paytable() -> dict[str, Any]:
    """Return the whole machine, for clients: strips, lines, pays."""
    return {
        "symbols": [{"symbol": n, "name": name} for n, name in enumerate(machine.NAMES)],
        "wild": machine.WILD,
        "scatter": machine.SCATTER,
        "strips": [list(strip) for strip in STRIPS],
        "lines": [list(rows) for rows in LINES],
        "line_pays": [{"symbol": symbol, "pays": list(pays_)} for symbol, pays_ in machine.LINE_PAYS.items()],
        "scatter_pays": [
            {"count": count, "pays": times, "free_spins": given}
            for count, (times, given) in machine.SCATTER_PAYS.items()
        ],
        "multiplier": machine.MULTIPLIER,
        "max_free_spins": MAX_FREE_SPINS,
    }


def _text() -> list[str]:
    most = figures.best_units() // len(LINES)
    top = machine.LINE_PAYS[2][2]
    return [
        f"{_TITLE} has five reels of three rows and {len(LINES)} lines, all of which are always played. Your stake is for"
        " one round; a twentieth of it lies on each line.",
        "A line pays for three, four or five equal symbols from the leftmost reel on, the amount in the paytable times the"
        " line's stake. A lantern counts as any symbol but the lighthouse. Each line pays once; all lines are added up.",
        "Three, four or five lighthouses anywhere pay 2, 10 or 50 times the whole stake, and give 10, 15 or 20 free spins.",
        f"Free spins cost nothing; every win in them is multiplied by {machine.MULTIPLIER}. Lighthouses in them give more"
        f" free spins. One round has at most {MAX_FREE_SPINS} of them: what would go beyond is not given. The return"
        " below takes that into account.",
        f"The theoretical return is {100 * float(figures.whole_round().mean):.4f} % of the stake, the same at every stake."
        f" A given line pays its top award, {top:,} times its stake, once in"
        f" {machine.CYCLE / figures.TOP_AWARD:,.0f} paid spins. A whole round can pay at most {most:,} times the stake.",
        "A round is played to its end on the server the moment you order it, free spins and all; what you see is its"
        " record. If your connection is lost, the result stands, and you find it in your history. Every place of every"
        " reel is equally likely at every spin; nothing that happened before changes that.",
        "Rounds take at least 2.5 seconds from one to the next.",
    ]


def _rounded_down(value: Fraction) -> str:
    return f"{value.numerator * 1_000_000 // value.denominator}/1000000"


def _hash_rules() -> str:
    rules = {**_paytable(), "stakes": [MIN_STAKE_MINOR, MAX_STAKE_MINOR]}
    return hashlib.sha256(json.dumps(rules, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


SLOT: Final = Slot()
