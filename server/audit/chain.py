"""The hash chain, computed again from the journal alone, by the published layout and with code of its own.

hash = SHA-256(hash before | length of body, 4 bytes | body). Body, big-endian: shard 2, seq 8, epoch 8, id 16,
request hash 16, code 2, status 2, currency 2, player 8, reference 16, round 16 (absent ids: zeros), milliseconds 8,
cash 8, escrow 8, bonus 8, number of legs 1, then account 8, amount 8, balance 8 of each leg, then meta as UTF-8. The
first hash before is the SHA-256 of the text "croupier/shard/N".

The same pass adds up the legs by currency and kind of account, and compares hash and totals at each anchor.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import asyncpg

from server.audit.checkpoints import Anchor, Report, Trial

LAW: Final = "hash_chain"
SAYS: Final = "each row's hash follows from the row before, and the last is the shard's head"
_CHUNK: Final = 2000
_ROWS: Final = """
select seq, epoch, cmd_id, req_hash, code, status, ccy, player_id, ref, round_id,
       (extract(epoch from booked_at) * 1000000)::bigint as booked_us, cash, escrow, bonus, acct, amt, bal, meta, hash
  from wallet.journal where shard_id = $1 and seq > $2 order by seq"""
_BALANCES: Final = (
    "select ccy, kind, sum(balance)::numeric as total from wallet.account where shard_id = $1 group by ccy, kind"
)
# Signed, so that no number that the columns can hold is refused: books may be bent. The bytes are the same.
_BODY: Final = struct.Struct(">hqq16s16shhhq16s16sqqqqB")
_NO_ID: Final = bytes(16)


async def walk_chain(
    connection: asyncpg.Connection,
    shard: int,
    start: Anchor | None,
    anchors: AsyncIterator[Anchor],
    chain: Report,
    checkpoint: Report,
    rows_read: Callable[[int], None],
) -> None:
    """Read the rows after start (None: from the first) once; report to chain and to checkpoint what is wrong with each.

    Memory: one chunk of rows. After a breach the stored hash is believed, so that one changed row is one breach and not
    all that follow.
    """
    head = hashlib.sha256(f"croupier/shard/{shard}".encode()).digest() if start is None else start.head
    trial: Trial = {} if start is None else dict(start.trial)
    since = last = 0 if start is None else start.seq
    signed = since
    read = 0
    anchor = await anext(anchors, None)
    async for row in connection.cursor(_ROWS, shard, since, prefetch=_CHUNK):
        seq = row["seq"]
        while anchor is not None and anchor.seq < seq:
            checkpoint(anchor.seq, f"checkpoint {anchor.n} signed row {anchor.seq}, which is gone")
            anchor = await anext(anchors, None)
        if row["booked_us"] % 1000 or row_hash(head, shard, row) != row["hash"]:
            chain(seq, f"the hash of row {seq} does not follow from the row before")
        head = row["hash"]
        ccy = row["ccy"]
        for account, amount in zip(row["acct"], row["amt"], strict=False):
            key = (ccy, account % 1000)
            trial[key] = trial.get(key, 0) + amount
        if anchor is not None and anchor.seq == seq:
            _check_anchor(anchor, row, signed, trial, checkpoint)
            signed = seq
            anchor = await anext(anchors, None)
        last = seq
        read += 1
        if read % _CHUNK == 0:
            rows_read(read)
    while anchor is not None:
        checkpoint(last + 1, f"checkpoint {anchor.n} signed row {anchor.seq}: rows {last + 1} to {anchor.seq} are gone")
        anchor = await anext(anchors, None)
    if await connection.fetchval("select head_hash from wallet.shard where shard_id = $1", shard) != head:
        chain(last, "the shard's head is not the last row's hash")
    if start is not None:
        await _check_balances(connection, shard, last, trial, checkpoint)


def _check_anchor(anchor: Anchor, row: Any, signed: int, trial: Trial, report: Report) -> None:
    if row["hash"] != anchor.head:
        report(anchor.seq, f"checkpoint {anchor.n} signed another row {anchor.seq}: written anew after row {signed}")
    if row["epoch"] > anchor.epoch:
        report(anchor.seq, f"row {anchor.seq} has epoch {row['epoch']}, checkpoint {anchor.n} signed {anchor.epoch}")
    report_trial(anchor.seq, trial, anchor.trial, f"checkpoint {anchor.n} signed", report)


def report_trial(seq: int, found: Trial, wanted: Trial, says: str, report: Report) -> None:
    """Report the kinds of account whose totals differ."""
    for ccy, kind in sorted(found.keys() | wanted.keys()):
        has, should = found.get((ccy, kind), 0), wanted.get((ccy, kind), 0)
        if has != should:
            report(seq, f"the legs of currency {ccy}, kind {kind}, sum to {has}; {says} {should}")


async def _check_balances(connection: asyncpg.Connection, shard: int, last: int, trial: Trial, report: Report) -> None:
    """What was signed and what was booked since must give the balances of now, by kind of account."""
    rows = await connection.fetch(_BALANCES, shard)
    balances = {(row["ccy"], row["kind"]): int(row["total"]) for row in rows}
    report_trial(last, trial, balances, "the balances sum to", report)


def row_hash(before: bytes, shard: int, row: Any) -> bytes:
    """Return the hash that this row must have after the one before."""
    ref, round_id = row["ref"], row["round_id"]
    acct, amt, bal = row["acct"], row["amt"], row["bal"]
    body = _BODY.pack(
        shard,
        row["seq"],
        row["epoch"],
        row["cmd_id"].bytes,
        row["req_hash"],
        row["code"],
        row["status"],
        row["ccy"],
        row["player_id"],
        _NO_ID if ref is None else ref.bytes,
        _NO_ID if round_id is None else round_id.bytes,
        row["booked_us"] // 1000,
        row["cash"],
        row["escrow"],
        row["bonus"],
        min(len(acct), 255),
    )
    if acct:
        numbers = [number for leg in zip(acct, amt, bal, strict=False) for number in leg]
        body += struct.pack(f">{len(numbers)}q", *numbers)
    body += (row["meta"] or "").encode()
    return hashlib.sha256(before + len(body).to_bytes(4, "big") + body).digest()
