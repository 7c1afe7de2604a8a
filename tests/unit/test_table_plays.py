"""Plays at a table, whatever the game: when orders count, what outages and changed rules do to a round."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from actors.domain.commands import Act, Acted, Refused
from actors.domain.events import MyBetsVoided, RoundVoided
from actors.domain.refusals import Refusal
from tests.fakes.hands import Hands
from tests.fakes.table_world import Casino, seat
from tests.simulation.loop import run_virtual

#: A deal whose first hand may double, and that stands after it.
DEAL = 9


def code(answer: object) -> int:
    """Return the code of a refusal."""
    assert isinstance(answer, Refused), answer
    return answer.code


def test_act_at_a_table_where_nothing_is_played_is_refused() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        book = casino.table.stage.book
        assert book is not None
        order = Act(seat(1), book.round_id, casino.new_id(), bytes(16), "cash_out", 0, casino.clock.now_ms())
        (answer,) = await casino.say(order)
        assert code(answer) == Refusal.WRONG_PHASE

    run_virtual(run())


def test_act_while_bets_are_taken_is_refused_and_may_be_sent_again() -> None:
    async def run() -> None:
        casino = Hands(DEAL)
        await casino.start()
        placed = await casino.bet(1, {0: 1_000})
        book = casino.table.stage.book
        assert book is not None
        early = Act(seat(1), book.round_id, casino.new_id(), placed.bet.bet_id, "stand", 0, casino.clock.now_ms())
        assert code((await casino.say(early))[0]) == Refusal.WRONG_PHASE
        await casino.until("playing")
        (answer,) = await casino.say(msgspec.structs.replace(early, received_ms=casino.clock.now_ms()))
        assert isinstance(answer, Acted)

    run_virtual(run())


@pytest.mark.parametrize("round_id", [bytes(16), bytes(range(16))])
def test_act_in_an_unknown_round_is_refused(round_id: bytes) -> None:
    async def run() -> None:
        casino = Hands(DEAL)
        await casino.start()
        order = Act(seat(1), round_id, casino.new_id(), bytes(16), "stand", 0, casino.clock.now_ms())
        assert code((await casino.say(order))[0]) == Refusal.WRONG_ROUND

    run_virtual(run())


def test_act_after_the_end_is_too_late_and_the_one_before_keeps_its_answer() -> None:
    async def run() -> None:
        casino = Hands(DEAL)
        await casino.start()
        order = casino.act_order(await casino.first_hand(1), "stand")
        late = msgspec.structs.replace(order, command_id=casino.new_id())
        (answer,) = await casino.say(order)
        await casino.play()
        again, refused = await casino.say(order, late)
        assert again == answer
        assert code(refused) == Refusal.TOO_LATE

    run_virtual(run())


def test_store_that_is_away_holds_up_the_play_and_loses_nothing() -> None:
    async def run() -> None:
        casino = Hands(DEAL)
        await casino.start()
        order = casino.act_order(await casino.first_hand(1), "stand")
        casino.rounds.down = True
        answering = asyncio.ensure_future(casino.say(order))
        await asyncio.sleep(1.0)
        assert not answering.done()
        casino.rounds.down = False
        (answer,) = await answering
        assert isinstance(answer, Acted)
        await casino.play()
        casino.check_money()

    run_virtual(run())


def test_rules_that_changed_void_the_round_and_no_hand_is_finished_by_others() -> None:
    async def run() -> None:
        casino = Hands(DEAL)
        await casino.start()
        await casino.say(casino.act_order(await casino.first_hand(1, {0: 1_000, 20: 500}), "double"))
        row = next(iter(casino.rounds.rows.values()))
        row.new = msgspec.structs.replace(row.new, rules_version="blackjack-6d-s17-0:of-yesterday")
        await casino.restart()
        assert casino.rounds.states()[0] == "VOIDED"
        assert casino.wallet(1).money(1) == 100_000
        (told,) = casino.post.personal(1)
        assert isinstance(told, MyBetsVoided)
        assert (len(told.bet_ids), told.returned_minor) == (2, 2_500)
        casino.check_money()

    run_virtual(run())


def test_round_that_is_played_on_is_in_the_snapshots_of_the_successor() -> None:
    async def run() -> None:
        casino = Hands(DEAL)
        await casino.start()
        hand = await casino.first_hand(1)
        before = await casino.state()
        await casino.restart()
        await casino.until("playing")
        await asyncio.sleep(0.2)
        after = await casino.state()
        assert (after.phase, after.round_id, after.commitment) == ("playing", before.round_id, before.commitment)
        assert after.my_bets == before.my_bets
        assert after.seats == before.seats
        assert after.view is not None
        assert casino.first_hand_of(after.view) == hand
        assert casino.events(RoundVoided) == []

    run_virtual(run())


def test_bet_sent_again_after_the_take_over_has_the_answer_it_had() -> None:
    async def run() -> None:
        casino = Hands(DEAL)
        await casino.start()
        order = casino.order(1, {0: 1_000})
        (placed,) = await casino.say(order)
        await casino.until("playing")
        await casino.restart()
        await casino.until("playing")
        (again,) = await casino.say(order)
        assert (again.round_id, again.bet) == (placed.round_id, placed.bet)

    run_virtual(run())
