"""How long a crowd is away whose connections all break at once: 2,000 clients at a table, each with a bet in play.

`cut`: every client resets its connection (RST), shortly before betting closes, so that the table's news and everybody's own
results come while they are away. `killed`: the gateway's process is killed with -9 instead. Everybody connects again at once,
without back-off unless the connection is refused, says Hello with his session and its position, takes his seat with the table's
position, and is back when he has every push up to the position that the answer tells. The figure is the time until the last is.

No gap, no duplicate: every push of the table and of the personal stream must have the number that follows the last one, across the
cut; after a cut nobody may need a snapshot or a new session, and everybody's result comes exactly once. In the end all clients
must stand at the same position of the table.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import struct
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from loadtest.bench.ground import ROUNDS_TABLE, Ground
from loadtest.bench.targets import median
from loadtest.bets import new_bet_id
from loadtest.cpu import CpuWatch
from loadtest.listening import raise_descriptor_limit
from loadtest.wire import LoadConnection, connect
from protocol.codec import encode_client_frame, peek_envelope
from protocol.envelope import Kind, ServerFrame
from protocol.messages import (
    BetsSettled,
    Chip,
    Hello,
    JoinTable,
    Ping,
    PlaceBets,
    RoundOpened,
    TableResumed,
    TableSnapshot,
    Welcome,
)

_DECODE = msgspec.msgpack.Decoder(ServerFrame).decode
_HELLO, _JOIN, _PING, _BET = 1, 2, 3, 4  # refs
_PING_S: Final = 4.0
_RESET: Final = struct.pack("ii", 1, 0)
_BACK_WITHIN_S: Final = 60.0
_SETTLED_WITHIN_S: Final = 30.0


class Client:
    """One player, who notices everything that is not as it should be. wrong: what, and how often.

    back_s: when he was where he had been, and up to date; 0 while he is not. told: how often each bet's result came.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token
        self._connection: LoadConnection | None = None
        self._session_id = ""
        self._personal = 0
        self._stream = -1  # none yet; 0 is the personal stream
        self.position = (0, 0)
        self._target = 0
        self._dialling: asyncio.Task[None] | None = None
        self.is_leaving = False
        self.was_here = False
        self.back_s = 0.0
        self.bet_id = b""
        self.accepted = False
        self.told: Counter[bytes] = Counter()
        self.wrong: Counter[str] = Counter()
        self.on_opened: Callable[[RoundOpened], None] | None = None

    def dial(self) -> None:
        """Connect, again and again until it succeeds; the rest follows by itself."""
        self._dialling = asyncio.create_task(self._dial())

    async def _dial(self) -> None:
        while True:
            try:
                connection = await connect(self._url, self.on_payload, self._on_lost)
            except (OSError, TimeoutError):
                await asyncio.sleep(random.uniform(0.02, 0.1))
            else:
                break
        self._connection = connection
        self._send(_HELLO, Hello(self._token, "loadtest", self._session_id))

    def reset(self) -> None:
        """Break the connection with a RST; losing it makes the client dial again."""
        assert self._connection is not None
        assert self._connection.transport is not None
        transport = self._connection.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()

    def leave(self) -> None:
        """Close for good."""
        self.is_leaving = True
        if self._connection is not None:
            self._connection.close()

    def bet(self, round_id: bytes) -> None:
        """Place one bet."""
        self.bet_id, self.accepted = new_bet_id(), False
        self._send(_BET, PlaceBets(ROUNDS_TABLE, round_id, self.bet_id, [Chip(17, 1)]))

    def ping(self) -> None:
        """Keep the connection alive, and tell the gateway what I have."""
        if self.back_s:
            self._send(_PING, Ping(0))

    def _send(self, ref: int, body: Any) -> None:
        assert self._connection is not None
        self._connection.send(encode_client_frame(ref, self._personal, body))

    def _on_lost(self, connection: LoadConnection, reason: str) -> None:
        if connection is self._connection and not self.is_leaving:
            self.back_s = 0.0
            self.dial()

    def on_payload(self, _: LoadConnection, payload: bytes) -> None:
        """Take a frame."""
        envelope = peek_envelope(payload)
        assert envelope is not None
        if envelope.kind == Kind.PUSH and envelope.ref == self._stream:
            self._take_table(envelope.seq, payload)
        elif envelope.kind == Kind.PUSH and envelope.ref == 0:
            if envelope.seq:  # 0: outside of every stream
                self._take_personal(envelope.seq, payload)
        elif envelope.kind == Kind.PUSH:
            self.wrong["push of a strange stream"] += 1
        elif envelope.kind == Kind.ERROR:
            self.wrong[f"error: {getattr(_DECODE(payload).body, 'name', '')}"] += 1
        else:
            self._take_answer(envelope.ref, payload)

    def _take_table(self, seq: int, payload: bytes) -> None:
        epoch, version = self.position
        self._check("table", seq, version)
        self.position = (epoch, seq)
        if not self.back_s and seq >= self._target:
            self._is_back()
        if self.on_opened is not None and isinstance(body := _DECODE(payload).body, RoundOpened):
            self.on_opened(body)

    def _take_personal(self, seq: int, payload: bytes) -> None:
        self._check("personal", seq, self._personal)
        self._personal = seq
        body = _DECODE(payload).body
        if isinstance(body, BetsSettled):
            self.told.update(bet.bet_id for bet in body.bets)

    def _check(self, stream: str, seq: int, last: int) -> None:
        if seq != last + 1:
            self.wrong[f"{stream}: {'a duplicate' if seq <= last else 'a gap'}"] += 1

    def _take_answer(self, ref: int, payload: bytes) -> None:
        body = _DECODE(payload).body if ref in (_HELLO, _JOIN) else None
        match body:
            case Welcome():
                if not body.recovered:
                    self.wrong["session not recovered"] += self.was_here
                    self._personal = 0
                self._session_id = body.session_id
                self._send(_JOIN, JoinTable(ROUNDS_TABLE, *self.position))
            case TableSnapshot():
                self.wrong["snapshot instead of what was missed"] += self.was_here
                self._stream, self.position = body.stream, (body.epoch, body.version)
                self._is_back()
            case TableResumed():
                self._stream, self._target = body.stream, body.version
                if self.position[1] >= self._target:
                    self._is_back()
            case _:
                self.accepted = self.accepted or ref == _BET

    def _is_back(self) -> None:
        self.back_s, self.was_here = time.perf_counter(), True


