"""Orders to bet and to take back: windows, ids, limits, wallets that refuse, lose or delay."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from actors.domain.commands import BetPlaced, BetsTakenBack, Refused
from actors.domain.events import MyBetsSettled, MyBetsVoided, StakesShown
from actors.domain.ids import Origin, id_origin, make_id
from actors.domain.money.orders import Reserve, Settle, Void
from actors.domain.refusals import Refusal
from tests.fakes.post import LOSE_REPLY, LOSE_REQUEST, QUEUE_FULL
from tests.fakes.table_world import Casino, told
from tests.simulation.loop import run_virtual

RED, BLACK = 151, 152


def scene(test: Any) -> Any:
    """Run the test on virtual time with a table that takes bets."""

    def run() -> None:
        async def main() -> None:
            casino = Casino()
            await casino.start()
            await test(casino)
            assert casino.fatal == []

        run_virtual(main())

    run.__name__ = test.__name__
    return run


def code(answer: Any) -> int:
    assert isinstance(answer, Refused), answer
    return answer.code


# ---------------------------------------------------------------- the window


@scene
async def test_bet_on_its_way_back_when_the_round_is_decided_is_not_repeated(casino: Casino) -> None:
    # The wallet says that it is back after the layout was fixed and before the stakes to repeat are remembered.
    kept, left = await casino.bet(1, {RED: 100}), await casino.bet(1, {RED: 100, BLACK: 300})
    await asyncio.sleep(4.9)
    casino.wallet(1).delay_s = 0.5
    undo = asyncio.ensure_future(casino.undo(1, left.bet.bet_id))
    await casino.until("result")
    assert not undo.done()
    assert isinstance(await undo, BetsTakenBack)
    await casino.until("betting")
    again = await casino.bet(1, mode="repeat")
    assert again.bet.chips == kept.bet.chips


@scene
async def test_bet_received_just_before_closing_counts(casino: Casino) -> None:
    closes_ms = (await casino.state()).closes_ms
    order = casino.order(1, {RED: 100}, received_ms=closes_ms)
    await casino.until("closed")
    assert isinstance((await casino.say(order))[0], BetPlaced)
    await casino.until("idle")
    assert casino.wallet(1).states(1) == ["settled"]


@scene
async def test_bet_received_just_after_closing_is_refused(casino: Casino) -> None:
    closes_ms = (await casino.state()).closes_ms
    assert code(await casino.bet(1, {RED: 100}, received_ms=closes_ms + 1)) == Refusal.BETTING_CLOSED
    assert casino.wallet(1).batches[1:] == []  # only the fence


@scene
async def test_bet_that_travels_longer_than_the_grace_is_refused(casino: Casino) -> None:
    casino.wallet(2).delay_s = 1.0  # keeps the round from being decided
    closes_ms = (await casino.state()).closes_ms
    late = casino.order(1, {RED: 100}, received_ms=closes_ms)
    await asyncio.sleep(4.7)
    slow = asyncio.ensure_future(casino.bet(2, {RED: 100}))
    await casino.until("closed")
    await asyncio.sleep(casino.config.grace_ms / 1000 + 0.01)
    assert casino.table.stage.phase == "closed"
    assert code((await casino.say(late))[0]) == Refusal.BETTING_CLOSED
    assert isinstance(await slow, BetPlaced)


@scene
async def test_bet_for_a_former_round_is_closed_and_for_an_unknown_one_wrong(casino: Casino) -> None:
    former = casino.order(1, {RED: 100})
    await casino.until("idle")
    await casino.until("betting")
    assert code((await casino.say(former))[0]) == Refusal.BETTING_CLOSED
    assert code(await casino.bet(1, {RED: 100}, round_id=b"x" * 16)) == Refusal.WRONG_ROUND


@scene
async def test_stopping_table_takes_no_bets(casino: Casino) -> None:
    order = casino.order(1, {RED: 100})
    await casino.table.stop()
    assert code((await casino.say(order))[0]) == Refusal.DRAINING


# ---------------------------------------------------------------- ids


@scene
async def test_same_bet_again_has_the_same_answer_and_one_reservation(casino: Casino) -> None:
    order = casino.order(1, {RED: 100})
    first = await casino.say(order)
    again = await casino.say(order, order)
    assert again == [first[0], first[0]]
    assert casino.wallet(1).states(1) == ["open"]
    assert sum(isinstance(o, Reserve) for batch in casino.wallet(1).batches for o in batch) == 1


@scene
async def test_same_bet_while_the_first_is_under_way_waits_for_its_answer(casino: Casino) -> None:
    casino.wallet(1).delay_s = 0.5
    order = casino.order(1, {RED: 100})
    first, second, third = await asyncio.gather(casino.say(order), casino.say(order), casino.say(order))
    assert isinstance(first[0], BetPlaced)
    assert first == second == third
    assert (await casino.state()).my_bets == [first[0].bet]


@scene
async def test_same_id_with_other_content_is_refused_and_changes_nothing(casino: Casino) -> None:
    order = casino.order(1, {RED: 100})
    await casino.say(order)
    other = msgspec.structs.replace(casino.order(1, {RED: 200}), bet_id=order.bet_id)
    doubled = msgspec.structs.replace(order, mode="double", chips=[])
    assert [code(a) for a in await casino.say(other, doubled)] == [Refusal.ID_REUSED] * 2
    assert casino.wallet(1).escrow[1] == 100


@scene
async def test_refused_bet_stays_refused_under_its_id(casino: Casino) -> None:
    big = casino.order(1, {RED: 200_000})
    assert code((await casino.say(big))[0]) == Refusal.INSUFFICIENT_FUNDS
    casino.wallet(1).cash[1] = 10**9
    assert code((await casino.say(big))[0]) == Refusal.INSUFFICIENT_FUNDS


@scene
async def test_two_players_may_use_one_id(casino: Casino) -> None:
    id_ = casino.new_id()
    answers = [await casino.bet(player, {RED: 100}, bet_id=id_) for player in (1, 2)]
    assert all(isinstance(answer, BetPlaced) for answer in answers)
    await casino.until("idle")
    casino.check_money()


@pytest.mark.parametrize("origin", [Origin.SETTLE, Origin.VOID, Origin.TABLE])
def test_id_of_another_class_is_refused(origin: Origin) -> None:
    @scene
    async def test(casino: Casino) -> None:
        id_ = make_id(casino.clock.now_ms(), origin, bytes(9))
        assert code(await casino.bet(1, {RED: 100}, bet_id=id_)) == Refusal.ID_CLASS_FORBIDDEN
        assert code(await casino.undo(1, command_id=id_)) == Refusal.ID_CLASS_FORBIDDEN

    test()


@pytest.mark.parametrize("id_", [b"", b"\0" * 16, b"\xff" * 16, b"x" * 17])
def test_malformed_id_is_refused(id_: bytes) -> None:
    @scene
    async def test(casino: Casino) -> None:
        assert code(await casino.bet(1, {RED: 100}, bet_id=id_)) == Refusal.ID_CLASS_FORBIDDEN

    test()


@scene
async def test_id_far_from_now_is_refused(casino: Casino) -> None:
    now_ms = casino.clock.now_ms()
    ahead = make_id(now_ms + 5 * 60_000 + 1, Origin.CLIENT, bytes(9))
    old = make_id(now_ms - 24 * 3_600_000 - 1, Origin.CLIENT, bytes(9))
    assert code(await casino.bet(1, {RED: 100}, bet_id=ahead)) == Refusal.ID_IN_FUTURE
    assert code(await casino.bet(1, {RED: 100}, bet_id=old)) == Refusal.ID_TOO_OLD


# ---------------------------------------------------------------- limits, repeat, double


@scene
async def test_limits_count_what_is_on_the_layout_and_on_its_way(casino: Casino) -> None:
    casino.wallet(1).delay_s = 0.5
    both = await casino.say(casino.order(1, {17: 6_000}), casino.order(1, {17: 6_000}))
    assert isinstance(both[0], BetPlaced)
    assert code(both[1]) == Refusal.STAKE_ABOVE_MAXIMUM
    assert code(await casino.bet(1, {17: 4_001})) == Refusal.STAKE_ABOVE_MAXIMUM
    assert isinstance(await casino.bet(1, {17: 4_000}), BetPlaced)


@scene
async def test_taken_back_stakes_count_no_more(casino: Casino) -> None:
    placed = await casino.bet(1, {17: 10_000})
    await casino.undo(1, placed.bet.bet_id)
    assert isinstance(await casino.bet(1, {17: 10_000}), BetPlaced)


@scene
async def test_too_many_bets_in_a_round_are_refused(casino: Casino) -> None:
    orders = [casino.order(1, {RED: 100}) for _ in range(casino.config.max_bets + 1)]
    answers = await casino.say(*orders)
    assert code(answers.pop()) == Refusal.TOO_MANY_CHIPS
    assert all(isinstance(answer, BetPlaced) for answer in answers)


@scene
async def test_announced_bet_is_one_stake_on_several_positions(casino: Casino) -> None:
    placed = await casino.call(1, "voisins", 100)
    assert placed.bet.stake_minor == 900
    assert len(placed.bet.chips) == 7


@scene
async def test_double_places_all_accepted_stakes_once_more(casino: Casino) -> None:
    assert code(await casino.bet(1, mode="double")) == Refusal.NOTHING_TO_DOUBLE
    await casino.bet(1, {17: 100, RED: 200})
    await casino.bet(1, {17: 50 + 100})
    doubled = await casino.bet(1, mode="double")
    assert {(c.position, c.stake_minor) for c in doubled.bet.chips} == {(17, 250), (RED, 200)}
    assert casino.wallet(1).escrow[1] == 900


@scene
async def test_repeat_places_the_last_settled_round_again(casino: Casino) -> None:
    assert code(await casino.bet(1, mode="repeat")) == Refusal.NOTHING_TO_REPEAT
    assert not (await casino.state()).can_repeat
    await casino.bet(1, {17: 100})
    await casino.bet(1, {17: 100, RED: 300})
    await casino.until("idle")
    await casino.until("betting")
    assert (await casino.state()).can_repeat
    repeated = await casino.bet(1, mode="repeat")
    assert {(c.position, c.stake_minor) for c in repeated.bet.chips} == {(17, 200), (RED, 300)}


@scene
async def test_double_over_the_limit_is_refused(casino: Casino) -> None:
    await casino.bet(1, {17: 5_001})
    assert code(await casino.bet(1, mode="double")) == Refusal.STAKE_ABOVE_MAXIMUM


# ---------------------------------------------------------------- taking back


@scene
async def test_undo_of_one_bet_returns_its_stake_and_shows_it(casino: Casino) -> None:
    first = await casino.bet(1, {RED: 100})
    second = await casino.bet(1, {BLACK: 300})
    back = await casino.undo(1, first.bet.bet_id)
    assert isinstance(back, BetsTakenBack)
    assert (back.bet_ids, back.returned_minor, back.cash_minor) == ([first.bet.bet_id], 100, 99_700)
    assert (await casino.state()).my_bets == [second.bet]
    await asyncio.sleep(0.3)
    assert casino.events(StakesShown)[-1].seats[0].stake_minor == 300
    await casino.until("idle")
    assert casino.wallet(1).states(1) == ["voided", "settled"]


@scene
async def test_undo_without_ids_takes_all_back(casino: Casino) -> None:
    for _ in range(3):
        await casino.bet(1, {RED: 100})
    back = await casino.undo(1)
    assert (len(back.bet_ids), back.returned_minor, back.escrow_minor) == (3, 300, 0)
    assert code(await casino.undo(1)) == Refusal.BET_NOT_FOUND
    await casino.until("idle")
    assert casino.post.personal(1) == []


@scene
async def test_undo_is_all_or_nothing(casino: Casino) -> None:
    mine = await casino.bet(1, {RED: 100})
    theirs = await casino.bet(3, {RED: 100})
    answer = await casino.undo(1, mine.bet.bet_id, theirs.bet.bet_id)
    assert code(answer) == Refusal.BET_NOT_FOUND
    assert casino.wallet(1).escrow == {1: 100, 3: 100}


@scene
async def test_undo_again_has_the_same_answer(casino: Casino) -> None:
    placed = await casino.bet(1, {RED: 100})
    order = casino.undo_order(1, placed.bet.bet_id)
    first = await casino.say(order)
    assert await casino.say(order) == first
    other = msgspec.structs.replace(order, bet_ids=[])
    assert code((await casino.say(other))[0]) == Refusal.ID_REUSED


@scene
async def test_undo_after_closing_is_refused(casino: Casino) -> None:
    placed = await casino.bet(1, {RED: 100})
    await casino.until("closed")
    assert code(await casino.undo(1, placed.bet.bet_id)) == Refusal.BETTING_CLOSED


@scene
async def test_undo_whose_answer_is_lost_is_in_the_plan_to_void(casino: Casino) -> None:
    placed = await casino.bet(1, {RED: 100})
    casino.wallet(1).faults.append(LOSE_REQUEST)
    order = casino.undo_order(1, placed.bet.bet_id)
    assert code((await casino.say(order))[0]) == Refusal.OUTCOME_UNKNOWN
    await casino.until("idle")
    assert casino.wallet(1).states(1) == ["voided"]
    assert isinstance(casino.post.personal(1)[0], MyBetsVoided)
    assert isinstance((await casino.say(order))[0], BetsTakenBack)


@scene
async def test_undo_sent_again_after_a_lost_answer_is_carried_out(casino: Casino) -> None:
    placed = await casino.bet(1, {RED: 100})
    order = casino.undo_order(1, placed.bet.bet_id)
    casino.wallet(1).faults.append(LOSE_REPLY)
    assert code((await casino.say(order))[0]) == Refusal.OUTCOME_UNKNOWN
    (back,) = await casino.say(order)
    assert (back.returned_minor, back.cash_minor) == (100, 100_000)


# ---------------------------------------------------------------- wallets


@scene
async def test_batch_asks_each_wallet_once(casino: Casino) -> None:
    asked = casino.post.asked
    answers = await casino.say(*(casino.order(player, {RED: 100}) for player in range(1, 101)))
    assert all(isinstance(answer, BetPlaced) for answer in answers)
    assert casino.post.asked - asked == 2


@scene
async def test_answers_keep_the_order_of_the_batch(casino: Casino) -> None:
    orders = [casino.order(player, {RED: 100 * player}) for player in (5, 2, 3, 8)]
    refused = casino.order(4, {157: 100})
    answers = await casino.say(orders[0], refused, *orders[1:])
    assert code(answers.pop(1)) == Refusal.UNKNOWN_POSITION
    assert [answer.bet.bet_id for answer in answers] == [order.bet_id for order in orders]


@scene
async def test_full_queue_leaves_no_trace_and_the_same_id_works_later(casino: Casino) -> None:
    order = casino.order(1, {17: 10_000})
    casino.wallet(1).faults.append(QUEUE_FULL)
    assert code((await casino.say(order))[0]) == Refusal.BUSY
    assert isinstance(await casino.bet(1, {17: 10_000}), BetPlaced)
    assert code((await casino.say(order))[0]) == Refusal.STAKE_ABOVE_MAXIMUM


@scene
async def test_busy_wallet_says_nothing_of_an_earlier_attempt_so_the_bet_is_unknown(casino: Casino) -> None:
    order = casino.order(1, {RED: 100})
    casino.wallet(1).faults.append(Refusal.BUSY)
    assert code((await casino.say(order))[0]) == Refusal.OUTCOME_UNKNOWN
    assert isinstance((await casino.say(order))[0], BetPlaced)


@scene
async def test_full_queue_after_a_lost_answer_leaves_the_bet_unknown(casino: Casino) -> None:
    order = casino.order(1, {RED: 100})
    casino.wallet(1).faults.extend([LOSE_REPLY, QUEUE_FULL])
    for _ in range(2):
        assert code((await casino.say(order))[0]) == Refusal.OUTCOME_UNKNOWN
    await casino.until("idle")
    assert casino.wallet(1).states(1) == ["voided"]


@scene
async def test_lost_answer_is_unknown_and_sent_again_is_accepted(casino: Casino) -> None:
    order = casino.order(1, {RED: 100})
    casino.wallet(1).faults.append(LOSE_REPLY)
    assert code((await casino.say(order))[0]) == Refusal.OUTCOME_UNKNOWN
    assert isinstance((await casino.say(order))[0], BetPlaced)
    await casino.until("idle")
    assert casino.wallet(1).states(1) == ["settled"]


@pytest.mark.parametrize("fault", [LOSE_REPLY, LOSE_REQUEST])
def test_bet_unknown_at_the_end_is_voided_by_the_plan(fault: str) -> None:
    @scene
    async def test(casino: Casino) -> None:
        order = casino.order(1, {RED: 100})
        casino.wallet(1).faults.append(fault)
        assert code((await casino.say(order))[0]) == Refusal.OUTCOME_UNKNOWN
        await casino.until("idle")
        (row,) = casino.rounds.rows.values()
        assert row.plan is not None
        assert ([e.reservation_id for e in row.plan.void], row.plan.settle) == ([order.bet_id], [])
        assert casino.wallet(1).money(1) == 100_000
        casino.check_money()
        assert code((await casino.say(order))[0]) == Refusal.BETTING_CLOSED

    test()


@scene
async def test_answer_after_the_decision_refuses_the_bet_and_returns_the_stake(casino: Casino) -> None:
    casino.wallet(1).delay_s = 2.9
    await asyncio.sleep(4.9)
    order = casino.order(1, {RED: 100})
    casino.config = msgspec.structs.replace(casino.config, drain_ms=500)
    casino.table.stage.config = casino.config
    assert code((await casino.say(order))[0]) == Refusal.BETTING_CLOSED
    await casino.until("idle")
    assert casino.wallet(1).states(1) == ["voided"]
    assert code((await casino.say(order))[0]) == Refusal.BETTING_CLOSED
    casino.check_money()


@scene
async def test_reservation_that_arrives_after_its_void_moves_nothing(casino: Casino) -> None:
    casino.wallet(1).delay_s = 30.0  # carried out long after the table stopped waiting
    await asyncio.sleep(4.9)
    order = casino.order(1, {RED: 100})
    answer = asyncio.ensure_future(casino.say(order))
    await asyncio.sleep(0.01)
    casino.wallet(1).delay_s = 0.0
    assert code((await answer)[0]) == Refusal.OUTCOME_UNKNOWN
    await casino.until("idle")
    assert code((await casino.say(order))[0]) == Refusal.BETTING_CLOSED
    await asyncio.sleep(60)
    assert casino.wallet(1).states(1) == []
    assert casino.wallet(1).money(1) == 100_000


@scene
async def test_settlement_is_sent_again_until_it_is_acknowledged(casino: Casino) -> None:
    casino.entropy.numbers.append(1)
    await casino.bet(1, {RED: 100})
    await casino.until("closed")
    casino.wallet(1).faults.extend([LOSE_REPLY, QUEUE_FULL, Refusal.BUSY, LOSE_REQUEST])
    (mine,) = await told(casino, 1)
    assert casino.wallet(1).money(1) == 100_100
    settles = {o for batch in casino.wallet(1).batches for o in batch if isinstance(o, Settle)}
    assert len(settles) == 1
    assert isinstance(mine, MyBetsSettled)


@scene
async def test_one_wallet_away_does_not_keep_the_others_players_waiting(casino: Casino) -> None:
    await casino.bet(1, {RED: 100})
    await casino.bet(2, {RED: 100})
    await casino.until("closed")
    casino.wallet(1).down = True
    await casino.until("result")
    await asyncio.sleep(1)
    assert len(casino.post.personal(2)) == 1
    assert casino.post.personal(1) == []
    assert casino.rounds.states() == ["DECIDED"]
    casino.wallet(1).down = False
    await casino.until("idle")
    assert len(casino.post.personal(1)) == 1
    assert casino.rounds.states() == ["SETTLED"]


@scene
async def test_refused_settlement_keeps_the_round_decided(casino: Casino) -> None:
    await casino.bet(1, {RED: 100})
    await casino.until("closed")
    (held,) = casino.wallet(1).held.values()
    held.state = "voided"  # books and plan disagree
    await casino.until("result")
    await asyncio.sleep(30)
    assert casino.rounds.states() == ["DECIDED"]
    assert casino.table.driver.refused > 0


@scene
async def test_derived_ids_have_their_class_and_belong_to_one_round_and_player(casino: Casino) -> None:
    id_ = casino.new_id()
    for player in (1, 3):
        casino.wallet(player).faults.append(LOSE_REQUEST if player == 3 else None)
        await casino.bet(player, {RED: 100}, bet_id=id_)
    await casino.until("idle")
    orders = [o for batch in casino.wallet(1).batches for o in batch]
    (settle,) = [o for o in orders if isinstance(o, Settle)]
    (void,) = [o for o in orders if isinstance(o, Void)]
    assert id_origin(settle.cmd_id) == Origin.SETTLE
    assert id_origin(void.cmd_id) == Origin.VOID
    assert settle.reservation_id == void.reservation_id == id_
    assert casino.wallet(1).states(1) == ["settled"]


def test_wallet_with_a_newer_fence_ends_this_incarnation() -> None:
    async def run() -> None:
        casino = Casino()
        await casino.start()
        casino.wallet(1).fences["t"] = 99
        assert code(await casino.bet(1, {RED: 100})) == Refusal.BUSY
        assert len(casino.fatal) == 1

    run_virtual(run())


# ---------------------------------------------------------------- a shard that is away


@scene
async def test_round_that_waits_for_a_dead_shard_lets_the_next_one_open_and_is_settled_later(casino: Casino) -> None:
    """A table once stood still until the last wallet had acknowledged: one dead server stopped everybody's play."""
    casino.entropy.numbers.append(1)
    await casino.bet(1, {RED: 100})
    first = casino.table.stage.book
    await casino.until("closed")
    casino.wallet(1).faults.extend([LOSE_REQUEST] * 4)  # each costs an ask's whole time
    await casino.until("idle")
    await casino.until("betting")
    assert casino.table.stage.book is not first
    assert casino.wallet(1).states(1) == ["open"]
    assert isinstance((await told(casino, 1))[0], MyBetsSettled)
    assert casino.wallet(1).states(1) == ["settled"]


