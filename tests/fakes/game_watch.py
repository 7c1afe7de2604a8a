"""Tables and their past rounds in memory, for the guard of the games."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from actors.domain.policy.game_watch import Watch
from actors.ports import StoreUnavailable
from actors.supervisors.game_guard import PastRound, Saved, WatchedTable
from actors.supervisors.journal import CheckpointMoved


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
        table = self.tables[saved.table_id]
        if (table.round_no, table.generation) != (saved.from_round_no, saved.generation):
            raise CheckpointMoved
        self.tables[saved.table_id] = msgspec.structs.replace(
            table,
            round_no=saved.to_round_no,
            suspended=table.suspended or saved.suspend,
            finding=saved.finding or table.finding,
        )
        self.stored[saved.table_id] = msgspec.msgpack.encode(saved.watch)
        self.saved.append(saved)
        if self.forget:
            self.forget = False
            raise StoreUnavailable("the answer was lost")

    def _reach(self) -> None:
        if self.away:
            raise StoreUnavailable("away")
