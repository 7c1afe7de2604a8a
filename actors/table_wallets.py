"""Driving a plan into the wallets: settle and void orders with derived ids, again and again until acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from actors.domain.commands import Refused
from actors.domain.ids import Origin, derive_id
from actors.domain.money.orders import Done, Settle, Void
from actors.domain.refusals import Refusal
from actors.domain.rounds import Plan, SettleEntry, VoidEntry
from actors.ports import Failure, Post

log = logging.getLogger(__name__)

#: Orders in one ask.
CHUNK: Final = 500
ASK_S: Final = 5.0
FIRST_WAIT_S: Final = 0.1
LAST_WAIT_S: Final = 2.0

_AGAIN: Final = frozenset((Refusal.BUSY, Refusal.DRAINING))

Entry = SettleEntry | VoidEntry

#: Acknowledged entries; without `Done`: a void that had nothing to return.
Acknowledged = list[tuple[Entry, Done | None]]


class Leg(NamedTuple):
    """One entry of a plan and the order that carries it out."""

    entry: Entry
    order: Settle | Void


def settle_order(key: bytes, entry: SettleEntry, round_id: bytes) -> Settle:
    """Return the order that settles a reservation: the same bytes after any restart."""
    verb = _verb("settle", round_id, entry.player_id)
    cmd_id = derive_id(key, entry.reservation_id, Origin.SETTLE, verb)
    return Settle(cmd_id, entry.reservation_id, entry.player_id, entry.payout_minor, round_id)


def void_order(key: bytes, reservation_id: bytes, player_id: int, ccy: int, round_id: bytes) -> Void:
    """Return the order that voids a reservation: the same whoever gives it (undo, plan, recovery) and when."""
    verb = _verb("void", round_id, player_id)
    cmd_id = derive_id(key, reservation_id, Origin.VOID, verb)
    return Void(cmd_id, reservation_id, player_id, ccy, round_id)


def _verb(verb: str, round_id: bytes, player_id: int) -> str:
    # Round and player are part of the id: a player may send one bet_id to two tables, or another's bet_id, and must not
    # be able to use up the id by which the rightful reservation is settled.
    return f"{verb}|{round_id.hex()}|{player_id}"


def plan_legs(key: bytes, round_id: bytes, plan: Plan) -> list[Leg]:
    """Return the orders of a plan."""
    settle = [Leg(entry, settle_order(key, entry, round_id)) for entry in plan.settle]
    return settle + void_legs(key, round_id, plan.void)


def void_legs(key: bytes, round_id: bytes, entries: Iterable[VoidEntry]) -> list[Leg]:
    """Return the orders that void these reservations."""
    return [Leg(e, void_order(key, e.reservation_id, e.player_id, e.ccy, round_id)) for e in entries]


class WalletDriver:
    """Carries out legs until every one is acknowledged. Safe to run twice, late, and beside a double: ids are derived.

    A wallet that is down is asked again for ever; the caller's task may be cancelled at any time.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        self.refused = 0
        self.stuck = 0

    async def drive(self, legs: Sequence[Leg], on_done: Callable[[Acknowledged], None]) -> None:
        """Return when all legs are acknowledged. on_done hears of each leg once, in groups, as they become durable."""
        by_shard: dict[int, list[Leg]] = {}
        for leg in sorted(legs, key=lambda leg: leg.entry.player_id):
            by_shard.setdefault(leg.entry.shard, []).append(leg)
        await asyncio.gather(*(self._drive_shard(shard, todo, on_done) for shard, todo in by_shard.items()))

    async def _drive_shard(self, shard: int, todo: list[Leg], on_done: Callable[[Acknowledged], None]) -> None:
        wait_s = FIRST_WAIT_S
        while todo:
            left: list[Leg] = []
            for start in range(0, len(todo), CHUNK):
                chunk = todo[start : start + CHUNK]
                replies = await self._post.ask_all(f"wallet/{shard}", [leg.order for leg in chunk], ASK_S)
                again = self._sort(chunk, replies, on_done)
                left += again
                if len(again) == len(chunk):  # nothing goes through now: do not wait for every chunk's deadline
                    left += todo[start + CHUNK :]
                    break
            wait_s = FIRST_WAIT_S if len(left) < len(todo) else min(wait_s * 2, LAST_WAIT_S)
            todo = left
            if todo:
                await asyncio.sleep(wait_s)

    def _sort(self, chunk: list[Leg], replies: Sequence[Any], on_done: Callable[[Acknowledged], None]) -> list[Leg]:
        done: Acknowledged = []
        again: list[Leg] = []
        for leg, reply in zip(chunk, replies, strict=True):
            if isinstance(reply, Done):
                done.append((leg.entry, reply))
            elif isinstance(reply, Failure) or reply.code in _AGAIN or self._is_stuck(leg, reply):
                again.append(leg)
            else:
                done.append((leg.entry, None))
        if done:
            on_done(done)
        return again

    def _is_stuck(self, leg: Leg, reply: Refused) -> bool:
        """Tell whether to keep trying an order that the rules of the wallet refuse.

        A void that is refused has nothing to return (the reservation is not this round's): done. A settlement that is
        refused means that books and plan disagree: the round stays DECIDED, for everyone to see, until that is mended.
        """
        self.refused += 1
        is_settle = isinstance(leg.entry, SettleEntry)
        self.stuck += is_settle
        level = logging.ERROR if is_settle else logging.WARNING
        log.log(
            level,
            "wallet refused reservation=%s player=%d code=%d settle=%s",
            leg.entry.reservation_id.hex(),
            leg.entry.player_id,
            reply.code,
            is_settle,
        )
        return is_settle
