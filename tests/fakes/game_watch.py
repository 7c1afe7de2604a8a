"""Tables and their past rounds in memory, wagers and their records, for the guard of the games."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

import msgspec

from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Spin
from actors.domain.games.slot import SLOT
from actors.domain.money.entries import EntryCode
from actors.domain.money.meta import meta_text
from actors.domain.policy.game_watch import Watch
from actors.ports import StoreUnavailable
from actors.supervisors.game_guard import PastRound, PastSpin, Saved, WatchedTable
from actors.supervisors.journal import CheckpointMoved, Entry, Page
from tests.fakes.journals import FakeJournals


class FakeGameWatch:
    """Implements `WatchStore`. away: the store cannot be reached. forget: the next save happens, and its answer is lost."""

    def __init__(self, *tables: WatchedTable) -> None:
        self.tables = {table.table_id: table for table in tables}
        self.rounds: dict[str, list[PastRound]] = {table.table_id: [] for table in tables}
        self.stored: dict[str, bytes] = {}
        self.saved: list[Saved] = []
        self.away = False
        self.forget = False

    async def watched_tables(self) -> Sequence[WatchedTable]:
        """See `WatchStore`."""
        self._reach()
        return [
            msgspec.structs.replace(
                table,
                watch=msgspec.msgpack.decode(self.stored[name], type=Watch) if name in self.stored else Watch(),
            )
            for name, table in self.tables.items()
        ]

    async def past_rounds(self, table_id: str, after_round_no: int, limit: int) -> Sequence[PastRound]:
        """See `WatchStore`."""
        self._reach()
        return [one for one in self.rounds[table_id] if one.round_no > after_round_no][:limit]

    async def save_watch(self, saved: Saved) -> None:
        """See `WatchStore`."""
        self._reach()
        self.check(saved)
        self.store(saved)
        if self.forget:
            self.forget = False
            raise StoreUnavailable("the answer was lost")

    def check(self, saved: Saved) -> None:
        """Raise CheckpointMoved where a save is not from where the table is."""
        table = self.tables[saved.table_id]
        if (table.round_no, table.generation) != (saved.from_round_no, saved.generation):
            raise CheckpointMoved

    def store(self, saved: Saved) -> None:
        """Take over what was saved."""
        table = self.tables[saved.table_id]
        self.tables[saved.table_id] = msgspec.structs.replace(
            table,
            round_no=saved.to_round_no,
            suspended=table.suspended or saved.suspend,
            finding=saved.finding or table.finding,
        )
        self.stored[saved.table_id] = msgspec.msgpack.encode(saved.watch)
        self.saved.append(saved)

    def _reach(self) -> None:
        if self.away:
            raise StoreUnavailable("away")


class FakeWagers(FakeJournals):
    """Implements `WagerStore` over the same tables. cuts: see `FakeJournals`, of "save_wagers"."""

    def __init__(self, watch: FakeGameWatch, shards: int = 2) -> None:
        super().__init__(shards)
        self.watch = watch
        self.records: dict[tuple[str, int, bytes], PastSpin] = {}
        self.played = 0

    def play(self, shard: int = 0, stake_minor: int = 100, *, game: str = "slot", over_minor: int = 0) -> Spin:
        """Book the next round of one stream, recorded first. over_minor: what it pays beside what it should."""
        self.played += 1
        spin = SLOT.spin(SeededDraws("ef" * 32, "guard", self.played), stake_minor)
        self.book_spin(spin, shard, stake_minor, game=game, over_minor=over_minor)
        return spin

    def book_spin(
        self, spin: Spin, shard: int = 0, stake_minor: int = 100, *, game: str = "slot", over_minor: int = 0
    ) -> None:
        """Book a round that came to this, recorded first."""
        rows = self.journals[shard]
        seq, player, id_ = len(rows) + 1, 2 + shard, (len(rows) + 1).to_bytes(15, "big") + bytes([shard])
        self.records[game, player, id_] = PastSpin(spin.outcome, SLOT.rules_version)
        meta = meta_text(stake=stake_minor, payout=spin.payout_minor + over_minor, table=game)
        rows.append(Entry(seq, EntryCode.WAGER, 0, 1, player, id_, id_, b"", 0, [], [], meta))

    async def spins(self, game: str, wagers: Collection[tuple[int, bytes]]) -> Mapping[tuple[int, bytes], PastSpin]:
        """See `WagerStore`."""
        await asyncio.sleep(0)
        return {key: self.records[game, *key] for key in wagers if (game, *key) in self.records}

    async def save_wagers(self, follower: str, page: Page, saved: Sequence[Saved]) -> None:
        """See `WagerStore`."""

        def write() -> None:
            for one in saved:
                self.watch.check(one)
            self._move(follower, page)
            for one in saved:
                self.watch.store(one)

        await self.write("save_wagers", write)
