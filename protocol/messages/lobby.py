"""Messages about which tables there are (tags 20 - 29)."""

from __future__ import annotations

import msgspec


class TableInfo(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One table as the lobby shows it.

    game: "roulette". kind: "rng" (the server spins) or "live" (a dealer spins).
    max_table_minor: the most one player may have on the whole layout in a round.
    players: how many are seated now. phase: see `TableSnapshot.phase`. last: its last outcomes, newest first, at most 12.
    """

    table_id: str
    game: str
    kind: str
    title: str
    currency: str
    min_stake_minor: int
    max_table_minor: int
    players: int
    phase: str
    last: list[int] = []


class ListTables(msgspec.Struct, frozen=True, array_like=True, tag=20, gc=False):
    """Asks for the lobby."""


class Tables(msgspec.Struct, frozen=True, array_like=True, tag=21):
    """Answers `ListTables`."""

    tables: list[TableInfo]
