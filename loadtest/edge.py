"""CPU microseconds of a bet at the edge, by stage: `python -m loadtest.edge`. What the gateway costs, and nothing else.

A real gateway on real TCP sockets with a real courier, in this process. Its clients are bare sockets driven between the
measured stretches; behind the courier is a link that answers at once, whose work is measured apart and left out. Bets come in
waves, from the next connections each: what a wave shares (a tick, a batch, one poll) a busy gateway shares too.

Stages: `request` (limits, session, translate, desk), `courier` (encode orders, decode answers), `reply` (session,
translate, encode) and `write` (join, send(2)) are measured where they meet, once a wave; `decode` and `frame` alone. `kernel` is
the rest: polling, recv(2), the loop. Also, each for one: `push` (a personal result, encoded and written), `join` (handshake,
Hello with its token, JoinTable). Best of the waves: a busy machine only adds.

Keys of `--json`: `connections`, `wave`, `us` (by stage, and `bet`: all of it), `bet_median` (over the waves).
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import json
import pstats
import socket
import statistics
import time
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import uvloop

from actors.domain import events
from actors.domain.contracts import CONTRACTS
from actors.ports import Replies
from actors.runtime.batches import Batch, BatchAnswer, Codec
from actors.runtime.counters import Counters
from actors.runtime.courier import Courier
from actors.runtime.host import GC_THRESHOLDS
from actors.runtime.link import Link
from actors.runtime.receiver import Receiver
from loadtest.listening import raise_descriptor_limit
from loadtest.lone_gateway import TABLE, LoneTable, make_gateway
from loadtest.wire import client_frame
from protocol.codec import decode_client_frame, encode_client_frame
from protocol.messages import Chip, Hello, JoinTable, PlaceBets
from server.clock import SystemClock
from server.gateway.limits import GatewaySettings
from server.gateway.transport import WsConnection, frame_binary
from server.gateway.writing import OPEN, Outbox
from server.tokens import Tokens

_REQUEST: Final = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: croupier.v1\r\n\r\n"
)
STAGES: Final = ("frame", "decode", "request", "courier", "reply", "write")
_ROUND: Final = bytes(16)
_TOGETHER: Final = 100

T = TypeVar("T")


class Meter:
    """Sums this process's CPU by stage. muted: stages that are not looked at; a look at the clock takes 2 - 5 us."""

    def __init__(self) -> None:
        self.spent_ns: defaultdict[str, int] = defaultdict(int)
        self.muted: frozenset[str] = frozenset()

    def call(self, stage: str, function: Callable[..., T], *arguments: Any) -> T:
        """Call the function and add what it took."""
        if stage in self.muted:
            return function(*arguments)
        began = time.process_time_ns()
        try:
            return function(*arguments)
        finally:
            self.spent_ns[stage] += time.process_time_ns() - began


class MeteredCodec(Codec):
    """The courier's share that is done once a message."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(CONTRACTS)
        self._meter = meter

    def encode_bodies(self, messages: Sequence[msgspec.Struct]) -> bytes:
        return self._meter.call("courier", super().encode_bodies, messages)

    def encode(self, value: object) -> bytes:
        return self._meter.call("courier", super().encode, value)

    def decode_batch_answer(self, blob: bytes) -> BatchAnswer:
        return self._meter.call("courier", super().decode_batch_answer, blob)

    def decode_part(self, address: str, raw: msgspec.Raw) -> list[Any] | int:
        return self._meter.call("courier", super().decode_part, address, raw)


class Behind:
    """A link to the table and the wallets, which answer after delay_s."""

    def __init__(self, meter: Meter, table: LoneTable, delay_s: float = 0.0) -> None:
        self._meter = meter
        self._table = table
        self._delay_s = delay_s
        self._codec = Codec(CONTRACTS)

    async def send(self, blob: bytes) -> bytes:
        """Answer the batch; see `Link.send`."""
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        return self._meter.call("behind", self._answer, self._codec.decode_batch(blob))

    def _answer(self, batch: Batch) -> bytes:
        parts = []
        for group in batch.groups:
            messages = self._codec.decode_messages(group.address, group.messages)
            answers = [self._table.answer(group.address, message) for message in messages]
            parts.append(msgspec.Raw(self._codec.encode(answers if group.wants else [])))
        return self._codec.encode(BatchAnswer(1, parts))


class MeteredPost:
    """The courier; the taking of its answers is the stage `reply`."""

    def __init__(self, courier: Courier, meter: Meter) -> None:
        self._meter = meter
        self.tell, self.ask_all = courier.tell, courier.ask_all
        self._ask = courier.ask

    def ask(
        self, address: str, messages: Sequence[Any], on_replies: Callable[[Replies], None], timeout_s: float = 5.0
    ) -> None:
        """Ask as the courier does."""
        self._ask(address, messages, lambda replies: self._meter.call("reply", on_replies, replies), timeout_s)


def make_courier(link: Link, codec: Codec) -> Courier:
    """Return a gateway's courier that finds everybody behind this link."""
    counters = Counters()
    return Courier(
        Receiver(1, codec, {}, counters, lambda _address, _error: None),
        host="gateway/0",
        incarnation=1,
        codec=codec,
        host_of=lambda _: "behind",
        connect=lambda _: link,
        counters=counters,
    )


