"""Followers that share a reading: every row once for each of them, read once for all."""

from __future__ import annotations

import asyncio

import pytest

from actors.domain.money.entries import EntryCode
from actors.ports import StoreUnavailable
from actors.supervisors.journal import Digest
from actors.supervisors.shared import PIECES_KEPT, SharedDigests
from tests.fakes.journals import FakeJournals


class Journals(FakeJournals):
    """Notes what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[tuple[int, int, int]] = []
        for player in range(1, 31):
            self.book(0, EntryCode.RESERVE, player, amount=player, ms=player * 500)

    async def digest(self, shard: int, after_seq: int, to_seq: int) -> Digest:
        """See `JournalSource`."""
        self.spans.append((shard, after_seq, to_seq))
        return await super().digest(shard, after_seq, to_seq)


@pytest.fixture
def journals() -> Journals:
    return Journals()


def _players(digest: Digest) -> list[int]:
    return sorted(staked.player_id for staked in digest.stakes)


async def test_two_followers_at_one_place_read_once(journals: Journals) -> None:
    shared = SharedDigests(journals.digest)
    one, other = await asyncio.gather(shared.digest(0, 0, 10), shared.digest(0, 0, 10))
    assert (one, journals.spans) == (other, [(0, 0, 10)])
    assert _players(one) == list(range(1, 11))


async def test_follower_that_looked_later_reads_only_what_came_since(journals: Journals) -> None:
    shared = SharedDigests(journals.digest)
    await shared.digest(0, 0, 10)
    later = await shared.digest(0, 0, 14)
    first_again = await shared.digest(0, 10, 20)
    assert journals.spans == [(0, 0, 10), (0, 10, 14), (0, 14, 20)]
    assert (_players(later), _players(first_again)) == (list(range(1, 15)), list(range(11, 21)))
    assert [staked.booked_s for staked in later.stakes] == sorted(staked.booked_s for staked in later.stakes)


async def test_follower_that_looked_earlier_is_given_no_row_beyond_its_span(journals: Journals) -> None:
    shared = SharedDigests(journals.digest)
    await shared.digest(0, 0, 10)
    assert _players(await shared.digest(0, 0, 7)) == list(range(1, 8))


@pytest.mark.parametrize("steps", [(1, 2, 3), (7, 5, 11), (30, 4, 9)])
async def test_followers_at_any_pace_get_every_row_once(journals: Journals, steps: tuple[int, ...]) -> None:
    shared = SharedDigests(journals.digest)

    async def follow(step: int) -> list[int]:
        seen: list[int] = []
        for after in range(0, 30, step):
            seen += _players(await shared.digest(0, after, min(30, after + step)))
        return seen

    assert await asyncio.gather(*(follow(step) for step in steps)) == [list(range(1, 31))] * len(steps)


async def test_settlements_of_a_round_in_two_pieces_are_of_one_round(journals: Journals) -> None:
    for player in (1, 2, 2):
        journals.book(1, EntryCode.SETTLE, player, round_id=b"r" * 16)
    shared = SharedDigests(journals.digest)
    await shared.digest(1, 0, 1)
    assert (await shared.digest(1, 0, 3)).settled == {b"r" * 16: {1, 2}}


async def test_reading_that_failed_is_done_again(journals: Journals) -> None:
    shared = SharedDigests(journals.digest)
    journals.down = {0}
    with pytest.raises(StoreUnavailable):
        await shared.digest(0, 0, 10)
    journals.down = set()
    assert _players(await shared.digest(0, 0, 10)) == list(range(1, 11))


async def test_few_pieces_are_kept(journals: Journals) -> None:
    shared = SharedDigests(journals.digest)
    for after in range(PIECES_KEPT + 1):
        await shared.digest(0, after, after + 1)
    journals.spans.clear()
    await shared.digest(0, 1, PIECES_KEPT + 1)
    await shared.digest(0, 0, 1)
    assert journals.spans == [(0, 0, 1)]
