"""Wallet shards in memory that know the real rules of money, as a post and as the journals that followers read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from actors.domain.ids import Origin, make_id
from actors.domain.money.accounts import Kind, account_id, account_kind, house_account
from actors.domain.money.apply import apply
from actors.domain.money.checks import refused
from actors.domain.money.entries import Row
from actors.domain.money.orders import Deposit, Done, OpenAccount, TransferOut
from actors.domain.money.state import ShardState
from actors.domain.refusals import Refusal
from actors.ports import Clock, Failure, Replies
from actors.supervisors.journal import entry_of_row
from tests.fakes.journals import FakeJournals

PLAY = 1


class FakeShards:
    """Implements `Post`; what is booked appears in source's journals. Outlives every actor that asks it.

    Each ask gives way before and after it books. lost: so many answers are lost after booking. away: shards where
    nothing is booked and nobody answers. busy: shards that refuse with BUSY.
    """

    def __init__(self, clock: Clock, source: FakeJournals) -> None:
        self.clock = clock
        self.source = source
        self.states = {shard: _state(shard, clock.now_ms()) for shard in source.journals}
        self.rows: dict[int, list[Row]] = {shard: [] for shard in source.journals}
        self.lost = 0
        self.away: set[int] = set()
        self.busy: set[int] = set()
        self.asked: list[tuple[int, Any]] = []
        self.told: list[tuple[str, msgspec.Struct]] = []
        self._ids = 0

    # ------------------------------------------------------------ what tests do

    def id(self, origin: Origin) -> bytes:
        """Return an id that was not used before."""
        self._ids += 1
        return make_id(self.clock.now_ms(), origin, self._ids.to_bytes(9, "big"))

    def book(self, shard: int, order: Any) -> Any:
        """Carry out an order at once; return the answer."""
        answer, rows = apply(self.states[shard], order, self.clock.now_ms())
        self.rows[shard] += rows
        self.source.journals[shard] += [entry_of_row(row) for row in rows]
        return answer

    def done(self, shard: int, order: Any) -> Done:
        """Carry out an order that cannot be refused."""
        answer = self.book(shard, order)
        assert isinstance(answer, Done), answer
        return answer

    def player(self, shard: int, player_id: int, amount_minor: int) -> None:
        """Open an account with this much cash."""
        self.done(shard, OpenAccount(self.id(Origin.CASHIER), player_id, PLAY))
        self.done(shard, Deposit(self.id(Origin.CASHIER), player_id, PLAY, amount_minor))

    def send(self, shard: int, peer: int, amount_minor: int, kind: Kind = Kind.POT_CLEARING, part: int = 0) -> bytes:
        """Book a transfer to another shard; return its id."""
        order = TransferOut(self.id(Origin.STAFF), PLAY, kind, part, amount_minor, peer)
        self.done(shard, order)
        return order.cmd_id

    def cash(self, shard: int, player_id: int) -> int:
        """Return a player's cash."""
        return self.states[shard].balances[account_id(player_id, PLAY, Kind.CASH)]

    def house(self, kind: Kind, part: int = 0) -> int:
        """Return the balance of an account of the house, over all shards."""
        account = house_account(PLAY, kind, part)
        return sum(state.balances.get(account, 0) for state in self.states.values())

    @property
    def in_transit(self) -> int:
        """What is on the clearing accounts between shards, over all shards."""
        balances = (pair for state in self.states.values() for pair in state.balances.items())
        return sum(balance for account, balance in balances if account_kind(account) == Kind.INTER_SHARD)

    # ------------------------------------------------------------ the post

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
        """Answer at once."""
        on_replies(self._answer(address, messages))

    async def ask_all(self, address: str, messages: Sequence[msgspec.Struct], timeout_s: float = 5.0) -> Replies:
        """Answer, with a moment on the way there and back."""
        await asyncio.sleep(0)
        answers = self._answer(address, messages)
        await asyncio.sleep(0)
        return answers

    def _answer(self, address: str, messages: Collection[msgspec.Struct]) -> list[Any]:
        shard = int(address.partition("/")[2])
        if shard in self.away or shard not in self.states:
            return [Failure.UNKNOWN for _ in messages]
        if shard in self.busy:
            return [refused(Refusal.BUSY) for _ in messages]
        self.asked += [(shard, message) for message in messages]
        answers = [self.book(shard, message) for message in messages]
        if self.lost:
            self.lost -= 1
            return [Failure.UNKNOWN for _ in messages]
        return answers


def _state(shard: int, now_ms: int) -> ShardState:
    state = ShardState(shard, 1, 0, frozenset((1, 2)), now_ms - 120_000)
    state.first_day, state.end_day = 0, 40_000
    return state
