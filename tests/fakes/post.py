"""A post with a small model of the wallets behind it: what is told is kept, what is asked is done or goes wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from actors.domain.commands import Refused
from actors.domain.events import PersonalNews, TableNews
from actors.domain.money.orders import (
    Done,
    Fate,
    Fenced,
    FenceTable,
    OpenReservation,
    ReadMoney,
    ReadReservation,
    Reserve,
    Settle,
    Void,
    Wager,
)
from actors.domain.refusals import Refusal
from actors.ports import Failure, Replies

#: What may happen to a wallet's next batch, apart from being refused with a code.
LOSE_REQUEST: Final = "lose request"  # nothing is done, no answer comes
LOSE_REPLY: Final = "lose reply"  # it is done, no answer comes
QUEUE_FULL: Final = "queue full"  # nothing is done, and that is said at once


class _Held(msgspec.Struct):
    order: Reserve
    state: str = "open"


class FakeWallet:
    """One shard: cash and escrow, reservations, fences, one outcome for each id. Every player starts with `cash`.

    faults: what happens to the next batches, in turn (None: nothing). down: every batch is lost.
    delay_s: before an answer.
    """

    def __init__(self, cash: int = 100_000) -> None:
        self.start_cash = cash
        self.cash: dict[int, int] = {}
        self.escrow: dict[int, int] = {}
        self.held: dict[tuple[int, bytes], _Held] = {}
        self.tombstones: set[tuple[int, bytes]] = set()
        self.fences: dict[str, int] = {}
        self.outcomes: dict[bytes, tuple[msgspec.Struct, Any]] = {}
        self.faults: deque[str | Refusal | None] = deque()
        self.down = False
        self.delay_s = 0.0
        self.seq = 0
        self.batches: list[list[msgspec.Struct]] = []

    def carry_out(self, order: Any) -> Any:
        """Return the answer of this order's id; another order with the same id is refused."""
        if isinstance(order, ReadMoney):
            return Refused(Refusal.UNKNOWN_ACCOUNT)  # a sign of life is all that tables ask for
        if isinstance(order, ReadReservation):
            return self._fate(order.reservation_id)
        known = self.outcomes.get(order.cmd_id)
        if known is not None:
            if known[0] != order:
                return Refused(Refusal.ID_REUSED)
            return self._fenced(order) if isinstance(order, FenceTable) else known[1]
        self.seq += 1
        answer = self._decide(order)
        self.outcomes[order.cmd_id] = (order, answer)
        return answer

    def _decide(self, order: Any) -> Any:
        match order:
            case Reserve():
                return self._reserve(order)
            case Settle():
                return self._settle(order)
            case Void():
                return self._void(order)
            case Wager():
                return self._wager(order)
            case FenceTable():
                if order.epoch < self.fences.get(order.table_id, 0):
                    return Refused(Refusal.STALE_TABLE_EPOCH)
                self.fences[order.table_id] = order.epoch
                return self._fenced(order)
        raise AssertionError(order)

    def _fenced(self, order: FenceTable) -> Fenced:
        held = [h.order for h in self.held.values() if h.state == "open" and h.order.table_id == order.table_id]
        return Fenced(
            self.seq,
            [OpenReservation(r.cmd_id, r.player_id, r.ccy, r.amount_minor, r.round_id, r.table_epoch) for r in held],
        )

    def _reserve(self, order: Reserve) -> Done | Refused:
        key = (order.player_id, order.cmd_id)
        if key in self.tombstones:
            return Refused(Refusal.ALREADY_VOIDED)
        if order.table_epoch < self.fences.get(order.table_id, 0):
            return Refused(Refusal.STALE_TABLE_EPOCH)
        if self.money(order.player_id) < order.amount_minor:
            return Refused(Refusal.INSUFFICIENT_FUNDS)
        self.held[key] = _Held(order)
        return self._move(order.player_id, -order.amount_minor, order.amount_minor)

    def _wager(self, order: Wager) -> Done | Refused:
        if order.table_epoch < self.fences.get(order.table_id, 0):
            return Refused(Refusal.STALE_TABLE_EPOCH)
        if self.money(order.player_id) < order.stake_minor:
            return Refused(Refusal.INSUFFICIENT_FUNDS)
        return self._move(order.player_id, order.payout_minor - order.stake_minor, 0)

    def _settle(self, order: Settle) -> Done | Refused:
        held = self.held.get((order.player_id, order.reservation_id))
        if held is None or held.order.round_id != order.round_id:
            return Refused(Refusal.RESERVATION_UNKNOWN)
        if held.state != "open":
            return Refused(Refusal.RESERVATION_CLOSED)
        held.state = "settled"
        return self._move(order.player_id, order.payout_minor, -held.order.amount_minor)

    def _void(self, order: Void) -> Done | Refused:
        key = (order.player_id, order.reservation_id)
        held = self.held.get(key)
        if held is None:
            self.tombstones.add(key)
            return self._move(order.player_id, 0, 0)
        if held.state == "settled":
            return Refused(Refusal.RESERVATION_CLOSED)
        if held.state == "voided":
            return self._move(order.player_id, 0, 0)
        if held.order.round_id != order.round_id:
            return Refused(Refusal.RESERVATION_UNKNOWN)
        held.state = "voided"
        return self._move(order.player_id, held.order.amount_minor, -held.order.amount_minor)

    def _fate(self, reservation_id: bytes) -> Fate:
        for (player_id, id_), held in self.held.items():
            if id_ == reservation_id:
                money = (self.money(player_id), self.escrow[player_id])
                return Fate(self.seq, held.state, player_id, held.order.amount_minor, held.order.round_id, *money)
        is_tombstone = any(id_ == reservation_id for _, id_ in self.tombstones)
        return Fate(self.seq, "tombstone" if is_tombstone else "none")

    def money(self, player_id: int) -> int:
        """Return a player's cash."""
        return self.cash.get(player_id, self.start_cash)

    def _move(self, player_id: int, cash: int, escrow: int) -> Done:
        self.cash[player_id] = self.money(player_id) + cash
        self.escrow[player_id] = self.escrow.get(player_id, 0) + escrow
        assert self.cash[player_id] >= 0
        assert self.escrow[player_id] >= 0
        return Done(self.seq, self.cash[player_id], self.escrow[player_id], abs(cash))

    def states(self, player_id: int) -> list[str]:
        """Return the states of a player's reservations, oldest first."""
        return [held.state for (owner, _), held in self.held.items() if owner == player_id]


