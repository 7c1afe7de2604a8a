"""The bookkeeping of a swarm's players: what they were told, when they meant to ask, and which laws they saw broken."""

from __future__ import annotations

import itertools
import random
from collections import deque
from typing import Any

import pytest

from clients.python.state import PlayerState
from loadtest.users.abuser import FLOOD, Abuser
from loadtest.users.crash import CrashByHand
from loadtest.users.lurker import Lurker
from loadtest.users.machine import LoadMachine
from loadtest.users.persona import Persona
from loadtest.users.roulette import CasualRoulettePlayer
from loadtest.users.schedule import Schedule
from loadtest.users.slot import SlotPlayer
from protocol import connection as machine
from protocol.codec import encode_server_frame
from protocol.envelope import Kind
from protocol.errors import REGISTRY, Close, Code
from protocol.messages import (
    Balance,
    Bet,
    BetsAccepted,
    BetsSettled,
    BetsUndone,
    BetsVoided,
    BonusGranted,
    Chip,
    Error,
    JoinTable,
    Limits,
    Money,
    PlaceBets,
    RoundOpened,
    ServerMessage,
    SettledBet,
    SpinResult,
    TableBets,
    TableResumed,
    TableSnapshot,
    Welcome,
)

_ROUND = bytes(16)
_TABLE = "roulette-2"


