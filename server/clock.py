"""The real clock."""

from __future__ import annotations

import time


class SystemClock:
    """Implements `actors.ports.Clock` by the system's time."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000
