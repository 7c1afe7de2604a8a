"""Ray handles dressed as ports: the link of the courier, and what supervisor and API may ask of hosts."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import ray
from ray.exceptions import ActorUnavailableError, RayError

from actors.runtime.heartbeats import Pulse
from actors.runtime.link import Link, LinkBroken
from actors.runtime.processes import host_of
from server.process_link import ANSWER_S, HostPulse, ProcessAbsent, ProcessLink
from server.streams.address import StreamAddress

NAMESPACE: Final = "croupier"


class HostRef:
    """A host by name. Its handle outlives restarts of the process, and is looked up again when the actor is another."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._handle: Any = None

    async def call(self, method: str, *arguments: object) -> Any:
        """Call a method of the host. Raises LinkBroken, whatever has gone wrong."""
        try:
            if self._handle is None:
                self._handle = await self._look_up()
            return await getattr(self._handle, method).remote(*arguments)
        except ActorUnavailableError as error:  # it is being restarted
            raise LinkBroken(_first_line(error)) from None
        except (RayError, ValueError) as error:
            self._handle = None
            raise LinkBroken(_first_line(error)) from None

    async def _look_up(self) -> Any:
        try:
            return await asyncio.to_thread(ray.get_actor, self.name, NAMESPACE)
        except ValueError as error:
            raise ProcessAbsent(_first_line(error)) from None

    async def kill(self) -> None:
        """End the process; Ray starts a new one. Raises LinkBroken."""
        try:
            handle = await asyncio.to_thread(ray.get_actor, self.name, NAMESPACE)
            await asyncio.to_thread(ray.kill, handle, no_restart=False)
        except (RayError, ValueError) as error:
            raise LinkBroken(_first_line(error)) from None


class RayLink(ProcessLink):
    """The link whose batches travel as arguments and results of actor calls."""

    def __init__(self, *processes: str, may_be_absent: bool = False) -> None:
        super().__init__([HostRef(process) for process in processes], may_be_absent=may_be_absent)


async def stream_address(host: str) -> StreamAddress:
    """Ask a host where its streams are. Raises LinkBroken, whatever has gone wrong."""
    address: StreamAddress = await HostRef(host).call("stream_address")
    return address


class StreamRef(HostRef):
    """A process whose batches travel over a stream; everything else is a Ray call."""

    def __init__(self, name: str, stream: Link) -> None:
        super().__init__(name)
        self._stream = stream

    async def call(self, method: str, *arguments: Any) -> Any:
        """Send a batch, or call another method. Raises LinkBroken, whatever has gone wrong."""
        if method == "deliver":
            return await self._stream.send(*arguments)
        return await super().call(method, *arguments)


class RayHosts:
    """All processes of all hosts, asked side by side. Implements `HostControl` of the root supervisor."""

    def __init__(
        self,
        names: Sequence[str],
        move_tables: Callable[[str, str], Awaitable[Sequence[str]]] | None = None,
    ) -> None:
        self._refs = {name: HostRef(name) for name in names}
        self._pulses: dict[str, HostPulse] = {}
        self._move_tables = move_tables

    async def ping(self, host: str) -> Pulse:
        """Return the host's pulse. Raises LinkBroken."""
        pulse: HostPulse = await self._refs[host].call("ping")
        self._pulses[host] = pulse
        return Pulse(pulse.is_ready, pulse.problem, pulse.stands_by)

    async def kill(self, host: str) -> None:
        """End the host's process, by signal where it is on this machine: a stopped process does not hear Ray."""
        pulse = self._pulses.get(host)
        if pulse is not None and pulse.node == ray.get_runtime_context().get_node_id():
            try:
                os.kill(pulse.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
        else:
            await self._refs[host].kill()

    async def move_tables(self, away_from: str, to: str) -> Sequence[str]:
        """Place one host's tables on another."""
        return await self._move_tables(away_from, to) if self._move_tables is not None else ()

    async def ready(self) -> Mapping[str, bool]:
        """Return for every host whether its actors take on work, in whichever of its processes."""
        ready = dict.fromkeys(map(host_of, self._refs), False)
        for process, is_ready in zip(self._refs, await asyncio.gather(*map(self._is_ready, self._refs)), strict=True):
            ready[host_of(process)] |= is_ready
        return ready

    async def expositions(self) -> Mapping[str, str]:
        """Return the metrics of every host that answers, in Prometheus' text format. Who stands by has none."""
        texts = await asyncio.gather(*(self._ask(name, "metrics") for name in self._refs))
        return {host_of(name): text.decode() for name, text in zip(self._refs, texts, strict=True) if text}

    async def _is_ready(self, name: str) -> bool:
        pulse = await self._ask(name, "ping")
        return pulse is not None and pulse.is_ready and not pulse.is_draining

    async def _ask(self, name: str, method: str) -> Any:
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._refs[name].call(method)
        except (LinkBroken, TimeoutError):
            return None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200] or type(error).__name__
