"""What a table's feed needs of those who see the table, and of whoever writes to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from actors.domain import commands, events
from server.gateway.transport import WsConnection


class Viewer(Protocol):
    """A connection that may see tables."""

    @property
    def connection(self) -> WsConnection:
        """Where its frames go."""
        ...

    @property
    def seat(self) -> commands.Seat:
        """Who takes the seat."""
        ...

    def show(self, ref: int, stream: int, table_id: str, state: commands.TableState) -> None:
        """Send a snapshot: as the answer to request ref, or as a push on the stream if ref is 0."""
        ...

    def resume(self, ref: int, stream: int, table_id: str, missed: events.TableMissed) -> None:
        """Say that what was missed follows, as the answer to request ref (0: say nothing), and tell his results."""
        ...

    def refuse_join(self, ref: int, table_id: str, answer: Any, *, left: bool) -> None:
        """Answer request ref with an error. left: the viewer sees this table no longer."""
        ...


class FrameSink(Protocol):
    """Who writes frames."""

    def send(self, connection: WsConnection, frame: bytes) -> None:
        """Send to one."""
        ...

    def broadcast(self, connections: Iterable[WsConnection], *frames: bytes) -> None:
        """Send to all."""
        ...

    def spread(self, connections: Collection[WsConnection], *frames: bytes) -> None:
        """Send to all, a few at a time, what is in no hurry."""
        ...
