"""Hosts of toys on real Ray, which ask each other: what carries the messages is measured, nothing behind it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from typing import Any

from actors.domain.money.orders import Done, ReadMoney
from server.actor_refs import HostRef
from server.bootstrap import HostActor
from server.hosts import Site


class ToyWallet:
    """Answers every question: seq is its process, cash the question's player, escrow how often those did not grow."""

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


class RatedHostActor(HostActor):
    """A host of toys that measures its own way to another one."""

    builders = {"wallet": build_toy}

    async def plain(self, number: int) -> int:
        """Answer a plain call, to compare with."""
        return number

    async def rate(self, to: str, concurrency: int, seconds: float) -> float:
        """Return messages a second when so many are always under way, one ask for each message."""
        await self._process._ready.wait()
        post = self._process._site.post  # type: ignore[union-attr]
        done = asked = 0
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        until = began + seconds

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

        for _ in range(concurrency):
            ask()
        await over
        return done / (time.perf_counter() - began)

    async def plain_rate(self, to: str, concurrency: int, seconds: float) -> float:
        """Return plain Ray calls a second when so many are always under way."""
        other = HostRef(to)
        await other.call("plain", 0)  # finds it
        began = time.perf_counter()
        until = began + seconds

        async def caller() -> int:
            done = 0
            while time.perf_counter() < until:
                await other.call("plain", done)
                done += 1
            return done

        counts = await asyncio.gather(*(caller() for _ in range(concurrency)))
        return sum(counts) / (time.perf_counter() - began)
