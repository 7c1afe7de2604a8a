"""The life of a host's process: standing by, coming up, serving, stopping. Ray wraps it; the builders fill it."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from actors.runtime.link import Link
from server.embedded.places import open_log
from server.hosts import BUILDERS, SEATED, HostSpec, Site
from server.logging import configure_logging
from server.memory import keep_memory
from server.process_link import NOT_SERVING
from server.storage.seats import Seat

log = logging.getLogger(__name__)

BACKOFF_S: Final = (0.1, 0.3, 1.0, 2.0)
#: What a host keeps of memory once it serves, in MiB (`server.memory`).
KEPT_MIB: Final = {"hall": 256}
#: Players who come back to a process that has just taken over come first.
KEEP_AFTER_S: Final = 20.0
#: Whoever sends a batch to a process that stands by has perhaps noticed a death before PostgreSQL did.
TAKEOVER_S: Final = 0.25


class HostProcess:
    """Comes up by itself, again and again until it succeeds; batches wait until it has.

    The plain class behind the Ray actor. connect: opens the link to another host. Of a host with two processes one
    stands by: it has imported everything, and comes up when it gets the seat. A process that loses the seat ends.
    """

    def __init__(
        self,
        spec: HostSpec,
        connect: Callable[[str], Link],
        builders: Mapping[str, Callable[[Site], Awaitable[None]]] = BUILDERS,
    ) -> None:
        self.spec = spec
        self._connect = connect
        self._build = builders[spec.kind]
        self._stack = AsyncExitStack()
        self._site: Site | None = None
        self._seat = Seat(spec.seat_url, spec.name, on_lost=self._on_seat_lost) if spec.has_seat else None
        self._seated = asyncio.Event()
        self._ready = asyncio.Event()
        self._is_stopping = False
        self.is_draining = False
        self.problem = "starting"
        self._kept: list[bytes] = []
        self._task = asyncio.create_task(self._come_up(), name=f"start {spec.name}")

    async def deliver(self, blob: bytes) -> bytes:
        """Take a batch, once the actors are at work; NOT_SERVING while we stand by. Raises msgspec.DecodeError."""
        if self._is_stopping:
            return NOT_SERVING
        if not self._ready.is_set():
            if not await self._is_taking_over():
                return NOT_SERVING
            await self._ready.wait()
        assert self._site is not None
        return await self._site.host.deliver(blob)

    def take(self, blob: bytes) -> asyncio.Future[bytes]:
        """`deliver` without a coroutine, where that is possible. Raises msgspec.DecodeError, at once or in the future."""
        if self._site is not None and self.is_ready:
            return self._site.host.take(blob)
        return asyncio.ensure_future(self.deliver(blob))

    async def _is_taking_over(self) -> bool:
        try:
            async with asyncio.timeout(TAKEOVER_S):
                await self._seated.wait()
        except TimeoutError:
            return False
        return True

    @property
    def is_ready(self) -> bool:
        """Whether the actors are at work."""
        return self._ready.is_set() and not self._is_stopping

    @property
    def stands_by(self) -> bool:
        """Whether another process serves, and this one waits for its end."""
        return not self._seated.is_set()

    def status(self) -> dict[str, Any]:
        """Return what a person wants to know of this host."""
        if self._site is None or not self._ready.is_set():
            return {"name": self.spec.process, "pid": os.getpid(), "problem": self.problem}
        return self._site.host.status()

    def metrics(self) -> bytes:
        """Return the metrics in Prometheus' text format; empty before the start."""
        return self._site.host.metrics() if self._site is not None else b""

    @property
    def left(self) -> str:
        """What a host that drains still waits for."""
        return self._site.left() if self._site is not None and self.is_draining else ""

    async def drain(self, within_s: float) -> bool:
        """Let nothing new in and what is under way end; False: that takes longer. Safe to repeat, also side by side."""
        if self._site is None or self._site.drain is None or not self.is_ready:
            return True
        self.is_draining = True
        try:
            async with asyncio.timeout(within_s):
                await self._site.drain()
        except TimeoutError:
            log.warning("host %s is not done after %.0f s: %s", self.spec.name, within_s, self.left)
            return False
        return True

    def say_who_serves(self) -> None:
        """Note in the state folder that this process is its host now."""
        _say_who_serves(self.spec)

    async def stop(self) -> None:
        """Stop the actors in the reverse order of their start. Batches that come are for another. Safe to repeat."""
        self._is_stopping = True
        self._task.cancel()
        await asyncio.wait((self._task,))
        await self._undo()
        if self._seat is not None:
            await self._seat.leave()

    async def _come_up(self) -> None:
        if self._seat is not None:
            await self._stand_by(self._seat)
        self._seated.set()
        attempt = 0
        while True:
            try:
                self._site = Site(self.spec, self._connect, self._stack)
                await self._build(self._site)
                break
            except Exception as error:  # outermost loop: whatever is wrong, the next attempt may find it mended
                self.problem = f"{type(error).__name__}: {error}"
                log.exception("host %s cannot start (attempt %d)", self.spec.name, attempt + 1)
            await self._undo()
            await asyncio.sleep(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])
            attempt += 1
        self._site.host.settle_down()
        self.problem = ""
        self._ready.set()
        self.say_who_serves()
        log.warning("host %s is ready, process %d", self.spec.name, os.getpid())
        if self.spec.kind in KEPT_MIB:
            await asyncio.sleep(KEEP_AFTER_S)
            self._kept = await keep_memory(KEPT_MIB[self.spec.kind])

    async def _stand_by(self, seat: Seat) -> None:
        for module in SEATED[self.spec.kind]:
            importlib.import_module(module)
        self.problem = "stands by"
        await seat.take()
        self.problem = "starting"

    def _on_seat_lost(self) -> None:
        log.critical("another process is %s now; this one ends", self.spec.name)
        os._exit(70)

    async def _undo(self) -> None:
        stack, self._stack = self._stack, AsyncExitStack()
        try:
            await stack.aclose()
        except Exception:  # what cannot be closed must not keep the rest from ending
            log.exception("host %s did not stop cleanly", self.spec.name)


def prepare_process(spec: HostSpec) -> None:
    """Send this process's log to the state folder, where there is one on this machine."""
    folder = spec.config.state / "logs"
    stream = None
    if folder.is_dir():
        stream = open(open_log(folder / f"{_file_name(spec.process)}.log"), "a", buffering=1)  # noqa: SIM115
    configure_logging(spec.process, spec.config.log_level, stream)


def serving_file(state: Path, host: str) -> Path:
    """Return the file with the number of the process that serves, or served last, as a host on this machine."""
    return state / "hosts" / _file_name(host)


def _say_who_serves(spec: HostSpec) -> None:
    file = serving_file(spec.config.state, spec.name)
    if file.parent.is_dir():
        fresh = file.with_name(f"{file.name}.{os.getpid()}")
        fresh.write_text(str(os.getpid()))
        fresh.replace(file)


def _file_name(process: str) -> str:
    return process.replace("/", "-")
