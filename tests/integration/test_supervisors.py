"""Supervisors on real PostgreSQL and wallet shards: scores, ticks, and every tick once through crashes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from actors.domain.events import MyBonus, PersonalNews
from actors.domain.ids import Origin
from actors.domain.money.entries import EntryCode
from actors.domain.money.orders import Deposit, GrantBonus, OpenAccount, ReadMoney, Reserve, Settle, Void, Wager
from actors.domain.policy.fraud import Profile
from actors.domain.rounds import SettleEntry
from actors.supervisors.antifraud import Antifraud
from actors.supervisors.bonus import GRACE_MS, BonusTicks
from actors.supervisors.journal import CheckpointMoved, Digest, JournalGap, digest_of
from server.clock import SystemClock
from server.storage import supervision
from server.storage.reports import PostgresReports
from server.storage.shards import BY_INDEX
from server.storage.supervision import PostgresAntifraud, PostgresBonus
from tests.fakes.api import ManualClock
from tests.integration.local_casino import KEY, TABLE, LocalCasino

PERIOD_S = 60
PERIOD_MS = PERIOD_S * 1000
AMOUNT = 500
RED, BLACK = 151, 152
ANNA, BERT = 2, 3  # shard 0, shard 1


@pytest.fixture
async def pool(fresh_postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=4) as made:
        yield made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SystemClock().now_ms() // PERIOD_MS * PERIOD_MS + 1000)


@pytest.fixture
async def casino(fresh_postgres_dsn: str, pool: asyncpg.Pool, clock: ManualClock) -> AsyncIterator[LocalCasino]:
    made = LocalCasino(fresh_postgres_dsn, pool, clock)
    await made.start()
    for player in (ANNA, BERT):
        opened = OpenAccount(made.new_id(Origin.CASHIER), player, 1)
        await made.order(player % 2, opened, Deposit(made.new_id(Origin.CASHIER), player, 1, 10_000))
    yield made
    await made.stop()
    assert made.errors == []


def _bonus(casino: LocalCasino, clock: ManualClock, *, amount: int = AMOUNT) -> BonusTicks:
    return BonusTicks(
        PostgresBonus(casino.pool, casino.books),
        casino.post,
        clock,
        key=KEY,
        period_s=PERIOD_S,
        amount_minor=amount,
        gateways=("gateway/0",),
        fatal=_fatal,
    )


def _fatal(error: BaseException) -> None:
    raise error


async def _play(casino: LocalCasino, player: int, chips: list[tuple[int, int]]) -> None:
    """Play one round and lose."""
    shard, stake = player % 2, sum(stake for _, stake in chips)
    round_id, bet = await casino.open_round(), casino.new_id()
    await casino.order(shard, Reserve(bet, player, 1, stake, round_id, TABLE, casino.epoch))
    await casino.decide(round_id, 17, [SettleEntry(shard, bet, player, 1, stake, 0, chips)])
    await casino.order(shard, Settle(casino.new_id(Origin.SETTLE), bet, player, 0, round_id))
    await casino.finish(round_id)


async def _cash(casino: LocalCasino, player: int) -> int:
    (answer,) = await casino.order(player % 2, ReadMoney(player, 1))
    cash: int = answer.cash_minor
    return cash


async def test_opposite_bets_in_a_round_appear_in_the_staff_list(casino: LocalCasino, clock: ManualClock) -> None:
    antifraud = Antifraud(PostgresAntifraud(casino.pool, casino.books), clock, fatal=_fatal)
    await _play(casino, ANNA, [(RED, 100), (BLACK, 100)])
    await _play(casino, BERT, [(17, 100)])
    await antifraud.work()
    (row,) = await PostgresReports(casino.pool, casino.books).fraud(10)
    assert (row.player_id, row.score, row.reasons[0]["rule"]) == (ANNA, 15, "opposite_bets")


async def test_antifraud_restarted_goes_on_with_the_stored_profile(casino: LocalCasino, clock: ManualClock) -> None:
    for _ in range(3):
        await _play(casino, ANNA, [(RED, 100), (BLACK, 100)])
        await Antifraud(PostgresAntifraud(casino.pool, casino.books), clock, fatal=_fatal).work()
    profile = (await PostgresAntifraud(casino.pool, casino.books).profiles([ANNA]))[ANNA]
    assert (profile.bets, len(profile.rounds)) == (3, 3)


async def test_antifraud_double_that_lags_stores_nothing(casino: LocalCasino, clock: ManualClock) -> None:
    store = PostgresAntifraud(casino.pool, casino.books)
    await _play(casino, ANNA, [(RED, 100)])
    await Antifraud(store, clock, fatal=_fatal).work()
    with pytest.raises(CheckpointMoved):
        await store.save_scores("antifraud", Digest(0, 0, 1, [], {}), [], clock.now_ms())
    with pytest.raises(CheckpointMoved):
        await store.save_scores("never seen", Digest(0, 1, 2, [], {}), [], clock.now_ms())


async def test_digest_says_what_the_rows_say(casino: LocalCasino) -> None:
    """The statement and `digest_of`, which fakes stand on: bonus money, instant rounds, refusals and voids included."""
    await _play(casino, ANNA, [(17, 100)])
    await casino.order(0, GrantBonus(casino.new_id(Origin.BONUS), ANNA, 1, 500, 1))
    await _play(casino, ANNA, [(17, 9_950)])
    round_id = await casino.open_round()
    bet = casino.new_id()
    await casino.order(0, Reserve(bet, ANNA, 1, 30, round_id, TABLE, casino.epoch))
    await casino.order(0, Void(casino.new_id(Origin.VOID), bet, ANNA, 1, round_id))
    await casino.order(0, Reserve(casino.new_id(), ANNA, 1, 10**9, round_id, TABLE, casino.epoch))
    await casino.order(0, Wager(casino.new_id(), ANNA, 1, 40, 80, casino.new_id(Origin.TABLE), TABLE, casino.epoch))
    store = PostgresAntifraud(casino.pool, casino.books)
    head = (await store.heads())[0]
    whole = await store.read(0, 0, head, tuple(EntryCode), refused=True)
    digest = await store.digest(0, 0, head)
    expected = digest_of(whole)
    assert (digest.stakes, (digest.shard, digest.after_seq, digest.to_seq)) == (expected.stakes, (0, 0, head))
    assert {id_: sorted(players) for id_, players in digest.settled.items()} == {
        id_: sorted(players) for id_, players in expected.settled.items()
    }
    assert (sum(one.bets for one in digest.stakes), sum(one.stake_minor for one in digest.stakes)) == (4, 10_120)
    with pytest.raises(JournalGap):
        await store.digest(0, 0, head + 1)


@pytest.mark.parametrize(
    ("statement", "given"),
    [
        (supervision.DIGEST, "0, 0, 9"),
        (supervision.COUNT, "0, 0, 9, '{3}', false"),
        (supervision.READ, "0, 0, 9, '{3}', false"),
    ],
)
async def test_plan_made_while_the_journal_is_empty_goes_by_shard_and_seq(
    pool: asyncpg.Pool, statement: str, given: str
) -> None:
    """It is kept when the journal has grown. One by (shard, seq) as one value took the index of ids: all rows of a shard."""
    async with pool.acquire() as connection:
        for name, value in {**BY_INDEX, "plan_cache_mode": "force_generic_plan"}.items():
            await connection.execute(f"set {name} = {value}")
        await connection.execute(f"prepare followed as {statement}")
        plan = [row[0] for row in await connection.fetch(f"explain execute followed ({given})")]
    assert {"_pkey" in line for line in plan if "Scan" in line and " on journal" in line} == {True}


async def test_profile_survives_storage(casino: LocalCasino, clock: ManualClock) -> None:
    await _play(casino, ANNA, [(17, 100)])
    await Antifraud(PostgresAntifraud(casino.pool, casino.books), clock, fatal=_fatal).work()
    stored = (await PostgresAntifraud(casino.pool, casino.books).profiles([ANNA]))[ANNA]
    assert isinstance(stored, Profile)
    assert (stored.stake_minor, stored.rounds[0][1]) == (100, 0)


async def test_active_players_get_the_bonus_and_are_told(casino: LocalCasino, clock: ManualClock) -> None:
    bonus = _bonus(casino, clock)
    await bonus.work()
    await _play(casino, ANNA, [(17, 100)])
    await _play(casino, BERT, [(17, 100)])
    clock.ms += PERIOD_MS + GRACE_MS
    await bonus.work()
    assert [await _cash(casino, player) for player in (ANNA, BERT)] == [10_400, 10_400]
    told = {message.player_id: message.event for _, message in casino.post.told if isinstance(message, PersonalNews)}
    assert {player: event.cash_minor for player, event in told.items() if isinstance(event, MyBonus)} == {
        ANNA: 10_400,
        BERT: 10_400,
    }


async def test_supervisor_killed_between_grant_and_mark_pays_the_tick_once(
    casino: LocalCasino, clock: ManualClock
) -> None:
    bonus = _bonus(casino, clock)
    await bonus.work()
    await _play(casino, ANNA, [(17, 100)])
    clock.ms += PERIOD_MS + GRACE_MS
    casino.post.lose_answers_to = GrantBonus  # booked, but nobody lived to mark it
    await bonus.work()
    casino.post.lose_answers_to = None
    assert await _cash(casino, ANNA) == 10_400
    await _bonus(casino, clock).work()
    assert await _cash(casino, ANNA) == 10_400
    assert await _grants(casino) == [(ANNA, 1)]


async def _grants(casino: LocalCasino) -> list[tuple[int, int]]:
    rows = await casino.pool.fetch("select player_id, state from casino.bonus_grant order by due_ms, player_id")
    return [(row["player_id"], row["state"]) for row in rows]


async def test_ticks_missed_while_down_are_each_paid_once(casino: LocalCasino, clock: ManualClock) -> None:
    await _bonus(casino, clock).work()
    for _ in range(3):
        await _play(casino, ANNA, [(17, 100)])
        clock.ms += PERIOD_MS
    clock.ms += GRACE_MS
    for _ in range(3):
        await _bonus(casino, clock).work()
    assert await _cash(casino, ANNA) == 10_000 + 3 * (AMOUNT - 100)
    assert await _grants(casino) == [(ANNA, 1)] * 3
    ticks = await casino.pool.fetch("select tick, state from casino.bonus_tick order by due_ms")
    assert [row["state"] for row in ticks] == [1, 1, 1]
    assert [row["tick"] - ticks[0]["tick"] for row in ticks] == [0, 1, 2]


async def test_two_copies_at_once_pay_the_tick_once(casino: LocalCasino, clock: ManualClock) -> None:
    copies = [_bonus(casino, clock) for _ in range(2)]
    for copy in copies:
        await copy.work()
    await _play(casino, ANNA, [(17, 100)])
    clock.ms += PERIOD_MS + GRACE_MS
    await copies[0].work()
    with pytest.raises(CheckpointMoved):
        await copies[1].work()
    copies[1].doubt()
    await copies[1].work()
    assert await _cash(casino, ANNA) == 10_400


async def test_grant_to_a_player_without_account_is_closed_as_refused(casino: LocalCasino, clock: ManualClock) -> None:
    bonus = _bonus(casino, clock)
    await bonus.work()
    due_ms = (clock.ms // PERIOD_MS + 1) * PERIOD_MS
    await casino.pool.execute("insert into casino.bonus_active values ($1, 99, 1)", due_ms)
    clock.ms += PERIOD_MS + GRACE_MS
    await bonus.work()
    row = await casino.pool.fetchrow("select state, code from casino.bonus_grant")
    assert row is not None
    assert (row["state"], row["code"]) == (2, 405)


async def test_bonus_started_on_old_books_pays_nothing_for_the_past(casino: LocalCasino, clock: ManualClock) -> None:
    await _play(casino, ANNA, [(17, 100)])
    bonus = _bonus(casino, clock)
    await bonus.work()
    clock.ms += PERIOD_MS + GRACE_MS
    await bonus.work()
    assert await _grants(casino) == []
