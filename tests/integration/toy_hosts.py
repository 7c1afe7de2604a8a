"""Hosts for tests of the runtime on real Ray: toy wallets that answer with who they are."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from actors.domain.money.orders import ReadMoney
from actors.ports import Failure
from loadtest.bench.toys import RatedHostActor
from server.hosts import HostSpec
from server.process_link import HostPulse
from tests.fakes.link_contract import Echo


class EchoHostActor:
    """An `Echo` as a host."""

    def __init__(self, spec: HostSpec) -> None:
        self._name = spec.name
        self._echo = Echo()

    async def deliver(self, blob: bytes) -> bytes:
        """Answer."""
        return await self._echo.deliver(blob)

    async def ping(self) -> HostPulse:
        """Say which process this is."""
        return HostPulse(self._name, os.getpid(), "", True)

    async def status(self) -> dict[str, Any]:
        """Say who this is."""
        return {"name": self._name}

    async def stop(self) -> None:
        """Nothing to do."""


class ToyHostActor(RatedHostActor):
    """A host of toys that can be told to ask another one."""

    async def ask_numbers(self, to: str, first: int, count: int, every_s: float) -> list[Any]:
        """Ask with count numbers, one ask each; return (cash, seq, moved) or the failure's name for each."""
        await self._process._ready.wait()
        post = self._process._site.post  # type: ignore[union-attr]
        futures = []
        for number in range(first, first + count):
            futures.append(asyncio.ensure_future(post.ask_all(to, [ReadMoney(number, 1)], 20.0)))
            if every_s:
                await asyncio.sleep(every_s)
        return [_plain(answer) for replies in await asyncio.gather(*futures) for answer in replies]


def _plain(answer: Any) -> Any:
    if isinstance(answer, Failure):
        return answer.value
    return answer.cash_minor, answer.seq, answer.escrow_minor
