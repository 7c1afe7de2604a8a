"""The SDK's session machine as a swarm uses it: most pushes are counted and not decoded, and repeated ones are noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from protocol.codec import peek_envelope
from protocol.connection import ClientConnection, Event
from protocol.envelope import Kind
from protocol.messages import JackpotPools, TableBets, TableResumed, TableSnapshot

#: What no made-up player looks at: the others' chips, most of all bytes, and what the jackpots stand at.
SKIMMED: Final = frozenset(kind.__struct_config__.tag for kind in (TableBets, JackpotPools))
_ANEW: Final = frozenset(kind.__struct_config__.tag for kind in (TableSnapshot, TableResumed))
_PERSONAL: Final = 0
_KIND_AT: Final = 2  # [version, kind, ...]: each is one byte


class LoadMachine(ClientConnection):
    """See `ClientConnection`. duplicates: pushes that this connection had brought before; lost: begun at a snapshot instead."""

    def __init__(self, client: str, spread: Callable[[], float]) -> None:
        super().__init__(client, spread=spread)
        self.duplicates = 0
        self._highest: dict[int, int] = {}

    def open(self, token: str, now_ms: int) -> None:
        """See `ClientConnection`."""
        self._highest.clear()
        super().open(token, now_ms)

    def receive(self, data: bytes, now_ms: int) -> list[Event]:
        """See `ClientConnection`. Of what is skimmed only the place in its stream counts."""
        envelope = peek_envelope(data)
        if envelope is None:
            return super().receive(data, now_ms)
        tag = _tag(memoryview(envelope.body))
        if tag in _ANEW:  # what came before this answer may come again, in its place
            self._highest.clear()
        elif envelope.kind == Kind.PUSH:
            self._count(envelope.ref, envelope.seq)
            if tag in SKIMMED:
                self._heard_ms = now_ms
                return self._receive_push(envelope.ref, envelope.seq, None, now_ms)
        return super().receive(data, now_ms)

    def _count(self, stream: int, seq: int) -> None:
        """Notice what comes again. seq 0 is outside of every stream."""
        if not seq:
            return
        highest = self._personal_seq if stream == _PERSONAL else self._highest.get(stream, 0)
        if seq <= highest:
            self.duplicates += 1
        elif stream != _PERSONAL:
            self._highest[stream] = seq


def _tag(body: memoryview) -> int:
    """Return the tag of a body, which is an array that begins with it; -1: not one that is known here.

    Shape: an array of up to 15 is one byte long before its first element, a longer one (a snapshot) three.
    """
    at = 1 if 0x90 <= body[0] <= 0x9F else 3
    return body[at] if len(body) > at else -1
