"""The hash chain over a shard's journal: hash = SHA-256(previous hash | length of body | body).

The body is the fixed layout below, big-endian, followed by the legs and by meta as UTF-8; ids that are absent are
sixteen zero bytes.
It is stored data: changing it needs a new version of the journal. The auditor repeats it independently.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from struct import Struct
from typing import Final

from actors.domain.money.entries import MAX_LEGS, Row

HASH_BYTES: Final = 32
REQUEST_HASH_BYTES: Final = 16

# shard, seq, epoch, cmd_id, req_hash, code, status, ccy, player, ref, round, booked_ms, cash, escrow, bonus, number of legs
_BODY: Final = Struct(">HQQ16s16sHHHQ16s16sQqqqB")
_LEGS: Final = tuple(Struct(f">{3 * n}q") for n in range(MAX_LEGS + 1))


def genesis(shard_id: int) -> bytes:
    """Return the head of a shard without rows."""
    return sha256(b"croupier/shard/%d" % shard_id).digest()


def row_body(shard_id: int, row: Row) -> bytes:
    """Return the bytes of a row that its hash covers."""
    legs = row.legs
    body = _BODY.pack(
        shard_id,
        row.seq,
        row.epoch,
        row.cmd_id,
        row.req_hash,
        row.code,
        row.status,
        row.ccy,
        row.player_id,
        row.ref,
        row.round_id,
        row.booked_ms,
        row.cash_minor,
        row.escrow_minor,
        row.bonus_minor,
        len(legs),
    )
    if legs:
        body += _LEGS[len(legs)].pack(*[number for leg in legs for number in leg])
    return body + row.meta.encode() if row.meta else body


def chain_rows(shard_id: int, head: bytes, rows: Sequence[Row]) -> list[bytes]:
    """Return the hash of each row, in order, the first one following head."""
    hashes = []
    for row in rows:
        head = row_hash(shard_id, head, row)
        hashes.append(head)
    return hashes


def row_hash(shard_id: int, head: bytes, row: Row) -> bytes:
    """Return the hash of the row that follows this head."""
    body = row_body(shard_id, row)
    return sha256(head + len(body).to_bytes(4, "big") + body).digest()
