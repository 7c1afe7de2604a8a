"""People made of nothing but the seed, on connections that break: players bet well and badly and change their minds.

All of them remember every answer they were given, so that the laws can be held against it.
"""

from __future__ import annotations

import asyncio
import contextvars
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final

from loadtest.wire import LoadConnection
from protocol import connection as machine
from protocol.ids import make_client_id
from protocol.messages import (
    BetsAccepted,
    BetsClosed,
    BetsSettled,
    BetsUndone,
    Call,
    Chip,
    ClientMessage,
    DoubleBets,
    Error,
    GetBalance,
    JoinTable,
    Money,
    PlaceBets,
    RepeatBets,
    RoundOpened,
    RoundResult,
    RoundVoided,
    ServerMessage,
    TableSnapshot,
    UndoBets,
)
from tests.simulation.witness import shown
from tests.simulation.world import World

Connect = Callable[[LoadConnection], Any]


class Answer:
    """What one order was answered. body None: never, until the end of the run.

    sent_seq, answered_seq: how far the journal of the player's shard was durable then.
    """

    __slots__ = ("answered_seq", "body", "order", "sent_seq")

    def __init__(self, order: ClientMessage, sent_seq: int) -> None:
        self.order = order
        self.body: ServerMessage | None = None
        self.sent_seq = sent_seq
        self.answered_seq = 0


#: Who bets at last does so within this time before the close.
LAST_MOMENT_S: Final = 0.1


class Bot(ABC):
    """One person at one table. role: as in his token."""

    role = "player"

    def __init__(self, world: World, player_id: int, table_id: str, connect: Connect) -> None:
        self.world = world
        self.player_id = player_id
        self.table_id = table_id
        self.answers: list[Answer] = []
        self.results: dict[bytes, int] = {}
        self.seen_money: list[Money] = []
        self.machine = machine.ClientConnection(f"bot {player_id}", spread=world.rng.random)
        self.is_playing = True
        self._connect = connect
        self._socket: LoadConnection | None = None
        self._pipe: Any = None
        self._has_left = False
        self._joined = False

    def start(self) -> None:
        """Connect and begin to act."""
        self.later(self.world.rng.uniform(0, 1), self._open)
        self.later(self.world.rng.uniform(1, 2), self.act)
        self.later(0.5, self._tick)

    def stop_playing(self) -> None:
        """Order nothing new; keep the connection, so that what is unanswered gets its answer."""
        self.is_playing = False

    def leave(self) -> None:
        """Go for good."""
        self._has_left = True
        if self._pipe is not None:
            self._pipe.abort()

    def later(self, delay: float, call: Callable[[], None]) -> None:
        """Call something after so many seconds, unless he has gone by then."""
        self.world.loop.call_later(delay, self._if_here, call, context=contextvars.Context())

    def _if_here(self, call: Callable[[], None]) -> None:
        if not self._has_left:
            call()

    @abstractmethod
    def act(self) -> None:
        """Do what one of this role does, and arrange for the next time."""

    def learn(self, body: ServerMessage) -> None:
        """Take something that he was told."""
        money = getattr(body, "money", None)
        if isinstance(money, Money) and money.seq >= 0:
            self.seen_money.append(money)
        if isinstance(body, RoundResult):
            known = self.results.setdefault(body.round_id, body.number)
            if known != body.number:
                self.world.counts["TWO RESULTS"] += 1

    def lost(self) -> None:  # noqa: B027 - most roles have nothing to forget
        """Forget what only a connection tells."""

    # ---------------------------------------------------------------- connection

    def _open(self) -> None:
        self._socket = LoadConnection("/", "croupier", self._on_payload, self._on_lost)
        self._pipe = self._connect(self._socket)
        if self._pipe is None:
            self._socket = None
            self.later(self.world.rng.uniform(0.1, 1.0), self._open)
            return
        self._socket.ready.add_done_callback(self._on_ready)

    def _on_ready(self, ready: asyncio.Future[None]) -> None:
        if ready.exception() is None:
            self.machine.open(f"{self.role}:{self.player_id}", self.world.now_ms())
            if not self._joined:
                self._joined = True
                join = JoinTable(self.table_id)
                self.machine.request(join, Answer(join, 0), self.world.now_ms())
            self._flush()

    def _on_lost(self, connection: LoadConnection, reason: str) -> None:
        if connection is self._socket:
            self.machine.lost()
            self.lost()
            self._socket = self._pipe = None
            self.later(self.world.rng.uniform(0.05, 0.5), self._open)

    def cut(self) -> None:
        """Lose the connection."""
        if self._pipe is not None:
            self.world.counts["connection cut"] += 1
            self._pipe.abort()

    def _tick(self) -> None:
        self.later(0.25, self._tick)
        if self._socket is not None:
            self._handle(self.machine.tick(self.world.now_ms()))
            self._flush()

    def _on_payload(self, connection: LoadConnection, payload: bytes) -> None:
        if connection is self._socket:
            self._handle(self.machine.receive(payload, self.world.now_ms()))
            self._flush()

    def _flush(self) -> None:
        if self._socket is not None:
            for frame in self.machine.data_to_send():
                self._socket.send(frame)

    def _handle(self, events: list[machine.Event]) -> None:
        for event in events:
            match event:
                case machine.Answered(handle=handle, body=body):
                    handle.body = body
                    handle.answered_seq = self._durable()
                    self._log("<-", body)
                    self.learn(body)
                case machine.Refreshed(snapshot=snapshot):
                    self.learn(snapshot)
                case machine.Pushed(body=body):
                    self.learn(body)
                case machine.Welcomed(welcome=welcome):
                    self.seen_money.append(welcome.money)
                case machine.Broken():
                    self.cut()
                case _:
                    pass

    # ---------------------------------------------------------------- orders

    def order(self, order: ClientMessage) -> None:
        """Send an order, now or when there is a connection again."""
        answer = Answer(order, self._durable())
        self.answers.append(answer)
        self.world.counts["orders"] += 1
        self._log("->", order)
        self.machine.request(order, answer, self.world.now_ms())
        self._flush()

    def new_id(self) -> bytes:
        """Return an id as a client makes it."""
        return make_client_id(self.world.now_ms(), self.world.rng.randbytes(9))

    def unanswered(self) -> list[ClientMessage]:
        """Return the orders that have no answer yet."""
        return [one.order for one in self.answers if one.body is None]

    def refused(self) -> list[tuple[ClientMessage, Error]]:
        """Return the orders that were refused."""
        return [(one.order, one.body) for one in self.answers if isinstance(one.body, Error)]

    def _durable(self) -> int:
        return self.world.durable(self.player_id % 2)

    def _log(self, way: str, body: Any) -> None:
        if self.world.is_tracing:
            self.world.log(f"{self.role} {self.player_id} {way} {shown(body)}")