class Deaf:
    """Hears of frames and does nothing."""

    def on_open(self, connection: WsConnection) -> None: ...

    def on_message(self, connection: WsConnection, data: bytes) -> None: ...

    def on_closed(self, connection: WsConnection) -> None: ...


class Edge:
    """The gateway and the sockets of its clients."""

    def __init__(self, given: Namespace) -> None:
        self.meter = Meter()
        self._count = given.connections
        courier = make_courier(Behind(self.meter, LoneTable()), MeteredCodec(self.meter))
        tokens = Tokens(bytes(32))
        self.tokens = [tokens.issue(n + 1, f"player {n}", ["player"], 0, 1) for n in range(given.connections)]
        settings = GatewaySettings(rate_per_s=1_000_000, rate_burst=4_000_000, per_address=0)
        self.gateway = make_gateway(MeteredPost(courier, self.meter), SystemClock(), settings, verify=tokens.verify)
        self.sockets: list[socket.socket] = []
        self.profile: cProfile.Profile | None = None
        whole = encode_client_frame(1, 0, PlaceBets(TABLE, _ROUND, bytes(range(0x40, 0x50)), [Chip(17, 100)]))
        self._before, self._after = whole.split(bytes(range(0x40, 0x50)))
        self._bets = 0

    async def cpu_of(self, work: Callable[[], object], frames: int) -> int:
        """Return the CPU nanoseconds until the gateway has sent so many frames more. Without what is behind it."""
        wanted = self.gateway.metrics.frames_out_total + frames
        behind, began = self.meter.spent_ns["behind"], time.process_time_ns()
        if self.profile is not None:
            self.profile.enable()
        work()
        while self.gateway.metrics.frames_out_total < wanted:  # noqa: ASYNC110 - an event would be measured too
            await asyncio.sleep(0)
        if self.profile is not None:
            self.profile.disable()
        return time.process_time_ns() - began - (self.meter.spent_ns["behind"] - behind)

    async def join(self) -> float:
        """Open all connections; return the CPU nanoseconds of one."""
        spent = 0
        for start in range(0, self._count, _TOGETHER):
            wave = range(start, min(start + _TOGETHER, self._count))
            for n in wave:
                each = socket.create_connection(("127.0.0.1", self.gateway.port))
                each.setblocking(False)
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.sockets.append(each)
                frames = [encode_client_frame(1, 0, Hello(self.tokens[n])), encode_client_frame(2, 0, JoinTable(TABLE))]
                each.send(_REQUEST + b"".join(map(client_frame, frames)))
            spent += await self.cpu_of(lambda: None, 2 * len(wave))
            self.hear(wave)
        return float(spent / self._count)

    def hear(self, wave: Sequence[int]) -> None:
        """Read what these clients were sent."""
        for n in wave:
            self.sockets[n].recv(65_536)

    def bet(self) -> bytes:
        """Return the payload of the next bet."""
        self._bets += 1
        bet_id = (time.time_ns() // 1_000_000).to_bytes(6, "big") + b"\x70\0\x80" + self._bets.to_bytes(7, "big")
        return self._before + bet_id + self._after

    async def bets(self, wave: Sequence[int]) -> int:
        """Let these clients place a bet each; return the CPU nanoseconds of all."""
        for n in wave:
            self.sockets[n].send(client_frame(self.bet()))
        spent = await self.cpu_of(lambda: None, len(wave))
        self.hear(wave)
        return spent

    async def requests(self, wave: Sequence[int]) -> int:
        """The same from the message on: nothing is read from sockets. Returns the CPU nanoseconds until all are with the desk."""
        clients = self.gateway.clients
        work = [(clients[n].connection, self.bet()) for n in wave]
        began = time.process_time_ns()
        for connection, payload in work:
            self.gateway.on_message(connection, payload)
        spent = time.process_time_ns() - began
        await self.cpu_of(lambda: None, len(wave))
        self.hear(wave)
        return spent

    async def writes(self, wave: Sequence[int]) -> int:
        """Send these clients a frame as long as an answer; return the CPU nanoseconds of all."""
        clients = self.gateway.clients
        connections = [clients[n].connection for n in wave]
        frame = frame_binary(bytes(75))

        def send() -> None:
            for connection in connections:
                connection.send(frame)

        spent = await self.cpu_of(send, len(wave))
        self.hear(wave)
        return spent

    async def pushes(self, wave: Sequence[int]) -> int:
        """Tell these players a result each; return the CPU nanoseconds of all."""
        self._bets += 1
        news = [events.PersonalNews(n + 1, _result(self._bets)) for n in wave]
        task = asyncio.ensure_future(self.gateway.handle_batch("tables/rng", news))
        spent = await self.cpu_of(lambda: None, len(wave))
        await task
        self.hear(wave)
        return spent


def _result(number: int) -> events.MyBetsSettled:
    bets = [events.BetOutcome(number.to_bytes(8, "big") + bytes((n,)) * 8, 100, 0) for n in range(5)]
    return events.MyBetsSettled(TABLE, _ROUND, 17, bets, 500, 0, number, 100_000, 0)


def decode_alone(edge: Edge, wave: Sequence[int]) -> int:
    """Return the CPU nanoseconds of decoding as many bets."""
    payloads = [edge.bet() for _ in wave]
    began = time.process_time_ns()
    for payload in payloads:
        decode_client_frame(payload)
    return time.process_time_ns() - began


def frame_alone(edge: Edge, wave: Sequence[int]) -> int:
    """Return the CPU nanoseconds of taking as many bets out of their frames."""
    loop = asyncio.get_running_loop()
    connection = WsConnection(Deaf(), Outbox(loop, edge.gateway.metrics), edge.gateway.settings, loop)
    connection.stage = OPEN
    frames = [client_frame(edge.bet()) for _ in wave]
    began = time.process_time_ns()
    for frame in frames:
        connection.data_received(frame)
    return time.process_time_ns() - began


async def one_wave(edge: Edge, wave: Sequence[int]) -> dict[str, float]:
    """Return the CPU microseconds of a bet by stage."""
    edge.meter.spent_ns.clear()
    bet = await edge.bets(wave)
    stages: dict[str, int] = {stage: edge.meter.spent_ns[stage] for stage in ("courier", "reply")}
    stages["frame"] = frame_alone(edge, wave)
    stages["decode"] = decode_alone(edge, wave)
    stages["request"] = await edge.requests(wave) - stages["decode"]
    stages["write"] = await edge.writes(wave)
    stages["bet"] = bet
    stages["push"] = await edge.pushes(wave)
    return {stage: ns / 1000 / len(wave) for stage, ns in stages.items()}


async def measure(given: Namespace) -> dict[str, Any]:
    """Return the figures of all rounds."""
    raise_descriptor_limit(2 * given.connections + 200)
    edge = Edge(given)
    await edge.gateway.start()
    gc.set_threshold(*GC_THRESHOLDS)
    edge.meter.muted = frozenset({"courier", "reply"})
    join_us = await edge.join() / 1000
    edge.meter.muted = frozenset()
    gc.collect()
    gc.freeze()
    every = list(range(given.connections))
    waves = [every[start : start + given.wave] for start in range(0, given.connections, given.wave)]
    found = [await one_wave(edge, wave) for _ in range(given.rounds) for wave in waves]
    if given.profile:
        await _profile(edge, lambda: _all_bets(edge, waves, given.rounds))
    for each in edge.sockets:
        each.close()
    await edge.gateway.stop()
    best = {stage: min(one[stage] for one in found) for stage in found[0]}
    best["kernel"] = best["bet"] - sum(best[stage] for stage in STAGES)
    return {
        "connections": given.connections,
        "wave": given.wave,
        "us": {**{stage: round(us, 2) for stage, us in best.items()}, "join": round(join_us, 1)},
        "bet_median": round(statistics.median(one["bet"] for one in found), 2),
    }


async def _all_bets(edge: Edge, waves: Sequence[Sequence[int]], rounds: int) -> None:
    for _ in range(rounds):
        for wave in waves:
            await edge.bets(wave)


async def _profile(edge: Edge, work: Callable[[], Awaitable[None]]) -> None:
    edge.profile = cProfile.Profile(time.process_time)
    await work()
    pstats.Stats(edge.profile).sort_stats("tottime").print_stats(40)


def main() -> None:
    """Read the command line, run, report."""
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--wave", type=int, default=100, help="bets that come at once")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--profile", action="store_true", help="then run the bets once more under cProfile")
    parser.add_argument("--json", type=Path, help="write the result here")
    given = parser.parse_args()
    found = uvloop.run(measure(given))
    stages = ", ".join(f"{stage} {us}" for stage, us in found["us"].items())
    print(f"{stages}; median of bet {found['bet_median']}")
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
