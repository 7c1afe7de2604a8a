"""A live table: dealer and device drive the round, players bet, nobody else may."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from actors.domain.commands import BetPlaced, DealerView, Refused, TableLine
from actors.domain.events import (
    BetsClosed,
    Concealed,
    MyBetsSettled,
    MyBetsVoided,
    MyDealerView,
    RoundDecided,
    RoundOpened,
    RoundSettled,
    RoundVoided,
    TablePaused,
)
from actors.domain.refusals import Refusal
from tests.fakes.table_world import LIVE, Casino, seat, settle
from tests.simulation.loop import run_virtual

RED = 151
DEALER, OTHER, DEVICE = 900, 901, 950


def scene(test: Any) -> Any:
    """Run the test on virtual time at a live table whose dealer sits."""

    def run() -> None:
        async def main() -> None:
            casino = Casino(LIVE)
            await casino.start()
            await casino.deal("sit")
            await test(casino)
            assert casino.fatal == []

        run_virtual(main())

    run.__name__ = test.__name__
    return run


def code(answer: Any) -> int:
    assert isinstance(answer, Refused), answer
    return answer.code


def phase(answer: Any) -> str:
    assert isinstance(answer, DealerView), answer
    return answer.phase


@scene
async def test_round_from_opening_to_settlement(casino: Casino) -> None:
    opened = await casino.deal("open")
    assert (phase(opened), opened.closes_ms, opened.dealer) == ("betting", 0, "p900")
    assert isinstance(await casino.bet(1, {RED: 100, 17: 50 + 50}), BetPlaced)
    assert phase(await casino.deal("close")) == "closed"
    entered = await casino.deal("number", number=1, source="manual")
    assert (phase(entered), entered.number, entered.source) == ("number", 1, "manual")
    assert (await casino.state()).phase == "closed"
    assert (await casino.state()).number == -1
    confirmed = await casino.deal("confirm", number=1)
    assert (phase(confirmed), confirmed.number) == ("result", 1)
    await casino.until("idle")
    kinds = [type(event) for event in casino.events() if not isinstance(event, TablePaused)]
    assert [k for k in kinds if k.__name__ != "StakesShown"] == [
        *(RoundOpened, BetsClosed, Concealed, RoundDecided, RoundSettled)
    ]
    assert isinstance(casino.post.personal(1)[-1], MyBetsSettled)
    assert casino.wallet(1).money(1) == 100_000
    casino.check_money()


@scene
async def test_ten_rounds_follow_each_other(casino: Casino) -> None:
    for number in range(10):
        await casino.deal("open", window_s=5)
        await casino.bet(1, {RED: 100})
        await casino.until("closed")
        await casino.deal("number", DEVICE, number=number, source="sensor", device=True)
        await casino.deal("confirm", number=number)
        await casino.until("idle")
    assert (await casino.state()).history == list(reversed(range(10)))
    assert set(casino.rounds.states()) == {"SETTLED"}


@scene
async def test_window_closes_by_itself_and_late_bets_are_refused(casino: Casino) -> None:
    opened = await casino.deal("open", window_s=5)
    assert opened.closes_ms - opened.server_ms == 5_000
    await casino.until("closed")
    assert code(await casino.bet(1, {RED: 100})) == Refusal.BETTING_CLOSED
    assert phase(await casino.deal("close")) == "closed"


@scene
async def test_dealer_may_close_before_the_window_ends(casino: Casino) -> None:
    await casino.deal("open", window_s=60)
    await casino.deal("close")
    assert code(await casino.bet(1, {RED: 100}, received_ms=casino.clock.now_ms() + 1)) == Refusal.BETTING_CLOSED
    await asyncio.sleep(70)
    assert len(casino.events(BetsClosed)) == 1


@scene
async def test_bet_received_before_the_dealer_closed_still_counts(casino: Casino) -> None:
    await casino.deal("open")
    order = casino.order(1, {RED: 100})
    await casino.deal("close")
    assert isinstance((await casino.say(order))[0], BetPlaced)


@scene
async def test_confirmed_number_must_be_the_entered_one(casino: Casino) -> None:
    await casino.deal("open")
    await casino.deal("close")
    assert code(await casino.deal("confirm", number=5)) == Refusal.WRONG_PHASE
    await casino.deal("number", number=5)
    assert code(await casino.deal("confirm", number=6)) == Refusal.NUMBER_MISMATCH
    assert casino.events(RoundDecided) == []
    await casino.deal("number", number=6)
    assert phase(await casino.deal("confirm", number=6)) == "result"


@pytest.mark.parametrize("number", [-1, 37, 2**63, True])
def test_number_off_the_wheel_is_refused(number: Any) -> None:
    @scene
    async def test(casino: Casino) -> None:
        await casino.deal("open")
        await casino.deal("close")
        assert code(await casino.deal("number", number=number)) == Refusal.NUMBER_INVALID

    test()


@scene
async def test_orders_out_of_phase_are_refused(casino: Casino) -> None:
    assert code(await casino.deal("close")) == Refusal.WRONG_ROUND
    await casino.deal("open")
    assert code(await casino.deal("open")) == Refusal.WRONG_PHASE
    assert code(await casino.deal("number", number=5)) == Refusal.WRONG_PHASE
    assert code(await casino.deal("confirm", number=5)) == Refusal.WRONG_PHASE
    assert code(await casino.deal("dance")) == Refusal.WRONG_PHASE
    assert code(await casino.deal("close", round_id=b"x" * 16)) == Refusal.WRONG_ROUND


@scene
async def test_only_the_dealer_deals_and_the_newer_one_wins(casino: Casino) -> None:
    assert code(await casino.deal("open", OTHER)) == Refusal.NOT_THE_DEALER
    await casino.deal("open")
    await casino.deal("sit", OTHER)
    assert casino.post.personal(DEALER)[-1].view.dealer == "p901"
    assert code(await casino.deal("close")) == Refusal.NOT_THE_DEALER
    assert phase(await casino.deal("close", OTHER)) == "closed"


@scene
async def test_device_only_enters_numbers(casino: Casino) -> None:
    for verb in ("sit", "open", "close", "confirm", "void"):
        assert code(await casino.deal(verb, DEVICE, device=True)) == Refusal.NOT_THE_DEALER
    await casino.deal("open")
    await casino.deal("close")
    entered = await casino.deal("number", DEVICE, number=9, source="sensor", device=True)
    assert (entered.number, entered.source) == (9, "sensor")


@scene
async def test_opening_again_with_the_same_command_opens_nothing(casino: Casino) -> None:
    order = casino.deal_order("open")
    first, second = (await casino.say(order, order))[0], (await casino.say(order))[0]
    assert first.round_id == second.round_id
    await casino.deal("void", reason="test")
    (third,) = await casino.say(order)
    assert (third.phase, len(casino.rounds.rows)) == ("idle", 1)


@scene
async def test_opening_needs_a_clients_id(casino: Casino) -> None:
    assert code(await casino.deal("open", command_id=b"")) == Refusal.ID_CLASS_FORBIDDEN


@scene
async def test_dealers_orders_may_be_repeated(casino: Casino) -> None:
    await casino.deal("open")
    await casino.bet(1, {RED: 100})
    close = casino.deal_order("close")
    assert [a.phase for a in await casino.say(close, close)] == ["closed", "closed"]
    await casino.deal("number", number=1)
    confirm = casino.deal_order("confirm", number=1)
    assert [a.phase for a in await casino.say(confirm, confirm)] == ["result", "result"]
    await casino.until("idle")
    assert phase((await casino.say(confirm))[0]) == "idle"
    assert casino.wallet(1).money(1) == 100_100


@scene
async def test_void_returns_every_stake_also_unconfirmed_ones(casino: Casino) -> None:
    await casino.deal("open")
    await casino.bet(1, {RED: 100})
    casino.wallet(2).delay_s = 1.0
    slow = asyncio.ensure_future(casino.bet(2, {RED: 100}))
    await settle()
    void = casino.deal_order("void", reason="ball_out")
    assert phase((await casino.say(void))[0]) == "idle"
    assert casino.events(RoundVoided)[0].reason == "ball_out"
    assert code(await slow) == Refusal.BETTING_CLOSED
    await asyncio.sleep(2)
    told = casino.post.personal(1)[-1]
    assert isinstance(told, MyBetsVoided)
    assert (told.reason, told.returned_minor) == ("ball_out", 100)
    assert casino.rounds.states() == ["VOIDED"]
    assert casino.wallet(2).money(2) == 100_000
    casino.check_money()
    assert phase((await casino.say(void))[0]) == "idle"


@scene
async def test_voided_round_takes_no_bets_though_nobody_closed_it(casino: Casino) -> None:
    await casino.deal("open")
    orders = [casino.order(1, {RED: 100}), casino.order(1, {RED: 100})]
    casino.rounds.down = True  # the void is decided here and not yet stored
    void = asyncio.ensure_future(casino.deal("void", reason="test"))
    await settle()
    assert code((await casino.say(orders[0]))[0]) == Refusal.BETTING_CLOSED
    casino.rounds.down = False
    await void
    assert code((await casino.say(orders[1]))[0]) == Refusal.BETTING_CLOSED
    assert casino.wallet(1).states(1) == []


@scene
async def test_decided_round_cannot_be_voided(casino: Casino) -> None:
    await casino.deal("open")
    await casino.bet(1, {RED: 100})
    await casino.deal("close")
    await casino.deal("number", number=0)
    casino.wallet(1).down = True
    await casino.deal("confirm", number=0)
    assert code(await casino.deal("void", reason="late")) == Refusal.WRONG_PHASE
    casino.wallet(1).down = False
    await casino.until("idle")
    assert casino.rounds.states() == ["SETTLED"]


@scene
async def test_dealer_who_vanishes_leaves_the_round_to_the_next(casino: Casino) -> None:
    await casino.deal("open")
    await casino.bet(1, {RED: 100})
    await casino.deal("close")
    await casino.deal("number", number=1)
    await asyncio.sleep(3_600)
    view = await casino.deal("sit", OTHER)
    assert (view.phase, view.number, view.bets, view.players, view.stake_minor) == ("number", 1, 1, 1, 100)
    await casino.deal("confirm", OTHER, number=1)
    await casino.follow()
    await casino.until("idle")
    assert casino.wallet(1).money(1) == 100_100


@scene
async def test_restart_voids_an_undecided_round(casino: Casino) -> None:
    await casino.deal("open")
    await casino.bet(1, {RED: 100})
    await casino.deal("close")
    await casino.deal("number", number=1)
    await casino.restart()
    assert casino.rounds.states() == ["VOIDED"]
    assert casino.wallet(1).money(1) == 100_000
    assert code(await casino.deal("open")) == Refusal.NOT_THE_DEALER


@scene
async def test_dealer_and_device_see_every_change(casino: Casino) -> None:
    await casino.deal("open")
    await casino.bet(1, {RED: 100})
    await asyncio.sleep(0.3)
    await casino.deal("close")
    await casino.deal("number", DEVICE, number=1, source="sensor", device=True)
    await casino.deal("confirm", number=1)
    await casino.until("idle")
    views = [event.view for event in casino.post.personal(DEALER) if isinstance(event, MyDealerView)]
    phases = list(dict.fromkeys(view.phase for view in views))
    assert phases == ["idle", "betting", "closed", "number", "result"]
    assert max(view.stake_minor for view in views) == 100
    device = [event.view.phase for event in casino.post.personal(DEVICE)]
    assert device[0] == "number"
    assert device[-1] == "idle"


@scene
async def test_table_hears_of_a_new_dealer_only_between_rounds(casino: Casino) -> None:
    assert casino.events(TablePaused)[-1].dealer == "p900"
    await casino.deal("open")
    await casino.deal("sit", OTHER)
    assert casino.events(TablePaused)[-1].dealer == "p900"
    assert (await casino.state()).dealer == "p900"
    await casino.deal("void", OTHER, reason="change")
    assert casino.events(TablePaused)[-1].dealer == "p901"
    assert (await casino.state()).dealer == "p901"


@scene
async def test_slow_store_is_an_unknown_outcome_and_the_order_goes_on(casino: Casino) -> None:
    casino.rounds.down = True
    order = casino.deal_order("open")
    assert code((await casino.say(order))[0]) == Refusal.OUTCOME_UNKNOWN
    assert code(await casino.deal("open")) == Refusal.BUSY
    casino.rounds.down = False
    assert phase((await casino.say(order))[0]) == "betting"
    assert len(casino.rounds.rows) == 1


@scene
async def test_dealers_word_at_a_table_without_dealer_is_refused(casino: Casino) -> None:
    del casino
    rng = Casino()
    await rng.start()
    assert code(await rng.deal("sit")) == Refusal.WRONG_PHASE


@scene
async def test_lobby_line_tells_what_the_table_is(casino: Casino) -> None:
    from actors.domain.commands import DescribeTable

    await casino.follow("gateway/1", players=4)
    (line,) = await casino.say(DescribeTable())
    assert line == TableLine("t", "roulette", "live", "Live", 1, 100, 500_000, 5, "idle")
    assert seat(1).shard == 1


@scene
async def test_lobby_line_tells_the_last_twelve_outcomes(casino: Casino) -> None:
    from actors.domain.commands import DescribeTable

    casino.table.stage.history = list(range(20))
    (line,) = await casino.say(DescribeTable())
    assert line.last == list(range(12))
