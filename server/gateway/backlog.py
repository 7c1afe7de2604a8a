"""What waits for a client that reads too slowly, and what may be left out of it.

Every frame has one of two policies. *Kept*: answers, money, results, all of a table's stream; none is ever left out,
and a client for whom too much of it waits is cut, connects again and resumes. *Latest wins*, under a `Topic`: a frame
that says everything about its topic, so that an older one which still waits is replaced where it stands. Such a frame has
no number in a stream: leaving one out is no gap.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import Final

#: What a waiting frame costs besides its bytes: its entry here, and the object's head.
ENTRY_BYTES: Final = 128


class Topic(IntEnum):
    """What a frame of which only the latest matters is about."""

    JACKPOTS = 1


class Backlog:
    """Frames in the order they are to be written. Units of size: bytes, `ENTRY_BYTES` for each frame included."""

    __slots__ = ("_entries", "_latest", "size")

    def __init__(self) -> None:
        self._entries: deque[tuple[Topic | None, list[bytes]]] = deque()
        self._latest: dict[Topic, list[bytes]] = {}
        self.size = 0

    def __len__(self) -> int:
        return len(self._entries)

    def keep(self, frame: bytes) -> None:
        """Let a frame wait; none is left out for it, and it is left out for none."""
        self._entries.append((None, [frame]))
        self.size += len(frame) + ENTRY_BYTES

    def replace(self, topic: Topic, frame: bytes) -> bool:
        """Let a frame wait in the place of an older one of its topic (True), or behind all others if there is none."""
        cell = self._latest.get(topic)
        if cell is not None:
            self.size += len(frame) - len(cell[0])
            cell[0] = frame
            return True
        cell = self._latest[topic] = [frame]
        self._entries.append((topic, cell))
        self.size += len(frame) + ENTRY_BYTES
        return False

    def take(self, limit_bytes: int) -> list[bytes]:
        """Return the frames at the front, at least one if there is any, and no further one beyond limit_bytes."""
        frames: list[bytes] = []
        entries = self._entries
        while entries:
            topic, cell = entries[0]
            limit_bytes -= len(cell[0])
            if limit_bytes < 0 and frames:
                break
            entries.popleft()
            if topic is not None:
                del self._latest[topic]
            frames.append(cell[0])
            self.size -= len(cell[0]) + ENTRY_BYTES
        return frames
