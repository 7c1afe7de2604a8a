"""Hosts for tests of the runtime on real Ray: toy wallets that answer with who they are."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from typing import Any

from actors.domain.money.orders import Done, ReadMoney
from actors.ports import Failure
from server.bootstrap import HostActor
from server.hosts import HostSpec, Site
from server.process_link import HostPulse
from tests.fakes.link_contract import Echo


class ToyWallet:
    """Answers every question: seq is its process, cash the question's player."""

    def __init__(self) -> None:
        self.order_errors = 0
        self._last: dict[str, int] = {}

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to do."""

    async def handle_batch(self, sender: str, messages: Sequence[ReadMoney]) -> Sequence[Done]:
        """Answer, counting numbers of one sender that do not grow."""
        last = self._last.get(sender, -1)
        for message in messages:
            self.order_errors += message.player_id <= last
            last = message.player_id
        self._last[sender] = last
        return [Done(os.getpid(), message.player_id, self.order_errors) for message in messages]


async def build_toy(site: Site) -> None:
    """One toy at the host's own address."""
    await site.add(site.spec.name, ToyWallet())


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


class ToyHostActor(HostActor):
    """A host of toys that can be told to ask another one."""

    builders = {"wallet": build_toy}

    async def plain(self, number: int) -> int:
        """Answer a plain call, to compare with."""
        return number

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

    async def rate(self, to: str, concurrency: int, seconds: float) -> float:
        """Return messages a second when so many are always under way, one ask for each message."""
        await self._process._ready.wait()
        post = self._process._site.post  # type: ignore[union-attr]
        loop = asyncio.get_running_loop()
        done = asked = 0
        until = time.perf_counter() + seconds
        over: asyncio.Future[None] = loop.create_future()

        def on_replies(replies: Sequence[Any]) -> None:
            nonlocal done
            done += len(replies)
            if time.perf_counter() < until:
                ask()
            elif not over.done():
                over.set_result(None)

        def ask() -> None:
            nonlocal asked
            asked += 1
            post.ask(to, [ReadMoney(asked, 1)], on_replies)

        began = time.perf_counter()
        for _ in range(concurrency):
            ask()
        await over
        return done / (time.perf_counter() - began)

    async def plain_rate(self, to: str, concurrency: int, seconds: float) -> float:
        """Return plain Ray calls a second when so many are always under way."""
        import ray

        handle = ray.get_actor(to, "croupier")
        until = time.perf_counter() + seconds

        async def caller() -> int:
            done = 0
            while time.perf_counter() < until:
                await handle.plain.remote(done)
                done += 1
            return done

        began = time.perf_counter()
        counts = await asyncio.gather(*(caller() for _ in range(concurrency)))
        return sum(counts) / (time.perf_counter() - began)


def _plain(answer: Any) -> Any:
    if isinstance(answer, Failure):
        return answer.value
    return answer.cash_minor, answer.seq, answer.escrow_minor
