"""Jackpots over shards in memory with the real rules of money: one winner per hit, paid once, and no cent astray."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from actors.domain.commands import Refused
from actors.domain.events import JackpotHit, JackpotTaken
from actors.domain.ids import Origin
from actors.domain.money.accounts import Kind, account_kind, house_account
from actors.domain.money.entries import EntryCode
from actors.domain.money.orders import JackpotTerms, TransferOut, Wager
from actors.domain.policy.jackpot import HitState, Jackpot, StepState, Verb
from actors.domain.refusals import Refusal
from actors.ports import StoreUnavailable
from actors.supervisors.jackpot import Jackpots
from actors.supervisors.journal import CheckpointMoved
from actors.supervisors.relay import Relay
from tests.fakes.api import KEY, ManualClock
from tests.fakes.jackpots import FakeJackpots
from tests.fakes.shards import PLAY, FakeShards
from tests.fakes.transits import FakeTransits
from tests.simulation.loop import run_virtual

MEGA = Jackpot(1, "Mega", JackpotTerms(PLAY, 1, 70), 1_000, home=0)
ROUND = bytes(16)
ANNA, BERT = 101, 102
ANNAS_SHARD, BERTS_SHARD = 1, 2
CASH = 1_000_000


class Scene:
    """Three shards, stores and a clock that outlive actors; and the actors of the moment."""

    def __init__(self, jackpot: Jackpot = MEGA) -> None:
        self.clock = ManualClock()
        self.transits = FakeTransits(3)
        self.shards = FakeShards(self.clock, self.transits)
        self.store = FakeJackpots(self.transits, self.shards)
        self.store.known[jackpot.number] = jackpot
        self.jackpot = jackpot
        self.turnover = dict.fromkeys(self.shards.states, 0)
        for shard in self.shards.states:
            self.shards.player(shard, 100 + shard, CASH)
        self.restart()

    def restart(self) -> None:
        """Go on with actors that know nothing but what is stored."""
        self.jackpots = self.another()
        self.relay = Relay(self.transits, self.shards, self.clock, fatal=_fatal)

    def another(self) -> Jackpots:
        """Return one more jackpot actor."""
        return Jackpots(self.store, self.shards, self.clock, key=KEY, shards=tuple(self.shards.states), fatal=_fatal)

    def stake(self, shard: int, amount_minor: int) -> None:
        """Play an instant round that goes towards the jackpot, and lose it."""
        order = Wager(self.shards.id(Origin.CLIENT), 100 + shard, PLAY, amount_minor, 0, ROUND, "slot-1", 1, jackpot=1)
        self.shards.done(shard, order)
        self.turnover[shard] += amount_minor

    def hit(self, player_id: int = ANNA) -> JackpotHit:
        """Return a new hit."""
        return JackpotHit(self.shards.id(Origin.TABLE), self.jackpot.number, player_id, player_id - 100)

    async def tell(self, hit: JackpotHit) -> Any:
        """Tell the actor of a hit."""
        (answer,) = await self.jackpots.handle_batch("table/slot-1", [hit])
        return answer

    async def work(self, times: int = 4) -> None:
        """Let jackpots and relay work in turns."""
        for _ in range(times):
            await self.jackpots.work()
            await self.relay.work()

    @property
    def pool(self) -> int:
        """What all pools hold."""
        return self.shards.house(Kind.JACKPOT_POOL, 1)

    @property
    def paid(self) -> list[tuple[int, int, int]]:
        """Return (hit, player, amount) of every payment in the books."""
        every = [row for rows in self.shards.rows.values() for row in rows if not row.status]
        rows = [row for row in every if row.code is EntryCode.PAY_JACKPOT]
        return sorted((int(row.meta.partition('"hit":')[2].rstrip("}")), row.player_id, _pay(row)) for row in rows)

    def assert_no_cent_astray(self) -> None:
        """Invariant 22: what jackpots hold, have paid and have under way is their seeds and their shares exactly."""
        kinds = (Kind.JACKPOT_POOL, Kind.JACKPOT_RESERVE, Kind.JACKPOT_OVERFLOW, Kind.JACKPOT_SEED)
        held = sum(self.shards.house(kind, 1) for kind in kinds) + self.shards.in_transit
        terms = self.jackpot.terms
        shares = sum(turnover * terms.rate_num // terms.rate_den for turnover in self.turnover.values())
        assert held + sum(amount for _, _, amount in self.paid) == shares


def _pay(row: Any) -> int:
    return -sum(int(amount) for account, amount, _ in row.legs if account_kind(account) == Kind.JACKPOT_POOL)


def _fatal(error: BaseException) -> None:
    raise error


@pytest.fixture
async def scene() -> Scene:
    made = Scene()
    await made.work(1)
    return made


# ---------------------------------------------------------------- set-up


async def test_jackpot_is_defined_on_every_shard_and_seeded_on_its_home(scene: Scene) -> None:
    assert all(state.jackpots == {1: MEGA.terms} for state in scene.shards.states.values())
    home = scene.shards.states[0].balances
    kinds = (Kind.JACKPOT_POOL, Kind.JACKPOT_RESERVE, Kind.JACKPOT_SEED)
    assert [home[house_account(PLAY, kind, 1)] for kind in kinds] == [1_000, 1_000, -2_000]


async def test_jackpot_is_seeded_once_however_often_the_actor_works(scene: Scene) -> None:
    scene.restart()
    await scene.work()
    assert (scene.pool, scene.shards.house(Kind.JACKPOT_SEED, 1)) == (1_000, -2_000)


async def test_shard_that_was_away_is_defined_later() -> None:
    scene = Scene()
    scene.shards.away.add(2)
    await scene.work(1)
    assert (scene.shards.states[2].jackpots, scene.pool) == ({}, 0)
    scene.shards.away.clear()
    await scene.work(1)
    assert (scene.shards.states[2].jackpots, scene.pool) == ({1: MEGA.terms}, 1_000)


async def test_new_shard_learns_of_the_jackpot(scene: Scene) -> None:
    grown = Jackpots(scene.store, scene.shards, scene.clock, key=KEY, shards=(0, 1, 2, 3), fatal=_fatal)
    await grown.work()
    missing = [step.shard for step in scene.store.plans.values() if step.state is StepState.OPEN]
    assert (missing, scene.pool) == ([3], 1_000)


async def test_jackpot_without_seed_starts_empty() -> None:
    scene = Scene(Jackpot(1, "Bare", JackpotTerms(PLAY, 1, 70), 0, home=0))
    await scene.work(1)
    assert (scene.pool, len(scene.store.plans)) == (0, 3)


# ---------------------------------------------------------------- hits


async def test_hit_pays_all_pools_to_the_winner_and_seeds_the_next_pot(scene: Scene) -> None:
    for shard in range(3):
        scene.stake(shard, 7_000 + shard)
    answer = await scene.tell(scene.hit())
    assert answer == JackpotTaken(1, 1, 0, paid=False)
    await scene.work()
    assert scene.paid == [(1, ANNA, 1_300)]
    assert scene.shards.cash(ANNAS_SHARD, ANNA) == CASH - 7_001 + 1_300
    assert (scene.pool, scene.shards.house(Kind.JACKPOT_RESERVE, 1)) == (1_000, 1_000)
    scene.assert_no_cent_astray()


async def test_repeated_hit_tells_what_became_of_it(scene: Scene) -> None:
    hit = scene.hit()
    await scene.tell(hit)
    await scene.work()
    assert await scene.tell(hit) == JackpotTaken(1, 1, 1_000, paid=True)
    await scene.work()
    assert scene.paid == [(1, ANNA, 1_000)]


async def test_share_that_comes_while_a_hit_is_paid_stays_for_the_next(scene: Scene) -> None:
    scene.stake(0, 70_000)
    await scene.tell(scene.hit())
    await scene.jackpots.work()  # planned and swept; the relay has carried nothing yet
    for shard in range(3):
        scene.stake(shard, 700)
    await scene.work()
    assert scene.paid == [(1, ANNA, 2_000)]
    assert scene.pool == 1_000 + 30
    scene.assert_no_cent_astray()


async def test_parallel_hits_have_different_numbers_and_one_winner_each(scene: Scene) -> None:
    scene.stake(0, 70_000)
    doubles = (scene.another(), scene.another(), scene.jackpots)
    hits = [scene.hit(ANNA), scene.hit(BERT), scene.hit(ANNA)]
    answers = await asyncio.gather(*(actor.handle_batch("t", [hit]) for actor, hit in zip(doubles, hits, strict=True)))
    assert sorted(answer.hit for (answer,) in answers if isinstance(answer, JackpotTaken)) == [1, 2, 3]
    for _ in range(9):
        await asyncio.gather(*(actor.work() for actor in doubles), scene.relay.work(), return_exceptions=True)
    assert sorted((hit, amount) for hit, _, amount in scene.paid) == [(1, 2_000), (2, 1_000), (3, 1_000)]
    assert sorted(player for _, player, _ in scene.paid) == [ANNA, ANNA, BERT]
    scene.assert_no_cent_astray()


async def test_same_hit_told_to_two_copies_at_once_is_one_hit(scene: Scene) -> None:
    hit = scene.hit()
    copies = (scene.jackpots, scene.another())
    answers = await asyncio.gather(*(actor.handle_batch("t", [hit]) for actor in copies))
    assert answers[0] == answers[1] == [JackpotTaken(1, 1, 0, paid=False)]
    await scene.work()
    assert len(scene.paid) == 1


async def test_plan_that_another_copy_has_made_stands(scene: Scene) -> None:
    await scene.tell(scene.hit())
    first = await scene.store.next_hit(1)
    assert first is not None
    await scene.store.plan(first, 1_000, [])
    with pytest.raises(CheckpointMoved):
        await scene.store.plan(first, 999, [])


async def test_overflow_opens_the_next_pot() -> None:
    scene = Scene(Jackpot(1, "Capped", JackpotTerms(PLAY, 1, 10, ceiling_minor=1_200), 1_000, home=0))
    await scene.work(1)
    scene.stake(0, 5_000)
    assert (scene.pool, scene.shards.house(Kind.JACKPOT_OVERFLOW, 1)) == (1_200, 300)
    await scene.tell(scene.hit())
    await scene.work()
    assert (scene.paid, scene.pool, scene.shards.house(Kind.JACKPOT_OVERFLOW, 1)) == ([(1, ANNA, 1_200)], 1_300, 0)
    scene.assert_no_cent_astray()


async def test_hit_of_an_empty_jackpot_pays_nothing_and_ends() -> None:
    scene = Scene(Jackpot(1, "Bare", JackpotTerms(PLAY, 1, 70), 0, home=0))
    await scene.work(1)
    hit = scene.hit()
    await scene.tell(hit)
    await scene.work(1)
    assert (scene.paid, await scene.tell(hit)) == ([], JackpotTaken(1, 1, 0, paid=True))


async def test_shard_that_is_away_delays_the_hit_and_loses_nothing(scene: Scene) -> None:
    scene.stake(2, 70_000)
    await scene.tell(scene.hit())
    scene.shards.away.add(2)
    with pytest.raises(StoreUnavailable):
        await scene.jackpots.work()
    scene.shards.away.clear()
    await scene.work()
    assert scene.paid == [(1, ANNA, 2_000)]


# ---------------------------------------------------------------- bad input, refusals


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"hit_id": b"short"}, Refusal.ID_CLASS_FORBIDDEN),
        ({"player_id": 0}, Refusal.UNKNOWN_ACCOUNT),
        ({"shard": 9}, Refusal.UNKNOWN_ACCOUNT),
        ({"jackpot": 9}, Refusal.UNKNOWN_JACKPOT),
    ],
)
async def test_bad_hit_is_refused_and_nothing_is_noted(scene: Scene, change: Any, refusal: Refusal) -> None:
    good = scene.hit()
    given = {name: getattr(good, name) for name in ("hit_id", "jackpot", "player_id", "shard")}
    answer = await scene.tell(JackpotHit(**{**given, **change}))
    assert isinstance(answer, Refused)
    assert (answer.code, scene.store.hits) == (refusal, {})


async def test_hit_id_of_another_player_is_refused(scene: Scene) -> None:
    hit = scene.hit()
    await scene.tell(hit)
    answer = await scene.tell(JackpotHit(hit.hit_id, 1, BERT, BERTS_SHARD))
    assert isinstance(answer, Refused)
    assert answer.code == Refusal.ID_REUSED


async def test_hit_that_cannot_be_noted_is_outcome_unknown_and_may_be_repeated(scene: Scene) -> None:
    hit = scene.hit()
    scene.transits.cuts.add("after note_hit")
    answer = await scene.tell(hit)
    assert isinstance(answer, Refused)
    assert answer.code == Refusal.OUTCOME_UNKNOWN
    assert await scene.tell(hit) == JackpotTaken(1, 1, 0, paid=False)


async def test_winner_without_account_stops_this_jackpot_only_and_is_visible(scene: Scene) -> None:
    scene.store.known[2] = Jackpot(2, "Mini", JackpotTerms(PLAY, 1, 100), 50, home=1)
    await scene.tell(JackpotHit(scene.shards.id(Origin.TABLE), 1, 999, 1))
    await scene.tell(JackpotHit(scene.shards.id(Origin.TABLE), 2, BERT, BERTS_SHARD))
    await scene.work()
    counters = scene.jackpots.counters()
    assert [counters[name] for name in ("jackpots_unfinished", "jackpot_steps_stuck")] == [1, 1]
    assert scene.paid == [(1, BERT, 50)]


async def test_stuck_payment_is_made_once_staff_let_it_try_again(scene: Scene) -> None:
    await scene.tell(JackpotHit(scene.shards.id(Origin.TABLE), 1, 999, 1))
    await scene.work()
    scene.shards.player(1, 999, 5)
    ((key, step),) = [pair for pair in scene.store.plans.items() if pair[1].state is StepState.REFUSED]
    scene.store.plans[key] = type(step)(
        step.jackpot, step.hit, step.verb, step.shard, step.amount_minor, step.planned_ms, step.attempt + 1
    )
    await scene.work()
    assert scene.paid == [(1, 999, 1_000)]


async def test_pool_that_staff_have_emptied_stops_the_sweep_before_anything_is_paid(scene: Scene) -> None:
    scene.stake(0, 70_000)
    await scene.tell(scene.hit())
    scene.shards.busy.update((0, 1, 2))
    await scene.jackpots.work()
    scene.shards.busy.clear()
    taken = TransferOut(scene.shards.id(Origin.STAFF), PLAY, Kind.JACKPOT_POOL, 1, 500, 2)
    scene.shards.done(0, taken)
    await scene.work()
    refused = [step.verb for step in scene.store.plans.values() if step.state is StepState.REFUSED]
    assert (refused, scene.paid) == ([Verb.SWEEP], [])
    scene.assert_no_cent_astray()


# ---------------------------------------------------------------- crashes

_WRITES = ("plan", "close_steps", "finish", "save_transits", "close_transits")


@pytest.mark.parametrize("cut", [f"{when} {what}" for when in ("before", "after") for what in _WRITES])
async def test_cut_while_a_hit_is_paid_pays_it_once(scene: Scene, cut: str) -> None:
    scene.stake(0, 70_000)
    await scene.tell(scene.hit())
    scene.transits.cuts.add(cut)
    with pytest.raises(StoreUnavailable):
        await scene.work()
    scene.restart()
    await scene.work()
    assert (scene.paid, scene.pool) == ([(1, ANNA, 2_000)], 1_000)
    scene.assert_no_cent_astray()


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
async def test_lost_answers_of_wallets_pay_it_once(scene: Scene, lost: int) -> None:
    scene.stake(0, 70_000)
    await scene.tell(scene.hit())
    scene.shards.lost = lost
    await scene.work(8)
    assert (scene.paid, scene.pool) == ([(1, ANNA, 2_000)], 1_000)
    scene.assert_no_cent_astray()


def test_actor_ended_at_each_of_its_awaits_pays_each_hit_once() -> None:
    turns = 0
    ended_early = True
    while ended_early:
        turns += 1
        ended_early = run_virtual(_hit_ended_after(turns))
    assert turns > 50


async def _hit_ended_after(turns: int) -> bool:
    """End the actors after so many turns of the loop, from before the set-up to after two hits; others finish."""
    scene = Scene()
    task = asyncio.create_task(_two_hits(scene))
    await _turn(turns)
    was_at_work = task.cancel()
    await asyncio.wait((task,))
    scene.restart()
    await _two_hits(scene)
    assert {hit.state for hit in scene.store.hits.values()} == {HitState.DONE}
    assert [(hit, player) for hit, player, _ in scene.paid] == [(1, ANNA), (2, BERT)]
    assert (scene.pool, scene.shards.in_transit, scene.shards.house(Kind.JACKPOT_RESERVE, 1)) == (1_000, 0, 1_000)
    scene.assert_no_cent_astray()
    return was_at_work


async def _two_hits(scene: Scene) -> None:
    """Set up, stake once, tell of two hits (always the same two), and work until both are done."""
    await scene.work(1)
    if not scene.turnover[0]:
        scene.stake(0, 70_000)
    for player_id in (ANNA, BERT):
        id_ = bytes((1, 150, *bytes(4), 0x75, player_id, 0x80, *bytes(7)))
        await scene.tell(JackpotHit(id_, 1, player_id, player_id - 100))
    await scene.work(5)


async def _turn(turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


def test_hint_wakes_the_actor_only_while_something_is_unfinished() -> None:
    async def main() -> tuple[int, int]:
        scene = Scene()
        await scene.work(1)
        await scene.work(1)
        counted = _Counted(scene.store, scene.shards, scene.clock, key=KEY, shards=(0, 1, 2), fatal=_fatal)
        await counted.start()
        await asyncio.sleep(0.5)
        before = counted.works
        await counted.handle_batch("supervisor/journal", [])
        await asyncio.sleep(0.1)
        idle = counted.works - before
        await counted.handle_batch("table/slot-1", [scene.hit()])
        await asyncio.sleep(0.1)
        await counted.stop()
        return idle, counted.works - before

    assert run_virtual(main()) == (0, 1)


class _Counted(Jackpots):
    works = 0

    def work(self) -> Coroutine[Any, Any, None]:
        self.works += 1
        return super().work()
