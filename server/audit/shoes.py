"""The shoes of live tables: every coup is the cards that were dealt for it, and no shoe has more of a card than it can.

What happened is in `casino.shoe_event`, in order for each table: 0 new shoe (its first card), 1 burned (how many), 2 card,
3 card taken back, 4 cut card, 5 coup ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import asyncpg

from server.audit.report import KEPT, Violation

LAW: Final = "shoes"
SAYS: Final = (
    "each coup of a live table is the cards that were dealt for it, in order, and no shoe has too many of a card"
)
DECKS: Final = 8
_CARDS: Final = 52 * DECKS
_CHUNK: Final = 500
_NEW, _BURNED, _CARD, _BACK, _CUT, _END = range(6)

_ROWS: Final = """
select e.table_id, e.seq, e.shoe, e.happening, e.value, e.round_id, r.state, coalesce(r.detail, '{}') as detail
  from casino.shoe_event e
  left join casino.round r on e.happening = 5 and r.round_id = e.round_id and r.table_id = e.table_id
 order by e.table_id, e.seq"""
_WITHOUT: Final = """
select r.table_id, r.round_no from casino.round r join casino.game_table t using (table_id)
 where t.kind = 'live' and t.game in ('baccarat', 'baccarat-no-commission') and r.state in (2, 3)
   and not exists (select from casino.shoe_event e where e.round_id = r.round_id and e.happening = 5)
 order by r.table_id, r.round_no"""


async def has_shoes(casino: asyncpg.Connection) -> bool:
    """Tell whether this database keeps shoes."""
    return await casino.fetchval("select to_regclass('casino.shoe_event')") is not None


async def shoe_breaches(casino: asyncpg.Connection, found: list[Violation]) -> int:
    """Return the number of breaches; keep the first few. Memory: a page, and one shoe."""
    broken = 0

    def report(seq: int, text: str) -> None:
        nonlocal broken
        broken += 1
        if len(found) < KEPT:
            found.append(Violation(LAW, -1, seq, text))

    table = _Table("")
    cursor = await casino.cursor(_ROWS)
    while chunk := await cursor.fetch(_CHUNK):
        for row in chunk:
            if row["table_id"] != table.name:
                table = _Table(row["table_id"])
            for text in table.complaints(row):
                report(row["seq"], f"shoe {row['shoe']} of {table.name}: {text}")
    for row in await casino.fetch(_WITHOUT):
        report(0, f"round {row['round_no']} of {row['table_id']} is decided, no coup was dealt for it")
    return broken


class _Table:
    """What is known of a table's shoe, event by event. cards: of the coup in play."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seq = self.shoe = 0
        self.gone = 0
        self.seen = [0] * 52
        self.cards: list[int] = []
        self.round_id: Any = None

    def complaints(self, row: Any) -> Iterator[str]:
        """Take in an event and yield what is wrong with it."""
        if row["seq"] != self.seq + 1:
            yield f"event {row['seq']} follows {self.seq}"
        self.seq = row["seq"]
        happening, value = row["happening"], row["value"]
        if happening == _NEW:
            yield from self._new(row["shoe"])
        elif row["shoe"] != self.shoe:
            yield f"event {self.seq} is of it, the table has shoe {self.shoe}"
        if happening in (_NEW, _CARD):
            yield from self._scan(value)
        if happening == _BURNED:
            self.gone += value
        if happening == _CARD:
            if self.cards and row["round_id"] != self.round_id:
                yield f"event {self.seq} deals for another round"
            self.cards.append(value)
            self.round_id = row["round_id"]
        if happening == _BACK:
            yield from self._back(value)
        if happening == _END:
            yield from self._end(row)
        if self.gone > _CARDS:
            yield f"at event {self.seq} more cards are out than it has"

    def _new(self, shoe: int) -> Iterator[str]:
        if self.cards:
            yield "it came in the middle of a coup"
        if shoe not in (max(self.shoe, 1), self.shoe + 1):
            yield f"it follows shoe {self.shoe}"
        self.shoe, self.seen, self.gone, self.cards = shoe, [0] * 52, 0, []

    def _scan(self, card: int) -> Iterator[str]:
        self.gone += 1
        if not 0 <= card < 52:
            yield f"event {self.seq} has no card"
            return
        self.seen[card] += 1
        if self.seen[card] > DECKS:
            yield f"card {card} was seen {self.seen[card]} times"

    def _back(self, card: int) -> Iterator[str]:
        if not self.cards or self.cards[-1] != card:
            yield f"event {self.seq} takes back a card that is not the last"
            return
        self.cards.pop()
        self.seen[card] -= 1
        self.gone -= 1

    def _end(self, row: Any) -> Iterator[str]:
        cards, self.cards = self.cards, []
        if row["round_id"] != self.round_id or not cards:
            yield f"event {self.seq} ends a coup of which no card is out"
        elif row["state"] is None:
            yield f"event {self.seq} ends the coup of a round that is not there"
        elif row["state"] in (2, 3) and list(row["detail"]) != cards:
            yield f"the round's cards are {list(row['detail'])}, dealt were {cards}"
        elif row["state"] not in (2, 3, 4, 5):
            yield f"event {self.seq} ends the coup of a round that goes on"
