"""A link in memory, straight into a receiver, with the faults a real one has."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from actors.runtime.batches import Codec
from actors.runtime.counters import Counters
from actors.runtime.link import LinkBroken
from actors.runtime.receiver import Receiver


class Ping(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A message to a toy actor."""

    n: int


class Pong(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Its answer. life: the incarnation that answered."""

    n: int
    life: int


class Toy(msgspec.Struct):
    """The contract of a toy actor; every kind of address in these tests has it."""

    inbox: Any = Ping
    answers: Any = Pong


TOY_CONTRACTS = {"toy": Toy()}


class ToyActor:
    """Notes what it is given and answers; waits first while its gate is closed."""

    def __init__(self, life: int = 1) -> None:
        self.life = life
        self.batches: list[list[int]] = []
        self.senders: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    @property
    def seen(self) -> list[int]:
        """All numbers in the order of their arrival."""
        return [n for batch in self.batches for n in batch]

    async def handle_batch(self, sender: str, messages: Sequence[Ping]) -> Sequence[Pong]:
        """Note, wait for the gate, answer every message."""
        self.senders.append(sender)
        self.batches.append([message.n for message in messages])
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return [Pong(message.n, self.life) for message in messages]


class ToyHost:
    """A receiver with toy actors that can die and come back empty."""

    def __init__(self, *names: str) -> None:
        self.life = 0
        self.names = names
        self.lives: list[dict[str, ToyActor]] = []
        self.bugs: list[tuple[str, BaseException]] = []
        self.is_up = False
        self.restart()

    def restart(self) -> None:
        """Begin a new life that knows nothing of the last."""
        self.life += 1
        self.actors = {name: ToyActor(self.life) for name in self.names}
        self.lives.append(self.actors)
        self.counters = Counters()
        self.receiver = Receiver(
            self.life, Codec(TOY_CONTRACTS), self.actors, self.counters, lambda *bug: self.bugs.append(bug)
        )
        self.is_up = True

    def crash(self) -> None:
        """Stop answering; what is under way is lost."""
        self.is_up = False


class Delivers(Protocol):
    """What takes blobs."""

    async def deliver(self, blob: bytes) -> bytes: ...


class Mortal(Protocol):
    """A host that may be down and come back in another life, such as `ToyHost`."""

    @property
    def life(self) -> int: ...
    @property
    def is_up(self) -> bool: ...
    @property
    def receiver(self) -> Delivers: ...


class FakeLink:
    """To a `ToyHost` or the like. The faults come from a seed; `hold` delays every blob until `release`."""

    def __init__(self, host: Mortal, seed: int = 0) -> None:
        self.host = host
        self.rng = random.Random(seed)
        self.lose_before = self.lose_after = self.repeat = self.delay = 0.0  # probabilities
        self.blobs: list[bytes] = []
        self.under_way = 0
        self._open = asyncio.Event()
        self._open.set()

    def hold(self) -> None:
        """Keep blobs from arriving."""
        self._open.clear()

    def release(self) -> None:
        """Let them arrive."""
        self._open.set()

    async def send(self, blob: bytes) -> bytes:
        """Deliver with faults. Raises LinkBroken."""
        self.blobs.append(blob)
        self.under_way += 1
        try:
            return await self._send(blob)
        finally:
            self.under_way -= 1

    async def _send(self, blob: bytes) -> bytes:
        await self._open.wait()
        if self._happens(self.delay):
            await asyncio.sleep(self.rng.random() * 0.02)
        if not self.host.is_up or self._happens(self.lose_before):
            raise LinkBroken("not delivered")
        life = self.host.life
        deliver = self.host.receiver.deliver
        if self._happens(self.repeat):
            await deliver(blob)
        try:
            answer = await deliver(blob)
        except msgspec.DecodeError as error:
            raise LinkBroken(str(error)) from None
        if life != self.host.life or not self.host.is_up or self._happens(self.lose_after):
            raise LinkBroken("answer lost")
        return answer

    def _happens(self, probability: float) -> bool:
        return self.rng.random() < probability
