"""A flight of crash: who is out at what, who is refused, what is shown when, and what is paid after a failure."""

from __future__ import annotations

import pytest

from actors.domain.commands import Refused
from actors.domain.games.crash_curve import CEILING, CEILING_MS, multiplier_at, reached_ms
from actors.domain.games.crash_play import (
    GRACE_MS,
    MAX_WIN_MINOR,
    OUTS_MAX,
    SHOW_EVERY_MS,
    TAKEOFF_WAIT_MS,
    Flight,
)
from actors.domain.games.game import Outcome, Play, PlayBet, Step
from actors.domain.plays import CashOut, FlightView
from actors.domain.refusals import Refusal

BEGAN_MS = 1_000_000
TAKEOFF_MS = BEGAN_MS + TAKEOFF_WAIT_MS


def _bet(number: int, *chips: tuple[int, int], player_id: int = 0) -> PlayBet:
    stake = sum(stake for _, stake in chips)
    return PlayBet(0, bytes([number]) * 16, player_id or number, f"p{number}", stake, chips)


def _flight(bust: int, *bets: PlayBet) -> Flight:
    return Flight(bust, bets, BEGAN_MS)


def _out(bet: PlayBet, multiplier: int, command: bytes = b"c") -> Step:
    return Step(TAKEOFF_MS + reached_ms(multiplier), bet.player_id, command * 16, bet.reservation_id, "cash_out")


def _fly(flight: Play, now_ms: int) -> None:
    for step in flight.due(now_ms):
        flight.apply(step)


def _end_ms(bust: int) -> int:
    return TAKEOFF_MS + reached_ms(bust) + GRACE_MS


def test_flight_without_bets_busts_and_is_over() -> None:
    flight = _flight(250)
    assert flight.due_ms() == _end_ms(250)
    assert flight.due(_end_ms(250) - 1) == []
    _fly(flight, _end_ms(250))
    assert flight.due_ms() == -1
    assert flight.due(_end_ms(250) + 10_000) == []
    assert flight.outcome() == Outcome(250)
    assert flight.payouts() == []


def test_cash_out_pays_what_the_curve_showed_when_it_was_received() -> None:
    bet = _bet(1, (0, 1_001))
    flight = _flight(300, bet)
    assert flight.check(_out(bet, 150)) == 0
    flight.apply(_out(bet, 150))
    assert flight.told(_out(bet, 150)) == 150
    assert flight.payouts() == [(bet, 1_501)]
    assert flight.view() == FlightView(TAKEOFF_MS, 0, [CashOut("p1", 1_001, 150, 1_501)])


def test_cash_out_in_the_last_millisecond_before_the_bust_is_paid() -> None:
    bet = _bet(1, (0, 100))
    flight = _flight(300, bet)
    last = Step(TAKEOFF_MS + reached_ms(300) - 1, 1, b"c" * 16, bet.reservation_id, "cash_out")
    assert flight.check(last) == 0
    flight.apply(last)
    assert flight.payouts() == [(bet, 299)]


@pytest.mark.parametrize("late_ms", [0, 1, GRACE_MS, 60_000])
def test_cash_out_at_or_after_the_bust_is_too_late(late_ms: int) -> None:
    bet = _bet(1, (0, 100))
    flight = _flight(300, bet)
    late = Step(TAKEOFF_MS + reached_ms(300) + late_ms, 1, b"c" * 16, bet.reservation_id, "cash_out")
    assert flight.check(late) == Refused(Refusal.TOO_LATE)


def test_cash_out_received_in_time_may_arrive_within_the_grace_and_not_after() -> None:
    bet = _bet(1, (0, 100))
    flight = _flight(300, bet)
    _fly(flight, _end_ms(300) - 1)
    assert flight.check(_out(bet, 299)) == 0
    _fly(flight, _end_ms(300))
    assert flight.check(_out(bet, 299)) == Refused(Refusal.TOO_LATE)
    assert flight.payouts() == [(bet, 0)]


def test_same_tick_cash_outs_pay_once() -> None:
    """The field's first bug: cash-outs of one tick were each paid. Two orders with ids of their own, one millisecond."""
    bet = _bet(1, (0, 100))
    flight = _flight(300, bet)
    first, second = _out(bet, 200, b"a"), _out(bet, 200, b"b")
    assert [flight.check(first), flight.check(second)] == [0, 0]  # both looked before either was written
    flight.apply(first)
    assert flight.check(second) == Refused(Refusal.ACTION_INVALID)
    flight.apply(second)
    assert flight.payouts() == [(bet, 200)]
    assert len(flight.view().outs) == 1


