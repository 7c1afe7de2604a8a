"""A casino of one process on a real PostgreSQL: real wallet shards and stores behind a post without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import msgspec

from actors.domain.games.game import Outcome
from actors.domain.games.roulette_game import ROULETTE
from actors.domain.ids import Origin, make_id
from actors.domain.rounds import Plan, SettleEntry
from actors.ports import Clock, Failure, NewRound, Replies
from actors.wallet import WalletShard
from server.storage.ledger import PostgresLedger
from server.storage.rounds import PostgresRounds
from server.storage.shards import Books
from server.storage.tables import PostgresTables

KEY = bytes(range(32))
TABLE = "roulette-1"


class LocalPost:
    """Carries messages to actors of this process; what has no actor here is kept in `told`, or not answered."""

    def __init__(self) -> None:
        self.actors: dict[str, Any] = {}
        self.told: list[tuple[str, msgspec.Struct]] = []
        self.lose_answers_to: type[msgspec.Struct] | None = None
        self._asking: set[asyncio.Future[None]] = set()

    def tell(self, address: str, messages: Sequence[msgspec.Struct]) -> bool:
        """Keep the messages."""
        self.told += [(address, message) for message in messages]
        return True

    def ask(
        self,
        address: str,
        messages: Sequence[msgspec.Struct],
        on_replies: Callable[[Replies], None],
        timeout_s: float = 5.0,
    ) -> None:
        """As `ask_all`, in a task of its own."""

        async def ask() -> None:
            on_replies(await self.ask_all(address, messages, timeout_s))

        task = asyncio.ensure_future(ask())
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def ask_all(self, address: str, messages: Sequence[msgspec.Struct], timeout_s: float = 5.0) -> Replies:
        """Ask the actor; the answers are lost on the way back where the test says so."""
        if address not in self.actors:
            return [Failure.UNKNOWN for _ in messages]
        answers: Sequence[Any] = await self.actors[address].handle_batch("test", messages)
        if self.lose_answers_to is not None and isinstance(messages[0], self.lose_answers_to):
            return [Failure.UNKNOWN for _ in messages]
        return answers


class LocalCasino:
    """Two wallet shards, tables and rounds."""

    def __init__(self, dsn: str, pool: asyncpg.Pool, clock: Clock) -> None:
        self.pool = pool
        self.books = Books.all_in(pool)
        self.clock = clock
        self.post = LocalPost()
        self.rounds = PostgresRounds(pool)
        self.errors: list[BaseException] = []
        self.shards = [
            WalletShard(n, PostgresLedger(dsn, n), clock, owner="test", fatal=self.errors.append) for n in range(2)
        ]
        self._ids = 0
        self._epoch = 0
        self._round_no = 0

    async def start(self) -> None:
        """Open the tables and start the shards."""
        await PostgresTables(self.pool).open_casino()
        self._epoch = await self.rounds.claim_table(TABLE, "test")
        await asyncio.gather(*(shard.start() for shard in self.shards))
        self.post.actors = {f"wallet/{n}": shard for n, shard in enumerate(self.shards)}

    async def stop(self) -> None:
        """Stop the shards."""
        await asyncio.gather(*(shard.stop() for shard in self.shards))

    def new_id(self, origin: Origin = Origin.CLIENT) -> bytes:
        """Return an id that was not used before."""
        self._ids += 1
        return make_id(self.clock.now_ms(), origin, self._ids.to_bytes(9, "big"))

    async def order(self, shard: int, *orders: msgspec.Struct) -> list[Any]:
        """Give orders to a wallet shard; return its answers."""
        return list(await self.post.ask_all(f"wallet/{shard}", orders))

    async def open_round(self) -> bytes:
        """Return the id of a new open round."""
        self._round_no += 1
        round_id = self.new_id(Origin.TABLE)
        now_ms = self.clock.now_ms()
        await self.rounds.open(
            NewRound(round_id, TABLE, self._epoch, self._round_no, now_ms, now_ms + 1000, "", ROULETTE.rules_version)
        )
        return round_id

    async def decide(self, round_id: bytes, number: int, bets: Sequence[SettleEntry]) -> None:
        """Make outcome and plan durable."""
        await self.rounds.decide(TABLE, self._epoch, round_id, Outcome(number), Plan(1, list(bets), []))

    async def finish(self, round_id: bytes) -> None:
        """Finish the round."""
        await self.rounds.finish(TABLE, self._epoch, round_id)

    async def void(self, round_id: bytes, reason: str) -> None:
        """Void the round."""
        await self.rounds.start_void(TABLE, self._epoch, round_id, reason)

    @property
    def epoch(self) -> int:
        """The table's epoch."""
        return self._epoch
