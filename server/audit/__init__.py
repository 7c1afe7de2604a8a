"""An independent check of the books: PostgreSQL only, SQL and hashing of its own, nothing shared with the wallet.

One snapshot per database, so it may run while the casino plays; memory does not grow with the journal. Where the
shards live in several databases, bets that are placed between their snapshots may look strange: run it at rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Final

import asyncpg

from server.audit.chain import LAW as CHAIN
from server.audit.chain import SAYS as CHAIN_SAYS
from server.audit.chain import chain_breaches
from server.audit.clearing import LAW as CLEARING
from server.audit.clearing import SAYS as CLEARING_SAYS
from server.audit.clearing import clearing_breaches
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
from server.audit.rounds import LAW as ROUNDS
from server.audit.rounds import SAYS as ROUNDS_SAYS
from server.audit.rounds import has_rounds, round_breaches

__all__ = ["AuditError", "AuditReport", "LawResult", "ShardSummary", "Violation", "audit", "report_json", "report_text"]


#: Of one shard; the hash chain, the clearing between shards and the rounds come besides.
ALL_LAWS: Final[tuple[Law, ...]] = (*LAWS, *ORDER_LAWS, *HOUSE_LAWS)


class AuditError(Exception):
    """There is nothing to audit; the text says why."""


async def audit(dsns: Sequence[str], *, progress: Callable[[str], None] = lambda text: None) -> AuditReport:
    """Check every law on every shard in these databases, and the rounds against them.

    Raises AuditError where a database holds no books, and what asyncpg raises where it cannot be read.
    """
    started = time.monotonic()
    shards: list[ShardSummary] = []
    results: list[LawResult] = []
    rounds = -1
    async with AsyncExitStack() as stack:
        books = [await _snapshot(stack, dsn) for dsn in dict.fromkeys(dsns)]
        for connection in books:
            for shard in await _shards(connection):
                shards.append(shard)
                for law in ALL_LAWS:
                    progress(f"shard {shard.shard}: {law.name}")
                    results.append(await _check_law(connection, shard.shard, law))
                results.append(await _check_chain(connection, shard, progress))
        results.append(await _check_clearing(books, progress))
        for casino in books:
            if await has_rounds(casino):
                result, rounds = await _check_rounds(casino, books, progress)
                results.append(result)
                break
    return AuditReport(shards, rounds, results, time.monotonic() - started)


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


async def _check_law(connection: asyncpg.Connection, shard: int, law: Law, since: int = 0) -> LawResult:
    started = time.monotonic()
    rows = await connection.fetch(
        f"select seq, detail, count(*) over () as broken from ({law.breaches}) breach"
        f" where $2::bigint >= 0 order by seq limit {KEPT}",
        shard,
        since,
    )
    violations = [Violation(law.name, shard, row["seq"] or 0, row["detail"]) for row in rows]
    broken = rows[0]["broken"] if rows else 0
    return LawResult(law.name, law.says, shard, broken, violations, time.monotonic() - started)


async def _check_chain(
    connection: asyncpg.Connection, shard: ShardSummary, progress: Callable[[str], None]
) -> LawResult:
    started, broken = time.monotonic(), 0
    kept: list[Violation] = []
    progress(f"shard {shard.shard}: {CHAIN}")

    def read(rows: int) -> None:
        progress(f"shard {shard.shard}: {CHAIN}, {rows:,} of {shard.rows:,} rows")

    async for violation in chain_breaches(connection, shard.shard, read):
        broken += 1
        if len(kept) < KEPT:
            kept.append(violation)
    return LawResult(CHAIN, CHAIN_SAYS, shard.shard, broken, kept, time.monotonic() - started)


async def _check_clearing(books: Sequence[asyncpg.Connection], progress: Callable[[str], None]) -> LawResult:
    started = time.monotonic()
    kept: list[Violation] = []
    progress(CLEARING)
    broken = await clearing_breaches(books, kept)
    return LawResult(CLEARING, CLEARING_SAYS, -1, broken, kept, time.monotonic() - started)


async def _check_rounds(
    casino: asyncpg.Connection, books: Sequence[asyncpg.Connection], progress: Callable[[str], None]
) -> tuple[LawResult, int]:
    started = time.monotonic()
    kept: list[Violation] = []
    rounds, broken = await round_breaches(casino, books, kept, progress)
    return LawResult(ROUNDS, ROUNDS_SAYS, -1, broken, kept, time.monotonic() - started), rounds
