"""The signed records of rounds: ours, in order, each after the one before, none missing, and as the rounds still are.

A record is MessagePack of a list: what, table, seq, round id, round number, game, rules version, state, commitment, seed,
salt, number, detail, SHA-256 of the plan, SHA-256 of the steps, finished (ms), SHA-256 of the record before, key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import asyncpg
import msgpack
from nacl.exceptions import CryptoError

from server.audit.report import KEPT, Violation
from server.audit.seals import Keys

LAW: Final = "round records"
SAYS: Final = "each finished round has its signed record, each names the one before, and rounds are as they were signed"
WHAT: Final = "croupier/round/1"
_CHUNK: Final = 200
_FIELDS: Final = 18

_ROWS: Final = """
select p.table_id, p.seq, p.round_id as of_round, p.round_no as of_no, p.key, p.signature, p.body,
       r.round_no, r.state, coalesce(r.rules_version, '') as rules_version, coalesce(r.commitment, '') as commitment,
       coalesce(r.seed, '') as seed, coalesce(r.outcome, 0) as outcome, coalesce(r.detail, '{}') as detail,
       case when r.plan is null then ''::bytea else sha256(r.plan) end as plan,
       coalesce((select sha256(string_agg(s.step, ''::bytea order by s.step_no))
                   from casino.round_step s where s.round_id = r.round_id), ''::bytea) as steps
  from casino.round_record p left join casino.round r on r.round_id = p.round_id and r.table_id = p.table_id
 order by p.table_id, p.seq"""
_MISSING: Final = """
select r.table_id, r.round_no from casino.round r
  join (select table_id, max(round_no) as last from casino.round_record group by table_id) p using (table_id)
 where r.round_no <= p.last and not exists (select from casino.round_record o where o.round_id = r.round_id)
 order by r.table_id, r.round_no"""


async def has_records(casino: asyncpg.Connection) -> bool:
    """Tell whether this database keeps records of rounds."""
    return await casino.fetchval("select to_regclass('casino.round_record')") is not None


async def record_breaches(casino: asyncpg.Connection, keys: Keys | None, found: list[Violation]) -> int:
    """Return the number of breaches; keep the first few. keys None: signatures are not looked at. Memory: a page."""
    broken = 0

    def report(seq: int, text: str) -> None:
        nonlocal broken
        broken += 1
        if len(found) < KEPT:
            found.append(Violation(LAW, -1, seq, text))

    table, seq, before = "", 0, b""
    cursor = await casino.cursor(_ROWS)
    while chunk := await cursor.fetch(_CHUNK):
        for row in chunk:
            if row["table_id"] != table:
                table, seq = row["table_id"], 0
                before = hashlib.sha256(f"croupier/rounds/{table}".encode()).digest()
            seq += 1
            for text in _complaints(row, seq, before, keys):
                report(row["seq"], f"record {row['seq']} of {table}: {text}")
            seq, before = row["seq"], hashlib.sha256(row["body"]).digest()
    for row in await casino.fetch(_MISSING):
        report(0, f"round {row['round_no']} of {row['table_id']} has no record, a later one has")
    return broken


def _complaints(row: Any, seq: int, before: bytes, keys: Keys | None) -> Iterator[str]:
    if row["seq"] != seq:
        yield f"it follows record {seq - 1}: those between are gone"
    if keys is not None and not _is_signed(row, keys):
        yield "its signature does not hold"
    try:
        fields = msgpack.unpackb(row["body"])
    except (ValueError, TypeError, msgpack.UnpackException):
        fields = None
    if not isinstance(fields, list) or len(fields) != _FIELDS or fields[0] != WHAT:
        yield "it cannot be read"
        return
    if fields[16] != before:
        yield "it does not follow the one before"
    if row["round_no"] is None:
        yield "its round is gone"
    elif fields[1:5] + fields[6:10] + fields[11:15] != _of_round(row):
        yield "the round is not as it was signed"
    if fields[9] and hashlib.sha256(str(fields[9]).encode()).hexdigest() != fields[8]:
        yield "its seed is not the one that was committed to"


def _is_signed(row: Any, keys: Keys) -> bool:
    key = keys.get(row["key"])
    if key is None:
        return False
    try:
        key.verify(row["body"], row["signature"])
    except (CryptoError, ValueError, TypeError):
        return False
    return True


def _of_round(row: Any) -> list[Any]:
    """Return what the record of this round must say, in the order of its fields."""
    is_settled = row["state"] == 3
    state = {3: "settled", 5: "voided"}.get(row["state"], f"in state {row['state']}")
    head = [row["table_id"], row["seq"], row["of_round"].bytes, row["round_no"], row["rules_version"], state]
    fate = [row["commitment"], row["seed"] if is_settled else "", row["outcome"] if is_settled else 0]
    return [*head, *fate, list(row["detail"]) if is_settled else [], row["plan"], row["steps"]]
