"""Orders for the bench, encoded as another host's courier encodes them, made before the clock starts."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from actors.domain.contracts import CONTRACTS
from actors.domain.ids import Origin, derive_id, make_id
from actors.domain.money.orders import Deposit, OpenAccount, Reserve, Settle, Void, Wager, WalletOrder
from actors.runtime.batches import Batch, Codec, Group

CCY: Final = 1
STAKE_MINOR: Final = 100
_KEY: Final = b"bench"


class Caller(NamedTuple):
    """Batches of one sender, each answered before the next is sent. untimed: the part to send before the clock starts."""

    untimed: Sequence[bytes]
    timed: Sequence[bytes]


class OrderBook:
    """Makes orders about `players` players, always the same ones for a seed but for the ids, which are of now."""

    def __init__(self, players: int, seed: int = 1) -> None:
        self._players = players
        self._draw = random.Random(seed)
        self._codec = Codec(CONTRACTS)
        self._senders = 0

    def accounts(self, size: int) -> Caller:
        """Return the orders that open every player's accounts and give him enough for ever."""
        orders: list[WalletOrder] = []
        for player in range(1, self._players + 1):
            orders.append(OpenAccount(new_id(Origin.CASHIER), player, CCY))
            orders.append(Deposit(new_id(Origin.CASHIER), player, CCY, 10**12))
        return Caller(self._batches([orders[i : i + size] for i in range(0, len(orders), size)]), ())

    def bets(self, calls: int, size: int) -> Caller:
        """Uniform: stakes of random players, each settled by the next batch; half of them win the double."""
        steps: list[Sequence[WalletOrder]] = []
        for _ in range(calls // 2):
            stakes = self._stakes(size)
            steps += [stakes, [_settle(stake, self._draw.choice((0, 2 * STAKE_MINOR))) for stake in stakes]]
        return Caller((), self._batches(steps))

    def closings(self, calls: int, size: int, *, hot: bool) -> Caller:
        """Stakes beforehand; then every one is lost, which moves GGR (hot), or is voided, which moves no house account."""
        stakes = [self._stakes(size) for _ in range(calls)]
        close: Callable[[Reserve], WalletOrder] = (lambda stake: _settle(stake, 0)) if hot else _void
        batches = self._batches([*stakes, *[[close(stake) for stake in some] for some in stakes]])
        return Caller(batches[:calls], batches[calls:])

    def wagers(self, calls: int, size: int) -> Caller:
        """Stake and win in one order, each of which moves GGR."""
        steps = [[self._wager() for _ in range(size)] for _ in range(calls)]
        return Caller((), self._batches(steps))

    def decode(self, batches: Sequence[bytes]) -> list[WalletOrder]:
        """Return the orders in these batches."""
        groups = [group for blob in batches for group in self._codec.decode_batch(blob).groups]
        return [order for group in groups for order in self._codec.decode_messages(group.address, group.messages)]

    def _stakes(self, size: int) -> list[Reserve]:
        round_id = os.urandom(16)
        draw = self._draw
        return [
            Reserve(
                new_id(Origin.CLIENT), draw.randint(1, self._players), CCY, STAKE_MINOR, round_id, "roulette-1", 1_000
            )
            for _ in range(size)
        ]

    def _wager(self) -> Wager:
        player, payout = self._draw.randint(1, self._players), self._draw.choice((0, 2 * STAKE_MINOR))
        return Wager(new_id(Origin.CLIENT), player, CCY, STAKE_MINOR, payout, os.urandom(16), "slots-1", 1_000)

    def _batches(self, steps: Sequence[Sequence[WalletOrder]]) -> list[bytes]:
        self._senders += 1
        sender, encode = f"tables/bench-{self._senders}", self._codec.encode
        return [
            encode(Batch(sender, 1, seq, seq, [Group("wallet/0", 1, msgspec.Raw(encode(orders)))]))
            for seq, orders in enumerate(steps, 1)
        ]


def new_id(origin: Origin) -> bytes:
    """Return a fresh id of now."""
    return make_id(time.time_ns() // 1_000_000, origin, os.urandom(9))


def _settle(stake: Reserve, payout_minor: int) -> Settle:
    id_ = derive_id(_KEY, stake.cmd_id, Origin.SETTLE, "settle")
    return Settle(id_, stake.cmd_id, stake.player_id, payout_minor, stake.round_id)


def _void(stake: Reserve) -> Void:
    id_ = derive_id(_KEY, stake.cmd_id, Origin.VOID, "void")
    return Void(id_, stake.cmd_id, stake.player_id, CCY, stake.round_id)
