"""Bonus ticks: who staked in a period gets a little play money at its end, exactly once.

| step | durable before the next |
| --- | --- |
| follow | who staked in which period, with the checkpoint |
| plan | the tick and one open grant for each of them, with the clock moved past the tick; late stakes' grants too |
| pay | `GrantBonus` with an id that follows from tick and player: repeated freely, booked once |
| close | the grant is paid (or refused); when all are, the tick is finished |
| tell | the player's gateway; lost with it, his next balance tells him |

A crash between any two steps repeats the step. Ticks missed while nobody was up are planned and paid afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from actors.domain.commands import Refused
from actors.domain.events import MyBonus, PersonalNews
from actors.domain.money.orders import Done
from actors.domain.policy.bonus import due_after_ms, grant_order, last_due_before_ms
from actors.domain.refusals import Refusal
from actors.ports import Clock, Post
from actors.supervisors.follower import Follower, Supervisor, all_of
from actors.supervisors.journal import Digest, JournalSource

log = logging.getLogger(__name__)

FOLLOWER: Final = "bonus"
#: Stakes booked before a tick may become durable a little after it. What comes later still is paid with the next plan.
GRACE_MS: Final = 1_000
GRANTS_AT_ONCE: Final = 500
ASK_S: Final = 5.0
#: Of so many players it is remembered that their staking is stored; beyond it they are stored again.
NOTED_MAX: Final = 100_000
#: The wallet asks to come back later; nothing was decided.
_AGAIN: Final = frozenset((Refusal.BUSY, Refusal.DRAINING, Refusal.OUTCOME_UNKNOWN))


class Grant(msgspec.Struct, frozen=True, gc=False):
    """One player's share of one tick, not yet closed."""

    due_ms: int
    tick: int
    player_id: int
    shard: int
    amount_minor: int


class ClosedGrant(msgspec.Struct, frozen=True, gc=False):
    """A grant with its end: paid at journal position seq (code 0), or refused with this code."""

    grant: Grant
    seq: int
    code: int


class BonusStore(JournalSource, Protocol):
    """Where ticks and grants are durable. Any call may raise StoreUnavailable. Adapter: `storage/supervision.py`."""

    async def begin(self, follower: str, last_due_ms: int) -> int:
        """Return up to which due time ticks are planned.

        The first time ever: remembers last_due_ms, and starts the follower at the journals' present ends.
        """
        ...

    async def save_activity(
        self, follower: str, page: Digest, last_due_ms: int, active: Sequence[tuple[int, int]]
    ) -> None:
        """Store (due_ms, player_id) of who staked, and move the checkpoint, both or neither.

        Raises CheckpointMoved where the checkpoint is elsewhere, or ticks are planned beyond last_due_ms.
        """
        ...

    async def plan(self, last_due_ms: int, due_ms: int, period_s: int, amount_minor: int) -> None:
        """Make open grants of all activity due up to due_ms, and their ticks, and move the clock there, all or nothing.

        Activity of a tick that is there already, learnt of late, gets its grant there, of that tick's amount; who has
        one has it. Raises CheckpointMoved where the clock is not at last_due_ms.
        """
        ...

    async def shards_to_pay(self) -> Sequence[int]:
        """Return the shards that have grants which are not closed."""
        ...

    async def open_grants(self, shard: int, limit: int) -> Sequence[Grant]:
        """Return grants of this shard that are not closed, oldest first."""
        ...

    async def close_grants(self, closed: Sequence[ClosedGrant]) -> None:
        """Close these grants where they are open, and finish the ticks that have no open grant left."""
        ...


