"""The play of blackjack: who may do what and when, what the clock does, what is seen, what is void."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from actors.domain.games.blackjack_play import DEAL_MS, GRACE_MS, INSURE_MS, RESUME, TURN_MS
from actors.domain.games.game import PlayBet, Step
from actors.domain.refusals import Refusal
from tests.fakes.blackjack import ANA, BEGAN_MS, BEN, Table, bet, cards_of

FIRST_MS = BEGAN_MS + DEAL_MS
NOBODY_BUST = "Ts 7h 7d Tc 2s 2h"


def two_seats(cards: str = "2s 3s 4h Ts Th Tc 5c 4c Tc") -> Table:
    return Table(cards, bet(1, ANA, (10, 100)), bet(2, BEN, (50, 100)))


@pytest.mark.parametrize(
    "changes",
    [{"player_id": BEN}, {"player_id": 0}, {"reservation_id": b"x" * 16}, {"value": 1}, {"value": 10}, {"value": -1}],
)
def test_order_about_what_is_not_his_is_refused(changes: dict[str, Any]) -> None:
    table = Table(NOBODY_BUST)
    assert table.refused(table.order("hit", **changes)) == Refusal.BET_NOT_FOUND


@pytest.mark.parametrize("action", ["", "surrender", "insure", "no_insurance", "split", RESUME])
def test_action_that_is_unknown_or_not_now_is_refused(action: str) -> None:
    table = Table(NOBODY_BUST)
    assert table.refused(table.order(action)) == Refusal.ACTION_INVALID


@pytest.mark.parametrize("action", ["double", "split"])
def test_third_card_ends_doubling_and_splitting(action: str) -> None:
    table = Table("2s 7h 2d Tc 2h")
    assert table.play.view().actions == ["hit", "stand", "double", "split"]
    table.act("hit")
    assert table.play.view().actions == ["hit", "stand"]
    assert table.refused(table.order(action)) == Refusal.ACTION_INVALID


def test_fifth_hand_is_refused() -> None:
    table = Table("8s 7h 8d Tc 8h 8c 8s 9s Ts 2h")
    for _ in range(3):
        assert table.act("split") == 100
    assert table.play.view().actions == ["hit", "stand", "double"]
    assert table.refused(table.order("split")) == Refusal.ACTION_INVALID


def test_hand_of_another_turn_is_refused() -> None:
    table = two_seats()
    assert table.refused(table.order("hit", table.play.view().hands[1])) == Refusal.NOT_YOUR_TURN


def test_next_split_hand_waits_for_its_turn() -> None:
    table = Table("8s 7h 8d Tc 2h 8h")
    table.act("split")
    assert table.refused(table.order("hit", table.play.view().hands[1])) == Refusal.NOT_YOUR_TURN


def test_order_received_in_time_counts_and_later_is_refused() -> None:
    table = Table(NOBODY_BUST)
    table.now_ms = FIRST_MS + TURN_MS
    assert table.play.check(table.order("hit")) == 0
    table.now_ms += 1
    assert table.refused(table.order("hit")) == Refusal.TOO_LATE


def test_order_after_the_end_is_refused() -> None:
    table = Table(NOBODY_BUST)
    table.act("stand")
    assert table.refused(table.order("hit")) == Refusal.ACTION_INVALID


def test_every_action_renews_the_time() -> None:
    table = Table("2s 7h 2d Tc 2h 2c")
    assert table.play.view().until_ms == FIRST_MS + TURN_MS
    table.now_ms = FIRST_MS + 5_000
    table.act("hit")
    assert table.play.view().until_ms == FIRST_MS + 5_000 + TURN_MS


def test_clock_stands_for_who_does_not_answer() -> None:
    table = two_seats("Ts Ts 7h 9s 8s Tc")
    assert table.play.due(FIRST_MS + TURN_MS + GRACE_MS - 1) == []
    late_ms = FIRST_MS + TURN_MS + GRACE_MS + 60_000
    step = Step(late_ms, 0, b"", bytes([1]) * 16, "stand", 10)
    assert table.play.due(late_ms) == [step]
    table.play.apply(step)
    assert table.play.due(late_ms) == [], "the next hand has its whole time"
    assert table.play.view().until_ms == late_ms + TURN_MS
    table.clock(10**9)
    assert table.paid() == [200, 200]


def test_clock_declines_insurance_for_who_does_not_answer() -> None:
    cards = "Ts Ts Ah 9s 8s Kc"
    table = two_seats(cards)
    seen = table.play.view()
    assert (seen.insurance, seen.acting, seen.actions) == (True, -1, ["insure", "no_insurance"])
    assert seen.until_ms == FIRST_MS + INSURE_MS
    assert table.act("insure", seen.hands[1]) == 50
    assert [hand.state for hand in table.play.view().hands] == ["acting", "waiting"]
    steps = table.clock(FIRST_MS + INSURE_MS + GRACE_MS)
    assert [(step.player_id, step.reservation_id, step.action) for step in steps] == [(0, b"", "no_insurance")]
    assert table.paid() == [0, 0, 150]
    assert [hand.insured for hand in table.play.view().hands] == [False, True]


def test_insurance_is_asked_once() -> None:
    table = two_seats("Ts Ts Ah 9s 8s Kc")
    hand = table.play.view().hands[0]
    table.act("no_insurance", hand)
    assert table.refused(table.order("insure", hand)) == Refusal.ACTION_INVALID
    assert table.refused(table.order("hit", hand)) == Refusal.ACTION_INVALID


def test_insurance_of_the_smallest_stake_is_refused() -> None:
    table = Table("Ts Ah 9d 7c", bet(1, ANA, (0, 1)))
    assert table.refused(table.order("insure")) == Refusal.ACTION_INVALID
    assert table.play.check(table.order("no_insurance")) == 0


def test_insurance_is_half_of_the_stake_rounded_down() -> None:
    table = Table("Ts Ah 9d 7c", bet(1, ANA, (0, 101)))
    assert table.play.check(table.order("insure")) == 50


def test_interrupted_play_gives_the_whole_time_again() -> None:
    table = Table(NOBODY_BUST)
    late_ms = FIRST_MS + 3_600_000
    (step,) = table.play.resumed(late_ms)
    assert (step.player_id, step.action) == (0, RESUME)
    table.play.apply(step)
    assert table.play.view().until_ms == late_ms + TURN_MS
    assert table.play.due(late_ms + TURN_MS) == []


def test_interrupted_insurance_gives_the_whole_time_again() -> None:
    table = Table("Ts Ah 9d 7c")
    for step in table.play.resumed(FIRST_MS + 60_000):
        table.play.apply(step)
    assert table.play.view().until_ms == FIRST_MS + 60_000 + INSURE_MS


def test_finished_play_asks_for_nothing() -> None:
    table = Table("As 9h Kd 7c")
    assert (table.play.due_ms(), table.play.due(10**15), table.play.resumed(10**15)) == (-1, [], [])
    assert (table.play.view().until_ms, table.play.view().actions) == (0, [])


def test_hole_card_is_hidden_until_the_end() -> None:
    table = Table(NOBODY_BUST)
    assert (table.play.view().dealer, table.play.view().dealer_total) == ([*cards_of("7h"), -1], 7)
    table.act("stand")
    assert (table.play.view().dealer, table.play.view().dealer_total) == (cards_of("7h Tc"), 17)


def test_one_bet_on_two_seats_is_asked_seat_by_seat() -> None:
    table = Table("5s 3s 7h 6s 4s Tc Ts 9c", bet(1, ANA, (0, 100), (30, 40)))
    first, second = table.play.view().hands
    assert (first.bet_id, first.hand, second.hand) == (second.bet_id, 0, 30)
    assert (table.act("double"), table.act("double")) == (100, 40)
    assert table.paid() == [200, 200, 0]


def test_outcome_tells_the_whole_round() -> None:
    table = Table("8s Ts Ah 8d 9s 7c 3s Ts Ts", bet(1, ANA, (0, 100)), bet(2, BEN, (40, 100)))
    table.act("insure", table.play.view().hands[1])
    table.act("no_insurance", table.play.view().hands[0])
    for action in ("split", "double", "stand", "stand"):
        table.act(action)
    dealer = [2, *cards_of("Ah 7c")]
    split = [0, 1 + 2, 3, *cards_of("8s 3s Ts"), 1, 2, 2, *cards_of("8d Ts")]
    assert table.play.outcome().detail == (*dealer, *split, 40, 4, 2, *cards_of("Ts 9s"))
    assert table.play.outcome().number == 18


@pytest.mark.parametrize(
    "bets",
    [
        (bet(1, ANA, (0, 100)), bet(2, BEN, (13, 50))),  # behind an empty seat
        (bet(1, ANA, (0, 100)), bet(2, BEN, (0, 50))),  # on a seat of another
        (bet(1, ANA, (0, 100)), bet(2, BEN, (1, 50))),  # beside the main bet of another
        (bet(1, ANA, (0, 100)), bet(2, ANA, (12, 50))),  # beside a main bet that was taken back
    ],
)
def test_bet_that_nobody_can_win_or_lose_is_void(bets: tuple[PlayBet, ...]) -> None:
    table = Table("Ts 7h 8d Tc", *bets)
    table.act("stand")
    assert table.paid() == [200, -1]


def test_void_part_of_a_bet_comes_back() -> None:
    table = Table("Ts 7h 6d Tc", bet(1, ANA, (0, 100), (13, 50)))
    table.act("stand")
    assert table.paid() == [50]


def test_round_of_nothing_but_bets_behind_is_over_and_void() -> None:
    table = Table("Ah 7c", bet(1, ANA, (3, 100)))
    assert table.paid() == [-1]
    assert table.play.outcome().detail == (2, *cards_of("Ah 7c"))


def test_view_is_the_same_message_whoever_looks() -> None:
    table = two_seats()
    assert msgspec.msgpack.encode(table.play.view()) == msgspec.msgpack.encode(two_seats().play.view())
