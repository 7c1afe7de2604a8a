"""Crash at a table: orders judged by the server's clock, nothing told before its time, nothing paid twice."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from actors.domain.commands import Acted, Refused
from actors.domain.events import (
    BetsClosed,
    MyBetsSettled,
    PlayShown,
    RoundDecided,
    RoundOpened,
    RoundSettled,
    StakesShown,
)
from actors.domain.games.crash_curve import multiplier_at, reached_ms
from actors.domain.games.crash_play import GRACE_MS, TAKEOFF_WAIT_MS
from actors.domain.games.draws import commitment
from actors.domain.plays import CashOut
from actors.domain.refusals import Refusal
from actors.ports import RoundSeed
from tests.fakes.flights import Flights, seed_of
from tests.fakes.seeds import KeyedSeeds
from tests.fakes.table_world import KEY, Casino
from tests.simulation.loop import run_virtual


def test_flight_pays_who_was_out_and_tells_in_order() -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        by_hand = await casino.place(1, 0, 1_000)
        await casino.place(2, 200, 500)
        await casino.place(3, 401, 300)
        await casino.fly(150)
        out = await casino.cash_out(1, by_hand)
        assert isinstance(out, Acted)
        assert (out.value, out.stake_minor, out.seq) == (150, 0, 0)
        await casino.until("idle")
        events = casino.events()
        assert [type(event) for event in events if not isinstance(event, PlayShown)] == [
            RoundOpened,
            StakesShown,
            BetsClosed,
            RoundDecided,
            RoundSettled,
        ]
        last = casino.events(PlayShown)[-1].view
        assert last.outs == [CashOut("p2", 500, 200, 1_000), CashOut("p1", 1_000, 150, 1_500)]
        (decided,) = casino.events(RoundDecided)
        assert decided.number == casino.bust
        (settled,) = casino.events(RoundSettled)
        assert [(win.name, win.payout_minor) for win in settled.winners] == [("p1", 1_500), ("p2", 1_000)]
        assert [casino.wallet(player).money(player) for player in (1, 2, 3)] == [100_500, 100_500, 99_700]
        casino.check_money()

    run_virtual(run())


def test_seed_is_committed_to_before_bets_open_and_told_with_the_bust() -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        (opened,) = casino.events(RoundOpened)
        await casino.until("idle")
        (decided,) = casino.events(RoundDecided)
        assert opened.commitment == commitment(decided.seed)

    run_virtual(run())


def test_nothing_told_before_the_bust_depends_on_it() -> None:
    """Two tables alike but for the bust tell the same, byte for byte, until the earlier one busts."""

    async def told(low: int, high: int) -> list[bytes]:
        casino = Flights(low, high)
        await casino.start()
        bet_id = await casino.place(1, 0, 1_000)
        await casino.place(2, 120, 500)
        await casino.fly(140)
        await casino.cash_out(1, bet_id)
        await casino.wait_ms(casino.takeoff_ms + reached_ms(198))
        state = await casino.state(3)
        await casino.table.stop()
        return [msgspec.msgpack.encode(message) for message in [*casino.post.told, state]]

    early, late = run_virtual(told(200, 210)), run_virtual(told(9_000, 12_000))
    assert early == late


def test_bust_is_told_only_after_the_grace() -> None:
    async def run() -> None:
        casino = Flights(200, 300)
        await casino.start()
        await casino.fly()
        await casino.wait_ms(casino.bust_ms + GRACE_MS - 10)
        assert casino.events(RoundDecided) == []
        await casino.until("idle")
        assert len(casino.events(RoundDecided)) == 1

    run_virtual(run())


def test_same_tick_cash_outs_of_one_bet_pay_once() -> None:
    """The field's first bug: cash-outs of one tick were each paid. Three orders in one batch, two with one id."""

    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        bet_id = await casino.place(1, 0, 1_000)
        await casino.fly(200)
        first = casino.out(1, bet_id)
        answers = await casino.say(first, casino.out(1, bet_id), first)
        assert answers[0] == answers[2]
        assert isinstance(answers[0], Acted)
        assert answers[1] == Refused(Refusal.ACTION_INVALID)
        assert len(casino.steps()) == 1
        await casino.until("idle")
        assert casino.wallet(1).money(1) == 101_000
        casino.check_money()

    run_virtual(run())


def test_two_bets_of_one_player_leave_apart() -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        bets = [await casino.place(1, 0, 100), await casino.place(1, 0, 200)]
        await casino.fly(150)
        await casino.cash_out(1, bets[0])
        await casino.fly(250)
        await casino.cash_out(1, bets[1])
        await casino.until("idle")
        (settled,) = [event for event in casino.post.personal(1) if isinstance(event, MyBetsSettled)]
        assert [bet.payout_minor for bet in settled.bets] == [150, 500]

    run_virtual(run())


def test_order_of_a_known_id_with_another_content_is_refused() -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        bet_id = await casino.place(1, 0, 100)
        await casino.fly(150)
        order = casino.out(1, bet_id)
        await casino.say(order)
        (again,) = await casino.say(msgspec.structs.replace(order, value=7))
        assert again == Refused(Refusal.ID_REUSED)

    run_virtual(run())