@scene
async def test_dead_shards_bets_are_refused_at_once_until_it_gives_a_sign_of_life(casino: Casino) -> None:
    casino.wallet(1).faults.extend([LOSE_REQUEST] * 3)  # two bets, one probe
    lost = await asyncio.gather(*(casino.bet(1, {RED: 100}) for _ in range(2)))
    assert {code(answer) for answer in lost} == {Refusal.OUTCOME_UNKNOWN}
    assert code(await casino.bet(1, {RED: 100})) == Refusal.BUSY
    await casino.until("idle")
    await casino.until("betting")
    assert isinstance(await casino.bet(1, {RED: 100}), BetPlaced)


@scene
async def test_bug_in_taking_in_an_answer_fails_the_batch_and_not_who_carried_the_answer(casino: Casino) -> None:
    # The answers of all shards come by callbacks: an exception there must reach the receiver, which ends the host.
    def broken(*_: object) -> None:
        raise AssertionError("a bug")

    book = casino.table.stage.book
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "apply_reserved", broken)
        with pytest.raises(AssertionError, match="a bug"):
            await casino.say(casino.order(1, {RED: 100}), casino.order(2, {RED: 100}))


@scene
async def test_player_of_whom_much_is_seen_is_not_forgotten_in_a_crowd(casino: Casino) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("actors.table_followers.SEATS_MAX", 8)
        for stranger in range(100, 130):
            await casino.bet(1, {RED: 100})
            await casino.bet(stranger, {RED: 100})
        assert casino.table.stage.followers.name_of(1) == "p1"
        assert casino.table.stage.followers.name_of(100) == ""
