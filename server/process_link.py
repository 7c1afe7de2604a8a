"""The link to a host of which one process or the other serves. What it calls is handed in: Ray's actors, or a test's."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

import msgspec

from actors.runtime.batches import BatchAnswer
from actors.runtime.link import LinkBroken

#: The answer to a batch that a process cannot take because it stands by.
NOT_SERVING: Final = b""
#: The answer to a batch for a process that does not exist: none of its groups was taken.
NOBODY: Final = msgspec.msgpack.encode(BatchAnswer(0, []))
ANSWER_S: Final = 1.5
#: A process that has answered nothing for so long is doubted. A commit under load takes tens of milliseconds.
LOOK_S: Final = 0.1


class HostPulse(msgspec.Struct, frozen=True):
    """What a host says of itself when pinged. node: Ray's id of the machine its process is on.

    left: what it still waits for while it drains.
    """

    name: str
    pid: int
    node: str
    is_ready: bool
    problem: str = ""
    stands_by: bool = False
    is_draining: bool = False
    left: str = ""


class ProcessAbsent(LinkBroken):
    """There is no such process, and nobody is about to start it."""


class ProcessRef(Protocol):
    """A process that can be called by method: "deliver" with a batch, "ping" for its HostPulse."""

    name: str

    def call(self, method: str, *arguments: object) -> Coroutine[Any, Any, Any]:
        """Return what the method returns. Raises LinkBroken, whatever has gone wrong."""
        ...


class ProcessLink:
    """A link over calls. Keeps no order; the receiver does.

    processes: of the host. One of them serves; when it breaks, or says that it only stands by, the other is tried. Ray
    may take seconds to tell that a process has died, so when nothing is heard of it the other is asked whether it serves.
    """

    def __init__(self, processes: Sequence[ProcessRef], *, may_be_absent: bool = False) -> None:
        """may_be_absent: what is sent to a process that does not exist is for nobody, instead of waiting for it."""
        self._refs = processes
        self._may_be_absent = may_be_absent
        self._at = 0
        self._open: dict[asyncio.Task[bytes], tuple[int, float]] = {}  # at, and when it was sent; oldest first
        self._heard_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None

    async def send(self, blob: bytes) -> bytes:
        """Carry a batch; see `Link.send`."""
        at = self._at
        call = self._refs[at].call("deliver", blob)
        try:
            answer: bytes = await (call if len(self._refs) == 1 else self._while_it_serves(at, call))
            if answer == NOT_SERVING:
                raise LinkBroken(f"{self._refs[at].name} stands by")
        except ProcessAbsent:
            self._turn(at)
            if not self._may_be_absent:
                raise
            return NOBODY
        except BaseException:  # a call that was given up after its time counts too
            self._turn(at)
            raise
        return answer

    async def _while_it_serves(self, at: int, call: Coroutine[Any, Any, bytes]) -> bytes:
        """Return the answer. Raises LinkBroken also when it does not come and another process serves by now."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(call)
        self._open[task] = at, loop.time()
        if self._timer is None:
            self._timer = loop.call_later(LOOK_S, self._watch)
        try:
            answer = await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise  # whoever sent it has given it up
            raise LinkBroken(f"{self._refs[self._at].name} has taken over") from None
        finally:
            del self._open[task]
        self._heard_s = loop.time()
        return answer

    def _watch(self) -> None:
        """Give up what waits for a process that does not serve any more; look round when the one that does is silent.

        A busy process may be late with one batch and answer others; it is not doubted.
        """
        self._timer = None
        if not self._open:
            return
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(LOOK_S, self._watch)
        for task, (at, _) in self._open.items():
            if at != self._at:
                task.cancel()
        # Only what was sent to the one that serves now can say that it is silent.
        oldest_s = next((sent_s for at, sent_s in self._open.values() if at == self._at), loop.time())
        if self._looking is None and loop.time() - max(self._heard_s, oldest_s) >= LOOK_S:
            self._looking = loop.create_task(self._look(self._at))

    async def _look(self, at: int) -> None:
        """Ask the other process whether it serves."""
        try:
            with suppress(LinkBroken, TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    if (await self._refs[(at + 1) % len(self._refs)].call("ping")).is_ready:
                        self._turn(at)
        finally:
            self._looking = None

    def _turn(self, from_: int) -> None:
        """Try the next process, unless another batch has already turned."""
        if self._at == from_:
            self._at = (from_ + 1) % len(self._refs)
