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
    noise = hmac.digest(key, parent + verb.encode() + b"|" + str(n).encode(), hashlib.sha256)
    return make_id(id_ms(parent), origin, noise)
