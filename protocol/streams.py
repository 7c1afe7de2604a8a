"""One table's pushes as a client receives them: in order, each once, none missing, whatever the wire loses or repeats.

| state | push with the next seq | push already seen | push further on | snapshot | resumed |
| --- | --- | --- | --- | --- | --- |
| unknown (no snapshot yet) | kept | kept | kept | -> live, kept ones behind it delivered | a broken promise |
| live | delivered | dropped | -> stale, kept, gap reported | -> live, kept ones behind it delivered | -> live from its position |
| stale | kept | kept | kept | -> live, kept ones behind it delivered | -> live from its position |

A stale stream keeps its position over connections: it is what `JoinTable` tells, so that only what was missed is sent.
Pushes are kept only while an answer is awaited, and the oldest go first beyond `KEPT_MAX`: then the answer shows a
gap again and is asked for again.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import Final

from protocol.messages import ServerMessage, TableResumed, TableSnapshot

KEPT_MAX: Final = 512
#: Pushes by seq; None: not understood.
Kept = list[tuple[int, ServerMessage | None]]


class Verdict(Enum):
    """What to do with a push."""

    DELIVER = auto()
    DROP = auto()
    GAP = auto()  # deliver nothing and ask for a snapshot


class TableStream:
    """The stream of one table. Ask `accept` for each push and `restart` for each snapshot."""

    __slots__ = ("_kept", "epoch", "live", "owed", "seq", "stream", "table_id", "waiting")

    def __init__(self, table_id: str) -> None:
        self.table_id = table_id
        self.stream = -1  # not known before the first snapshot
        self.epoch = 0
        self.seq = 0
        self.live = False
        self.waiting = 0  # snapshots asked for and not received
        self.owed: TableResumed | None = None  # what is personal holds when the pushes have come so far
        self._kept: deque[tuple[int, int, ServerMessage | None]] = deque(maxlen=KEPT_MAX)

    def accept(self, stream: int, seq: int, body: ServerMessage | None) -> Verdict:
        """Take a push of this stream, or of one nobody knows while a snapshot is awaited. body None: not understood."""
        if self.waiting:
            self._kept.append((stream, seq, body))
        if not self.live or stream != self.stream or seq <= self.seq:
            return Verdict.DROP
        if seq != self.seq + 1:
            self.live, self.owed = False, None
            self._kept.append((stream, seq, body))
            return Verdict.GAP
        self.seq = seq
        return Verdict.DELIVER

    def restart(self, snapshot: TableSnapshot) -> Kept:
        """Begin anew at a snapshot. Returns the pushes kept meanwhile that belong behind it: accept them again."""
        self.stream, self.epoch, self.seq, self.live = snapshot.stream, snapshot.epoch, snapshot.version, True
        self.owed = None
        behind = [(seq, body) for stream, seq, body in self._kept if stream == self.stream and seq > self.seq]
        self._kept.clear()
        return behind

    def resume(self, resumed: TableResumed) -> None:
        """Go on from the position. Raises ValueError where that was never asked for.

        What came before this answer comes again with what was missed, in its place.
        """
        if resumed.epoch != self.epoch or not self.epoch:
            raise ValueError(
                f"{self.table_id} resumes in epoch {resumed.epoch}, and the position is of epoch {self.epoch}"
            )
        self.stream, self.live, self.owed = resumed.stream, True, resumed
        self._kept.clear()

    def take_owed(self) -> TableResumed | None:
        """Return what is personal as soon as the pushes have come so far, once."""
        if self.owed is None or self.owed.version > self.seq:
            return None
        owed, self.owed = self.owed, None
        return owed

    def cut(self) -> None:
        """The connection is lost: nothing is live, nothing is awaited."""
        self.live, self.waiting, self.owed = False, 0, None
        self._kept.clear()
