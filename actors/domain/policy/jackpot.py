"""Jackpots over many shards: which orders set one up, and which carry a hit to its end. Pure.

Every shard has a pool of its own; the meter is their sum. The home shard also has the reserve, which is the next seed.
A plan is a set of steps, each one order to one shard. Steps of a phase begin when all of the former phase are booked,
and everything swept has arrived.

| phase | step | order |
| --- | --- | --- |
| 1 | DEFINE | the jackpot's terms, on every shard |
| 1 | SWEEP | what was in another shard's pool -> the pool of the winner's shard |
| 2 | PAY | pool of the winner's shard -> the winner, all at once |
| 3 | FROM_RESERVE, FROM_SEED | the next pot's seed -> pool of the home shard: from the reserve, what it lacks from the house |
| 3 | FROM_OVERFLOW | what a shard took above its ceiling -> its pool, so that it opens the next pot |
| 4 | TO_RESERVE | the house -> the seed after next |

Amounts are fixed when the plan is made. Stakes go on meanwhile: their shares only add to the pools, and stay there.
Source: house rules of jackpots (docs/jackpots.md); GLI-19 4.13.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final, assert_never

import msgspec

from actors.domain.ids import Origin, derive_id, make_id
from actors.domain.money.accounts import Kind
from actors.domain.money.orders import DefineJackpot, JackpotTerms, MoveJackpot, PayJackpot, TransferOut

#: The plan that defines and seeds a jackpot has this number; hits count from 1.
SETUP: Final = 0


class Verb(IntEnum):
    """What a step does. Numbers are stored, so they never change."""

    DEFINE = 1
    SWEEP = 2
    PAY = 3
    FROM_RESERVE = 4
    FROM_SEED = 5
    FROM_OVERFLOW = 6
    TO_RESERVE = 7


PHASES: Final[Mapping[Verb, int]] = {
    Verb.DEFINE: 1,
    Verb.SWEEP: 1,
    Verb.PAY: 2,
    Verb.FROM_RESERVE: 3,
    Verb.FROM_SEED: 3,
    Verb.FROM_OVERFLOW: 3,
    Verb.TO_RESERVE: 4,
}


class StepState(IntEnum):
    """OPEN becomes BOOKED or REFUSED, by the shard's answer. REFUSED waits for staff."""

    OPEN = 0
    BOOKED = 1
    REFUSED = 2


class Jackpot(msgspec.Struct, frozen=True):
    """A jackpot's number and rules. seed_minor: what a new pot starts with. home: shard of the seed and the reserve."""

    number: int
    name: str
    terms: JackpotTerms
    seed_minor: int
    home: int


class Pot(msgspec.Struct, frozen=True, gc=False):
    """What one shard holds of a jackpot."""

    pool_minor: int = 0
    reserve_minor: int = 0
    overflow_minor: int = 0


class HitState(IntEnum):
    """NOTED has its winner, PLANNED its amount too, DONE is paid and the next pot is seeded."""

    NOTED = 0
    PLANNED = 1
    DONE = 2


class Hit(msgspec.Struct, frozen=True, gc=False):
    """A hit and its winner. number: counts from 1 for each jackpot. amount_minor: 0 until it is planned."""

    jackpot: int
    number: int
    hit_id: bytes
    player_id: int
    shard: int
    state: HitState = HitState.NOTED
    amount_minor: int = 0
    is_paid: bool = False


class Step(msgspec.Struct, frozen=True, gc=False):
    """One order of a plan. planned_ms: the time that its id has. seq: its row in the shard's journal, once booked."""

    jackpot: int
    hit: int
    verb: Verb
    shard: int
    amount_minor: int
    planned_ms: int
    attempt: int = 0
    state: StepState = StepState.OPEN
    seq: int = 0
    code: int = 0


def plan_setup(jackpot: Jackpot, shards: Sequence[int], now_ms: int) -> list[Step]:
    """Return the steps that make a jackpot known everywhere and give it its seed and its reserve."""
    define = [_step(jackpot, SETUP, Verb.DEFINE, shard, 0, now_ms) for shard in shards]
    seeds = [
        _step(jackpot, SETUP, verb, jackpot.home, jackpot.seed_minor, now_ms)
        for verb in (Verb.FROM_SEED, Verb.TO_RESERVE)
    ]
    return define + _that_move(seeds)


