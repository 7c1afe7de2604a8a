"""When a client connects again: full jitter over connecting *and* taking up play, so that no crowd comes back at once.

A server may welcome and then fall over, so a Welcome does not end the back-off; a connection that stood for a while does.
A server that moves its clients has spread them: what it tells is waited for, and nothing added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

#: A connection that stood so long was a good one.
STOOD_MS: Final = 5_000
FIRST_MS: Final = 100
MOST_MS: Final = 5_000
_DOUBLINGS_MAX: Final = 16


class Comeback:
    """Counts losses in a row. spread: a random factor 0 .. 1 for each wait."""

    __slots__ = ("_ready_ms", "_spread", "losses")

    def __init__(self, spread: Callable[[], float]) -> None:
        self.losses = 0
        self._ready_ms = -1
        self._spread = spread

    def ready(self, now_ms: int) -> None:
        """The session stands."""
        self._ready_ms = now_ms

    def lost(self, now_ms: int, told_ms: int = -1) -> float:
        """Return how many milliseconds to wait: the connection is lost, or was never made.

        told_ms: what `Reconnect` said on it; -1: nothing.
        """
        if 0 <= self._ready_ms <= now_ms - STOOD_MS:
            self.losses = 0
        self._ready_ms = -1
        if told_ms >= 0:
            return told_ms
        most_ms = min(MOST_MS, FIRST_MS << min(self.losses, _DOUBLINGS_MAX))
        self.losses += 1
        return most_ms * self._spread()
