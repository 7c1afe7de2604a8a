"""The storm's handle on its host process."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_ANSWER_S = 30.0
_PUBLISH_S = 600.0


class Server:
    """A host process. ports: of its gateways."""

    def __init__(self, process: asyncio.subprocess.Process, ports: list[int]) -> None:
        self.ports = ports
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.ensure_future(self._read())

    async def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """Give a command and return its answer. Raises ConnectionError when the process has ended."""
        assert self._process.stdin is not None
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({"do": do, "n": number, **fields}).encode() + b"\n")
        return await asyncio.wait_for(future, _PUBLISH_S if do == "publish" else _ANSWER_S)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            answer = json.loads(line)
            future = self._waiting.pop(answer["n"])
            if not future.done():  # its asker may have given up
                future.set_result(answer)
        for future in self._waiting.values():
            future.set_exception(ConnectionError("the host process has ended"))

    async def kill(self) -> None:
        """End the process with SIGKILL."""
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """End the process, if it has not ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 20)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[Server]:
    """Give a host process with these gateway settings; every storm has one of its own."""
    settings = {"rate_per_s": 0, "max_connections": 20_000, "linger_s": 1, **settings}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadtest.stress.host", json.dumps(settings)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 60)
    if not line:
        raise SystemExit("the host process did not start")
    server = Server(process, json.loads(line)["ports"])
    try:
        yield server
    finally:
        await server.stop()
