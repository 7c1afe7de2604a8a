"""Bets over real WebSockets, each answered as durable; run as a process of its own (`python -m loadtest.bets ...`).

Closed loop: each connection sends its next bet when the last one is answered; latency is from the write of a bet to the
arrival of its answer. Open loop (`--rate`): bet n is meant to be sent at n / rate, whatever has become of those before, on one
connection after the other; latency is from that moment, so neither a slow server nor a slow generator hides anything.
Prints one JSON object. The measurement begins with a fresh round, whose betting window must outlast it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec
import uvloop

from loadtest.wire import LoadConnection, connect
from protocol.envelope import PROTOCOL_VERSION, ClientFrame, Kind, ServerFrame
from protocol.messages import Chip, ClientMessage, Error, Hello, JoinTable, PlaceBets, RoundOpened, TableSnapshot

_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(ServerFrame).decode
_MARK = bytes(range(0x40, 0x50))
#: `ref` of the first bet of an open loop; Hello and JoinTable have 1.
_FIRST_REF = 2
#: A table remembers 1,000 orders of a player in a round and refuses more: a closed loop ends before that. Its warm-up ends
#: early too where one player has placed so many.
BETS_EACH_MAX = 990
_WARM_BETS = 200
#: How long the last bets of an open loop may take.
_LAST_ANSWER_S = 10.0


def _frame(body: ClientMessage) -> bytes:
    return _ENCODE(ClientFrame(PROTOCOL_VERSION, Kind.REQUEST, 1, 0, body))


def ref_of(payload: bytes) -> int:
    """Return the `ref` of a server's frame: its third element, a msgpack integer from 0 to 2^32 - 1."""
    first = payload[3]
    width = {0xCC: 1, 0xCD: 2, 0xCE: 4}.get(first, 0)
    return int.from_bytes(payload[4 : 4 + width], "big") if width else first


class _Head(msgspec.Struct, array_like=True, gc=False):
    """A server's frame whose body is left as it came."""

    version: int
    kind: int
    ref: int
    seq: int
    body: msgspec.Raw


_DECODE_HEAD = msgspec.msgpack.Decoder(_Head).decode
#: What a body of `RoundOpened` begins with: an array of less than sixteen, and its tag.
_ROUND_OPENED_TAG: Final = RoundOpened.__struct_config__.tag


def is_about_rounds(payload: bytes) -> bool:
    """Tell whether a push may be `RoundOpened`. Most pushes show the chips of others: a crowd need not take them apart."""
    body = memoryview(_DECODE_HEAD(payload).body)
    return body[0] & 0xF0 != 0x90 or body[1] == _ROUND_OPENED_TAG


def new_bet_id() -> bytes:
    """Return a client's id: UUIDv7 layout."""
    noise = os.urandom(10)
    return int(time.time() * 1000).to_bytes(6, "big") + bytes((0x70, noise[0], 0x80 | (noise[1] & 0x3F))) + noise[2:9]


class Player:
    """One betting connection."""

    __slots__ = ("after", "before", "connection", "placed", "run", "sent_s", "token", "waiting")

    def __init__(self, run: Run, token: str) -> None:
        self.run = run
        self.token = token
        self.connection: LoadConnection | None = None
        self.before = self.after = b""
        self.sent_s = 0.0
        self.placed = 0
        self.waiting = True

    async def join(self, url: str) -> None:
        """Connect, say hello, sit down. The first bet follows when a round opens and everybody is seated."""
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
        if payload[2] == Kind.PUSH and not is_about_rounds(payload):
            return
        body = _DECODE(payload).body
        if isinstance(body, RoundOpened):
            self.set_round(body.round_id)
            if self.run.may_begin(body.round_id) and self.waiting:
                self.waiting = False
                self.bet()
        elif isinstance(body, TableSnapshot):
            self.run.seated()
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
        if self.placed >= BETS_EACH_MAX:
            self.run.used_up.set()
            return
        self.placed += 1
        if self.placed == _WARM_BETS:
            self.run.warm.set()
        self.sent_s = time.perf_counter()
        self.connection.send(self.before + new_bet_id() + self.after)


