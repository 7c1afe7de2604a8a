"""One table's pushes as a client receives them: in order, each once, none missing, whatever the wire loses or repeats.

| state | push with the next seq | push already seen | push further on | snapshot |
| --- | --- | --- | --- | --- |
| unknown (no snapshot yet) | kept | kept | kept | -> live, kept ones behind it delivered |
| live | delivered | dropped | -> stale, kept, gap reported | -> live, kept ones behind it delivered |
| stale | kept | kept | kept | -> live, kept ones behind it delivered |

Pushes are kept only while a snapshot is awaited, and the oldest go first beyond `KEPT_MAX`: then the snapshot shows a
gap again and is asked for again.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import Final

from protocol.messages import ServerMessage, TableSnapshot

KEPT_MAX: Final = 512


class Verdict(Enum):
    """What to do with a push."""

    DELIVER = auto()
    DROP = auto()
    GAP = auto()  # deliver nothing and ask for a snapshot


class TableStream:
    """The stream of one table. Ask `accept` for each push and `restart` for each snapshot."""

    __slots__ = ("_kept", "live", "seq", "stream", "table_id", "waiting")

    def __init__(self, table_id: str) -> None:
        self.table_id = table_id
        self.stream = -1  # not known before the first snapshot
        self.seq = 0
        self.live = False
        self.waiting = 0  # snapshots asked for and not received
        self._kept: deque[tuple[int, int, ServerMessage | None]] = deque(maxlen=KEPT_MAX)

    def accept(self, stream: int, seq: int, body: ServerMessage | None) -> Verdict:
        """Take a push of this stream, or of one nobody knows while a snapshot is awaited. body None: not understood."""
        if self.waiting:
            self._kept.append((stream, seq, body))
        if not self.live or stream != self.stream or seq <= self.seq:
            return Verdict.DROP
        if seq != self.seq + 1:
            self.live = False
            self._kept.append((stream, seq, body))
            return Verdict.GAP
        self.seq = seq
        return Verdict.DELIVER

    def restart(self, snapshot: TableSnapshot) -> list[tuple[int, ServerMessage | None]]:
        """Begin anew at a snapshot. Returns the pushes kept meanwhile that belong behind it: accept them again."""
        self.stream, self.seq, self.live = snapshot.stream, snapshot.version, True
        behind = [(seq, body) for stream, seq, body in self._kept if stream == self.stream and seq > self.seq]
        self._kept.clear()
        return behind

    def cut(self) -> None:
        """The connection is lost: nothing is live, nothing is awaited."""
        self.live, self.waiting = False, 0
        self._kept.clear()
