"""The guard of the games: each round once, and a suspension that is stored with what led to it."""

from __future__ import annotations

import random

import msgspec
import pytest

from actors.domain.games.game import Outcome
from actors.domain.games.roulette_game import ROULETTE
from actors.domain.policy.game_watch import Block, Level, Watch
from actors.domain.policy.watched_games import WATCHED
from actors.domain.rounds import PLAN_VERSION, Plan, SettleEntry
from actors.ports import StoreUnavailable
from actors.supervisors.game_guard import GameGuard, PastRound, WatchedTable
from actors.supervisors.journal import CheckpointMoved
from server.game_metrics import GameMetrics
from tests.fakes.game_watch import FakeGameWatch, FakeWagers

TABLE = "roulette-1"
BLOCK_ROUNDS = WATCHED["roulette"].block_rounds
EMPTY = Plan(PLAN_VERSION, [], [])


def fatal(error: BaseException) -> None:
    raise error


def table(*, is_live: bool = False, game: str = "roulette") -> WatchedTable:
    return WatchedTable(TABLE, game, is_live, "", 0, 0, Watch())


def guard_of(store: FakeGameWatch) -> GameGuard:
    return GameGuard(store, FakeWagers(store), fatal=fatal)


def past(pockets: list[int], first: int = 1) -> list[PastRound]:
    return [
        PastRound(number, ROULETTE.rules_version, Outcome(pocket), EMPTY)
        for number, pocket in enumerate(pockets, start=first)
    ]


def fair(count: int) -> list[int]:
    return random.Random(7).choices(range(37), k=count)


def counted(store: FakeGameWatch) -> int:
    watch = msgspec.msgpack.decode(store.stored[TABLE], type=Watch)
    return sum(block.rounds for block in watch.blocks)


async def test_fair_table_is_counted_and_left_alone() -> None:
    store = FakeGameWatch(table())
    store.rounds[TABLE] = past(fair(1_234))
    guard = guard_of(store)
    await guard.work()
    assert counted(store) == 1_234
    assert store.tables[TABLE].suspended == ""
    assert guard.counters()["watched_rounds_total"] == 1_234


async def test_stuck_table_is_suspended_in_the_same_step_as_its_counts() -> None:
    store = FakeGameWatch(table())
    store.rounds[TABLE] = past([17] * BLOCK_ROUNDS)
    await guard_of(store).work()
    [saved] = store.saved
    assert saved.finding is not None
    assert saved.finding.level is Level.SUSPEND
    assert "outcomes of the last 500 rounds" in store.tables[TABLE].suspended


async def test_wheel_that_a_dealer_spins_is_told_and_not_suspended() -> None:
    store = FakeGameWatch(table(is_live=True))
    store.rounds[TABLE] = past([17] * BLOCK_ROUNDS)
    await guard_of(store).work()
    finding = store.tables[TABLE].finding
    assert finding is not None
    assert finding.level is Level.SUSPEND
    assert store.tables[TABLE].suspended == ""


async def test_table_that_staff_have_suspended_keeps_their_reason() -> None:
    store = FakeGameWatch(msgspec.structs.replace(table(), suspended="by hand"))
    store.rounds[TABLE] = past([17] * BLOCK_ROUNDS)
    await guard_of(store).work()
    assert store.tables[TABLE].suspended == "by hand"


async def test_round_is_counted_once_when_the_answer_to_a_save_is_lost() -> None:
    store = FakeGameWatch(table())
    store.rounds[TABLE] = past(fair(300))
    store.forget = True
    guard = guard_of(store)
    with pytest.raises(StoreUnavailable):
        await guard.work()
    guard.doubt()
    await guard.work()
    assert counted(store) == 300


async def test_second_copy_of_the_guard_counts_nothing_twice() -> None:
    store = FakeGameWatch(table())
    store.rounds[TABLE] = past(fair(300))
    await guard_of(store).work()
    store.rounds[TABLE] += past(fair(50), first=301)
    await guard_of(store).work()
    await guard_of(store).work()
    assert counted(store) == 350


async def test_resumption_by_staff_while_the_guard_counts_wins() -> None:
    store = FakeGameWatch(table())
    store.rounds[TABLE] = past(fair(10))
    before = await store.watched_tables()
    store.tables[TABLE] = msgspec.structs.replace(store.tables[TABLE], generation=1)
    with pytest.raises(CheckpointMoved):
        await guard_of(store)._follow(before[0])
    assert store.saved == []


async def test_voided_rounds_and_those_of_another_game_move_the_checkpoint_and_count_nothing() -> None:
    store = FakeGameWatch(table())
    store.rounds[TABLE] = [
        PastRound(1, ROULETTE.rules_version, None, None),
        PastRound(2, "slot-lantern-1:000000000000", Outcome(5), EMPTY),
        *past([3], first=3),
    ]
    await guard_of(store).work()
    assert (store.tables[TABLE].round_no, counted(store)) == (3, 1)


async def test_rounds_by_other_rules_are_not_counted_and_what_was_counted_of_them_is_forgotten() -> None:
    store = FakeGameWatch(table())
    store.stored[TABLE] = msgspec.msgpack.encode(Watch("roulette-eu-1:ffffffffffff", [Block(100, [100] + [0] * 36)]))
    old = [PastRound(n, "roulette-eu-1:ffffffffffff", Outcome(n % 37), EMPTY) for n in range(1, 101)]
    store.rounds[TABLE] = [*old, *past(fair(20), first=101)]
    await guard_of(store).work()
    assert counted(store) == 20


async def test_payout_that_does_not_follow_from_its_outcome_suspends_at_once() -> None:
    store = FakeGameWatch(table())
    wrong = SettleEntry(0, bytes(16), 2, 1, 100, 3_700, [(17, 100)])
    store.rounds[TABLE] = [PastRound(1, ROULETTE.rules_version, Outcome(17), Plan(PLAN_VERSION, [wrong], []))]
    await guard_of(store).work()
    assert store.tables[TABLE].suspended == "a payout that does not follow from its outcome"


async def test_store_that_is_away_is_an_outage() -> None:
    store = FakeGameWatch(table())
    store.away = True
    with pytest.raises(StoreUnavailable):
        await guard_of(store).work()


async def test_metrics_name_table_and_game() -> None:
    store = FakeGameWatch(table())
    store.rounds[TABLE] = past([17] * BLOCK_ROUNDS)
    await guard_of(store).work()
    guard = guard_of(store)  # a restart forgets nothing of what was found
    await guard.work()
    samples = {
        sample.name: (sample.labels, sample.value)
        for family in GameMetrics(guard).collect()
        for sample in family.samples
    }
    labels = {"table": TABLE, "game": "roulette"}
    assert samples["croupier_game_level"] == (labels, 3)
    assert samples["croupier_game_suspended"] == (labels, 1)
    assert samples["croupier_game_p"][1] < 1e-6
