"""The recorder signs a record of every finished round, each naming the one before, so that none can be changed or left out.

It follows `casino.round`, off the path of bets: a table's rounds in the order of their numbers, up to the first that is not
finished. A record is durable or it is not; its number is taken once, so of two recorders one wins and the other looks again.
Killed anywhere, it goes on after the last record that is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from actors.domain.evidence import Signer
from actors.domain.games.catalogue import game_of_rules
from actors.domain.round_record import WHAT, RoundRecord, genesis, link
from actors.ports import Clock
from actors.supervisors.follower import Supervisor

EVERY_MS: Final = 1_000
#: Rounds of one table in one step.
PAGE: Final = 100


class FinishedRound(msgspec.Struct, frozen=True):
    """A finished round without a record. last_seq, last_body: of its table's newest record; 0 and empty before the first.

    Of a voided round number is 0, seed and detail are empty. plan, steps: as in `RoundRecord`.
    """

    table_id: str
    last_seq: int
    last_body: bytes
    round_id: bytes
    round_no: int
    rules_version: str
    is_voided: bool
    commitment: str
    seed: str
    salt: str
    number: int
    detail: tuple[int, ...]
    plan: bytes
    steps: bytes
    finished_ms: int


class SignedRound(msgspec.Struct, frozen=True):
    """A record with its signature."""

    record: RoundRecord
    body: bytes
    signature: bytes


class RecordStore(Protocol):
    """Where rounds are, and their records. Every call may raise StoreUnavailable. Adapter: `storage/round_records.py`."""

    async def without_record(self, limit: int) -> Sequence[FinishedRound]:
        """Return up to limit rounds of each table that are next to be recorded, by table and number."""
        ...

    async def add(self, signed: Sequence[SignedRound]) -> None:
        """Store records, all or none. Raises CheckpointMoved where one of these numbers is taken."""
        ...


class RoundRecorder(Supervisor):
    """The actor that signs rounds."""

    def __init__(
        self, store: RecordStore, signer: Signer, clock: Clock, *, fatal: Callable[[BaseException], None]
    ) -> None:
        super().__init__("supervisor/rounds", fatal=fatal)
        self._store = store
        self._signer = signer
        self._clock = clock
        self._due_ms = 0
        self.recorded_total = 0

    def counters(self) -> dict[str, int]:
        """Return counters and gauges by name."""
        return super().counters() | {"recorded_total": self.recorded_total}

    def doubt(self) -> None:
        """Nothing is remembered: every step begins with a look."""

    async def work(self) -> None:
        """Sign what is finished, at most once a second."""
        now_ms = self._clock.now_ms()
        if now_ms < self._due_ms:
            return
        while found := await self._store.without_record(PAGE):
            signed = self._signed(found)
            await self._store.add(signed)
            self.recorded_total += len(signed)
        self._due_ms = now_ms + EVERY_MS

    def _signed(self, rounds: Sequence[FinishedRound]) -> list[SignedRound]:
        signed: list[SignedRound] = []
        seqs: dict[str, int] = {}
        befores: dict[str, bytes] = {}
        for one in rounds:
            seq = seqs.get(one.table_id, one.last_seq) + 1
            first = link(one.last_body) if one.last_seq else genesis(one.table_id)
            record = _record(one, seq, befores.get(one.table_id, first), self._signer.key_id)
            body = record.body()
            signed.append(SignedRound(record, body, self._signer.sign(body)))
            seqs[one.table_id], befores[one.table_id] = seq, link(body)
        return signed


def _record(one: FinishedRound, seq: int, before: bytes, key: str) -> RoundRecord:
    state = "voided" if one.is_voided else "settled"
    game = game_of_rules(one.rules_version)
    head = (WHAT, one.table_id, seq, one.round_id, one.round_no, game, one.rules_version, state)
    fate = (one.commitment, one.seed, one.salt, one.number, one.detail)
    return RoundRecord(*head, *fate, one.plan, one.steps, one.finished_ms, before, key)
