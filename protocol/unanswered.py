"""What a client has asked and not been answered."""

from __future__ import annotations

from typing import Any

from protocol.messages import ClientMessage


class Request:
    """A request without an answer. handle None: the machine's own."""

    __slots__ = ("body", "handle", "ref", "sent_ms", "table_id", "tries")

    def __init__(self, ref: int, body: ClientMessage, handle: Any) -> None:
        self.ref = ref
        self.body = body
        self.handle = handle
        self.table_id: str = getattr(body, "table_id", "")
        self.tries = 0
        self.sent_ms = -1  # not sent on this connection
