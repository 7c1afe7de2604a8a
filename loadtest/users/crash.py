"""The crash crowd: those who set a target and look away, and those who leave by hand."""

from __future__ import annotations

from loadtest.users.persona import STAKE_MINOR, Persona
from protocol.messages import Act, Chip, PlaceBets


class CrashPlayer(Persona):
    """Bets with an automatic cash-out: the target is the position."""

    kind = "crash-auto"
    interval_s = 2.5
    tables = ("crash-1",)

    def turn(self, due_s: float, *, rush: bool = False) -> None:
        """See `Persona`."""
        view = self.view()
        if view is None:
            self.enter()
        elif view.phase == "betting" and view.round_id:
            due_s = self.last_moment(view) if rush and view.closes_ms else due_s
            chips = [Chip(self.target(), STAKE_MINOR * self.rng.randint(1, 5))]
            self.request(PlaceBets(self.table_id, view.round_id, self.desk.new_id(), chips), due_s)
        elif view.phase == "playing":
            self.ride(due_s)

    def target(self) -> int:
        """Return when to leave, in hundredths."""
        return self.rng.choice((120, 150, 200, 1_000))

    def ride(self, due_s: float) -> None:
        """Do something during the flight; nothing here."""


class CrashByHand(CrashPlayer):
    """Sets no target and leaves when he feels like it; too late is normal."""

    kind = "crash-hand"
    interval_s = 1.5

    def target(self) -> int:
        """See `CrashPlayer`: none."""
        return 0

    def ride(self, due_s: float) -> None:
        """Leave with one of my bets."""
        view = self.view()
        if view is None or not view.my_bets or self.rng.random() > 0.4:
            return
        bet_id = self.rng.choice(list(view.my_bets))
        self.request(Act(self.table_id, view.round_id, self.desk.new_id(), bet_id, "cash_out"), due_s)

    def rest(self, due_s: float) -> None:
        """See `Persona`. What still rides leaves."""
        self.ride(due_s)
        super().rest(due_s)
