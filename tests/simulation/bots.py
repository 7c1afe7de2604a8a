"""Players made of nothing but the seed: they bet well and badly, change their minds, lose their connection, and
remember every answer they were given, so that the laws can be held against it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

from loadtest.wire import LoadConnection
from protocol import connection as machine
from protocol.ids import make_client_id
from protocol.messages import (
    BetsAccepted,
    BetsSettled,
    BetsUndone,
    BetsVoided,
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
    RoundResult,
    ServerMessage,
    TableSnapshot,
    UndoBets,
)
from tests.simulation.world import World

Connect = Callable[[LoadConnection], Any]


class Answer:
    """What one order was answered. body None: never, until the end of the run."""

    __slots__ = ("body", "order")

    def __init__(self, order: ClientMessage) -> None:
        self.order = order
        self.body: ServerMessage | None = None


class Bot:
    """One player at one table."""

    def __init__(self, world: World, player_id: int, table_id: str, connect: Connect) -> None:
        self.world = world
        self.player_id = player_id
        self.table_id = table_id
        self.answers: list[Answer] = []
        self.settled: list[BetsSettled] = []
        self.voided: list[BetsVoided] = []
        self.results: dict[bytes, int] = {}
        self.seen_money: list[Money] = []
        self.round_id = b""
        self.machine = machine.ClientConnection(f"bot {player_id}", spread=world.rng.random)
        self._connect = connect
        self._socket: LoadConnection | None = None
        self._pipe: Any = None
        self._is_playing = True
        self._has_left = False
        self._bets: list[PlaceBets] = []
        self._joined = False

    def start(self) -> None:
        """Connect and begin to act."""
        self._later(self.world.rng.uniform(0, 1), self._open)
        self._later(self.world.rng.uniform(1, 2), self._act)
        self._later(0.5, self._tick)

    def stop_playing(self) -> None:
        """Order nothing new; keep the connection, so that what is unanswered gets its answer."""
        self._is_playing = False

    def leave(self) -> None:
        """Go for good."""
        self._has_left = True
        if self._pipe is not None:
            self._pipe.abort()

    def _later(self, delay_s: float, call: Callable[[], None]) -> None:
        self.world.loop.call_later(delay_s, call, context=contextvars.Context())

    # ---------------------------------------------------------------- connection

    def _open(self) -> None:
        if self._has_left:
            return
        self._socket = LoadConnection("/", "croupier", self._on_payload, self._on_lost)
        self._pipe = self._connect(self._socket)
        if self._pipe is None:
            self._socket = None
            self._later(self.world.rng.uniform(0.1, 1.0), self._open)
            return
        self._socket.ready.add_done_callback(self._on_ready)

    def _on_ready(self, ready: asyncio.Future[None]) -> None:
        if ready.exception() is None:
            self.machine.open(f"player:{self.player_id}", self.world.now_ms())
            if not self._joined:
                self._joined = True
                self.machine.request(JoinTable(self.table_id), Answer(JoinTable(self.table_id)), self.world.now_ms())
            self._flush()

    def _on_lost(self, connection: LoadConnection, reason: str) -> None:
        if connection is self._socket:
            self.machine.lost()
            self.round_id = b""
            self._socket = self._pipe = None
            self._later(self.world.rng.uniform(0.05, 0.5), self._open)

    def cut(self) -> None:
        """Lose the connection."""
        if self._pipe is not None:
            self.world.counts["connection cut"] += 1
            self._pipe.abort()

    def _tick(self) -> None:
        self._later(0.25, self._tick)
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
                    self._learn(body)
                case machine.Refreshed(snapshot=snapshot):
                    self._learn(snapshot)
                case machine.Pushed(body=body):
                    self._learn(body)
                case machine.Welcomed(welcome=welcome):
                    self.seen_money.append(welcome.money)
                case machine.Broken():
                    self.cut()
                case _:
                    pass

    def _learn(self, body: ServerMessage) -> None:
        money = getattr(body, "money", None)
        if isinstance(money, Money) and money.seq >= 0:
            self.seen_money.append(money)
        if isinstance(body, TableSnapshot):
            self.round_id = body.round_id if body.phase == "betting" else b""
        elif isinstance(body, BetsSettled):
            self.settled.append(body)
        elif isinstance(body, BetsVoided):
            self.voided.append(body)
        elif isinstance(body, RoundResult):
            known = self.results.setdefault(body.round_id, body.number)
            if known != body.number:
                self.world.counts["TWO RESULTS"] += 1
        if type(body).__name__ == "RoundOpened":
            self.round_id = body.round_id  # type: ignore[union-attr]
        elif type(body).__name__ in ("BetsClosed", "RoundVoided"):
            # Some bets still go to the closed round on purpose: they must be refused.
            self.round_id = self.round_id if self.world.chance(0.3) else b""

    # ---------------------------------------------------------------- play

    def _act(self) -> None:
        self._later(self.world.rng.expovariate(1 / 0.4), self._act)
        if not self._is_playing:
            return
        if self.world.chance(0.02):
            self.cut()
        if self.round_id:
            self._order(self._choose())

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
            return UndoBets(self.table_id, self.round_id, self._new_id(), self._some_bets())
        if kind < 0.25:
            return RepeatBets(self.table_id, self.round_id, self._new_id())
        if kind < 0.30:
            return DoubleBets(self.table_id, self.round_id, self._new_id())
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
        bet = PlaceBets(self.table_id, self.round_id, self._new_id(), chips, calls)
        self._bets.append(bet)
        return bet

    def _some_bets(self) -> list[bytes]:
        return [self.world.rng.choice(self._bets).bet_id] if self._bets and self.world.chance(0.6) else []

    def _new_id(self) -> bytes:
        return make_client_id(self.world.now_ms(), self.world.rng.randbytes(9))

    def _order(self, order: ClientMessage) -> None:
        answer = Answer(order)
        self.answers.append(answer)
        self.world.counts["orders"] += 1
        self.machine.request(order, answer, self.world.now_ms())
        self._flush()

    # ---------------------------------------------------------------- what he was told

    def accepted(self) -> list[BetsAccepted]:
        """Return the bets that were answered as durable."""
        return [one.body for one in self.answers if isinstance(one.body, BetsAccepted)]

    def undone(self) -> set[bytes]:
        """Return the bets that were answered as taken back."""
        return {id_ for one in self.answers if isinstance(one.body, BetsUndone) for id_ in one.body.bet_ids}

    def refused(self) -> list[tuple[ClientMessage, Error]]:
        """Return the orders that were refused."""
        return [(one.order, one.body) for one in self.answers if isinstance(one.body, Error)]

    def unanswered(self) -> list[ClientMessage]:
        """Return the orders that have no answer yet."""
        return [one.order for one in self.answers if one.body is None]
