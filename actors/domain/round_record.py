"""The signed record of a finished round: what it was, what decided it, and which record came before (docs/fairness.md).

Stored and signed as MessagePack of one list in the order of the fields, each number and text in its shortest form: one record
has one text of bytes. Layout 1 never changes; another one takes another `what`.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

WHAT: Final = "croupier/round/1"


class RoundRecord(msgspec.Struct, frozen=True, array_like=True):
    """seq: 1, 2, 3 ... of the table's records. state: "settled" or "voided"; a voided round has no seed, number, detail.

    plan: SHA-256 of the settlement as stored (bets, chips, payouts), empty without one. steps: SHA-256 of what was done in
    a play, in order, empty without any. before: SHA-256 of the record before; of the first, `genesis`. key: who signs.
    """

    what: str
    table_id: str
    seq: int
    round_id: bytes
    round_no: int
    game: str
    rules_version: str
    state: str
    commitment: str
    seed: str
    salt: str
    number: int
    detail: tuple[int, ...]
    plan: bytes
    steps: bytes
    finished_ms: int
    before: bytes
    key: str

    def body(self) -> bytes:
        """Return what is signed."""
        return msgspec.msgpack.encode(self)


def genesis(table_id: str) -> bytes:
    """Return what the first record of a table names as the one before it."""
    return hashlib.sha256(f"croupier/rounds/{table_id}".encode()).digest()


def link(body: bytes) -> bytes:
    """Return what the next record names."""
    return hashlib.sha256(body).digest()
