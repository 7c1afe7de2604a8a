"""Jackpots: defined on every shard, seeded, and paid when they are hit, each hit to one winner and once.

| step | durable before the next |
| --- | --- |
| note | the hit's number and winner, by the caller's id: hits of one jackpot are in one order |
| plan | the amount and every order that follows (`actors/domain/policy/jackpot.py`), if no other plan came first |
| act | each order's answer; their ids follow from jackpot, hit, step: repeated freely, booked once |
| finish | the hit is done, and the jackpot's next hit is planned |

A crash between any two steps repeats the step. While a plan is carried out nobody else takes from the pools, so that what
was read when it was made is there. An order that a shard refuses stops its jackpot, and no other, until staff have
looked (docs/jackpots.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from actors.domain.commands import Noted, Refused
from actors.domain.events import JackpotHit, JackpotTaken, SupervisorMessage
from actors.domain.ids import is_well_formed
from actors.domain.money.accounts import MAX_PLAYER_ID
from actors.domain.money.checks import refused
from actors.domain.money.orders import Done
from actors.domain.policy.jackpot import (
    SETUP,
    Hit,
    HitState,
    Jackpot,
    Pot,
    Step,
    StepState,
    Verb,
    due_steps,
    order_of,
    plan_hit,
    plan_setup,
)
from actors.domain.refusals import Refusal
from actors.ports import Clock, Post, StoreUnavailable
from actors.supervisors.follower import Supervisor, all_of

log = logging.getLogger(__name__)

ADDRESS: Final = "supervisor/jackpot"
ASK_S: Final = 2.0
#: Woken by hits, and while something is unfinished by every commit of a wallet.
BREATH_S: Final = 0.05
#: The wallet asks to come back later; nothing was decided.
_AGAIN: Final = frozenset((Refusal.BUSY, Refusal.DRAINING, Refusal.OUTCOME_UNKNOWN))


class JackpotLine(msgspec.Struct, frozen=True):
    """A jackpot, how many steps of its set-up are booked, whether a hit is not done, and how many steps are refused."""

    jackpot: Jackpot
    steps_booked: int
    is_hit: bool
    steps_refused: int


class JackpotStore(Protocol):
    """Where jackpots are durable. Any call may raise StoreUnavailable. Adapter: `server/storage/jackpots.py`."""

    async def jackpots(self) -> Sequence[JackpotLine]:
        """Return all jackpots."""
        ...

    async def pots(self, jackpot: Jackpot) -> Mapping[int, Pot]:
        """Return what every shard holds of it, as of now or later than the call. Raises where one cannot be read."""
        ...

    async def note_hit(self, hit: JackpotHit, now_ms: int) -> Hit | None:
        """Make a hit durable under the jackpot's next number; return it, or what its id already stands for.

        Returns None where there is no such jackpot.
        """
        ...

    async def next_hit(self, jackpot: int) -> Hit | None:
        """Return the first hit of this jackpot that is not done."""
        ...

    async def add_steps(self, steps: Sequence[Step]) -> None:
        """Store these steps of a set-up where they are not there yet."""
        ...

    async def plan(self, hit: Hit, amount_minor: int, steps: Sequence[Step]) -> None:
        """NOTED -> PLANNED, with the steps. Raises CheckpointMoved where the hit is not NOTED."""
        ...

    async def steps(self, jackpot: int, hit: int) -> Sequence[Step]:
        """Return the steps of a plan."""
        ...

    async def close_steps(self, steps: Sequence[Step]) -> None:
        """Store state, seq and code of steps that are open in the store."""
        ...

    async def has_arrived(self, jackpot: int, hit: int) -> bool:
        """Tell whether everything that this hit's plan sweeps is in the pool of the winner's shard."""
        ...

    async def finish(self, hit: Hit) -> None:
        """PLANNED -> DONE."""
        ...


class Jackpots(Supervisor):
    """The actor that sets up and pays jackpots. Told of hits at "supervisor/jackpot"."""

    def __init__(
        self,
        store: JackpotStore,
        post: Post,
        clock: Clock,
        *,
        key: bytes,
        shards: Sequence[int],
        fatal: Callable[[BaseException], None],
    ) -> None:
        """key: the HMAC key of derived ids. shards: all of them."""
        super().__init__(ADDRESS, fatal=fatal, breath_s=BREATH_S)
        self._store = store
        self._post = post
        self._clock = clock
        self._key = key
        self._shards = tuple(shards)
        self._unfinished = 0
        self._refused_steps = 0
        self.hits_total = 0

    def counters(self) -> dict[str, int]:
        """Return counters and gauges by name."""
        unfinished = {"jackpots_unfinished": self._unfinished, "jackpot_steps_stuck": self._refused_steps}
        return super().counters() | unfinished | {"hits_total": self.hits_total}

    def doubt(self) -> None:
        """Nothing is remembered of the store."""

    # ------------------------------------------------------------ hits

    async def handle_batch(
        self, sender: str, messages: Sequence[SupervisorMessage]
    ) -> list[Noted | JackpotTaken | Refused]:
        """Note hits; a hint that a journal has grown counts while something is unfinished."""
        answers: list[Noted | JackpotTaken | Refused] = [
            await self._take(message) if isinstance(message, JackpotHit) else Noted() for message in messages
        ]
        if self._unfinished or any(isinstance(message, JackpotHit) for message in messages):
            await super().handle_batch(sender, messages)
        return answers

    async def _take(self, message: JackpotHit) -> JackpotTaken | Refused:
        if not is_well_formed(message.hit_id):
            return refused(Refusal.ID_CLASS_FORBIDDEN)
        if not 0 < message.player_id <= MAX_PLAYER_ID or message.shard not in self._shards:
            return refused(Refusal.UNKNOWN_ACCOUNT)
        try:
            hit = await self._store.note_hit(message, self._clock.now_ms())
        except StoreUnavailable:
            return refused(Refusal.OUTCOME_UNKNOWN)
        if hit is None:
            return refused(Refusal.UNKNOWN_JACKPOT)
        if (hit.jackpot, hit.player_id, hit.shard) != (message.jackpot, message.player_id, message.shard):
            return refused(Refusal.ID_REUSED)
        return JackpotTaken(hit.jackpot, hit.number, hit.amount_minor, hit.is_paid)

    # ------------------------------------------------------------ work

    async def work(self) -> None:
        """Bring every jackpot as far as it will go, each by itself: one that waits holds up no other."""
        lines = await self._store.jackpots()
        busy = [line for line in lines if line.is_hit or line.steps_booked < len(self._setup(line.jackpot))]
        self._unfinished = len(busy)
        self._refused_steps = sum(line.steps_refused for line in lines)
        await all_of([self._advance(line) for line in busy])

    def _setup(self, jackpot: Jackpot) -> list[Step]:
        return plan_setup(jackpot, self._shards, self._clock.now_ms())

    async def _advance(self, line: JackpotLine) -> None:
        jackpot, setup = line.jackpot, self._setup(line.jackpot)
        if line.steps_booked < len(setup):
            await self._store.add_steps(setup)
            if not await self._carry_out(jackpot, None):
                return
        while (hit := await self._store.next_hit(jackpot.number)) is not None:
            if hit.state is HitState.NOTED:
                # Read after the hit before was done: its orders have all been answered, so nothing of them is to come.
                amount_minor, steps = plan_hit(jackpot, hit, await self._store.pots(jackpot), self._clock.now_ms())
                await self._store.plan(hit, amount_minor, steps)
            if not await self._carry_out(jackpot, hit):
                return
            await self._store.finish(hit)
            self.hits_total += 1

    async def _carry_out(self, jackpot: Jackpot, hit: Hit | None) -> bool:
        """Carry out a plan as far as it will go; tell whether all of it is booked."""
        number = SETUP if hit is None else hit.number
        while due := due_steps(steps := await self._store.steps(jackpot.number, number)):
            open_ = [step for step in due if step.state is StepState.OPEN]
            swept = any(step.verb is Verb.SWEEP and step.state is StepState.BOOKED for step in steps)
            if due[0].verb is Verb.PAY and swept and not await self._store.has_arrived(jackpot.number, number):
                return False
            closed = await self._ask(jackpot, hit, open_)
            if closed:
                await self._store.close_steps(closed)
            if not closed or len(closed) < len(open_):
                return False  # somebody has not answered, or all that is left was refused
        return True

    async def _ask(self, jackpot: Jackpot, hit: Hit | None, due: Sequence[Step]) -> list[Step]:
        """Give the orders, those to different shards at once; return the steps that are answered, as they now are."""
        closed: list[Step] = []

        async def ask(shard: int) -> None:
            steps = [step for step in due if step.shard == shard]
            orders = [order_of(self._key, jackpot, step, hit) for step in steps]
            answers = await self._post.ask_all(f"wallet/{shard}", orders, ASK_S)
            ends = (_closed(step, answer) for step, answer in zip(steps, answers, strict=True))
            closed.extend(step for step in ends if step is not None)

        await all_of([ask(shard) for shard in sorted({step.shard for step in due})])
        return closed


def _closed(step: Step, answer: Any) -> Step | None:
    """Return the step with its end; None where the answer leaves it open."""
    if isinstance(answer, Done):
        return msgspec.structs.replace(step, state=StepState.BOOKED, seq=answer.seq)
    if isinstance(answer, Refused) and answer.code not in _AGAIN:
        log.error("jackpot %d, hit %d: %s refused: %d", step.jackpot, step.hit, step.verb.name, answer.code)
        return msgspec.structs.replace(step, state=StepState.REFUSED, code=answer.code)
    return None
