"""Frames of a stream: four bytes of length, four bytes of number, then so many bytes of payload, all big-endian.

Conversation, at first in frames of number 0: the listener greets, the sender introduces itself with a proof, the listener
says welcome (an empty frame). From then on the sender's frames are batches, numbered from 1, and the listener's are the
answers that bear their numbers, in any order.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

#: Largest payload. Batches are near 90 kB; a single long list, such as a settlement of thousands of bets, is larger.
FRAME_BYTES_MAX: Final = 32 * 1024 * 1024
#: Largest payload taken from somebody who has proved nothing yet.
HELLO_BYTES_MAX: Final = 1_024
VERSION: Final = 1

_HEADER: Final = struct.Struct(">II")
_HEADER_BYTES: Final = _HEADER.size


class FrameError(Exception):
    """What came is no frame of ours; the stream is of no further use."""


class Greeting(msgspec.Struct, frozen=True, array_like=True, tag="croupier-link"):
    """The listener's first frame. life: the incarnation of its process. nonce: what the proof must be made for."""

    version: int
    host: str
    life: int
    nonce: bytes


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="croupier-hello"):
    """The sender's first frame. proof: made by `LinkKeys.proof` from the nonce and both names."""

    version: int
    host: str
    proof: bytes


def header(number: int, payload: bytes) -> bytes:
    """Return what goes before the payload. Raises FrameError for one that is too large."""
    if len(payload) > FRAME_BYTES_MAX:
        raise FrameError(f"{len(payload)} bytes are more than a frame may have")
    return _HEADER.pack(len(payload), number)


class FrameReader:
    """Cuts what arrives into frames. limit: largest payload; a larger one is refused by its header alone."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return number and payload of every frame that is complete. Raises FrameError."""
        if self._rest:
            self._rest += data
            with memoryview(self._rest) as whole:
                frames, used = self._cut(whole)
            del self._rest[:used]
        else:
            frames, used = self._cut(memoryview(data))
            self._rest += data[used:]
        return frames

    def _cut(self, data: memoryview) -> tuple[list[tuple[int, bytes]], int]:
        frames = []
        at, end = 0, len(data)
        while end - at >= _HEADER_BYTES:
            length, number = _HEADER.unpack_from(data, at)
            if length > self.limit:
                raise FrameError(f"a frame of {length} bytes; {self.limit} are allowed")
            stop = at + _HEADER_BYTES + length
            if stop > end:
                break
            frames.append((number, bytes(data[at + _HEADER_BYTES : stop])))
            at = stop
        return frames, at
