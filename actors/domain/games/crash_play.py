"""A flight of crash: from the last bet to the bust.

| state | event | next |
| --- | --- | --- |
| waiting | 1.5 s after betting was over | flying |
| flying | "cash_out" of a player | flying, his bet is out |
| flying | "reach": the curve got to automatic cash-outs | flying, those are out |
| flying | "bust": 150 ms after the curve reached the bust, or the ceiling | over |
| flying | "interrupted": the table failed, and its successor took over | over |

At one and the same moment, automatic cash-outs come first, then the bust, then cash-outs by hand: a target wins if the
bust is at it or above, a cash-out by hand only if the curve showed less than the bust. Money follows from the bust, the
bets and the players' steps alone; "reach" only shows. So that it does, a player's step that comes late is refused where
an automatic cash-out of the same bet has been shown for a later moment.

Nothing that anybody sees depends on the bust before its time. Source: domain.md 7.4, 2.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from actors.domain.commands import Refused
from actors.domain.games.crash_curve import CEILING, multiplier_at, reached_ms
from actors.domain.games.game import Outcome, PlayBet, Step
from actors.domain.plays import CashOut, FlightView
from actors.domain.refusals import Refusal

#: From the end of betting to take-off: everybody has been told by then.
TAKEOFF_WAIT_MS: Final = 1_500
#: A cash-out that a gateway received before the bust may come so long after it.
GRACE_MS: Final = 150
#: Automatic cash-outs are shown at most so often.
SHOW_EVERY_MS: Final = 100
#: The most that one stake pays; it is taken out at the multiplier where it would pay more.
MAX_WIN_MINOR: Final = 100_000_000
#: How many cash-outs are shown.
OUTS_MAX: Final = 60


class _Ride:
    """A stake on one target. out: at what multiplier it left, 0: it has not been seen to leave."""

    __slots__ = ("bet", "out", "stake_minor", "target")

    def __init__(self, bet: PlayBet, position: int, stake_minor: int) -> None:
        self.bet = bet
        self.stake_minor = stake_minor
        self.target = effective_target(position, stake_minor)
        self.out = 0


def effective_target(position: int, stake_minor: int) -> int:
    """Return where the rules take this stake out by themselves, in hundredths. position 0: at the ceiling."""
    return min(position or CEILING, CEILING, MAX_WIN_MINOR * 100 // stake_minor)


class Flight:
    """One flight (`game.Play`). bust: in hundredths."""

    def __init__(self, bust: int, bets: Sequence[PlayBet], began_ms: int) -> None:
        self._bust = bust
        self._end = min(bust, CEILING)
        self._takeoff_ms = began_ms + TAKEOFF_WAIT_MS
        self._bust_ms = self._takeoff_ms + reached_ms(self._end)
        self._bets = {bet.reservation_id: bet for bet in bets}
        self._rides = {
            bet.reservation_id: [_Ride(bet, position, stake) for position, stake in bet.chips] for bet in bets
        }
        every = [ride for rides in self._rides.values() for ride in rides]
        #: Those that the bust lets out, in the order in which the curve reaches them.
        self._coming = sorted((ride for ride in every if ride.target <= self._end), key=lambda ride: ride.target)
        self._next = 0
        self._shown = 0
        self._shown_ms = 0
        self._outs: list[_Ride] = []
        self._over = False
        self._interrupted = False

    # ------------------------------------------------------------ players

    def check(self, step: Step) -> Refused | int:
        """Return 0, or refuse: BET_NOT_FOUND, ACTION_INVALID (unknown, before take-off, already out), TOO_LATE."""
        bet = self._bets.get(step.reservation_id)
        if bet is None or bet.player_id != step.player_id:
            return Refused(Refusal.BET_NOT_FOUND)
        rides = self._rides[step.reservation_id]
        shows = multiplier_at(step.at_ms - self._takeoff_ms)
        is_out = all(ride.out or ride.target <= min(shows, self._end) for ride in rides)
        overtaken = any(shows < ride.target <= self._shown for ride in rides)
        if step.action != "cash_out" or step.at_ms < self._takeoff_ms or is_out or overtaken:
            return Refused(Refusal.ACTION_INVALID)
        if self._over or shows >= self._bust:
            return Refused(Refusal.TOO_LATE)
        return 0

    def apply(self, step: Step) -> None:
        """Take in a step. A cash-out of what is out already changes nothing."""
        if step.action == "cash_out":
            shows = multiplier_at(step.at_ms - self._takeoff_ms)
            for ride in self._rides[step.reservation_id]:
                if ride.target > shows:
                    self._take_out(ride, shows)
            return
        if step.action == "reach":
            self._shown_ms = step.at_ms
        else:
            self._over = True
            self._interrupted = step.action == "interrupted"
        self._show(step.value)

    def told(self, step: Step) -> int:
        """Return at what multiplier a cash-out was, in hundredths."""
        return multiplier_at(step.at_ms - self._takeoff_ms)

    def _take_out(self, ride: _Ride, multiplier: int) -> None:
        if not ride.out:
            ride.out = multiplier
            self._outs.append(ride)

    def _show(self, multiplier: int) -> None:
        self._shown = max(self._shown, multiplier)
        while self._next < len(self._coming) and self._coming[self._next].target <= multiplier:
            ride = self._coming[self._next]
            self._take_out(ride, ride.target)
            self._next += 1

    # ------------------------------------------------------------ the clock

    def due_ms(self) -> int:
        """Return when there is something to show next: automatic cash-outs, or the bust; -1: the flight is over."""
        if self._over:
            return -1
        while self._next < len(self._coming) and self._coming[self._next].out:
            self._next += 1
        over_ms = self._bust_ms + GRACE_MS
        if self._next == len(self._coming):
            return over_ms
        reached = self._takeoff_ms + reached_ms(self._coming[self._next].target)
        return min(over_ms, max(reached, self._shown_ms + SHOW_EVERY_MS))

    def due(self, now_ms: int) -> list[Step]:
        """Return the step that shows what the curve has reached, or that ends the flight; none if nothing is new."""
        due_ms = self.due_ms()
        if due_ms < 0 or now_ms < due_ms:
            return []
        if now_ms >= self._bust_ms + GRACE_MS:
            return [Step(self._bust_ms, 0, b"", b"", "bust", self._end)]
        return [Step(now_ms, 0, b"", b"", "reach", min(self._end, multiplier_at(now_ms - self._takeoff_ms)))]

    def resumed(self, now_ms: int) -> list[Step]:
        """Return the end of a flight that was interrupted after take-off while somebody rode; else it goes on."""
        if self._over or now_ms < self._takeoff_ms or not self._riding():
            return []
        return [Step(now_ms, 0, b"", b"", "interrupted", self._end)]

    # ------------------------------------------------------------ what is seen, what is paid

    def _riding(self) -> int:
        return sum(any(not ride.out for ride in rides) for rides in self._rides.values())

    def view(self) -> FlightView:
        """Return take-off, how many bets ride, and who is out, the latest first. The bust is in none of them."""
        outs = [
            CashOut(ride.bet.name, ride.stake_minor, ride.out, _pays(ride.stake_minor, ride.out))
            for ride in reversed(self._outs[-OUTS_MAX:])
        ]
        return FlightView(self._takeoff_ms, 0 if self._over else self._riding(), outs)

    def outcome(self) -> Outcome:
        """Return the bust, in hundredths."""
        return Outcome(self._bust)

    def payouts(self) -> list[tuple[PlayBet, int]]:
        """Return what each bet pays; -1: void. Of an interrupted bet with several targets, open stakes come back."""
        return [(bet, self._payout(self._rides[bet.reservation_id])) for bet in self._bets.values()]

    def _payout(self, rides: list[_Ride]) -> int:
        lefts = [ride.out or (ride.target if ride.target <= self._end else 0) for ride in rides]
        if self._interrupted and not any(lefts):
            return -1
        back = 100 if self._interrupted else 0
        return sum(_pays(ride.stake_minor, left or back) for ride, left in zip(rides, lefts, strict=True))

    def unattended(self, position: int, stake_minor: int) -> int:
        """Return what a stake pays in this flight if nobody takes it out by hand."""
        target = effective_target(position, stake_minor)
        return _pays(stake_minor, target) if target <= self._end else 0


def _pays(stake_minor: int, multiplier: int) -> int:
    return stake_minor * multiplier // 100
