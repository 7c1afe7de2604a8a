"""Laws of a flight that hold for any bets, any bust and any orders, in time or not."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.commands import Refused
from actors.domain.games.crash_curve import CEILING, multiplier_at, reached_ms
from actors.domain.games.crash_play import GRACE_MS, TAKEOFF_WAIT_MS, Flight, effective_target
from actors.domain.games.game import PlayBet, Step

TAKEOFF_MS = TAKEOFF_WAIT_MS
BETS = 4

busts = st.one_of(st.integers(100, 130), st.integers(100, 1_000), st.integers(100, 3 * CEILING))
targets = st.one_of(st.just(0), st.integers(101, 130), st.integers(101, CEILING))
chips = st.lists(st.tuples(targets, st.integers(1, 10**7)), min_size=1, max_size=3)


@st.composite
def _bets(draw: st.DrawFn) -> list[PlayBet]:
    return [
        PlayBet(0, bytes([n]) * 16, 1 + n % 3, f"p{n}", sum(stake for _, stake in laid), tuple(laid))
        for n, laid in enumerate(draw(st.lists(chips, max_size=BETS)))
    ]


#: (flown ms when received, how long it was on its way, bet, player). Sorted by arrival when played.
orders = st.lists(
    st.tuples(st.integers(-500, 40_000), st.integers(0, 400), st.integers(0, BETS), st.integers(1, 4)), max_size=12
)


def _play(flight: Flight, asked: Sequence[tuple[int, int, int, int]], upto_ms: int) -> list[Step]:
    """Let orders and clock happen in the order of their arrival; return the steps that counted."""
    steps: list[Step] = []
    for at_ms, way_ms, bet, player_id in sorted(asked, key=lambda order: order[0] + order[1]):
        arrived_ms = TAKEOFF_MS + at_ms + way_ms
        if arrived_ms > upto_ms:
            break
        _clock(flight, steps, arrived_ms)
        step = Step(TAKEOFF_MS + at_ms, player_id, b"c" * 16, bytes([bet]) * 16, "cash_out")
        if flight.check(step) == 0:
            flight.apply(step)
            steps.append(step)
    _clock(flight, steps, upto_ms)
    return steps


def _clock(flight: Flight, steps: list[Step], now_ms: int) -> None:
    while 0 <= (due_ms := flight.due_ms()) <= now_ms:
        for step in flight.due(due_ms):
            flight.apply(step)
            steps.append(step)


def _over_ms(bust: int) -> int:
    return TAKEOFF_MS + reached_ms(min(bust, CEILING)) + GRACE_MS


@given(busts, _bets(), orders)
def test_replay_gives_the_same_flight_and_money_follows_from_the_players_steps_alone(
    bust: int, bets: list[PlayBet], asked: list[tuple[int, int, int, int]]
) -> None:
    flight, again, bare = (Flight(bust, bets, 0) for _ in range(3))
    for step in _play(flight, asked, _over_ms(bust)):
        again.apply(step)
        if step.player_id:
            bare.apply(step)
    assert (again.view(), again.payouts(), again.due_ms()) == (flight.view(), flight.payouts(), -1)
    assert bare.payouts() == flight.payouts()


@given(busts, _bets(), orders)
def test_every_bet_has_one_payout_of_at_most_what_its_rules_take_out(
    bust: int, bets: list[PlayBet], asked: list[tuple[int, int, int, int]]
) -> None:
    flight = Flight(bust, bets, 0)
    _play(flight, asked, _over_ms(bust))
    paid = flight.payouts()
    assert [bet for bet, _ in paid] == bets
    for bet, payout in paid:
        assert type(payout) is int
        top = sum(stake * min(bust, effective_target(place, stake)) // 100 for place, stake in bet.chips)
        assert 0 <= payout <= top


@given(busts, _bets(), orders)
def test_targets_within_the_bust_are_never_paid_less_by_a_failure(
    bust: int, bets: list[PlayBet], asked: list[tuple[int, int, int, int]]
) -> None:
    whole, broken = Flight(bust, bets, 0), Flight(bust, bets, 0)
    steps = _play(whole, asked, _over_ms(bust))
    for step in steps[: len(steps) // 2]:
        broken.apply(step)
    for step in broken.resumed(_over_ms(bust)):
        broken.apply(step)
    for bet, payout in broken.payouts():
        stays = sum(stake * place // 100 for place, stake in bet.chips if 0 < place <= bust)
        assert payout == -1 or payout >= 0
        assert payout != -1 or stays == 0


@given(busts, _bets(), orders, st.integers(0, 40_000), st.integers(0, 40_000))
def test_accepted_cash_out_was_received_before_the_bust(
    bust: int, bets: list[PlayBet], asked: list[tuple[int, int, int, int]], at_ms: int, way_ms: int
) -> None:
    flight = Flight(bust, bets, 0)
    _play(flight, asked, TAKEOFF_MS + at_ms + way_ms)
    step = Step(TAKEOFF_MS + at_ms, 1, b"d" * 16, bytes(16), "cash_out")
    if not isinstance(flight.check(step), Refused):
        assert multiplier_at(at_ms) < bust
        assert way_ms == 0 or TAKEOFF_MS + at_ms + way_ms < _over_ms(bust)
        flight.apply(step)
        assert isinstance(flight.check(step), Refused)


@given(busts, busts, _bets(), orders, st.integers(0, 200_000))
def test_nothing_seen_before_a_bust_depends_on_it(
    one: int, other: int, bets: list[PlayBet], asked: list[tuple[int, int, int, int]], at_ms: int
) -> None:
    # Up to the last millisecond before the earlier bust, two flights are alike: views, answers, the clock's steps.
    upto_ms = min(TAKEOFF_MS + at_ms, TAKEOFF_MS + reached_ms(min(one, other, CEILING)) - 1)
    flights = Flight(one, bets, 0), Flight(other, bets, 0)
    steps = [_play(flight, asked, upto_ms) for flight in flights]
    assert steps[0] == steps[1]
    assert msgspec.msgpack.encode(flights[0].view()) == msgspec.msgpack.encode(flights[1].view())
