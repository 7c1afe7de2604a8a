"""The client's session machine against frames written by hand."""

from __future__ import annotations

import msgspec
import pytest

from protocol.codec import decode_client_frame, encode_server_frame
from protocol.connection import (
    GREETING_MS,
    TRIES_MAX,
    Answered,
    Broken,
    ClientConnection,
    Event,
    Missed,
    Phase,
    Pushed,
    Refreshed,
    Rejected,
    Resumed,
    TableLost,
    Welcomed,
)
from protocol.envelope import ClientFrame, Kind
from protocol.errors import REGISTRY, Code
from protocol.messages import (
    Balance,
    BetsAccepted,
    BetsClosed,
    Chip,
    Error,
    GetBalance,
    Hello,
    JackpotPool,
    JackpotPools,
    JoinTable,
    LeaveTable,
    LeftTable,
    Money,
    Notice,
    Ping,
    PlaceBets,
    Pong,
    Reconnect,
    ServerMessage,
    TableResumed,
    Tables,
    TableSnapshot,
    Welcome,
)
from server.schema.golden import SERVER_SAMPLES

MONEY = Money(1, 2, 3)
WELCOME = Welcome(7, "Ana", ["player"], "s", 50_000, 10, "PLAY", 2, True, MONEY, 0, [])
BET = PlaceBets("t1", bytes(16), bytes(16), [Chip(1, 100)])
PUSH = BetsClosed(bytes(16))


def snapshot(table_id: str = "t1", stream: int = 3, version: int = 10) -> TableSnapshot:
    sample = SERVER_SAMPLES["TableSnapshot"][3]
    assert isinstance(sample, TableSnapshot)
    return msgspec.structs.replace(sample, info_table_id=table_id, stream=stream, version=version)


def error(code: Code, retry_after_ms: int = 0) -> Error:
    return Error(code, code.name, REGISTRY[code].retryable, retry_after_ms)


def resumed(stream: int = 3, epoch: int = 2, version: int = 14) -> TableResumed:
    return TableResumed("t1", stream, epoch, version, 0, [], False, MONEY, 0, 0)


class Peer:
    """A machine with someone to talk to: the frames it sends, as frames, and the server's words as bytes."""

    def __init__(self) -> None:
        self.session = ClientConnection("test")
        self.now_ms = 1_000

    def sent(self) -> list[ClientFrame]:
        frames = []
        for data in self.session.data_to_send():
            frame = decode_client_frame(data)
            assert isinstance(frame, ClientFrame)
            frames.append(frame)
        return frames

    def bodies(self) -> list[object]:
        return [frame.body for frame in self.sent()]

    def answer(self, ref: int, body: ServerMessage) -> list[Event]:
        kind = Kind.ERROR if isinstance(body, Error) else Kind.REPLY
        return self.session.receive(encode_server_frame(kind, ref, 0, body), self.now_ms)

    def push(self, stream: int, seq: int, body: ServerMessage) -> list[Event]:
        return self.session.receive(encode_server_frame(Kind.PUSH, stream, seq, body), self.now_ms)

    def ask(self, body: object, handle: object = "h") -> int:
        self.session.request(body, handle, self.now_ms)  # type: ignore[arg-type]
        frames = self.sent()
        return frames[-1].ref if frames else 0

    def greet(self) -> list[Event]:
        self.session.open("token", self.now_ms)
        (hello,) = self.sent()
        return self.answer(hello.ref, WELCOME)

    def sit(self, table_id: str = "t1", stream: int = 3, version: int = 10) -> None:
        self.answer(self.ask(JoinTable(table_id)), snapshot(table_id, stream, version))


@pytest.fixture
def peer() -> Peer:
    """A session that stands."""
    peer = Peer()
    peer.greet()
    return peer


@pytest.fixture
def seated(peer: Peer) -> Peer:
    """A session with a seat at t1: stream 3, version 10."""
    peer.sit()
    return peer


# ---- greeting


def test_open_sends_hello_first() -> None:
    peer = Peer()
    peer.session.open("token", 1_000)
    assert peer.bodies() == [Hello("token", "test")]


def test_welcome_makes_the_session_ready() -> None:
    peer = Peer()
    assert peer.greet() == [Welcomed(WELCOME)]
    assert peer.session.phase is Phase.READY


