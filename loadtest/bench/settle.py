"""How long a full table waits for its results: 1,000 players, five bets each.

From the end of betting, as `RoundOpened.closes_ms` had announced it to everybody, to the arrival of the last of three frames at
the last client: `RoundResult`, his own `BetsSettled`, `RoundSettled`. The first is sent when outcome and payouts are durable,
the second when the wallets have committed all of his, the third when the round is stored as settled. That wait contains the
table's for bets that were received in time (150 ms at most). Every player must have each of the three exactly once, every bet
must stand in exactly one `BetsSettled`, and afterwards all of them are settled in PostgreSQL.
"""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from loadtest.bench.ground import TABLE, Ground
from loadtest.bench.targets import median
from loadtest.bets import new_bet_id, ref_of
from loadtest.cpu import CpuWatch
from loadtest.listening import raise_descriptor_limit
from loadtest.wire import LoadConnection, connect
from protocol.codec import encode_client_frame
from protocol.envelope import Kind, ServerFrame
from protocol.messages import (
    BetsClosed,
    BetsSettled,
    Chip,
    Hello,
    JoinTable,
    Ping,
    PlaceBets,
    RoundOpened,
    RoundResult,
    RoundSettled,
    ServerMessage,
)

_DECODE = msgspec.msgpack.Decoder(ServerFrame).decode
_HELLO, _JOIN, _PING, _BET = 1, 2, 3, 4  # refs
_PING_S: Final = 5.0
#: Results that have not come by then fail the measurement.
_RESULTS_WITHIN_S: Final = 30.0
#: What everybody must hear once of a round, and by which name the time of the last one is told.
RESULTS: Final[dict[type, str]] = {RoundResult: "result", BetsSettled: "personal", RoundSettled: "settled"}

#: For so long after the close the CPU of each process is taken, to see who is busy (`cpu_ms`).
_CPU_S: Final = 0.5

Heard = tuple[float, ServerMessage]


class Incomplete(Exception):
    """Frames are missing, or there are too many; the text says which."""


class Bettor:
    """One player. pushes: when, and the frame, of everything pushed since the list was cleared; decoded later."""

    def __init__(self, token: str, errors: Counter[str]) -> None:
        self._token = token
        self._errors = errors
        self._connection: LoadConnection | None = None
        self._orders: list[PlaceBets] = []
        self.on_opened: asyncio.Future[RoundOpened] | None = None
        self.pushes: list[tuple[float, bytes]] = []
        self.accepted: list[bytes] = []
        self.seated = asyncio.get_running_loop().create_future()

    async def join(self, url: str) -> None:
        """Connect, say hello, sit down; return when seated."""
        self._connection = await connect(url, self._on_payload, self._on_lost)
        self._connection.send(encode_client_frame(_HELLO, 0, Hello(self._token, "loadtest")))
        self._connection.send(encode_client_frame(_JOIN, 0, JoinTable(TABLE)))
        await asyncio.wait_for(self.seated, 60)

    def bet(self, round_id: bytes, bets: int) -> None:
        """Place so many bets in this round, each when the one before is answered."""
        self.accepted.clear()
        self._orders = [PlaceBets(TABLE, round_id, new_bet_id(), [Chip(n, 1)]) for n in range(bets)]
        self._send(encode_client_frame(_BET, 0, self._orders[-1]))

    def ping(self) -> None:
        """Keep the connection alive."""
        self._send(encode_client_frame(_PING, 0, Ping(0)))

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _send(self, frame: bytes) -> None:
        assert self._connection is not None
        self._connection.send(frame)

    def _on_payload(self, _: LoadConnection, payload: bytes) -> None:
        if payload[2] == Kind.PUSH:
            self.pushes.append((time.time(), payload))
            if self.on_opened is not None and not self.on_opened.done():
                body = _DECODE(payload).body
                if isinstance(body, RoundOpened):
                    self.on_opened.set_result(body)
        elif payload[2] == Kind.ERROR:
            error: Any = _DECODE(payload).body
            self._errors[error.name] += 1
        else:
            self._on_answer(ref_of(payload))

    def _on_answer(self, ref: int) -> None:
        if ref == _JOIN:
            self.seated.set_result(None)
        elif ref == _BET:
            self.accepted.append(self._orders.pop().bet_id)
            if self._orders:
                self._send(encode_client_frame(_BET, 0, self._orders[-1]))

    def _on_lost(self, _: LoadConnection, reason: str) -> None:
        self._errors[f"connection: {reason}"] += 1

    def heard(self) -> list[Heard]:
        """Return what was pushed, decoded."""
        return [(at_s, _DECODE(payload).body) for at_s, payload in self.pushes]


