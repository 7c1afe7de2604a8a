"""Finished rounds and their records in memory. before_add: called before records are stored, as if another came first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from actors.ports import StoreUnavailable
from actors.supervisors.journal import CheckpointMoved
from actors.supervisors.recorder import FinishedRound, SignedRound


class FakeRoundRecords:
    """Behaves as `PostgresRoundRecords`. lost_answers: so many times an `add` is done and its answer lost."""

    def __init__(self) -> None:
        self.rounds: list[FinishedRound] = []
        self.signed: dict[str, list[SignedRound]] = {}
        self.before_add: Callable[[], None] = lambda: None
        self.lost_answers = 0

    def finish(self, table_id: str, round_no: int, *, is_voided: bool = False) -> None:
        """Let a round be finished."""
        seed = "" if is_voided else "cd" * 32
        fate = ("ab" * 32, seed, "salt", 0 if is_voided else 17, (), b"", b"", 5)
        id_ = round_no.to_bytes(16, "big")
        self.rounds.append(FinishedRound(table_id, 0, b"", id_, round_no, "roulette-eu-1:x", is_voided, *fate))

    async def without_record(self, limit: int) -> Sequence[FinishedRound]:
        """Return what is next, by table and number."""
        found: list[FinishedRound] = []
        for table_id in sorted({one.table_id for one in self.rounds}):
            signed = self.signed.get(table_id, [])
            last_no = signed[-1].record.round_no if signed else 0
            of_table = [one for one in self.rounds if one.table_id == table_id and one.round_no > last_no]
            last = (signed[-1].record.seq, signed[-1].body) if signed else (0, b"")
            found += [msgspec.structs.replace(one, last_seq=last[0], last_body=last[1]) for one in of_table[:limit]]
        return found

    async def add(self, signed: Sequence[SignedRound]) -> None:
        """Store all or none."""
        self.before_add()
        taken = {(one.record.table_id, one.record.seq) for all_ in self.signed.values() for one in all_}
        if taken & {(one.record.table_id, one.record.seq) for one in signed}:
            raise CheckpointMoved("taken")
        for one in signed:
            self.signed.setdefault(one.record.table_id, []).append(one)
        if self.lost_answers:
            self.lost_answers -= 1
            raise StoreUnavailable("lost")
