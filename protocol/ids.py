"""Ids that a client makes for its orders: 16 bytes in UUIDv7 layout, origin class 0.

Layout: 48 bits of milliseconds since 1970, big-endian; byte 6 is 0x70 (version 7, class 0); 8 random bits; variant
0b10; 62 random bits. Source: RFC 9562 section 5.7; the four bits behind the version hold the origin class.
"""

from __future__ import annotations

import secrets
from typing import Final

ID_BYTES: Final = 16
_CLIENT_CLASS: Final = 0x70


def make_client_id(now_ms: int, noise: bytes) -> bytes:
    """Return an id of this time. Shape: noise has at least 9 bytes, of which 70 bits are used."""
    return now_ms.to_bytes(6, "big") + bytes((_CLIENT_CLASS, noise[0], 0x80 | (noise[1] & 0x3F))) + noise[2:9]


def new_client_id(now_ms: int) -> bytes:
    """Return a fresh id of this time, with noise from the operating system."""
    return make_client_id(now_ms, secrets.token_bytes(9))
