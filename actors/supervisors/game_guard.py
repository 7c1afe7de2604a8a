"""The guard of the games: follows decided rounds, judges them, and suspends a game that is not what it should be.

What it knows of a table is one row (`casino.game_watch`): how far it has counted, and the counts. Both move together, so
each round counts once through crashes and in two copies. Rounds of tables are read in order, and only up to the first
that is not over yet.

Instant games have no rounds in order, but their wagers have: the journal numbers them by shard without a hole, and a
record is durable before its wager. So the guard follows the journal like any follower; its checkpoint moves in the
transaction that stores what the page's wagers came to. What is judged is what was booked: a round that is void was never
paid, and a game that lets winners become void shows in what is left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from actors.domain.games.catalogue import INSTANT_GAMES
from actors.domain.games.game import Outcome
from actors.domain.money.entries import EntryCode
from actors.domain.policy.game_watch import PAYOUTS, Finding, Level, Watch, apply_round
from actors.domain.policy.watched_games import WATCHED
from actors.domain.rounds import Plan, SettleEntry
from actors.supervisors.follower import Follower, Supervisor, rows_of
from actors.supervisors.journal import Entry, JournalSource, Page

log = logging.getLogger(__name__)

#: Rounds read at a time.
PAGE_ROUNDS: Final = 500
#: Under which the journal's checkpoints are kept, for ever.
FOLLOWER: Final = "games"


class WatchedTable(msgspec.Struct, frozen=True):
    """A table as the guard finds it. generation: grows when staff begin the counts anew. suspended: why, or "".

    round_no: the last round that was looked at; of an instant game, how many wagers were. finding: of the last full block,
    None before there was one. is_behind: whether there are rounds of a table that may be over and were not looked at.
    """

    table_id: str
    game: str
    is_live: bool
    suspended: str
    round_no: int
    generation: int
    watch: Watch
    finding: Finding | None = None
    is_behind: bool = True


class PastRound(msgspec.Struct, frozen=True):
    """A round that is over. outcome and plan: None where it was voided."""

    round_no: int
    rules_version: str
    outcome: Outcome | None
    plan: Plan | None


class PastSpin(msgspec.Struct, frozen=True):
    """The record of an instant round: what it came to, by which rules."""

    outcome: Outcome
    rules_version: str


class Saved(msgspec.Struct, frozen=True):
    """What one page of rounds led to. finding: the worst that it led to, None: nothing was judged. suspend: why, or ""."""

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


class WagerStore(JournalSource, Protocol):
    """Wagers of instant games, their records, and what the guard made of them. Every call may raise StoreUnavailable."""

    async def spins(self, game: str, wagers: Collection[tuple[int, bytes]]) -> Mapping[tuple[int, bytes], PastSpin]:
        """Return the records of these wagers, by player and wager's id; one that does not exist is missing."""
        ...

    async def save_wagers(self, follower: str, page: Page, saved: Sequence[Saved]) -> None:
        """Move the journal's checkpoint behind the page and store what it led to, at most once for each game; all or nothing.

        Raises CheckpointMoved where the checkpoint, a count or a generation is another.
        """
        ...


