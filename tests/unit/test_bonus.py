"""Bonus ticks over a store in memory: who is paid, when, and exactly once through every cut."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from actors.domain.ids import Origin, id_ms, id_origin
from actors.domain.money.entries import EntryCode
from actors.domain.policy.bonus import due_after_ms, grant_order, last_due_before_ms, tick_number
from actors.domain.refusals import Refusal
from actors.ports import StoreUnavailable
from actors.supervisors.bonus import GRACE_MS, BonusTicks
from actors.supervisors.journal import CheckpointMoved, Digest
from tests.fakes.api import KEY, ManualClock
from tests.fakes.supervision import FakeSupervision, GrantingWallets

PERIOD_S = 60
PERIOD_MS = PERIOD_S * 1000
TICK = 28_000_000
START_MS = TICK * PERIOD_MS


class Scene:
    """A store, wallets and a clock that outlive supervisors; and the supervisor of the moment."""

    def __init__(self) -> None:
        self.store = FakeSupervision()
        self.wallets = GrantingWallets()
        self.clock = ManualClock(START_MS)
        self.bonus = self.another()

    def another(self, amount_minor: int = 500) -> BonusTicks:
        """Return a supervisor that knows nothing but what is stored."""
        return BonusTicks(
            self.store,
            self.wallets,
            self.clock,
            key=KEY,
            period_s=PERIOD_S,
            amount_minor=amount_minor,
            gateways=("gateway/0", "gateway/1"),
            fatal=_fatal,
        )

    def stake(self, player_id: int, at_ms: int, shard: int = 0) -> None:
        """Book a stake, so many milliseconds after the start."""
        self.store.book(shard, EntryCode.RESERVE, player_id, ms=START_MS + at_ms)

    async def work_at(self, at_ms: int) -> None:
        """Let the supervisor work, so many milliseconds after the start."""
        self.clock.ms = START_MS + at_ms
        await self.bonus.work()


def _fatal(error: BaseException) -> None:
    raise error


@pytest.fixture
async def scene() -> Scene:
    made = Scene()
    await made.bonus.work()
    return made


AFTER = PERIOD_MS + GRACE_MS


async def test_player_who_staked_is_paid_at_the_end_of_the_period(scene: Scene) -> None:
    scene.stake(7, 10)
    await scene.work_at(AFTER)
    assert scene.wallets.paid == [(TICK + 1, 7)]
    assert scene.store.ticks == {START_MS + PERIOD_MS: True}


async def test_player_of_an_instant_round_is_paid_too(scene: Scene) -> None:
    scene.store.book(0, EntryCode.WAGER, 7, ms=START_MS + 10)
    await scene.work_at(AFTER)
    assert scene.wallets.paid == [(TICK + 1, 7)]


async def test_player_is_not_paid_before_the_period_and_grace_are_over(scene: Scene) -> None:
    scene.stake(7, 10)
    await scene.work_at(AFTER - 1)
    assert scene.wallets.paid == []


async def test_many_stakes_in_a_period_are_one_grant(scene: Scene) -> None:
    for at_ms in (10, 20, 30):
        scene.stake(7, at_ms)
    await scene.work_at(AFTER)
    await scene.work_at(AFTER + 10)
    assert scene.wallets.paid == [(TICK + 1, 7)]


async def test_player_who_goes_on_staking_is_stored_once_a_period(scene: Scene) -> None:
    stored: list[list[tuple[int, int]]] = []
    save = scene.store.save_activity

    async def spy(follower: str, page: Digest, last_due_ms: int, active: Sequence[tuple[int, int]]) -> None:
        stored.append(list(active))
        await save(follower, page, last_due_ms, active)

    scene.store.save_activity = spy  # type: ignore[method-assign]
    scene.bonus = scene.another()
    for at_ms in (10, 20, PERIOD_MS + 10):
        scene.stake(7, at_ms)
        await scene.work_at(at_ms)
    assert stored == [[(START_MS + PERIOD_MS, 7)], [], [(START_MS + 2 * PERIOD_MS, 7)]]
    assert {row[:2] for row in scene.store.active} == {(START_MS + PERIOD_MS, 7), (START_MS + 2 * PERIOD_MS, 7)}


async def test_stake_at_the_boundary_belongs_to_the_next_period(scene: Scene) -> None:
    scene.stake(7, PERIOD_MS)
    await scene.work_at(AFTER)
    assert scene.wallets.paid == []
    await scene.work_at(AFTER + PERIOD_MS)
    assert scene.wallets.paid == [(TICK + 2, 7)]


async def test_player_who_did_nothing_is_not_paid(scene: Scene) -> None:
    scene.store.book(0, EntryCode.SETTLE, 7, ms=START_MS + 10)
    await scene.work_at(AFTER)
    assert scene.wallets.paid == []


async def test_stake_that_became_durable_after_its_tick_is_paid_for_it_with_the_next_plan(scene: Scene) -> None:
    """It counted for the next tick once: who had staked in that period too had one tick too few."""
    scene.stake(8, 10)
    await scene.work_at(AFTER)
    scene.stake(7, 20)
    scene.stake(8, 30)
    scene.stake(7, PERIOD_MS + 10)
    await scene.work_at(AFTER + PERIOD_MS)
    assert scene.wallets.paid == [(TICK + 1, 7), (TICK + 1, 8), (TICK + 2, 7)]
    assert scene.store.ticks == {START_MS + PERIOD_MS: True, START_MS + 2 * PERIOD_MS: True}


async def test_stake_of_a_shard_that_could_not_be_looked_at_is_paid_for_its_tick(scene: Scene) -> None:
    scene.stake(7, 10, shard=1)
    journal = scene.store.journals.pop(1)  # its server is away: the heads of the others are known
    await scene.work_at(AFTER)
    scene.store.journals[1] = journal
    scene.stake(7, PERIOD_MS + 10, shard=1)
    await scene.work_at(AFTER + PERIOD_MS)
    assert scene.wallets.paid == [(TICK + 1, 7), (TICK + 2, 7)]


async def test_each_player_is_paid_by_the_wallet_of_his_shard(scene: Scene) -> None:
    scene.stake(7, 10, shard=0)
    scene.stake(8, 10, shard=1)
    await scene.work_at(AFTER)
    assert sorted((address, order.player_id) for address, order in scene.wallets.asked) == [
        ("wallet/0", 7),
        ("wallet/1", 8),
    ]


async def test_all_gateways_are_told_of_a_paid_grant(scene: Scene) -> None:
    scene.stake(7, 10)
    await scene.work_at(AFTER)
    told = [(gateway, news.player_id, news.event.tick) for gateway, news in scene.wallets.told]  # type: ignore[union-attr]
    assert told == [("gateway/0", 7, TICK + 1), ("gateway/1", 7, TICK + 1)]


async def test_ticks_missed_while_nobody_was_up_are_paid_each_once(scene: Scene) -> None:
    for period in range(4):
        scene.stake(7, period * PERIOD_MS + 10)
    scene.bonus = scene.another()
    await scene.work_at(4 * PERIOD_MS + GRACE_MS)
    assert scene.wallets.paid == [(TICK + n, 7) for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    "cut",
    [
        *("before save_activity", "after save_activity"),
        *("before plan", "after plan"),
        *("before close_grants", "after close_grants"),
    ],
)
@pytest.mark.parametrize("restarts", [False, True])
async def test_cut_anywhere_pays_every_tick_once(scene: Scene, cut: str, restarts: bool) -> None:
    scene.stake(7, 10)
    scene.stake(8, 20, shard=1)
    scene.store.cuts.add(cut)
    with pytest.raises(StoreUnavailable):
        await scene.work_at(AFTER)
    scene.bonus.doubt()
    scene.bonus = scene.another() if restarts else scene.bonus
    scene.stake(7, PERIOD_MS + 10)
    await scene.work_at(AFTER + PERIOD_MS)
    assert scene.wallets.paid == [(TICK + 1, 7), (TICK + 1, 8), (TICK + 2, 7)]
    assert set(scene.store.ticks.values()) == {True}


async def test_crash_between_grant_and_mark_pays_once(scene: Scene) -> None:
    scene.stake(7, 10)
    scene.store.cuts.add("before close_grants")
    with pytest.raises(StoreUnavailable):
        await scene.work_at(AFTER)
    assert (len(scene.wallets.booked), scene.wallets.told) == (1, [])
    scene.bonus = scene.another()
    await scene.work_at(AFTER + 10)
    assert (len(scene.wallets.booked), len(scene.wallets.asked)) == (1, 2)
    assert len(scene.wallets.told) == 2


async def test_lost_answers_are_asked_for_again(scene: Scene) -> None:
    scene.stake(7, 10)
    scene.wallets.lost = 1
    await scene.work_at(AFTER)
    assert scene.store.ticks == {START_MS + PERIOD_MS: False}
    await scene.work_at(AFTER + 10)
    assert scene.wallets.paid == [(TICK + 1, 7)]
    assert scene.store.ticks == {START_MS + PERIOD_MS: True}


async def test_wallet_that_is_down_is_paid_through_later(scene: Scene) -> None:
    scene.stake(7, 10)
    scene.wallets.down.add("wallet/0")
    await scene.work_at(AFTER)
    scene.wallets.down.clear()
    await scene.work_at(AFTER + 5 * PERIOD_MS)
    assert scene.wallets.paid == [(TICK + 1, 7)]


async def test_wallet_that_is_down_holds_up_no_other(scene: Scene) -> None:
    for player in range(1, 20):
        scene.stake(player, 10, shard=player % 2)
    scene.wallets.down.add("wallet/0")
    await scene.work_at(AFTER)
    assert scene.wallets.paid == [(TICK + 1, player) for player in range(1, 20, 2)]


async def test_busy_wallet_leaves_the_grant_open(scene: Scene) -> None:
    scene.stake(7, 10)
    scene.wallets.refuse = Refusal.BUSY
    await scene.work_at(AFTER)
    scene.wallets.refuse = None
    await scene.work_at(AFTER + 10)
    assert scene.wallets.paid == [(TICK + 1, 7)]


async def test_refused_grant_is_closed_with_its_code(scene: Scene) -> None:
    scene.stake(7, 10)
    scene.wallets.refuse = Refusal.UNKNOWN_ACCOUNT
    await scene.work_at(AFTER)
    _, closed = scene.store.grants[START_MS + PERIOD_MS, 7]
    assert closed is not None
    assert closed.code == Refusal.UNKNOWN_ACCOUNT
    assert (scene.wallets.told, scene.bonus.refused_total) == ([], 1)


async def test_two_copies_pay_every_tick_once(scene: Scene) -> None:
    double = scene.another()
    await double.work()
    scene.stake(7, 10)
    await scene.work_at(AFTER)
    with pytest.raises(CheckpointMoved):
        await double.work()
    double.doubt()
    await double.work()
    assert scene.wallets.paid == [(TICK + 1, 7)]


async def test_first_start_ever_pays_for_no_past_stakes() -> None:
    scene = Scene()
    scene.stake(7, -10)
    await scene.work_at(0)
    await scene.work_at(AFTER)
    assert scene.wallets.paid == []


async def test_amount_of_zero_pays_nothing() -> None:
    scene = Scene()
    scene.bonus = scene.another(amount_minor=0)
    await scene.work_at(0)
    scene.stake(7, 10)
    await scene.work_at(AFTER)
    assert (scene.wallets.asked, scene.store.ticks) == ([], {})


def test_grant_order_is_the_same_after_any_restart() -> None:
    order = grant_order(KEY, START_MS, TICK, 7, 1, 500)
    assert order == grant_order(KEY, START_MS, TICK, 7, 1, 500)
    assert (id_ms(order.cmd_id), id_origin(order.cmd_id)) == (START_MS, Origin.BONUS)


def test_grant_orders_of_players_and_ticks_have_different_ids() -> None:
    ids = {grant_order(KEY, START_MS + n, n, player, 1, 500).cmd_id for n in range(20) for player in range(20)}
    assert len(ids) == 400


@pytest.mark.parametrize(("booked_ms", "due_ms"), [(0, 60_000), (59_999, 60_000), (60_000, 120_000)])
def test_due_time_is_the_end_of_the_period(booked_ms: int, due_ms: int) -> None:
    assert due_after_ms(booked_ms, PERIOD_S) == due_ms


def test_tick_numbers_count_periods() -> None:
    assert (last_due_before_ms(179_999, PERIOD_S), tick_number(120_000, PERIOD_S)) == (120_000, 2)
