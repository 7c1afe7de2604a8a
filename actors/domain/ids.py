"""Ids of orders: 16 bytes in UUIDv7 layout with four bits of origin class.

Layout: 48 bits of milliseconds since 1970, version nibble 7, origin class (4 bits), 8 bits, variant 0b10, 62 bits.
Source: ledger design 1.6; RFC 9562 section 5.7 for the layout.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import IntEnum
from typing import Final

ID_BYTES: Final = 16
_BLOCK_BYTES: Final = 64


class Origin(IntEnum):
    """Who may make an id of this class. The gateway passes only CLIENT from clients, so derived ids cannot be pre-sent."""

    CLIENT = 0
    SETTLE = 1
    VOID = 2
    CASHIER = 3
    BONUS = 4
    TABLE = 5
    STAFF = 6
    JACKPOT = 7
    RELAY = 8
    LINKED = 9  # the second row of an order that has two; no order may carry it


#: Version and origin class of an id that a client made.
_CLIENT_BYTE: Final = 0x70 | Origin.CLIENT


def id_ms(id_: bytes) -> int:
    """Return the milliseconds since 1970 that are embedded in an id."""
    return int.from_bytes(id_[:6], "big")


def id_origin(id_: bytes) -> int:
    """Return the origin class, 0 .. 15."""
    return id_[6] & 0x0F


def linked_id(id_: bytes) -> bytes:
    """Return the id of the second row of the order with this id."""
    return make_id(id_ms(id_), Origin.LINKED, hashlib.sha256(id_ + b"linked").digest())


def relayed_id(id_: bytes, from_shard: int) -> bytes:
    """Return the id under which a transfer with this id arrives from a shard. Ids are unique per shard only."""
    return make_id(id_ms(id_), Origin.RELAY, hashlib.sha256(id_ + b"relayed from %d" % from_shard).digest())


def is_well_formed(id_: bytes) -> bool:
    """Tell whether these are 16 bytes in UUIDv7 layout."""
    return len(id_) == ID_BYTES and id_[6] >> 4 == 7 and id_[8] >> 6 == 2


def is_client_id(id_: bytes) -> bool:
    """Tell whether a client may have made this id: well formed, of class CLIENT."""
    return len(id_) == ID_BYTES and id_[6] == _CLIENT_BYTE and id_[8] >> 6 == 2


def make_id(ms: int, origin: Origin, noise: bytes) -> bytes:
    """Return an id of this time and class. Shape: noise has at least 9 bytes, of which 70 bits are used."""
    return ms.to_bytes(6, "big") + bytes((0x70 | origin, noise[0], 0x80 | (noise[1] & 0x3F))) + noise[2:9]


def derive_id(key: bytes, parent: bytes, origin: Origin, verb: str, n: int = 0) -> bytes:
    """Return the id of an order that follows from another: the same after any restart, and not guessable without the key.

    Shape: parent is an id; its milliseconds are kept, the other 70 bits are HMAC-SHA-256(key, parent | verb | n), cut.
    """
    noise = hmac.digest(key, parent + id_suffix(verb, n), hashlib.sha256)
    return make_id(id_ms(parent), origin, noise)


def id_suffix(verb: str, n: int = 0) -> bytes:
    """Return what is hashed after the parent of a derived id."""
    return verb.encode() + b"|" + str(n).encode()


class Deriver:
    """`derive_id` for thousands of ids under one key: the same bytes, for half the time."""

    def __init__(self, key: bytes) -> None:
        """Shape: key has at most 64 bytes."""
        block = key.ljust(_BLOCK_BYTES, b"\0")
        assert len(block) == _BLOCK_BYTES, "HMAC hashes longer keys first"
        # HMAC is hash(key ^ 5c.. | hash(key ^ 36.. | message)) (RFC 2104): both beginnings are hashed once, and copied.
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block)).copy
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block)).copy

    def derive(self, parent: bytes, origin: int, suffix: bytes) -> bytes:
        """Return `derive_id` of the parent; suffix: from `id_suffix`."""
        inner, outer = self._inner(), self._outer()
        inner.update(parent + suffix)
        outer.update(inner.digest())
        noise = outer.digest()
        return parent[:6] + bytes((0x70 | origin, noise[0], 0x80 | (noise[1] & 0x3F))) + noise[2:9]
