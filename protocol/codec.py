"""Bytes of one WebSocket message <-> frames. Alone knows that the encoding is msgpack; raises on nothing a peer sends.

A frame that is as it should be costs one typed msgspec decode. Only a frame that fails that is looked at again, to find
out which fault it is. Fields behind the known ones are skipped unread: they come from a newer version of this protocol.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple, get_args

import msgspec

from protocol.envelope import (
    MAX_CLIENT_FRAME_BYTES,
    MAX_SERVER_FRAME_BYTES,
    PROTOCOL_VERSION,
    ClientFrame,
    Kind,
    ServerFrame,
)
from protocol.errors import Code
from protocol.messages import ClientMessage, ServerMessage

#: The envelope is level 1, the body level 2. No message of this protocol needs more than five.
MAX_DEPTH: Final = 8
MAX_REF: Final = 2**32 - 1
#: Ints of msgpack end here; `seq`s of clients that count further are not believed.
MAX_SEQ: Final = 2**63 - 1

_ENVELOPE_FIELDS: Final = 5
_REQUEST: Final = int(Kind.REQUEST)
_CONTAINERS: Final = (list, tuple, dict)

_encode = msgspec.msgpack.Encoder().encode
_decode_client = msgspec.msgpack.Decoder(ClientFrame).decode
_server_decoder = msgspec.msgpack.Decoder(ServerFrame)
_any_decoder = msgspec.msgpack.Decoder()

#: Every way in which msgspec says that bytes are not what it was told to expect. ValueError covers
#: msgspec.DecodeError, msgspec.ValidationError and UnicodeDecodeError.
_DECODE_ERRORS: Final = (ValueError, RecursionError, TypeError, OverflowError)


class Fault(NamedTuple):
    """What is wrong with a frame. ref: of the request, 0 if it cannot be told. detail: English, for logs."""

    code: Code
    ref: int
    detail: str


def _tags(union: Any) -> frozenset[int]:
    return frozenset(member.__struct_config__.tag for member in get_args(union))


CLIENT_TAGS: Final = _tags(ClientMessage)
SERVER_TAGS: Final = _tags(ServerMessage)


def encode_client_frame(ref: int, seq: int, body: ClientMessage) -> bytes:
    """Return the bytes of a request. Units: ref and seq as in `ClientFrame`."""
    return _encode((PROTOCOL_VERSION, _REQUEST, ref, seq, body))


def encode_server_frame(kind: int, ref: int, seq: int, body: ServerMessage) -> bytes:
    """Return the bytes of a reply, push or error. Units: ref and seq as in `ServerFrame`. Fastest with a plain int as kind."""
    return _encode((PROTOCOL_VERSION, kind, ref, seq, body))


def decode_client_frame(data: bytes) -> ClientFrame | Fault:
    """Return the request in these bytes, or which fault they are. Never raises.

    Refuses, in this order: FRAME_TOO_LARGE, NESTED_TOO_DEEP, MALFORMED_FRAME (no envelope), UNSUPPORTED_VERSION,
    MALFORMED_FRAME (its shape or kind), BAD_REF, MALFORMED_FRAME (seq or body), UNKNOWN_MESSAGE, BAD_FIELD.
    Whole numbers of every msgpack size pass: 2^63 as a stake is the table's to refuse.
    """
    if len(data) > MAX_CLIENT_FRAME_BYTES:
        return Fault(Code.FRAME_TOO_LARGE, 0, f"{len(data)} bytes, {MAX_CLIENT_FRAME_BYTES} are allowed")
    try:
        frame = _decode_client(data)
    except _DECODE_ERRORS as error:
        return _find_fault(data, error, (Kind.REQUEST,), CLIENT_TAGS, 1)
    if (
        frame.version == PROTOCOL_VERSION
        and frame.kind == _REQUEST
        and 0 < frame.ref <= MAX_REF
        and 0 <= frame.seq <= MAX_SEQ
    ):
        return frame
    return _find_fault(data, None, (Kind.REQUEST,), CLIENT_TAGS, 1)


def decode_server_frame(data: bytes) -> ServerFrame | Fault:
    """Return the reply, push or error in these bytes, or which fault they are. Never raises; order as for requests.

    UNKNOWN_MESSAGE and BAD_FIELD mean that the server is newer than this client: such a frame may be passed over.
    """
    if len(data) > MAX_SERVER_FRAME_BYTES:
        return Fault(Code.FRAME_TOO_LARGE, 0, f"{len(data)} bytes, {MAX_SERVER_FRAME_BYTES} are allowed")
    try:
        frame = _server_decoder.decode(data)
    except _DECODE_ERRORS as error:
        return _find_fault(data, error, (Kind.REPLY, Kind.PUSH, Kind.ERROR), SERVER_TAGS, 0)
    if (
        frame.version == PROTOCOL_VERSION
        and 2 <= frame.kind <= 4
        and 0 <= frame.ref <= MAX_REF
        and 0 <= frame.seq <= MAX_SEQ
    ):
        return frame
    return _find_fault(data, None, (Kind.REPLY, Kind.PUSH, Kind.ERROR), SERVER_TAGS, 0)


class Envelope(msgspec.Struct, array_like=True, frozen=True):
    """A frame whose body is not understood."""

    version: int
    kind: int
    ref: int
    seq: int
    body: msgspec.Raw


_envelope_decoder = msgspec.msgpack.Decoder(Envelope)


def peek_envelope(data: bytes) -> Envelope | None:
    """Return the envelope of a frame that has the fault UNKNOWN_MESSAGE or BAD_FIELD, so that its seq is not lost."""
    try:
        return _envelope_decoder.decode(data)
    except _DECODE_ERRORS:
        return None


def _find_fault(
    data: bytes, error: BaseException | None, kinds: tuple[Kind, ...], tags: frozenset[int], min_ref: int
) -> Fault:
    """Return the fault of a frame that is not as it should be. error: what the typed decode said, if it failed."""
    try:
        frame = _any_decoder.decode(data)
    except RecursionError:
        return Fault(Code.NESTED_TOO_DEEP, 0, "nested beyond counting")
    except _DECODE_ERRORS as not_msgpack:
        return Fault(Code.MALFORMED_FRAME, 0, str(not_msgpack))
    if _is_deeper_than(frame, MAX_DEPTH):
        return Fault(Code.NESTED_TOO_DEEP, 0, f"more than {MAX_DEPTH} levels")
    if not isinstance(frame, list) or not frame or not _is_int(frame[0]):
        return Fault(Code.MALFORMED_FRAME, 0, "not an array that begins with a version")
    if frame[0] != PROTOCOL_VERSION:
        return Fault(Code.UNSUPPORTED_VERSION, 0, f"version {frame[0]}, {PROTOCOL_VERSION} is spoken")
    return _find_envelope_fault(frame, kinds, min_ref) or _find_body_fault(frame, tags, error)


def _find_envelope_fault(frame: list[Any], kinds: tuple[Kind, ...], min_ref: int) -> Fault | None:
    if len(frame) < _ENVELOPE_FIELDS:
        return Fault(Code.MALFORMED_FRAME, 0, f"{len(frame)} fields, {_ENVELOPE_FIELDS} are needed")
    _, kind, ref, seq, body = frame[:_ENVELOPE_FIELDS]
    if not _is_int(kind) or kind not in kinds:
        return Fault(Code.MALFORMED_FRAME, 0, "kind does not travel in this direction")
    if not _is_int(ref) or not min_ref <= ref <= MAX_REF:
        return Fault(Code.BAD_REF, 0, f"ref is not in {min_ref} .. 2^32-1")
    if not _is_int(seq) or not 0 <= seq <= MAX_SEQ:
        return Fault(Code.MALFORMED_FRAME, ref, "seq is not a whole number from 0")
    if not isinstance(body, list) or not body or not _is_int(body[0]):
        return Fault(Code.MALFORMED_FRAME, ref, "body is not an array that begins with a tag")
    return None


def _find_body_fault(frame: list[Any], tags: frozenset[int], error: BaseException | None) -> Fault:
    ref, body = frame[2], frame[4]
    if body[0] not in tags:
        return Fault(Code.UNKNOWN_MESSAGE, ref, f"tag {body[0]}")
    return Fault(Code.BAD_FIELD, ref, str(error))


def _is_int(value: object) -> bool:
    return type(value) is int


def _is_deeper_than(value: object, levels: int) -> bool:
    """Tell whether arrays and maps nest deeper than so many levels. Level by level: no frame exhausts the stack."""
    layer = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(levels):
        layer = [child for node in layer for child in _children(node) if isinstance(child, _CONTAINERS)]
        if not layer:
            return False
    return True


def _children(node: object) -> Iterable[Any]:
    if isinstance(node, dict):
        return (*node.keys(), *node.values())
    assert isinstance(node, (list, tuple))
    return node
