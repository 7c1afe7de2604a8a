"""Which gateways clients are sent to: those that are at work and not about to restart."""

from __future__ import annotations

import asyncio
from typing import Final

from server.api.deps import HostStatus

#: What is known is looked at again after so long, beside the requests.
FRESH_S: Final = 1.0
#: The first request waits for the first look, at most so long.
FIRST_S: Final = 2.0


class OpenGateways:
    """Asks the hosts now and then. Where they do not answer, all gateways are named: one of them may be there."""

    def __init__(self, count: int, status: HostStatus) -> None:
        self._all = list(range(count))
        self._status = status
        self._known: list[int] = []
        self._looked_s = 0.0
        self._look: asyncio.Task[None] | None = None

    async def numbers(self) -> list[int]:
        """Return the numbers of the gateways that take clients, never none."""
        if len(self._all) == 1:
            return self._all
        now_s = asyncio.get_running_loop().time()
        if self._look is None or (self._look.done() and now_s - self._looked_s >= FRESH_S):
            self._looked_s = now_s
            self._look = asyncio.create_task(self._ask())
        if not self._known:
            await asyncio.wait((self._look,), timeout=FIRST_S)
        return self._known or self._all

    async def _ask(self) -> None:
        hosts = await self._status()
        self._known = [number for number in self._all if hosts.get(f"gateway/{number}", True)]