class OpenPlayer(Player):
    """A connection whose bets are sent when their time has come. loop: knows that time."""

    __slots__ = ("loop",)

    def __init__(self, run: Run, token: str, loop: OpenLoop) -> None:
        super().__init__(run, token)
        self.loop = loop

    def on_payload(self, connection: LoadConnection, payload: bytes) -> None:
        if payload[2] in (Kind.REPLY, Kind.ERROR) and (ref := ref_of(payload)) >= _FIRST_REF:
            self.loop.answered(ref - _FIRST_REF)
            if payload[2] == Kind.REPLY:
                return
        super().on_payload(connection, payload)

    def bet(self) -> None:
        """Nothing: a round that opens is no reason."""

    def send(self, number: int) -> None:
        """Send bet number so and so of the loop."""
        assert self.connection is not None
        ref = (number + _FIRST_REF).to_bytes(4, "big")
        # [version, kind, ref, seq, body] with a ref of one byte in the template
        self.connection.send(self.before[:3] + b"\xce" + ref + self.before[4:] + new_bet_id() + self.after)


class OpenLoop:
    """Bet n is meant to be sent n / rate after the beginning. Units: seconds of any one clock that only grows."""

    def __init__(self, rate: float, total: int) -> None:
        self.rate = rate
        self.total = total
        self.began_s = 0.0
        self.sent = 0
        self.took_s = array("d", [-1.0]) * total
        self.late_s = array("d", [0.0]) * total

    def due(self, now_s: float) -> range:
        """Return the bets to be sent now: all whose time has come and that were not sent."""
        reached = min(self.total, int((now_s - self.began_s) * self.rate) + 1)
        numbers = range(self.sent, max(self.sent, reached))
        for number in numbers:
            self.late_s[number] = now_s - self._intended_s(number)
        self.sent = numbers.stop
        return numbers

    def answered(self, number: int, now_s: float | None = None) -> None:
        """Note an answer; a second one to the same bet is passed over."""
        if self.took_s[number] < 0:
            self.took_s[number] = (time.perf_counter() if now_s is None else now_s) - self._intended_s(number)

    def unanswered(self) -> int:
        """Return how many have no answer."""
        return sum(took_s < 0 for took_s in self.took_s)

    def _intended_s(self, number: int) -> float:
        return self.began_s + number / self.rate

    async def run(self, players: Sequence[OpenPlayer]) -> None:
        """Send everything, on one player's connection after the other, then wait for the last answers."""
        self.began_s = time.perf_counter()
        while self.sent < self.total:
            for number in self.due(time.perf_counter()):
                players[number % len(players)].send(number)
            await asyncio.sleep(0.001)
        until_s = time.perf_counter() + _LAST_ANSWER_S
        while self.unanswered() and time.perf_counter() < until_s:  # noqa: ASYNC110 - many answers change it
            await asyncio.sleep(0.05)

    def figures(self, skip: int) -> dict[str, Any]:
        """Return the figures without those of the first bets: per_s is what was answered of what was offered."""
        counted = sorted(took_s for took_s in self.took_s[skip:] if took_s >= 0)
        span_s = (self.total - skip) / self.rate
        late_s = sorted(self.late_s[skip:])
        return {
            "rate": round(self.rate, 1),
            "unanswered": self.unanswered(),
            "sent_late_p99_ms": _quantile_ms(late_s, 0.99),
            **_latencies(counted, span_s),
        }


class Run:
    """All connections of one measurement and what they saw."""

    def __init__(self, table: str, stake: int) -> None:
        self.table = table
        self.stake = stake
        self.latencies_s = array("d")
        self.errors: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.joined = 0
        self._too_early: set[bytes] = set()
        self.measuring = False
        self.stopping = False
        self._position = 0
        self.warm = asyncio.Event()
        self.used_up = asyncio.Event()
        self.all_joined = asyncio.Event()
        self.all_joined_at = 0
        self.round_opened = asyncio.Event()

    def seated(self) -> None:
        """Count a player who has his snapshot."""
        self.joined += 1
        if self.joined == self.all_joined_at:
            self.all_joined.set()

    def may_begin(self, round_id: bytes) -> bool:
        """Tell whether bets may be placed in this round: one that opens when all are seated, the same for all.

        Bets before that would be settled, and followed, while others are measured.
        """
        if not self.all_joined.is_set():
            self._too_early.add(round_id)
        elif round_id not in self._too_early:
            self.round_opened.set()
            return True
        return False

    def next_position(self) -> int:
        """Spread the players over the 37 numbers."""
        self._position = (self._position + 1) % 37
        return self._position

    def answered(self, sent_s: float) -> None:
        if self.measuring:
            self.latencies_s.append(time.perf_counter() - sent_s)


