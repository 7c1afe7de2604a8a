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
#: An answer that takes longer is late. A round trip takes milliseconds, a commit under load tens of them.
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
    may take seconds to tell that a process has died, so while an answer is late the other is asked whether it serves now.
    """

    def __init__(self, processes: Sequence[ProcessRef], *, may_be_absent: bool = False) -> None:
        """may_be_absent: what is sent to a process that does not exist is for nobody, instead of waiting for it."""
        self._refs = processes
        self._may_be_absent = may_be_absent
        self._at = 0
        self._looked_s = 0.0

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
        task = asyncio.ensure_future(call)
        try:
            while not (await asyncio.wait((task,), timeout=LOOK_S))[0]:
                if await self._another_serves(at):
                    raise LinkBroken(f"{self._refs[self._at].name} has taken over")
            return await task
        finally:
            task.cancel()

    async def _another_serves(self, at: int) -> bool:
        """Tell whether a process other than this one is to be sent to. Of many batches that wait one asks, now and then."""
        now_s = asyncio.get_running_loop().time()
        if self._at == at and now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            other = self._refs[(at + 1) % len(self._refs)]
            with suppress(LinkBroken, TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    if (await other.call("ping")).is_ready:
                        self._turn(at)
        return self._at != at

    def _turn(self, from_: int) -> None:
        """Try the next process, unless another batch has already turned."""
        if self._at == from_:
            self._at = (from_ + 1) % len(self._refs)
