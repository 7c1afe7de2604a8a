"""What a client's machine reports to its caller: in order, each once."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, NamedTuple

from protocol.messages import Error, ServerMessage, TableResumed, TableSnapshot, Welcome


class Phase(Enum):
    """Where a machine is; see its table."""

    CLOSED = auto()
    GREETING = auto()
    READY = auto()


class Welcomed(NamedTuple):
    """The session stands."""

    welcome: Welcome


class Rejected(NamedTuple):
    """Hello was refused, or an error came that answers no request. The server's close code says what to do."""

    error: Error


class Answered(NamedTuple):
    """The answer to `request(body, handle)`."""

    handle: Any
    body: ServerMessage


class Refreshed(NamedTuple):
    """All there is to know of a table, whoever asked for it. Comes before the pushes that change it.

    lost: what happened since the former connection, or in a gap, is not told; the snapshot has what came of it.
    """

    snapshot: TableSnapshot
    lost: bool = False


class Resumed(NamedTuple):
    """Everything that was missed at a table has been told. What is mine there is as it says."""

    resumed: TableResumed


class Pushed(NamedTuple):
    """A push, in order. table_id: "" on the personal stream."""

    table_id: str
    body: ServerMessage


class Missed(NamedTuple):
    """Pushes were lost. Snapshots are on their way. table_id "": personal ones; what they said is in the snapshots."""

    table_id: str


class TableLost(NamedTuple):
    """A table could not be joined again."""

    table_id: str
    error: Error


class Broken(NamedTuple):
    """The server broke the contract, or is silent: drop the connection and open another."""

    detail: str


Event = Welcomed | Rejected | Answered | Refreshed | Resumed | Pushed | Missed | TableLost | Broken
