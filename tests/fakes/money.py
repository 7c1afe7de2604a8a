"""Orders for the books, made in one line each, and a clock that stands still until told otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from actors.domain.ids import Origin, derive_id, make_id
from actors.domain.money.orders import Deposit, FenceTable, GrantBonus, OpenAccount, Reserve, Settle, Void
from actors.domain.money.state import ShardState

NOW_MS = 1_750_000_000_000
KEY = b"a key for tests"
ROUND = make_id(NOW_MS, Origin.TABLE, bytes(9))
PLAYER = 7
PLAY = 1


class StillClock:
    """A clock that is set by hand."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        return self.ms


class Orders:
    """Makes orders with ids that are all different, at its clock's time unless at_ms says otherwise."""

    def __init__(self, clock: StillClock | None = None) -> None:
        self.clock = clock or StillClock()
        self._numbers: Iterator[int] = count(1)

    def id(self, origin: Origin = Origin.CLIENT, at_ms: int | None = None) -> bytes:
        """Return a new id."""
        ms = self.clock.ms if at_ms is None else at_ms
        return make_id(ms, origin, next(self._numbers).to_bytes(9, "big"))

    def open(self, player: int = PLAYER, ccy: int = PLAY) -> OpenAccount:
        return OpenAccount(self.id(Origin.CASHIER), player, ccy)

    def deposit(self, amount: int, player: int = PLAYER, ccy: int = PLAY) -> Deposit:
        return Deposit(self.id(Origin.CASHIER), player, ccy, amount)

    def bonus(self, amount: int, player: int = PLAYER) -> GrantBonus:
        return GrantBonus(self.id(Origin.BONUS), player, PLAY, amount, 1)

    def reserve(
        self,
        amount: int,
        player: int = PLAYER,
        *,
        ccy: int = PLAY,
        table: str = "roulette-1",
        epoch: int = 1,
        at_ms: int | None = None,
    ) -> Reserve:
        return Reserve(self.id(at_ms=at_ms), player, ccy, amount, ROUND, table, epoch)

    def fence(self, epoch: int, table: str = "roulette-1") -> FenceTable:
        return FenceTable(self.id(Origin.TABLE), table, epoch)


def settle(stake: Reserve, payout: int, n: int = 0) -> Settle:
    """Return the order that settles this reservation; n tells several apart."""
    id_ = derive_id(KEY, stake.cmd_id, Origin.SETTLE, "settle", n)
    return Settle(id_, stake.cmd_id, stake.player_id, payout, stake.round_id)


def void(stake: Reserve, n: int = 0) -> Void:
    """Return the order that voids this reservation."""
    id_ = derive_id(KEY, stake.cmd_id, Origin.VOID, "void", n)
    return Void(id_, stake.cmd_id, stake.player_id, stake.ccy, stake.round_id)


def empty_state() -> ShardState:
    """Return the memory of a new shard."""
    state = ShardState(0, 1, 0, frozenset((1, 2)), NOW_MS - 120_000)
    state.first_day, state.end_day = 0, 40_000
    return state
