"""A process full of listeners: it opens connections, counts what comes, and says so when asked. For `loadtest.fanout` and such.

    python -m loadtest.listeners MODE PORT CONNECTIONS

MODE: `gateway` (says Hello, joins the table, checks that the pushes are dense), `websocket` (only the handshake) or `raw`
(bytes on TCP). Commands are lines on stdin, answers lines of JSON: `report` waits until nothing has come for 0.3 s;
`last_s` in it is when something came last, by the clock that all processes of a machine share (`time.monotonic`).
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from typing import Final

import uvloop

from loadtest.lone_gateway import TABLE
from loadtest.wire import LoadConnection, connect
from protocol.codec import encode_client_frame, peek_envelope
from protocol.envelope import Kind
from protocol.messages import Hello, JoinTable, Ping

#: So many at once; the listener's backlog is bounded.
_TOGETHER: Final = 200
_QUIET_S: Final = 0.3
_PING_S: Final = 5.0


class Listener:
    """One connection. frames: pushes so far; seq: of the last one; holes: places where one was missing."""

    __slots__ = ("bytes", "connection", "frames", "holes", "joined", "last_s", "lost", "seq")

    def __init__(self) -> None:
        self.connection: LoadConnection | None = None
        self.frames = self.bytes = self.holes = 0
        self.seq = -1
        self.last_s = 0.0
        self.joined = asyncio.get_running_loop().create_future()
        self.lost = ""

    def on_payload(self, _: LoadConnection, payload: bytes) -> None:
        envelope = peek_envelope(payload)
        assert envelope is not None
        if envelope.kind != Kind.PUSH:
            if envelope.ref == 2 and not self.joined.done():
                self.joined.set_result(None)
            return
        self.holes += self.seq >= 0 and envelope.seq != self.seq + 1
        self.seq = envelope.seq
        self.frames += 1
        self.bytes += len(payload)
        self.last_s = time.monotonic()

    def on_bare(self, _: LoadConnection, payload: bytes) -> None:
        self.frames += 1
        self.bytes += len(payload)

    def on_lost(self, _: LoadConnection, reason: str) -> None:
        self.lost = reason


class _Raw(asyncio.Protocol):
    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def data_received(self, data: bytes) -> None:
        self._listener.bytes += len(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._listener.lost = repr(exc)


class Crowd:
    """All listeners of this process."""

    def __init__(self, mode: str, port: int) -> None:
        self._mode, self._url, self._port = mode, f"ws://127.0.0.1:{port}/", port
        self.listeners: list[Listener] = []

    async def open(self, count: int) -> None:
        """Open so many connections, each as far as the mode goes."""
        for start in range(0, count, _TOGETHER):
            await asyncio.gather(*[self._open_one(n) for n in range(start, min(start + _TOGETHER, count))])

    async def _open_one(self, n: int) -> None:
        listener = Listener()
        self.listeners.append(listener)
        if self._mode == "raw":
            await asyncio.get_running_loop().create_connection(lambda: _Raw(listener), "127.0.0.1", self._port)
            return
        hears = listener.on_payload if self._mode == "gateway" else listener.on_bare
        listener.connection = await connect(self._url, hears, listener.on_lost)
        if self._mode == "gateway":
            listener.connection.send(encode_client_frame(1, 0, Hello(f"p{n}:{n + 1}")))
            listener.connection.send(encode_client_frame(2, 0, JoinTable(TABLE)))
            await asyncio.wait_for(listener.joined, 30)

    async def ping(self) -> None:
        """Keep the connections alive, spread over the time."""
        step = max(1, len(self.listeners) // 50)
        while self._mode == "gateway":
            for start in range(0, len(self.listeners), step):
                for listener in self.listeners[start : start + step]:
                    if listener.connection is not None:
                        listener.connection.send(encode_client_frame(3, 0, Ping(0)))
                await asyncio.sleep(_PING_S * step / len(self.listeners))

    async def report(self) -> dict[str, float]:
        """Return what has come, when nothing more does."""
        before = -1
        while before != (now := sum(listener.bytes for listener in self.listeners)):
            before = now
            await asyncio.sleep(_QUIET_S)
        frames = [listener.frames for listener in self.listeners]
        return {
            "connections": len(frames),
            "frames": sum(frames),
            "bytes": before,
            "fewest": min(frames),
            "most": max(frames),
            "holes": sum(listener.holes for listener in self.listeners),
            "lost": sum(bool(listener.lost) for listener in self.listeners),
            "last_s": max(listener.last_s for listener in self.listeners),
        }


async def main(mode: str, port: int, count: int) -> None:
    """Open, then obey."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 1_000)), hard))
    crowd = Crowd(mode, port)
    await crowd.open(count)
    pinging = asyncio.ensure_future(crowd.ping())
    print(json.dumps({"ready": len(crowd.listeners)}), flush=True)
    while (line := await asyncio.to_thread(sys.stdin.readline)) and line.strip() == "report":
        print(json.dumps(await crowd.report()), flush=True)
    pinging.cancel()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