def plan_hit(jackpot: Jackpot, hit: Hit, pots: Mapping[int, Pot], now_ms: int) -> tuple[int, list[Step]]:
    """Return what the winner gets, and the steps to it and to the next pot. Shape: pots are of all shards."""
    amount = sum(pot.pool_minor for pot in pots.values())
    reserve = pots[jackpot.home].reserve_minor
    from_reserve = min(reserve, jackpot.seed_minor)
    refill = max(0, jackpot.seed_minor - (reserve - from_reserve))
    steps = [_step(jackpot, hit.number, Verb.SWEEP, s, pots[s].pool_minor, now_ms) for s in pots if s != hit.shard]
    steps += [
        _step(jackpot, hit.number, Verb.PAY, hit.shard, amount, now_ms),
        _step(jackpot, hit.number, Verb.FROM_RESERVE, jackpot.home, from_reserve, now_ms),
        _step(jackpot, hit.number, Verb.FROM_SEED, jackpot.home, jackpot.seed_minor - from_reserve, now_ms),
        _step(jackpot, hit.number, Verb.TO_RESERVE, jackpot.home, refill, now_ms),
    ]
    steps += [_step(jackpot, hit.number, Verb.FROM_OVERFLOW, s, pots[s].overflow_minor, now_ms) for s in pots]
    return amount, _that_move(steps)


def due_steps(steps: Sequence[Step]) -> list[Step]:
    """Return the steps of the first phase in which not all is booked; empty where the whole plan is."""
    unbooked = [step for step in steps if step.state is not StepState.BOOKED]
    phase = min((PHASES[step.verb] for step in unbooked), default=0)
    return [step for step in unbooked if PHASES[step.verb] == phase]


def order_of(
    key: bytes, jackpot: Jackpot, step: Step, winner: Hit | None
) -> DefineJackpot | MoveJackpot | PayJackpot | TransferOut:
    """Return a step's order: the same bytes after any restart. winner: of a hit's plan."""
    id_, number, amount = _id(key, step), jackpot.number, step.amount_minor
    ccy, pool = jackpot.terms.ccy, int(Kind.JACKPOT_POOL)
    match step.verb:
        case Verb.DEFINE:
            return DefineJackpot(id_, number, jackpot.terms)
        case Verb.SWEEP:
            assert winner is not None
            return TransferOut(id_, ccy, pool, number, amount, winner.shard)
        case Verb.PAY:
            assert winner is not None
            return PayJackpot(id_, winner.player_id, ccy, number, step.hit, amount)
        case Verb.FROM_RESERVE:
            return MoveJackpot(id_, number, ccy, Kind.JACKPOT_RESERVE, pool, amount)
        case Verb.FROM_SEED:
            return MoveJackpot(id_, number, ccy, Kind.JACKPOT_SEED, pool, amount)
        case Verb.FROM_OVERFLOW:
            return MoveJackpot(id_, number, ccy, Kind.JACKPOT_OVERFLOW, pool, amount)
        case Verb.TO_RESERVE:
            return MoveJackpot(id_, number, ccy, Kind.JACKPOT_SEED, Kind.JACKPOT_RESERVE, amount)
        case _:
            assert_never(step.verb)


def _id(key: bytes, step: Step) -> bytes:
    """Jackpot, hit, verb, shard and attempt are all that an id follows from, and the time of the plan."""
    parent = make_id(step.planned_ms, Origin.JACKPOT, step.jackpot.to_bytes(4, "big") + step.hit.to_bytes(5, "big"))
    verb = f"{step.jackpot}/{step.hit}/{int(step.verb)}/{step.shard}"
    return derive_id(key, parent, Origin.JACKPOT, verb, step.attempt)


def _step(jackpot: Jackpot, hit: int, verb: Verb, shard: int, amount_minor: int, now_ms: int) -> Step:
    return Step(jackpot.number, hit, verb, shard, amount_minor, now_ms)


def _that_move(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.amount_minor]