class BonusTicks(Supervisor):
    """The actor that pays bonus ticks. amount_minor 0: none are planned; what is planned is still paid."""

    def __init__(
        self,
        store: BonusStore,
        post: Post,
        clock: Clock,
        *,
        key: bytes,
        period_s: int,
        amount_minor: int,
        gateways: Sequence[str],
        ccy: int = 1,
        fatal: Callable[[BaseException], None],
    ) -> None:
        """key: the HMAC key of derived ids. gateways: addresses, all of which are told of a paid grant."""
        super().__init__("supervisor/bonus", fatal=fatal)
        self._store = store
        self._post = post
        self._clock = clock
        self._key = key
        self._period_s = period_s
        self._amount_minor = amount_minor
        self._gateways = tuple(gateways)
        self._ccy = ccy
        self._follower = Follower(FOLLOWER, store, store.digest, self._handle_page)
        self._last_due_ms: int | None = None
        #: Activity that is stored for ticks that are not planned: a player who goes on staking is not stored again.
        self._noted: set[tuple[int, int]] = set()
        self.paid_total = 0
        self.refused_total = 0

    def counters(self) -> dict[str, int]:
        """Return counters and gauges by name."""
        grants = {"paid_total": self.paid_total, "refused_total": self.refused_total}
        return super().counters() | self._follower.counters() | grants

    def doubt(self) -> None:
        """Forget positions and the clock: the store knows better."""
        self._follower.doubt()
        self._last_due_ms = None
        self._noted.clear()

    async def work(self) -> None:
        """Follow, plan what is due, pay what is open."""
        now_ms = self._clock.now_ms()
        if self._last_due_ms is None:
            self._last_due_ms = await self._store.begin(FOLLOWER, last_due_before_ms(now_ms, self._period_s))
        await self._follower.catch_up()
        await self._plan_until(self._last_due_ms, last_due_before_ms(now_ms - GRACE_MS, self._period_s))
        await self._pay_open()

    async def _handle_page(self, page: Digest) -> None:
        last_due_ms = self._last_due_ms
        assert last_due_ms is not None
        # A period begins with a second, so that it does not matter when within its second a stake was booked.
        active = {(due_after_ms(staked.booked_s * 1000, self._period_s), staked.player_id) for staked in page.stakes}
        active -= self._noted
        await self._store.save_activity(FOLLOWER, page, last_due_ms, sorted(active))
        if len(self._noted) + len(active) > NOTED_MAX:
            self._noted.clear()
        self._noted |= active

    async def _plan_until(self, last_due_ms: int, due_ms: int) -> None:
        if due_ms > last_due_ms:
            self._noted.clear()  # planning takes the activity away; what is learnt of late is to be stored anew
            await self._store.plan(last_due_ms, due_ms, self._period_s, self._amount_minor)
            self._last_due_ms = due_ms

    async def _pay_open(self) -> None:
        """Pay what is open, each shard by itself: one that is down holds up no other."""
        await all_of([self._pay_shard(shard) for shard in await self._store.shards_to_pay()])

    async def _pay_shard(self, shard: int) -> None:
        """Pay until nothing is open, or an answer is missing: then this shard is asked again in the next round."""
        while grants := await self._store.open_grants(shard, GRANTS_AT_ONCE):
            ended = await self._pay(shard, grants)
            if ended:
                await self._store.close_grants([closed for closed, _ in ended])
                self._tell([(closed, done) for closed, done in ended if done is not None])
                self.refused_total += sum(done is None for _, done in ended)
            if len(ended) < len(grants):
                return

    async def _pay(self, shard: int, grants: Sequence[Grant]) -> list[tuple[ClosedGrant, Done | None]]:
        orders = [grant_order(self._key, g.due_ms, g.tick, g.player_id, self._ccy, g.amount_minor) for g in grants]
        answers = await self._post.ask_all(f"wallet/{shard}", orders, ASK_S)
        pairs = (_closed(grant, answer) for grant, answer in zip(grants, answers, strict=True))
        return [pair for pair in pairs if pair is not None]

    def _tell(self, paid: Sequence[tuple[ClosedGrant, Done]]) -> None:
        self.paid_total += len(paid)
        news = [
            PersonalNews(
                closed.grant.player_id,
                MyBonus(closed.grant.amount_minor, closed.grant.tick, done.seq, done.cash_minor, done.escrow_minor),
            )
            for closed, done in paid
        ]
        for gateway in self._gateways:
            if news:
                self._post.tell(gateway, news)


def _closed(grant: Grant, answer: Any) -> tuple[ClosedGrant, Done | None] | None:
    """Return the grant's end; None where the answer leaves it open."""
    if isinstance(answer, Done):
        return ClosedGrant(grant, answer.seq, 0), answer
    if isinstance(answer, Refused) and answer.code not in _AGAIN:
        log.error("bonus of player %d, tick %d refused: %d", grant.player_id, grant.tick, answer.code)
        return ClosedGrant(grant, 0, answer.code), None
    return None