class FakePost:
    """The `Post` port. told: everything told, as (address, message). full: addresses whose queue is full."""

    def __init__(self, shards: int = 2) -> None:
        self.wallets = {shard: FakeWallet() for shard in range(shards)}
        self.told: list[tuple[str, Any]] = []
        self.full: set[str] = set()
        self.asked = 0

    def tell(self, address: str, messages: Sequence[msgspec.Struct]) -> bool:
        """Keep the messages."""
        if address in self.full:
            return False
        self.told += [(address, message) for message in messages]
        return True

    def ask(
        self,
        address: str,
        messages: Sequence[msgspec.Struct],
        on_replies: Callable[[Replies], None],
        timeout_s: float = 5.0,
    ) -> None:
        """See `ask_all`."""
        task = asyncio.ensure_future(self.ask_all(address, messages, timeout_s))
        task.add_done_callback(lambda done: on_replies(done.result()))

    async def ask_all(self, address: str, messages: Sequence[msgspec.Struct], timeout_s: float = 5.0) -> Replies:
        """Have the wallet carry out the batch, or whatever is to happen to it."""
        self.asked += 1
        wallet = self.wallets[int(address.removeprefix("wallet/"))]
        wallet.batches.append(list(messages))
        fault = wallet.faults.popleft() if wallet.faults else None
        if fault == QUEUE_FULL:
            return [Failure.BUSY] * len(messages)
        if wallet.delay_s and fault is None:
            # An answer that takes longer than the asker waits is carried out all the same, later.
            if wallet.delay_s > timeout_s:
                asyncio.get_running_loop().call_later(wallet.delay_s, self._late, wallet, list(messages))
                await asyncio.sleep(timeout_s)
                return [Failure.UNKNOWN] * len(messages)
            await asyncio.sleep(wallet.delay_s)
        if wallet.down or fault == LOSE_REQUEST:
            await asyncio.sleep(timeout_s)
            return [Failure.UNKNOWN] * len(messages)
        if isinstance(fault, Refusal):
            return [Refused(fault)] * len(messages)
        answers = [wallet.carry_out(message) for message in messages]
        if fault == LOSE_REPLY:
            await asyncio.sleep(timeout_s)
            return [Failure.UNKNOWN] * len(messages)
        return answers

    def _late(self, wallet: FakeWallet, messages: list[Any]) -> None:
        for message in messages:
            wallet.carry_out(message)

    def events(self, address: str = "gateway/0") -> list[Any]:
        """Return the table events that this gateway was told, in order."""
        news = [m for to, m in self.told if to == address and isinstance(m, TableNews)]
        return [event for batch in news for event in batch.events]

    def personal(self, player_id: int) -> list[Any]:
        """Return the personal events of a player, in order."""
        return [m.event for _, m in self.told if isinstance(m, PersonalNews) and m.player_id == player_id]
