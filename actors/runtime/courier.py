"""The courier: how the actors of one host reach all others. Implements `actors.ports.Post`.

Promises, all tested: messages from this host to one address start in the order they were handed over; a batch runs once
in each life of its receiver; every ask is answered exactly once, with one reply per message; queues are finite and say
BUSY.
Nothing survives a crash of this process: whoever asked dies with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from actors.ports import Failure, Replies
from actors.runtime.batches import Codec
from actors.runtime.counters import Counters
from actors.runtime.lane import Lane, LaneLimits, Letter, LocalLane, RemoteLane
from actors.runtime.link import Link
from actors.runtime.receiver import Receiver

#: How long something told may wait for a broken link; then it is lost.
TELL_S: Final = 5.0
#: Deadlines are kept to this precision.
SWEEP_S: Final = 0.05


class Courier:
    """One per host. `host_of` says where an address lives (None: nowhere known), `connect` opens the link to a host."""

    def __init__(
        self,
        receiver: Receiver,
        *,
        host: str,
        incarnation: int,
        codec: Codec,
        host_of: Callable[[str], str | None],
        connect: Callable[[str], Link],
        counters: Counters,
        limits: LaneLimits | None = None,
    ) -> None:
        self._host = host
        self._incarnation = incarnation
        self._codec = codec
        self._receiver = receiver
        self._host_of = host_of
        self._connect = connect
        self._counters = counters
        self._limits = limits if limits is not None else LaneLimits()
        self._loop = asyncio.get_running_loop()
        self._lanes: dict[str, Lane] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._is_closed = False

    def tell(self, address: str, messages: Sequence[msgspec.Struct]) -> bool:
        """Send without an answer; see `Post.tell`. At most once in each life of the receiver, for `TELL_S`."""
        if not messages:
            return True
        return self._put(Letter(address, messages, None, self._loop.time() + TELL_S))

    def ask(
        self,
        address: str,
        messages: Sequence[msgspec.Struct],
        on_replies: Callable[[Replies], None],
        timeout_s: float = 5.0,
    ) -> None:
        """Send for answers; see `Post.ask`. on_replies is never called from within this call."""
        letter = Letter(address, messages, on_replies, self._loop.time() + timeout_s)
        if not messages or not self._put(letter):
            self._loop.call_soon(on_replies, [Failure.BUSY] * len(messages))

    def ask_all(self, address: str, messages: Sequence[msgspec.Struct], timeout_s: float = 5.0) -> Awaitable[Replies]:
        """`ask` as a future."""
        future: asyncio.Future[Replies] = self._loop.create_future()

        def take(replies: Replies) -> None:
            if not future.done():  # its owner may have been cancelled
                future.set_result(replies)

        self.ask(address, messages, take, timeout_s)
        return future

    def depths(self) -> dict[str, tuple[int, int]]:
        """Return per destination, a host or an address of this one: messages waiting, batches under way."""
        return {to: (lane.waiting_messages, len(lane.active)) for to, lane in self._lanes.items()}

    async def drain(self, timeout_s: float) -> bool:
        """Wait until everything handed over is answered; False if that takes longer than timeout_s."""
        until = self._loop.time() + timeout_s
        while not all(lane.is_idle for lane in self._lanes.values()):
            if self._loop.time() >= until:
                return False
            await asyncio.sleep(SWEEP_S)
        return True

    def close(self) -> None:
        """End everything: open asks are answered BUSY (not sent) or UNKNOWN (sent), later ones BUSY."""
        self._is_closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        for lane in self._lanes.values():
            lane.close()

    def _put(self, letter: Letter) -> bool:
        lane = self._lane_to(letter.address)
        if lane is None or not lane.put(letter):
            self._counters.busy += letter.count
            return False
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(SWEEP_S, self._sweep)
        return True

    def _lane_to(self, address: str) -> Lane | None:
        host = None if self._is_closed else self._host_of(address)
        if host is None:
            return None
        # Who answers here may have to ask somebody here first: in one lane he would wait for himself.
        to = address if host == self._host else host
        lane = self._lanes.get(to)
        return self._open(host, to) if lane is None else lane

    def _open(self, host: str, to: str) -> Lane:
        lane: Lane
        if host == self._host:
            lane = LocalLane(host, self._receiver, self._counters, self._limits)
        else:
            link, us = self._connect(host), self._host
            lane = RemoteLane(host, link, us, self._incarnation, self._codec, self._counters, self._limits)
        self._lanes[to] = lane
        return lane

    def _sweep(self) -> None:
        """Keep deadlines; one timer for all, and none while nothing is open."""
        now = self._loop.time()
        for lane in self._lanes.values():
            lane.sweep(now)
        is_idle = all(lane.is_idle for lane in self._lanes.values())
        self._sweeper = None if is_idle else self._loop.call_later(SWEEP_S, self._sweep)