def test_welcome_teaches_the_clock() -> None:
    peer = Peer()
    peer.session.open("token", 1_000)
    (hello,) = peer.sent()
    peer.now_ms = 1_200
    peer.answer(hello.ref, WELCOME)
    assert (peer.session.clock.rtt_ms, peer.session.clock.offset_ms) == (200, 50_000 - 1_100)


def test_refused_hello_is_rejected() -> None:
    peer = Peer()
    peer.session.open("token", 1_000)
    assert peer.answer(1, error(Code.TOKEN_EXPIRED)) == [Rejected(error(Code.TOKEN_EXPIRED))]


def test_hello_without_an_answer_is_broken() -> None:
    peer = Peer()
    peer.session.open("token", 1_000)
    assert peer.session.next_tick_ms() == 1_000 + GREETING_MS
    assert isinstance(peer.session.tick(1_000 + GREETING_MS)[0], Broken)


def test_server_that_begins_otherwise_is_broken() -> None:
    peer = Peer()
    peer.session.open("token", 1_000)
    assert isinstance(peer.answer(1, Tables([]))[0], Broken)


def test_request_before_the_welcome_waits_for_it() -> None:
    peer = Peer()
    peer.session.request(GetBalance(), "h", 0)
    peer.session.open("token", 0)
    assert peer.bodies() == [Hello("token", "test")]
    peer.answer(1, WELCOME)
    assert peer.bodies() == [GetBalance()]


# ---- requests


def test_answer_brings_the_handle_back(peer: Peer) -> None:
    ref = peer.ask(GetBalance(), "mine")
    assert peer.answer(ref, Balance(MONEY, 0)) == [Answered("mine", Balance(MONEY, 0))]
    assert peer.session.unanswered() == 0


def test_refs_of_open_requests_differ(peer: Peer) -> None:
    refs = {peer.ask(GetBalance(), n) for n in range(50)}
    assert len(refs) == 50


def test_answer_that_comes_twice_is_passed_over(peer: Peer) -> None:
    ref = peer.ask(GetBalance())
    peer.answer(ref, Balance(MONEY, 0))
    assert peer.answer(ref, Balance(MONEY, 0)) == []


def test_refusal_is_an_answer(peer: Peer) -> None:
    ref = peer.ask(BET)
    assert peer.answer(ref, error(Code.INSUFFICIENT_FUNDS)) == [Answered("h", error(Code.INSUFFICIENT_FUNDS))]


def test_error_of_no_request_is_reported(peer: Peer) -> None:
    assert peer.answer(0, error(Code.SESSION_REPLACED)) == [Rejected(error(Code.SESSION_REPLACED))]


def test_abandoned_request_is_not_sent_again(peer: Peer) -> None:
    peer.ask(BET)
    peer.session.abandon("h")
    peer.session.lost()
    peer.greet()
    assert peer.bodies() == []


# ---- second tries


def test_busy_is_tried_again_unchanged_after_the_time_told(peer: Peer) -> None:
    ref = peer.ask(BET)
    assert peer.answer(ref, error(Code.BUSY, 500)) == []
    assert peer.session.next_tick_ms() == 1_000 + 500 + 100
    peer.session.tick(1_599)
    assert peer.bodies() == []
    peer.session.tick(1_600)
    (again,) = peer.sent()
    assert (again.ref, again.body) == (ref, BET)


def test_busy_too_often_is_handed_out(peer: Peer) -> None:
    ref = peer.ask(BET)
    for _ in range(TRIES_MAX):
        assert peer.answer(ref, error(Code.BUSY)) == []
        peer.session.tick(peer.session.next_tick_ms())
    assert peer.answer(ref, error(Code.BUSY)) == [Answered("h", error(Code.BUSY))]


def test_unknown_outcome_is_asked_for_without_end(peer: Peer) -> None:
    ref = peer.ask(BET)
    for _ in range(5 * TRIES_MAX):
        assert peer.answer(ref, error(Code.OUTCOME_UNKNOWN)) == []
        peer.now_ms = peer.session.next_tick_ms()
        peer.push(0, 0, Notice("alive", ""))
        peer.session.tick(peer.now_ms)
    assert peer.session.unanswered() == 1


