"""Reads what the jackpots stand at once a second, once for the whole platform, and tells the gateways when it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from actors.domain.events import JackpotMeter, JackpotMeters
from actors.ports import Post, StoreUnavailable
from server.api.models import JackpotRow

_PERIOD_S: Final = 1.0
#: Looks after which it is told again though nothing has changed: a gateway may be new, or a message lost.
_REPEAT_AFTER: Final = 10

_log = structlog.get_logger("jackpots")


class JackpotTeller:
    """See the module. Crash: the next second tells everything anew. read: what `GET /api/jackpots` reads."""

    def __init__(
        self, read: Callable[[], Awaitable[Sequence[JackpotRow]]], post: Post, gateways: Sequence[str]
    ) -> None:
        self._read = read
        self._post = post
        self._gateways = gateways
        self._told: list[JackpotMeter] = []
        self._looks = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.get_running_loop().create_task(self._look_on())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:  # outermost loop: a meter that stands still must not end the host
                _log.error("jackpots not read", error=repr(error), exc_info=error)
            await asyncio.sleep(_PERIOD_S)

    async def look(self) -> None:
        """Read, and tell every gateway what is new. While the books cannot be read, nothing is told."""
        try:
            rows = await self._read()
        except StoreUnavailable:
            return
        meters = [JackpotMeter(row.jackpot, row.name, row.currency, row.amount_minor) for row in rows]
        self._looks += 1
        if meters != self._told or (meters and self._looks >= _REPEAT_AFTER):
            self._told, self._looks = meters, 0
            for gateway in self._gateways:
                self._post.tell(gateway, [JackpotMeters(meters)])
