"""The audit's law of shoes: it is quiet about what a table stored, and names each thing that cannot be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast
from uuid import UUID

import asyncpg
import pytest

from actors.domain.games.baccarat import BACCARAT
from actors.domain.games.shoe_events import Happening, ShoeEvent
from actors.ports import NewRound
from server.audit.report import Violation
from server.audit.shoes import shoe_breaches
from server.storage.rounds import PostgresRounds
from tests.fakes.rounds_contract import NOW_MS, a_plan, round_id

#: The player's nine against five.
CARDS = (3, 17, 4, 51)
_TABLE = "insert into casino.game_table (table_id, game, kind, title, host) values ('t', 'baccarat', 'live', 't', 'h')"


@pytest.fixture
async def books(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """A coup from a new shoe: a card misread and taken back, decided with its round."""
    async with asyncpg.create_pool(postgres_dsn, min_size=1, max_size=2) as pool:
        await pool.execute("truncate casino.game_table, casino.round, casino.round_step, casino.shoe_event")
        await pool.execute(_TABLE)
        store, id_ = PostgresRounds(pool), round_id(1)
        epoch = await store.claim_table("t", "one")
        await store.open(NewRound(id_, "t", epoch, 1, NOW_MS, 0, "Ada", BACCARAT.rules_version))
        events = [
            ShoeEvent(1, 1, Happening.NEW, 4, cut=14),
            ShoeEvent(2, 1, Happening.BURNED, 5),
            *(ShoeEvent(3 + place, 1, Happening.CARD, card, id_) for place, card in enumerate((*CARDS[:3], 50))),
            ShoeEvent(7, 1, Happening.BACK, 50, id_),
            ShoeEvent(8, 1, Happening.CARD, CARDS[3], id_),
        ]
        for event in events:
            await store.add_shoe_event("t", epoch, event)
        outcome = BACCARAT.seen(CARDS)
        assert outcome is not None
        end = ShoeEvent(9, 1, Happening.END, round_id=id_)
        await store.decide("t", epoch, id_, outcome, a_plan(), "", end)
        yield pool


async def breaches(pool: asyncpg.Pool) -> list[str]:
    found: list[Violation] = []
    async with pool.acquire() as connection, connection.transaction():
        assert await shoe_breaches(cast(asyncpg.Connection, connection), found) == len(found)
    return [violation.detail for violation in found]


async def test_what_a_table_stored_is_in_order(books: asyncpg.Pool) -> None:
    assert await breaches(books) == []


async def test_other_cards_in_the_round_than_were_dealt_are_named(books: asyncpg.Pool) -> None:
    await books.execute("update casino.round set detail = array[3, 17, 4, 50]")
    assert await breaches(books) == [
        "shoe 1 of t: the round's cards are [3, 17, 4, 50], dealt were [3, 17, 4, 51]",
    ]


async def test_decided_round_without_a_coup_is_named(books: asyncpg.Pool) -> None:
    again = """insert into casino.round (round_id, table_id, table_epoch, round_no, state, opened_at, rules_version)
               values ($1, 't', 1, 2, 3, now(), 'baccarat')"""
    await books.execute(again, UUID(bytes=round_id(2)))
    assert await breaches(books) == ["round 2 of t is decided, no coup was dealt for it"]


async def test_event_cannot_be_changed_or_taken_away(books: asyncpg.Pool) -> None:
    for statement in ("update casino.shoe_event set value = 1 where seq = 3", "delete from casino.shoe_event"):
        with pytest.raises(asyncpg.RaiseError):
            await books.execute(statement)


async def test_ninth_card_of_a_kind_and_a_missing_event_are_named(books: asyncpg.Pool) -> None:
    add = """insert into casino.shoe_event (table_id, seq, shoe, happening, value, round_id, cut, source, who, reason)
             select 't', 10 + n, 1, 2, 51, $1, 0, '', '', '' from generate_series(1, 8) n"""
    await books.execute(add, UUID(bytes=round_id(2)))
    assert await breaches(books) == [
        "shoe 1 of t: event 11 follows 9",
        "shoe 1 of t: card 51 was seen 9 times",
    ]
