"""Bytes that no client of ours sends, each with the code that must close its connection."""

from __future__ import annotations

from typing import Final

import msgspec

from loadtest.wire import client_frame
from protocol.codec import encode_client_frame
from protocol.envelope import MAX_CLIENT_FRAME_BYTES
from protocol.errors import Close
from protocol.messages import Ping

_KEY: Final = bytes(4)
_ODD: Final = 1002  # RFC 6455: a protocol error


def _frame(first: int, payload: bytes = b"", *, masked: bool = True) -> bytes:
    return bytes((first, (0x80 if masked else 0) | len(payload))) + (_KEY if masked else b"") + payload


def _nested(depth: int) -> bytes:
    return b"\x95\x01\x01\x01\x00" + b"\x91" * depth + b"\x00"


def _body(*fields: object) -> bytes:
    return client_frame(msgspec.msgpack.encode(fields))


#: What it is -> the bytes, sent after the handshake in place of Hello, and the close code.
KINDS: Final[dict[str, tuple[bytes, int]]] = {
    "text": (_frame(0x81, b"hello"), Close.MALFORMED),
    "not masked": (_frame(0x82, b"x", masked=False), _ODD),
    "a reserved bit": (_frame(0xC2, b"x"), _ODD),
    "a reserved opcode": (_frame(0x83, b"x"), _ODD),
    "a reserved control opcode": (_frame(0x8B, b"x"), _ODD),
    "a ping in parts": (_frame(0x09, b"x"), _ODD),
    "a ping of 126 bytes": (bytes((0x89, 0xFE, 0, 126)) + _KEY + bytes(126), _ODD),
    "a part of nothing": (_frame(0x80, b"x"), _ODD),
    "a message within a message": (_frame(0x02, b"x") + _frame(0x82, b"y"), _ODD),
    "a goodbye of one byte": (_frame(0x88, b"x"), _ODD),
    "a goodbye that nobody may say": (_frame(0x88, (1005).to_bytes(2, "big")), _ODD),
    "one byte too many": (
        bytes((0x82, 0xFE)) + (MAX_CLIENT_FRAME_BYTES + 1).to_bytes(2, "big") + _KEY,
        Close.FRAME_TOO_LARGE,
    ),
    "more than there is room for anywhere": (
        bytes((0x82, 0xFF)) + (2**62).to_bytes(8, "big") + _KEY,
        Close.FRAME_TOO_LARGE,
    ),
    "a message in a thousand parts": (_frame(0x02, b"x") + _frame(0x00, b"x") * 1_000, Close.FRAME_TOO_LARGE),
    "no msgpack": (client_frame(b"\xc1\xc1"), Close.MALFORMED),
    "no array": (client_frame(b"\x01"), Close.MALFORMED),
    "another version": (_body(9, 1, 1, 0, [3, 1]), Close.UNSUPPORTED_VERSION),
    "nested too deep": (client_frame(_nested(40)), Close.MALFORMED),
    "a ref that is none": (_body(1, 1, 0, 0, [3, 1]), Close.MALFORMED),
    "no Hello": (client_frame(encode_client_frame(1, 0, Ping(1))), Close.HELLO_EXPECTED),
}
