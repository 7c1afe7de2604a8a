"""CPU of a delivered frame, beside a plain `send(2)` and `websockets.broadcast`: `python -m loadtest.fanout`.

One table event after the other goes to all connections, at a given rate of frames: by the gateway (news in, encoded, framed,
written), by `send` of the same bytes in a loop over as many TCP sockets, and by `websockets.broadcast` of the same payload. All
connections stand the whole time; the senders take turns within each round, in this process; those who listen are in
others. CPU is this process's, user and system. Every frame must arrive.

Then, in each round, the highest rate: events become due at a fixed rate, and those that are due come to the gateway in one
batch, as a courier brings them. A rate counts as reached when every frame has arrived, the last at most 0.1 s after it was due, in
one of three attempts; each step offers a quarter more. What counts is what was delivered, up to the last arrival.

Keys of the result (`--json`; in `build/bench.json` under `fanout`): `connections`, `frame_bytes`, `us` (CPU microseconds of a
frame: `gateway`, `send`, `broadcast`, medians over the rounds), `ratio_send`, `ratio_broadcast` (medians of the ratios within a
round), `max_frames_per_s` (median over the rounds), `complete`, `rounds`. Exit code 1: frames were missing.
"""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import statistics
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import uvloop
import websockets
from websockets.asyncio.server import ServerConnection, serve

from actors.runtime.host import GC_THRESHOLDS
from loadtest.listening import Listening, raise_descriptor_limit
from loadtest.lone_gateway import LoneGateway
from protocol.codec import encode_server_frame
from protocol.envelope import Kind
from server.gateway.limits import GatewaySettings
from server.gateway.translate import table_push
from server.gateway.transport import frame_binary

SENDERS: Final = ("gateway", "send", "broadcast")
#: Of the search for the highest rate: where it begins (frames a second), each next step, how late the last frame may be.
LOWEST: Final = 80_000
STEP: Final = 1.25
LATE_S: Final = 0.1
ATTEMPTS: Final = 3

Publish = Callable[[], Awaitable[None]]


class Raw:
    """Sockets that are written to without anything in between."""

    def __init__(self, frame: bytes) -> None:
        self._frame = frame
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self.refused = 0

    async def accept(self, count: int) -> None:
        """Take so many connections."""
        loop = asyncio.get_running_loop()
        for _ in range(count):
            accepted, _ = await loop.sock_accept(self._listener)
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(accepted)

    async def publish(self) -> None:
        """Send the frame to all."""
        frame = self._frame
        for each in self._sockets:
            try:
                each.send(frame)
            except BlockingIOError:
                self.refused += 1

    def close(self) -> None:
        """Close them all."""
        for each in (*self._sockets, self._listener):
            each.close()


