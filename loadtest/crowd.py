"""Many players on the Python SDK who never stop betting, and who remember what they were told.

What they remember is afterwards held against PostgreSQL: every bet that was ever accepted must have one end there. For
fault tests and endurance runs; all of them share one event loop.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Self

from clients.python import CroupierClient, OutcomeUnknown, Refused
from clients.python.table_view import TableView
from loadtest.books import Books
from loadtest.limits import LOADTEST_PASSWORD
from loadtest.memory import Accepted, Memory
from protocol.messages import BetsAccepted

TABLES: Final = ("roulette-1", "roulette-2")
#: One attempt to bet waits so long for its answer; then the same order is sent again.
ATTEMPT_S: Final = 10.0
#: Everything of a finished round is closed in the books after so long, crashes included.
SETTLED_WITHIN_S: Final = 20.0
STAKE_MINOR: Final = 100
_REGISTERING_AT_ONCE: Final = 8


class Player(Memory):
    """One of them: what he was told, his table and his client."""

    def __init__(self, name: str, table_id: str, rng: random.Random) -> None:
        super().__init__(name)
        self.table_id = table_id
        self.rng = rng
        self.shard = 0
        self.client: CroupierClient


class Crowd:
    """Enter, play, stop; then hold the memory against the books with `mistakes`."""

    settled_within_s = SETTLED_WITHIN_S

    def __init__(
        self,
        http: str,
        dsn: str,
        count: int,
        *,
        tag: str,
        seed: int = 1,
        books: Sequence[str] = (),
        pace_s: tuple[float, float] = (0.2, 1.2),
        tables: Sequence[str] = TABLES,
    ) -> None:
        """dsn: of the casino's database. books: those that keep wallet shards, where that is not the same one alone.

        pace_s: a player waits for a time between these before he bets again.
        """
        rng = random.Random(seed)
        self._http = http
        self.books = Books(dsn, books)
        self._pace_s = pace_s
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self.players = [
            Player(f"{tag}{n:04d}", tables[n % len(tables)], random.Random(rng.random())) for n in range(count)
        ]
        self.refusals: Counter[str] = Counter()
        self.unknown = 0
        self.latest: list[Accepted] = []

    async def __aenter__(self) -> Self:
        gate = asyncio.Semaphore(_REGISTERING_AT_ONCE)
        await asyncio.gather(*(self._enter(player, gate) for player in self.players))
        self.play()
        return self

    def play(self) -> None:
        """Let everybody bet, at first or again after `stop`."""
        self._stopping = False
        self._tasks = [asyncio.create_task(self._play(player), name=player.name) for player in self.players]

    async def __aexit__(self, *_: object) -> None:
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(player.client.close() for player in self.players))

    async def _enter(self, player: Player, gate: asyncio.Semaphore) -> None:
        async with gate:
            player.client = await CroupierClient.register(
                self._http, player.name, LOADTEST_PASSWORD, on_push=player.on_push
            )
            welcome = await player.client.connect()
        player.shard = await self.books.shard_of(welcome.player_id)
        await self.sit_down(player)

    async def sit_down(self, player: Player) -> None:
        """Take a seat."""
        await player.client.join(player.table_id)

    # ---------------------------------------------------------------- playing

    async def _play(self, player: Player) -> None:
        """Do one thing after another until the crowd stops."""
        while not self._stopping:
            await asyncio.sleep(player.rng.uniform(*self._pace_s))
            await self.turn(player)

    async def turn(self, player: Player) -> None:
        """Bet, now and then take back or repeat."""
        view = player.client.tables.get(player.table_id)
        if view is None:
            await self._rejoin(player)
        elif view.phase == "betting":
            await self._act(player, view.round_id)
        elif view.phase == "playing":
            await self.play_on(player, view)

    async def play_on(self, player: Player, view: TableView) -> None:
        """Do something in a round that is played; nothing here."""

    async def _rejoin(self, player: Player) -> None:
        try:
            await player.client.join(player.table_id)
        except Refused as refused:
            self.refusals[refused.name] += 1
        except OutcomeUnknown:
            self.unknown += 1

    async def _act(self, player: Player, round_id: bytes) -> None:
        dice = player.rng.random()
        if dice < 0.08 and player.client.tables[player.table_id].my_bets:
            await self._undo(player, round_id)
        else:
            await self._bet(player, round_id, repeats=dice > 0.9)

    async def _bet(self, player: Player, round_id: bytes, *, repeats: bool) -> None:
        """Send one order until its answer is known, always with the same id."""
        client, bet_id = player.client, player.client.new_id()
        chips = self.chips(player)
        player.orders += 1
        while True:
            sent_s = time.monotonic()
            try:
                if repeats:
                    answer = await client.repeat(player.table_id, round_id=round_id, bet_id=bet_id, timeout_s=ATTEMPT_S)
                else:
                    answer = await client.place(
                        player.table_id, chips, round_id=round_id, bet_id=bet_id, timeout_s=ATTEMPT_S
                    )
            except Refused as refused:
                self.refusals[refused.name] += 1
                if not refused.retryable:
                    player.answers += 1
                    return
                await asyncio.sleep(max(0.1, refused.error.retry_after_ms / 1000))
            except OutcomeUnknown:
                self.unknown += 1
                await asyncio.sleep(0.1)
            else:
                self._note(player, answer, sent_s)
                player.answers += 1
                return

    def chips(self, player: Player) -> list[tuple[int, int]]:
        """Return what this player puts down at his table."""
        return [(player.rng.randrange(157), STAKE_MINOR) for _ in range(player.rng.randint(1, 3))]

    def _note(self, player: Player, answer: BetsAccepted, sent_s: float) -> None:
        self.note(player, answer.bet.bet_id, answer.round_id, answer.table_id, answer.bet.stake_minor, sent_s)

    def note(
        self, player: Player, bet_id: bytes, round_id: bytes, table_id: str, stake_minor: int, sent_s: float
    ) -> None:
        """Remember a stake that the server called accepted."""
        one = Accepted(bet_id, round_id, table_id, player.shard, stake_minor, sent_s, time.monotonic())
        player.accepted[bet_id] = one
        self.latest.append(one)

    async def _undo(self, player: Player, round_id: bytes) -> None:
        try:
            answer = await player.client.undo(player.table_id, round_id=round_id, timeout_s=ATTEMPT_S)
        except Refused as refused:
            self.refusals[refused.name] += 1
        except OutcomeUnknown:
            self.unknown += 1
        else:
            player.undone |= set(answer.bet_ids)

    async def stop(self) -> None:
        """Let everybody finish what he is about, then bet no more. Raises what a player could not cope with."""
        self._stopping = True
        await asyncio.wait_for(asyncio.gather(*self._tasks), 60)

    # ---------------------------------------------------------------- watching

    @property
    def bets(self) -> int:
        """How many bets were accepted so far."""
        return len(self.latest)

    async def in_mid_round(self) -> None:
        """Return early in the betting of a round that has just opened: some bets of it are accepted, none is settled."""
        client = self.players[0].client
        table_id = self.players[0].table_id

        def current() -> bytes:
            return client.tables[table_id].round_id if table_id in client.tables else b""

        known = current()
        await self._until(
            lambda: current() not in (b"", known) and sum(one.round_id == current() for one in self.latest[-2_000:]) > 3
        )

    async def recovered(self, since_s: float, *, shard: int | None = None, table_id: str | None = None) -> float:
        """Return after how many seconds a bet sent after since_s was accepted, on that shard or table. TimeoutError."""

        def fits(one: Accepted) -> bool:
            return (
                one.sent_s > since_s
                and (shard is None or one.shard == shard)
                and (table_id is None or one.table_id == table_id)
            )

        await self._until(lambda: any(fits(one) for one in reversed(self.latest[-2_000:])))
        return min(one.answered_s for one in self.latest if fits(one)) - since_s

    @staticmethod
    async def _until(met: Any, timeout_s: float = 60.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not met():  # noqa: ASYNC110 - many players change what is looked at
                await asyncio.sleep(0.02)

    # ---------------------------------------------------------------- judging

    async def settled(self) -> float:
        """Wait until every accepted bet has its end in the books; return how long that took. Raises TimeoutError."""
        began_s = time.monotonic()
        async with asyncio.timeout(self.settled_within_s):
            while await self.books.open_stakes(self.players):  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.2)
        return time.monotonic() - began_s

    async def mistakes(self, welcome_minor: int) -> list[str]:
        """Return every difference between what players were told and what the books have; empty when all is well."""
        return await self.ends() + await self.books.money(self.players, welcome_minor)

    async def ends(self) -> list[str]:
        """Return every accepted bet that has not exactly one end in the books, or another than its player was told."""
        return await self.books.ends(self.players)