class GameGuard(Supervisor):
    """Looks every second. It can do one thing: keep a game from opening rounds."""

    def __init__(self, store: WatchStore, wagers: WagerStore, *, fatal: Callable[[BaseException], None]) -> None:
        super().__init__("supervisor/games", fatal=fatal)
        self._store = store
        self._wagers = wagers
        self._follower = Follower(FOLLOWER, wagers, rows_of(wagers, EntryCode.WAGER), self._count_page)
        self.tables: dict[str, WatchedTable] = {}
        self.rounds_total = 0
        self.unrecorded_total = 0

    def counters(self) -> dict[str, int]:
        """Return counters and gauges by name."""
        return {
            **super().counters(),
            **self._follower.counters(),
            "watched_rounds_total": self.rounds_total,
            "unrecorded_total": self.unrecorded_total,
            "tables_suspended": sum(bool(table.suspended) for table in self.tables.values()),
        }

    def doubt(self) -> None:
        """Every look begins with what is stored of tables; the journal's checkpoints are read again."""
        self._follower.doubt()

    async def work(self) -> None:
        """Count and judge everything that is over."""
        tables = await self._store.watched_tables()
        self.tables = {table.table_id: table for table in tables}
        for table in tables:
            if table.is_behind and table.game in WATCHED and table.game not in INSTANT_GAMES:
                await self._follow(table)
        await self._follower.catch_up()

    async def _follow(self, table: WatchedTable) -> None:
        while rounds := await self._store.past_rounds(table.table_id, table.round_no, PAGE_ROUNDS):
            found = [self._judge(table, one.rules_version, one.outcome, one.plan) for one in rounds]
            saved = _saved(table, rounds[-1].round_no, found)
            await self._store.save_watch(saved)
            self.rounds_total += len(rounds)
            table = self._know(table, saved)
            if len(rounds) < PAGE_ROUNDS:
                return

    async def _count_page(self, page: Page) -> None:
        """Count the wagers of a page of the journal, of all instant games."""
        wagers: dict[str, list[Entry]] = {}
        for entry in page.entries:
            wagers.setdefault(entry.facts.get("table", ""), []).append(entry)
        saves: list[Saved] = []
        for table_id, entries in wagers.items():
            table = self.tables.get(table_id)
            if table is not None and table.game in WATCHED and table.game in INSTANT_GAMES:
                saves.append(await self._count_wagers(table, page.shard, entries))
        await self._wagers.save_wagers(FOLLOWER, page, saves)
        for saved in saves:
            self.rounds_total += saved.to_round_no - saved.from_round_no
            self._know(self.tables[saved.table_id], saved)

    async def _count_wagers(self, table: WatchedTable, shard: int, wagers: Sequence[Entry]) -> Saved:
        spins = await self._wagers.spins(table.table_id, [(entry.player_id, entry.cmd_id) for entry in wagers])
        found: list[Finding | None] = []
        for entry in wagers:
            spin = spins.get((entry.player_id, entry.cmd_id))
            if spin is None:  # the audit's law `instant rounds` says which
                self.unrecorded_total += 1
                log.error("a wager has no record game=%s shard=%d seq=%d", table.table_id, shard, entry.seq)
                continue
            bet = (shard, entry.cmd_id, entry.player_id, entry.ccy, entry.stake_minor, entry.payout_minor)
            plan = Plan(0, [SettleEntry(*bet)], [])
            found.append(self._judge(table, spin.rules_version, spin.outcome, plan))
        return _saved(table, table.round_no + len(wagers), found)

    @staticmethod
    def _judge(table: WatchedTable, rules_version: str, outcome: Outcome | None, plan: Plan | None) -> Finding | None:
        """Count a round, unless it is void or was played by other rules than this process knows."""
        game = WATCHED[table.game]
        if outcome is None or plan is None or rules_version != game.rules_version:
            return None
        return apply_round(table.watch, game, outcome, plan.settle)

    def _know(self, table: WatchedTable, saved: Saved) -> WatchedTable:
        """Return a table as it is after what was stored; its counts have grown in place."""
        suspended, finding = table.suspended or saved.suspend, saved.finding or table.finding
        known = msgspec.structs.replace(table, round_no=saved.to_round_no, suspended=suspended, finding=finding)
        self.tables[table.table_id] = known
        return known


def _saved(table: WatchedTable, to_round_no: int, found: Sequence[Finding | None]) -> Saved:
    """Return what a page led to: the worst of what was found, and what is done about it."""
    worst = min((one for one in found if one is not None), key=lambda one: one.p, default=None)
    counted = (table.table_id, table.round_no, to_round_no, table.generation, table.watch)
    return Saved(*counted, worst, _why(table, worst))


def _why(table: WatchedTable, finding: Finding | None) -> str:
    """Return why the table is to be suspended now, or "". A wheel that a dealer spins is for staff to judge."""
    if finding is None or finding.level < Level.ALARM:
        return ""
    said = f"{finding.about} of the last {finding.rounds} rounds: P = {finding.p:.2g}"
    if finding.about == PAYOUTS:
        said = "a payout that does not follow from its outcome"
    log.error("a table does not look like its game table=%s %s", table.table_id, said)
    return said if finding.level is Level.SUSPEND and not table.is_live and not table.suspended else ""
