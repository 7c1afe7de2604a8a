"""One client floods, the others must not notice: `python -m loadtest.flood`.

A gateway with its limits on in a process of its own (`loadtest/stress/host.py`), 100 clients who ping ten times a second, and one
who sends as much as the socket takes: pings, joins, and bytes that are no frames, on one connection after the other, from a
process of its own. Calm and flood take turns; the figure is the median over the rounds of p99 in the flood over p99 in the
calm before it. Exit code 1: above `--most`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import statistics
import sys
import time
from argparse import ArgumentParser

import uvloop

from loadtest.lone_gateway import TABLE
from loadtest.stress.server import Server, serving
from loadtest.wire import LoadConnection, client_frame, connect
from protocol.codec import encode_client_frame
from protocol.messages import Hello, JoinTable, Ping

_EVERY_S = 0.1


class Pinger:
    """One who pings and notes how long each answer takes, from the time it was due."""

    def __init__(self, port: int, number: int) -> None:
        self.took_ms: list[float] = []
        self._port, self._number = port, number
        self._due: dict[int, float] = {}

    async def run(self) -> None:
        """Ping for ever."""
        connection = await connect(f"ws://127.0.0.1:{self._port}/", self._hear, lambda _, reason: None)
        connection.send(encode_client_frame(1, 0, Hello(f"p{self._number}:{self._number + 1}")))
        due = time.monotonic() + _EVERY_S * (self._number % 100) / 100
        for ref in itertools.count(2):
            due += _EVERY_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._due[ref % 10**6 + 2] = due
            connection.send(encode_client_frame(ref % 10**6 + 2, 0, Ping(0)))

    def _hear(self, _: LoadConnection, payload: bytes) -> None:
        ref = int.from_bytes(payload[4:8], "big") if payload[3] == 0xCE else _small(payload)
        due = self._due.pop(ref, None)
        if due is not None:
            self.took_ms.append((time.monotonic() - due) * 1000)


def _small(payload: bytes) -> int:
    """Return the ref of a frame, which is its third element."""
    first = payload[3]
    if first < 0x80:
        return first
    return int.from_bytes(payload[4:6], "big") if first == 0xCD else payload[4]


async def flood(port: int) -> None:
    """Send as much as the socket takes, for ever."""
    ping, join = (
        client_frame(encode_client_frame(7, 0, Ping(0))),
        client_frame(encode_client_frame(8, 0, JoinTable(TABLE))),
    )
    kinds = itertools.cycle((ping * 500, join * 500, ping * 300 + b"\xff" * 400, client_frame(b"\xc1") * 200))
    while True:
        with contextlib.suppress(OSError, ConnectionError, TimeoutError):
            lost = asyncio.Event()
            connection = await connect(f"ws://127.0.0.1:{port}/", lambda _, __: None, lambda _, __: lost.set())  # noqa: B023
            assert connection.transport is not None
            connection.transport.write(client_frame(encode_client_frame(1, 0, Hello("flood:999999"))))
            data = next(kinds)
            while not lost.is_set():
                if connection.transport.get_write_buffer_size() < 1_000_000:
                    connection.transport.write(data)
                await asyncio.sleep(0.002)  # so that the flood does not take the processor that the gateway needs


async def flooding(port: int) -> asyncio.subprocess.Process:
    """Start the flood in a process of its own."""
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "loadtest.flood", "--flood", str(port))


async def measure(server: Server, rounds: int, seconds: float, clients: int) -> list[tuple[float, float]]:
    """Return p99 in ms, calm and flooded, of each round."""
    pingers = [Pinger(server.ports[0], n) for n in range(clients)]
    tasks = [asyncio.ensure_future(pinger.run()) for pinger in pingers]
    await asyncio.sleep(2)

    async def p99() -> float:
        for pinger in pingers:
            pinger.took_ms.clear()
        await asyncio.sleep(seconds)
        took = sorted(ms for pinger in pingers for ms in pinger.took_ms)
        return took[len(took) * 99 // 100]

    found = []
    for number in range(rounds):
        calm = await p99()
        process = await flooding(server.ports[0])
        await asyncio.sleep(1)
        flooded = await p99()
        process.kill()
        await process.wait()
        await asyncio.sleep(1)
        found.append((calm, flooded))
        print(f"round {number + 1}: p99 {calm:.2f} ms calm, {flooded:.2f} ms in the flood", flush=True)
    for task in tasks:
        task.cancel()
    return found


async def main(rounds: int, seconds: float, clients: int) -> float:
    """Return the median ratio."""
    async with serving(rate_per_s=50) as server:
        found = await measure(server, rounds, seconds, clients)
    return statistics.median(flooded / calm for calm, flooded in found)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--most", type=float, default=1.2)
    parser.add_argument("--flood", type=int, default=0, help="be the flood, to this port")
    given = parser.parse_args()
    if given.flood:
        uvloop.run(flood(given.flood))
    ratio = uvloop.run(main(given.rounds, given.seconds, given.clients))
    print(f"p99 in the flood over p99 in the calm: {ratio:.2f} (median of {given.rounds} rounds)")
    sys.exit(0 if ratio <= given.most else 1)
