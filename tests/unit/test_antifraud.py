"""The antifraud supervisor over a store in memory: each journal row once, through cuts, crashes and a double."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from actors.domain.games.crash import CRASH
from actors.domain.money.entries import EntryCode
from actors.domain.rounds import Plan, SettleEntry
from actors.ports import StoreUnavailable
from actors.supervisors import follower
from actors.supervisors.antifraud import FOLLOWER, Antifraud
from actors.supervisors.journal import CheckpointMoved
from tests.fakes.api import ManualClock
from tests.fakes.supervision import FakeSupervision

RED, BLACK = 151, 152
ROUND = b"r" * 16


@pytest.fixture
def store() -> FakeSupervision:
    return FakeSupervision()


def _antifraud(store: FakeSupervision) -> Antifraud:
    return Antifraud(store, ManualClock(), fatal=_fatal)


def _fatal(error: BaseException) -> None:
    raise error


def _settled_round(store: FakeSupervision, player_id: int, chips: list[tuple[int, int]]) -> None:
    store.round_plans[ROUND] = Plan(1, [SettleEntry(0, b"b" * 16, player_id, 1, 2, 0, chips)], [])
    store.book(0, EntryCode.RESERVE, player_id, round_id=ROUND, amount=2)
    store.book(0, EntryCode.SETTLE, player_id, round_id=ROUND)


async def test_stakes_are_counted_per_player(store: FakeSupervision) -> None:
    for player in (1, 2, 2):
        store.book(0, EntryCode.RESERVE, player, amount=50)
    await _antifraud(store).work()
    assert {player: row.profile.bets for player, row in store.scores.items()} == {1: 1, 2: 2}


async def test_instant_rounds_count_as_stakes(store: FakeSupervision) -> None:
    store.book(0, EntryCode.RESERVE, 1, amount=50)
    store.book(0, EntryCode.WAGER, 1, amount=70)
    await _antifraud(store).work()
    profile = store.scores[1].profile
    assert (profile.bets, profile.stake_minor) == (2, 120)


async def test_settled_round_with_opposite_bets_raises_the_score(store: FakeSupervision) -> None:
    _settled_round(store, 7, [(RED, 1), (BLACK, 1)])
    await _antifraud(store).work()
    assert store.scores[7].score == 15


async def test_opposite_bets_split_over_two_bets_of_a_round_raise_the_score(store: FakeSupervision) -> None:
    _settled_round(store, 7, [(RED, 1)])
    store.round_plans[ROUND].settle.append(SettleEntry(0, b"c" * 16, 7, 1, 1, 0, [(BLACK, 1)]))
    store.book(0, EntryCode.SETTLE, 7, round_id=ROUND)
    await _antifraud(store).work()
    assert store.scores[7].score == 15


async def test_opposite_bets_of_two_players_raise_nobodys_score(store: FakeSupervision) -> None:
    _settled_round(store, 7, [(RED, 1)])
    store.round_plans[ROUND].settle.append(SettleEntry(1, b"c" * 16, 8, 1, 1, 0, [(BLACK, 1)]))
    store.book(1, EntryCode.SETTLE, 8, round_id=ROUND)
    await _antifraud(store).work()
    assert {row.score for row in store.scores.values()} == {0}


async def test_settlements_of_one_round_over_two_pages_count_once(
    store: FakeSupervision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "PAGE_ROWS", 1)
    _settled_round(store, 7, [(RED, 1), (BLACK, 1)])
    store.book(0, EntryCode.SETTLE, 7, round_id=ROUND)
    await _antifraud(store).work()
    assert store.scores[7].score == 15
    assert store.positions[FOLLOWER, 0] == 3


async def test_plan_of_a_round_is_read_once_for_all_pages(
    store: FakeSupervision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "PAGE_ROWS", 1)
    asked: list[int] = []
    plans = store.plans

    async def spy(round_ids: Collection[bytes]) -> Mapping[bytes, tuple[str, Plan]]:
        asked.append(len(round_ids))
        return await plans(round_ids)

    store.plans = spy  # type: ignore[method-assign]
    _settled_round(store, 7, [(RED, 1), (BLACK, 1)])
    store.round_plans[ROUND].settle.append(SettleEntry(1, b"c" * 16, 8, 1, 1, 0, [(RED, 1)]))
    store.book(0, EntryCode.SETTLE, 7, round_id=ROUND)
    store.book(1, EntryCode.SETTLE, 8, round_id=ROUND)
    await _antifraud(store).work()
    assert asked == [1]
    assert {player: row.score for player, row in store.scores.items()} == {7: 15, 8: 0}


async def test_rows_of_no_interest_move_the_checkpoint(store: FakeSupervision) -> None:
    for _ in range(5):
        store.book_nothing(1)
    await _antifraud(store).work()
    assert store.positions == {(FOLLOWER, 1): 5}


async def test_nothing_new_writes_nothing(store: FakeSupervision) -> None:
    store.book(0, EntryCode.RESERVE, 1)
    antifraud = _antifraud(store)
    await antifraud.work()
    store.cuts.add("before save_scores")
    await antifraud.work()
    assert store.cuts == {"before save_scores"}


@pytest.mark.parametrize("cut", ["before save_scores", "after save_scores"])
async def test_cut_while_saving_counts_each_stake_once(store: FakeSupervision, cut: str) -> None:
    for _ in range(3):
        store.book(0, EntryCode.RESERVE, 1)
    antifraud = _antifraud(store)
    store.cuts.add(cut)
    with pytest.raises(StoreUnavailable):
        await antifraud.work()
    antifraud.doubt()
    await antifraud.work()
    assert store.scores[1].profile.bets == 3


async def test_restart_goes_on_from_the_checkpoint(store: FakeSupervision) -> None:
    store.book(0, EntryCode.RESERVE, 1)
    await _antifraud(store).work()
    store.book(0, EntryCode.RESERVE, 1)
    await _antifraud(store).work()
    assert store.scores[1].profile.bets == 2


async def test_two_copies_count_each_stake_once(store: FakeSupervision) -> None:
    one, other = _antifraud(store), _antifraud(store)
    store.book(0, EntryCode.RESERVE, 1)
    await one.work()
    await other.work()
    store.book(0, EntryCode.RESERVE, 1)
    await other.work()
    with pytest.raises(CheckpointMoved):
        await one.work()
    one.doubt()
    await one.work()
    assert store.scores[1].profile.bets == 2


async def test_counters_tell_rows_and_lag(store: FakeSupervision) -> None:
    store.book(0, EntryCode.RESERVE, 1)
    antifraud = _antifraud(store)
    await antifraud.work()
    counters = antifraud.counters()
    assert counters == {"outages_total": 0, "rows_total": 1, "gaps_total": 0, "lag_rows": 0, "lag_ms": 0}


async def test_round_of_crash_is_scored_without_a_layout(store: FakeSupervision) -> None:
    store.rules_version = CRASH.rules_version
    _settled_round(store, 7, [(1_000_000, 100)])
    await _antifraud(store).work()
    assert store.scores[7].score == 0
