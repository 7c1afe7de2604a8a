"""Laws of blackjack that hold for any seats, any orders and any clock."""

from __future__ import annotations

from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.commands import Refused
from actors.domain.games.blackjack import BLACKJACK
from actors.domain.games.blackjack_play import BlackjackPlay
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import PlayBet, Step
from tests.fakes.blackjack import BEGAN_MS, with_stake

ACTIONS = ("hit", "stand", "double", "split", "insure", "no_insurance", "surrender", "")


def _bets(seats: list[tuple[int, int, int, bool, bool]]) -> list[PlayBet]:
    """Seat, player, stake, side bets, a bet behind: as a table would take them."""
    taken: dict[int, PlayBet] = {}
    for number, (seat, player, stake, sides, behind) in enumerate(seats, 1):
        chips = [(seat * 10, stake)] + [(seat * 10 + kind, 7) for kind in (1, 2) if sides]
        chips += [((seat + 1) % 7 * 10 + 3, 9)] * behind
        bet = PlayBet(0, bytes([number]) * 16, player, f"p{player}", sum(s for _, s in chips), tuple(chips))
        taken.setdefault(seat, bet)
    return list(taken.values())


bets = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 3), st.integers(1, 1_000), st.booleans(), st.booleans()), max_size=7
).map(_bets)
#: What is tried next: which action, which hand, at what distance, whether the clock goes first.
tries = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(0, 8), st.integers(0, 9_000), st.booleans()), max_size=60
)
rounds = st.integers(0, 2**32)


def _start(round_number: int, placed: list[PlayBet]) -> BlackjackPlay:
    return BLACKJACK.start(SeededDraws("0" * 64, "laws", round_number), placed, BEGAN_MS)


def _state(play: BlackjackPlay) -> bytes:
    ends = (play.outcome(), play.payouts()) if play.due_ms() == -1 else ()
    return msgspec.msgpack.encode((play.view(), play.due_ms(), ends))


def _order(play: BlackjackPlay, placed: list[PlayBet], action: str, nth: int, now_ms: int, number: int) -> Step | None:
    """An order about some hand, more often about the one that is asked."""
    view = play.view()
    if not view.hands:
        return None
    hand = view.hands[view.acting if nth > 4 and view.acting >= 0 else nth % len(view.hands)]
    owner = next(bet.player_id for bet in placed if bet.reservation_id == hand.bet_id)
    return Step(now_ms, owner, number.to_bytes(16, "big"), hand.bet_id, action, hand.hand)


def _play(play: BlackjackPlay, placed: list[PlayBet], attempts: list[tuple[str, int, int, bool]]) -> list[Step]:
    """Try everything, let the clock end it, and return the steps that counted. Refusals must change nothing."""
    steps: list[Step] = []
    now_ms = BEGAN_MS
    for number, (action, nth, wait_ms, clock_first) in enumerate(attempts):
        now_ms += wait_ms
        taken = play.due(now_ms) if clock_first else []
        step = None if taken else _order(play, placed, action, nth, now_ms, number)
        if step is not None:
            before = _state(play)
            found = play.check(step)
            assert _state(play) == before
            taken = [] if isinstance(found, Refused) else [with_stake(step, found)]
        for each in taken:
            play.apply(each)
            steps.append(each)
        _hole_is_hidden(play)
    for _ in range(60):
        for each in play.due(max(play.due_ms(), 0)):
            play.apply(each)
            steps.append(each)
    return steps


def _hole_is_hidden(play: BlackjackPlay) -> None:
    view = play.view()
    assert (view.dealer[1] == -1 and len(view.dealer) == 2) == (play.due_ms() != -1)


@given(rounds, bets, tries)
def test_any_orders_keep_the_laws(
    round_number: int, placed: list[PlayBet], attempts: list[tuple[str, int, int, bool]]
) -> None:
    play = _start(round_number, placed)
    steps = _play(play, placed, attempts)
    assert play.due_ms() == -1, "the clock alone ends every play"

    seen = Counter(play.view().dealer)
    for hand in play.view().hands:
        seen.update(hand.cards)
        assert len(hand.cards) >= 2
        assert hand.hand % 10 < 4
    assert max(seen.values()) <= 6, "no card more often than six decks have it"

    paid = play.payouts()
    added = [step.added for step in steps if step.added is not None]
    assert [bet for bet, _ in paid] == placed + added, "every bet has exactly one payout"
    for bet, amount in paid:
        most = sum(stake * {0: 3, 1: 26, 2: 101, 3: 3}[position % 10] for position, stake in bet.chips)
        assert -1 <= amount <= most
    risked = {bet.reservation_id: bet.stake_minor for bet in placed + added}
    for hand in play.view().hands:
        assert hand.stake_minor <= 2 * risked[hand.bet_id]

    again = _start(round_number, placed)
    for step in steps:
        again.apply(step)
    assert _state(again) == _state(play), "a play is a function of its stream, bets and steps"


@given(rounds, bets, tries, st.integers(0, 60))
def test_interrupted_play_goes_on_from_its_steps(
    round_number: int, placed: list[PlayBet], attempts: list[tuple[str, int, int, bool]], cut: int
) -> None:
    steps = _play(_start(round_number, placed), placed, attempts)
    whole, cut_short = _start(round_number, placed), _start(round_number, placed)
    for step in steps[:cut]:
        whole.apply(step)
        cut_short.apply(step)
    for step in cut_short.resumed(10**9):
        cut_short.apply(step)
    first, second = whole.view(), cut_short.view()
    assert msgspec.structs.replace(first, until_ms=0) == msgspec.structs.replace(second, until_ms=0)
    assert second.until_ms >= first.until_ms
