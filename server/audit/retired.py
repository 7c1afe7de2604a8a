"""What was taken off the journal (`croupier retain`), told by signed records: what an audit cannot see any more.

One record for each partition and shard, `wallet.retired`; docs/audit.md has its fields. Rows that are missing and for
which no key of ours has signed are missing, not retired.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import asyncpg

from server.audit.report import KEPT, LawResult, Violation
from server.audit.seals import RETIREMENT, Keys, SealBroken, canonical, check_seal, read_record

LAW: Final = "retirement"
SAYS: Final = "what was taken off the journal was signed by us"
# A partition that is still attached hides nothing, whatever was signed of it.
_LINES: Final = """
select r.part, r.line from wallet.retired r
 where r.shard_id = $1 and not exists (
   select from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'wallet.journal'::regclass and c.relname = r.part and not i.inhdetachpending)
 order by r.part"""

#: Code, currency and the other shard of transfers.
Moved = dict[tuple[int, int, int], int]


class Horizon(NamedTuple):
    """What an audit of a shard does not see. All 0: nothing was taken off.

    gone: up to this row, rows may be missing; after it none is. end_day: with ids of earlier days, rows and closed
    reservations may be missing. rows: how many rows are. moved: what those moved between shards.
    """

    gone: int = 0
    end_day: int = 0
    rows: int = 0
    moved: Mapping[tuple[int, int, int], int] = {}

    def hides(self, id_: bytes, seq: int = 0) -> bool:
        """Tell whether a row or reservation with this id (at this row) may be missing."""
        return seq <= self.gone and int.from_bytes(id_[:6], "big") // 86_400_000 < self.end_day


async def find_horizon(
    connection: asyncpg.Connection, shard: int, keys: Keys | None
) -> tuple[Horizon, LawResult | None]:
    """Return what was taken off, and what is wrong with the records of it; None: nothing was taken off.

    keys None: no record counts.
    """
    if await connection.fetchval("select to_regclass('wallet.retired')") is None:
        return Horizon(), None
    rows = await connection.fetch(_LINES, shard)
    kept: list[Violation] = []
    horizon = Horizon()
    for row in rows:
        try:
            horizon = _with(horizon, _record(row["line"], row["part"], shard, keys))
        except SealBroken as broken:
            kept.append(Violation(LAW, shard, 0, f"record of {row['part']}: {broken}"))
        except (KeyError, ValueError, TypeError):
            kept.append(Violation(LAW, shard, 0, f"record of {row['part']}: it lacks what a record says"))
    return horizon, LawResult(LAW, SAYS, shard, len(kept), kept[:KEPT], 0.0) if rows else None


def unproved(shard: int, horizon: Horizon) -> LawResult:
    """Return the breach that nothing proves the beginning of a journal."""
    detail = f"rows up to {horizon.gone} were taken off, and no signed checkpoint after them holds"
    return LawResult(LAW, SAYS, shard, 1, [Violation(LAW, shard, horizon.gone, detail)], 0.0)


def _record(line: str, part: str, shard: int, keys: Keys | None) -> dict[str, Any]:
    if keys is None:
        raise SealBroken("without the list of public keys it proves nothing")
    record = read_record(line)
    check_seal(record, RETIREMENT, keys)
    if canonical(record) != line:
        raise SealBroken("it is not written canonically")
    if (record["part"], record["shard"]) != (part, shard):
        raise SealBroken(f"it is of {record['part']} of shard {record['shard']}")
    return record


def _with(horizon: Horizon, record: dict[str, Any]) -> Horizon:
    moved: defaultdict[tuple[int, int, int], int] = defaultdict(int, horizon.moved)
    for code, ccy, peer, total in record["moved"]:
        moved[code, ccy, peer] += total
    return Horizon(
        max(horizon.gone, record["last_seq"]),
        max(horizon.end_day, record["end_day"]),
        horizon.rows + record["rows"],
        dict(moved),
    )
