"""What supervisors stand on, in memory: scores, ticks, and wallets that book grants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from actors.domain.commands import Refused
from actors.domain.events import MyBonus, PersonalNews
from actors.domain.games.roulette_game import ROULETTE
from actors.domain.money.orders import Done, GrantBonus
from actors.domain.policy.fraud import Profile
from actors.domain.refusals import Refusal
from actors.domain.rounds import Plan
from actors.ports import Failure, Replies
from actors.supervisors.antifraud import ScoreRow
from actors.supervisors.bonus import ClosedGrant, Grant
from actors.supervisors.journal import CheckpointMoved, Digest
from tests.fakes.journals import FakeJournals


class FakeSupervision(FakeJournals):
    """Implements `AntifraudStore` and `BonusStore`."""

    def __init__(self, shards: int = 2) -> None:
        super().__init__(shards)
        self.round_plans: dict[bytes, Plan] = {}
        self.rules_version = ROULETTE.rules_version
        self.scores: dict[int, ScoreRow] = {}
        self.clock_ms: int | None = None
        self.active: set[tuple[int, int, int]] = set()
        self.ticks: dict[int, bool] = {}
        self.grants: dict[tuple[int, int], tuple[Grant, ClosedGrant | None]] = {}

    # ------------------------------------------------------------ antifraud

    async def plans(self, round_ids: Collection[bytes]) -> Mapping[bytes, tuple[str, Plan]]:
        """See `AntifraudStore`."""
        found = {round_id: self.round_plans[round_id] for round_id in round_ids if round_id in self.round_plans}
        return {round_id: (self.rules_version, plan) for round_id, plan in found.items()}

    async def profiles(self, player_ids: Collection[int]) -> Mapping[int, Profile]:
        """See `AntifraudStore`."""
        return {player: self.scores[player].profile for player in player_ids if player in self.scores}

    async def save_scores(self, follower: str, page: Digest, scores: Sequence[ScoreRow], now_ms: int) -> None:
        """See `AntifraudStore`."""

        def write() -> None:
            self._move(follower, page)
            self.scores.update({row.player_id: row for row in scores})

        await self.write("save_scores", write)

    # ------------------------------------------------------------ bonus

    async def begin(self, follower: str, last_due_ms: int) -> int:
        """See `BonusStore`."""
        if self.clock_ms is None:
            self.clock_ms = last_due_ms
            self.positions |= {(follower, shard): len(rows) for shard, rows in self.journals.items()}
        return self.clock_ms

    async def save_activity(
        self, follower: str, page: Digest, last_due_ms: int, active: Sequence[tuple[int, int]]
    ) -> None:
        """See `BonusStore`."""

        def write() -> None:
            if self.clock_ms != last_due_ms:
                raise CheckpointMoved
            self._move(follower, page)
            self.active |= {(due_ms, player_id, page.shard) for due_ms, player_id in active}

        await self.write("save_activity", write)

    async def plan(self, last_due_ms: int, due_ms: int, period_s: int, amount_minor: int) -> None:
        """See `BonusStore`."""

        def write() -> None:
            if self.clock_ms != last_due_ms:
                raise CheckpointMoved
            self.clock_ms = due_ms
            due = sorted(row for row in self.active if row[0] <= due_ms)
            self.active -= set(due)
            for at, player_id, shard in due if amount_minor else ():
                if (at, player_id) not in self.grants:
                    self.ticks[at] = False
                    grant = Grant(at, at // (period_s * 1000), player_id, shard, amount_minor)
                    self.grants[at, player_id] = (grant, None)

        await self.write("plan", write)

    async def shards_to_pay(self) -> Sequence[int]:
        """See `BonusStore`."""
        return sorted({grant.shard for grant, closed in self.grants.values() if closed is None})

    async def open_grants(self, shard: int, limit: int) -> Sequence[Grant]:
        """See `BonusStore`."""
        own = (entry for _, entry in sorted(self.grants.items()) if entry[0].shard == shard)
        return [grant for grant, closed in own if closed is None][:limit]

    async def close_grants(self, closed: Sequence[ClosedGrant]) -> None:
        """See `BonusStore`."""

        def write() -> None:
            for one in closed:
                self.grants[one.grant.due_ms, one.grant.player_id] = (one.grant, one)
            for due_ms in self.ticks:
                self.ticks[due_ms] = all(end for (at, _), (_, end) in self.grants.items() if at == due_ms)

        await self.write("close_grants", write)


class GrantingWallets:
    """Wallets and gateways behind one post: books each grant's id once, keeps what gateways are told.

    lost: so many answers are lost after booking. down: addresses where nothing is booked and nobody answers.
    refuse: answered instead.
    """

    def __init__(self) -> None:
        self.booked: dict[bytes, GrantBonus] = {}
        self.asked: list[tuple[str, GrantBonus]] = []
        self.told: list[tuple[str, PersonalNews]] = []
        self.lost = 0
        self.down: set[str] = set()
        self.refuse: Refusal | None = None

    @property
    def paid(self) -> list[tuple[int, int]]:
        """Return (tick, player) of every booked grant, sorted."""
        return sorted((order.tick, order.player_id) for order in self.booked.values())

    def tell(self, address: str, messages: Sequence[msgspec.Struct]) -> bool:
        """Keep what a gateway is told."""
        for message in messages:
            assert isinstance(message, PersonalNews)
            assert isinstance(message.event, MyBonus)
            self.told.append((address, message))
        return True

    def ask(
        self,
        address: str,
        messages: Sequence[msgspec.Struct],
        on_replies: Callable[[Replies], None],
        timeout_s: float = 5.0,
    ) -> None:
        """Answer at once."""
        on_replies(self._book(address, messages))

    async def ask_all(self, address: str, messages: Sequence[msgspec.Struct], timeout_s: float = 5.0) -> Replies:
        """Answer at once."""
        return self._book(address, messages)

    def _book(self, address: str, messages: Sequence[msgspec.Struct]) -> list[Any]:
        if address in self.down:
            return [Failure.UNKNOWN for _ in messages]
        answers = [self._one(address, message) for message in messages]
        if self.lost:
            self.lost -= 1
            return [Failure.UNKNOWN for _ in messages]
        return answers

    def _one(self, address: str, order: msgspec.Struct) -> Done | Refused:
        assert isinstance(order, GrantBonus)
        self.asked.append((address, order))
        if self.refuse is not None:
            return Refused(self.refuse)
        known = self.booked.setdefault(order.cmd_id, order)
        assert known == order
        return Done(list(self.booked).index(order.cmd_id) + 1, 1000, 0, order.amount_minor)
