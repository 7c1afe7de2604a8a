"""Who only looks: the lobby, a table, the next one."""

from __future__ import annotations

from loadtest.users.persona import Persona
from protocol.messages import GetBalance, JoinTable, LeaveTable, ListTables


class Lurker(Persona):
    """His law: his money is what he came with, and bonuses."""

    kind = "lurker"
    interval_s = 8.0
    tables = ("roulette-1", "roulette-2", "baccarat-1", "blackjack-1", "crash-1", "live-1")

    def turn(self, due_s: float, *, rush: bool = False) -> None:
        """See `Persona`."""
        dice = self.rng.random()
        if dice < 0.4:
            self.request(ListTables(), due_s)
        elif dice < 0.7:
            self.request(GetBalance(), due_s)
        else:
            self.move(due_s)

    def move(self, due_s: float) -> None:
        """Go to another table."""
        self.request(LeaveTable(self.table_id), due_s)
        self.desk.state.tables.pop(self.table_id, None)
        self.table_id = self.rng.choice(self.tables)
        self.request(JoinTable(self.table_id), due_s)