def judge(
    players: Iterable[tuple[Sequence[Heard], Sequence[bytes]]], round_id: bytes, closes_s: float
) -> dict[str, Any]:
    """Return the figures of a round from what each player heard, and his accepted bets. Raises Incomplete.

    Keys: ms (the last frame of all), result_ms, personal_ms, settled_ms (the last of each kind), closed_ms (the last
    `BetsClosed`), frames, bets.
    """
    last_s: dict[str, float] = {"closed": closes_s, **dict.fromkeys(RESULTS.values(), closes_s)}
    frames = bets = number = 0
    for number, (heard, accepted) in enumerate(players, 1):
        of_round = [(at_s, body) for at_s, body in heard if getattr(body, "round_id", b"") == round_id]
        kinds = Counter(type(body) for _, body in of_round)
        if any(kinds[kind] != 1 for kind in RESULTS):
            raise Incomplete(f"player {number} heard { ({kind.__name__: kinds[kind] for kind in RESULTS}) }")
        for at_s, body in of_round:
            name = RESULTS.get(type(body), "closed" if isinstance(body, BetsClosed) else "")
            if name:
                last_s[name] = max(last_s[name], at_s)
            if isinstance(body, BetsSettled):
                told = Counter(bet.bet_id for bet in body.bets)
                if told != Counter(accepted):
                    raise Incomplete(f"player {number} has {len(accepted)} bets and was told of {told.total()}")
                bets += len(body.bets)
        frames += len(RESULTS)
    found = {f"{name}_ms": round(1000 * (at_s - closes_s), 1) for name, at_s in last_s.items()}
    return {"ms": max(found.values()), **found, "frames": frames, "bets": bets, "players": number}


async def measure(ground: Ground, given: Namespace, rounds: list[dict[str, Any]]) -> None:
    """Add what each round measured. Raises Incomplete, RuntimeError."""
    raise_descriptor_limit(given.settle_players + 500)
    errors: Counter[str] = Counter()
    players = [Bettor(token, errors) for token in ground.tokens(given.settle_players)]
    for start in range(0, len(players), 50):
        await asyncio.gather(*(player.join(ground.url) for player in players[start : start + 50]))
    pinging = asyncio.create_task(_ping(players))
    watch = CpuWatch(ground.platform.pid)
    try:
        for number in range(given.rounds):
            await ground.quiet()
            rounds.append(await _round(ground, players, given.settle_bets, errors, watch))
            print(f"settle, round {number + 1}: {rounds[-1]}", flush=True)
    finally:
        pinging.cancel()
        for player in players:
            player.close()


async def _ping(players: Sequence[Bettor]) -> None:
    while True:
        for start in range(0, len(players), 50):
            for player in players[start : start + 50]:
                player.ping()
            await asyncio.sleep(_PING_S * 50 / len(players))


async def _round(
    ground: Ground, players: Sequence[Bettor], bets: int, errors: Counter[str], cpu: CpuWatch
) -> dict[str, Any]:
    watch = players[0]
    watch.on_opened = asyncio.get_running_loop().create_future()
    opened = await asyncio.wait_for(watch.on_opened, 60)
    watch.on_opened = None
    await cpu.name_backends(ground.dsn)
    each, more = divmod(bets, len(players))
    for number, player in enumerate(players):
        player.pushes.clear()
        player.bet(opened.round_id, each + (number < more))
    closes_s = opened.closes_ms / 1000
    await asyncio.sleep(closes_s - time.time() - 0.1)
    accepted = sum(len(player.accepted) for player in players)
    if accepted != bets or errors:
        raise RuntimeError(f"{accepted} of {bets} bets were accepted before betting closed; {dict(errors)}")
    cpu.begin()
    await asyncio.sleep(closes_s + _CPU_S - time.time())
    cpu_ms = cpu.end()
    figures = await _results(players, opened.round_id, closes_s)
    await _check_books(ground.dsn, opened.round_id, [bet_id for player in players for bet_id in player.accepted])
    return {**figures, "bets_in_books": bets, "cpu_ms": cpu_ms}


async def _results(players: Sequence[Bettor], round_id: bytes, closes_s: float) -> dict[str, Any]:
    """Look at what came only when all of it should have: looking takes the time of the clients."""
    wait_s = 1.5
    while True:
        await asyncio.sleep(closes_s + wait_s - time.time())
        try:
            return judge([(player.heard(), player.accepted) for player in players], round_id, closes_s)
        except Incomplete:
            if wait_s > _RESULTS_WITHIN_S:
                raise
            wait_s *= 2


async def _check_books(dsn: str, round_id: bytes, bet_ids: Sequence[bytes]) -> None:
    """Raises RuntimeError where PostgreSQL does not have all of this as settled."""
    connection = await asyncpg.connect(dsn)
    try:
        settled = await connection.fetchval(
            "select count(*) from wallet.reservation where state = 1 and reservation_id = any($1::uuid[])",
            [UUID(bytes=bet_id) for bet_id in bet_ids],
        )
        state = await connection.fetchval("select state from casino.round where round_id = $1", UUID(bytes=round_id))
    finally:
        await connection.close()
    if settled != len(bet_ids) or state != 3:
        raise RuntimeError(f"{settled} of {len(bet_ids)} bets are settled in the books, the round's state is {state}")


def summarise(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return medians over the rounds."""
    return {name: median([one[name] for one in rounds]) for name in rounds[0] if name != "cpu_ms"}
