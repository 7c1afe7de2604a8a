"""Restarting hosts while everybody plays: who leaves when, and who has to be there before.

| kind | how | what players notice |
| --- | --- | --- |
| wallet, tables | the process that stands by is restarted; the serving one ends its rounds and commits, gets up from its \
seat; the other serves; then the first one is restarted and stands by | a pause between two rounds |
| hall | as wallet and tables; its gateway ends with it | that pause, and one reconnect |
| gateway, api | another process listens on the same port; the old one moves its clients there and ends | one reconnect |
| supervisor | ends, comes back | nothing |

Runs in the process of `croupier up`. What is begun on a host is ended, whoever asked may go away. A process that dies
in the middle is started anew by Ray, as ever; every step may be repeated.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from actors.runtime.link import LinkBroken
from actors.runtime.processes import host_of, is_standby, standby_of
from server.config import Config
from server.hosts import REPLACED, host_names, standby_hosts
from server.process_link import HostPulse

log = logging.getLogger(__name__)

#: A process has so long to come up, in seconds; a loaded machine takes 15.
START_S: Final = 60.0
#: Stopping takes no longer than this; then the process is ended where it is. What it was told of is on disk.
STOP_S: Final = 10.0
LOOK_S: Final = 0.1
TELL_S: Final = 1.0
#: So much of what Ray says of a death is shown.
SHOWN: Final = 80
STANDS_BY: Final = "stands by"
#: Money first, so that what fails fails before anybody is moved; gateways late, so that a player moves once.
ORDER: Final = ("wallet", "tables", "hall", "supervisor", "gateway", "api")
ROLLING: Final = "rolling restart"
DRAINED: Final = ("gateway", "tables", "hall")

Tell = Callable[[str], None]


class RestartFailed(Exception):
    """A host was not restarted; the text says why, for a person."""


class Processes(Protocol):
    """The hosts' processes, by name such as "wallet/0" and "wallet/0+"; see `server.host_control.RayProcesses`."""

    def running(self) -> Sequence[str]:
        """Return the processes that there are."""
        ...

    async def ping(self, process: str) -> HostPulse:
        """Return a sign of life. Raises LinkBroken, TimeoutError."""
        ...

    async def drain(self, process: str, within_s: float) -> bool:
        """Let what is under way end; False: not in time. Raises LinkBroken."""
        ...

    async def stop(self, process: str) -> None:
        """Stop the actors. Raises LinkBroken."""
        ...

    async def say_who_serves(self, process: str) -> None:
        """Let the process note that it is its host now. Raises LinkBroken."""
        ...

    async def restart(self, process: str) -> None:
        """End the process, so that it is started anew."""
        ...

    async def start(self, process: str) -> None:
        """Start a process that there was not."""
        ...

    async def end(self, process: str) -> None:
        """End a process for good."""
        ...


