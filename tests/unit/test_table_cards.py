"""A live baccarat table: a dealer deals coups from a shoe that outlives rounds and hosts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from actors.domain.commands import DealerView, Refused
from actors.domain.events import MyBetsSettled, NumberEntered, PlayShown, RoundDecided, RoundVoided
from actors.domain.games.baccarat import BANKER, PLAYER, TIE
from actors.domain.games.shoe_events import Happening
from actors.domain.refusals import Refusal
from actors.ports import StaleEpoch
from tests.fakes.card_table import CARDS, CardCasino
from tests.fakes.table_world import Casino, settle
from tests.simulation.loop import run_virtual

DEALER, DEVICE = 900, 950
ACE, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE, KING = 0, 2, 3, 4, 5, 6, 7, 8, 12
#: The player has nine and wins; nobody draws.
NATURAL = (FOUR, SEVEN, FIVE, KING)
#: Both draw: five against six, the player's six makes the banker draw too.
SIX_CARDS = (FIVE, SIX, KING, KING, SIX, SEVEN)


def scene(test: Any) -> Any:
    """Run the test on virtual time at a table whose dealer sits, and hold the shoe against its events."""

    def run() -> None:
        async def main() -> None:
            casino = CardCasino(CARDS)
            await casino.start()
            await casino.deal("sit")
            await test(casino)
            assert casino.fatal == []
            casino.check_shoe()

        run_virtual(main())

    run.__name__ = test.__name__
    return run


def code(answer: Any) -> int:
    assert isinstance(answer, Refused), answer
    return answer.code


@scene
async def test_coup_from_new_shoe_to_settlement(casino: CardCasino) -> None:
    await casino.load()
    await casino.deal("open")
    await casino.bet(1, {PLAYER: 100, TIE: 100})
    await casino.deal("close")
    for card in NATURAL[:3]:
        assert (await casino.happen("card", card)).phase == "playing"
    last = await casino.happen("card", NATURAL[3])
    assert (last.phase, last.shoe.cards, last.shoe.due) == ("number", list(NATURAL), -1)
    confirmed = await casino.confirm()
    assert (confirmed.phase, confirmed.shoe.state, confirmed.shoe.rounds) == ("result", "between", 1)
    await casino.until("idle")
    assert casino.events(RoundDecided)[0].detail == NATURAL
    assert casino.wallet(1).money(1) == 100_000
    assert confirmed.shoe.left == 416 - 1 - 3 - 4
    assert isinstance(casino.post.personal(1)[-1], MyBetsSettled)
    casino.check_money()


@scene
async def test_players_see_each_card_as_it_is_dealt_and_not_what_is_to_be_confirmed(casino: CardCasino) -> None:
    await casino.load()
    await casino.coup(SIX_CARDS)
    views = [event.view for event in casino.events(PlayShown)]
    assert [len(view.player) + len(view.banker) for view in views] == [1, 2, 3, 4, 5, 6]
    assert [view.due for view in views] == [1, 0, 1, 0, 1, -1]
    assert (views[-1].player, views[-1].banker) == ([FIVE, KING, SIX], [SIX, KING, SEVEN])
    assert (views[-1].player_total, views[-1].banker_total, views[-1].shoe, views[-1].left) == (1, 3, 1, 406)
    assert casino.events(NumberEntered) == []
    state = await casino.state()
    assert (state.phase, state.entered, state.view) == ("playing", -1, views[-1])


@scene
async def test_card_that_is_not_due_is_refused(casino: CardCasino) -> None:
    await casino.load()
    await casino.coup(NATURAL)
    assert code(await casino.happen("card", ACE)) == Refusal.CARD_NOT_DUE
    assert len(casino.shoe.cards) == 4


@scene
async def test_card_for_the_other_hand_is_refused(casino: CardCasino) -> None:
    await casino.load()
    await casino.coup(NATURAL[:1])
    assert code(await casino.happen("card", ACE, hand=PLAYER)) == Refusal.CARD_NOT_DUE
    assert isinstance(await casino.happen("card", ACE, hand=BANKER), DealerView)


@scene
async def test_ninth_card_of_a_kind_is_a_mis_scan_and_says_so(casino: CardCasino) -> None:
    await casino.load(KING)
    for _ in range(3):  # a coup of kings and nines: nine to nine
        await casino.coup((KING, KING, NINE, NINE))
        await casino.confirm()
        await casino.until("idle")
    await casino.coup((KING,))
    refused = await casino.happen("card", KING)
    assert code(refused) == Refusal.CARD_IMPOSSIBLE
    assert refused.detail == "all 8 Ks of this shoe were seen: a mis-scan"
    assert code(await casino.happen("card", 52)) == Refusal.CARD_IMPOSSIBLE
    assert casino.shoe.cards == [KING]
    assert isinstance(await casino.happen("card", KING + 13), DealerView)


@scene
async def test_wrong_card_is_taken_back_before_the_coup_is_confirmed(casino: CardCasino) -> None:
    await casino.load()
    await casino.deal("open")
    await casino.bet(1, {BANKER: 100})
    await casino.deal("close")
    for card in NATURAL:
        await casino.happen("card", card)
    back = await casino.happen("back", KING, reason="misread")
    assert (back.phase, back.number, back.shoe.cards) == ("playing", -1, list(NATURAL[:3]))
    assert code(await casino.confirm()) == Refusal.WRONG_PHASE
    last = await casino.happen("card", ACE)
    assert (last.phase, last.shoe.cards[-1]) == ("number", ACE)
    await casino.confirm()
    await casino.until("idle")
    assert casino.events(RoundDecided)[0].detail == (*NATURAL[:3], ACE)
    assert casino.wallet(1).money(1) == 99_900
    assert casino.stored()[-4:-1] == [(Happening.CARD, KING), (Happening.BACK, KING), (Happening.CARD, ACE)]


@scene
async def test_only_the_last_card_is_taken_back(casino: CardCasino) -> None:
    await casino.load()
    await casino.coup(NATURAL)
    assert code(await casino.happen("back", NATURAL[0])) == Refusal.SHOE_NOT_READY
    for card in reversed(NATURAL):
        assert isinstance(await casino.happen("back", card), DealerView)
    assert code(await casino.happen("back", NATURAL[0])) == Refusal.SHOE_NOT_READY
    assert (casino.shoe.state, casino.shoe.left) == ("between", 412)


@scene
async def test_repeated_card_is_answered_and_dealt_once(casino: CardCasino) -> None:
    await casino.load()
    await casino.deal("open")
    await casino.deal("close")
    order = casino.deal_order("card", number=FOUR, seq=3)
    answers = await casino.say(order, order)
    assert [answer.shoe.cards for answer in answers] == [[FOUR], [FOUR]]
    await casino.happen("card", FIVE)
    assert (await casino.say(order))[0].shoe.cards == [FOUR, FIVE]


@scene
async def test_late_card_under_a_used_number_is_refused(casino: CardCasino) -> None:
    await casino.load()
    await casino.coup(NATURAL[:2])
    late = casino.deal_order("card", number=SEVEN, seq=4)
    await casino.happen("back", SEVEN)
    assert isinstance(
        (await casino.say(late))[0], DealerView
    )  # what was carried out is answered, and not carried out again
    assert casino.shoe.cards == [FOUR]
    other = casino.deal_order("card", number=KING, seq=4)
    assert code((await casino.say(other))[0]) == Refusal.STEP_OUT_OF_ORDER


@scene
async def test_gap_in_the_numbers_is_refused(casino: CardCasino) -> None:
    await casino.load()
    await casino.coup(NATURAL[:1])
    assert code(await casino.happen("card", ACE, seq=casino.shoe.seq + 2)) == Refusal.STEP_OUT_OF_ORDER


@scene
async def test_cards_are_dealt_only_after_no_more_bets(casino: CardCasino) -> None:
    await casino.load()
    assert code(await casino.happen("card", ACE)) == Refusal.WRONG_ROUND
    await casino.deal("open")
    assert code(await casino.happen("card", ACE)) == Refusal.WRONG_PHASE
    assert code(await casino.deal("number", number=1)) == Refusal.WRONG_PHASE
    await casino.deal("close")
    assert code(await casino.deal("number", number=1)) == Refusal.NUMBER_INVALID
    assert code(await casino.happen("card", ACE, round_id=b"x" * 16)) == Refusal.WRONG_ROUND


@scene
async def test_no_card_is_seen_before_the_bets_are_final(casino: CardCasino) -> None:
    await casino.load()
    await casino.deal("open")
    casino.wallet(1).delay_s = 1.0
    slow = asyncio.ensure_future(casino.bet(1, {PLAYER: 100}))
    await settle()
    await casino.deal("close")
    first = asyncio.ensure_future(casino.happen("card", ACE))
    await asyncio.sleep(0.5)
    assert casino.events(PlayShown) == []
    assert (await first).shoe.cards == [ACE]
    assert (await slow).bet.stake_minor == 100


@scene
async def test_bet_of_unknown_outcome_is_not_made_good_after_the_first_card(casino: CardCasino) -> None:
    await casino.load()
    await casino.deal("open")
    order = casino.order(1, {PLAYER: 100})
    casino.wallet(1).down = True
    slow = asyncio.ensure_future(casino.say(order))
    await settle()
    await casino.deal("close")
    card = casino.deal_order("card", number=NINE, seq=3)
    assert code((await casino.say(card))[0]) == Refusal.OUTCOME_UNKNOWN  # the wallets are waited for
    assert (await casino.say(card))[0].shoe.cards == [NINE]
    casino.wallet(1).down = False
    assert code((await slow)[0]) == Refusal.OUTCOME_UNKNOWN
    assert code((await casino.say(order))[0]) == Refusal.BETTING_CLOSED
    await casino.deal("void", reason="test")
    await asyncio.sleep(5)
    assert casino.wallet(1).money(1) == 100_000


@scene
async def test_no_round_opens_without_a_shoe_that_has_burned(casino: CardCasino) -> None:
    assert code(await casino.deal("open")) == Refusal.SHOE_NOT_READY
    await casino.happen("shoe", KING, event="new", cut=14)
    assert (casino.shoe.state, casino.shoe.to_burn) == ("burning", 10)
    assert code(await casino.deal("open")) == Refusal.SHOE_NOT_READY
    assert code(await casino.happen("shoe", 9, event="burned")) == Refusal.SHOE_NOT_READY
    await casino.happen("shoe", ACE, event="new", cut=20)  # the first card was entered wrongly
    assert (casino.shoe.number, casino.shoe.to_burn, casino.shoe.cut) == (1, 1, 20)
    await casino.happen("shoe", 1, event="burned")
    assert (await casino.deal("open")).shoe.left == 414


@pytest.mark.parametrize("cut", [-1, 0, 13, 105])
def test_cut_card_too_near_to_an_end_is_refused(cut: int) -> None:
    @scene
    async def test(casino: CardCasino) -> None:
        assert code(await casino.happen("shoe", ACE, event="new", cut=cut)) == Refusal.SHOE_NOT_READY

    test()


@scene
async def test_cut_card_in_a_coup_lets_exactly_one_more_be_dealt(casino: CardCasino) -> None:
    await casino.load()
    await casino.coup(NATURAL[:2])
    await casino.happen("shoe", event="cut")
    assert code(await casino.happen("shoe", event="cut")) == Refusal.SHOE_NOT_READY
    for card in NATURAL[2:]:
        await casino.happen("card", card)
    assert (await casino.confirm()).shoe.rounds_left == 1
    await casino.until("idle")
    await casino.coup(NATURAL)
    assert (await casino.confirm()).shoe.state == "over"
    await casino.until("idle")
    assert code(await casino.deal("open")) == Refusal.SHOE_NOT_READY
    await casino.load()
    assert (casino.shoe.number, casino.shoe.left) == (2, 412)


@scene
async def test_window_ends_though_the_cut_card_is_being_stored(casino: CardCasino) -> None:
    await casino.load()
    await casino.deal("open", window_s=5)
    await asyncio.sleep(4.9)
    casino.rounds.down = True
    cut = asyncio.ensure_future(casino.happen("shoe", event="cut"))
    await asyncio.sleep(1)
    assert casino.table.stage.phase == "betting"
    casino.rounds.down = False
    await cut
    await casino.until("closed")


@scene
async def test_shoe_is_changed_before_its_time_only_with_a_reason_and_between_rounds(casino: CardCasino) -> None:
    await casino.load()
    assert code(await casino.happen("shoe", ACE, event="new", cut=14)) == Refusal.SHOE_NOT_READY
    await casino.deal("open")
    new: dict[str, Any] = {"event": "new", "cut": 14, "reason": "torn card"}
    assert code(await casino.happen("shoe", ACE, **new)) == Refusal.WRONG_PHASE
    await casino.deal("void", reason="torn card")
    assert (await casino.happen("shoe", ACE, **new)).shoe.number == 2


@scene
async def test_voided_coup_leaves_its_cards_out_of_the_shoe(casino: CardCasino) -> None:
    await casino.load()
    await casino.deal("open")
    await casino.bet(1, {PLAYER: 100})
    await casino.deal("close")
    await casino.happen("card", FOUR)
    void = casino.deal_order("void", reason="exposed card")
    (voided,) = await casino.say(void)
    assert (voided.phase, voided.shoe.left, voided.shoe.cards) == ("idle", 411, [])
    assert casino.stored()[-1][0] is Happening.END
    await casino.until("idle")
    assert casino.wallet(1).money(1) == 100_000
    assert (await casino.say(void))[0].shoe.seq == voided.shoe.seq


@scene
async def test_void_before_the_first_card_is_nothing_to_the_shoe(casino: CardCasino) -> None:
    await casino.load()
    await casino.deal("open")
    assert (await casino.deal("void", reason="test")).shoe.seq == 2


@scene
async def test_scanner_deals_cards_and_nothing_else(casino: CardCasino) -> None:
    await casino.load()
    await casino.coup(NATURAL[:1])
    scanned = await casino.happen("card", SEVEN, dealer=DEVICE, device=True, source="sensor")
    assert scanned.shoe.cards == [FOUR, SEVEN]
    for verb in ("back", "shoe", "confirm"):
        refused = await casino.happen(verb, SEVEN, dealer=DEVICE, device=True, event="cut")
        assert code(refused) == Refusal.NOT_THE_DEALER


@scene
async def test_cards_at_a_wheel_are_refused(casino: CardCasino) -> None:
    from tests.fakes.table_world import LIVE

    wheel = Casino(LIVE)
    await wheel.start()
    await wheel.deal("sit")
    assert code(await wheel.deal("card", number=1, seq=1)) == Refusal.WRONG_PHASE
    assert (await wheel.deal("sit")).shoe is None
    del casino


# ---------------------------------------------------------------- what if it dies here


@scene
async def test_card_is_told_to_nobody_before_it_is_stored(casino: CardCasino) -> None:
    await casino.load()
    await casino.coup(NATURAL[:1])
    casino.rounds.down = True
    order = casino.deal_order("card", number=SEVEN, seq=4)
    assert code((await casino.say(order))[0]) == Refusal.OUTCOME_UNKNOWN
    assert len(casino.events(PlayShown)) == 1
    assert code(await casino.happen("card", KING)) == Refusal.BUSY
    casino.rounds.down = False
    assert (await casino.say(order))[0].shoe.cards == [FOUR, SEVEN]
    assert len(casino.events(PlayShown)) == 2


@scene
async def test_card_whose_storing_was_not_answered_is_stored_once(casino: CardCasino) -> None:
    await casino.load()
    await casino.coup(NATURAL[:1])
    casino.rounds.cuts.append(("add_shoe_event", "after"))
    assert (await casino.happen("card", SEVEN)).shoe.cards == [FOUR, SEVEN]
    assert casino.stored()[2:] == [(Happening.CARD, FOUR), (Happening.CARD, SEVEN)]


@pytest.mark.parametrize("dealt", range(7))
def test_restart_after_any_card_voids_the_coup_and_keeps_the_cards_out(dealt: int) -> None:
    @scene
    async def test(casino: CardCasino) -> None:
        await casino.load()
        await casino.deal("open")
        await casino.bet(1, {PLAYER: 100})
        await casino.deal("close")
        for card in SIX_CARDS[:dealt]:
            await casino.happen("card", card)
        await casino.restart()
        assert casino.rounds.states() == ["VOIDED"]
        assert casino.wallet(1).money(1) == 100_000
        view = await casino.deal("sit")
        assert (view.shoe.state, view.shoe.left, view.shoe.cards) == ("between", 412 - dealt, [])
        assert view.shoe.rounds == min(dealt, 1)
        await casino.follow()
        await casino.coup(NATURAL)
        assert (await casino.confirm()).shoe.left == 408 - dealt
        await casino.until("idle")
        casino.check_money()

    test()


@pytest.mark.parametrize("cut", ["before", "after"])
def test_restart_while_a_card_is_stored_loses_or_keeps_it_whole(cut: Any) -> None:
    @scene
    async def test(casino: CardCasino) -> None:
        await casino.load()
        await casino.coup(NATURAL[:2])
        casino.rounds.cuts.append(("add_shoe_event", cut))
        order = casino.deal_order("card", number=FIVE, seq=5)
        pending = asyncio.ensure_future(casino.say(order))
        await settle()
        await casino.restart()
        pending.cancel()
        kept = {"before": 2, "after": 3}[cut]
        assert (await casino.deal("sit")).shoe.left == 412 - kept
        assert [value for event, value in casino.stored() if event is Happening.CARD] == list(NATURAL[:kept])
        (again,) = await casino.say(order)  # the dealer was not answered, and says it again
        assert isinstance(again, {"before": Refused, "after": DealerView}[cut])
        assert casino.shoe.left == 412 - kept

    test()


@pytest.mark.parametrize("cut", ["before", "after"])
def test_restart_while_a_coup_is_confirmed_ends_it_with_its_round(cut: Any) -> None:
    @scene
    async def test(casino: CardCasino) -> None:
        await casino.load()
        await casino.deal("open")
        await casino.bet(1, {PLAYER: 100})
        await casino.deal("close")
        for card in NATURAL:
            await casino.happen("card", card)
        casino.rounds.cuts.append(("decide", cut))
        pending = asyncio.ensure_future(casino.confirm())
        await settle()
        ended = casino.stored()[-1][0] is Happening.END
        assert (casino.rounds.states(), ended) == {
            "before": (["CLOSED"], False),
            "after": (["DECIDED"], True),
        }[cut]
        await casino.restart()
        pending.cancel()
        view = await casino.deal("sit")
        assert (view.shoe.state, view.shoe.left, view.shoe.rounds) == ("between", 408, 1)
        assert casino.rounds.states() == [{"before": "VOIDED", "after": "SETTLED"}[cut]]
        casino.check_money()

    test()


@scene
async def test_restart_between_void_and_its_end_ends_the_coup_once(casino: CardCasino) -> None:
    await casino.load()
    await casino.coup(NATURAL[:2])
    casino.rounds.cuts.append(("add_shoe_event", "after"))  # of the end that the successor stores
    await casino.restart()
    await casino.restart()
    assert [event for event, _ in casino.stored()].count(Happening.END) == 1


def test_older_double_can_deal_no_card() -> None:
    async def main() -> None:
        casino = CardCasino(CARDS)
        await casino.start()
        await casino.deal("sit")
        await casino.load()
        await casino.coup(NATURAL[:1])
        order = casino.deal_order("card", number=SEVEN, seq=4)
        older, casino.table = casino.table, casino.build()
        await casino.table.start()
        late = asyncio.ensure_future(older.handle_batch("gateway/0", [order]))
        await asyncio.sleep(1)
        assert isinstance(casino.fatal[0], StaleEpoch)
        assert [value for event, value in casino.stored() if event is Happening.CARD] == [FOUR]
        late.cancel()
        casino.check_shoe()

    run_virtual(main())


@scene
async def test_cards_and_coups_of_a_whole_shoe_add_up(casino: CardCasino) -> None:
    await casino.load(ACE)
    deck = [card for card in range(52) if card % 13 == 3] * 8  # fours: eight against eight
    for coup in range(8):
        await casino.coup(deck[4 * coup : 4 * coup + 4])
        await casino.confirm()
        await casino.until("idle")
    assert code(await casino.coup((3,))) == Refusal.CARD_IMPOSSIBLE
    await casino.deal("void", reason="test")
    assert (casino.shoe.left, casino.shoe.rounds) == (414 - 32, 8)
    assert len(casino.events(RoundVoided)) == 1
