"""Receipts against the journal: the row that a player was given in writing must still be there, with the same hash."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import asyncpg

from server.audit.report import KEPT, Violation
from server.audit.retired import Horizon
from server.audit.seals import RECEIPT, Keys, SealBroken, check_seal, read_record

LAW: Final = "receipts"
SAYS: Final = "each receipt is ours, and the journal still has its row with its hash, legs and balances"
_ROW: Final = """
select cmd_id, code, status, ccy, player_id, round_id, cash, escrow, bonus, acct, amt, bal, hash,
       (extract(epoch from booked_at) * 1000)::bigint as booked_ms
  from wallet.journal where shard_id = $1 and seq = $2"""


def read_receipts(file: Path) -> list[dict[str, Any]]:
    """Return the receipts in a file: one, a list of them, one a line, or what the HTTP API answered. Raises SealBroken."""
    text = file.read_text(encoding="utf-8", errors="replace").strip()
    try:
        found = [read_record(text)]
    except SealBroken:
        found = []
    if not found:
        try:
            found = json.loads(text) if text.startswith("[") else [read_record(line) for line in text.splitlines()]
        except ValueError:
            raise SealBroken("it cannot be read") from None
    if len(found) == 1 and isinstance(found[0].get("receipts"), list):
        found = found[0]["receipts"]
    if not found or not all(isinstance(receipt, dict) for receipt in found):
        raise SealBroken("it holds no receipts")
    return found


def receipt_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, in the order of their names."""
    yield from sorted(path for path in folder.iterdir() if path.is_file())


async def receipt_breaches(
    books: Mapping[int, asyncpg.Connection],
    horizons: Mapping[int, Horizon],
    folder: Path,
    keys: Keys,
    found: list[Violation],
) -> tuple[int, int, int]:
    """Return the numbers of receipts, of those whose rows were taken off, and of breaches; keep the first few.

    Memory: one file, and the names.
    """
    receipts = unseen = broken = 0
    for file in receipt_files(folder):
        try:
            in_file = read_receipts(file)
        except SealBroken as complaint:
            in_file, broken = [], broken + 1
            if len(found) < KEPT:
                found.append(Violation(LAW, -1, 0, f"{file.name}: {complaint}"))
        receipts += len(in_file)
        for receipt in in_file:
            try:
                text = await _complaint(books, horizons, receipt, keys)
            except _NotSeen:
                text, unseen = "", unseen + 1
            broken += bool(text)
            if text and len(found) < KEPT:
                shard, seq = _whole(receipt.get("shard"), -1), _whole(receipt.get("seq"), 0)
                found.append(Violation(LAW, shard, seq, f"{file.name}: {text}"))
    return receipts, unseen, broken


class _NotSeen(Exception):
    """The receipt is ours, its row was taken off the journal."""


async def _complaint(
    books: Mapping[int, asyncpg.Connection], horizons: Mapping[int, Horizon], receipt: dict[str, Any], keys: Keys
) -> str:
    try:
        check_seal(receipt, RECEIPT, keys)
    except SealBroken as broken:
        return str(broken)
    shard, seq = receipt["shard"], receipt["seq"]
    if shard not in books:
        return f"shard {shard} is not among the audited books"
    row = await books[shard].fetchrow(_ROW, shard, seq)
    if row is None and horizons.get(shard, Horizon()).hides(bytes.fromhex(receipt["cmd_id"]), seq):
        raise _NotSeen
    if row is None:
        return f"row {seq} is gone"
    if row["hash"].hex() != receipt["row_hash"]:
        return f"row {seq} has another hash"
    differing = sorted(name for name, value in _as_receipt(row).items() if receipt.get(name) != value)
    return f"row {seq} differs in {', '.join(differing)}" if differing else ""


def _as_receipt(row: Any) -> dict[str, Any]:
    """Return what a receipt of this row says of it."""
    legs = zip(row["acct"], row["amt"], row["bal"], strict=False)
    return {
        "cmd_id": row["cmd_id"].hex,
        "code": row["code"],
        "status": row["status"],
        "ccy": row["ccy"],
        "player": row["player_id"],
        "round": "" if row["round_id"] is None else row["round_id"].hex,
        "booked_ms": row["booked_ms"],
        "cash": row["cash"],
        "escrow": row["escrow"],
        "bonus": row["bonus"],
        "legs": [[acct % 1000, amt, bal] for acct, amt, bal in legs if acct // 100_000 == row["player_id"]],
    }


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