class Restarts:
    """One at a time. Raises RestartFailed whenever something does not go as it should; the rest then stays as it is."""

    def __init__(self, config: Config, processes: Processes) -> None:
        self._config = config
        self._processes = processes
        self._doing = ""
        self._idle = asyncio.Event()
        self._left: list[str] = []
        self._is_wanted: Callable[[], bool] = lambda: True

    # ------------------------------------------------------------ what can be asked for

    async def restart(self, host: str, tell: Tell) -> None:
        """Replace the processes of one host by fresh ones."""
        self._check_known(host)
        await self._alone(f"restart of {host}", self._restart, host, tell)

    async def drain(self, host: str, tell: Tell) -> None:
        """Take one host out of service until it is restarted."""
        self._check_known(host)
        if not host.startswith(DRAINED):
            raise RestartFailed(f"{host} has nothing to drain; `croupier restart {host}` replaces it without a gap")
        await self._alone(f"drain of {host}", self._drain_alone, host, tell)

    async def rolling(self, is_wanted: Callable[[], bool], tell: Tell) -> None:
        """Restart every host once, in turn. Goes on where an earlier one was cut off.

        is_wanted: asked before each host; False ends it there.
        """
        if self._doing == ROLLING and not self._is_wanted():
            tell("an earlier one was cut off and is still busy with its last host")
            await self._idle.wait()
        await self._alone(ROLLING, self._rolling, is_wanted, tell)

    async def finish_rounds(self, within_s: float) -> None:
        """Let all tables end what is at stake, before everything stops. Whatever goes wrong is no reason to wait."""
        tables = [process for process in self._processes.running() if process.startswith(("tables/", "hall/"))]
        drains = (self._processes.drain(process, within_s) for process in tables)
        await asyncio.gather(*drains, return_exceptions=True)

    async def _alone(self, what: str, work: Callable[..., Awaitable[None]], *arguments: object) -> None:
        if self._doing:
            raise RestartFailed(f"a {self._doing} is under way")
        self._doing = what
        self._idle.clear()
        log.warning("%s begins", what)
        try:
            await work(*arguments)
            log.warning("%s is done", what)
        except (LinkBroken, TimeoutError) as error:
            raise RestartFailed(f"{what}: {error or type(error).__name__}") from error
        finally:
            self._doing = ""
            self._idle.set()

    def _check_known(self, host: str) -> None:
        known = host_names(self._config)
        if host not in known:
            raise RestartFailed(f"there is no host {host!r}; there are {', '.join(known)}")

    # ------------------------------------------------------------ all of them

    async def _rolling(self, is_wanted: Callable[[], bool], tell: Tell) -> None:
        self._is_wanted = is_wanted
        await self._check_all_well()
        if self._left:
            tell(f"going on with the {len(self._left)} hosts that an earlier rolling restart has left")
        else:
            self._left = sorted(host_names(self._config), key=lambda name: ORDER.index(name.partition("/")[0]))
        total = len(self._left)
        while self._left:
            if not is_wanted():
                raise RestartFailed(f"cut off with {len(self._left)} hosts left; asked for again, it goes on there")
            host = self._left[0]
            tell(f"[{total - len(self._left) + 1}/{total}] {host}")
            await self._restart(host, tell)
            await self._check_all_well()
            self._left.pop(0)

    async def _check_all_well(self) -> None:
        """Return when every host is at work, and has its second process. Raises RestartFailed naming who is not."""
        try:
            async with asyncio.timeout(START_S):
                while trouble := await self._trouble():  # noqa: ASYNC110 - hosts tell nobody
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise RestartFailed(f"not at work after {START_S:.0f} s: {', '.join(trouble)}") from None

    async def _trouble(self) -> list[str]:
        pulses = await self._pulses(self._processes.running())
        serving = {host_of(pulse.name) for pulse in pulses if pulse.is_ready and not pulse.is_draining}
        standing = {host_of(pulse.name) for pulse in pulses if _stands_by(pulse)}
        idle = [host for host in host_names(self._config) if host not in serving]
        alone = [host for host in standby_hosts(self._config) if host not in standing]
        return [*idle, *(f"the second process of {host}" for host in alone if host not in idle)]

    # ------------------------------------------------------------ one of them

    async def _restart(self, host: str, tell: Tell) -> None:
        if host.partition("/")[0] in REPLACED:
            await self._replace(host, tell)
        else:
            await self._hand_over(host, tell)

    async def _hand_over(self, host: str, tell: Tell) -> None:
        """Restart the process that stands by, let it take the seat, restart the other one."""
        serving, *others = await self._serving_first(host)
        for other in others:
            await self._renew(other, tell)
        await self._leave(serving, tell)
        for other in others:
            await self._until(other, lambda pulse: pulse.is_ready)
            tell(f"{other} serves")
        await self._renew(serving, tell)

    async def _replace(self, host: str, tell: Tell) -> None:
        """Start another process on the same port, then move everybody there and end the old one."""
        old, *others = await self._serving_first(host)
        if any(pulse.is_draining for pulse in await self._pulses([*others])):  # cut off before; it has still to go
            await self._dismiss(others[0], tell)
            others = []
        fresh = others[0] if others else (host if is_standby(old) else standby_of(host))
        if not others:
            await self._processes.start(fresh)
        try:
            await self._until(fresh, lambda pulse: pulse.is_ready)
        except RestartFailed:
            await self._processes.end(fresh)
            raise
        tell(f"{fresh} is ready")
        await self._dismiss(old, tell)
        await self._processes.say_who_serves(fresh)  # the old one may have died meanwhile, come back and noted itself

    async def _dismiss(self, process: str, tell: Tell) -> None:
        await self._leave(process, tell)
        await self._processes.end(process)
        tell(f"{process} has ended")

    async def _leave(self, process: str, tell: Tell) -> None:
        """Drain and stop a process. One that dies meanwhile has left, too."""
        try:
            await self._drain(process, tell)
            async with asyncio.timeout(STOP_S):
                await self._processes.stop(process)
        except (LinkBroken, TimeoutError) as error:
            log.warning("%s did not leave in order: %r", process, error)
            tell(f"{process} did not leave in order: {(str(error) or type(error).__name__)[:SHOWN]}")

    async def _renew(self, process: str, tell: Tell) -> None:
        """Let a process be started anew, and wait until it serves or stands by."""
        old = await self._pulses([process])
        await self._processes.restart(process)
        pulse = await self._until(
            process, lambda pulse: pulse.pid not in {one.pid for one in old} and (pulse.is_ready or _stands_by(pulse))
        )
        tell(f"{process} is back, process {pulse.pid}{', and stands by' if _stands_by(pulse) else ''}")

    # ------------------------------------------------------------ draining

    async def _drain_alone(self, host: str, tell: Tell) -> None:
        if host.startswith("gateway/"):
            pulses = await self._pulses([one for one in self._processes.running() if one.startswith("gateway/")])
            if not any(one.is_ready and not one.is_draining and host_of(one.name) != host for one in pulses):
                raise RestartFailed(f"{host} is the last gateway; `croupier restart {host}` replaces it without a gap")
        serving, *_ = await self._serving_first(host)
        await self._drain(serving, tell)
        tell(f"{host} is drained; `croupier restart {host}` brings it back")

    async def _drain(self, process: str, tell: Tell) -> None:
        work = asyncio.ensure_future(self._processes.drain(process, self._config.drain_s + self._config.move_s))
        said = ""
        try:
            while not (await asyncio.wait((work,), timeout=TELL_S))[0]:
                left = ", ".join(pulse.left for pulse in await self._pulses([process]))
                if left and left != said:
                    tell(f"{process} waits for {left}")
                    said = left
            if not await work:
                tell(f"{process} is not waited for any longer")
        finally:
            work.cancel()

    # ------------------------------------------------------------ looking

    async def _serving_first(self, host: str) -> list[str]:
        """Return the processes of a host, the one that serves first."""
        processes = [process for process in self._processes.running() if host_of(process) == host]
        serving = {pulse.name for pulse in await self._pulses(processes) if pulse.is_ready and not pulse.is_draining}
        return sorted(processes, key=lambda process: process not in serving)

    async def _until(self, process: str, fits: Callable[[HostPulse], bool]) -> HostPulse:
        """Return the first pulse of a process that fits. Raises RestartFailed when none comes in time."""
        problem = "no sign of life"
        try:
            async with asyncio.timeout(START_S):
                while True:
                    for pulse in await self._pulses([process]):
                        if fits(pulse):
                            return pulse
                        problem = pulse.problem or problem
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise RestartFailed(f"{process} did not come back within {START_S:.0f} s: {problem}") from None

    async def _pulses(self, processes: Sequence[str]) -> list[HostPulse]:
        """Return the pulses of those that answer."""
        found = await asyncio.gather(*map(self._processes.ping, processes), return_exceptions=True)
        return [pulse for pulse in found if isinstance(pulse, HostPulse)]


def _stands_by(pulse: HostPulse) -> bool:
    return pulse.stands_by and pulse.problem == STANDS_BY
