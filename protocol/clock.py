"""What a client knows of the server's clock, and of the way there."""

from __future__ import annotations

from collections import deque
from typing import Final

_SAMPLES: Final = 16


class ServerClock:
    """The offset between the server's clock and mine, from the quickest of the last round trips. Milliseconds."""

    __slots__ = ("_samples", "offset_ms", "rtt_ms")

    def __init__(self) -> None:
        self.offset_ms = 0
        self.rtt_ms = -1  # not known yet
        self._samples: deque[tuple[int, int]] = deque(maxlen=_SAMPLES)

    def learn(self, sent_ms: int, server_ms: int, received_ms: int) -> None:
        """Take one round trip: the server looked at its clock between sending and receiving, in the middle at best."""
        self._samples.append((received_ms - sent_ms, server_ms - (sent_ms + received_ms) // 2))
        self.rtt_ms, self.offset_ms = min(self._samples)

    def server_ms(self, now_ms: int) -> int:
        """Return what the server's clock shows now."""
        return now_ms + self.offset_ms