def _quantile_ms(sorted_s: list[float], q: float) -> float:
    return round(1000 * sorted_s[min(len(sorted_s) - 1, int(q * len(sorted_s)))], 3) if sorted_s else 0.0


def _latencies(ordered_s: list[float], span_s: float) -> dict[str, Any]:
    return {
        "bets": len(ordered_s),
        "per_s": round(len(ordered_s) / span_s, 1),
        "p50_ms": _quantile_ms(ordered_s, 0.50),
        "p99_ms": _quantile_ms(ordered_s, 0.99),
        "p999_ms": _quantile_ms(ordered_s, 0.999),
        "max_ms": _quantile_ms(ordered_s, 1.0),
    }


async def _at_most(seconds: float, event: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def closed_loop(run: Run, warmup_s: float, seconds: float) -> dict[str, Any]:
    """Let the players go on, until one of them may bet no more, and return the figures of the time after the warm-up."""
    await _at_most(warmup_s, run.warm)
    print("measuring", file=sys.stderr, flush=True)
    run.measuring, began_s, cpu_s = True, time.perf_counter(), time.process_time()
    await _at_most(seconds, run.used_up)
    run.measuring, took_s, cpu_s = False, time.perf_counter() - began_s, time.process_time() - cpu_s
    return {**_latencies(sorted(run.latencies_s), took_s), "generator_cpu_s": round(cpu_s, 3)}


async def open_loop(loop: OpenLoop, players: Sequence[OpenPlayer], warmup_s: float) -> dict[str, Any]:
    """Send at the loop's rate, and return the figures of the time after the warm-up."""
    await asyncio.sleep(0.3)  # everybody has heard of the round
    print("measuring", file=sys.stderr, flush=True)
    cpu_s = time.process_time()
    await loop.run(players)
    return {**loop.figures(round(warmup_s * loop.rate)), "generator_cpu_s": round(time.process_time() - cpu_s, 3)}


async def measure(
    url: str, tokens: list[str], table: str, *, warmup_s: float, seconds: float, stake: int, rate: float = 0.0
) -> dict[str, Any]:
    """Return the figures of one run. rate: bets a second of the open loop; 0: closed.

    Keys: connections, bets, per_s, p50_ms, p99_ms, p999_ms, max_ms, errors, lost, generator_cpu_s. Of the open loop also
    rate, unanswered, and sent_late_p99_ms, which is the generator's own part in the latency.
    """
    run = Run(table, stake)
    loop = OpenLoop(rate, round(rate * (warmup_s + seconds)))
    openly = [OpenPlayer(run, token, loop) for token in tokens] if rate else []
    players: list[Player] = [*openly] or [Player(run, token) for token in tokens]
    await _join(run, url, players)
    await asyncio.wait_for(run.round_opened.wait(), 180)
    figures = await open_loop(loop, openly, warmup_s) if rate else await closed_loop(run, warmup_s, seconds)
    run.stopping = True
    lost = dict(run.lost)
    await asyncio.sleep(0.5)
    for player in players:
        if player.connection is not None:
            player.connection.close()
    return {
        "connections": len(players),
        **figures,
        "errors": dict(run.errors),
        "lost": lost,
    }


async def _join(run: Run, url: str, players: Sequence[Player]) -> None:
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
    parser.add_argument("--rate", type=float, default=0.0, help="bets a second of an open loop; 0: a closed one")
    given = parser.parse_args()
    with open(given.tokens) as file:
        tokens = file.read().split()[: given.connections]
    figures = uvloop.run(
        measure(
            given.url,
            tokens,
            given.table,
            warmup_s=given.warmup,
            seconds=given.seconds,
            stake=given.stake,
            rate=given.rate,
        )
    )
    json.dump(figures, sys.stdout)
    print()


if __name__ == "__main__":
    main()
