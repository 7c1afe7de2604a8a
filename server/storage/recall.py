"""Rounds as they were, for whoever checks them: what everybody was told, the chain it belongs to, our signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import asyncpg

from actors.domain.games.catalogue import game_of_rules
from actors.domain.rounds import RoundState

STATEMENT_S: Final = 5.0

#: Nothing of a round that is not decided is in it. A voided round's seed is what the chain's next round commits by.
FACTS: Final = """
select r.round_id, r.table_id, r.round_no, r.state, coalesce(r.rules_version, '') as rules_version,
       coalesce(r.commitment, '') as commitment, r.dealer, r.void_reason, r.outcome, r.detail, r.plan,
       coalesce(r.seed, case when r.state in (4, 5) then
         (select n.commitment from casino.round n where n.table_id = r.table_id and n.round_no = r.round_no + 1
            and n.round_no < c.first_round_no + c.length) end, '') as seed,
       (extract(epoch from r.opened_at) * 1000)::bigint as opened_ms,
       (extract(epoch from r.decided_at) * 1000)::bigint as decided_ms,
       (extract(epoch from r.finished_at) * 1000)::bigint as finished_ms,
       rr.body, rr.signature, rr.key,
       c.n as chain_n, c.first_round_no, c.length, c.terminal, coalesce(c.salt, '') as salt
  from casino.round r
  left join casino.round_record rr on rr.round_id = r.round_id
  left join casino.chain c
    on c.table_id = r.table_id and c.first_round_no <= r.round_no and r.round_no < c.first_round_no + c.length"""
_BY_ID: Final = f"{FACTS} where r.round_id = $1"
_BY_NUMBER: Final = f"{FACTS} where r.table_id = $1 and r.round_no = $2"

_DECIDED: Final = (RoundState.DECIDED, RoundState.SETTLED)
_WORDS: Final[Mapping[int, str]] = {RoundState.SETTLED: "settled", RoundState.VOIDED: "voided"}


class PostgresRecall:
    """Reads committed rows only. What it tells of a finished round never changes, but that a voided one's seed comes out."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def by_id(self, round_id: bytes) -> dict[str, Any] | None:
        """Return what everybody may know of a round, in the shape that verifiers read; None where there is none."""
        return public_record(await self._pool.fetchrow(_BY_ID, UUID(bytes=round_id), timeout=STATEMENT_S))

    async def by_number(self, table_id: str, round_no: int) -> dict[str, Any] | None:
        """Return the same by the table and the round's number."""
        return public_record(await self._pool.fetchrow(_BY_NUMBER, table_id, round_no, timeout=STATEMENT_S))


def _hex(content: bytes | None) -> str:
    return "" if content is None else content.hex()


def public_record(row: Any) -> dict[str, Any] | None:
    """Return a row of FACTS as a record (docs/fairness.md). state: "settled", "voided" or "in progress"."""
    if row is None:
        return None
    is_decided = row["state"] in _DECIDED
    record: dict[str, Any] = {
        "round_id": row["round_id"].hex,
        "table_id": row["table_id"],
        "round_no": row["round_no"],
        "game": game_of_rules(row["rules_version"]),
        "rules_version": row["rules_version"],
        "state": _WORDS.get(row["state"], "in progress"),
        "dealer": row["dealer"] or "",
        "void_reason": row["void_reason"] or "",
        "opened_ms": row["opened_ms"],
        "decided_ms": row["decided_ms"],
        "finished_ms": row["finished_ms"],
        "commitment": row["commitment"],
        "seed": row["seed"],
        "salt": row["salt"] if row["commitment"] else "",
        "number": row["outcome"] if is_decided else None,
        "detail": list(row["detail"] or []) if is_decided else [],
        "chain": None,
        "record": _hex(row["body"]),
        "signature": _hex(row["signature"]),
        "key": row["key"] or "",
    }
    if row["chain_n"] is not None and row["commitment"]:
        names = ("first_round_no", "length", "terminal")
        record["chain"] = {"n": row["chain_n"], **{name: row[name] for name in names}}
    return record
