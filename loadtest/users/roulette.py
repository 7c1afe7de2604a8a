"""The casual roulette player, the bonus hunter, and the one whose phone loses its network every few seconds."""

from __future__ import annotations

import random
from typing import Final

from clients.python.table_view import TableView
from loadtest.users.persona import STAKE_MINOR, Desk, Persona
from protocol.messages import Chip, GetBalance, PlaceBets, RepeatBets, UndoBets

_POSITIONS: Final = 157
_RED, _BLACK = 151, 152


class CasualRoulettePlayer(Persona):
    """Bets one to three chips a turn, sometimes repeats or takes back, now and then looks at his balance."""

    kind = "casual"
    interval_s = 4.0
    tables = ("roulette-1", "roulette-2")

    def turn(self, due_s: float, *, rush: bool = False) -> None:
        """See `Persona`. In a rush: in the last moment before betting closes."""
        view = self.view()
        if view is None:
            self.enter()
        elif view.phase == "betting":
            self.bet(view, self.last_moment(view) if rush and view.closes_ms else due_s)
        elif self.rng.random() < 0.1:
            self.request(GetBalance(), due_s)

    def bet(self, view: TableView, due_s: float) -> None:
        """Do something in the betting window."""
        dice, round_id = self.rng.random(), view.round_id
        if dice < 0.08 and view.my_bets:
            self.request(UndoBets(self.table_id, round_id, self.desk.new_id()), due_s)
        elif dice > 0.9 and view.can_repeat:
            self.request(RepeatBets(self.table_id, round_id, self.desk.new_id()), due_s)
        elif round_id:
            self.request(PlaceBets(self.table_id, round_id, self.desk.new_id(), self.chips()), due_s)

    def chips(self) -> list[Chip]:
        """Return what he puts down."""
        return [Chip(self.rng.randrange(_POSITIONS), STAKE_MINOR) for _ in range(self.rng.randint(1, 3))]


class BaccaratPlayer(CasualRoulettePlayer):
    """The same at punto banco: one to three of its places."""

    kind = "baccarat"
    tables = ("baccarat-1", "baccarat-2")

    def chips(self) -> list[Chip]:
        """See `CasualRoulettePlayer`."""
        places = self.rng.sample(range(5), self.rng.randint(1, 3))
        return [Chip(place, STAKE_MINOR * self.rng.randint(1, 5)) for place in places]


class BonusHunter(CasualRoulettePlayer):
    """Stakes the least there is on red and black at once, to keep what he is given, and looks for more all the time."""

    kind = "hunter"
    interval_s = 3.0

    def bet(self, view: TableView, due_s: float) -> None:
        """See `CasualRoulettePlayer`."""
        if self.rng.random() < 0.5:
            self.request(GetBalance(), due_s)
        elif view.round_id:
            chips = [Chip(_RED, STAKE_MINOR), Chip(_BLACK, STAKE_MINOR)]
            self.request(PlaceBets(self.table_id, view.round_id, self.desk.new_id(), chips), due_s)


class FlakyMobile(CasualRoulettePlayer):
    """Plays on through a network that goes every few turns, sometimes with an order on its way, and comes back to where he was.

    His law: he goes on from his position, without a gap and without anything twice.
    """

    kind = "flaky"
    interval_s = 3.0

    def __init__(self, name: str, desk: Desk, rng: random.Random) -> None:
        super().__init__(name, desk, rng)
        self.cuts = 0

    def turn(self, due_s: float, *, rush: bool = False) -> None:
        """See `Persona`. Now and then without a network before it begins."""
        if self.rng.random() < 0.25:
            self.cuts += 1
            self.desk.cut(self.rng.uniform(0.0, 2.0))
        super().turn(due_s, rush=rush)
