"""Money between shards, over all the books of one audit: what left arrives once, and clearing holds what is under way.

Rows of code 19 (out: their id is the transfer's) and 30 (in: ref is the transfer) name in meta the other shard, counted
from 1, and the house account. Part p of house account 500 is the clearing with shard p - 1; its balance is credits less
debits, so that the clearing of both shards of a pair together is what left one and has not arrived at the other.
Memory: one chunk of transfers, and one sum for each pair of shards and currency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg

from server.audit.law import PARTS, fact
from server.audit.report import KEPT, Violation
from server.audit.retired import Horizon

LAW = "clearing"
SAYS = "each transfer between shards arrives at most once, as sent, and clearing nets to what is under way"
_CHUNK: Final = 500
_FACTS: Final = f"""j.shard_id, j.seq, j.ccy, {fact("kind")}::int as kind, coalesce({fact("part")}, 0)::int as part,
  {fact("peer")}::int - 1 as peer, (select max(m) from unnest(j.amt) m) as amount"""
_IN: Final = f"""
select j.ref, {_FACTS}, row_number() over (partition by j.shard_id, j.ref order by j.seq) as times
  from wallet.journal j where j.code = 30 and j.status = 0"""
_OUT: Final = f"""
select j.cmd_id, {_FACTS} from wallet.journal j
 where j.code = 19 and j.status = 0 and j.id_day = any($1::int[]) and j.cmd_id = any($2::uuid[])"""
_SUMS: Final = f"""
select j.shard_id, j.code, j.ccy, {fact("peer")}::int - 1 as peer, sum((select max(m) from unnest(j.amt) m))::numeric as total
  from wallet.journal j where j.code in (19, 30) and j.status = 0 group by 1, 2, 3, 4"""
_CLEARING: Final = f"""
select shard_id, ccy, (account_id / 100000 - {PARTS} - 1)::int as peer, balance, last_seq
  from wallet.account where kind = 500"""

#: The two shards, the smaller number first, and the currency.
Pair = tuple[int, int, int]


async def clearing_breaches(
    books: Sequence[asyncpg.Connection], horizons: Mapping[int, Horizon], found: list[Violation]
) -> int:
    """Return the number of breaches; keep the first few. A shard that no audited database holds is left out.

    horizons: of each shard. Rows that were taken off count with the sums that were signed of them.
    """
    broken = [0]

    def report(shard: int, seq: int, detail: str) -> None:
        broken[0] += 1
        if len(found) < KEPT:
            found.append(Violation(LAW, shard, seq, detail))

    for connection in books:
        cursor = await connection.cursor(_IN)
        while chunk := await cursor.fetch(_CHUNK):
            outs = await _outs(books, [row["ref"] for row in chunk if row["ref"] is not None])
            for row in chunk:
                _check_arrival(row, outs, horizons, report)
    await _check_sums(books, horizons, report)
    return broken[0]


async def _outs(books: Sequence[asyncpg.Connection], ids: Sequence[Any]) -> dict[tuple[int, Any], Any]:
    days = sorted({int.from_bytes(id_.bytes[:6], "big") // 86_400_000 for id_ in ids})
    rows = [row for connection in books for row in await connection.fetch(_OUT, days, ids)]
    return {(row["shard_id"], row["cmd_id"]): row for row in rows}


def _check_arrival(row: Any, outs: dict[tuple[int, Any], Any], horizons: Mapping[int, Horizon], report: Any) -> None:
    sent = outs.get((row["peer"], row["ref"]))
    what = f"transfer {row['ref']} from shard {row['peer']}"
    if sent is None:
        if row["ref"] is not None and horizons.get(row["peer"], Horizon()).hides(row["ref"].bytes):
            return
        report(row["shard_id"], row["seq"], f"{what} was booked in, it never left there")
        return
    wanted = (row["shard_id"], row["ccy"], row["kind"], row["part"], row["amount"])
    if (sent["peer"], sent["ccy"], sent["kind"], sent["part"], sent["amount"]) != wanted:
        report(row["shard_id"], row["seq"], f"{what} differs from its row {sent['seq']} there")
    if row["times"] > 1:
        report(row["shard_id"], row["seq"], f"{what} was booked in before")


async def _check_sums(books: Sequence[asyncpg.Connection], horizons: Mapping[int, Horizon], report: Any) -> None:
    """Whatever left and has not arrived is on the clearing accounts of the pair, exactly."""
    under_way: defaultdict[Pair, int] = defaultdict(int)
    clearing: defaultdict[Pair, int] = defaultdict(int)
    seqs: defaultdict[Pair, dict[int, int]] = defaultdict(dict)
    for shard, horizon in horizons.items():
        for (code, ccy, peer), total in horizon.moved.items():
            under_way[min(shard, peer), max(shard, peer), ccy] += total if code == 19 else -total
    shards = {row["shard_id"] for books_ in books for row in await books_.fetch("select shard_id from wallet.shard")}
    for connection in books:
        for row in await connection.fetch(_SUMS):
            under_way[_pair(row)] += int(row["total"]) if row["code"] == 19 else -int(row["total"])
        for row in await connection.fetch(_CLEARING):
            clearing[_pair(row)] += row["balance"]
            seqs[_pair(row)][row["shard_id"]] = row["last_seq"]
    for pair in sorted(under_way.keys() | clearing.keys()):
        here, there, ccy = pair
        if {here, there} <= shards and (under_way[pair] < 0 or clearing[pair] != under_way[pair]):
            shard, seq = max(seqs[pair].items(), default=(here, 0))
            detail = (
                f"shards {here} and {there}, currency {ccy}: {clearing[pair]} in clearing, {under_way[pair]} under way"
            )
            report(shard, seq, detail)


def _pair(row: Any) -> Pair:
    peer = -1 if row["peer"] is None else row["peer"]
    return min(row["shard_id"], peer), max(row["shard_id"], peer), row["ccy"]