def test_second_cash_out_never_raises_the_first() -> None:
    bet = _bet(1, (0, 100))
    flight = _flight(900, bet)
    for multiplier in (150, 800):
        flight.apply(_out(bet, multiplier))
    assert flight.payouts() == [(bet, 150)]


def test_cash_out_before_take_off_is_no_action() -> None:
    bet = _bet(1, (0, 100))
    early = Step(TAKEOFF_MS - 1, 1, b"c" * 16, bet.reservation_id, "cash_out")
    assert _flight(300, bet).check(early) == Refused(Refusal.ACTION_INVALID)


def test_cash_out_at_take_off_returns_the_stake() -> None:
    bet = _bet(1, (0, 100))
    flight = _flight(101, bet)
    flight.apply(_out(bet, 100))
    assert flight.payouts() == [(bet, 100)]


def test_unknown_action_is_no_action() -> None:
    bet = _bet(1, (0, 100))
    step = Step(TAKEOFF_MS + 10, 1, b"c" * 16, bet.reservation_id, "double")
    assert _flight(300, bet).check(step) == Refused(Refusal.ACTION_INVALID)


@pytest.mark.parametrize("wrong", [Step(TAKEOFF_MS, 2, b"c" * 16, b"\1" * 16, "cash_out"), Step(0, 1, b"", b"x", "y")])
def test_cash_out_of_anothers_or_no_bet_is_not_found(wrong: Step) -> None:
    assert _flight(300, _bet(1, (0, 100))).check(wrong) == Refused(Refusal.BET_NOT_FOUND)


def test_instant_bust_loses_everything_at_take_off() -> None:
    bets = (_bet(1, (0, 100)), _bet(2, (101, 100)))
    flight = _flight(100, *bets)
    assert flight.check(_out(bets[0], 100)) == Refused(Refusal.TOO_LATE)
    assert flight.due_ms() == TAKEOFF_MS + GRACE_MS
    _fly(flight, TAKEOFF_MS + GRACE_MS)
    assert flight.payouts() == [(bets[0], 0), (bets[1], 0)]


@pytest.mark.parametrize(("bust", "paid"), [(199, 0), (200, 200), (201, 200)])
def test_target_is_paid_if_the_bust_is_at_it_or_above_though_no_clock_ran(bust: int, paid: int) -> None:
    bet = _bet(1, (200, 100))
    assert _flight(bust, bet).payouts() == [(bet, paid)]


def test_target_at_the_very_bust_is_shown_and_paid() -> None:
    bet = _bet(1, (200, 100))
    flight = _flight(200, bet)
    _fly(flight, TAKEOFF_MS + reached_ms(200))
    assert flight.view().outs == [CashOut("p1", 100, 200, 200)]
    assert flight.payouts() == [(bet, 200)]


def test_automatic_comes_before_manual_at_the_same_tick() -> None:
    bet = _bet(1, (200, 100))
    flight = _flight(300, bet)
    assert flight.check(_out(bet, 200)) == Refused(Refusal.ACTION_INVALID)
    assert flight.check(_out(bet, 199)) == 0


def test_cash_out_by_hand_below_the_target_stands() -> None:
    bet = _bet(1, (200, 100))
    flight = _flight(300, bet)
    flight.apply(_out(bet, 150))
    _fly(flight, TAKEOFF_MS + reached_ms(200))
    assert flight.payouts() == [(bet, 150)]


def test_cash_out_that_arrives_after_its_target_was_shown_is_refused() -> None:
    # Received one millisecond before the target, on its way while the table showed it: what was shown stands.
    bet = _bet(1, (200, 100))
    flight = _flight(300, bet)
    _fly(flight, TAKEOFF_MS + reached_ms(200))
    assert flight.check(_out(bet, 199)) == Refused(Refusal.ACTION_INVALID)
    assert flight.payouts() == [(bet, 200)]


def test_cash_out_takes_all_that_rides_of_a_bet() -> None:
    bet = _bet(1, (150, 100), (400, 100), (0, 100))
    flight = _flight(300, bet)
    _fly(flight, TAKEOFF_MS + reached_ms(150))
    flight.apply(_out(bet, 200))
    assert flight.payouts() == [(bet, 150 + 200 + 200)]
    assert flight.view().riding == 0


def test_two_bets_of_one_player_leave_apart() -> None:
    one, two = _bet(1, (0, 100)), _bet(2, (0, 100), player_id=1)
    flight = _flight(300, one, two)
    flight.apply(_out(one, 150))
    assert flight.check(_out(two, 250)) == 0
    flight.apply(_out(two, 250))
    assert flight.payouts() == [(one, 150), (two, 250)]


