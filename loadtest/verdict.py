"""The judge of a swarm: reads the book of a run, and holds it to the limits, to itself and to PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from loadtest.books import Books
from loadtest.limits import FIGURES_FILE, KindFigures, Limits, judge, judge_generator, quantile
from loadtest.memory import Memory
from loadtest.users import tally
from loadtest.users.tally import Report, Told

#: What a new player of a swarm's own platform has.
WELCOME_MINOR: Final = 10_000_00
#: A round of blackjack with seven seats that nobody answers for lasts so long at most.
SETTLED_WITHIN_S: Final = 180.0


class Outcome(msgspec.Struct):
    """findings: everything that should not be; empty: passed. audit: exit code, -1: there was none."""

    findings: list[str]
    figures: list[KindFigures]
    reports: list[Report]
    settled_after_s: float = 0.0
    audit: int = -1
    audit_text: str = ""

    @property
    def told(self) -> list[Told]:
        """What each player was told."""
        return [one for report in self.reports for one in report.told]

    def sums(self) -> dict[str, float]:
        """Return the figures of all processes, added up."""
        found: Counter[str] = Counter()
        for report in self.reports:
            found.update(report.figures)
        return dict(found)

    def counted(self, field: str) -> dict[str, int]:
        """Return the counter of that name over all processes, the most first."""
        found: Counter[str] = Counter()
        for report in self.reports:
            found.update(getattr(report, field))
        return dict(found.most_common())

    def late_p99_ms(self) -> float:
        """Return how late the generator itself was."""
        return quantile([ms for report in self.reports for ms in report.late_ms], 0.99)


def judge_run(book: Path, limits: Limits, dsn: str = "", processes: int = 1) -> Outcome:
    """Return what is to be said of a run. dsn: of its platform's database; none: what was told is all there is.

    processes: how many were to leave a report.
    """
    files = sorted(book.glob("worker-*.msgpack"))
    figures_file = book / FIGURES_FILE
    if not files or not figures_file.exists():
        return Outcome(["the swarm left no book"], [], [])
    reports = [tally.load(file) for file in files]
    figures = msgspec.json.decode(figures_file.read_bytes(), type=list[KindFigures])
    outcome = Outcome([], figures, reports)
    if len(reports) != processes:
        outcome.findings.append(f"{len(reports)} of {processes} processes left a report")
    late_ms = [ms for report in reports for ms in report.late_ms]
    outcome.findings += judge(figures, limits) + judge_generator(late_ms, limits)
    outcome.findings += [words for report in reports for words in report.findings]
    if dsn:
        outcome.findings += asyncio.run(_held_to_the_books(outcome, dsn))
    return outcome


async def _held_to_the_books(outcome: Outcome, dsn: str) -> list[str]:
    books, memories = Books(dsn), [one.memory() for one in outcome.told]
    began_s = time.monotonic()
    open_stakes = await _settled(books, memories)
    outcome.settled_after_s = round(time.monotonic() - began_s, 1)
    found = [f"{open_stakes} stakes have no end after {SETTLED_WITHIN_S:.0f} s"] if open_stakes else []
    return found + await books.ends(memories) + await books.money(memories, WELCOME_MINOR)


async def _settled(books: Books, memories: Sequence[Memory]) -> int:
    """Wait until every accepted stake has its end; return how many have none."""
    until_s = time.monotonic() + SETTLED_WITHIN_S
    while (left := await books.open_stakes(memories)) and time.monotonic() < until_s:  # noqa: ASYNC110
        await asyncio.sleep(1.0)
    return left


def summary(outcome: Outcome) -> dict[str, Any]:
    """Return what was told in figures."""
    told, sums = outcome.told, outcome.sums()
    return {
        "stakes": sum(len(one.bets) for one in told),
        "settled": sum(len(one.settled) for one in told),
        "given_back": sum(len(set(one.voided) - set(one.undone)) for one in told),
        "undone": sum(len(one.undone) for one in told),
        "spins": sum(one.spins for one in told),
        "told_again": int(sums.get("told_again", 0)),
        "unsure": int(sums.get("unsure", 0)),
        "untold": int(sums.get("untold", 0)),
        "agreed": int(sums.get("agreed", 0)),
        "players": int(sums.get("players", 0)),
    }
