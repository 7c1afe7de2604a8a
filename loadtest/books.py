"""Hold what players were told to what PostgreSQL has: every accepted stake has one end there, and their money agrees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg

from loadtest.memory import Memory

OPEN, SETTLED, GIVEN_BACK = 0, 1, 2

_TOLD: Final = "create temporary table told (id uuid primary key, stake bigint, ending int, player text) on commit drop"
_HELD: Final = """
with ends as (
  select ref, count(*) as ends from wallet.journal
   where status = 0 and code in (4, 5) and ref in (select id from told) group by ref)
select t.player, t.id, t.ending, r.state, r.cash, coalesce(e.ends, 0) as ends
  from told t join wallet.reservation r on r.reservation_id = t.id left join ends e on e.ref = t.id
 where coalesce(e.ends, 0) <> 1 or r.cash <> t.stake or r.state not in (1, 2) or t.ending not in (0, r.state)
"""
_ABSENT: Final = (
    "select t.player, t.id from told t left join wallet.reservation r on r.reservation_id = t.id"
    " where r.reservation_id is null"
)
_OPEN: Final = "select count(*) from told t join wallet.reservation r on r.reservation_id = t.id where r.state = 0"
_CASH: Final = """
select a.player_id, a.balance, (select coalesce(sum(j.amt[array_position(j.acct, a.account_id)]), 0)
    from wallet.journal j where j.player_id = a.player_id and j.code = 6 and j.status = 0) as bonus
  from wallet.account a where a.player_id = any($1) and a.account_id = a.player_id * 100000 + 1100
"""
_WORDS: Final = {SETTLED: "settled", GIVEN_BACK: "given back"}


class Books:
    """dsn: of the casino's database. books: those that keep wallet shards, where that is not the same one alone."""

    def __init__(self, dsn: str, books: Sequence[str] = ()) -> None:
        self._dsn = dsn
        self._books = tuple(books) or (dsn,)

    async def shard_of(self, player_id: int) -> int:
        """Return which shard keeps this player."""
        found = await _fetch(self._dsn, "select shard_id from casino.player where player_id = $1", player_id)
        return int(found[0]["shard_id"])

    async def open_stakes(self, memories: Iterable[Memory]) -> int:
        """Return how many accepted stakes have no end yet."""
        told = _told(memories)
        return sum([(await _asked(dsn, told, _OPEN))[0][0][0] for dsn in self._books])

    async def ends(self, memories: Iterable[Memory]) -> list[str]:
        """Return every accepted bet that has not exactly one end in the books, or another than its player was told."""
        told = _told(memories)
        found: list[str] = []
        absent: dict[Any, str] | None = None
        for dsn in self._books:
            held, missing = await _asked(dsn, told, _HELD, _ABSENT)
            found += [_mistake(row) for row in held]
            here = {row["id"]: row["player"] for row in missing}
            absent = here if absent is None else {key: name for key, name in absent.items() if key in here}
        lost = [f"{name}: accepted bet {key.hex} is not in the books" for key, name in (absent or {}).items()]
        return found + lost

    async def money(self, memories: Iterable[Memory], welcome_minor: int) -> list[str]:
        """Hold each player's cash, without the bonuses paid meanwhile, to what he was told of his bets."""
        by_name = {memory.name: memory for memory in memories}
        names = await _fetch(self._dsn, "select player_id, name from casino.player where name = any($1)", list(by_name))
        name_of = {row["player_id"]: row["name"] for row in names}
        cash_minor = {
            name_of[row["player_id"]]: row["balance"] - int(row["bonus"])
            for dsn in self._books
            for row in await _fetch(dsn, _CASH, list(name_of))
        }
        return [
            f"{name}: has {cash_minor[name]}, was told enough for {memory.expected_minor(welcome_minor)}"
            for name, memory in by_name.items()
            if not memory.untold() and not memory.unsure and cash_minor[name] != memory.expected_minor(welcome_minor)
        ]


def _told(memories: Iterable[Memory]) -> list[tuple[Any, ...]]:
    return [
        (UUID(bytes=bet_id), one.stake_minor, _ending(memory, bet_id), memory.name)
        for memory in memories
        for bet_id, one in memory.accepted.items()
    ]


def _ending(memory: Memory, bet_id: bytes) -> int:
    if bet_id in memory.settled:
        return SETTLED
    return GIVEN_BACK if bet_id in memory.voided or bet_id in memory.undone else OPEN


def _mistake(row: Any) -> str:
    told = _WORDS.get(row["ending"])
    words = f", told {told}" if told else ""
    return (
        f"{row['player']}: accepted bet {row['id'].hex}{words}: state {row['state']}, {row['ends']} ends,"
        f" {row['cash']} reserved"
    )


async def _asked(dsn: str, told: list[tuple[Any, ...]], *statements: str) -> list[list[Any]]:
    """Return what each statement answers beside the relation `told`."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(_TOLD)
            await connection.copy_records_to_table("told", records=told)
            await connection.execute("analyze told")
            return [list(await connection.fetch(statement)) for statement in statements]
    finally:
        await connection.close()


async def _fetch(dsn: str, statement: str, *arguments: Any) -> list[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(statement, *arguments))
    finally:
        await connection.close()
