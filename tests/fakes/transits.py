"""Transits in memory. Passes the same contract as the adapter on PostgreSQL: `tests/fakes/transits_contract.py`."""

from __future__ import annotations

from collections.abc import Sequence

from actors.domain.policy.transits import Arrival, Transit
from actors.supervisors.journal import Page
from actors.supervisors.relay import TransitCounts
from tests.fakes.journals import FakeJournals


class FakeTransits(FakeJournals):
    """Implements `TransitStore`. transits: each with its end, by sender and seq."""

    def __init__(self, shards: int = 2) -> None:
        super().__init__(shards)
        self.transits: dict[tuple[int, int], tuple[Transit, Arrival | None]] = {}

    async def save_transits(self, follower: str, page: Page, transits: Sequence[Transit]) -> None:
        """See `TransitStore`."""

        def write() -> None:
            self._move(follower, page)
            assert self.transits.keys().isdisjoint({(one.from_shard, one.seq) for one in transits})
            self.transits.update({(one.from_shard, one.seq): (one, None) for one in transits})

        await self.write("save_transits", write)

    async def open_peers(self) -> Sequence[int]:
        """See `TransitStore`."""
        return sorted({transit.to_shard for transit in self._open()})

    async def open_transits(self, to_shard: int, limit: int) -> Sequence[Transit]:
        """See `TransitStore`."""
        return [transit for transit in self._open() if transit.to_shard == to_shard][:limit]

    async def close_transits(self, arrivals: Sequence[Arrival]) -> None:
        """See `TransitStore`."""

        def write() -> None:
            for arrival in arrivals:
                key = arrival.transit.from_shard, arrival.transit.seq
                if self.transits[key][1] is None:
                    self.transits[key] = arrival.transit, arrival

        await self.write("close_transits", write)

    async def count_transits(self) -> TransitCounts:
        """See `TransitStore`."""
        stuck = [transit for transit, end in self.transits.values() if end is not None and end.code]
        waiting = self._open()
        return TransitCounts(len(waiting), len(stuck), min((t.booked_ms for t in [*waiting, *stuck]), default=0))

    def _open(self) -> list[Transit]:
        waiting = [transit for transit, end in self.transits.values() if end is None]
        return sorted(waiting, key=lambda transit: (transit.booked_ms, transit.from_shard, transit.seq))
