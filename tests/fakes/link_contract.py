"""What every `Link` must do. A subclass gives the fixture `pair`: a link, and the host at its other end."""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec
import pytest

from actors.runtime.link import Link, LinkBroken


class Echo:
    """A host that answers b"x" with b"re x", keeps b"wait..." until b"go" comes, and cannot decode b"bad"."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []

    async def deliver(self, blob: bytes) -> bytes:
        """Answer a blob."""
        if blob == b"bad":
            raise msgspec.DecodeError("bad")
        if blob.startswith(b"wait"):
            gate = asyncio.get_running_loop().create_future()
            self.waiting.append(gate)
            await gate
        elif blob == b"go":
            waiting, self.waiting = self.waiting, []
            for gate in reversed(waiting):  # answers in another order than the blobs
                if not gate.done():  # its sender may have given up
                    gate.set_result(None)
        elif blob == b"count":
            return str(len(self.waiting)).encode()
        return b"re " + blob


class Pair(Protocol):
    """A link and its host, an `Echo`."""

    link: Link

    async def crash(self) -> None:
        """End the host as kill -9 does. No other takes its place yet, where that can be had."""
        ...

    async def restart(self) -> None:
        """Let a new host be there, which knows nothing, perhaps at another address."""
        ...


async def waiting(link: Link, count: int) -> None:
    """Return when the host keeps so many blobs."""
    while int(await link.send(b"count")) < count:
        await asyncio.sleep(0.01)


async def answered(link: Link, blob: bytes) -> bytes:
    """Send until it is answered, as the courier does."""
    async with asyncio.timeout(40):
        while True:
            try:
                return await link.send(blob)
            except LinkBroken:
                await asyncio.sleep(0.02)


class LinkContract:
    """The laws."""

    async def test_blob_is_answered(self, pair: Pair) -> None:
        assert await pair.link.send(b"one") == b"re one"
        assert await pair.link.send(b"") == b"re "

    async def test_several_under_way_get_each_its_own_answer_in_whatever_order(self, pair: Pair) -> None:
        blobs = [b"wait %d" % n for n in range(8)]
        sends = [asyncio.ensure_future(pair.link.send(blob)) for blob in blobs]
        await waiting(pair.link, 8)
        assert await pair.link.send(b"go") == b"re go"
        assert await asyncio.gather(*sends) == [b"re " + blob for blob in blobs]

    async def test_large_blob_arrives_whole(self, pair: Pair) -> None:
        blob = bytes(range(256)) * 8_000
        assert await pair.link.send(blob) == b"re " + blob

    async def test_send_given_up_leaves_others_alone(self, pair: Pair) -> None:
        given_up = asyncio.ensure_future(pair.link.send(b"wait 1"))
        other = asyncio.ensure_future(pair.link.send(b"wait 2"))
        await waiting(pair.link, 2)
        given_up.cancel()
        assert await pair.link.send(b"go") == b"re go"
        assert await other == b"re wait 2"

    async def test_blob_that_the_host_cannot_read_is_broken_and_the_next_goes_through(self, pair: Pair) -> None:
        with pytest.raises(LinkBroken):
            await pair.link.send(b"bad")
        assert await answered(pair.link, b"one") == b"re one"

    async def test_host_that_dies_breaks_everything_under_way(self, pair: Pair) -> None:
        sends = [asyncio.ensure_future(pair.link.send(b"wait %d" % n)) for n in range(3)]
        await waiting(pair.link, 3)
        await pair.crash()
        async with asyncio.timeout(20):
            ends = await asyncio.gather(*sends, return_exceptions=True)
        assert [type(end) for end in ends] == [LinkBroken] * 3
        await pair.restart()
        assert await answered(pair.link, b"after") == b"re after"