def test_clock_shows_targets_when_they_are_reached() -> None:
    bets = [_bet(1, (150, 10)), _bet(2, (170, 10)), _bet(3, (500, 10))]
    flight = _flight(300, *bets)
    assert flight.due_ms() == TAKEOFF_MS + reached_ms(150)
    _fly(flight, flight.due_ms())
    assert flight.view() == FlightView(TAKEOFF_MS, 2, [CashOut("p1", 10, 150, 15)])
    assert flight.due_ms() == TAKEOFF_MS + reached_ms(170)
    _fly(flight, flight.due_ms())
    assert [out.name for out in flight.view().outs] == ["p2", "p1"]
    assert flight.due_ms() == _end_ms(300)


def test_clock_shows_targets_that_are_close_together_at_once() -> None:
    bets = [_bet(n, (200 + n, 10)) for n in range(1, 20)]
    flight = _flight(10_000, *bets)
    shows = 0
    while (due_ms := flight.due_ms()) < _end_ms(10_000):
        _fly(flight, due_ms)
        shows += 1
    assert shows <= 1 + (reached_ms(219) - reached_ms(201)) // SHOW_EVERY_MS + 1
    assert flight.view().riding == 0


def test_clock_has_nothing_to_show_for_a_target_left_by_hand() -> None:
    bet = _bet(1, (200, 100))
    flight = _flight(300, bet)
    flight.apply(_out(bet, 150))
    assert flight.due_ms() == _end_ms(300)


def test_view_has_at_most_sixty_outs_the_latest_first() -> None:
    bets = [_bet(n, (100 + n, 10)) for n in range(1, 100)]
    flight = _flight(1_000, *bets)
    _fly(flight, TAKEOFF_MS + reached_ms(500))
    outs = flight.view().outs
    assert len(outs) == OUTS_MAX
    assert [out.multiplier for out in outs[:2]] == [199, 198]


def test_flight_ends_at_the_ceiling_and_lets_everybody_out() -> None:
    by_hand, high = _bet(1, (0, 100)), _bet(2, (CEILING, 100))
    flight = _flight(CEILING * 50, by_hand, high)
    assert flight.check(_out(by_hand, CEILING)) == Refused(Refusal.ACTION_INVALID)
    _fly(flight, TAKEOFF_MS + CEILING_MS + GRACE_MS)
    assert flight.due_ms() == -1
    assert flight.payouts() == [(by_hand, CEILING), (high, CEILING)]
    assert flight.outcome() == Outcome(CEILING * 50)


def test_most_that_a_stake_pays_takes_it_out() -> None:
    stake = MAX_WIN_MINOR // 10  # at 10.00x
    bet = _bet(1, (0, stake), (5_000, stake), (200, stake))
    flight = _flight(2_000, bet)
    assert flight.payouts() == [(bet, MAX_WIN_MINOR + MAX_WIN_MINOR + 2 * stake)]
    _fly(flight, TAKEOFF_MS + reached_ms(1_000))
    assert flight.view().riding == 0


def test_interrupted_flight_keeps_what_is_out_pays_what_the_bust_allows_and_returns_the_rest() -> None:
    out, target, beyond, by_hand = _bet(1, (0, 100)), _bet(2, (250, 100)), _bet(3, (301, 100)), _bet(4, (0, 100))
    mixed = _bet(5, (200, 100), (0, 50))
    flight = _flight(300, out, target, beyond, by_hand, mixed)
    flight.apply(_out(out, 150))
    (step,) = flight.resumed(TAKEOFF_MS + reached_ms(200))
    flight.apply(step)
    assert flight.due_ms() == -1
    assert flight.payouts() == [(out, 150), (target, 250), (beyond, -1), (by_hand, -1), (mixed, 250)]
    assert flight.check(_out(by_hand, 299)) == Refused(Refusal.TOO_LATE)


def test_flight_interrupted_before_take_off_goes_on() -> None:
    assert _flight(300, _bet(1, (0, 100))).resumed(TAKEOFF_MS - 1) == []


def test_flight_in_which_nobody_rides_goes_on() -> None:
    bet = _bet(1, (0, 100))
    flight = _flight(300, bet)
    flight.apply(_out(bet, 150))
    assert flight.resumed(TAKEOFF_MS + 20_000) == []
    _fly(flight, TAKEOFF_MS + 20_000 + GRACE_MS)
    assert flight.payouts() == [(bet, 150)]


def test_flight_whose_bust_was_recorded_stays_as_it_is() -> None:
    bet = _bet(1, (0, 100))
    flight = _flight(300, bet)
    _fly(flight, _end_ms(300))
    assert flight.resumed(_end_ms(300) + 5_000) == []
    assert flight.payouts() == [(bet, 0)]


def test_curve_before_take_off_shows_one() -> None:
    assert multiplier_at(-TAKEOFF_WAIT_MS) == 100
