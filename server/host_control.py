"""The hosts' processes as restarts need them: Ray's actors, spoken to from the process of `croupier up`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from server import bootstrap
from server.actor_refs import HostRef
from server.config import Config
from server.process_link import ANSWER_S, HostPulse
from server.ray_thread import RayThread
from server.secrets import Secrets


class RayProcesses:
    """Implements `server.restarts.Processes`. What starts or ends a process runs on Ray's own thread."""

    def __init__(self, config: Config, secrets: Secrets, ray: RayThread) -> None:
        self._config = config
        self._secrets = secrets
        self._ray = ray

    def running(self) -> Sequence[str]:
        """Return the processes that there are."""
        return bootstrap.running_processes()

    async def ping(self, process: str) -> HostPulse:
        """Return a sign of life. Raises LinkBroken, TimeoutError."""
        async with asyncio.timeout(ANSWER_S):
            pulse: HostPulse = await self._call(process, "ping")
        return pulse

    async def drain(self, process: str, within_s: float) -> bool:
        """Let what is under way end. Raises LinkBroken."""
        return bool(await self._call(process, "drain", within_s))

    async def stop(self, process: str) -> None:
        """Stop the actors. Raises LinkBroken."""
        await self._call(process, "stop")

    async def say_who_serves(self, process: str) -> None:
        """Let the process note that it is its host now. Raises LinkBroken."""
        await self._call(process, "say_who_serves")

    async def restart(self, process: str) -> None:
        """End the process, so that Ray starts it anew."""
        await self._ray.call(lambda: bootstrap.restart_process(process))

    async def start(self, process: str) -> None:
        """Start a process that there was not."""
        await self._ray.call(lambda: bootstrap.start_replacement(self._config, self._secrets, process))

    async def end(self, process: str) -> None:
        """End a process for good."""
        await self._ray.call(lambda: bootstrap.end_process(self._config, process))

    @staticmethod
    async def _call(process: str, method: str, *arguments: object) -> Any:
        return await HostRef(process).call(method, *arguments)
