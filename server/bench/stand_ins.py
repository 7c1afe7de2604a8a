"""What a table needs besides itself, in memory, for its bench: wallets that say yes, a store and seeds that know one round.

What they cost is metered as "stand-in", and is not the table's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from actors.domain.contracts import CONTRACTS
from actors.domain.events import MyBetsSettled, PersonalNews
from actors.domain.games.draws import commitment
from actors.domain.games.game import Outcome, Step
from actors.domain.games.shoe_events import ShoeEvent
from actors.domain.money.orders import Done, Fenced, FenceTable
from actors.domain.rounds import Plan, PlayRecord
from actors.ports import NewRound, Replies, RoundSeed, UnfinishedRound
from actors.runtime.batches import Codec
from server.bench.meter import Meter
from server.storage.rounds import encode_plan

KEY: Final = bytes(range(32))


class BenchPost:
    """The `Post` of a table: encodes and decodes as the courier does. results: how many players heard what they won."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._codec = Codec(CONTRACTS)
        self._seq = 0
        self.results = 0
        self.expected = 0

    def tell(self, address: str, messages: Sequence[msgspec.Struct]) -> bool:
        """Encode, and throw it away."""
        self._meter.call("news", self._codec.encode_bodies, messages)
        if isinstance(messages[0], PersonalNews):
            self.results += sum(
                isinstance(one.event, MyBetsSettled) for one in messages if isinstance(one, PersonalNews)
            )
        return True

    def ask(
        self,
        address: str,
        messages: Sequence[msgspec.Struct],
        on_replies: Callable[[Replies], None],
        timeout_s: float = 5.0,
    ) -> None:
        """Encode the orders; the answers come out of bytes in the loop's next turn."""
        self._meter.call("ask", self._codec.encode_bodies, messages)
        raw = self._meter.call("stand-in", self._yes, messages)
        asyncio.get_running_loop().call_soon(self._answer, address, raw, on_replies)

    def ask_all(self, address: str, messages: Sequence[msgspec.Struct], timeout_s: float = 5.0) -> Awaitable[Replies]:
        """`ask` as a future."""
        future: asyncio.Future[Replies] = asyncio.get_running_loop().create_future()
        self.ask(address, messages, future.set_result)
        return future

    def _yes(self, messages: Sequence[msgspec.Struct]) -> msgspec.Raw:
        first = self._seq = self._seq + len(messages)
        answers: list[Any]
        if isinstance(messages[0], FenceTable):
            answers = [Fenced(first, [])]
        else:
            answers = [Done(first + n, 10**12, 100, 100) for n in range(len(messages))]
        return msgspec.Raw(self._codec.encode(answers))

    def _answer(self, address: str, raw: msgspec.Raw, on_replies: Callable[[Replies], None]) -> None:
        replies = self._meter.call("reply", self._codec.decode_part, address, raw)
        assert isinstance(replies, list)
        self._meter.call("answer", on_replies, replies)


class BenchRounds:
    """The `RoundStore` of a table with no past. plan: of the round that was decided."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.plan: Plan | None = None
        self.plan_bytes = 0
        self.number = -1

    async def claim_table(self, table_id: str, owner: str) -> int:
        """See `RoundStore`."""
        return 1

    async def unfinished(self, table_id: str) -> list[UnfinishedRound]:
        """See `RoundStore`."""
        return []

    async def last_round_no(self, table_id: str) -> int:
        """See `RoundStore`."""
        return 0

    async def recent_numbers(self, table_id: str, limit: int) -> list[int]:
        """See `RoundStore`."""
        return []

    async def open(self, new: NewRound) -> None:
        """See `RoundStore`."""

    async def close(self, table_id: str, epoch: int, round_id: bytes) -> None:
        """See `RoundStore`."""

    async def start_play(self, table_id: str, epoch: int, round_id: bytes, record: PlayRecord) -> None:
        """See `RoundStore`."""

    async def add_steps(self, table_id: str, epoch: int, round_id: bytes, first_no: int, steps: Sequence[Step]) -> None:
        """See `RoundStore`."""

    async def shoe_events(self, table_id: str) -> list[ShoeEvent]:
        """See `RoundStore`."""
        return []

    async def add_shoe_event(self, table_id: str, epoch: int, event: ShoeEvent) -> None:
        """See `RoundStore`."""

    async def decide(
        self,
        table_id: str,
        epoch: int,
        round_id: bytes,
        outcome: Outcome,
        plan: Plan,
        seed: str = "",
        ended: ShoeEvent | None = None,
    ) -> None:
        """Make bytes of the plan, as PostgreSQL's adapter does."""
        self.plan, self.number = plan, outcome.number
        self.plan_bytes = len(self._meter.call("plan", encode_plan, plan))

    async def start_void(
        self, table_id: str, epoch: int, round_id: bytes, reason: str, ended: ShoeEvent | None = None
    ) -> bool:
        """See `RoundStore`."""
        return True

    async def finish(self, table_id: str, epoch: int, round_id: bytes) -> None:
        """See `RoundStore`."""


class BenchSeeds:
    """The `SeedStore` of a table that nobody verifies."""

    async def for_round(self, table_id: str, round_no: int) -> RoundSeed:
        """See `SeedStore`."""
        seed = f"{round_no:064x}"
        return RoundSeed(seed, table_id, commitment(seed))