class Player(Bot):
    """Bets while rounds are open, and now and then when they are not."""

    def __init__(self, world: World, player_id: int, table_id: str, connect: Connect) -> None:
        super().__init__(world, player_id, table_id, connect)
        self.settled: list[BetsSettled] = []
        self.round_id = b""
        self._bets: list[PlaceBets] = []

    def lost(self) -> None:
        self.round_id = b""

    def learn(self, body: ServerMessage) -> None:
        super().learn(body)
        if isinstance(body, TableSnapshot):
            self.round_id = body.round_id if body.phase == "betting" else b""
        elif isinstance(body, BetsSettled):
            self.settled.append(body)
        elif isinstance(body, RoundOpened):
            self.round_id = body.round_id
            if body.closes_ms and self.world.chance(0.5):
                left_s = (body.closes_ms - self.world.now_ms()) / 1000
                self.later(max(0.0, left_s - self.world.rng.uniform(0.0, LAST_MOMENT_S)), self._bet_at_last)
        elif isinstance(body, BetsClosed | RoundVoided):
            # Some bets still go to the closed round on purpose: they must be refused.
            self.round_id = self.round_id if self.world.chance(0.3) else b""

    def act(self) -> None:
        self.later(self.world.rng.expovariate(1 / 0.4), self.act)
        if not self.is_playing:
            return
        if self.world.chance(0.02):
            self.cut()
        if self.round_id:
            self.order(self._choose())

    def _bet_at_last(self) -> None:
        """Bet when the round is about to close: some of it arrives in time, and reaches the table after the close."""
        if self.is_playing and self.round_id:
            self.world.counts["bet at the last moment"] += 1
            self.order(self._place())

    def _choose(self) -> ClientMessage:
        rng = self.world.rng
        kind = rng.random()
        if kind < 0.12 and self._bets:
            again = rng.choice(self._bets)  # the same id: unchanged, or with another body
            if rng.random() < 0.5:
                self.world.counts["same bet again"] += 1
                return again
            self.world.counts["same id, other bet"] += 1
            return PlaceBets(again.table_id, again.round_id, again.bet_id, [Chip(5, 777)])
        if kind < 0.20:
            return UndoBets(self.table_id, self.round_id, self.new_id(), self._some_bets())
        if kind < 0.25:
            return RepeatBets(self.table_id, self.round_id, self.new_id())
        if kind < 0.30:
            return DoubleBets(self.table_id, self.round_id, self.new_id())
        if kind < 0.35:
            return GetBalance()
        return self._place()

    def _place(self) -> PlaceBets:
        rng = self.world.rng
        chips = [Chip(rng.randrange(157), rng.choice((100, 200, 500, 1_000))) for _ in range(rng.randint(1, 4))]
        calls = [Call(rng.choice(("voisins", "tiers", "orphelins")), 100)] if rng.random() < 0.1 else []
        odd = rng.random()
        if odd < 0.03:
            chips.append(Chip(rng.choice((-1, 157, 2**40)), 100))
        elif odd < 0.06:
            chips.append(Chip(3, rng.choice((-5, 0, 1, 2**63, 10**9))))
        bet = PlaceBets(self.table_id, self.round_id, self.new_id(), chips, calls)
        self._bets.append(bet)
        return bet

    def _some_bets(self) -> list[bytes]:
        return [self.world.rng.choice(self._bets).bet_id] if self._bets and self.world.chance(0.6) else []

    # ---------------------------------------------------------------- what he was told

    def accepted(self) -> list[BetsAccepted]:
        """Return the bets that were answered as durable."""
        return [one.body for one in self.answers if isinstance(one.body, BetsAccepted)]

    def undone(self) -> set[bytes]:
        """Return the bets that were answered as taken back."""
        return {id_ for one in self.answers if isinstance(one.body, BetsUndone) for id_ in one.body.bet_ids}
