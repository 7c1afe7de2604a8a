"""Laws of a table under any mix of bets, undos, lost answers, outages and deaths, on fakes and virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.domain.commands import BetPlaced, BetsTakenBack, TableState, TakeSeat
from actors.domain.events import (
    BetsClosed,
    RoundDecided,
    RoundOpened,
    RoundSettled,
    RoundVoided,
    StakesShown,
    TableEvent,
    TableMissed,
    TableNews,
    TablePaused,
)
from actors.domain.games.roulette import payout
from actors.domain.money.orders import Settle, Void
from tests.fakes.post import LOSE_REPLY, LOSE_REQUEST, QUEUE_FULL
from tests.fakes.table_world import RNG, Casino, seat
from tests.simulation.loop import run_virtual

CONFIG = msgspec.structs.replace(RNG, betting_ms=1_000, pause_ms=300)
POSITIONS = (0, 17, 40, 110, 140, 151, 152)

players = st.integers(1, 4)
bets = st.tuples(st.just("bet"), players, st.sampled_from(POSITIONS), st.integers(50, 12_000))
modes = st.tuples(st.sampled_from(("repeat", "double", "undo", "again")), players)
waits = st.tuples(st.just("wait"), st.sampled_from((0.01, 0.15, 0.5, 1.2, 4.0)))
faults = st.tuples(st.just("fault"), st.integers(0, 1), st.sampled_from((LOSE_REPLY, LOSE_REQUEST, QUEUE_FULL)))
cuts = st.tuples(
    st.just("cut"),
    st.sampled_from(("open", "close", "decide", "finish", "start_void")),
    st.sampled_from(("before", "after")),
)
restarts = st.tuples(st.just("restart"))
steps = st.lists(st.one_of(bets, bets, bets, modes, waits, waits, faults, cuts, restarts), max_size=25)

thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Play:
    """Carries out steps without waiting for answers, and keeps them all."""

    def __init__(self) -> None:
        self.casino = Casino(CONFIG)
        self.orders: list[Any] = []
        self.answers: list[tuple[Any, asyncio.Future[list[Any]]]] = []

    def send(self, order: Any) -> None:
        self.orders.append(order)
        self.answers.append((order, asyncio.ensure_future(self.casino.say(order))))

    async def step(self, step: tuple[Any, ...]) -> None:
        casino = self.casino
        match step:
            case ("bet", player, position, stake):
                self.send(casino.order(player, {position: stake}))
            case ("repeat" | "double" as mode, player):
                self.send(casino.order(player, mode=mode))
            case ("undo", player):
                self.send(casino.undo_order(player))
            case ("again", player) if self.orders:
                self.send(self.orders[-player % len(self.orders)])
            case ("wait", seconds):
                await asyncio.sleep(seconds)
                await casino.follow()
            case ("fault", shard, fault):
                casino.post.wallets[shard].faults.append(fault)
            case ("cut", call, cut):
                casino.rounds.cuts.append((call, cut))
            case ("restart",):
                await casino.restart()
        await asyncio.sleep(0.001)

    async def finish(self) -> None:
        """Let everything come to its end."""
        casino = self.casino
        casino.rounds.cuts.clear()
        for wallet in casino.post.wallets.values():
            wallet.faults.clear()
        await casino.follow(players=0)
        await asyncio.sleep(40)
        assert casino.fatal == []


@thorough
@given(steps)
def test_every_stake_ends_once_and_as_the_plan_says(script: list[tuple[Any, ...]]) -> None:
    async def run() -> None:
        play = Play()
        casino = play.casino
        await casino.start()
        for step in script:
            await play.step(step)
        await play.finish()
        casino.check_money()
        assert set(casino.rounds.states()) <= {"SETTLED", "VOIDED"}
        _check_plans(casino)
        _check_answers(play)

    run_virtual(run())


def _check_plans(casino: Casino) -> None:
    """Every settled reservation stands in the plan of its round, with what the rules pay for its chips."""
    planned = {
        (entry.player_id, entry.reservation_id): (row.new.round_id, entry, row.number)
        for row in casino.rounds.rows.values()
        if row.plan is not None
        for entry in row.plan.settle
    }
    settled = 0
    for wallet in casino.post.wallets.values():
        for key, held in wallet.held.items():
            assert (held.state == "settled") == (key in planned)
            if held.state == "settled":
                settled += 1
                round_id, entry, number = planned[key]
                assert (round_id, entry.stake_minor) == (held.order.round_id, held.order.amount_minor)
                assert entry.payout_minor == sum(payout(p, stake, number) for p, stake in entry.chips)
        ids = [o.cmd_id for batch in wallet.batches for o in batch if isinstance(o, Settle | Void)]
        orders = {o for batch in wallet.batches for o in batch if isinstance(o, Settle | Void)}
        assert len(set(ids)) == len(orders)
    assert settled == len(planned)


def _check_answers(play: Play) -> None:
    """An accepted bet was reserved, one taken back was voided, and the same order never had two different ends."""
    accepted: dict[tuple[int, bytes], BetPlaced] = {}
    for order, future in play.answers:
        assert future.done()
        (answer,) = future.result()
        key = (order.seat.player_id, getattr(order, "bet_id", b""))
        held = play.casino.wallet(key[0]).held
        if isinstance(answer, BetPlaced):
            first = accepted.setdefault(key, answer)
            assert first.bet.stake_minor == answer.bet.stake_minor
            assert held[key].order.amount_minor == answer.bet.stake_minor
        if isinstance(answer, BetsTakenBack):
            assert {held[key[0], bet_id].state for bet_id in answer.bet_ids} == {"voided"}


class Watcher:
    """What a client knows that took one snapshot and then followed the events."""

    def __init__(self, snapshot: TableState) -> None:
        self.picture = picture(snapshot)
        self.seats = {seat.name: seat for seat in snapshot.seats}

    def see(self, event: TableEvent) -> None:
        now = self.picture
        match event:
            case RoundOpened():
                self._leave("betting")
                now |= {name: getattr(event, name) for name in ("round_id", "round_no", "opens_ms", "closes_ms")}
            case StakesShown():
                for seat in event.seats:
                    self.seats.pop(seat.name, None)
                    if seat.chips:
                        self.seats[seat.name] = seat
            case BetsClosed():
                now["phase"] = "closed"
            case RoundDecided():
                now |= {"phase": "result", "number": event.number, "history": [event.number, *now["history"]][:50]}
            case RoundSettled() | RoundVoided():
                self._leave("idle")
            case TablePaused():
                self._leave("paused" if event.paused else "idle")
                now["dealer"] = event.dealer
        now["seats"] = list(self.seats.values())

    def _leave(self, phase: str) -> None:
        self.seats = {}
        self.picture |= {"phase": phase, "round_id": b"", "round_no": 0, "opens_ms": 0, "closes_ms": 0, "number": -1}


def picture(snapshot: TableState) -> dict[str, Any]:
    names = ("phase", "round_id", "round_no", "opens_ms", "closes_ms", "number", "history", "seats", "dealer")
    return {name: getattr(snapshot, name) for name in names}


@thorough
@given(steps)
def test_snapshot_and_events_equal_a_fresh_snapshot(script: list[tuple[Any, ...]]) -> None:
    async def run() -> None:
        play = Play()
        casino = play.casino
        await casino.start()
        epoch, watcher, told = 0, Watcher(await casino.state()), len(casino.post.told)
        for step in script:
            if epoch != casino.table.stage.epoch:  # a new incarnation: clients take fresh snapshots
                epoch, watcher, told = casino.table.stage.epoch, Watcher(await casino.state()), len(casino.post.told)
            await play.step(step)
            news = [m for _, m in casino.post.told[told:] if isinstance(m, TableNews)]
            told = len(casino.post.told)
            if epoch == casino.table.stage.epoch:
                for event in (event for batch in news for event in batch.events):
                    watcher.see(event)
                assert watcher.picture == picture(await casino.state())

    run_virtual(run())


@thorough
@given(steps)
def test_position_and_what_was_missed_equal_a_fresh_snapshot_or_there_is_one(script: list[tuple[Any, ...]]) -> None:
    async def run() -> None:
        play = Play()
        casino = play.casino
        await casino.start()
        kept = [await casino.state()]
        for step in script:
            await play.step(step)
            fresh = await casino.state()
            for old in kept:
                (answer,) = await casino.say(TakeSeat(seat(1), old.epoch, old.version))
                if isinstance(answer, TableMissed):
                    assert (answer.epoch, answer.version) == (old.epoch, fresh.version)
                    assert (answer.my_bets, answer.can_repeat) == (fresh.my_bets, fresh.can_repeat)
                    watcher = Watcher(old)
                    for event in answer.events:
                        watcher.see(event)
                    assert watcher.picture == picture(fresh)
                else:
                    assert old.epoch < fresh.epoch
            kept.append(fresh)

    run_virtual(run())
