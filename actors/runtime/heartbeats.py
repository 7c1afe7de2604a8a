"""The root supervisor: notices hosts that have died or hang, has them restarted, and finds their tables a new home.

Runs in the process of `croupier up`, because that process's end is the end of all hosts anyway; it needs no watcher
itself. Ray notices the death of a process by itself and restarts it; this here notices what Ray cannot: a process that
lives and does not answer, and a host that does not come back. States of a process, by the time since its last sign of
life, and of a host, by the time since one of its processes was at work:

    ALIVE --5 s--> SILENT: killed so that Ray restarts it (again every 10 s)
    AT WORK --20 s--> LOST: its tables move away
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from actors.runtime.processes import host_of

log = logging.getLogger(__name__)

PERIOD_S: Final = 1.0


class Pulse(msgspec.Struct, frozen=True):
    """A process's sign of life. is_ready: its actors have started. problem: why they could not, for the log."""

    is_ready: bool
    problem: str = ""
    stands_by: bool = False


class HostControl(Protocol):
    """What the supervisor may do to hosts and their processes."""

    async def ping(self, process: str) -> Pulse:
        """Return the process's pulse. Raises LinkBroken or TimeoutError."""
        ...

    async def kill(self, process: str) -> None:
        """End the process, so that it is started anew. Raises LinkBroken when that is impossible."""
        ...

    async def move_tables(self, away_from: str, to: str) -> Sequence[str]:
        """Place the tables of one host on another and return their ids. Raises OSError while the database is away."""
        ...


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a host may be silent, in seconds, until what happens."""

    start_s: float = 45.0  # a process that has never been heard of may take this long to start
    quiet_s: float = 15.0  # and for this long nothing is said about it
    silent_s: float = 5.0
    again_s: float = 10.0  # between two kills
    lost_s: float = 20.0


class _Watch:
    """What is known of one process; times of the event loop."""

    def __init__(self, process: str, now: float) -> None:
        self.process = process
        self.born = now
        self.heard = now
        self.ready = now  # last time its actors were ready
        self.was_heard = False
        self.was_ready = False
        self.is_ready = False
        self.killed = float("-inf")
        self.complained = float("-inf")


class _Host:
    """The processes of one host. has_moved: its tables went elsewhere since it was last at work."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.watches: list[_Watch] = []
        self.has_moved = False

    @property
    def is_ready(self) -> bool:
        return any(watch.is_ready for watch in self.watches)

    @property
    def was_heard(self) -> bool:
        return any(watch.was_heard for watch in self.watches)

    @property
    def ready(self) -> float:
        """When one of its processes was last at work."""
        return max(watch.ready for watch in self.watches)


class RootSupervisor:
    """Pings all processes every second. Two at once do no harm: kills are repeatable, epochs fence the tables."""

    def __init__(
        self,
        processes: Sequence[str],
        control: HostControl,
        now: Callable[[], float],
        patience: Patience | None = None,
    ) -> None:
        self._control = control
        self._now = now
        self._patience = patience if patience is not None else Patience()
        self._watches = [_Watch(process, now()) for process in processes]
        self._hosts: dict[str, _Host] = {}
        for watch in self._watches:
            name = host_of(watch.process)
            self._hosts.setdefault(name, _Host(name)).watches.append(watch)
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
        """Ping every process once and do what is due."""
        await asyncio.gather(*map(self._listen, self._watches))
        for watch in self._watches:
            await self._judge(watch)
        for host in self._hosts.values():
            await self._judge_host(host)

    def ready_hosts(self) -> list[str]:
        """Return the hosts of which a process has said with its last pulse that its actors are at work."""
        return [host.name for host in self._hosts.values() if host.is_ready]

    async def _listen(self, watch: _Watch) -> None:
        try:
            async with asyncio.timeout(PERIOD_S):
                pulse = await self._control.ping(watch.process)
        except Exception as error:  # whatever a ping raises, the process was not heard
            watch.is_ready = False
            self._complain(watch, f"does not answer: {error or type(error).__name__}")
            return
        now = self._now()
        watch.heard = now
        watch.was_heard = True
        watch.is_ready = pulse.is_ready
        if pulse.is_ready:
            watch.ready = now
            watch.was_ready = True
        elif not pulse.stands_by:
            self._complain(watch, f"is not ready: {pulse.problem or 'starting'}")

    def _complain(self, watch: _Watch, text: str) -> None:
        is_starting = not watch.was_ready and self._now() - watch.born < self._patience.quiet_s
        if not is_starting and self._now() - watch.complained >= self._patience.again_s:
            watch.complained = self._now()
            log.error("process %s %s (silent for %.0f s)", watch.process, text, self._now() - watch.heard)

    async def _judge(self, watch: _Watch) -> None:
        now = self._now()
        if now - watch.heard >= self._limit_s(watch.was_heard) and now - watch.killed >= self._patience.again_s:
            watch.killed = now
            await self._kill(watch.process)

    async def _judge_host(self, host: _Host) -> None:
        if host.is_ready:
            host.has_moved = False
        limit_s = max(self._limit_s(host.was_heard), self._patience.lost_s)
        if not host.has_moved and host.name.startswith("tables/") and self._now() - host.ready >= limit_s:
            host.has_moved = await self._move_tables(host.name)

    def _limit_s(self, was_heard: bool) -> float:
        return self._patience.silent_s if was_heard else self._patience.start_s

    async def _kill(self, process: str) -> None:
        log.error("process %s is killed, to be started anew", process)
        self.kills += 1
        try:
            await self._control.kill(process)
        except Exception as error:  # it may be dead already, or never have lived
            log.error("process %s cannot be killed: %s", process, error)

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