async def until(met: Callable[[], bool], within_s: float, what: Callable[[], str]) -> None:
    """Return when this is so. Raises RuntimeError, saying what is not."""
    try:
        async with asyncio.timeout(within_s):
            while not met():  # noqa: ASYNC110 - thousands of clients change it
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise RuntimeError(what()) from None


class Crowd:
    """All clients."""

    def __init__(self, ground: Ground, count: int) -> None:
        self.clients = [Client(ground.url, token) for token in ground.tokens(count)]

    async def enter(self) -> None:
        """Bring everybody to the table."""
        for start in range(0, len(self.clients), 50):
            for client in self.clients[start : start + 50]:
                client.dial()
            await self._all_back(start + 50)

    async def _all_back(self, upto: int | None = None) -> None:
        clients = self.clients[:upto]
        await until(
            lambda: all(client.back_s for client in clients),
            _BACK_WITHIN_S,
            lambda: (
                f"{sum(not client.back_s for client in clients)} of {len(clients)} are not back; {dict(self.wrong())}"
            ),
        )

    def wrong(self) -> Counter[str]:
        """Return what anybody found wrong since the last loss began."""
        found: Counter[str] = Counter()
        for client in self.clients:
            found.update(client.wrong)
        return found

    async def lose(self, how: Callable[[], None], cpu: CpuWatch) -> dict[str, Any]:
        """Let everybody bet, break all connections, wait for all to be back; return figures and what was wrong."""
        for client in self.clients:
            client.wrong.clear()
        opened = await self._next_round()
        for client in self.clients:
            client.bet(opened.round_id)
        await until(lambda: all(client.accepted for client in self.clients), 20, lambda: f"bets failed: {self.wrong()}")
        await asyncio.sleep(max(0.0, opened.closes_ms / 1000 - 0.3 - time.time()))
        cpu.begin()
        began_s = time.perf_counter()
        how()
        await until(lambda: not any(client.back_s for client in self.clients), 10, lambda: "some were not cut")
        await self._all_back()
        took_s = sorted(client.back_s - began_s for client in self.clients)
        figures: dict[str, Any] = {
            "s": round(took_s[-1], 3),
            "p50_s": round(took_s[len(took_s) // 2], 3),
            "clients": len(took_s),
        }
        return figures | {"cpu_ms": cpu.end()}

    async def _next_round(self) -> RoundOpened:
        future: asyncio.Future[RoundOpened] = asyncio.get_running_loop().create_future()
        watch = self.clients[0]
        watch.on_opened = lambda opened: None if future.done() else future.set_result(opened)
        try:
            return await asyncio.wait_for(future, 60)
        finally:
            watch.on_opened = None

    async def check(self, *, results: bool) -> None:
        """Hold everybody to the same position; results: and to his result, once. Raises RuntimeError."""
        if results:
            await until(
                lambda: all(client.told[client.bet_id] for client in self.clients),
                _SETTLED_WITHIN_S,
                lambda: f"{sum(not client.told[client.bet_id] for client in self.clients)} players have no result",
            )
        twice = sum(max(client.told.values(), default=0) > 1 for client in self.clients)
        positions: Callable[[], set[tuple[int, int]]] = lambda: {client.position for client in self.clients}  # noqa: E731
        await until(lambda: len(positions()) == 1, 10, lambda: f"clients stand at {sorted(positions())}")
        if twice:
            raise RuntimeError(f"{twice} players were told a result twice")

    async def ping(self) -> None:
        """Keep everybody alive."""
        while True:
            for start in range(0, len(self.clients), 50):
                for client in self.clients[start : start + 50]:
                    client.ping()
                await asyncio.sleep(_PING_S * 50 / len(self.clients))


async def measure(ground: Ground, given: Namespace, rounds: list[dict[str, Any]]) -> None:
    """Add what was measured: a cut in each round, then one kill. Raises RuntimeError where anything was missed."""
    raise_descriptor_limit(2 * given.resume_clients + 500)
    crowd = Crowd(ground, given.resume_clients)
    pinging = asyncio.create_task(crowd.ping())
    try:
        await crowd.enter()
        cpu = CpuWatch(ground.platform.pid)
        await cpu.name_backends(ground.dsn)
        for _ in range(given.rounds):
            await ground.quiet()
            rounds.append(await _one(crowd, _reset_all(crowd), cpu, strict=True))
        await ground.quiet()
        pid = ground.platform.host_pid("gateway/0")
        rounds.append(await _one(crowd, lambda: os.kill(pid, signal.SIGKILL), cpu, strict=False))
    finally:
        pinging.cancel()
        for client in crowd.clients:
            client.leave()


def _reset_all(crowd: Crowd) -> Callable[[], None]:
    def reset() -> None:
        for client in crowd.clients:
            client.reset()

    return reset


async def _one(crowd: Crowd, how: Callable[[], None], cpu: CpuWatch, *, strict: bool) -> dict[str, Any]:
    """strict: sessions outlive this, so that nothing at all may be missed."""
    one = await crowd.lose(how, cpu)
    await crowd.check(results=strict)
    wrong = dict(crowd.wrong())
    one |= {"how": "cut" if strict else "killed", "wrong": wrong}
    print(f"resume: {one}", flush=True)
    bad = (
        wrong if strict else {name: count for name, count in wrong.items() if "a gap" in name or "a duplicate" in name}
    )
    if bad:
        raise RuntimeError(f"not resumed as it should be: {bad}")
    return one


def summarise(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return medians over the rounds."""
    cuts, kills = ([one for one in rounds if one["how"] == how] for how in ("cut", "killed"))
    found: dict[str, Any] = {name: median([one[name] for one in cuts]) for name in ("s", "p50_s", "clients")}
    return found | ({"killed_gateway_s": median([one["s"] for one in kills])} if kills else {})
