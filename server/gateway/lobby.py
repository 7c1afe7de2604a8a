"""Which tables there are and how they stand, asked for at most once a second however many want to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from actors.domain import commands
from actors.domain.games.catalogue import INSTANT_GAMES
from actors.ports import Clock, Post, Replies
from protocol.messages import TableInfo
from server.gateway.limits import GatewaySettings
from server.gateway.translate import table_info

Reader = Callable[[Sequence[TableInfo]], None]


class Lobby:
    """The lines of all tables. A table that does not answer is shown paused, or not at all if it never answered."""

    def __init__(
        self, post: Post, clock: Clock, tables: Callable[[], Sequence[str]], settings: GatewaySettings
    ) -> None:
        self._post = post
        self._clock = clock
        self._tables = tables
        self._settings = settings
        self._ids: Sequence[str] = ()
        self._known: frozenset[str] = frozenset()
        self._known_ms: int | None = None
        self._lines: dict[str, TableInfo] = {}
        self._fresh_ms: int | None = None
        self._outstanding = 0
        self._readers: list[Reader] = []

    def knows(self, table_id: str) -> bool:
        """Tell whether there is such a table, to be joined."""
        return self._is_there(table_id) and table_id not in INSTANT_GAMES

    def has_instant(self, game: str) -> bool:
        """Tell whether there is such an instant game, to be played without joining anything."""
        return game in INSTANT_GAMES and self._is_there(game)

    def _is_there(self, table_id: str) -> bool:
        if table_id not in self._known and not self._is_young(self._known_ms):
            self._read_ids()
        return table_id in self._known

    def read(self, reader: Reader) -> None:
        """Call reader once with the lines, now or as soon as they are fresh."""
        if not self._outstanding and self._is_young(self._fresh_ms):
            reader(self._shown())
            return
        self._readers.append(reader)
        if not self._outstanding:
            self._refresh()

    def _is_young(self, at_ms: int | None) -> bool:
        return at_ms is not None and 0 <= self._clock.now_ms() - at_ms < self._settings.lobby_age_ms

    def _refresh(self) -> None:
        self._read_ids()
        ids = self._ids
        self._outstanding = len(ids) or 1
        for table_id in ids:
            self._post.ask(
                f"table/{table_id}",
                [commands.DescribeTable()],
                partial(self._take_line, table_id),
                self._settings.lobby_timeout_s,
            )
        if not ids:
            self._finish_one()

    def _take_line(self, table_id: str, replies: Replies) -> None:
        line = replies[0]
        if isinstance(line, commands.TableLine):
            self._lines[table_id] = table_info(line)
        elif table_id in self._lines:
            self._lines[table_id] = msgspec.structs.replace(self._lines[table_id], phase="paused", players=0)
        self._finish_one()

    def _finish_one(self) -> None:
        self._outstanding -= 1
        if self._outstanding:
            return
        self._fresh_ms = self._clock.now_ms()
        readers, self._readers = self._readers, []
        shown = self._shown()
        for reader in readers:
            reader(shown)

    def _read_ids(self) -> None:
        self._ids = tuple(self._tables())
        self._known = frozenset(self._ids)
        self._known_ms = self._clock.now_ms()
        self._lines = {table_id: line for table_id, line in self._lines.items() if table_id in self._known}

    def _shown(self) -> list[TableInfo]:
        return [self._lines[table_id] for table_id in self._ids if table_id in self._lines]
