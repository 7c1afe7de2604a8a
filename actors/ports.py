"""What actors need from the world. Adapters live in `server/`, models of them in `tests/simulation` and `tests/fakes`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Any, Protocol

import msgspec


class Clock(Protocol):
    """Time. Durations are waited for with asyncio, so that a virtual event loop can make them pass at once."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970, UTC."""
        ...


class Entropy(Protocol):
    """The only source of randomness."""

    def below(self, n: int) -> int:
        """Return an unbiased whole number in 0 .. n-1 (rejection sampling)."""
        ...

    def token(self, size: int) -> bytes:
        """Return so many unpredictable bytes."""
        ...


class Failure(Enum):
    """Why an ask has no answer."""

    BUSY = "busy"  # the queue to the destination is full; certainly nothing was done
    UNKNOWN = "unknown"  # sent and not answered in time; it may have been done


Replies = Sequence[Any]  # of msgspec.Struct | Failure, one per message, matched by index


class Post(Protocol):
    """How an actor reaches others: the courier's face. Addresses look like "wallet/0", "table/roulette-1", "gateway/0"."""

    def tell(self, address: str, messages: Sequence[msgspec.Struct]) -> bool:
        """Send without waiting for an answer; False: the queue is full and nothing was sent. May be lost with its receiver."""
        ...

    def ask(
        self,
        address: str,
        messages: Sequence[msgspec.Struct],
        on_replies: Callable[[Replies], None],
        timeout_s: float = 5.0,
    ) -> None:
        """Send, and call on_replies once with one reply per message.

        Every message must be safe to carry out twice: it is sent again after a broken link until timeout_s, then UNKNOWN.
        """
        ...

    def ask_all(
        self, address: str, messages: Sequence[msgspec.Struct], timeout_s: float = 5.0
    ) -> Awaitable[Replies]:
        """`ask` as an awaitable: one future for the whole list."""
        ...


class Actor(Protocol):
    """Something with an address. The host calls it with batches in each sender's order."""

    def handle_batch(self, sender: str, messages: Sequence[Any]) -> Awaitable[Sequence[Any]]:
        """Carry out the messages and return one answer for each, by index. The part before the first await runs in order."""
        ...