async def measure(given: Namespace) -> dict[str, Any]:
    """Return the figures of all rounds."""
    raise_descriptor_limit(3 * given.connections + 500)
    lone = LoneGateway(GatewaySettings(heartbeat_s=3_600, max_connections=given.connections + 100, per_address=0))
    payload = encode_server_frame(Kind.PUSH, 1, 1_000_000, table_push(lone.table.event(1)))
    raw = Raw(frame_binary(payload))
    held: set[ServerConnection] = set()

    async def hold(connection: ServerConnection) -> None:
        held.add(connection)
        await connection.wait_closed()

    async def broadcast() -> None:
        websockets.broadcast(held, payload)

    async with serve(hold, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        ports = (await lone.start(), raw.port, next(iter(server.sockets)).getsockname()[1])
        accepting = asyncio.ensure_future(raw.accept(given.connections))
        modes = zip(("gateway", "raw", "websocket"), ports, strict=True)
        listening = [await Listening.start(mode, port, given.connections) for mode, port in modes]
        await accepting
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        publish = dict(zip(SENDERS, (lone.publish, raw.publish, broadcast), strict=True))
        rounds = []
        for number in range(given.rounds):
            one = {name: await cpu_of(each, given) for name, each in publish.items()}
            us = ", ".join(f"{name} {us:.2f} us" for name, us in one.items())
            one["max_frames_per_s"] = await highest(lone, listening[0], given)
            rounds.append(one)
            print(f"round {number + 1}: {us}; at most {one['max_frames_per_s']:,.0f} frames/s", flush=True)
        reports = [await each.report() for each in listening]
        for each in listening:
            await each.stop()
        await lone.stop()
        raw.close()
    return summarise(given, len(frame_binary(payload)), rounds, reports, lone.table.version)


async def cpu_of(publish: Publish, given: Namespace) -> float:
    """Return the CPU microseconds of a delivered frame at the given rate."""
    events = max(1, round(given.seconds * given.rate / given.connections))
    pause: float = given.connections / given.rate
    await asyncio.sleep(0.2)
    cpu, next_s = time.process_time(), time.monotonic()
    for _ in range(events):
        await publish()
        next_s += pause
        await asyncio.sleep(max(0.0, next_s - time.monotonic()))
    await asyncio.sleep(0.05)
    return float((time.process_time() - cpu) * 1e6 / (events * given.connections))


async def highest(lone: LoneGateway, listening: Listening, given: Namespace) -> float:
    """Return the most frames a second that were delivered in time; 0 where the lowest rate was not reached."""
    reached, rate = 0.0, float(LOWEST)
    misses = 0
    while misses < ATTEMPTS:
        delivered, late_s = await deliver(lone, listening, rate, given)
        if late_s > LATE_S:
            misses += 1
        else:
            reached, rate, misses = delivered, rate * STEP, 0
    return reached


async def deliver(lone: LoneGateway, listening: Listening, rate: float, given: Namespace) -> tuple[float, float]:
    """Offer frames at this rate; return how many a second arrived, and how long after it was due the last one did."""
    total, sent = max(1, round(given.highest_s * rate / given.connections)), 0
    pause = given.connections / rate
    began = time.monotonic()
    while sent < total:
        due = min(total, int((time.monotonic() - began) / pause) + 1)
        await lone.hear_all(lone.table.publish() for _ in range(due - sent))
        sent = due
        await asyncio.sleep(max(0.0, began + sent * pause - time.monotonic()))
    found = await listening.report()
    took = found["last_s"] - began
    return total * given.connections / took, took - (total - 1) * pause


def summarise(
    given: Namespace,
    frame_bytes: int,
    rounds: list[dict[str, float]],
    reports: list[dict[str, Any]],
    by_gateway: int,
) -> dict[str, Any]:
    """Return medians, ratios within rounds, and whether everything arrived. by_gateway: events that the gateway had."""
    sent = given.rounds * max(1, round(given.seconds * given.rate / given.connections))
    events = {"gateway": by_gateway, "broadcast": sent}
    complete = all(
        report["lost"] == report["holes"] == 0 and report["fewest"] == report["most"] == events[name]
        for name, report in zip(SENDERS, reports, strict=True)
        if name != "send"
    )
    raw = reports[1]

    def ratio(other: str) -> float:
        return round(statistics.median(one["gateway"] / one[other] for one in rounds), 3)

    return {
        "connections": given.connections,
        "frame_bytes": frame_bytes,
        "us": {name: round(statistics.median(one[name] for one in rounds), 2) for name in SENDERS},
        "ratio_send": ratio("send"),
        "ratio_broadcast": ratio("broadcast"),
        "max_frames_per_s": round(statistics.median(one["max_frames_per_s"] for one in rounds)),
        "complete": complete and raw["bytes"] == sent * given.connections * frame_bytes,
        "rounds": rounds,
    }


def main() -> None:
    """Read the command line, run, report."""
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--rate", type=int, default=30_000, help="frames a second over all connections")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each sender in each round")
    parser.add_argument("--highest-s", type=float, default=1.5, help="seconds of each step of the highest rate")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the result here")
    given = parser.parse_args()
    found = uvloop.run(measure(given))
    us = found["us"]
    print(
        f"\n{found['connections']:,} connections, frames of {found['frame_bytes']} bytes: gateway {us['gateway']} us of CPU"
        f" a frame, send {us['send']}, websockets.broadcast {us['broadcast']}\ngateway over send {found['ratio_send']:.2f}, over"
        f" websockets.broadcast {found['ratio_broadcast']:.2f}; at most {found['max_frames_per_s']:,} frames/s;"
        f" {'all arrived' if found['complete'] else 'FRAMES ARE MISSING'}"
    )
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1))
    sys.exit(0 if found["complete"] else 1)


if __name__ == "__main__":
    main()
