"""What the benchmarks' crowds notice: a missing frame, a gap or a duplicate must not pass for speed."""

from __future__ import annotations

from typing import Any, cast

import pytest

from loadtest.bench.resume import Client
from loadtest.bench.settle import Heard, Incomplete, judge
from loadtest.wire import LoadConnection
from protocol.codec import encode_server_frame
from protocol.envelope import Kind
from protocol.messages import (
    BetsClosed,
    BetsSettled,
    Money,
    Notice,
    RoundResult,
    RoundSettled,
    ServerMessage,
    SettledBet,
    TableResumed,
    Welcome,
)

ROUND, OTHER = b"r" * 16, b"o" * 16
MONEY = Money(1, 0, 1)
STREAM = 5


def settled(*bet_ids: bytes) -> BetsSettled:
    return BetsSettled("t", ROUND, 17, [SettledBet(bet_id, 1, 0) for bet_id in bet_ids], 1, 0, MONEY, 0)


def heard(last_s: float, *bet_ids: bytes) -> list[Heard]:
    return [
        (100.01, BetsClosed(ROUND)),
        (100.2, RoundResult(ROUND, 17)),
        (100.3, settled(*bet_ids)),
        (last_s, RoundSettled(ROUND, [], 0)),
        (109.0, BetsClosed(OTHER)),
    ]


def test_settling_lasts_from_the_close_to_the_last_frame_of_the_last_player() -> None:
    found = judge([(heard(100.4, b"a"), [b"a"]), (heard(100.5, b"b", b"c"), [b"c", b"b"])], ROUND, 100.0)
    assert (found["ms"], found["personal_ms"], found["closed_ms"]) == (500.0, 300.0, 10.0)
    assert (found["players"], found["bets"], found["frames"]) == (2, 3, 6)


@pytest.mark.parametrize("missing", [RoundResult, BetsSettled, RoundSettled])
def test_missing_frame_is_no_figure(missing: type) -> None:
    frames = [(at_s, body) for at_s, body in heard(100.4, b"a") if not isinstance(body, missing)]
    with pytest.raises(Incomplete, match=missing.__name__):
        judge([(frames, [b"a"])], ROUND, 100.0)


def test_frame_that_came_twice_is_no_figure() -> None:
    with pytest.raises(Incomplete):
        judge([([*heard(100.4, b"a"), (100.6, settled(b"a"))], [b"a"])], ROUND, 100.0)


@pytest.mark.parametrize("told", [(b"a",), (b"a", b"a"), (b"a", b"x"), (b"a", b"b", b"x")])
def test_results_of_other_bets_than_were_accepted_are_no_figure(told: tuple[bytes, ...]) -> None:
    with pytest.raises(Incomplete, match="was told"):
        judge([(heard(100.4, *told), [b"a", b"b"])], ROUND, 100.0)


class Wire:
    """Takes what a client sends."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, payload: bytes) -> None:
        self.sent.append(payload)


class Seat:
    """A client who was at version 10 of his table and at 3 of his personal stream, and has just come again."""

    def __init__(self) -> None:
        self.client = Client("ws://nowhere", "token")
        self.client.was_here = True
        self.client.position = (1, 10)
        self.client._personal = 3
        self.client._connection = cast(LoadConnection, Wire())

    def hear(self, kind: Kind, ref: int, seq: int, body: ServerMessage) -> None:
        self.client.on_payload(cast(LoadConnection, None), encode_server_frame(kind, ref, seq, body))

    def welcome(self, *, recovered: bool = True) -> None:
        body = Welcome(1, "a", [], "session", 0, 10, "PLAY", 2, True, MONEY, 0, [], recovered)
        self.hear(Kind.REPLY, 1, 0, body)

    def resumed(self, version: int) -> None:
        self.hear(Kind.REPLY, 2, 0, TableResumed("t", STREAM, 1, version, 0, [], False, MONEY, 0, 0))

    def push(self, *seqs: int, stream: int = STREAM) -> None:
        for seq in seqs:
            self.hear(Kind.PUSH, stream, seq, Notice("code", "text"))

    def wrong(self) -> dict[str, Any]:
        return {name: count for name, count in self.client.wrong.items() if count}


@pytest.fixture
def seat() -> Seat:
    return Seat()


def test_client_is_back_when_everything_missed_has_come(seat: Seat) -> None:
    seat.welcome()
    seat.resumed(12)
    seat.push(11)
    assert seat.client.back_s == 0.0
    seat.push(12)
    assert seat.client.back_s > 0.0
    assert seat.wrong() == {}


def test_client_who_missed_nothing_is_back_at_once(seat: Seat) -> None:
    seat.welcome()
    seat.resumed(10)
    assert seat.client.back_s > 0.0


def test_hole_in_what_was_missed_is_noticed(seat: Seat) -> None:
    seat.welcome()
    seat.resumed(12)
    seat.push(12)
    assert seat.wrong() == {"table: a gap": 1}


def test_push_that_was_heard_before_the_cut_is_noticed(seat: Seat) -> None:
    seat.welcome()
    seat.resumed(12)
    seat.push(10, 11, 12)
    assert seat.wrong() == {"table: a duplicate": 1}


def test_hole_and_duplicate_of_the_personal_stream_are_noticed(seat: Seat) -> None:
    seat.welcome()
    seat.push(5, 5, stream=0)
    assert seat.wrong() == {"personal: a gap": 1, "personal: a duplicate": 1}


def test_session_that_does_not_go_on_is_noticed_and_begins_at_one(seat: Seat) -> None:
    seat.welcome(recovered=False)
    seat.push(1, stream=0)
    assert seat.wrong() == {"session not recovered": 1}


def test_result_that_comes_twice_is_counted_twice(seat: Seat) -> None:
    seat.welcome()
    for seq in (4, 5):
        seat.hear(Kind.PUSH, 0, seq, settled(b"a" * 16))
    assert seat.client.told == {b"a" * 16: 2}