def test_delay_of_second_tries_is_spread() -> None:
    peer = Peer()
    peer.session = ClientConnection("test", spread=lambda: 0.5)
    peer.greet()
    peer.answer(peer.ask(BET), error(Code.BUSY))
    assert peer.session.next_tick_ms() == 1_050


# ---- lost connections


def test_unanswered_order_is_sent_again_unchanged(peer: Peer) -> None:
    peer.ask(BET)
    peer.session.lost()
    assert peer.session.phase is Phase.CLOSED
    peer.greet()
    (again,) = peer.sent()
    assert again.body == BET
    accepted = SERVER_SAMPLES["BetsAccepted"][3]
    assert peer.answer(again.ref, accepted) == [Answered("h", accepted)]


def test_answered_order_is_not_sent_again(peer: Peer) -> None:
    peer.answer(peer.ask(BET), SERVER_SAMPLES["BetsAccepted"][3])
    peer.session.lost()
    peer.greet()
    assert peer.bodies() == []


def test_order_waits_until_its_table_is_joined_again(seated: Peer) -> None:
    seated.ask(BET)
    seated.session.lost()
    seated.greet()
    (join,) = seated.sent()
    assert join.body == JoinTable("t1", 2, 10)
    assert seated.answer(join.ref, snapshot(version=20)) == [Refreshed(snapshot(version=20), lost=True)]
    assert seated.bodies() == [BET]


def test_order_for_another_table_does_not_wait(seated: Peer) -> None:
    other = PlaceBets("t2", bytes(16), bytes(16), [Chip(1, 100)])
    seated.ask(other)
    seated.session.lost()
    seated.greet()
    assert seated.bodies() == [JoinTable("t1", 2, 10), other]


def test_table_that_cannot_be_joined_again_is_lost(seated: Peer) -> None:
    seated.ask(BET)
    seated.session.lost()
    seated.greet()
    (join,) = seated.sent()
    assert seated.answer(join.ref, error(Code.UNKNOWN_TABLE)) == [TableLost("t1", error(Code.UNKNOWN_TABLE))]
    assert seated.bodies() == [BET]


def test_table_that_is_down_is_joined_when_it_is_up(seated: Peer) -> None:
    seated.session.lost()
    seated.greet()
    (join,) = seated.sent()
    for _ in range(2 * TRIES_MAX):
        assert seated.answer(join.ref, error(Code.UNAVAILABLE)) == []
        seated.now_ms += 3_000
        seated.push(0, 0, Notice("alive", ""))
        seated.session.tick(seated.now_ms)
        assert JoinTable("t1", 2, 10) in seated.bodies()
    assert seated.answer(join.ref, snapshot(version=30)) == [Refreshed(snapshot(version=30), lost=True)]


def test_left_table_is_not_joined_again(seated: Peer) -> None:
    seated.answer(seated.ask(LeaveTable("t1")), LeftTable("t1"))
    seated.session.lost()
    seated.greet()
    assert seated.bodies() == []


# ---- streams


def test_joined_table_gives_its_snapshot_and_the_pushes_behind_it(peer: Peer) -> None:
    ref = peer.ask(JoinTable("t1"))
    assert peer.answer(ref, snapshot()) == [Answered("h", snapshot()), Refreshed(snapshot())]
    assert peer.push(3, 11, PUSH) == [Pushed("t1", PUSH)]
    assert peer.push(3, 12, PUSH) == [Pushed("t1", PUSH)]


def test_push_that_comes_twice_is_dropped(seated: Peer) -> None:
    seated.push(3, 11, PUSH)
    assert seated.push(3, 11, PUSH) == []
    assert seated.push(3, 10, PUSH) == []


def test_gap_asks_from_its_position_and_takes_a_snapshot_with_what_is_behind_it(seated: Peer) -> None:
    assert seated.push(3, 13, PUSH) == [Missed("t1")]
    (join,) = seated.sent()
    assert join.body == JoinTable("t1", 2, 10)
    assert seated.push(3, 14, PUSH) == []
    assert seated.answer(join.ref, snapshot(version=13)) == [
        Refreshed(snapshot(version=13), lost=True),
        Pushed("t1", PUSH),
    ]
    assert seated.session.gaps == 1


