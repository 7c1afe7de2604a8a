"""Receipts: a row of the journal in the player's hand, signed. Made when asked for, from the committed row alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from actors.domain.evidence import RECEIPT, Signer, seal
from actors.domain.ids import id_ms
from actors.domain.money.accounts import account_kind, account_player
from actors.domain.money.entries import EntryCode
from actors.domain.money.state import DAY_MS
from server.storage.shards import Books

STATEMENT_S: Final = 5.0

_COLUMNS: Final = """seq, cmd_id, code, status, ccy, player_id, round_id, cash, escrow, bonus, acct, amt, bal, hash,
 (extract(epoch from booked_at) * 1000)::bigint as booked_ms"""
# The order's own row, the second row of an exchange, and the row that closed the reservation it opened.
_ROWS: Final = f"""
with own as (select seq, code, ref from wallet.journal where id_day = $4 and shard_id = $1 and cmd_id = $3 and player_id = $2),
     wanted as (select seq from own
                union select j.seq from own join wallet.journal j
                         on j.id_day = $4 and j.shard_id = $1 and j.cmd_id = own.ref and own.code = {int(EntryCode.EXCHANGE)}
                union select r.closed_seq from own join wallet.reservation r on r.reservation_id = $3 and r.shard_id = $1
                       where r.closed_seq is not null)
select {_COLUMNS} from wallet.journal
 where shard_id = $1 and seq in (select seq from wanted) and player_id = $2 order by seq"""


class PostgresReceipts:
    """Reads committed rows, signs them. The same row gives the same receipt for as long as the key is the same."""

    def __init__(self, books: Books, signer: Signer) -> None:
        self._books = books
        self._signer = signer

    async def of_order(self, shard: int, player_id: int, cmd_id: bytes) -> Sequence[dict[str, Any]]:
        """Return the receipts of an order of this player: of its row, and of the row that closed what it opened.

        Empty for an order that is not in the books, or somebody else's. Raises StoreUnavailable.
        """
        day = id_ms(cmd_id) // DAY_MS
        arguments = (shard, player_id, UUID(bytes=cmd_id), day)
        rows = await self._books.fetch(shard, _ROWS, *arguments, timeout_s=STATEMENT_S)
        return [seal(receipt_record(shard, row), self._signer) for row in rows]


def receipt_record(shard: int, row: Any) -> dict[str, Any]:
    """Return what a receipt says of a row: everything of the player's, nothing of anybody else's."""
    player = row["player_id"]
    legs = zip(row["acct"], row["amt"], row["bal"], strict=True)
    return {
        "what": RECEIPT,
        "shard": shard,
        "seq": row["seq"],
        "cmd_id": row["cmd_id"].hex,
        "code": row["code"],
        "status": row["status"],
        "ccy": row["ccy"],
        "player": player,
        "round": "" if row["round_id"] is None else row["round_id"].hex,
        "booked_ms": row["booked_ms"],
        "cash": row["cash"],
        "escrow": row["escrow"],
        "bonus": row["bonus"],
        "legs": [[account_kind(acct), amt, bal] for acct, amt, bal in legs if account_player(acct) == player],
        "row_hash": row["hash"].hex(),
    }
