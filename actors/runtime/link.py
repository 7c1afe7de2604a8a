"""How batches travel: the port that every kind of connection between two hosts implements."""

from __future__ import annotations

from typing import Protocol


class LinkBroken(Exception):
    """The blob was not delivered, or was delivered and its answer lost: nobody knows which. Send it again."""


class Link(Protocol):
    """A way to one host. Gives no promise of order and none of delivery: the courier's sequence numbers do."""

    async def send(self, blob: bytes) -> bytes:
        """Carry a blob to the host and return its answer. Raises LinkBroken. Several may be under way at once."""
        ...