def test_gap_that_is_resumed_gets_what_was_missed_each_once(seated: Peer) -> None:
    seated.push(3, 13, PUSH)
    (join,) = seated.sent()
    seated.push(3, 14, PUSH)
    assert seated.answer(join.ref, resumed(version=14)) == []
    told = [seated.push(3, seq, PUSH) for seq in (11, 12, 13, 14, 15)]
    pushed = Pushed("t1", PUSH)
    assert told == [[pushed], [pushed], [pushed], [pushed, Resumed(resumed(version=14))], [pushed]]
    assert seated.sent() == []


def test_table_is_resumed_on_another_stream_after_a_lost_connection(seated: Peer) -> None:
    seated.push(3, 11, PUSH)
    seated.session.lost()
    seated.greet()
    (join,) = seated.sent()
    assert join.body == JoinTable("t1", 2, 11)
    assert seated.answer(join.ref, resumed(stream=8, version=11)) == [Resumed(resumed(stream=8, version=11))]
    assert seated.push(8, 12, PUSH) == [Pushed("t1", PUSH)]
    assert seated.push(3, 12, PUSH) == []


def test_resume_in_another_epoch_breaks_the_promise(seated: Peer) -> None:
    seated.push(3, 13, PUSH)
    (join,) = seated.sent()
    (broken,) = seated.answer(join.ref, resumed(epoch=3, version=14))
    assert isinstance(broken, Broken)


def test_what_is_mine_is_forgotten_when_a_snapshot_comes_first(seated: Peer) -> None:
    seated.push(3, 13, PUSH)
    (join,) = seated.sent()
    seated.answer(join.ref, resumed(version=14))
    fresh = snapshot(version=20)
    assert seated.push(3, 20, fresh) == [Refreshed(fresh)]
    assert seated.push(3, 21, PUSH) == [Pushed("t1", PUSH)]


def test_pushes_that_overtake_the_first_snapshot_are_kept(peer: Peer) -> None:
    ref = peer.ask(JoinTable("t1"))
    assert peer.push(3, 10, PUSH) == []
    assert peer.push(3, 11, PUSH) == []
    assert peer.answer(ref, snapshot())[1:] == [Refreshed(snapshot()), Pushed("t1", PUSH)]


def test_push_of_an_unknown_stream_is_dropped(seated: Peer) -> None:
    assert seated.push(9, 1, PUSH) == []


def test_pushed_snapshot_begins_the_stream_anew(seated: Peer) -> None:
    fresh = snapshot(stream=3, version=2)
    assert seated.push(3, 2, fresh) == [Refreshed(fresh)]
    assert seated.push(3, 3, PUSH) == [Pushed("t1", PUSH)]


def test_snapshot_may_move_the_table_to_another_stream(seated: Peer) -> None:
    seated.push(5, 2, snapshot(stream=5, version=2))
    assert seated.push(5, 3, PUSH) == [Pushed("t1", PUSH)]
    assert seated.push(3, 11, PUSH) == []


def test_streams_of_two_tables_are_told_apart(seated: Peer) -> None:
    seated.sit("t2", 4, 0)
    assert seated.push(4, 1, PUSH) == [Pushed("t2", PUSH)]
    assert seated.push(3, 11, PUSH) == [Pushed("t1", PUSH)]


def test_pushes_after_leaving_are_dropped(seated: Peer) -> None:
    seated.answer(seated.ask(LeaveTable("t1")), LeftTable("t1"))
    assert seated.push(3, 11, PUSH) == []


def test_gap_in_the_personal_stream_asks_what_was_missed_at_every_table(seated: Peer) -> None:
    notice = Notice("a", "b")
    assert seated.push(0, 1, notice) == [Pushed("", notice)]
    assert seated.push(0, 3, notice) == [Missed(""), Pushed("", notice)]
    assert seated.bodies() == [JoinTable("t1", 2, 10)]


def test_push_outside_of_every_stream_is_delivered_each_time_and_counts_for_none(seated: Peer) -> None:
    pools = JackpotPools([JackpotPool(1, "Grand", "PLAY", 100)])
    for seq in (1, 2):
        assert seated.push(0, 0, pools) == [Pushed("", pools)]
        assert seated.push(0, seq, Notice("a", "b")) == [Pushed("", Notice("a", "b"))]


