"""What the jackpots stand at, for everybody who plays here: told after a change, and to each newcomer once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from actors.domain.events import JackpotMeters
from protocol.codec import encode_server_frame
from protocol.envelope import Kind
from server.gateway.backlog import Topic
from server.gateway.translate import jackpot_pools
from server.gateway.transport import WsConnection, frame_binary
from server.gateway.writing import Outbox

#: Outside of every stream: leaving one out is no gap.
_STREAM: Final = 0
_SEQ: Final = 0


class JackpotBoard:
    """The latest `JackpotPools` of this gateway. A client that reads slowly has one of them waiting at most."""

    __slots__ = ("_frame", "_newcomers", "_outbox")

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._frame = b""
        self._newcomers: dict[WsConnection, None] = {}

    def show(self, meters: JackpotMeters, everybody: Iterable[WsConnection]) -> None:
        """Tell everybody, if it is news."""
        frame = frame_binary(encode_server_frame(Kind.PUSH, _STREAM, _SEQ, jackpot_pools(meters)))
        if frame != self._frame:
            self._frame = frame
            self._newcomers.clear()
            self._outbox.send_latest(everybody, Topic.JACKPOTS, frame)

    def greet(self, connection: WsConnection) -> None:
        """Note that a session begins; it is told at the next tick, when it has its Welcome."""
        if self._frame:
            self._newcomers[connection] = None

    def tick(self) -> None:
        """Tell the newcomers. Called every second."""
        newcomers, self._newcomers = self._newcomers, {}
        self._outbox.send_latest(newcomers, Topic.JACKPOTS, self._frame)
