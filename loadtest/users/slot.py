"""The high-frequency slot player: one spin after another, as fast as the game allows."""

from __future__ import annotations

from typing import Final

from loadtest.users.persona import Persona
from protocol.messages import GetSeeds, Spin

GAME: Final = "slot"
SPIN_MINOR: Final = 200


class SlotPlayer(Persona):
    """His law is in the money: each spin's stake and payout count once, whatever had to be sent again."""

    kind = "slot"
    interval_s = 2.8  # the game takes 2.5 s at least
    jitter = 0.1

    def enter(self) -> None:
        """See `Persona`. Learns what is committed to."""
        self.request(GetSeeds(GAME), self.desk.now())

    def turn(self, due_s: float, *, rush: bool = False) -> None:
        """See `Persona`."""
        self.request(Spin(GAME, self.desk.new_id(), SPIN_MINOR), due_s)
