"""The envelope round every message: one msgpack array `[version, kind, ref, seq, body]` per WebSocket binary frame."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

from protocol.messages import ClientMessage, ServerMessage

PROTOCOL_VERSION: Final = 1

#: What a client offers, and the gateway chooses, as the WebSocket subprotocol.
SUBPROTOCOL: Final = "croupier.v1"

#: A client frame larger than this many bytes is a protocol fault.
MAX_CLIENT_FRAME_BYTES: Final = 16 * 1024
#: No server frame is larger than this many bytes.
MAX_SERVER_FRAME_BYTES: Final = 256 * 1024


class Kind(IntEnum):
    """What a frame is. Only `REQUEST` travels from client to server."""

    REQUEST = 1
    REPLY = 2
    PUSH = 3
    ERROR = 4


class ClientFrame(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A request.

    ref: chosen by the client, 1..2^32-1, unique among its unanswered requests; the answer repeats it.
    seq: the highest personal push `seq` the client has handled (0 if none): an acknowledgement.
    """

    version: int
    kind: int
    ref: int
    seq: int
    body: ClientMessage


class ServerFrame(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A reply, error or push.

    ref: for REPLY and ERROR the request's ref (0 for an error that answers no request);
         for PUSH the stream: 0 is the personal stream, others are `TableSnapshot.stream`.
    seq: for PUSH the stream's sequence number, dense from the snapshot's `version` + 1
         (personal: from 1 on each connection); for REPLY and ERROR 0.
    """

    version: int
    kind: int
    ref: int
    seq: int
    body: ServerMessage
