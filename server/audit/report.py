"""What an audit found, and how it is told."""

from __future__ import annotations

import json
from typing import Any

import msgspec

#: Violations kept per law and shard; all are counted.
KEPT = 20


class Violation(msgspec.Struct, frozen=True):
    """One place where a law is broken. seq: the journal row, 0 where the breach has none. shard -1: across shards."""

    law: str
    shard: int
    seq: int
    detail: str


class LawResult(msgspec.Struct, frozen=True):
    """One law on one shard. broken: in how many places; violations: the first of them, by seq."""

    law: str
    says: str
    shard: int
    broken: int
    violations: list[Violation]
    took_s: float


class ShardSummary(msgspec.Struct, frozen=True):
    """What was audited. head: hex of the chain's last hash, as stored.

    since: the row of the checkpoint after which the books were checked; 0: all of them. checkpoints: sound ones.
    retired: rows that were taken off the journal, begins: from this row on none is missing (0: all are there), anchor: the
    number of the checkpoint at `since`.
    """

    shard: int
    epoch: int
    rows: int
    accounts: int
    open_reservations: int
    head: str
    since: int = 0
    checkpoints: int = 0
    retired: int = 0
    begins: int = 0
    anchor: int = 0


class AuditReport(msgspec.Struct, frozen=True):
    """The whole audit. rounds: how many were compared with the books; -1: the database holds no rounds.

    receipts: how many were looked at; -1: none were given. receipts_unseen: besides, those of rows that were taken off.
    """

    shards: list[ShardSummary]
    rounds: int
    results: list[LawResult]
    took_s: float
    receipts: int = -1
    receipts_unseen: int = 0

    @property
    def ok(self) -> bool:
        """True when every law of the books is kept."""
        return all(result.broken == 0 for result in self.results)

    @property
    def violations(self) -> list[Violation]:
        """Every violation that was kept."""
        return [violation for result in self.results for violation in result.violations]


def report_json(report: AuditReport) -> str:
    """Return the report for programs: indented JSON, with `ok` first."""
    content: dict[str, Any] = {"ok": report.ok, **msgspec.to_builtins(report)}
    return json.dumps(content, indent=2)


def report_text(report: AuditReport) -> str:
    """Return the report for people: shards, broken laws with their places, and a verdict as the last line."""
    lines = [
        f"shard {s.shard}: epoch {s.epoch}, {s.rows:,} rows, {s.accounts:,} accounts,"
        f" {s.open_reservations:,} open reservations, head {s.head[:16]}, {s.checkpoints:,} checkpoints"
        + (f"; checked after row {s.since:,}" if s.since else "")
        for s in report.shards
    ]
    lines += [
        f"NOT SEEN: {s.retired:,} rows of shard {s.shard} were taken off; its journal begins at row {s.begins:,}."
        f" What came before row {s.since:,} is proved by checkpoint {s.anchor:,} alone"
        for s in report.shards
        if s.begins
    ]
    if report.receipts >= 0:
        unseen = (
            f"; of rows that were taken off, NOT SEEN: {report.receipts_unseen:,}" if report.receipts_unseen else ""
        )
        lines.append(f"receipts compared with the books: {report.receipts:,}{unseen}")
    if report.rounds >= 0:
        lines.append(f"rounds compared with the books: {report.rounds:,}")
    for result in report.results:
        if result.broken:
            where = f"shard {result.shard}" if result.shard >= 0 else "all shards"
            lines.append(f"BROKEN {result.law} ({where}, {result.broken:,} places): {result.says}")
            lines += [f"  seq {violation.seq}: {violation.detail}" for violation in result.violations]
            if result.broken > len(result.violations):
                lines.append(f"  ... and {result.broken - len(result.violations):,} more")
    laws = len({result.law for result in report.results})
    broken = len({result.law for result in report.results if result.broken})
    verdict = f"all {laws} laws of the books are kept" if report.ok else f"{broken} of {laws} laws are BROKEN"
    lines.append(f"{verdict} ({report.took_s:.1f} s)")
    return "\n".join(lines)
