"""When a round is closed: its table is told as soon as no order that came here in time is on its way to it any more.

Else the table would wait out its whole grace each round, for bets that nobody placed. "In time" goes by this gateway's clock, as
with each order; and what is answered is on its way no more. Crash, or an order that gets no answer: nothing is told, the grace is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from actors.ports import Clock
from server.gateway.orders import OrderDesk


class LastOrders:
    """Waits for the last orders of closed rounds."""

    def __init__(self, desk: OrderDesk, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self._desk = desk
        self._clock = clock
        self._loop = loop

    def after(self, shut_ms: int, address: str, then: Callable[[], None]) -> None:
        """Call `then` once no order that came until shut_ms is on its way to that address."""
        left_ms = shut_ms - self._clock.now_ms()
        if left_ms >= 0:
            self._loop.call_later((left_ms + 1) / 1000, self.after, shut_ms, address, then)
        else:
            self._desk.when_answered(address, then)
