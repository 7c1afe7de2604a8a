"""The other end of `loadtest.listeners`: starts such a process and asks it."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from typing import Any


def raise_descriptor_limit(wanted: int) -> int:
    """Let this process have so many descriptors; returns how many it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = max(soft, min(hard, wanted))
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed


class Listening:
    """Listeners in a process of their own, so that their work is not counted as the sender's."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, mode: str, port: int, count: int, timeout_s: float = 120.0) -> Listening:
        """Start the process and wait until every connection stands. Raises SystemExit when it does not get so far."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "loadtest.listeners", mode, str(port), str(count)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        listening = cls(process)
        ready = await listening._answer(timeout_s)
        if ready.get("ready") != count:
            raise SystemExit(f"the listeners did not come: {ready}")
        return listening

    async def report(self) -> dict[str, Any]:
        """Return the counts since the start, when nothing more comes."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"report\n")
        return await self._answer(60.0)

    async def stop(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 20)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _answer(self, timeout_s: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), timeout_s)
        if not line:
            raise SystemExit("the process of the listeners has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer
