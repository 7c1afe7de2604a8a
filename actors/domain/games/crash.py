"""Crash: a multiplier climbs until it busts; who is out before that has his stake times what it showed.

bust = min(MAX_BUST, max(100, floor(99 * 2^52 / (2^52 - r)))) hundredths, r the first 13 hexadecimal digits of
HMAC-SHA-256(key = the chain's salt, message = the round's seed). Position: the automatic cash-out in hundredths, 101 ..
1,000,000; 0: none. What happens in a flight is in `crash_play.py`, how it climbs in `crash_curve.py`.

Of 2^52 equally likely r, floor(99 * 2^52 / m) lead to a bust of at least m, so a target of m returns 99/100 less than
m / 100 / 2^52. Source: domain.md 7.4.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.games.crash_curve import CEILING
from actors.domain.games.crash_play import GRACE_MS, MAX_WIN_MINOR, TAKEOFF_WAIT_MS, Flight
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import BetLimits, BetReturn, Draws, Outcome, PlayBet
from actors.domain.games.layout import STAKE_BOUND
from actors.domain.refusals import Refusal

_SPAN: Final = 1 << 52

#: The highest number a client holds exactly. One flight in 9 * 10^13 would go on; all bets are out long before.
MAX_BUST: Final = 2**53 - 1
#: No player's input before take-off: he rides until he says so.
MANUAL: Final = 0
TARGET_MIN: Final = 101
TARGET_MAX: Final = CEILING
#: Positions are of one class: `BetLimits.max_by_size[ANY_TARGET]` is the most on each.
ANY_TARGET: Final = 1
#: Rows of the published paytable: targets in hundredths.
PUBLISHED: Final = (101, 150, 200, 1_000, 10_000, TARGET_MAX)


def bust_of(digest: bytes) -> int:
    """Return where the flight of this digest busts, in hundredths: 100 .. MAX_BUST. Source: domain.md 7.4."""
    r = int(digest.hex()[:13], 16)
    return min(MAX_BUST, max(100, 99 * _SPAN // (_SPAN - r)))


def chance(multiplier: int) -> Fraction:
    """Return how likely a bust at this or above is. Shape: 101 .. MAX_BUST hundredths.

    99 * 2^52 // (2^52 - r) >= m if and only if 2^52 - r <= 99 * 2^52 / m.
    """
    return Fraction(99 * _SPAN // multiplier, _SPAN)


def target_name(target: int) -> str:
    """Return what people call an automatic cash-out."""
    return f"Cash-out at {target // 100}.{target % 100:02d}x"


def target_return(target: int) -> BetReturn:
    """Return what a stake with this automatic cash-out returns, from the closed form."""
    likely, pays = chance(target), Fraction(target, 100)
    variance = pays * pays * likely * (1 - likely)
    return BetReturn(target_name(target), 1, pays * likely, variance)


_TEXT: Final = (
    "Stake before take-off. The multiplier starts at 1.00x and climbs; at the bust it stops. A bet that is out before has "
    "its stake times its multiplier, rounded down to the smallest coin; all others lose. One flight in about 50 busts at "
    "1.00x, at take-off itself: then every bet loses.",
    f"Take-off is {TAKEOFF_WAIT_MS / 1000} s after betting was over. The curve is 1.00x times e to the power of "
    "0.06 a second, rounded down to hundredths: 2.00x after 11.552 s, 10.00x after 38.376 s.",
    "With an automatic cash-out (1.01x to 10,000.00x) you are out when the multiplier reaches it. It counts when the bust "
    "is at that number or above, whatever happens to your connection. Without one you ride until you cash out.",
    "A cash-out by hand counts at what the curve showed when our server received it, and only if that is less than the "
    f"bust. It must also reach the table within {GRACE_MS} ms after the bust, which is shown that much late for this reason. "
    "At one and the same moment, automatic cash-outs come first, then the bust, then cash-outs by hand. Once you are out, "
    "you are out: a second cash-out of a bet is refused.",
    "If you lose your connection, your bet rides on: only your automatic cash-out, if you set one, takes it out.",
    "No flight goes above 10,000.00x: whoever rides then is cashed out there. No stake on a target pays more than "
    f"{MAX_WIN_MINOR:,} of the smallest coin (1,000,000.00): it is cashed out at the multiplier where it would.",
    "If our table fails in flight: cash-outs that were recorded stand; automatic cash-outs that the bust allows are paid; "
    "every other stake goes back to its player, since he could not act.",
    "The bust is computed from a seed that was committed to before the first bet, and from the chain's salt; the last "
    f"multiplier recorded is at most {MAX_BUST // 100}.{MAX_BUST % 100}x. A target of m is reached with a chance of 0.99/m.",
    "The return of an automatic cash-out is 99 % at every target. A cash-out by hand when the multiplier shows m returns "
    "99 % times m / (m + 0.01), since it must be before the bust: 98.02 % at 1.00x, 98.5 % at 2.00x, 98.9 % at 10.00x.",
)


class Crash:
    """The game as the house knows it (`game.PlayGame`)."""

    name = "crash"
    min_cycle_ms = 5_000

    def __init__(self) -> None:
        self._returns = [target_return(target) for target in PUBLISHED]
        self.rules_hash = hashlib.sha256(
            json.dumps(self._rules(), sort_keys=True, separators=(",", ":")).encode()
        ).hexdigest()
        self.rules_version = f"crash-99-1:{self.rules_hash[:12]}"

    def _rules(self) -> dict[str, Any]:
        return {
            "bust": "min(2^53-1, max(100, floor(99*2^52/(2^52-r))))",
            "curve": "floor(100*e^(6/100000*ms))",
            "target_min": TARGET_MIN,
            "target_max": TARGET_MAX,
            "max_bust": MAX_BUST,
            "max_win_minor": MAX_WIN_MINOR,
            "takeoff_wait_ms": TAKEOFF_WAIT_MS,
            "grace_ms": GRACE_MS,
            "paytable": [
                {"target": target, "name": row.name, "pays": f"{target}/100", "rtp": str(row.rtp)}
                for target, row in zip(PUBLISHED, self._returns, strict=True)
            ],
        }

    def export_rules(self) -> dict[str, Any]:
        """Return all that a player must know. The hash is over all but game, version, hash, rtp and text."""
        return {
            "game": self.name,
            "rules_version": self.rules_version,
            "rules_hash": self.rules_hash,
            "rtp": {row.name: str(row.rtp) for row in self._returns},
            "text": list(_TEXT),
            **self._rules(),
        }

    def returns(self) -> list[BetReturn]:
        """Return the published rows: automatic cash-outs at 1.01x, 1.50x, 2.00x, 10.00x, 100.00x and 10,000.00x."""
        return list(self._returns)

    def check_shape(self, chips: Sequence[ChipStake], calls: Sequence[CallStake], max_chips: int) -> Refused | None:
        """Refuse, in this order: UNKNOWN_POSITION, UNKNOWN_CALL (there are none), STAKE_INVALID, TOO_MANY_CHIPS."""
        if not all(_is_position(chip.position) for chip in chips):
            return Refused(Refusal.UNKNOWN_POSITION)
        if calls:
            return Refused(Refusal.UNKNOWN_CALL)
        if not all(type(chip.stake_minor) is int and 0 < chip.stake_minor < STAKE_BOUND for chip in chips):
            return Refused(Refusal.STAKE_INVALID)
        if not 0 < len(chips) <= max_chips:
            return Refused(Refusal.TOO_MANY_CHIPS)
        return None

    def expand(self, chips: Sequence[ChipStake], calls: Sequence[CallStake]) -> dict[int, int]:
        """Return stake by target; equal targets added up."""
        stakes: dict[int, int] = {}
        for chip in chips:
            stakes[chip.position] = stakes.get(chip.position, 0) + chip.stake_minor
        return stakes

    def check_limits(
        self, limits: BetLimits, stakes: Mapping[int, int], held: Mapping[int, int], held_minor: int
    ) -> Refused | None:
        """Refuse: STAKE_BELOW_MINIMUM, STAKE_ABOVE_MAXIMUM (also one that could win nothing), TABLE_LIMIT_EXCEEDED."""
        if min(stakes.values()) < limits.min_stake_minor:
            return Refused(Refusal.STAKE_BELOW_MINIMUM)
        most = min(limits.max_by_size[ANY_TARGET], MAX_WIN_MINOR * 100 // TARGET_MIN)
        if any(stake + held.get(position, 0) > most for position, stake in stakes.items()):
            return Refused(Refusal.STAKE_ABOVE_MAXIMUM)
        if held_minor + sum(stakes.values()) > limits.max_table_minor:
            return Refused(Refusal.TABLE_LIMIT_EXCEEDED)
        return None

    def name_of(self, position: int) -> str:
        """Return what people call this position."""
        return target_name(position) if position else "Cash-out by hand"

    def seat_of(self, position: int) -> int | None:
        """Return None: nobody takes a seat from another."""
        return None

    def start(self, draws: Draws, bets: Sequence[PlayBet], began_ms: int) -> Flight:
        """Begin a flight. draws: of a seed, else TypeError. began_ms: when betting was over, durably."""
        if not isinstance(draws, SeededDraws):
            raise TypeError("a flight needs the digest of a seed")
        return Flight(bust_of(draws.digest()), bets, began_ms)

    def draw(self, draws: Draws) -> Outcome:
        """Raise: a flight is not drawn, it is flown (`start`)."""
        raise TypeError("crash has no draw: start a flight")

    def seen(self, numbers: Sequence[int]) -> Outcome | None:
        """Return None: no dealer has seen a flight."""
        return None

    def payout(self, position: int, stake_minor: int, outcome: Outcome) -> int:
        """Return what a stake pays that nobody took out by hand."""
        return Flight(outcome.number, [], 0).unattended(position, stake_minor)


def _is_position(position: object) -> bool:
    return type(position) is int and (position == MANUAL or TARGET_MIN <= position <= TARGET_MAX)


CRASH: Final = Crash()
