"""What tables and instant games have in common: a life of tasks, from taking over to being taken over from.

An incarnation takes over from the one before it, behind `start` if that takes long; works in tasks of its own, of which a
bug in one ends all; leaves when it is told to; and ends where it is, since whatever matters is stored.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, Final

log = logging.getLogger(__name__)

#: `start` returns after so long even if store or wallets are away; the take-over goes on behind it.
START_WAIT_S: Final = 2.0
#: How often one that is leaving looks whether what is under way has ended.
LOOK_S: Final = 0.05


class Incarnation(ABC):
    """The life of one. fatal: told once what ended it. Whoever inherits says what taking over is, and what is at stake."""

    def __init__(self, name: str, fatal: Callable[[BaseException], None]) -> None:
        self._name = name
        self._fatal = fatal
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = asyncio.Event()
        self._is_leaving = False

    @property
    @abstractmethod
    def has_stakes(self) -> bool:
        """Tell whether players have, or may in a moment have, something at stake here."""

    @abstractmethod
    async def _run(self) -> None:
        """Take over, set `_ready`, and go on for as long as there is work."""

    async def start(self) -> None:
        """Begin to take over. Returns when that is done, or after START_WAIT_S while it goes on in the background."""
        self._spawn(self._run())
        ready = asyncio.ensure_future(self._ready.wait())
        await asyncio.wait({ready}, timeout=START_WAIT_S)
        ready.cancel()

    async def stop(self) -> None:
        """End this incarnation where it is. What is under way is finished or voided by the next one."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _nothing_at_stake(self) -> None:
        while self.has_stakes:  # noqa: ASYNC110 - many things end a round
            await asyncio.sleep(LOOK_S)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Outermost: whatever goes wrong in its own work ends this incarnation."""
        try:
            await work
        except Exception as error:
            log.exception("incarnation ends table=%s", self._name)
            self._fatal(error)