def test_orders_that_no_flight_takes_are_refused_by_name() -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        bet_id = await casino.place(1, 0, 100)
        assert await casino.cash_out(1, bet_id) == Refused(Refusal.WRONG_PHASE)
        assert await casino.cash_out(1, bet_id, round_id=b"\7" * 16) == Refused(Refusal.WRONG_ROUND)
        await casino.fly()
        assert await casino.cash_out(1, bet_id) == Refused(Refusal.ACTION_INVALID)  # before take-off
        await casino.fly(110)
        assert await casino.cash_out(2, bet_id) == Refused(Refusal.BET_NOT_FOUND)
        assert await casino.cash_out(1, bet_id, action="jump") == Refused(Refusal.ACTION_INVALID)
        await casino.wait_ms(casino.bust_ms)
        assert await casino.cash_out(1, bet_id) == Refused(Refusal.TOO_LATE)
        late = casino.out(1, bet_id)
        await casino.until("idle")
        assert await casino.say(late) == [Refused(Refusal.TOO_LATE)]
        assert casino.steps() == casino.steps()[-1:]  # only the bust

    run_virtual(run())


def test_nothing_is_played_at_roulette() -> None:
    async def run() -> None:
        casino, flights = Casino(), Flights(300, 400)
        await casino.start()
        order = flights.out(1, b"\1" * 16)
        (answer,) = await casino.say(order)
        assert isinstance(answer, Refused)
        assert answer.code == Refusal.WRONG_PHASE

    run_virtual(run())


def test_cash_out_received_before_the_bust_counts_within_the_grace() -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        bet_id = await casino.place(1, 0, 1_000)
        await casino.fly()
        received_ms = casino.bust_ms - 1
        await casino.wait_ms(casino.bust_ms + GRACE_MS - 10)
        out = await casino.cash_out(1, bet_id, received_ms=received_ms)
        assert isinstance(out, Acted)
        assert out.value == casino.bust - 1
        await casino.until("idle")
        assert casino.wallet(1).money(1) == 99_000 + 10 * out.value

    run_virtual(run())


def test_gateway_whose_clock_is_ahead_cannot_cash_out_in_the_future() -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        bet_id = await casino.place(1, 0, 1_000)
        await casino.fly(150)
        out = await casino.cash_out(1, bet_id, received_ms=casino.takeoff_ms + reached_ms(290))
        assert isinstance(out, Acted)
        assert out.value == 150

    run_virtual(run())


def test_cash_out_that_waited_for_a_slow_store_is_judged_before_the_bust() -> None:
    """Cause: the loop took all steps of the clock before it looked at orders again. While the step that shows an
    automatic cash-out was being stored, a cash-out came in time, and the bust was taken first: TOO_LATE."""

    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        bet_id = await casino.place(1, 0, 1_000)
        await casino.place(2, casino.bust - 2, 100)
        await casino.fly()
        casino.rounds.cuts.extend([("add_steps", "before")] * 2)  # stored 300 ms later
        await casino.wait_ms(casino.takeoff_ms + reached_ms(casino.bust - 2) + 10)
        assert len(casino.rounds.cuts) == 1
        out = await casino.cash_out(1, bet_id)
        assert isinstance(out, Acted)
        assert casino.clock.now_ms() > casino.bust_ms + GRACE_MS
        await casino.until("idle")
        assert casino.wallet(1).money(1) == 99_000 + 10 * out.value

    run_virtual(run())


@pytest.mark.parametrize("cut", ["before", "after"])
def test_cash_out_is_durable_once_before_it_is_answered_or_shown(cut: Any) -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        bet_id = await casino.place(1, 0, 1_000)
        await casino.fly(150)
        shown = len(casino.events(PlayShown))
        casino.rounds.cuts.append(("add_steps", cut))
        asked = asyncio.ensure_future(casino.cash_out(1, bet_id))
        await asyncio.sleep(0.05)
        assert not asked.done()
        assert len(casino.events(PlayShown)) == shown
        assert isinstance(await asked, Acted)
        assert len(casino.steps()) == 1
        await casino.until("idle")
        assert casino.wallet(1).money(1) == 100_500

    run_virtual(run())


# ------------------------------------------------------------ the table dies


def test_table_that_died_in_flight_keeps_recorded_cash_outs_pays_targets_and_returns_the_rest() -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        out = await casino.place(1, 0, 1_000)
        await casino.place(2, 250, 1_000)
        await casino.place(3, 0, 1_000)
        await casino.place(4, 401, 1_000)
        await casino.fly(150)
        await casino.cash_out(1, out)
        await casino.restart()
        await casino.until("idle")
        assert [casino.wallet(player).money(player) for player in (1, 2, 3, 4)] == [100_500, 101_500, 100_000, 100_000]
        assert casino.rounds.states() == ["SETTLED"]
        assert [step.action for step in casino.steps()] == ["cash_out", "interrupted"]
        assert [event.reason for event in casino.post.personal(3)] == ["table_restarted"]
        assert (await casino.state(1)).history == [casino.bust]
        casino.check_money()

    run_virtual(run())


