"""A client written from docs/protocol.md alone: registers, sits down, bets on red, waits for the result.

    python docs/examples/minimal_client.py http://127.0.0.1:8080 NAME PASSWORD

Needs the packages `websockets` and `msgpack`, and nothing of this project.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import urllib.request
from typing import Any

import msgpack
import websockets

VERSION, REQUEST, REPLY, PUSH, ERROR = 1, 1, 2, 3, 4
HELLO, PING, JOIN_TABLE, PLACE_BETS = 1, 3, 30, 34
SNAPSHOT, ROUND_OPENED, BETS_SETTLED = 31, 40, 50
RED = 151


def make_id(now_ms: int, noise: bytes) -> bytes:
    """Return an id for an order: section 4."""
    return now_ms.to_bytes(6, "big") + bytes([0x70, noise[0], 0x80 | noise[1] & 0x3F]) + noise[2:9]


def encode(ref: int, seq: int, body: list[Any]) -> bytes:
    """Return the frame of a request: section 3."""
    packed: bytes = msgpack.packb([VERSION, REQUEST, ref, seq, body])
    return packed


def decode(data: bytes) -> tuple[int, int, int, list[Any]]:
    """Return kind, ref, seq and body of a server frame: section 3."""
    version, kind, ref, seq, body = msgpack.unpackb(data, strict_map_key=False)[:5]
    if version != VERSION:
        raise ValueError(f"version {version}")
    return kind, ref, seq, body


def follow(expected: int, seq: int) -> str:
    """Return what to do with a push: "drop", "apply" or "gap" (section 7). expected: the last seq applied, plus one."""
    if seq < expected:
        return "drop"
    return "apply" if seq == expected else "gap"


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """POST a JSON object: section 1."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        result: dict[str, Any] = json.load(answer)
        return result


def get(url: str) -> dict[str, Any]:
    """GET a JSON object."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        result: dict[str, Any] = json.load(answer)
        return result


class Client:
    """One connection. Requests are answered by ref; pushes that come meanwhile are kept in order."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.ref = 0
        self.seq = 0  # of the personal stream
        self.pushes: list[tuple[int, int, list[Any]]] = []

    async def ask(self, body: list[Any]) -> list[Any]:
        """Send a request and return the body of its answer; raises RuntimeError for an Error."""
        self.ref += 1
        await self.socket.send(encode(self.ref, self.seq, body))
        while True:
            kind, ref, seq, answer = decode(await self.socket.recv())
            if kind == PUSH:
                self.pushes.append((ref, seq, answer))
            elif ref == self.ref and kind == REPLY:
                return answer
            elif kind == ERROR:
                raise RuntimeError(f"{answer[2]} ({answer[1]})")

    async def next_push(self, heartbeat_s: float) -> tuple[int, int, list[Any]]:
        """Return the next push, sending a Ping whenever nothing came for half the heartbeat."""
        while not self.pushes:
            try:
                kind, ref, seq, body = decode(await asyncio.wait_for(self.socket.recv(), heartbeat_s / 2))
            except TimeoutError:
                await self.ask([PING, int(time.time() * 1000)])
                continue
            if kind == PUSH:
                self.pushes.append((ref, seq, body))
        stream, seq, body = self.pushes.pop(0)
        if stream == 0:
            self.seq = seq
        return stream, seq, body


async def play(ws_url: str, token: str) -> list[Any]:
    """Bet 1.00 on red in the next round and return the BetsSettled message."""
    async with websockets.connect(ws_url, subprotocols=["croupier.v1"], compression=None) as socket:  # type: ignore[list-item]
        client = Client(socket)
        welcome = await client.ask([HELLO, token, "minimal"])
        heartbeat_s, table_id = welcome[6], welcome[12][0][0]
        snapshot = await client.ask([JOIN_TABLE, table_id])
        stream, applied = snapshot[1], snapshot[3]
        while True:
            ref, seq, body = await client.next_push(heartbeat_s)
            if ref == 0 and body[0] == BETS_SETTLED:
                return body
            if ref != stream:
                continue
            if body[0] == SNAPSHOT:
                applied = body[3]
                continue
            what = follow(applied + 1, seq)
            if what == "gap":
                snapshot = await client.ask([JOIN_TABLE, table_id])
                stream, applied = snapshot[1], snapshot[3]
            elif what == "apply":
                applied = seq
                if body[0] == ROUND_OPENED:
                    bet_id = make_id(int(time.time() * 1000), os.urandom(9))
                    await client.ask([PLACE_BETS, table_id, body[1], bet_id, [[RED, 100]], []])


def main(base_url: str, name: str, password: str) -> None:
    """Register, play one round, say what came of it."""
    session = post(f"{base_url}/api/register", {"name": name, "password": password})
    settled = asyncio.run(play(get(f"{base_url}/api/config")["ws_url"], session["access_token"]))
    _, _, _, number, _, stake_minor, payout_minor, (available_minor, _, _), _ = settled[:9]
    print(f"{number}: staked {stake_minor}, paid {payout_minor}, now {available_minor}")


if __name__ == "__main__":
    main(*sys.argv[1:4])
