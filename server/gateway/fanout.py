"""One table's events to all who see it: encoded once, framed once, and never a gap.

The law, for each member: a snapshot of version v, then the events v+1, v+2 ... without a hole, or a fresh snapshot.
Between asking for a snapshot and getting it a member is sent nothing; what happens meanwhile is kept in the tail and
sent after it. A member who tells a position that the table still knows gets no snapshot but the events behind it: those
that the tail has not come with the answer. All or nothing: where they would not join, he asks again.

    member    event                          next
    -         join                           WAITING (TakeSeat asked)
    WAITING   TableState of this epoch       LIVE, or AHEAD if it is newer than the news that came so far
    WAITING   TableMissed of this epoch      LIVE after all that he missed, as soon as the news have come so far
    WAITING   TableState from before the tail   WAITING (asked again at the next tick)
    WAITING   TableState older than one shown   WAITING (the same: answers may overtake each other)
    AHEAD     news reaches its position      LIVE
    LIVE      gap in the news, new epoch     WAITING (asked again at once, the snapshot is pushed)
    any       leave, connection lost         gone
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from actors.domain import commands, events
from actors.domain.audiences import BEHIND_THE_TABLE, Audience
from actors.domain.refusals import Refusal
from actors.ports import Post, Replies
from protocol.codec import encode_server_frame
from protocol.envelope import Kind
from server.gateway.last_orders import LastOrders
from server.gateway.metrics import GatewayMetrics
from server.gateway.translate import table_push
from server.gateway.transport import WsConnection, frame_binary
from server.gateway.viewing import FrameSink, Viewer

#: Frames kept for members whose snapshot is on its way; when there are more, those members ask again.
TAIL_FRAMES_MAX: Final = 1024
#: Frames kept when nobody waits, for those who come back.
TAIL_FRAMES_KEPT: Final = 256
#: Snapshots asked for in one go: each may be large.
_ASK_TOGETHER: Final = 32

#: The answer to a join that was followed by a leave before there was a snapshot.
_LEFT: Final = commands.Refused(Refusal.NOT_JOINED, "left before the snapshot came")


class _Member:
    """One viewer of the table. asks: snapshots on their way. position: the version his client has, when AHEAD.

    seen: epoch and version of the last snapshot shown; (0, 0): none yet.
    """

    __slots__ = ("asks", "gone", "position", "seen", "viewer")

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.asks = 0
        self.position = 0
        self.seen = (0, 0)
        self.gone = False


class _Ask(NamedTuple):
    """A snapshot that is owed to a member, or what he missed since a position. ref 0: nobody asked for it."""

    member: _Member
    ref: int
    epoch: int = 0
    version: int = 0


class TableFeed:
    """Follows one table for all its viewers of one audience on this gateway.

    Crash: nothing is lost that the table does not know. Repeating: news that came before is passed over.
    Full: a tail longer than TAIL_FRAMES_MAX is dropped, and those who needed it ask for a newer snapshot.
    """

    def __init__(
        self,
        table_id: str,
        stream: int,
        gateway: str,
        post: Post,
        sink: FrameSink,
        metrics: GatewayMetrics,
        ask_timeout_s: float = 5.0,
        audience: Audience = Audience.OWNER,
        last_orders: LastOrders | None = None,
    ) -> None:
        self.table_id = table_id
        self._audience = audience
        self.stream = stream
        self.epoch = 0
        self.version = 0
        self._address = f"table/{table_id}"
        self._gateway = gateway
        self._post = post
        self._sink = sink
        self._metrics = metrics
        self._ask_timeout_s = ask_timeout_s
        self._last_orders = last_orders
        self._members: dict[Viewer, _Member] = {}
        self._live: dict[WsConnection, _Member] = {}
        self._ahead: list[_Member] = []
        self._asks = 0
        self._unsent: list[bytes] = []  # of this batch of news, to the live
        self._hurried = False  # there is more among them than the chips of others
        self._tail: deque[tuple[int, bytes]] = deque()
        self._tail_base = 0  # the tail has every version from the one after this
        self._held: list[tuple[_Ask, events.TableMissed]] = []  # until the news have come so far
        self._again: list[_Ask] = []  # to be asked at the next tick
        self._followed = False  # the table of this epoch tells us its news
        self._renewing = False
        self._promised = 0  # a version that the last renewal told of and no news has brought yet

    def __repr__(self) -> str:
        return f"TableFeed({self.table_id}, {self.epoch}.{self.version}, {len(self._members)} members)"

    @property
    def players(self) -> int:
        """How many see this table through this gateway."""
        return len(self._members)

    # ------------------------------------------------------------------ members

    def join(self, viewer: Viewer, ref: int, epoch: int = 0, version: int = 0) -> None:
        """Let him see the table; request ref is answered with a snapshot, or goes on from the position that he has."""
        member = self._members.get(viewer)
        if member is None:
            member = self._members[viewer] = _Member(viewer)
        self._ask([_Ask(member, ref, epoch, version)])

    def leave(self, viewer: Viewer) -> None:
        """Let him see the table no longer. When he was the last, the lease ends."""
        member = self._members.pop(viewer, None)
        if member is None:
            return
        member.gone = True
        self._hush(member)
        if not self._members:
            self._post.tell(self._address, [commands.Unfollow(self._gateway, self._audience)])
            self._followed = False
            self.epoch = self.version = self._promised = 0
            self._drop_tail()

    def _hush(self, member: _Member) -> None:
        self.flush()
        self._live.pop(member.viewer.connection, None)
        if member in self._ahead:
            self._ahead.remove(member)

    # ------------------------------------------------------------------ news

    def take_news(self, news: events.TableNews) -> None:
        """Note what is new for every member, until `flush`; where something is missing, get fresh snapshots."""
        if not self._members or news.epoch < self.epoch:
            return
        before = news.first_version - 1
        if news.epoch > self.epoch:
            self._adopt(news.epoch, before, followed=True)
        elif before > self.version:
            self._restart(before, self.epoch)
        for event in news.events[self.version - before :]:
            self._publish(event)
        if self._held:
            self._release()

    def flush(self) -> None:
        """Send what was published since the last call: also before anything that changes who is live."""
        if self._unsent:
            frames, self._unsent = self._unsent, []
            send = self._sink.broadcast if self._hurried else self._sink.spread
            self._hurried = False
            send(self._live, *frames)

    def _publish(self, event: events.TableEvent) -> None:
        version = self.version + 1
        frame = frame_binary(encode_server_frame(Kind.PUSH, self.stream, version, table_push(event)))
        self.version = version  # not before there is a frame: an event that has none leaves a gap, which heals
        self._unsent.append(frame)
        if type(event) is not events.StakesShown:
            self._hurried = True
        if type(event) is events.BetsClosed and event.shut_ms and self._last_orders is not None:
            self._last_orders.after(event.shut_ms, self._address, partial(self._tell_all_in, event.round_id))
        if self._ahead:
            self.flush()
            for member in [member for member in self._ahead if member.position <= version]:
                if member.position < version:
                    self._sink.send(member.viewer.connection, frame)
                self._ahead.remove(member)
                self._live[member.viewer.connection] = member
        self._tail.append((version, frame))
        while len(self._tail) > (TAIL_FRAMES_MAX if self._asks else TAIL_FRAMES_KEPT):
            self._tail_base = self._tail.popleft()[0]

    def _drop_tail(self) -> None:
        self._tail.clear()
        self._tail_base = self.version

    def _adopt(self, epoch: int, version: int, *, followed: bool) -> None:
        """Go on with a newer incarnation of the table: what members have is from the old one."""
        former, self.epoch = self.epoch, epoch
        self._followed = followed
        self._restart(version, former)

    def _restart(self, version: int, former_epoch: int) -> None:
        """Go on from this version; members who had an older one, of this epoch, get what they miss, or snapshots."""
        self.flush()
        stale = [_Ask(member, 0, former_epoch, self.version) for member in self._live.values()]
        stale += [_Ask(member, 0, former_epoch, member.position) for member in self._ahead]
        self.version = version
        self._promised = 0
        self._drop_tail()
        self._again += [ask for ask, _ in self._held]
        self._held.clear()
        self._live.clear()
        self._ahead.clear()
        if stale:
            self._metrics.resyncs_total += 1
            self._ask(stale)

    # ------------------------------------------------------------------ snapshots

    def _ask(self, asks: Sequence[_Ask]) -> None:
        """Ask for snapshots; the lease comes first where it is not held, so that nothing happens in between."""
        for start in range(0, len(asks), _ASK_TOGETHER):
            some = asks[start : start + _ASK_TOGETHER]
            self._asks += len(some)
            for ask in some:
                self._hush(ask.member)
                ask.member.asks += 1
            seats = [self._take_seat(ask) for ask in some]
            messages = seats if self._followed else [self._lease(), *seats]
            self._post.ask(self._address, messages, partial(self._on_states, some), self._ask_timeout_s)

    def _take_seat(self, ask: _Ask) -> commands.TakeSeat:
        upto = self._tail_base if 0 < ask.epoch == self.epoch else -1
        return commands.TakeSeat(ask.member.viewer.seat, ask.epoch, ask.version, upto, self._audience)

    def _on_states(self, asks: Sequence[_Ask], replies: Replies) -> None:
        if len(replies) > len(asks):
            self._take_following(replies[0])
            replies = replies[1:]
        for ask, answer in zip(asks, replies, strict=True):
            self._take_state(ask, answer)

    def _take_state(self, ask: _Ask, answer: Any) -> None:
        """Show a snapshot that fits the news, and what came after it; ask again for one that does not."""
        self.flush()
        member = ask.member
        self._asks -= 1
        member.asks -= 1
        if member.gone:
            if ask.ref:
                member.viewer.refuse_join(ask.ref, self.table_id, _LEFT, left=False)
        elif not isinstance(answer, (commands.TableState, events.TableMissed)):
            self._take_no_state(member, ask.ref, answer)
        elif answer.epoch > self.epoch:
            self._adopt(answer.epoch, answer.version, followed=False)
            self._ask([ask])
        elif (answer.epoch, answer.version) < max((self.epoch, self._tail_base), member.seen):
            self._again.append(ask)
        elif isinstance(answer, commands.TableState):
            self._show(member, ask.ref, answer)
        elif answer.version > self.version:
            self._held.append((ask, answer))
        else:
            self._resume(ask, answer)

    def _release(self) -> None:
        """Let go of those who waited for the news to come so far."""
        self.flush()
        held, self._held = self._held, []
        for ask, missed in held:
            if missed.version > self.version:
                self._held.append((ask, missed))
            elif ask.member.gone:
                self._again.append(ask)  # which answers him
            else:
                self._resume(ask, missed)

    def _resume(self, ask: _Ask, missed: events.TableMissed) -> None:
        """Send what the member missed: what came with the answer, then what the tail has; never with a hole between."""
        member, told = ask.member, ask.version + len(missed.events)
        if self._tail_base > told:
            self._again.append(ask)
            return
        member.seen = max(member.seen, (missed.epoch, missed.version))
        member.viewer.resume(ask.ref, self.stream, self.table_id, missed)
        connection = member.viewer.connection
        for version, event in enumerate(missed.events, ask.version + 1):
            push = encode_server_frame(Kind.PUSH, self.stream, version, table_push(event))
            self._sink.send(connection, frame_binary(push))
        for version, frame in self._tail:
            if version > told:
                self._sink.send(connection, frame)
        if not member.asks:
            self._live[connection] = member

    def _show(self, member: _Member, ref: int, state: commands.TableState) -> None:
        member.seen = (state.epoch, state.version)
        member.viewer.show(ref, self.stream, self.table_id, state)
        if member.asks:
            return  # a later snapshot is on its way and will be followed by the tail
        connection = member.viewer.connection
        if state.version > self.version:
            member.position = state.version
            self._ahead.append(member)
            return
        for version, frame in self._tail:
            if version > state.version:
                self._sink.send(connection, frame)
        self._live[connection] = member

    def _take_no_state(self, member: _Member, ref: int, answer: Any) -> None:
        """Answer a join that failed; a member who had a snapshot before stays, and gets one as soon as there is one."""
        waits = member.asks > 0
        stays = member.seen > (0, 0) or waits
        if ref:
            member.viewer.refuse_join(ref, self.table_id, answer, left=not stays)
        if not stays and ref:
            self.leave(member.viewer)
        elif not waits:
            self._again.append(_Ask(member, 0))

    # ------------------------------------------------------------------ lease

    def tick(self) -> None:
        """Renew the lease and ask again for snapshots that are owed. Called every second."""
        if self._members and not self._renewing:
            self._renewing = True
            self._post.ask(self._address, [self._lease()], self._on_renewed, self._ask_timeout_s)
        again, self._again = [*self._again, *[ask for ask, _ in self._held]], []
        self._held.clear()  # news that did not come within a second are lost
        owed = [ask for ask in again if self._is_owed(ask.member, ask.ref)]
        if owed:
            self._ask(owed)

    def _is_owed(self, member: _Member, ref: int) -> bool:
        if member.gone:
            if ref:
                member.viewer.refuse_join(ref, self.table_id, _LEFT, left=False)
            return False
        return bool(ref) or (not member.asks and member.viewer.connection not in self._live)

    def _on_renewed(self, replies: Replies) -> None:
        self._renewing = False
        self._take_following(replies[0])

    def _take_following(self, answer: Any) -> None:
        """Compare where the table is with what its news have told."""
        if not isinstance(answer, commands.Following):
            self._followed = False  # nobody knows; the next who asks says it again
            return
        if not self._members or answer.epoch < self.epoch:
            return
        if answer.epoch > self.epoch:
            self._adopt(answer.epoch, answer.version, followed=True)
            return
        was_followed, self._followed = self._followed, True
        promised, self._promised = self._promised, answer.version
        if promised > self.version or (answer.version > self.version and not was_followed):
            # The renewal before this one knew of news that has still not come, or nobody was told to send it: lost.
            self._restart(answer.version, self.epoch)

    def _lease(self, all_in: bytes = b"") -> commands.Follow:
        players = 0 if self._audience in BEHIND_THE_TABLE else len(self._members)
        return commands.Follow(self._gateway, self.epoch, self.version, players, self._audience, all_in)

    def _tell_all_in(self, round_id: bytes) -> None:
        if self._members:
            self._post.tell(self._address, [self._lease(round_id)])
