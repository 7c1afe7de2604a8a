"""An independent check of the books: PostgreSQL and evidence only, SQL, hashing and verifying of its own.

Nothing is shared with the wallet. One snapshot per database, so it may run while the casino plays; memory does not
grow with the journal. Where the shards live in several databases, bets and transfers that are made between their
snapshots may look strange: run it at rest. What each mode proves: docs/audit.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import asyncpg

from server.audit import clearing, receipts, records, retired, rounds, shoes, spins
from server.audit.chain import LAW as CHAIN
from server.audit.checkpoints import SecondPlace
from server.audit.evidence import Evidence, ShardCheck
from server.audit.house_laws import HOUSE_LAWS
from server.audit.law import Law
from server.audit.laws import LAWS
from server.audit.order_laws import ORDER_LAWS
from server.audit.report import (
    KEPT,
    AuditReport,
    LawResult,
    ShardSummary,
    Violation,
    report_json,
    report_text,
)
from server.audit.retired import Horizon, find_horizon
from server.audit.seals import SealBroken, load_keys

__all__ = ["AuditError", "AuditReport", "LawResult", "ShardSummary", "Violation", "audit", "report_json", "report_text"]

#: Of one shard; chain and checkpoints, the clearing between shards, receipts and rounds come besides.
ALL_LAWS: Final[tuple[Law, ...]] = (*LAWS, *ORDER_LAWS, *HOUSE_LAWS)

Progress = Callable[[str], None]


class AuditError(Exception):
    """There is nothing to audit, or nothing to audit it by; the text says why."""


async def audit(
    dsns: Sequence[str],
    *,
    keys: Path | None = None,
    checkpoints: Path | None = None,
    receipts: Path | None = None,
    since_checkpoint: bool = False,
    progress: Progress = lambda text: None,
) -> AuditReport:
    """Check every law on every shard in these databases, and the rounds against them.

    keys: the list of public keys; without it no evidence is looked at. checkpoints: the second place. receipts: a folder.
    since_checkpoint: only what came after the last checkpoint that holds, of each shard.
    Raises AuditError where a database holds no books or the keys cannot be used, and what asyncpg raises where it cannot
    be read.
    """
    started = time.monotonic()
    evidence = _evidence(keys, checkpoints)
    if evidence is None and (since_checkpoint or receipts is not None):
        raise AuditError("without the list of public keys no evidence can be checked")
    shards: list[ShardSummary] = []
    results: list[LawResult] = []
    found_rounds, found_receipts, unseen = -1, -1, 0
    horizons: dict[int, Horizon] = {}
    async with AsyncExitStack() as stack:
        books = [await _snapshot(stack, dsn) for dsn in dict.fromkeys(dsns)]
        since: dict[int, int] = {}
        by_shard: dict[int, asyncpg.Connection] = {}
        for connection in books:
            for shard in await _shards(connection):
                horizon, of_records = await find_horizon(connection, shard.shard, evidence and evidence.keys)
                summary, of_shard = await _check_shard(connection, shard, evidence, horizon, since_checkpoint, progress)
                horizons[shard.shard] = horizon
                results += [] if of_records is None else [of_records]
                shards.append(summary)
                results += of_shard
                since[shard.shard], by_shard[shard.shard] = summary.since, connection
        results.append(await _check_clearing(books, horizons, progress))
        if receipts is not None and evidence is not None:
            result, found_receipts, unseen = await _check_receipts(by_shard, horizons, receipts, evidence, progress)
            results.append(result)
        for casino in books:
            if await rounds.has_rounds(casino):
                result, found_rounds = await _check_rounds(casino, books, since, horizons, progress)
                results.append(result)
                if not since_checkpoint and await records.has_records(casino):
                    results.append(await _check_records(casino, evidence, progress))
                if not since_checkpoint and await shoes.has_shoes(casino):
                    results.append(await _check_shoes(casino, progress))
                if await spins.has_spins(casino):
                    results.append(await _check_spins(casino, by_shard, since, horizons, progress))
                break
    return AuditReport(shards, found_rounds, results, time.monotonic() - started, found_receipts, unseen)


def _evidence(keys: Path | None, folder: Path | None) -> Evidence | None:
    if keys is None:
        return None
    try:
        return Evidence(load_keys(keys) if keys.exists() else {}, SecondPlace(folder) if folder is not None else None)
    except (SealBroken, OSError) as error:
        raise AuditError(f"the public keys cannot be used: {error}") from None


async def _snapshot(stack: AsyncExitStack, dsn: str) -> asyncpg.Connection:
    connection: asyncpg.Connection = await asyncpg.connect(
        dsn, timeout=10, server_settings={"application_name": "croupier audit", "jit": "off", "work_mem": "64MB"}
    )
    stack.push_async_callback(connection.close)
    await stack.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
    if await connection.fetchval("select to_regclass('wallet.journal')") is None:
        raise AuditError("the database holds no books: there is no relation wallet.journal")
    return connection


async def _shards(connection: asyncpg.Connection) -> list[ShardSummary]:
    rows = await connection.fetch(
        """select s.shard_id, s.epoch, encode(s.head_hash, 'hex') as head,
                  (select count(*) from wallet.journal j where j.shard_id = s.shard_id) as rows,
                  (select count(*) from wallet.account a where a.shard_id = s.shard_id) as accounts,
                  (select count(*) from wallet.reservation r where r.shard_id = s.shard_id and r.state = 0) as open
             from wallet.shard s order by s.shard_id"""
    )
    return [ShardSummary(r["shard_id"], r["epoch"], r["rows"], r["accounts"], r["open"], r["head"]) for r in rows]


async def _check_shard(
    connection: asyncpg.Connection,
    shard: ShardSummary,
    evidence: Evidence | None,
    horizon: Horizon,
    is_since: bool,
    progress: Progress,
) -> tuple[ShardSummary, list[LawResult]]:
    name = f"shard {shard.shard}"
    check = ShardCheck(connection, shard.shard, evidence, horizon.gone)
    if is_since or horizon.gone:
        progress(f"{name}: the checkpoint to begin with")
        await check.find_start(first=not is_since)
    since = 0 if check.start is None else check.start.seq
    results = []
    if horizon.gone and not since:
        results.append(retired.unproved(shard.shard, horizon))
    for law in ALL_LAWS:
        if law.since if since else law.whole:
            progress(f"{name}: {law.name}")
            results.append(await _check_law(connection, shard.shard, law, since, horizon.gone))
    progress(f"{name}: {CHAIN}")
    results += await check.walk(
        lambda rows: progress(f"{name}: {CHAIN}, {rows:,} of {shard.rows + horizon.rows - since:,} rows")
    )
    summary = ShardSummary(
        shard.shard,
        shard.epoch,
        shard.rows,
        shard.accounts,
        shard.open_reservations,
        shard.head,
        since,
        check.checkpoints,
        horizon.rows,
        horizon.gone + 1 if horizon.gone else 0,
        0 if check.start is None else check.start.n,
    )
    return summary, results


async def _check_law(connection: asyncpg.Connection, shard: int, law: Law, since: int, gone: int) -> LawResult:
    started = time.monotonic()
    rows = await connection.fetch(
        f"select seq, detail, count(*) over () as broken from ({law.breaches}) breach"
        f" where $2::bigint + $3::bigint >= 0 order by seq limit {KEPT}",
        shard,
        since,
        gone,
    )
    violations = [Violation(law.name, shard, row["seq"] or 0, row["detail"]) for row in rows]
    broken = rows[0]["broken"] if rows else 0
    return LawResult(law.name, law.says, shard, broken, violations, time.monotonic() - started)


async def _check_clearing(
    books: Sequence[asyncpg.Connection], horizons: Mapping[int, Horizon], progress: Progress
) -> LawResult:
    started = time.monotonic()
    kept: list[Violation] = []
    progress(clearing.LAW)
    broken = await clearing.clearing_breaches(books, horizons, kept)
    return LawResult(clearing.LAW, clearing.SAYS, -1, broken, kept, time.monotonic() - started)


async def _check_receipts(
    books: dict[int, asyncpg.Connection],
    horizons: Mapping[int, Horizon],
    folder: Path,
    evidence: Evidence,
    progress: Progress,
) -> tuple[LawResult, int, int]:
    started = time.monotonic()
    kept: list[Violation] = []
    progress(receipts.LAW)
    count, unseen, broken = await receipts.receipt_breaches(books, horizons, folder, evidence.keys, kept)
    return LawResult(receipts.LAW, receipts.SAYS, -1, broken, kept, time.monotonic() - started), count, unseen


async def _check_records(casino: asyncpg.Connection, evidence: Evidence | None, progress: Progress) -> LawResult:
    started = time.monotonic()
    kept: list[Violation] = []
    progress(records.LAW)
    broken = await records.record_breaches(casino, None if evidence is None else evidence.keys, kept)
    return LawResult(records.LAW, records.SAYS, -1, broken, kept, time.monotonic() - started)


async def _check_shoes(casino: asyncpg.Connection, progress: Progress) -> LawResult:
    started = time.monotonic()
    kept: list[Violation] = []
    progress(shoes.LAW)
    broken = await shoes.shoe_breaches(casino, kept)
    return LawResult(shoes.LAW, shoes.SAYS, -1, broken, kept, time.monotonic() - started)


async def _check_rounds(
    casino: asyncpg.Connection,
    books: Sequence[asyncpg.Connection],
    since: dict[int, int],
    horizons: Mapping[int, Horizon],
    progress: Progress,
) -> tuple[LawResult, int]:
    started = time.monotonic()
    kept: list[Violation] = []
    count, broken = await rounds.round_breaches(casino, books, since, horizons, kept, progress)
    return LawResult(rounds.LAW, rounds.SAYS, -1, broken, kept, time.monotonic() - started), count


async def _check_spins(
    casino: asyncpg.Connection,
    books: Mapping[int, asyncpg.Connection],
    since: dict[int, int],
    horizons: Mapping[int, Horizon],
    progress: Progress,
) -> LawResult:
    started = time.monotonic()
    kept: list[Violation] = []
    progress(spins.LAW)
    broken = await spins.spin_breaches(casino, books, since, horizons, kept, progress)
    return LawResult(spins.LAW, spins.SAYS, -1, broken, kept, time.monotonic() - started)
