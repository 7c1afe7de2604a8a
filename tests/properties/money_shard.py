"""One wallet core over books of its own, for machines that give it orders."""

from __future__ import annotations

from typing import Any

from actors.domain.money.accounts import Kind, house_account
from actors.domain.money.apply import apply
from actors.domain.money.batch import Batch
from actors.domain.money.lookups import apply_found, missing
from actors.domain.money.orders import WalletOrder
from actors.domain.money.recovery import recover
from actors.domain.money.state import ShardState
from tests.fakes.ledger import FakeBooks
from tests.fakes.money import PLAY, StillClock, empty_state


class Shard:
    """Every order is committed at once."""

    def __init__(self, number: int, clock: StillClock) -> None:
        self.number = number
        self.clock = clock
        self.books = FakeBooks(number)
        self.books.claim("test")
        self.state: ShardState = empty_state(number)

    def do(self, order: WalletOrder) -> Any:
        self.state.advance(self.clock.ms)
        cmd_ids, reservations = missing(self.state, [order], self.clock.ms)
        apply_found(self.state, self.books.find(sorted(cmd_ids), sorted(reservations)), self.clock.ms)
        answer, rows = apply(self.state, order, self.clock.ms)
        batch = Batch(self.number, self.books.head.head)
        for row in rows:
            batch.add(row)
        self.books.commit(batch.seal(self.books.head.epoch, self.books.head.seq))
        return answer

    def restart(self) -> None:
        """Forget everything, and read it from the books again."""
        self.books.claim("again")
        self.state = recover(self.number, self.books.load(self.clock.ms - 120_000), self.clock.ms)
        self.state.first_day, self.state.end_day = self.books.days

    def balance(self, kind: Kind, part: int = 0) -> int:
        return self.state.balances.get(house_account(PLAY, kind, part), 0)

    def clearing(self, peer: int) -> int:
        return self.balance(Kind.INTER_SHARD, peer + 1)