class FakeDesk:
    """Answers from a list, on a clock that only sleeping and answering move."""

    def __init__(self, *answers: ServerMessage) -> None:
        self.state = PlayerState()
        self.machine = LoadMachine("", lambda: 0.0)
        self.answers = deque(answers)
        self.asked: list[Any] = []
        self.reports: list[tuple[str, float, str]] = []
        self.refusals: list[str] = []
        self.now_s = 100.0
        self.answer_takes_s = 0.5
        self.ids = 0

    def now(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def ask(self, body: Any, timeout_s: float) -> ServerMessage:
        self.asked.append(body)
        self.now_s += self.answer_takes_s
        return self.answers.popleft()

    def report(self, kind: str, since_s: float, failure: str = "") -> None:
        self.reports.append((kind, self.now_s - since_s, failure))

    def refused(self, name: str) -> None:
        self.refusals.append(name)

    def server_now_ms(self) -> int:
        return int(self.now_s * 1000)

    def new_id(self) -> bytes:
        self.ids += 1
        return self.ids.to_bytes(16, "big")

    def cut(self, away_s: float = 0.0) -> None:
        raise AssertionError("nobody was meant to lose his connection")


class FakeAssault:
    """Closes with one code, and answers every flood alike."""

    def __init__(self, code: int = 0, flood: tuple[int, int, int] = (0, 0, 0)) -> None:
        self._code, self._flood = code, flood

    def throw(self, _data: bytes) -> int:
        return self._code

    def flood(self, _count: int) -> tuple[int, int, int]:
        return self._flood


def money(available: int, reserved: int = 0, seq: int = 1) -> Money:
    return Money(available, reserved, seq)


def welcome(available: int, *, recovered: bool = False) -> machine.Welcomed:
    return machine.Welcomed(
        Welcome(1, "me", ["player"], "s", 0, 10, "PLAY", 2, True, money(available), 0, [], recovered=recovered)
    )


def snapshot(phase: str = "betting", stream: int = 7, version: int = 3) -> TableSnapshot:
    return TableSnapshot(
        *(
            stream,
            1,
            version,
            _TABLE,
            "Table",
            "rng",
            "PLAY",
            Limits(1, 500_000, {1: 100}),
            phase,
            _ROUND,
            1,
            0,
            110_000,
            0,
        ),
        *(-1, [], [], [], False, money(1_000), 0, "1"),
    )


def accepted(bet_id: bytes, stake: int = 100) -> BetsAccepted:
    return BetsAccepted(_TABLE, _ROUND, Bet(bet_id, [Chip(1, stake)], stake), 0, money(1_000 - stake, stake, 2))


def settled(bet_id: bytes, payout: int, seq: int = 3) -> tuple[str, ServerMessage]:
    return "", BetsSettled(_TABLE, _ROUND, 5, [SettledBet(bet_id, 100, payout)], 100, payout, money(0, 0, seq), 0)


def error(code: Code) -> Error:
    return Error(code, code.name, REGISTRY[code].retryable)


def player(desk: FakeDesk, kind: type[Persona] = CasualRoulettePlayer) -> Persona:
    one = kind("me", desk, random.Random(1))
    one.hear(welcome(1_000), None)
    return one


def order(desk: FakeDesk) -> PlaceBets:
    return PlaceBets(_TABLE, _ROUND, desk.new_id(), [Chip(1, 100)])


# ---- orders


def test_request_is_measured_from_when_it_was_due() -> None:
    desk = FakeDesk(Balance(money(1), 0))
    player(desk).request(order(desk), desk.now() - 3.0)
    assert desk.reports == [("PlaceBets", 3.5, "")]


def test_retryable_refusal_is_sent_again_unchanged_and_reported_once() -> None:
    desk = FakeDesk(error(Code.UNAVAILABLE), error(Code.OUTCOME_UNKNOWN), accepted(b"a"))
    player(desk).request(body := order(desk), desk.now())
    assert desk.asked == [body, body, body]
    assert [failure for _, _, failure in desk.reports] == [""]
    assert desk.refusals == ["UNAVAILABLE", "OUTCOME_UNKNOWN"]


def test_refusal_that_the_rules_make_normal_is_no_failure() -> None:
    desk = FakeDesk(error(Code.BETTING_CLOSED))
    assert player(desk).request(order(desk), desk.now()) is None
    assert desk.reports[0][2] == ""


def test_any_other_refusal_is_a_failure() -> None:
    desk = FakeDesk(error(Code.BAD_FIELD))
    player(desk).request(order(desk), desk.now())
    assert desk.reports[0][2] == "BAD_FIELD"


def test_refusal_that_never_ends_is_a_failure() -> None:
    desk = FakeDesk(*[error(Code.UNAVAILABLE)] * 10)
    desk.answer_takes_s = 20.0
    player(desk).request(order(desk), desk.now())
    assert desk.reports[0][2] == "UNAVAILABLE"


def test_bet_that_is_accepted_twice_counts_once() -> None:
    desk = FakeDesk(accepted(b"a"), accepted(b"a"))
    one = player(desk)
    one.request(order(desk), desk.now())
    one.request(order(desk), desk.now())
    assert len(one.memory.accepted) == 1
    assert one.breaches == []


def test_bet_that_is_accepted_for_two_stakes_is_a_breach() -> None:
    desk = FakeDesk(accepted(b"a", 100), accepted(b"a", 200))
    one = player(desk)
    one.request(order(desk), desk.now())
    one.request(order(desk), desk.now())
    assert "for 100 and for 200" in one.findings(killed=False)[0]


# ---- the law of the money


def play(desk: FakeDesk, *, balance: int, seq: int = 9) -> Persona:
    """Stake 100, win 300, and look at the balance three times."""
    desk.answers.extend((accepted(b"a"), *[Balance(money(balance, 0, seq), 0)] * 3))
    one = player(desk)
    one.request(order(desk), desk.now())
    one.hear(machine.Pushed("", settled(b"a", 300)[1]), settled(b"a", 300))
    for _ in range(3):
        desk.state.purse.apply(Balance(money(balance, 0, seq), 0))
        one.rest(desk.now())
    return one


def test_money_as_told_is_no_finding() -> None:
    assert play(FakeDesk(), balance=1_200).findings(killed=False) == []


def test_money_other_than_told_is_a_finding() -> None:
    assert "was told otherwise" in play(FakeDesk(), balance=1_201).findings(killed=False)[0]


def test_bonus_belongs_to_the_money_as_told() -> None:
    desk = FakeDesk()
    one = play(desk, balance=1_700)
    assert not one.agreed
    one.hear(
        machine.Pushed("", BonusGranted(500, 1, money(1_700, 0, 8))), ("", BonusGranted(500, 1, money(1_700, 0, 8)))
    )
    assert one.agrees()


def test_bonus_that_welcome_had_is_not_counted_again() -> None:
    desk = FakeDesk()
    one = play(desk, balance=1_200)
    one.hear(
        machine.Pushed("", BonusGranted(500, 1, money(1_000, 0, 1))), ("", BonusGranted(500, 1, money(1_000, 0, 1)))
    )
    assert one.agrees()


def test_tick_that_is_told_twice_is_a_finding() -> None:
    one = player(FakeDesk())
    for _ in range(2):
        one.hear(machine.Pushed("", BonusGranted(5, 1, money(5))), ("", BonusGranted(5, 1, money(5))))
    assert "tick 1 was paid twice" in one.findings(killed=False)[0]


def test_end_that_may_have_been_missed_is_told_again() -> None:
    one = player(FakeDesk())
    for _ in range(2):
        one.hear(machine.Pushed("", settled(b"a", 0)[1]), settled(b"a", 0))
    assert (one.findings(killed=False), one.memory.told_again()) == ([], 1)


def test_end_that_is_told_again_with_another_payout_is_a_finding() -> None:
    one = player(FakeDesk())
    for payout in (0, 300):
        one.hear(machine.Pushed("", settled(b"a", payout)[1]), settled(b"a", payout))
    assert "told with two payouts" in one.findings(killed=False)[0]


def test_bet_that_is_settled_and_given_back_is_a_finding() -> None:
    one = player(FakeDesk())
    one.hear(machine.Pushed("", settled(b"a", 0)[1]), settled(b"a", 0))
    voided = BetsVoided(_TABLE, _ROUND, [b"b", b"a"], 200, "why", money(0))
    one.hear(machine.Pushed("", voided), ("", voided))
    assert any("settled and given back" in words for words in one.findings(killed=False))


def test_bet_that_was_undone_costs_nothing() -> None:
    desk = FakeDesk(accepted(b"a"), BetsUndone(_TABLE, _ROUND, [b"a"], 100, money(1_000, 0, 5)))
    one = player(desk)
    one.request(order(desk), desk.now())
    one.request(order(desk), desk.now())
    assert one.memory.untold() == set()
    assert one.memory.expected_minor(1_000) == 1_000


def test_spin_counts_by_what_it_won_and_lost() -> None:
    result = SpinResult("slot", b"s", 200, 500, 0, [], "", "", 0, money(1_300), 0, "1")
    desk = FakeDesk(result)
    one = player(desk, SlotPlayer)
    one.turn(desk.now())
    assert one.memory.expected_minor(1_000) == 1_300


def test_session_that_was_not_recovered_is_not_held_to_its_pushes() -> None:
    one = player(FakeDesk())
    one.hear(welcome(5_000), None)
    assert not one.can_compare()


def test_session_that_goes_on_is_held_to_its_pushes() -> None:
    one = player(FakeDesk())
    one.hear(welcome(5_000, recovered=True), None)
    assert one.can_compare()


# ---- streams


def frames(stream: int, *seqs: int, body: ServerMessage | None = None) -> list[bytes]:
    return [encode_server_frame(Kind.PUSH, stream, seq, body or TableBets(_ROUND, [])) for seq in seqs]


def seated() -> LoadMachine:
    """Return a machine that has joined a table at version 3 of stream 7."""
    one = LoadMachine("", lambda: 0.0)
    one.open("token", 0)
    one.receive(encode_server_frame(Kind.REPLY, 1, 0, welcome(1_000).welcome), 0)
    one.request(JoinTable(_TABLE), "join", 0)
    one.receive(encode_server_frame(Kind.REPLY, 2, 0, snapshot()), 0)
    return one


def test_skimmed_push_keeps_its_place_in_the_stream() -> None:
    one = seated()
    assert [one.receive(frame, 0) for frame in frames(7, 4, 5)] == [[], []]
    events = one.receive(frames(7, 6, body=RoundOpened(_ROUND, 1, 0, 0, 0))[0], 0)
    assert isinstance(events[0], machine.Pushed)
    assert (one.gaps, one.duplicates) == (0, 0)


def test_repeated_push_is_counted() -> None:
    one = seated()
    for frame in frames(7, 4, 4):
        one.receive(frame, 0)
    assert one.duplicates == 1


def test_missing_push_is_counted() -> None:
    one = seated()
    one.receive(frames(7, 5)[0], 0)
    assert one.gaps == 1


def test_push_that_comes_again_behind_a_resume_is_no_duplicate() -> None:
    one = seated()
    one.receive(frames(7, 4)[0], 0)
    one.receive(encode_server_frame(Kind.PUSH, 7, 5, TableBets(_ROUND, [])), 0)
    one.open("token", 0)
    one.receive(encode_server_frame(Kind.REPLY, 3, 0, welcome(1_000, recovered=True).welcome), 0)
    one.receive(frames(7, 7)[0], 0)  # live, before the answer
    one.receive(encode_server_frame(Kind.REPLY, 4, 0, TableResumed(_TABLE, 7, 1, 7, 0, [], False, money(1), 0, 0)), 0)
    for frame in frames(7, 6, 7):
        one.receive(frame, 0)
    assert (one.gaps, one.duplicates) == (0, 0)


def test_stream_that_begins_anew_at_a_snapshot_has_no_duplicates() -> None:
    one = seated()
    for frame in frames(7, 4, 5):
        one.receive(frame, 0)
    one.receive(encode_server_frame(Kind.PUSH, 0, 1, snapshot(version=1)), 0)  # its table was killed
    for frame in frames(7, 2, 3):
        one.receive(frame, 0)
    assert (one.gaps, one.duplicates) == (0, 0)


def test_gap_of_a_player_is_a_finding() -> None:
    desk = FakeDesk()
    one = player(desk)
    desk.machine.gaps = 1
    assert "1 gaps, 0 duplicates" in one.findings(killed=True)[0]


def test_snapshot_in_place_of_what_was_missed_is_a_finding_unless_hosts_were_killed() -> None:
    one = player(FakeDesk())
    one.hear(machine.Refreshed(snapshot(), lost=True), None)
    assert len(one.findings(killed=False)) == 1
    assert one.findings(killed=True) == []


@pytest.mark.parametrize("killed", [True, False])
def test_silent_server_is_a_finding_unless_hosts_were_killed(killed: bool) -> None:
    one = LoadMachine("", lambda: 0.0)
    one.open("token", 0)
    events = one.tick(60_000)
    silent = player(FakeDesk())
    for event in events:
        silent.hear(event, None)
    assert len(silent.findings(killed=killed)) == 1 - killed


def test_broken_contract_is_a_finding_though_hosts_were_killed() -> None:
    one = player(FakeDesk())
    one.hear(machine.Broken("MALFORMED_FRAME"), None)
    assert len(one.findings(killed=True)) == 1


# ---- turns


def test_rush_waits_for_the_last_moment_and_is_measured_from_it() -> None:
    desk = FakeDesk(accepted(b"a"))
    one = player(desk)
    one.table_id = _TABLE
    desk.state.take(machine.Refreshed(snapshot()))
    one.turn(desk.now(), rush=True)
    assert 109.0 < desk.now() - 0.5 <= 110.0  # closes_ms is 110,000
    assert desk.reports[0][1] == pytest.approx(0.5)


def test_lurker_never_stakes() -> None:
    desk = FakeDesk(*[Balance(money(1), 0)] * 100)
    one = player(desk, Lurker)
    for _ in range(40):
        one.turn(desk.now())
    assert not any(isinstance(body, PlaceBets) for body in desk.asked)


def test_crash_by_hand_sets_no_target() -> None:
    desk = FakeDesk(accepted(b"a"))
    one = player(desk, CrashByHand)
    one.table_id = _TABLE
    desk.state.take(machine.Refreshed(snapshot()))
    one.turn(desk.now())
    assert desk.asked[0].chips[0].position == 0


def test_schedule_does_not_wait_for_answers() -> None:
    one = Schedule(2.0, random.Random(1), 0.0)
    turns = [one.next() for _ in range(1_000)]
    assert all(1.0 <= later - sooner <= 3.0 for sooner, later in itertools.pairwise(turns))
    assert turns[-1] == pytest.approx(2_000, rel=0.03)


# ---- the abuser


def abuser(desk: FakeDesk, assault: FakeAssault) -> Abuser:
    one = Abuser("me", desk, random.Random(1), assault)
    one.table_id = _TABLE
    desk.state.take(machine.Refreshed(snapshot()))
    return one


def test_malformed_bytes_that_are_not_refused_are_a_breach() -> None:
    one = abuser(FakeDesk(), FakeAssault(code=0))
    one.malformed(100.0)
    assert len(one.breaches) == 1


def test_malformed_bytes_while_the_gateway_is_away_are_no_attempt() -> None:
    one = abuser(FakeDesk(), FakeAssault(code=-1))
    one.malformed(100.0)
    assert (one.breaches, one.tried.total()) == ([], 0)


@pytest.mark.parametrize("answer", [(200, 100, 0), (200, 0, Close.FLOOD)])
def test_flood_that_is_refused_is_no_breach(answer: tuple[int, int, int]) -> None:
    one = abuser(FakeDesk(), FakeAssault(flood=answer))
    one.flood(100.0)
    assert (one.breaches, one.tried["flood"]) == ([], 1)


def test_flood_that_is_answered_whole_is_a_breach() -> None:
    one = abuser(FakeDesk(), FakeAssault(flood=(FLOOD, 0, 0)))
    one.flood(100.0)
    assert len(one.breaches) == 1


def test_replay_with_the_same_answer_is_no_breach() -> None:
    desk = FakeDesk(accepted(b"a"), accepted(b"a"), error(Code.ID_REUSED))
    one = abuser(desk, FakeAssault())
    view = one.view()
    assert view is not None
    one.replay(view, desk.now())
    assert one.breaches == []
    assert len({body.bet_id for body in desk.asked}) == 1


def test_other_order_under_the_same_id_that_is_accepted_is_a_breach() -> None:
    desk = FakeDesk(accepted(b"a"), accepted(b"a"), accepted(b"a"))
    one = abuser(desk, FakeAssault())
    view = one.view()
    assert view is not None
    one.replay(view, desk.now())
    assert len(one.breaches) == 1


def test_forbidden_order_that_is_accepted_is_a_breach_and_counts_as_a_stake() -> None:
    desk = FakeDesk(*[accepted(b"a")] * 20)
    one = abuser(desk, FakeAssault())
    view = one.view()
    assert view is not None
    one.forbidden(view, desk.now())
    assert len(one.breaches) == 1
    assert len(one.memory.accepted) == 1
