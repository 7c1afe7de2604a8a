"""Closed-loop bets over real WebSockets: each connection sends its next bet when the last one is answered as durable.

Run as a process of its own (`python -m loadtest.bets ...`); prints one JSON object. Latency is from the write of a bet
to the arrival of its answer. The measurement begins with a fresh round, whose betting window must outlast it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from array import array
from collections import Counter
from typing import Any

import msgspec
import uvloop

from loadtest.wire import LoadConnection, connect
from protocol.envelope import PROTOCOL_VERSION, ClientFrame, Kind, ServerFrame
from protocol.messages import Chip, ClientMessage, Error, Hello, JoinTable, PlaceBets, RoundOpened, TableSnapshot

_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(ServerFrame).decode
_MARK = bytes(range(0x40, 0x50))


def _frame(body: ClientMessage) -> bytes:
    return _ENCODE(ClientFrame(PROTOCOL_VERSION, Kind.REQUEST, 1, 0, body))


class Player:
    """One betting connection."""

    __slots__ = ("after", "before", "connection", "run", "sent_s", "token", "waiting")

    def __init__(self, run: Run, token: str) -> None:
        self.run = run
        self.token = token
        self.connection: LoadConnection | None = None
        self.before = self.after = b""
        self.sent_s = 0.0
        self.waiting = True

    async def join(self, url: str) -> None:
        """Connect, say hello, sit down. The first bet follows when a round is open."""
        self.connection = await connect(url, self.on_payload, self.on_lost)
        self.connection.send(_frame(Hello(self.token, "loadtest")))

    def on_lost(self, connection: LoadConnection, reason: str) -> None:
        self.run.lost[reason] += 1

    def on_payload(self, connection: LoadConnection, payload: bytes) -> None:
        # [version, kind, ref, seq, body]: kind is the third byte. A reply to a bet is all that happens often.
        if payload[2] == Kind.REPLY and self.sent_s:
            self.run.answered(self.sent_s)
            self.bet()
            return
        body = _DECODE(payload).body
        if isinstance(body, RoundOpened):
            self.set_round(body.round_id)
            self.run.round_opened.set()
            if self.waiting:
                self.waiting = False
                self.bet()
        elif isinstance(body, TableSnapshot):
            self.run.seated()
            if body.round_id and body.phase == "betting":
                self.set_round(body.round_id)
                self.waiting = False
                self.bet()
        elif isinstance(body, Error):
            self.run.errors[body.name] += 1
            self.sent_s = 0.0
            self.waiting = True
        elif payload[2] == Kind.REPLY:
            connection.send(_frame(JoinTable(self.run.table)))

    def set_round(self, round_id: bytes) -> None:
        """Cut a bet's frame round its id, so that the next bets are one concatenation each."""
        whole = _frame(PlaceBets(self.run.table, round_id, _MARK, [Chip(self.run.next_position(), self.run.stake)]))
        at = whole.index(_MARK)
        self.before, self.after = whole[:at], whole[at + 16 :]

    def bet(self) -> None:
        if self.run.stopping or self.connection is None:
            return
        noise = os.urandom(10)
        bet_id = (
            int(time.time() * 1000).to_bytes(6, "big") + bytes((0x70, noise[0], 0x80 | (noise[1] & 0x3F))) + noise[2:9]
        )
        self.sent_s = time.perf_counter()
        self.connection.send(self.before + bet_id + self.after)


class Run:
    """All connections of one measurement and what they saw."""

    def __init__(self, table: str, stake: int) -> None:
        self.table = table
        self.stake = stake
        self.latencies_s = array("d")
        self.errors: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.joined = 0
        self.measuring = False
        self.stopping = False
        self._position = 0
        self.all_joined = asyncio.Event()
        self.all_joined_at = 0
        self.round_opened = asyncio.Event()

    def seated(self) -> None:
        """Count a player who has his snapshot."""
        self.joined += 1
        if self.joined == self.all_joined_at:
            self.all_joined.set()

    def next_position(self) -> int:
        """Spread the players over the 37 numbers."""
        self._position = (self._position + 1) % 37
        return self._position

    def answered(self, sent_s: float) -> None:
        if self.measuring:
            self.latencies_s.append(time.perf_counter() - sent_s)


def _quantile_ms(sorted_s: list[float], q: float) -> float:
    return round(1000 * sorted_s[min(len(sorted_s) - 1, int(q * len(sorted_s)))], 3) if sorted_s else 0.0


async def measure(
    url: str, tokens: list[str], table: str, *, warmup_s: float, seconds: float, stake: int
) -> dict[str, Any]:
    """Return the figures of one run.

    Keys: connections, bets, per_s, p50_ms, p99_ms, p999_ms, max_ms, errors, lost, generator_cpu_s.
    """
    run = Run(table, stake)
    players = [Player(run, token) for token in tokens]
    run.all_joined_at = len(players)
    for start in range(0, len(players), 50):
        await asyncio.gather(*(player.join(url) for player in players[start : start + 50]))
    try:
        async with asyncio.timeout(60):
            await run.all_joined.wait()
    except TimeoutError:
        raise SystemExit(
            f"only {run.joined} of {len(players)} players could join: {dict(run.errors)} {dict(run.lost)}"
        ) from None
    run.round_opened.clear()
    await asyncio.wait_for(run.round_opened.wait(), 180)  # the last measurement's bets are being settled meanwhile
    await asyncio.sleep(warmup_s)
    print("measuring", file=sys.stderr, flush=True)
    cpu = resource.getrusage(resource.RUSAGE_SELF)
    run.measuring, began_s = True, time.perf_counter()
    await asyncio.sleep(seconds)
    run.measuring, took_s = False, time.perf_counter() - began_s
    spent = resource.getrusage(resource.RUSAGE_SELF)
    run.stopping = True
    await asyncio.sleep(0.5)
    for player in players:
        if player.connection is not None:
            player.connection.close()
    ordered = sorted(run.latencies_s)
    return {
        "connections": len(players),
        "bets": len(ordered),
        "per_s": round(len(ordered) / took_s, 1),
        "p50_ms": _quantile_ms(ordered, 0.50),
        "p99_ms": _quantile_ms(ordered, 0.99),
        "p999_ms": _quantile_ms(ordered, 0.999),
        "max_ms": _quantile_ms(ordered, 1.0),
        "errors": dict(run.errors),
        "lost": {k: v for k, v in run.lost.items() if not run.stopping or "1000" not in k},
        "generator_cpu_s": round(spent.ru_utime + spent.ru_stime - cpu.ru_utime - cpu.ru_stime, 3),
    }


def main() -> None:
    """Parse the command line, measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--tokens", required=True, help="a file with one access token a line")
    parser.add_argument("--table", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warmup", type=float, default=1.0)
    parser.add_argument("--stake", type=int, default=100)
    given = parser.parse_args()
    with open(given.tokens) as file:
        tokens = file.read().split()[: given.connections]
    figures = uvloop.run(
        measure(given.url, tokens, given.table, warmup_s=given.warmup, seconds=given.seconds, stake=given.stake)
    )
    json.dump(figures, sys.stdout)
    print()


if __name__ == "__main__":
    main()
