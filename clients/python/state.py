"""What a player's client knows: his tables and his purse, folded from the events of the session machine. No socket, no loop.

Shared by every client, whatever moves its bytes: the asyncio SDK and the swarms of load tests.
"""

from __future__ import annotations

from clients.python.purse import Purse
from clients.python.table_view import TableView
from protocol import connection as machine
from protocol.messages import ServerMessage, Welcome


class PlayerState:
    """tables: what is known of each joined table, by table_id. purse: what I have. welcome: of the latest connection."""

    def __init__(self) -> None:
        self.tables: dict[str, TableView] = {}
        self.purse = Purse()
        self.welcome: Welcome | None = None

    def take(self, event: machine.Event) -> tuple[str, ServerMessage] | None:
        """Fold one event, in order. Returns (table_id or "", message) where it is news that nobody asked for."""
        match event:
            case machine.Answered():
                self._learn(event.body)
            case machine.Pushed():
                self._learn(event.body, event.table_id)
                return event.table_id, event.body
            case machine.Refreshed():
                self.tables[event.snapshot.info_table_id] = TableView(event.snapshot)
                self.purse.apply(event.snapshot)
                return event.snapshot.info_table_id, event.snapshot
            case machine.Resumed():
                self.tables[event.resumed.table_id].resume(event.resumed)
                self.purse.apply(event.resumed)
                return event.resumed.table_id, event.resumed
            case machine.Welcomed():
                self.welcome = event.welcome
                self.purse.apply(event.welcome)
            case machine.TableLost():
                self.tables.pop(event.table_id, None)
            case _:
                pass
        return None

    def _learn(self, message: ServerMessage, table_id: str = "") -> None:
        """Fold an answer or a push into the state. Pushes of a table's stream do not name it; what is mine does."""
        self.purse.apply(message)
        view = self.tables.get(table_id or getattr(message, "table_id", ""))
        if view is not None:
            view.apply(message)
