"""A round store in memory: the same contract as the PostgreSQL adapter (`rounds_contract.py`), outages to order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Literal

import msgspec

from actors.domain.games.game import Outcome, Step
from actors.domain.games.shoe_events import ShoeEvent
from actors.domain.rounds import FINAL, Plan, PlayRecord, RoundEvent, RoundState, next_state
from actors.ports import NewRound, RoundConflict, StaleEpoch, StoreUnavailable, UnfinishedRound

#: "before": nothing was done; "after": it was done and the answer was lost.
Cut = Literal["before", "after"]


class StoredRound(msgspec.Struct):
    """A row of `casino.round`."""

    new: NewRound
    state: RoundState = RoundState.OPEN
    number: int = -1
    plan: Plan | None = None
    outcome: Outcome | None = None
    seed: str = ""
    play: PlayRecord | None = None
    steps: list[Step] = []
    reason: str = ""


class FakeRounds:
    """`RoundStore` in a dict. `cuts`: what happens to the next calls (None: nothing); `down`: every call fails."""

    def __init__(self, *table_ids: str) -> None:
        self.epochs = dict.fromkeys(table_ids, 0)
        self.rows: dict[bytes, StoredRound] = {}
        self.shoes: dict[str, list[ShoeEvent]] = {}
        self.down = False
        self.cuts: deque[tuple[str, Cut]] = deque()
        self.calls: list[str] = []

    async def claim_table(self, table_id: str, owner: str) -> int:
        """See `RoundStore`."""
        self._enter("claim_table")
        if table_id not in self.epochs:
            raise KeyError(table_id)
        self.epochs[table_id] += 1
        self._leave("claim_table")
        return self.epochs[table_id]

    async def unfinished(self, table_id: str) -> list[UnfinishedRound]:
        """See `RoundStore`."""
        self._enter("unfinished")
        rows = [row for row in self._of(table_id) if row.state not in FINAL]
        return [
            UnfinishedRound(
                r.new.round_id,
                r.new.round_no,
                r.new.table_epoch,
                r.state,
                r.number,
                r.plan,
                r.new.rules_version,
                r.play,
                list(r.steps),
            )
            for r in rows
        ]

    async def last_round_no(self, table_id: str) -> int:
        """See `RoundStore`."""
        self._enter("last_round_no")
        return max((row.new.round_no for row in self._of(table_id)), default=0)

    async def recent_numbers(self, table_id: str, limit: int) -> list[int]:
        """See `RoundStore`."""
        self._enter("recent_numbers")
        decided = (RoundState.DECIDED, RoundState.SETTLED)
        return [row.number for row in reversed(self._of(table_id)) if row.state in decided][:limit]

    async def open(self, new: NewRound) -> None:
        """See `RoundStore`."""
        self._enter("open")
        self._fence(new.table_id, new.table_epoch)
        old = self.rows.get(new.round_id)
        if old is not None and (old.state is not RoundState.OPEN or old.new.table_epoch != new.table_epoch):
            raise RoundConflict("past OPEN")
        if any(row.new.round_no == new.round_no and row is not old for row in self._of(new.table_id)):
            raise RoundConflict("number taken")
        self.rows[new.round_id] = StoredRound(new)
        self._leave("open")

    async def close(self, table_id: str, epoch: int, round_id: bytes) -> None:
        """See `RoundStore`."""
        self._enter("close")
        row = self._row(table_id, epoch, round_id)
        row.state = next_state(row.state, RoundEvent.CLOSE) or row.state
        self._leave("close")

    async def start_play(self, table_id: str, epoch: int, round_id: bytes, record: PlayRecord) -> None:
        """See `RoundStore`."""
        self._enter("start_play")
        row = self._row(table_id, epoch, round_id)
        state = next_state(row.state, RoundEvent.PLAY)
        if state is not None:
            row.state, row.play, row.steps = state, record, []
        elif (row.state, row.play) != (RoundState.PLAYING, record):
            raise RoundConflict(row.state.name)
        self._leave("start_play")

    async def add_steps(self, table_id: str, epoch: int, round_id: bytes, first_no: int, steps: Sequence[Step]) -> None:
        """See `RoundStore`."""
        self._enter("add_steps")
        row = self._row(table_id, epoch, round_id)
        known = row.steps[first_no : first_no + len(steps)]
        if row.state is not RoundState.PLAYING or len(row.steps) < first_no or known != list(steps)[: len(known)]:
            raise RoundConflict(row.state.name)
        row.steps = [*row.steps[:first_no], *steps, *row.steps[first_no + len(steps) :]]
        self._leave("add_steps")

    async def shoe_events(self, table_id: str) -> list[ShoeEvent]:
        """See `RoundStore`."""
        self._enter("shoe_events")
        last = max((event.shoe for event in self.shoes.get(table_id, [])), default=0)
        return [event for event in self.shoes.get(table_id, []) if event.shoe == last]

    async def add_shoe_event(self, table_id: str, epoch: int, event: ShoeEvent) -> None:
        """See `RoundStore`."""
        self._enter("add_shoe_event")
        self._fence(table_id, epoch)
        self._add_event(table_id, event)
        self._leave("add_shoe_event")

    def _add_event(self, table_id: str, event: ShoeEvent | None) -> None:
        if event is None:
            return
        events = self.shoes.setdefault(table_id, [])
        if event in events:
            return
        if event.seq != len(events) + 1:
            raise RoundConflict(f"shoe event {event.seq} after {len(events)}")
        events.append(event)

    async def decide(
        self,
        table_id: str,
        epoch: int,
        round_id: bytes,
        outcome: Outcome,
        plan: Plan,
        seed: str = "",
        ended: ShoeEvent | None = None,
    ) -> None:
        """See `RoundStore`."""
        self._enter("decide")
        row = self._row(table_id, epoch, round_id)
        state = next_state(row.state, RoundEvent.DECIDE)
        if state is not None:
            self._add_event(table_id, ended)
            row.state, row.number, row.plan, row.outcome, row.seed = state, outcome.number, plan, outcome, seed
        elif row.state not in (RoundState.DECIDED, RoundState.SETTLED) or (row.outcome, row.plan) != (outcome, plan):
            raise RoundConflict(row.state.name)
        self._leave("decide")

    async def start_void(
        self, table_id: str, epoch: int, round_id: bytes, reason: str, ended: ShoeEvent | None = None
    ) -> bool:
        """See `RoundStore`."""
        self._enter("start_void")
        row = self._row(table_id, epoch, round_id)
        state = next_state(row.state, RoundEvent.START_VOID)
        if state is not None:
            self._add_event(table_id, ended)
            row.state, row.reason = state, reason
        self._leave("start_void")
        return row.state in (RoundState.VOIDING, RoundState.VOIDED)

    async def finish(self, table_id: str, epoch: int, round_id: bytes) -> None:
        """See `RoundStore`."""
        self._enter("finish")
        row = self._row(table_id, epoch, round_id)
        state = next_state(row.state, RoundEvent.FINISH)
        if state is None and row.state not in FINAL:
            raise RoundConflict(row.state.name)
        row.state = state or row.state
        self._leave("finish")

    def states(self) -> list[str]:
        """Return the states of all rounds, in the order they were opened."""
        return [row.state.name for row in self.rows.values()]

    def _of(self, table_id: str) -> list[StoredRound]:
        rows = [row for row in self.rows.values() if row.new.table_id == table_id]
        return sorted(rows, key=lambda row: row.new.round_no)

    def _row(self, table_id: str, epoch: int, round_id: bytes) -> StoredRound:
        self._fence(table_id, epoch)
        row = self.rows.get(round_id)
        if row is None or row.new.table_id != table_id:
            raise RoundConflict("no such round")
        return row

    def _fence(self, table_id: str, epoch: int) -> None:
        if self.epochs.get(table_id) != epoch:
            raise StaleEpoch(f"{epoch} is not {self.epochs.get(table_id)}")

    def _enter(self, call: str) -> None:
        self.calls.append(call)
        if self.down or self._is_cut(call, "before"):
            raise StoreUnavailable(call)

    def _leave(self, call: str) -> None:
        if self._is_cut(call, "after"):
            raise StoreUnavailable(call)

    def _is_cut(self, call: str, cut: Cut) -> bool:
        if self.cuts and self.cuts[0] == (call, cut):
            self.cuts.popleft()
            return True
        return False
