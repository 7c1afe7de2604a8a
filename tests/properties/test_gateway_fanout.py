"""The law of a table's stream: a snapshot of version v, then v+1, v+2 ... without a hole, whatever the network does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain import commands, events
from actors.ports import Failure
from protocol import messages as wire
from protocol.codec import Fault, decode_server_frame
from server.gateway.fanout import TableFeed
from server.gateway.metrics import GatewayMetrics
from tests.fakes.gateway import HandPost, table_state

TABLE = "r1"
WINDOW = 7


class FakeViewer:
    """A client that checks the law with every frame; it is its own connection."""

    def __init__(self, player_id: int) -> None:
        self.seat = commands.Seat(player_id, f"p{player_id}", 0, "gateway/0")
        self.epoch = 0
        self.version = 0
        self.refs: set[int] = set()
        self.answered: list[int] = []
        self.joined = False
        self.repeated = 0
        self.owed = 0

    @property
    def connection(self) -> Any:
        return self

    def show(self, ref: int, stream: int, table_id: str, state: commands.TableState) -> None:
        assert (state.epoch, state.version) >= (self.epoch, self.version)
        self.epoch, self.version = state.epoch, state.version
        self.owed = 0
        self.answer(ref)

    def resume(self, ref: int, stream: int, table_id: str, missed: events.TableMissed) -> None:
        assert missed.epoch == self.epoch  # of the position that he told, or that he was sent
        self.owed = missed.version
        self.answer(ref)

    def refuse_join(self, ref: int, table_id: str, answer: Any, *, left: bool) -> None:
        assert ref
        self.answer(ref)
        if left:
            self.joined = False

    def answer(self, ref: int) -> None:
        if ref:
            self.refs.remove(ref)  # once, and only what was asked

    def take(self, frame: bytes) -> None:
        push = decode_server_frame(frame[2:])
        assert not isinstance(push, Fault)
        if push.seq <= self.version:
            self.repeated += 1
            return
        assert push.seq == self.version + 1
        assert push.body == wire.RoundResult(self.epoch.to_bytes(2, "big"), push.seq)
        self.version = push.seq


class Sink:
    def send(self, connection: Any, frame: bytes) -> None:
        connection.take(frame)

    def broadcast(self, connections: Iterable[Any], *frames: bytes) -> None:
        for connection in list(connections):
            for frame in frames:
                connection.take(frame)

    spread = broadcast


@dataclass
class World:
    """One table, one feed, and a network that delays, reorders, loses; each operation is one step of it."""

    post: HandPost = field(default_factory=HandPost)
    metrics: GatewayMetrics = field(default_factory=lambda: GatewayMetrics("gateway/0"))
    epoch: int = 1
    version: int = 0
    began: int = 0
    resumed: int = 0
    followed: bool = False
    news: list[events.TableNews] = field(default_factory=list)
    replies: list[tuple[Any, list[Any]]] = field(default_factory=list)
    viewers: list[FakeViewer] = field(default_factory=list)
    ref: int = 0

    def __post_init__(self) -> None:
        self.feed = TableFeed(TABLE, 1, "gateway/0", self.post, Sink(), self.metrics)

    # what may happen; n chooses where there is a choice

    def join(self, n: int) -> None:
        """A new viewer, or one who joins again."""
        if n % 3 == 0 or not self.viewers:
            self.viewers.append(FakeViewer(len(self.viewers) + 1))
        viewer = self.viewers[-1] if n % 3 == 0 else self.viewers[n % len(self.viewers)]
        self.ref += 1
        viewer.refs.add(self.ref)
        viewer.joined = True
        self.feed.join(viewer, self.ref)

    def come_back(self, n: int) -> None:
        """A viewer's connection is lost; he joins from his position on another one."""
        if not self.viewers:
            return
        former = self.viewers[n % len(self.viewers)]
        self.feed.leave(former)
        former.joined = False
        viewer = FakeViewer(len(self.viewers) + 1)
        viewer.epoch, viewer.version, viewer.joined = former.epoch, former.version, True
        self.viewers.append(viewer)
        self.ref += 1
        viewer.refs.add(self.ref)
        self.feed.join(viewer, self.ref, viewer.epoch, viewer.version)

    def leave(self, n: int) -> None:
        if self.viewers:
            viewer = self.viewers[n % len(self.viewers)]
            viewer.joined = False
            self.feed.leave(viewer)
            viewer.epoch = viewer.version = viewer.owed = 0  # what he saw is over; a new join begins anew

    def publish(self, n: int) -> None:
        """The table makes 1 .. 3 events and tells them if it is followed."""
        first, count = self.version + 1, n % 3 + 1
        self.version += count
        if self.followed:
            mark = self.epoch.to_bytes(2, "big")
            told = [events.RoundDecided(mark, version) for version in range(first, first + count)]
            self.news.append(events.TableNews(TABLE, self.epoch, first, list(told)))

    def restart(self, n: int) -> None:
        self.epoch += 1
        self.version = self.began = n % 4
        self.followed = False

    def hear(self, n: int) -> None:
        """The oldest news arrives, perhaps twice, perhaps with more behind it in the same batch."""
        if self.news:
            news = self.news.pop(0)
            for _ in range(n % 2 + 1):
                self.feed.take_news(news)
            if n % 3:
                self.feed.flush()

    def lose(self, n: int) -> None:
        if self.news:
            self.news.pop(n % len(self.news))

    def handle(self, n: int) -> None:
        """The table takes the oldest message to it."""
        self._obey_unfollow()
        if self.post.asks:
            ask = self.post.asks.pop(0)
            self.replies.append((ask, [self._answer(message) for message in ask.messages]))

    def reply(self, n: int) -> None:
        """Some answer arrives: answers to different asks may overtake each other."""
        if self.replies:
            ask, answers = self.replies.pop(n % len(self.replies))
            ask.on_replies(answers)

    def serve(self, n: int) -> None:
        """The table takes all that was asked, and its answers overtake its news."""
        while self.post.asks:
            self.handle(n)
            self.reply(0)

    def fail(self, n: int) -> None:
        """An ask is not answered, handled or not."""
        if n % 2 and self.replies:
            self.replies.pop(n % len(self.replies))[0].fail()
        elif self.post.asks:
            self.post.asks.pop(0).fail(Failure.BUSY)

    def tick(self, n: int) -> None:
        self.feed.tick()

    def _obey_unfollow(self) -> None:
        if self.post.told and not any(isinstance(m, commands.Follow) for ask in self.post.asks for m in ask.messages):
            self.followed = False
        self.post.told.clear()

    def _answer(self, message: Any) -> Any:
        if isinstance(message, commands.Follow):
            self.followed = True
            return commands.Following(self.epoch, self.version)
        assert isinstance(message, commands.TakeSeat)
        missed = self._missed(message)
        return table_state(self.epoch, self.version) if missed is None else missed

    def _missed(self, asked: commands.TakeSeat) -> events.TableMissed | None:
        """The table knows its last WINDOW events."""
        if asked.epoch != self.epoch or not max(self.began, self.version - WINDOW) <= asked.version <= self.version:
            return None
        upto = self.version if asked.upto < 0 else min(max(asked.upto, asked.version), self.version)
        mark = self.epoch.to_bytes(2, "big")
        told = [events.RoundDecided(mark, version) for version in range(asked.version + 1, upto + 1)]
        self.resumed += 1
        return events.TableMissed(self.epoch, self.version, 0, list(told), [], False, [])

    def calm_down(self) -> None:
        """From now on nothing is lost, and time passes."""
        for _ in range(6):
            self.tick(0)
            for _ in range(50):
                self.handle(0)
                self.reply(0)
                self.hear(0)
        self.feed.flush()


OPERATIONS = (
    World.join,
    World.leave,
    *(World.come_back, World.come_back, World.come_back),
    *(World.serve, World.serve, World.serve, World.serve),
    World.publish,
    World.publish,
    World.restart,
    World.hear,
    World.hear,
    World.lose,
    World.handle,
    World.handle,
    World.reply,
    World.reply,
    World.fail,
    World.tick,
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 11)), min_size=20, max_size=90))
def test_stream_is_dense_and_every_member_arrives_where_the_table_is(steps: list[tuple[Any, int]]) -> None:
    world = World()
    world.join(0)
    for step, n in steps:
        step(world, n)
        assert all(viewer.version >= viewer.owed for viewer in world.viewers)  # told in one go
    world.calm_down()
    for viewer in world.viewers:
        assert not viewer.refs  # every join was answered
        if viewer.joined:
            assert (viewer.epoch, viewer.version) == (world.epoch, world.version)
    assert world.feed.players == sum(viewer.joined for viewer in world.viewers)
