"""A TCP connection between two asyncio protocols in one process: bytes in order, late, until somebody cuts it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

from tests.simulation.world import Life, World


class PipeEnd(asyncio.Transport):
    """One side's transport. `runs` calls the side's protocol, in that side's life."""

    def __init__(self, world: World, protocol: asyncio.Protocol, runs: Callable[..., Any]) -> None:
        super().__init__()
        self.world = world
        self.protocol = protocol
        self.other: PipeEnd | None = None
        self._runs = runs
        self._arrives_s = 0.0
        self._is_closing = False
        self._is_lost = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._is_closing or self._is_lost or self.other is None:
            return
        self.world.mark(len(data))
        self._at(self.other._receive, bytes(data))

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return self._is_closing or self._is_lost

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        return None

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in ("peername", "sockname") else default

    def pause_reading(self) -> None:
        return None

    def resume_reading(self) -> None:
        return None

    def close(self) -> None:
        """Let what was written arrive, then end both sides."""
        if not self._is_closing:
            self._is_closing = True
            self._at(self._end_both)

    def abort(self) -> None:
        """End both sides now; what is under way is lost."""
        self._is_closing = True
        self._end_both()

    def _at(self, call: Callable[..., None], *given: Any) -> None:
        self._arrives_s = max(self._arrives_s, self.world.loop.time() + self.world.delay_s())
        self.world.loop.call_at(self._arrives_s, call, *given, context=contextvars.Context())

    def _receive(self, data: bytes) -> None:
        if not self._is_lost:
            self._runs(self.protocol.data_received, data)

    def _end_both(self) -> None:
        for end in (self, self.other):
            if end is not None and not end._is_lost:
                end._is_lost = True
                self.world.loop.call_soon(end._runs, end.protocol.connection_lost, None, context=contextvars.Context())


def join(world: World, client: asyncio.Protocol, server: asyncio.Protocol, server_life: Life) -> PipeEnd:
    """Connect two protocols and return the client's end."""

    def in_server(call: Callable[..., Any], *given: Any) -> None:
        if server_life.is_alive:
            server_life.run(call, *given)

    near = PipeEnd(world, client, lambda call, *given: call(*given))
    far = PipeEnd(world, server, in_server)
    near.other, far.other = far, near
    in_server(server.connection_made, far)
    client.connection_made(near)
    return near
