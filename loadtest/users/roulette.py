"""The casual roulette player: registers, sits down, bets a few chips a round, sometimes repeats or takes back.

Runs under gevent (Locust), so it speaks the wire with `websocket-client` and the `protocol` package, not with the
asyncio SDK.
"""

from __future__ import annotations

import os
import time
import uuid
from typing import Any

import gevent
import msgspec
import websocket
from gevent.event import AsyncResult
from locust import HttpUser, between, task

from loadtest.limits import LOADTEST_PASSWORD
from protocol.envelope import PROTOCOL_VERSION, ClientFrame, Kind, ServerFrame
from protocol.messages import (
    Chip,
    ClientMessage,
    Error,
    GetBalance,
    Hello,
    JoinTable,
    PlaceBets,
    RepeatBets,
    RoundOpened,
    TableSnapshot,
    UndoBets,
)

_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(ServerFrame).decode

#: Refusals that the rules of the game make normal for a player who bets at any moment.
_NORMAL = frozenset({"BETTING_CLOSED", "WRONG_ROUND", "NOTHING_TO_REPEAT", "BET_NOT_FOUND", "INSUFFICIENT_FUNDS"})


def new_id() -> bytes:
    """Return a fresh order id of origin class 0."""
    noise = os.urandom(9)
    return int(time.time() * 1000).to_bytes(6, "big") + bytes((0x70, noise[0], 0x80 | (noise[1] & 0x3F))) + noise[2:9]


class CasualRoulettePlayer(HttpUser):
    """One player on one connection. Every request is reported to Locust as `ws <Message>` with its latency."""

    wait_time = between(0.5, 3.0)
    table_id = os.environ.get("CROUPIER_SWARM_TABLE", "roulette-2")

    def on_start(self) -> None:
        """Register, connect, say hello, sit down."""
        name = f"swarm{uuid.uuid4().hex[:14]}"
        answer = self.client.post("/api/register", json={"name": name, "password": LOADTEST_PASSWORD}, name="register")
        answer.raise_for_status()
        token = answer.json()["access_token"]
        ws_url = self.client.get("/api/config", name="config").json()["ws_url"]
        self.socket = websocket.create_connection(ws_url, subprotocols=["croupier.v1"], timeout=30)
        self.waiting: dict[int, tuple[AsyncResult, str, float]] = {}
        self.next_ref = 0
        self.round_id = b""
        self.last_bet = b""
        self.reader = gevent.spawn(self._read)
        self._ask(Hello(token, "locust"))
        snapshot = self._ask(JoinTable(self.table_id))
        if isinstance(snapshot, TableSnapshot) and snapshot.phase == "betting":
            self.round_id = snapshot.round_id

    def on_stop(self) -> None:
        """Hang up."""
        self.reader.kill(block=False)
        self.socket.close()

    @task(8)
    def place(self) -> None:
        """One to three chips on numbers that depend on the clock: a load generator needs no better chance."""
        if self.round_id:
            spot = time.perf_counter_ns() % 157
            self.last_bet = new_id()
            chips = [Chip((spot + 31 * k) % 157, 100) for k in range(1 + spot % 3)]
            self._ask(PlaceBets(self.table_id, self.round_id, self.last_bet, chips))

    @task(2)
    def repeat(self) -> None:
        """The same again."""
        if self.round_id:
            self._ask(RepeatBets(self.table_id, self.round_id, new_id()))

    @task(1)
    def undo(self) -> None:
        """Change one's mind."""
        if self.round_id and self.last_bet:
            self._ask(UndoBets(self.table_id, self.round_id, new_id(), [self.last_bet]))

    @task(1)
    def look(self) -> None:
        """Ask for the balance."""
        self._ask(GetBalance())

    def _ask(self, body: ClientMessage) -> Any:
        self.next_ref += 1
        ref, result = self.next_ref, AsyncResult()
        self.waiting[ref] = (result, type(body).__name__, time.perf_counter())
        self.socket.send_binary(_ENCODE(ClientFrame(PROTOCOL_VERSION, Kind.REQUEST, ref, 0, body)))
        try:
            return result.get(timeout=10)
        except gevent.Timeout:
            self._report(ref, 0, TimeoutError("no answer in 10 s"))
            return None

    def _read(self) -> None:
        while True:
            data = self.socket.recv()
            if not isinstance(data, bytes) or not data:
                return
            frame = _DECODE(data)
            if frame.kind == Kind.PUSH:
                if isinstance(frame.body, RoundOpened):
                    self.round_id = frame.body.round_id
                elif type(frame.body).__name__ in ("BetsClosed", "RoundVoided"):
                    self.round_id = b""
                elif isinstance(frame.body, TableSnapshot):
                    self.round_id = frame.body.round_id if frame.body.phase == "betting" else b""
                continue
            body = frame.body
            bad = isinstance(body, Error) and body.name not in _NORMAL
            self._report(
                frame.ref, len(data), RuntimeError(body.name) if bad and isinstance(body, Error) else None, body
            )

    def _report(self, ref: int, size: int, error: Exception | None, body: Any = None) -> None:
        entry = self.waiting.pop(ref, None)
        if entry is None:
            return
        result, name, sent_s = entry
        self.environment.events.request.fire(
            request_type="ws",
            name=name,
            response_time=1000 * (time.perf_counter() - sent_s),
            response_length=size,
            exception=error,
            context={},
        )
        result.set(body)
