"""Jackpots in memory, with the transits that they wait for. Keeps `tests/fakes/jackpots_contract.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from actors.domain.events import JackpotHit
from actors.domain.money.accounts import Kind, house_account
from actors.domain.policy.jackpot import Hit, HitState, Jackpot, Pot, Step, StepState, Verb
from actors.ports import StoreUnavailable
from actors.supervisors.jackpot import JackpotLine
from actors.supervisors.journal import CheckpointMoved
from tests.fakes.shards import FakeShards
from tests.fakes.transits import FakeTransits

_Key = tuple[int, int, Verb, int]


class FakeJackpots:
    """Implements `JackpotStore`. cuts: those of transits. Outlives every actor that works on it."""

    def __init__(self, transits: FakeTransits, shards: FakeShards) -> None:
        self.known: dict[int, Jackpot] = {}
        self.hits: dict[bytes, Hit] = {}
        self.plans: dict[_Key, Step] = {}
        self._transits = transits
        self._shards = shards

    async def add(self, jackpot: Jackpot) -> bool:
        """Make a jackpot; False where its number is taken."""
        return self.known.setdefault(jackpot.number, jackpot) is jackpot

    async def jackpots(self) -> Sequence[JackpotLine]:
        """See `JackpotStore`."""
        await asyncio.sleep(0)
        return [self._line(jackpot) for _, jackpot in sorted(self.known.items())]

    def _line(self, jackpot: Jackpot) -> JackpotLine:
        steps = [step for step in self.plans.values() if step.jackpot == jackpot.number]
        booked = sum(step.hit == 0 and step.state is StepState.BOOKED for step in steps)
        refused = sum(step.state is StepState.REFUSED for step in steps)
        is_hit = any(hit.jackpot == jackpot.number and hit.state is not HitState.DONE for hit in self.hits.values())
        return JackpotLine(jackpot, booked, is_hit, refused)

    async def pots(self, jackpot: Jackpot) -> Mapping[int, Pot]:
        """See `JackpotStore`."""
        await asyncio.sleep(0)
        if self._shards.away:
            raise StoreUnavailable("a shard's books are away")
        kinds = (Kind.JACKPOT_POOL, Kind.JACKPOT_RESERVE, Kind.JACKPOT_OVERFLOW)
        accounts = [house_account(jackpot.terms.ccy, kind, jackpot.number) for kind in kinds]
        states = self._shards.states.items()
        return {shard: Pot(*(state.balances.get(account, 0) for account in accounts)) for shard, state in states}

    async def note_hit(self, hit: JackpotHit, now_ms: int) -> Hit | None:
        """See `JackpotStore`."""
        if hit.jackpot not in self.known:
            return None

        def write() -> None:
            number = 1 + sum(known.jackpot == hit.jackpot for known in self.hits.values())
            self.hits.setdefault(hit.hit_id, Hit(hit.jackpot, number, hit.hit_id, hit.player_id, hit.shard))

        await self._transits.write("note_hit", write)
        return self._seen(self.hits[hit.hit_id])

    async def next_hit(self, jackpot: int) -> Hit | None:
        """See `JackpotStore`."""
        await asyncio.sleep(0)
        waiting = [hit for hit in self.hits.values() if hit.jackpot == jackpot and hit.state is not HitState.DONE]
        return self._seen(min(waiting, key=lambda hit: hit.number)) if waiting else None

    def _seen(self, hit: Hit) -> Hit:
        pay = self.plans.get((hit.jackpot, hit.number, Verb.PAY, hit.shard))
        is_paid = hit.state is HitState.DONE or (pay is not None and pay.state is StepState.BOOKED)
        return msgspec.structs.replace(hit, is_paid=is_paid)

    async def add_steps(self, steps: Sequence[Step]) -> None:
        """See `JackpotStore`."""

        def write() -> None:
            for step in steps:
                self.plans.setdefault(_key(step), step)

        await self._transits.write("add_steps", write)

    async def plan(self, hit: Hit, amount_minor: int, steps: Sequence[Step]) -> None:
        """See `JackpotStore`."""

        def write() -> None:
            known = self.hits[hit.hit_id]
            if known.state is not HitState.NOTED:
                raise CheckpointMoved
            self.hits[hit.hit_id] = msgspec.structs.replace(known, state=HitState.PLANNED, amount_minor=amount_minor)
            self.plans.update({_key(step): step for step in steps})

        await self._transits.write("plan", write)

    async def steps(self, jackpot: int, hit: int) -> Sequence[Step]:
        """See `JackpotStore`."""
        await asyncio.sleep(0)
        found = [step for step in self.plans.values() if (step.jackpot, step.hit) == (jackpot, hit)]
        return sorted(found, key=_key)

    async def close_steps(self, steps: Sequence[Step]) -> None:
        """See `JackpotStore`."""

        def write() -> None:
            for step in steps:
                known = self.plans[_key(step)]
                if known.state is StepState.OPEN and known.attempt == step.attempt:
                    self.plans[_key(step)] = step

        await self._transits.write("close_steps", write)

    async def has_arrived(self, jackpot: int, hit: int) -> bool:
        """See `JackpotStore`."""
        swept = [step for step in await self.steps(jackpot, hit) if step.verb is Verb.SWEEP]
        ends = [self._transits.transits.get((step.shard, step.seq), (None, None))[1] for step in swept]
        return all(end is not None and not end.code for end in ends)

    async def finish(self, hit: Hit) -> None:
        """See `JackpotStore`."""

        def write() -> None:
            self.hits[hit.hit_id] = msgspec.structs.replace(self.hits[hit.hit_id], state=HitState.DONE)

        await self._transits.write("finish", write)


def _key(step: Step) -> _Key:
    return step.jackpot, step.hit, step.verb, step.shard
