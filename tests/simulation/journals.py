"""What supervisors stand on in a simulation: the fakes of their stores, over the journals that the wallets wrote."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from actors.domain.money.entries import EntryCode
from actors.domain.rounds import Plan
from actors.supervisors.journal import Page, entry_of_row
from tests.fakes.ledger import FakeBooks
from tests.fakes.rounds import FakeRounds
from tests.fakes.supervision import FakeSupervision
from tests.fakes.transits import FakeTransits

#: Between bonus ticks in a simulation.
BONUS_PERIOD_S: Final = 4
FOLLOWERS: Final = ("antifraud", "bonus", "relay")


class Supervision(FakeSupervision, FakeTransits):
    """The stores of all supervisors of a simulated platform. begun: where a follower began, by name and shard."""

    def __init__(self, books: Mapping[int, FakeBooks], rounds: FakeRounds) -> None:
        super().__init__(len(books))
        self._books = books
        self._rounds = rounds
        self.begun: dict[tuple[str, int], int] = {}

    async def heads(self) -> Mapping[int, int]:
        """See `JournalSource`."""
        return {shard: books.head.seq for shard, books in self._books.items()}

    async def read(self, shard: int, after_seq: int, to_seq: int, codes: Collection[EntryCode], refused: bool) -> Page:
        """See `JournalSource`."""
        rows = self._books[shard].rows[after_seq:to_seq]
        wanted = [entry_of_row(row) for row in rows if row.code in codes and (refused or not row.status)]
        return Page(shard, after_seq, to_seq, wanted)

    async def plans(self, round_ids: Collection[bytes]) -> Mapping[bytes, tuple[str, Plan]]:
        """See `AntifraudStore`."""
        stored = ((round_id, self._rounds.rows.get(round_id)) for round_id in sorted(round_ids))
        return {
            round_id: (row.new.rules_version, row.plan)
            for round_id, row in stored
            if row is not None and row.plan is not None
        }

    async def begin(self, follower: str, last_due_ms: int) -> int:
        """See `BonusStore`."""
        if self.clock_ms is None:
            self.clock_ms = last_due_ms
            for shard, books in self._books.items():
                self.begun[follower, shard] = self.positions[follower, shard] = books.head.seq
        return self.clock_ms

    def unfinished(self) -> str:
        """Say what supervisors still have to do; empty: nothing."""
        for name in FOLLOWERS:
            for shard, books in self._books.items():
                if self.positions.get((name, shard), 0) != books.head.seq:
                    return f"{name} has not read all of shard {shard}"
        if self.active:
            return "a bonus tick is not planned"
        if any(closed is None for _, closed in self.grants.values()):
            return "a grant is open"
        return "a transfer is under way" if any(end is None for _, end in self.transits.values()) else ""