def test_gap_in_the_personal_stream_without_a_table_asks_for_the_balance(peer: Peer) -> None:
    peer.push(0, 2, Notice("a", "b"))
    (ask,) = peer.sent()
    assert ask.body == GetBalance()
    assert peer.answer(ask.ref, Balance(MONEY, 5)) == [Pushed("", Balance(MONEY, 5))]


def test_requests_acknowledge_the_personal_stream(peer: Peer) -> None:
    peer.push(0, 1, Notice("a", "b"))
    peer.session.request(GetBalance(), "h", 0)
    assert [frame.seq for frame in peer.sent()] == [1]


def test_personal_stream_begins_anew_on_each_connection(peer: Peer) -> None:
    peer.push(0, 1, Notice("a", "b"))
    peer.session.lost()
    peer.greet()
    assert peer.push(0, 1, Notice("c", "d")) == [Pushed("", Notice("c", "d"))]


# ---- newer servers and broken ones


def test_push_of_a_newer_server_leaves_no_gap(seated: Peer) -> None:
    assert seated.session.receive(msgspec.msgpack.encode([1, 3, 3, 11, [250, 1]]), 0) == []
    assert seated.push(3, 12, PUSH) == [Pushed("t1", PUSH)]


def test_answer_of_a_newer_server_is_an_error_for_its_request(peer: Peer) -> None:
    ref = peer.ask(GetBalance())
    (event,) = peer.session.receive(msgspec.msgpack.encode([1, 2, ref, 0, [250, 1]]), 0)
    assert isinstance(event, Answered)
    assert isinstance(event.body, Error)
    assert event.body.code == Code.UNKNOWN_MESSAGE


@pytest.mark.parametrize("data", [b"", b"\xc1", msgspec.msgpack.encode([2, 2, 1, 0, [4, 1, 1]])])
def test_bytes_that_are_no_frame_are_broken(peer: Peer, data: bytes) -> None:
    assert isinstance(peer.session.receive(data, 0)[0], Broken)


# ---- heartbeat


def test_ping_goes_out_at_half_the_heartbeat(peer: Peer) -> None:
    assert peer.session.next_tick_ms() == 1_000 + 5_000
    peer.session.tick(5_999)
    assert peer.bodies() == []
    peer.session.tick(6_000)
    assert peer.bodies() == [Ping(6_000)]


def test_pong_teaches_the_clock_and_is_no_event() -> None:
    peer = Peer()
    peer.session.open("token", peer.now_ms)
    peer.now_ms = 1_900
    peer.answer(peer.sent()[0].ref, WELCOME)
    peer.session.tick(7_000)
    peer.now_ms = 7_010
    assert peer.answer(peer.sent()[0].ref, Pong(7_000, 57_005)) == []
    assert (peer.session.clock.rtt_ms, peer.session.clock.offset_ms) == (10, 50_000)


def test_server_that_moves_us_says_when_to_come_back_for_this_connection_only(peer: Peer) -> None:
    assert peer.session.back_after_ms == -1
    peer.push(0, 1, Reconnect(250, "restart"))
    peer.session.lost()
    assert peer.session.back_after_ms == 250
    peer.session.open("token", peer.now_ms)
    assert peer.session.back_after_ms == -1


def test_silence_for_twice_the_heartbeat_is_broken(peer: Peer) -> None:
    assert isinstance(peer.session.tick(1_000 + 20_000)[0], Broken)


def test_nothing_is_due_while_there_is_no_connection() -> None:
    peer = Peer()
    assert peer.session.tick(10**9) == []
    assert peer.session.next_tick_ms() > 10**15


def test_accepted_sample_is_the_message_it_is_taken_for() -> None:
    assert isinstance(SERVER_SAMPLES["BetsAccepted"][3], BetsAccepted)


def test_after_a_gap_in_the_personal_stream_the_next_hello_claims_no_session(peer: Peer) -> None:
    peer.push(0, 2, Notice("a", "b"))  # number 1 was lost, and will not come
    peer.session.open("token", 0)
    (hello,) = [frame for frame in peer.sent() if isinstance(frame.body, Hello)]
    assert hello.body == Hello("token", "test", "")
