"""Blackjack at a table: a hand survives the death of its table at every step, and every stake of it ends once."""

from __future__ import annotations

import pytest

from actors.domain.commands import Acted, Refused
from actors.domain.events import PlayShown
from actors.domain.refusals import Refusal
from tests.fakes.hands import Hands, Moment
from tests.fakes.post import LOSE_REPLY, LOSE_REQUEST, QUEUE_FULL
from tests.simulation.loop import run_virtual

#: What players 1 and 2 put down: two seats with side bets, one behind the other's.
STAKES = {1: {0: 1_000, 1: 100, 2: 100, 23: 300}, 2: {20: 2_000, 50: 500}}
#: Deals in which, by the fixed strategy, hands are split and doubled and insurance is offered.
DEALS = (14, 16, 27)
#: A deal whose first hand may double.
DOUBLES = 9


async def played(casino: Hands) -> tuple[tuple[int, ...], list[int]]:
    """Return the cards and what both players have after one round."""
    await casino.start(players=2)
    for player, stakes in STAKES.items():
        await casino.bet(player, stakes)
    await casino.play()
    casino.check_money()
    return casino.ended()


@pytest.fixture(scope="module")
def undisturbed() -> dict[int, tuple[tuple[int, ...], list[int]]]:
    async def one(deal: int) -> tuple[tuple[int, ...], list[int]]:
        return await played(Hands(deal))

    return {deal: run_virtual(one(deal)) for deal in DEALS}


def test_deals_hold_splits_doubles_and_insurance() -> None:
    async def acts(deal: int) -> set[str]:
        casino = Hands(deal)
        await played(casino)
        return set(casino.acts)

    assert set().union(*(run_virtual(acts(deal)) for deal in DEALS)) >= {"split", "double", "insure", "hit", "stand"}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", range(9))
@pytest.mark.parametrize("deal", DEALS)
def test_table_that_dies_at_a_step_deals_and_pays_the_same(
    undisturbed: dict[int, tuple[tuple[int, ...], list[int]]], deal: int, number: int, moment: Moment
) -> None:
    async def run() -> tuple[Hands, tuple[tuple[int, ...], list[int]]]:
        casino = Hands(deal, ("add_steps", number, moment))
        return casino, await played(casino)

    casino, ended = run_virtual(run())
    assert casino.deaths <= 1
    assert ended == undisturbed[deal]


@pytest.mark.parametrize("call", ["start_play", "decide"])
def test_table_that_dies_after_a_play_began_or_ended_goes_on(
    undisturbed: dict[int, tuple[tuple[int, ...], list[int]]], call: str
) -> None:
    async def run() -> tuple[Hands, tuple[tuple[int, ...], list[int]]]:
        casino = Hands(DEALS[0], (call, 0, "after"))
        return casino, await played(casino)

    casino, ended = run_virtual(run())
    assert casino.deaths == 1
    assert ended == undisturbed[DEALS[0]]


def test_table_that_dies_before_a_play_is_durable_voids_the_round() -> None:
    async def run() -> None:
        casino = Hands(DEALS[0], ("start_play", 0, "before"))
        await casino.start(players=2)
        for player, stakes in STAKES.items():
            await casino.bet(player, stakes)
        await casino.play()
        assert casino.rounds.states()[0] == "VOIDED"
        assert [casino.wallet(player).money(player) for player in STAKES] == [100_000, 100_000]

    run_virtual(run())


@pytest.mark.parametrize("fault", [LOSE_REQUEST, LOSE_REPLY, QUEUE_FULL])
def test_wallet_that_does_not_answer_for_a_double_leaves_the_hand_as_it_was(fault: str) -> None:
    async def run() -> None:
        casino = Hands(DOUBLES)
        await casino.start(players=2)
        hand = await casino.first_hand(1)
        casino.wallet(1).faults.append(fault)
        (answer,) = await casino.say(casino.act_order(hand, "double"))
        assert isinstance(answer, Refused)
        assert answer.code == (Refusal.BUSY if fault == QUEUE_FULL else Refusal.ALREADY_VOIDED)
        await casino.play()
        casino.check_money()

    run_virtual(run())


def test_order_sent_twice_is_one_and_another_with_its_id_is_refused() -> None:
    async def run() -> None:
        casino = Hands(DOUBLES)
        await casino.start(players=2)
        order = casino.act_order(hand := await casino.first_hand(1), "double")
        first, second = await casino.say(order, order)
        assert isinstance(first, Acted)
        assert (first, first.stake_minor) == (second, 1_000)
        (refused,) = await casino.say(casino.act_order(hand, "stand", order.command_id))
        assert refused.code == Refusal.ID_REUSED
        await casino.play()
        casino.check_money()

    run_virtual(run())


def test_hole_card_is_in_nothing_that_is_told_before_the_end() -> None:
    async def run() -> None:
        casino = Hands(DEALS[0])
        await played(casino)
        *before, last = [event.view for event in casino.events(PlayShown)]
        assert all(view.dealer[1] == -1 for view in before)
        assert last.dealer[1] >= 0

    run_virtual(run())


def test_seat_of_another_is_refused() -> None:
    async def run() -> None:
        casino = Hands(DEALS[0])
        await casino.start(players=2)
        await casino.bet(1, {0: 1_000})
        refused = await casino.bet(2, {0: 1_000})
        assert refused.code == Refusal.SEAT_TAKEN

    run_virtual(run())
