"""An async iterator over pushes, for those who would rather wait than be called."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Self

from protocol.messages import ServerMessage


class Pushes:
    """Ends when the client stops. Bounded: when `most` wait for a slow reader, the oldest goes and `lost` counts it."""

    def __init__(self, most: int, register: list[Pushes]) -> None:
        self.lost = 0
        self._waiting: deque[tuple[str, ServerMessage]] = deque(maxlen=most)
        self._more = asyncio.Event()
        self._ended = False
        self._register = register
        register.append(self)

    def put(self, table_id: str, message: ServerMessage) -> None:
        """Add a push."""
        if len(self._waiting) == self._waiting.maxlen:
            self.lost += 1
        self._waiting.append((table_id, message))
        self._more.set()

    def stop(self) -> None:
        """End the iteration behind what is waiting."""
        self._ended = True
        self._more.set()
        if self in self._register:
            self._register.remove(self)

    close = stop

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[str, ServerMessage]:
        while not self._waiting:
            if self._ended:
                raise StopAsyncIteration
            self._more.clear()
            await self._more.wait()
        return self._waiting.popleft()
