"""What every `TransitStore` must do. Run against the fake and against PostgreSQL."""

from __future__ import annotations

import pytest

from actors.domain.ids import Origin, make_id
from actors.domain.policy.transits import Arrival, Transit
from actors.supervisors.journal import CheckpointMoved, Page
from actors.supervisors.relay import TransitCounts, TransitStore


def transit(seq: int, *, from_shard: int = 0, to_shard: int = 1) -> Transit:
    """Return a transit that left at this position."""
    id_ = make_id(1_790_000_000_000, Origin.STAFF, bytes((from_shard, seq, *bytes(7))))
    return Transit(from_shard, seq, id_, to_shard, 1, 510, 0, 100 + seq, 1_790_000_000_000 + seq)


def page(after_seq: int, to_seq: int, shard: int = 0) -> Page:
    """Return a page of which only its place counts."""
    return Page(shard, after_seq, to_seq, [])


class TransitContract:
    """Subclass it with a fixture `store` that gives an empty store."""

    async def test_saved_transit_is_open(self, store: TransitStore) -> None:
        await store.save_transits("relay", page(0, 5), [transit(2), transit(4, to_shard=2)])
        assert list(await store.open_peers()) == [1, 2]
        assert list(await store.open_transits(1, 10)) == [transit(2)]
        assert await store.checkpoints("relay") == {0: 5}

    async def test_checkpoint_elsewhere_stores_nothing(self, store: TransitStore) -> None:
        await store.save_transits("relay", page(0, 5), [])
        for wrong in (page(0, 6), page(6, 9), page(3, 4, shard=1)):
            with pytest.raises(CheckpointMoved):
                await store.save_transits("relay", wrong, [transit(3)])
        assert (await store.open_peers(), await store.checkpoints("relay")) == ([], {0: 5})

    async def test_open_transits_are_limited_and_oldest_first(self, store: TransitStore) -> None:
        await store.save_transits("relay", page(0, 5, 1), [transit(3, from_shard=1)])
        await store.save_transits("relay", page(0, 5), [transit(4), transit(2)])
        assert list(await store.open_transits(1, 2)) == [transit(2), transit(3, from_shard=1)]

    async def test_arrived_and_stuck_transits_are_no_longer_open(self, store: TransitStore) -> None:
        await store.save_transits("relay", page(0, 5), [transit(1), transit(2), transit(3)])
        await store.close_transits([Arrival(transit(1), 77, 0), Arrival(transit(2), 0, 407)])
        assert list(await store.open_transits(1, 10)) == [transit(3)]
        assert await store.count_transits() == TransitCounts(1, 1, transit(2).booked_ms)

    async def test_closing_again_changes_nothing(self, store: TransitStore) -> None:
        await store.save_transits("relay", page(0, 5), [transit(1)])
        await store.close_transits([Arrival(transit(1), 77, 0)])
        await store.close_transits([Arrival(transit(1), 0, 407)])
        assert await store.count_transits() == TransitCounts()
