"""A follower by itself: pages in order, each effect once, and doubt after anything that went wrong."""

from __future__ import annotations

import asyncio

import pytest

from actors.domain.money.entries import EntryCode
from actors.ports import StoreUnavailable
from actors.supervisors import follower as module
from actors.supervisors.follower import Follower, rows_of
from actors.supervisors.journal import CheckpointMoved, JournalGap, Page
from tests.fakes.journals import FakeJournals

NAME = "reports"


class Reports(FakeJournals):
    """A store whose effect is a list: what was handled, in the transaction of the checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.handled: list[tuple[int, int]] = []
        self.pages: list[tuple[int, int, int]] = []

    async def save(self, page: Page) -> None:
        """Store a page's effect and move the checkpoint, both or neither."""

        def write() -> None:
            self._move(NAME, page)
            self.pages.append((page.shard, page.after_seq, page.to_seq))
            self.handled += [(page.shard, entry.seq) for entry in page.entries]

        await self.write("save", write)

    def follower(self, *codes: EntryCode, refused: bool = False) -> Follower[Page]:
        """Return a follower as after a start."""
        return Follower(NAME, self, rows_of(self, *codes or (EntryCode.RESERVE,), refused=refused), self.save)


@pytest.fixture
def store() -> Reports:
    """Shard 0 has four rows, the third refused; shard 1 has two of another kind and a stake."""
    made = Reports()
    for status in (0, 0, 409, 0):
        made.book(0, EntryCode.RESERVE, 1, status=status)
    made.book_nothing(1)
    made.book(1, EntryCode.RESERVE, 2)
    made.book_nothing(1)
    return made


async def test_new_follower_handles_every_row_it_asked_for_once_and_in_order(store: Reports) -> None:
    follower = store.follower()
    await follower.catch_up()
    await follower.catch_up()
    assert store.handled == [(0, 1), (0, 2), (0, 4), (1, 2)]
    assert store.positions == {(NAME, 0): 4, (NAME, 1): 3}
    assert follower.counters() == {"rows_total": 7, "gaps_total": 0, "lag_rows": 0, "lag_ms": 0}


async def test_refused_rows_are_given_to_who_asks_for_them(store: Reports) -> None:
    await store.follower(refused=True).catch_up()
    assert (0, 3) in store.handled


async def test_page_without_rows_of_interest_moves_the_checkpoint(store: Reports) -> None:
    await store.follower(EntryCode.WAGER).catch_up()
    assert (store.handled, store.positions[NAME, 1]) == ([], 3)


async def test_restarted_follower_goes_on_behind_its_checkpoint(store: Reports) -> None:
    store.positions = {(NAME, 0): 2, (NAME, 1): 3, ("another", 0): 4}
    await store.follower().catch_up()
    assert (store.handled, store.pages) == ([(0, 4)], [(0, 2, 4)])


async def test_long_journal_is_read_in_pages(store: Reports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE_ROWS", 3)
    await store.follower().catch_up()
    assert store.pages == [(0, 0, 3), (0, 3, 4), (1, 0, 3)]


async def test_row_that_comes_while_it_reads_is_left_for_the_next_time(store: Reports) -> None:
    follower = store.follower()
    reading = asyncio.ensure_future(follower.catch_up())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    store.book(0, EntryCode.RESERVE, 1)
    await reading
    await follower.catch_up()
    assert [seq for shard, seq in store.handled if shard == 0] == [1, 2, 4, 5]


async def test_lost_answer_of_a_stored_page_handles_nothing_twice(store: Reports) -> None:
    """The page was durable and nobody heard: without doubt the follower would hand it in again, and be told so."""
    follower = store.follower()
    store.cuts = {"after save"}
    with pytest.raises(StoreUnavailable):
        await follower.catch_up()
    follower.doubt()
    await follower.catch_up()
    assert sorted(store.handled) == [(0, 1), (0, 2), (0, 4), (1, 2)]


async def test_follower_that_does_not_doubt_is_told_that_its_checkpoint_moved(store: Reports) -> None:
    follower = store.follower()
    store.cuts = {"after save"}
    with pytest.raises(StoreUnavailable):
        await follower.catch_up()
    with pytest.raises(CheckpointMoved):
        await follower.catch_up()
    assert sorted(store.handled) == [(0, 1), (0, 2), (0, 4), (1, 2)]


async def test_two_incarnations_at_once_handle_every_row_once(store: Reports) -> None:
    ends = await asyncio.gather(*(store.follower().catch_up() for _ in range(3)), return_exceptions=True)
    assert {type(end) for end in ends} == {type(None), CheckpointMoved}
    assert sorted(store.handled) == [(0, 1), (0, 2), (0, 4), (1, 2)]


async def test_follower_ended_at_any_of_its_awaits_handles_every_row_once(store: Reports) -> None:
    for awaits in range(12):
        reading = asyncio.ensure_future(store.follower().catch_up())
        for _ in range(awaits):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait((reading,))
        store.book(awaits % 2, EntryCode.RESERVE, 1)
    await store.follower().catch_up()
    assert len(store.handled) == len(set(store.handled)) == 4 + 12


async def test_journal_that_is_away_holds_up_no_other(store: Reports) -> None:
    store.down = {0}
    follower = store.follower()
    with pytest.raises(StoreUnavailable):
        await follower.catch_up()
    assert store.handled == [(1, 2)]
    assert (follower.lag_rows, follower.counters()["lag_ms"] >= 0) == (4, True)
    store.down = set()
    await follower.catch_up()
    assert (sorted(store.handled)[-1], follower.lag_rows) == ((1, 2), 0)


async def test_gap_in_a_journal_is_counted_and_holds_up_no_other(store: Reports) -> None:
    del store.journals[0][1]
    follower = store.follower()
    with pytest.raises(JournalGap):
        await follower.catch_up()
    assert (store.handled, follower.gaps_total) == ([(1, 2)], 1)


async def test_shard_whose_head_is_behind_the_checkpoint_is_left_alone(store: Reports) -> None:
    """A replica that lags, or a backup: nothing is read backwards, and nothing is handled again."""
    store.positions = {(NAME, 0): 9, (NAME, 1): 0}
    follower = store.follower()
    await follower.catch_up()
    assert (store.handled, store.positions[NAME, 0], follower.lag_rows) == ([(1, 2)], 9, 0)
