"""The root supervisor: notices hosts that have died or hang, has them restarted, and finds their tables a new home.

Runs in the process of `croupier up`, because that process's end is the end of all hosts anyway; it needs no watcher
itself. Ray notices the death of a process by itself and restarts it; this here notices what Ray cannot: a process that
lives and does not answer, and a host that does not come back. States of a host, by the time since its last sign of life:

    ALIVE --5 s--> SILENT: killed so that Ray restarts it (again every 10 s) --20 s--> LOST: its tables move away
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

log = logging.getLogger(__name__)

PERIOD_S: Final = 1.0


class Pulse(msgspec.Struct, frozen=True):
    """A host's sign of life. is_ready: its actors have started. problem: why they could not, for the log."""

    is_ready: bool
    problem: str = ""


class HostControl(Protocol):
    """What the supervisor may do to hosts."""

    async def ping(self, host: str) -> Pulse:
        """Return the host's pulse. Raises LinkBroken or TimeoutError."""
        ...

    async def kill(self, host: str) -> None:
        """End the host's process, so that it is started anew. Raises LinkBroken when that is impossible."""
        ...

    async def move_tables(self, away_from: str, to: str) -> Sequence[str]:
        """Place the tables of one host on another and return their ids. Raises OSError while the database is away."""
        ...


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a host may be silent, in seconds, until what happens."""

    start_s: float = 45.0  # a host that has never been heard of may take this long to start
    quiet_s: float = 15.0  # and for this long nothing is said about it
    silent_s: float = 5.0
    again_s: float = 10.0  # between two kills
    lost_s: float = 20.0


class _Watch:
    """What is known of one host; times of the event loop."""

    def __init__(self, now: float) -> None:
        self.born = now
        self.heard = now
        self.ready = now  # last time its actors were ready
        self.was_heard = False
        self.was_ready = False
        self.is_ready = False
        self.killed = float("-inf")
        self.complained = float("-inf")
        self.has_moved = False


class RootSupervisor:
    """Pings all hosts every second. Two at once do no harm: kills are repeatable, epochs fence the tables."""

    def __init__(
        self,
        hosts: Sequence[str],
        control: HostControl,
        now: Callable[[], float],
        patience: Patience | None = None,
    ) -> None:
        self._control = control
        self._now = now
        self._patience = patience if patience is not None else Patience()
        self._watches = {host: _Watch(now()) for host in hosts}
        self.kills = 0
        self.moves = 0

    async def run(self) -> None:
        """Beat for ever."""
        while True:
            began = self._now()
            try:
                await self.beat()
            except Exception:  # outermost loop: the watch over hosts must not end
                log.exception("a heartbeat failed")
            await asyncio.sleep(max(0.0, began + PERIOD_S - self._now()))

    async def beat(self) -> None:
        """Ping every host once and do what is due."""
        await asyncio.gather(*(self._listen(host, watch) for host, watch in self._watches.items()))
        for host, watch in self._watches.items():
            await self._judge(host, watch)

    def ready_hosts(self) -> list[str]:
        """Return the hosts whose last pulse said that their actors are at work."""
        return [host for host, watch in self._watches.items() if watch.is_ready]

    async def _listen(self, host: str, watch: _Watch) -> None:
        try:
            async with asyncio.timeout(PERIOD_S):
                pulse = await self._control.ping(host)
        except Exception as error:  # whatever a ping raises, the host was not heard
            watch.is_ready = False
            self._complain(host, watch, f"does not answer: {error or type(error).__name__}")
            return
        now = self._now()
        watch.heard = now
        watch.was_heard = True
        watch.is_ready = pulse.is_ready
        if pulse.is_ready:
            watch.ready = now
            watch.was_ready = True
            watch.has_moved = False
        else:
            self._complain(host, watch, f"is not ready: {pulse.problem or 'starting'}")

    def _complain(self, host: str, watch: _Watch, text: str) -> None:
        is_starting = not watch.was_ready and self._now() - watch.born < self._patience.quiet_s
        if not is_starting and self._now() - watch.complained >= self._patience.again_s:
            watch.complained = self._now()
            log.error("host %s %s (silent for %.0f s)", host, text, self._now() - watch.heard)

    async def _judge(self, host: str, watch: _Watch) -> None:
        now, patience = self._now(), self._patience
        limit_s = patience.silent_s if watch.was_heard else patience.start_s
        if now - watch.heard >= limit_s and now - watch.killed >= patience.again_s:
            watch.killed = now
            await self._kill(host)
        if not watch.has_moved and host.startswith("tables/") and now - watch.ready >= max(limit_s, patience.lost_s):
            watch.has_moved = await self._move_tables(host)

    async def _kill(self, host: str) -> None:
        log.error("host %s is killed, to be started anew", host)
        self.kills += 1
        try:
            await self._control.kill(host)
        except Exception as error:  # it may be dead already, or never have lived
            log.error("host %s cannot be killed: %s", host, error)

    async def _move_tables(self, host: str) -> bool:
        to = next((other for other in self.ready_hosts() if other.startswith("tables/") and other != host), None)
        if to is None:
            log.critical("host %s is lost and no other can take its tables", host)
            return False
        try:
            moved = await self._control.move_tables(host, to)
        except Exception as error:  # tried again at the next beat
            log.error("the tables of %s cannot be moved: %s", host, error)
            return False
        self.moves += len(moved)
        log.critical("host %s is lost; its tables %s move to %s", host, ", ".join(moved) or "(none)", to)
        return True
