"""The session machine's laws, whatever the wire does to pushes and however often the connection is lost."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from protocol.codec import decode_client_frame, encode_server_frame
from protocol.connection import Answered, ClientConnection, Event, Pushed, Refreshed, Resumed
from protocol.envelope import ClientFrame, Kind
from protocol.messages import (
    Bet,
    BetsAccepted,
    Chip,
    Hello,
    JoinTable,
    Money,
    PlaceBets,
    RoundResult,
    TableResumed,
    TableSnapshot,
    Welcome,
)
from server.schema.golden import SERVER_SAMPLES

STREAM = 3
MONEY = Money(0, 0, 0)
WELCOME = Welcome(7, "Ana", [], "s", 0, 10, "PLAY", 2, True, MONEY, 0, [])
STEPS = st.lists(
    st.sampled_from(("push", "push", "lose", "twice", "answer", "answer", "bet", "cut", "snapshot", "age", "restart")),
    max_size=60,
)


class Server:
    """Answers when told to. Each push says its own seq, so that the client's log can be compared."""

    def __init__(self) -> None:
        self.session = ClientConnection("law")
        self.version = self.oldest = 0
        self.epoch = 1
        self.waiting: list[ClientFrame] = []
        self.accepted: dict[bytes, BetsAccepted] = {}
        self.carried_out: list[bytes] = []
        self.log: list[Event] = []
        self.bets = 0
        self.connect()
        self.session.request(JoinTable("t"), "join", 0)
        self.collect()

    def collect(self) -> None:
        for data in self.session.data_to_send():
            frame = decode_client_frame(data)
            assert isinstance(frame, ClientFrame)
            self.waiting.append(frame)

    def receive(self, data: bytes) -> None:
        self.log += self.session.receive(data, 0)
        self.collect()

    def connect(self) -> None:
        self.waiting.clear()
        self.session.open("token", 0)
        self.collect()
        hello = self.waiting.pop()
        assert isinstance(hello.body, Hello)
        self.receive(encode_server_frame(Kind.REPLY, hello.ref, 0, WELCOME))

    def snapshot(self) -> TableSnapshot:
        sample = SERVER_SAMPLES["TableSnapshot"][3]
        assert isinstance(sample, TableSnapshot)
        return msgspec.structs.replace(sample, info_table_id="t", stream=STREAM, epoch=self.epoch, version=self.version)

    def answer(self) -> None:
        """Answer the oldest request."""
        frame = self.waiting.pop(0)
        if isinstance(frame.body, JoinTable) and self.knows(frame.body):
            self.resume(frame.ref, frame.body.version)
            return
        if isinstance(frame.body, JoinTable):
            self.receive(encode_server_frame(Kind.REPLY, frame.ref, 0, self.snapshot()))
            return
        assert isinstance(frame.body, PlaceBets)
        bet_id = frame.body.bet_id
        if bet_id not in self.accepted:
            self.carried_out.append(bet_id)
            self.accepted[bet_id] = BetsAccepted("t", b"", Bet(bet_id, [], 0), 0, MONEY)
        self.receive(encode_server_frame(Kind.REPLY, frame.ref, 0, self.accepted[bet_id]))

    def knows(self, join: JoinTable) -> bool:
        return join.epoch == self.epoch and self.oldest <= join.version <= self.version

    def resume(self, ref: int, version: int) -> None:
        """Say that all that was missed follows, and let it."""
        resumed = TableResumed("t", STREAM, self.epoch, self.version, 0, [], True, MONEY, 0, 0)
        self.receive(encode_server_frame(Kind.REPLY, ref, 0, resumed))
        for missed in range(version + 1, self.version + 1):
            self.receive(encode_server_frame(Kind.PUSH, STREAM, missed, RoundResult(b"", missed)))

    def step(self, step: str) -> None:
        match step:
            case "push" | "twice" | "lose":
                self.version += 1
                data = encode_server_frame(Kind.PUSH, STREAM, self.version, RoundResult(b"", self.version))
                for _ in range({"push": 1, "twice": 2, "lose": 0}[step]):
                    self.receive(data)
            case "snapshot":
                self.receive(encode_server_frame(Kind.PUSH, STREAM, self.version, self.snapshot()))
            case "age":  # what was before can be told no more
                self.oldest = self.version
            case "restart":
                self.epoch += 1
                self.version = self.oldest = 2
                self.step("snapshot")
            case "answer" if self.waiting:
                self.answer()
            case "bet":
                self.bets += 1
                self.session.request(PlaceBets("t", b"", self.bets.to_bytes(16, "big"), [Chip(1, 1)]), self.bets, 0)
                self.collect()
            case "cut":
                self.session.lost()
                self.connect()

    def settle(self) -> None:
        """One more push arrives, and everything is answered."""
        self.step("push")
        while self.waiting:
            self.answer()


def applied(log: list[Event]) -> int:
    """Return the version the client has; fail if its log has a hole or a repetition."""
    version = -1
    for event in log:
        if isinstance(event, Refreshed):
            version = event.snapshot.version
        elif isinstance(event, Pushed):
            assert isinstance(event.body, RoundResult)
            assert event.body.number == version + 1
            version += 1
        elif isinstance(event, Resumed):
            assert event.resumed.version <= version  # what is mine there comes behind what was missed
    return version


@given(STEPS)
def test_pushes_come_dense_behind_a_snapshot_and_nothing_stays_missing(steps: list[str]) -> None:
    server = Server()
    for step in steps:
        server.step(step)
    server.settle()
    assert applied(server.log) == server.version


@given(STEPS)
def test_every_bet_is_answered_once_and_carried_out_once(steps: list[str]) -> None:
    server = Server()
    for step in steps:
        server.step(step)
    server.settle()
    answers = [event for event in server.log if isinstance(event, Answered) and isinstance(event.body, BetsAccepted)]
    assert [answer.handle for answer in answers] == sorted({answer.handle for answer in answers})
    assert len(answers) == len(server.carried_out) == server.bets
    assert server.session.unanswered() == 0