def test_table_that_died_before_take_off_flies_all_the_same() -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        bet_id = await casino.place(1, 0, 1_000)
        await casino.fly()
        takeoff_ms = casino.takeoff_ms
        await casino.restart()
        assert (casino.takeoff_ms, (await casino.state(1)).phase) == (takeoff_ms, "playing")
        assert [bet.bet_id for bet in (await casino.state(1)).my_bets] == [bet_id]
        await casino.fly(200)
        assert isinstance(await casino.cash_out(1, bet_id), Acted)
        await casino.until("idle")
        assert casino.wallet(1).money(1) == 101_000
        casino.check_money()

    run_virtual(run())


@pytest.mark.parametrize(("cut", "money"), [("before", 100_000), ("after", 100_500)])
def test_cash_out_whose_answer_died_with_the_table_has_the_outcome_that_is_durable(cut: Any, money: int) -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        bet_id = await casino.place(1, 0, 1_000)
        await casino.fly(150)
        casino.rounds.cuts.append(("add_steps", cut))
        order = casino.out(1, bet_id)
        asked = asyncio.ensure_future(casino.say(order))
        await asyncio.sleep(0.05)
        await casino.table.stop()
        asked.cancel()
        casino.table = casino.build()
        await casino.start()
        (again,) = await casino.say(order)
        assert (again == Acted(order.round_id, order.command_id, 150, 0, 0, 0, 0)) == (cut == "after")
        assert isinstance(again, Acted) or again == Refused(Refusal.TOO_LATE)
        await casino.until("idle")
        assert casino.wallet(1).money(1) == money
        casino.check_money()

    run_virtual(run())


class SlowSeeds(KeyedSeeds):
    """A store that takes its time."""

    def __init__(self) -> None:
        super().__init__(KEY)

    async def for_round(self, table_id: str, round_no: int) -> RoundSeed:
        await asyncio.sleep(0.1)
        return await super().for_round(table_id, round_no)


def test_recorded_cash_out_is_known_from_the_successors_first_moment_on() -> None:
    """Cause: the successor took orders before it knew the flight that it had taken over; while it stored the
    interruption, a cash-out that was recorded, sent again, was answered WRONG_PHASE."""

    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        bet_id = await casino.place(1, 0, 1_000)
        await casino.place(2, 0, 1_000)
        await casino.fly(150)
        order = casino.out(1, bet_id)
        (first,) = await casino.say(order)
        await casino.table.stop()
        casino.seeds = SlowSeeds()
        casino.table = casino.build()
        casino.rounds.cuts.append(("add_steps", "before"))
        starting = asyncio.ensure_future(casino.table.start())
        answers = []
        while not casino.steps()[1:]:
            answers += await casino.say(order)
            await asyncio.sleep(0.01)
        await starting
        assert {answer.code for answer in answers if isinstance(answer, Refused)} <= {Refusal.BUSY}
        assert answers[-1] == first

    run_virtual(run())


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("call", ["start_play", "add_steps", "decide", "finish"])
def test_table_that_dies_at_a_step_of_the_store_ends_the_flight_once(call: str, cut: Any) -> None:
    """Dies when the store answers, at each of its steps; the successor's end of the flight is the only one."""

    async def run() -> None:
        casino = Flights(200, 220)
        await casino.start()
        await casino.place(1, 0, 1_000)
        await casino.place(2, 150, 1_000)
        casino.rounds.cuts.append((call, cut))
        while casino.rounds.cuts:
            await asyncio.sleep(0.01)
        await casino.restart()
        await casino.until("idle")
        assert casino.rounds.states()[0] in ("SETTLED", "VOIDED")
        assert casino.wallet(2).money(2) in (100_000, 100_500)
        assert casino.wallet(1).money(1) in (100_000, 99_000)
        assert casino.rounds.states()[0] == "SETTLED" or call == "start_play"
        casino.check_money()

    run_virtual(run())


def test_successor_that_dies_in_turn_leaves_the_interruption_as_it_is() -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        await casino.place(1, 0, 1_000)
        await casino.fly(150)
        casino.rounds.cuts.append(("decide", "before"))
        await casino.restart()
        await casino.restart()
        await casino.until("idle")
        assert [step.action for step in casino.steps()] == ["interrupted"]
        assert casino.wallet(1).money(1) == 100_000
        casino.check_money()

    run_virtual(run())


def test_takeoff_is_after_everybody_was_told() -> None:
    async def run() -> None:
        casino = Flights(300, 400)
        await casino.start()
        await casino.fly()
        assert casino.takeoff_ms - casino.clock.now_ms() <= TAKEOFF_WAIT_MS
        assert casino.takeoff_ms > casino.clock.now_ms()
        assert seed_of(300, 400) not in repr(casino.post.told)
        assert multiplier_at(casino.clock.now_ms() - casino.takeoff_ms) == 100

    run_virtual(run())
