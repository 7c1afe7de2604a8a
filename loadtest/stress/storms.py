"""The storms. Each gets a host of its own, does its worst, and returns figures; a broken law is a `Broken` with what was seen.

After each, when everybody has left, the host must hold what it held before: connections, sessions, members of tables, tasks and
descriptors exactly, memory within `LEAK_KIB`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from loadtest.lone_gateway import TABLE
from loadtest.stress.client import StormClient
from loadtest.stress.malformed import KINDS
from loadtest.stress.server import Server
from loadtest.wire import LoadConnection, client_frame, connect
from protocol.codec import decode_server_frame, encode_client_frame
from protocol.envelope import Kind, ServerFrame
from protocol.errors import Close
from protocol.messages import ClientMessage, Hello, JoinTable, LeaveTable, LeftTable, TableSnapshot

#: What a process may keep that has seen thousands of clients: caches, the allocator's own.
LEAK_KIB: Final = 12_000
SETTLE_S: Final = 30.0


class LawBroken(Exception):
    """A law of the storm does not hold; the text says what was seen."""


def demand(holds: bool, seen: object) -> None:
    """Raise LawBroken unless it holds."""
    if not holds:
        raise LawBroken(str(seen))


async def until(what: Callable[[], bool], says: Callable[[], object], within_s: float = SETTLE_S) -> None:
    """Wait until it is so; LawBroken if it does not become so."""
    deadline = time.monotonic() + within_s
    while not what():
        demand(time.monotonic() < deadline, says())
        await asyncio.sleep(0.02)


async def nothing_left(server: Server, before: dict[str, Any]) -> dict[str, Any]:
    """Demand that the host holds what it held before; return its status."""
    exactly = ("connections", "sessions", "lingering", "members", "tasks", "descriptors")
    deadline = time.monotonic() + SETTLE_S
    while True:
        after = await server.ask("status")
        left = {name: (before[name], after[name]) for name in exactly if after[name] > before[name]}
        if not left or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    demand(not left, f"before and after: {left}")
    demand(after["faults"] == 0, f"{after['faults']} faults of ours")
    kib = after["resident_kib"] - before["resident_kib"]
    demand(kib <= LEAK_KIB, f"{kib} KiB more than before")
    return {"kib_kept": kib}


async def gathered(server: Server, count: int, first: int = 0) -> list[StormClient]:
    """Return so many clients who have all joined. first: the number of the first of them, the same player for ever."""
    draw = random.Random(first)
    clients = [StormClient(first + n, server.ports, draw) for n in range(count)]
    for start in range(0, count, 100):
        for client in clients[start : start + 100]:
            client.start()
        await until(partial(_joined, clients[: start + 100]), lambda: "not all joined")
    return clients


def _joined(clients: Sequence[StormClient]) -> bool:
    return all(client.judge.version >= 0 for client in clients)


async def arrived(clients: Sequence[StormClient], version: int) -> None:
    """Wait until every client has applied everything, and demand that nobody saw a breach."""

    def behind() -> list[int]:
        return sorted({client.judge.version for client in clients} - {version})

    await until(lambda: not behind(), lambda: f"the table is at {version}, clients at {behind()[:9]}")
    breaches = [breach for client in clients for breach in client.judge.breaches]
    demand(not breaches, breaches[:5])


async def leave(clients: Sequence[StormClient]) -> None:
    """All go."""
    await asyncio.wait_for(asyncio.gather(*[client.stop() for client in clients]), SETTLE_S)


# ---------------------------------------------------------------- the storms


async def fan_out(server: Server, scale: float) -> dict[str, Any]:
    """Every client gets every event once and in order."""
    clients = await gathered(server, max(20, int(1_000 * scale)))
    events = max(50, int(500 * scale))
    version = (await server.ask("publish", count=events, rate=50.0))["version"]
    await arrived(clients, version)
    applied = sum(client.judge.applied for client in clients)
    demand(applied == len(clients) * events, f"{applied} events applied")
    await leave(clients)
    return {"clients": len(clients), "events": events, "applied": applied}


async def kicks(server: Server, scale: float) -> dict[str, Any]:
    """However often and wherever they are cut, everybody goes on without a hole, on whichever gateway he lands."""
    wanted = max(200, int(100_000 * scale))
    clients = await gathered(server, max(20, int(400 * min(1.0, scale * 4))))
    draw = random.Random(3)
    began = time.monotonic()
    stream = asyncio.ensure_future(server.ask("publish", count=10**6, rate=40.0))
    told = 0

    def drops() -> int:
        return sum(client.drops for client in clients)

    while drops() < wanted:
        demand(time.monotonic() < began + 600, f"{drops()} drops in ten minutes")
        for client in draw.sample(clients, max(1, len(clients) // 20)):
            client.cut(in_mid_frame=draw.random() < 0.2)
        if draw.random() < 0.2:
            await server.ask("kick", count=max(1, len(clients) // 50))
        await asyncio.sleep(draw.choice((0.0, 0.002, 0.02)))
        if drops() - told >= 10_000:
            told = drops()
            print(f"  {told:,} of {wanted:,} drops, {told / (time.monotonic() - began):,.0f} a second", flush=True)
    took = time.monotonic() - began
    stream.cancel()
    version = (await server.ask("stop"))["version"]
    await arrived(clients, version)
    lost = sum(client.judge.lost for client in clients)
    demand(lost == 0, f"{lost} snapshots where all could be told")
    figures = {
        "clients": len(clients),
        "drops": drops(),
        "resumed": sum(client.judge.resumed for client in clients),
        "events_applied": sum(client.judge.applied for client in clients),
        "drops_per_s": round(drops() / took),
    }
    await leave(clients)
    return figures


async def too_late(server: Server, scale: float) -> dict[str, Any]:
    """Where what was missed can be told no more, there is a snapshot and never a hole; so for positions that never were."""
    await server.ask("window", events=20)
    clients = await gathered(server, max(20, int(200 * scale)))
    rounds = max(3, int(20 * scale))
    for _ in range(rounds):
        for client in clients:
            client.cut()
        await server.ask("publish", count=60, rate=5_000.0)
    version = (await server.ask("status"))["version"]
    await arrived(clients, version)
    await server.ask("epoch")
    for client in clients:
        client.cut()
    await arrived(clients, (await server.ask("publish", count=3, rate=100.0))["version"])
    lost = sum(client.judge.lost for client in clients)
    demand(lost >= len(clients), f"only {lost} of {len(clients)} were told that they missed something")
    positions = ((1, 10**6), (7, 3), (0, 5), (2**40, 2**40), (2, 2**63))
    for epoch, at in positions:
        answer = await _ask_once(server.ports[0], JoinTable(TABLE, epoch, at))
        demand(isinstance(answer, TableSnapshot), f"position {epoch}.{at} was answered {answer}")
    await leave(clients)
    return {"clients": len(clients), "honest_snapshots": lost, "false_positions": len(positions)}


async def slow(server: Server, scale: float) -> dict[str, Any]:
    """Who stops reading is cut with 4001 and forgotten; nobody else waits for him."""
    clients = await gathered(server, max(20, int(200 * scale)))
    deaf = await gathered(server, 5, first=100_000)
    for each in deaf:
        each.stop_reading()
    await server.ask("padding", chars=20_000)
    version = 0
    for _ in range(20):
        version = (await server.ask("publish", count=50, rate=500.0))["version"]
        await arrived(clients, version)
        if (await server.ask("status"))["slow_cuts"] >= len(deaf):
            break
    status = await server.ask("status")
    demand(status["slow_cuts"] == len(deaf), f"{status['slow_cuts']} were cut")
    await server.ask("padding", chars=0)
    for each in deaf:
        each.go_on_reading()
    await arrived(deaf, version)  # they come back by themselves, and miss nothing
    await leave([*clients, *deaf])
    return {"others": len(clients), "cut": len(deaf), "events_meanwhile": version}


async def silent(server: Server, scale: float) -> dict[str, Any]:
    """Who says nothing for twice the heartbeat is cut with 4002; who never says Hello, with 4103."""
    count = max(5, int(100 * scale))
    lost: list[tuple[str, int]] = []
    for _ in range(count):
        for say in (True, False):
            connection = await _connected(server.ports[0], lost, "said Hello" if say else "said nothing")
            if say:
                connection.send(
                    encode_client_frame(1, 0, Hello(f"q{len(lost)}:{random.Random(len(lost)).getrandbits(40)}"))
                )
    await until(lambda: len(lost) == 2 * count, lambda: f"{len(lost)} of {2 * count} were cut")
    wanted = {("said Hello", int(Close.HEARTBEAT_LOST)), ("said nothing", int(Close.HELLO_TIMEOUT))}
    demand(set(lost) <= wanted | {("said Hello", int(Close.SESSION_REPLACED))}, set(lost))
    return {"cut": len(lost)}


async def malformed(server: Server, scale: float) -> dict[str, Any]:
    """Whoever sends what nobody may is closed with the code that says so; the others do not notice."""
    clients = await gathered(server, max(20, int(100 * scale)))
    stream = asyncio.ensure_future(server.ask("publish", count=10**6, rate=100.0))
    times = max(3, int(100 * scale))
    sent = 0
    for _ in range(times):
        lost: list[tuple[str, int]] = []
        for name, (data, _) in KINDS.items():
            connection = await _connected(server.ports[sent % 2], lost, name)
            assert connection.transport is not None
            connection.transport.write(data)
            sent += 1
        await until(lambda: len(lost) == len(KINDS), lambda: f"not closed: {set(KINDS) - {name for name, _ in lost}}")  # noqa: B023
        wrong = {name: code for name, code in lost if code != KINDS[name][1]}
        demand(not wrong, f"closed with another code: {wrong}")
    stream.cancel()
    await arrived(clients, (await server.ask("stop"))["version"])
    demand(sum(client.drops for client in clients) == 0, "others were dropped")
    await leave(clients)
    return {"kinds": len(KINDS), "sent": sent, "others": len(clients)}


async def comings_and_goings(server: Server, scale: float) -> dict[str, Any]:
    """After `LeftTable` comes nothing of the table; after joining again nothing is missing."""
    rounds = max(50, int(2_000 * scale))
    stream = asyncio.ensure_future(server.ask("publish", count=10**6, rate=2_000.0))
    watchers = [Watcher(server.ports[n % 2], n) for n in range(10)]
    await asyncio.gather(*[watcher.play(rounds) for watcher in watchers])
    stream.cancel()
    await server.ask("stop")
    breaches = [breach for watcher in watchers for breach in watcher.breaches]
    demand(not breaches, breaches[:5])
    return {"joins_and_leaves": 2 * rounds * len(watchers), "pushes": sum(watcher.pushes for watcher in watchers)}


async def churn(server: Server, scale: float) -> dict[str, Any]:
    """Connections without end: each says Hello, joins, and is gone."""
    count, together = max(200, int(100_000 * scale)), 100
    began = time.monotonic()
    left = iter(range(count))
    joined = [0]

    async def one_after_the_other() -> None:
        for n in left:
            answer = await _ask_once(server.ports[n % 2], JoinTable(TABLE), player=n + 1)
            joined[0] += isinstance(answer, TableSnapshot)
            if (n + 1) % 20_000 == 0:
                print(f"  {n + 1:,} of {count:,}", flush=True)

    await asyncio.gather(*[one_after_the_other() for _ in range(together)])
    demand(joined[0] == count, f"{joined[0]} of {count} joined")
    return {"connections": count, "per_s": round(count / (time.monotonic() - began))}


class Watcher:
    """Joins and leaves as fast as it can, and looks at every frame between."""

    def __init__(self, port: int, number: int) -> None:
        self.breaches: list[str] = []
        self.pushes = 0
        self._port, self._number = port, number
        self._seq = -1
        self._answers: asyncio.Queue[ServerFrame] = asyncio.Queue()

    async def play(self, rounds: int) -> None:
        """Join and leave so often."""
        connection = await connect(f"ws://127.0.0.1:{self._port}/", self._hear, lambda _, reason: None)
        await self._ask(connection, 1, Hello(f"w{self._number}:{10**6 + self._number}"))
        for n in range(rounds):
            await self._ask(connection, 2, JoinTable(TABLE))
            await asyncio.sleep(0.004 * (n % 3))
            await self._ask(connection, 3, LeaveTable(TABLE))
        connection.close()

    async def _ask(self, connection: LoadConnection, ref: int, body: ClientMessage) -> None:
        connection.send(encode_client_frame(ref, 0, body))
        frame = await asyncio.wait_for(self._answers.get(), 20)
        if frame.ref != ref:
            self.breaches.append(f"answer {frame.ref} to request {ref}")

    def _hear(self, _: LoadConnection, payload: bytes) -> None:
        frame = decode_server_frame(payload)
        assert isinstance(frame, ServerFrame)
        if frame.kind == Kind.PUSH:
            self.pushes += 1
            if self._seq < 0 or frame.seq != self._seq + 1:
                self.breaches.append(f"push {frame.seq} after {self._seq}")
            self._seq = frame.seq
            return
        if isinstance(frame.body, TableSnapshot):
            self._seq = frame.body.version
        elif isinstance(frame.body, LeftTable):
            self._seq = -1
        self._answers.put_nowait(frame)


async def _connected(port: int, lost: list[tuple[str, int]], name: str) -> LoadConnection:
    def on_lost(connection: LoadConnection, _: str) -> None:
        lost.append((name, connection.close_code))

    return await connect(f"ws://127.0.0.1:{port}/", lambda _, __: None, on_lost)


async def _ask_once(port: int, body: ClientMessage, player: int = 10**7) -> object:
    """Return the answer to one request on a connection of its own."""
    answered: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    def hear(_: LoadConnection, payload: bytes) -> None:
        frame = decode_server_frame(payload)
        if isinstance(frame, ServerFrame) and frame.ref == 2 and frame.kind != Kind.PUSH and not answered.done():
            answered.set_result(frame.body)

    def lost(_: LoadConnection, reason: str) -> None:
        if not answered.done():
            answered.set_result(reason)

    connection = await connect(f"ws://127.0.0.1:{port}/", hear, lost)
    assert connection.transport is not None
    hello, asked = encode_client_frame(1, 0, Hello(f"c:{player}")), encode_client_frame(2, 0, body)
    connection.transport.write(client_frame(hello) + client_frame(asked))
    found = await asyncio.wait_for(answered, 30)
    connection.transport.abort()
    return found


Storm = Callable[[Server, float], Awaitable[dict[str, Any]]]

#: By name: the storm, and settings of its gateways.
STORMS: Final[dict[str, tuple[Storm, dict[str, Any]]]] = {
    "fan-out": (fan_out, {}),
    "kicks": (kicks, {}),
    "too-late": (too_late, {}),
    "slow": (slow, {"write_buffer_bytes": 64 * 1024}),
    "malformed": (malformed, {}),
    "silent": (silent, {"heartbeat_s": 1, "hello_timeout_s": 2}),
    "comings-and-goings": (comings_and_goings, {}),
    "churn": (churn, {}),
}
