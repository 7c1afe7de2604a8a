"""The guard of the games: follows every table's decided rounds, judges them, and suspends a table that is not its game.

What it knows of a table is one row (`casino.game_watch`): the number of the last round that it counted, and the counts. Both
move together, so each round counts once through crashes and in two copies. Rounds are read in order, and only up to the
first that is not over yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from actors.domain.games.catalogue import game_of_rules
from actors.domain.games.game import Outcome
from actors.domain.policy.game_watch import WATCHED, Finding, Level, Watch, apply_round, judge
from actors.domain.rounds import Plan
from actors.supervisors.follower import Supervisor

log = logging.getLogger(__name__)

#: Rounds read at a time.
PAGE_ROUNDS: Final = 500


class WatchedTable(msgspec.Struct, frozen=True):
    """A table as the guard finds it. generation: grows when staff begin the counts anew. suspended: why, or "".

    finding: of the last full block, None before there was one.
    """

    table_id: str
    game: str
    is_live: bool
    suspended: str
    round_no: int
    generation: int
    watch: Watch
    finding: Finding | None = None


class PastRound(msgspec.Struct, frozen=True):
    """A round that is over. outcome and plan: None where it was voided."""

    round_no: int
    rules_version: str
    outcome: Outcome | None
    plan: Plan | None


class Saved(msgspec.Struct, frozen=True):
    """What one page of rounds led to. finding: of the last block that it filled. suspend: why, or ""."""

    table_id: str
    from_round_no: int
    to_round_no: int
    generation: int
    watch: Watch
    finding: Finding | None
    suspend: str


class WatchStore(Protocol):
    """Where the guard's knowledge is durable. Every call may raise StoreUnavailable."""

    async def watched_tables(self) -> Sequence[WatchedTable]:
        """Return every table. One that was never looked at begins at its last round."""
        ...

    async def past_rounds(self, table_id: str, after_round_no: int, limit: int) -> Sequence[PastRound]:
        """Return the rounds that follow, in order, up to the first that is neither decided nor being voided."""
        ...

    async def save_watch(self, saved: Saved) -> None:
        """Store counts, checkpoint, finding and suspension, all or nothing.

        Raises CheckpointMoved where the checkpoint or the generation is another.
        """
        ...


class GameGuard(Supervisor):
    """Looks every second. It reads rounds and money's plans, and can do one thing: keep a table from opening rounds."""

    def __init__(self, store: WatchStore, *, fatal: Callable[[BaseException], None]) -> None:
        super().__init__("supervisor/games", fatal=fatal)
        self._store = store
        self.tables: dict[str, WatchedTable] = {}
        self.rounds_total = 0

    def counters(self) -> dict[str, int]:
        """Return counters and gauges by name."""
        return super().counters() | {
            "watched_rounds_total": self.rounds_total,
            "tables_suspended": sum(bool(table.suspended) for table in self.tables.values()),
        }

    def doubt(self) -> None:
        """Nothing is remembered but for show: every look begins with what is stored."""

    async def work(self) -> None:
        """Count and judge everything that is over."""
        tables = await self._store.watched_tables()
        self.tables = {table.table_id: table for table in tables}
        for table in tables:
            if table.game in WATCHED:
                await self._follow(table)

    async def _follow(self, table: WatchedTable) -> None:
        round_no, watch = table.round_no, table.watch
        while rounds := await self._store.past_rounds(table.table_id, round_no, PAGE_ROUNDS):
            finding = self._count(table, watch, rounds)
            suspend = self._why(table, finding)
            to_no = rounds[-1].round_no
            await self._store.save_watch(
                Saved(table.table_id, round_no, to_no, table.generation, watch, finding, suspend)
            )
            self.rounds_total += len(rounds)
            round_no = to_no
            if len(rounds) < PAGE_ROUNDS:
                return

    @staticmethod
    def _count(table: WatchedTable, watch: Watch, rounds: Sequence[PastRound]) -> Finding | None:
        """Return the worst finding of the blocks that these rounds fill."""
        worst: Finding | None = None
        for one in rounds:
            if one.outcome is None or one.plan is None or game_of_rules(one.rules_version) != table.game:
                continue
            if one.rules_version != watch.rules_version:
                watch.rules_version, watch.blocks = one.rules_version, []
            game = WATCHED[table.game]
            if apply_round(watch, game, one.outcome, one.plan.settle):
                finding = judge(watch, game)
                worst = finding if worst is None or finding.p < worst.p else worst
        return worst

    @staticmethod
    def _why(table: WatchedTable, finding: Finding | None) -> str:
        """Return why the table is to be suspended now, or "". A wheel that a dealer spins is for staff to judge."""
        if finding is None or finding.level < Level.ALARM:
            return ""
        said = f"{finding.about} of the last {finding.rounds} rounds: P = {finding.p:.2g}"
        log.error("a table does not look like its game table=%s %s", table.table_id, said)
        return said if finding.level is Level.SUSPEND and not table.is_live and not table.suspended else ""
