"""The hash chain, computed again from the journal alone, by the published layout and with code of its own.

hash = SHA-256(hash before | length of body, 4 bytes | body). Body, big-endian: shard 2, seq 8, epoch 8, id 16,
request hash 16, code 2, status 2, currency 2, player 8, reference 16, round 16 (absent ids: zeros), milliseconds 8,
cash 8, escrow 8, bonus 8, number of legs 1, then account 8, amount 8, balance 8 of each leg, then meta as UTF-8. The
first hash before is the SHA-256 of the text "croupier/shard/N".
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from server.audit.report import Violation

LAW = "hash_chain"
SAYS = "each row's hash follows from the row before, and the last is the shard's head"
_ROWS = """
select seq, epoch, cmd_id, req_hash, code, status, ccy, player_id, ref, round_id,
       (extract(epoch from booked_at) * 1000000)::bigint as booked_us, cash, escrow, bonus, acct, amt, bal, meta, hash
  from wallet.journal where shard_id = $1 order by seq"""


async def chain_breaches(connection: asyncpg.Connection, shard: int, rows_read: Any) -> AsyncIterator[Violation]:
    """Yield each row whose stored hash does not follow. Memory: one chunk of rows. rows_read is called with each chunk.

    After a breach the stored hash is believed, so that one changed row is one breach and not all that follow.
    """
    head = hashlib.sha256(f"croupier/shard/{shard}".encode()).digest()
    read = 0
    async for row in connection.cursor(_ROWS, shard, prefetch=2000):
        if row["booked_us"] % 1000 or _hash(head, shard, row) != row["hash"]:
            yield Violation(LAW, shard, row["seq"], f"the hash of row {row['seq']} does not follow from the row before")
        head = row["hash"]
        read += 1
        if read % 2000 == 0:
            rows_read(read)
    stored = await connection.fetchval("select head_hash from wallet.shard where shard_id = $1", shard)
    if stored != head:
        yield Violation(LAW, shard, await _last_seq(connection, shard), "the shard's head is not the last row's hash")


def _hash(before: bytes, shard: int, row: Any) -> bytes:
    body = bytearray()

    def whole(value: int, size: int) -> None:
        body.extend(value.to_bytes(size, "big", signed=value < 0))

    whole(shard, 2)
    whole(row["seq"], 8)
    whole(row["epoch"], 8)
    body.extend(row["cmd_id"].bytes)
    body.extend(row["req_hash"])
    for name in ("code", "status", "ccy"):
        whole(row[name], 2)
    whole(row["player_id"], 8)
    for name in ("ref", "round_id"):
        body.extend(row[name].bytes if row[name] is not None else bytes(16))
    whole(row["booked_us"] // 1000, 8)
    whole(row["cash"], 8)
    whole(row["escrow"], 8)
    whole(row["bonus"], 8)
    whole(min(len(row["acct"]), 255), 1)
    for leg in zip(row["acct"], row["amt"], row["bal"], strict=False):
        for number in leg:
            whole(number, 8)
    body.extend((row["meta"] or "").encode())
    return hashlib.sha256(before + len(body).to_bytes(4, "big") + body).digest()


async def _last_seq(connection: asyncpg.Connection, shard: int) -> int:
    return await connection.fetchval("select coalesce(max(seq), 0) from wallet.journal where shard_id = $1", shard) or 0
