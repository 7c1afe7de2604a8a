"""The guard and an instant game: wagers are followed in the journal, and a slot that is not itself is suspended."""

from __future__ import annotations

import msgspec
import pytest

from actors.domain.games.slot import SLOT
from actors.domain.money.entries import EntryCode
from actors.domain.policy.game_watch import Level, Watch
from actors.domain.policy.watched_games import WATCHED
from actors.ports import StoreUnavailable
from actors.supervisors.game_guard import FOLLOWER, GameGuard, PastSpin, WatchedTable
from actors.supervisors.journal import CheckpointMoved
from tests.fakes.game_watch import FakeGameWatch, FakeWagers

SLOT_ROUNDS = WATCHED["slot"].block_rounds


@pytest.fixture
def store() -> FakeGameWatch:
    return FakeGameWatch(WatchedTable("slot", "slot", False, "", 0, 0, Watch()))


@pytest.fixture
def wagers(store: FakeGameWatch) -> FakeWagers:
    return FakeWagers(store)


class Stuck:
    """A generator that has stopped."""

    def below(self, n: int) -> int:
        return 5


def guard_of(wagers: FakeWagers) -> GameGuard:
    def fatal(error: BaseException) -> None:
        raise error

    return GameGuard(wagers.watch, wagers, fatal=fatal)


def counted(store: FakeGameWatch) -> int:
    watch = msgspec.msgpack.decode(store.stored["slot"], type=Watch)
    return sum(block.rounds for block in watch.blocks)


async def test_wagers_of_all_shards_are_counted_once(store: FakeGameWatch, wagers: FakeWagers) -> None:
    for number in range(40):
        wagers.play(number % 2)
        wagers.book(number % 2, EntryCode.RESERVE, 2)
    guard = guard_of(wagers)
    await guard.work()
    await guard.work()
    assert (counted(store), store.tables["slot"].round_no) == (40, 40)
    assert wagers.positions == {(FOLLOWER, 0): 40, (FOLLOWER, 1): 40}
    assert guard.counters()["watched_rounds_total"] == 40
    assert store.tables["slot"].suspended == ""


async def test_stuck_slot_is_suspended_with_what_led_to_it(store: FakeGameWatch, wagers: FakeWagers) -> None:
    stuck = SLOT.spin(Stuck(), 100)
    for _ in range(SLOT_ROUNDS):
        wagers.book_spin(stuck)
    await guard_of(wagers).work()
    finding = store.tables["slot"].finding
    assert finding is not None
    assert finding.level is Level.SUSPEND
    assert f"of the last {SLOT_ROUNDS} rounds" in store.tables["slot"].suspended


async def test_payout_in_the_books_that_is_not_that_of_the_stops_suspends_at_once(
    store: FakeGameWatch, wagers: FakeWagers
) -> None:
    wagers.play(over_minor=5)
    await guard_of(wagers).work()
    assert store.tables["slot"].suspended == "a payout that does not follow from its outcome"


async def test_wager_of_another_game_or_by_other_rules_moves_the_checkpoint_and_counts_nothing(
    store: FakeGameWatch, wagers: FakeWagers
) -> None:
    wagers.play(game="another")
    wagers.play()
    [key] = [key for key in wagers.records if key[0] == "slot"]
    wagers.records[key] = PastSpin(wagers.records[key].outcome, "slot-lantern-1:ffffffffffff")
    await guard_of(wagers).work()
    assert (counted(store), wagers.positions[FOLLOWER, 0], store.tables["slot"].suspended) == (0, 2, "")


async def test_wager_without_a_record_is_told_and_holds_nobody_up(store: FakeGameWatch, wagers: FakeWagers) -> None:
    wagers.play()
    wagers.records.clear()
    wagers.play()
    guard = guard_of(wagers)
    await guard.work()
    assert (counted(store), guard.counters()["unrecorded_total"]) == (1, 1)


async def test_resumption_by_staff_between_two_pages_wins(store: FakeGameWatch, wagers: FakeWagers) -> None:
    wagers.play()
    guard = guard_of(wagers)
    guard.tables = {table.table_id: table for table in await store.watched_tables()}
    store.tables["slot"] = msgspec.structs.replace(store.tables["slot"], generation=1)
    with pytest.raises(CheckpointMoved):
        await guard._follower.catch_up()
    assert (store.saved, wagers.positions) == ([], {})
    await guard.work()
    assert counted(store) == 1


async def test_journal_that_is_away_holds_up_no_table(store: FakeGameWatch, wagers: FakeWagers) -> None:
    wagers.play(0)
    wagers.play(1)
    wagers.down.add(0)
    with pytest.raises(StoreUnavailable):
        await guard_of(wagers).work()
    assert counted(store) == 1
