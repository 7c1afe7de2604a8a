"""The guard of the games on real PostgreSQL: a biased table is suspended, staff lift it, and everything is in the log."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest

from actors.domain.games.roulette_game import ROULETTE
from actors.domain.policy.game_watch import Watch
from actors.domain.policy.watched_games import WATCHED
from actors.domain.rounds import PLAN_VERSION, Plan
from actors.supervisors.game_guard import GameGuard, Saved
from actors.supervisors.journal import CheckpointMoved
from server.storage.game_watch import GUARD, PostgresGameWatch, PostgresWagers
from server.storage.shards import Books
from server.storage.tables import PostgresTables

TABLE = "roulette-1"
BLOCK_ROUNDS = WATCHED["roulette"].block_rounds
PLAN = msgspec.msgpack.encode(Plan(PLAN_VERSION, [], []))
#: state 3: settled. outcome: of each round, from its number.
_ROUNDS = """
insert into casino.round (round_id, table_id, table_epoch, round_no, state, opened_at, outcome, plan, rules_version)
select md5($1 || n)::uuid, $1, 1, n, $4, now(), case when $5 then 17 else n % 37 end, $6, $7
  from generate_series($2::int, $3::int) n"""


@pytest.fixture
async def pool(fresh_postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=3) as made:
        await PostgresTables(made).open_casino()
        yield made


async def _add(pool: asyncpg.Pool, first: int, last: int, *, state: int = 3, stuck: bool = False) -> None:
    await pool.execute(_ROUNDS, TABLE, first, last, state, stuck, PLAN, ROULETTE.rules_version)


def _fatal(error: BaseException) -> None:
    raise error


async def test_stuck_table_is_suspended_and_resumed_with_a_log_of_both(pool: asyncpg.Pool) -> None:
    store = PostgresGameWatch(pool)
    guard = GameGuard(store, PostgresWagers(pool, Books.all_in(pool)), fatal=_fatal)
    await guard.work()  # tables begin at their last round
    await _add(pool, 1, BLOCK_ROUNDS, stuck=True)
    await guard.work()
    assert list(await store.suspended()) == [TABLE]
    assert await pool.fetchval("select level from casino.game_watch where table_id = $1", TABLE) == 3
    [table] = [one for one in await store.watched_tables() if one.table_id == TABLE]
    assert table.finding is not None
    assert table.finding.about == "outcomes"
    assert not await store.suspend(TABLE, "again", "nora")
    assert await store.resume(TABLE, "the generator was mended", "nora")
    assert not await store.resume(TABLE, "again", "nora")
    assert await store.suspended() == {}
    log = await pool.fetch("select action, who from casino.table_log order by entry_id")
    assert [tuple(row) for row in log] == [("suspend", GUARD), ("resume", "nora")]
    await _add(pool, BLOCK_ROUNDS + 1, 2 * BLOCK_ROUNDS)
    await guard.work()  # counts began anew: the old rounds suspend nobody again
    assert await store.suspended() == {}


async def test_rounds_are_read_in_order_up_to_the_first_that_is_not_over(pool: asyncpg.Pool) -> None:
    store = PostgresGameWatch(pool)
    await store.watched_tables()
    await _add(pool, 1, 3)
    await _add(pool, 4, 4, state=5)
    await _add(pool, 5, 5, state=6)
    await _add(pool, 6, 6)
    rounds = await store.past_rounds(TABLE, 1, 100)
    assert [(one.round_no, one.outcome is None) for one in rounds] == [(2, False), (3, False), (4, True)]


async def test_save_from_elsewhere_or_of_an_older_generation_stores_nothing(pool: asyncpg.Pool) -> None:
    store = PostgresGameWatch(pool)
    await store.watched_tables()
    await store.save_watch(Saved(TABLE, 0, 7, 0, Watch("r"), None, ""))
    for late in (Saved(TABLE, 0, 9, 0, Watch(), None, "why"), Saved(TABLE, 7, 9, 1, Watch(), None, "why")):
        with pytest.raises(CheckpointMoved):
            await store.save_watch(late)
    [table] = [one for one in await store.watched_tables() if one.table_id == TABLE]
    assert (table.round_no, table.watch, table.suspended) == (7, Watch("r"), "")
