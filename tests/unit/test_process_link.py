"""The link to a host with two processes finds the one that serves, also when nobody tells it that the other has died."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from actors.runtime.link import LinkBroken
from server import process_link
from server.process_link import NOT_SERVING, HostPulse, ProcessLink
from tests.simulation.loop import run_virtual


class RefFake:
    """One of the two processes, as the link calls it. dead: calls fail; hung: they never return."""

    def __init__(self, name: str, *, serves: bool) -> None:
        self.name = name
        self.serves = serves
        self.dead = self.hung = False
        self.asked = 0

    async def call(self, method: str, *arguments: object) -> Any:
        if self.dead:
            raise LinkBroken("dead")
        if self.hung:
            await asyncio.Event().wait()
        if method == "ping":
            self.asked += 1
            return HostPulse(self.name, 1, "node", self.serves, stands_by=not self.serves)
        return b"answer" if self.serves else NOT_SERVING


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> tuple[ProcessLink, RefFake, RefFake]:
    monkeypatch.setattr(process_link, "LOOK_S", 0.01)
    first, second = RefFake("wallet/0", serves=True), RefFake("wallet/0+", serves=False)
    return ProcessLink([first, second]), first, second


async def test_link_turns_to_the_other_process_when_one_is_dead(pair: tuple[ProcessLink, RefFake, RefFake]) -> None:
    link, first, second = pair
    assert await link.send(b"") == b"answer"
    first.dead, second.serves = True, True
    with pytest.raises(LinkBroken):
        await link.send(b"")
    assert await link.send(b"") == b"answer"


async def test_link_turns_back_from_a_process_that_stands_by(pair: tuple[ProcessLink, RefFake, RefFake]) -> None:
    link, first, _ = pair
    first.dead = True
    with pytest.raises(LinkBroken, match="dead"):
        await link.send(b"")
    first.dead = False
    with pytest.raises(LinkBroken, match="stands by"):
        await link.send(b"")
    assert await link.send(b"") == b"answer"


async def test_all_batches_that_wait_are_given_up_when_the_other_has_taken_over(
    pair: tuple[ProcessLink, RefFake, RefFake],
) -> None:
    """Ray tells of a death up to two seconds late; a bet must not wait for that."""
    link, first, second = pair
    first.hung = True
    sent = [asyncio.ensure_future(link.send(b"")) for _ in range(5)]
    while second.asked == 0:
        await asyncio.sleep(0)
    assert not any(one.done() for one in sent)
    second.serves = True
    outcomes = await asyncio.wait_for(asyncio.gather(*sent, return_exceptions=True), 5)
    assert {type(outcome) for outcome in outcomes} == {LinkBroken}
    assert second.asked < 5 * 3
    assert await link.send(b"") == b"answer"


def test_busy_process_that_answers_others_is_not_doubted(pair: tuple[ProcessLink, RefFake, RefFake]) -> None:
    """Under load every batch takes longer than the link's patience; asking the other process cost a call of Ray each."""
    link, first, second = pair

    async def run() -> None:
        first.hung = True
        late = asyncio.ensure_future(link.send(b""))
        await asyncio.sleep(process_link.LOOK_S / 2)  # the call has begun, and is not late yet
        first.hung = False
        for _ in range(20):
            assert await link.send(b"") == b"answer"
            await asyncio.sleep(process_link.LOOK_S / 2)
        assert second.asked == 0
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late

    run_virtual(run())


async def test_batch_whose_sender_gives_up_is_cancelled_and_not_broken(
    pair: tuple[ProcessLink, RefFake, RefFake],
) -> None:
    link, first, _ = pair
    first.hung = True
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await link.send(b"")


async def test_batch_that_the_link_gives_up_is_broken_also_when_it_has_turned_back_meanwhile(
    pair: tuple[ProcessLink, RefFake, RefFake],
) -> None:
    """A zombie that woke said that it served, too: the batch ended as cancelled, and its senders waited for nothing."""
    link, first, _ = pair
    first.hung = True
    sent = asyncio.ensure_future(link.send(b""))
    await asyncio.sleep(0)
    (under_way,) = link._open
    under_way.cancel()
    with pytest.raises(LinkBroken):
        await sent


async def test_batch_that_its_sender_gives_up_is_cancelled(pair: tuple[ProcessLink, RefFake, RefFake]) -> None:
    link, first, _ = pair
    first.hung = True
    sent = asyncio.ensure_future(link.send(b""))
    await asyncio.sleep(0)
    sent.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sent
