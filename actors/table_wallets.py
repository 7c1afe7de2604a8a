"""Driving a plan into the wallets: settle and void orders with derived ids, again and again until acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

from actors.domain.commands import Refused
from actors.domain.ids import Deriver, Origin, derive_id, id_suffix
from actors.domain.money.orders import Done, Settle, Void
from actors.domain.refusals import Refusal
from actors.domain.rounds import SettleEntry, VoidEntry
from actors.ports import Failure, Post, Replies

log = logging.getLogger(__name__)

#: Orders in one ask, and how many asks go to one shard before the first is answered.
CHUNK: Final = 500
AHEAD: Final = 3
ASK_S: Final = 5.0
FIRST_WAIT_S: Final = 0.1
LAST_WAIT_S: Final = 2.0

_AGAIN: Final = frozenset((Refusal.BUSY, Refusal.DRAINING))

Entry = SettleEntry | VoidEntry

#: Acknowledged entries; without `Done`: a void that had nothing to return.
Acknowledged = list[tuple[Entry, Done | None]]

_BY_PLAYER: Final = attrgetter("player_id")


def orders_of(ids: Deriver, round_id: bytes, entries: Iterable[Entry]) -> list[Settle | Void]:
    """Return the orders that carry out these entries of a plan: the same bytes after any restart."""
    orders: list[Settle | Void] = []
    of_player, settle, void = -1, b"", b""
    for entry in entries:
        reservation_id, player_id = entry.reservation_id, entry.player_id
        if player_id != of_player:
            of_player = player_id
            settle, void = (id_suffix(_verb(verb, round_id, player_id)) for verb in ("settle", "void"))
        if type(entry) is SettleEntry:
            cmd_id = ids.derive(reservation_id, Origin.SETTLE, settle)
            orders.append(Settle(cmd_id, reservation_id, player_id, entry.payout_minor, round_id))
        else:
            cmd_id = ids.derive(reservation_id, Origin.VOID, void)
            orders.append(Void(cmd_id, reservation_id, player_id, entry.ccy, round_id))
    return orders


def void_order(key: bytes, reservation_id: bytes, player_id: int, ccy: int, round_id: bytes) -> Void:
    """Return the order that voids a reservation: the same whoever gives it (undo, plan, recovery) and when."""
    verb = _verb("void", round_id, player_id)
    cmd_id = derive_id(key, reservation_id, Origin.VOID, verb)
    return Void(cmd_id, reservation_id, player_id, ccy, round_id)


def _verb(verb: str, round_id: bytes, player_id: int) -> str:
    # Round and player are part of the id: a player may send one bet_id to two tables, or another's bet_id, and must not
    # be able to use up the id by which the rightful reservation is settled.
    return f"{verb}|{round_id.hex()}|{player_id}"


class WalletDriver:
    """Carries out entries until every one is acknowledged. Safe to run twice, late, and beside a double: ids are derived.

    A wallet that is down is asked again for ever; the caller's task may be cancelled at any time.
    """

    def __init__(self, post: Post, key: bytes) -> None:
        self._post = post
        self._ids = Deriver(key)
        self.refused = 0
        self.stuck = 0

    async def drive(self, round_id: bytes, entries: Iterable[Entry], on_done: Callable[[Acknowledged], None]) -> None:
        """Return when all are acknowledged. on_done hears of each entry once, in groups, as they become durable."""
        by_shard: dict[int, list[Entry]] = {}
        for entry in sorted(entries, key=_BY_PLAYER):
            of_shard = by_shard.get(entry.shard)
            if of_shard is None:
                of_shard = by_shard[entry.shard] = []
            of_shard.append(entry)
        await asyncio.gather(*(self._drive_shard(shard, round_id, todo, on_done) for shard, todo in by_shard.items()))

    async def _drive_shard(
        self, shard: int, round_id: bytes, todo: list[Entry], on_done: Callable[[Acknowledged], None]
    ) -> None:
        wait_s = FIRST_WAIT_S
        while todo:
            left = await self._pass(shard, round_id, todo, on_done)
            wait_s = FIRST_WAIT_S if len(left) < len(todo) else min(wait_s * 2, LAST_WAIT_S)
            todo = left
            if todo:
                await asyncio.sleep(wait_s)

    async def _pass(
        self, shard: int, round_id: bytes, todo: list[Entry], on_done: Callable[[Acknowledged], None]
    ) -> list[Entry]:
        """Ask once for each entry, a few chunks ahead of the answers, and return those to ask for again.

        Ids are derived chunk by chunk, while the shard works on the chunks before.
        """
        left: list[Entry] = []
        under_way: deque[tuple[list[Entry], asyncio.Future[Replies]]] = deque()
        rest = 0
        for start in range(0, len(todo), CHUNK):
            if len(under_way) == AHEAD:
                chunk, replies = under_way.popleft()
                again = self._sort(chunk, await replies, on_done)
                left += again
                if len(again) == len(chunk):  # nothing goes through now: do not wait for every chunk's deadline
                    rest = start
                    break
            chunk = todo[start : start + CHUNK]
            orders = orders_of(self._ids, round_id, chunk)
            under_way.append((chunk, asyncio.ensure_future(self._post.ask_all(f"wallet/{shard}", orders, ASK_S))))
            await asyncio.sleep(0)  # it leaves before the next one is made
        for chunk, replies in under_way:
            left += self._sort(chunk, await replies, on_done)
        return left + todo[rest:] if rest else left

    def _sort(self, chunk: list[Entry], replies: Sequence[Any], on_done: Callable[[Acknowledged], None]) -> list[Entry]:
        done: Acknowledged = []
        again: list[Entry] = []
        for entry, reply in zip(chunk, replies, strict=True):
            if type(reply) is Done:
                done.append((entry, reply))
            elif isinstance(reply, Failure) or reply.code in _AGAIN or self._is_stuck(entry, reply):
                again.append(entry)
            else:
                done.append((entry, None))
        if done:
            on_done(done)
        return again

    def _is_stuck(self, entry: Entry, reply: Refused) -> bool:
        """Tell whether to keep trying an order that the rules of the wallet refuse.

        A void that is refused has nothing to return (the reservation is not this round's): done. A settlement that is
        refused means that books and plan disagree: the round stays DECIDED, for everyone to see, until that is mended.
        """
        self.refused += 1
        is_settle = isinstance(entry, SettleEntry)
        self.stuck += is_settle
        level = logging.ERROR if is_settle else logging.WARNING
        log.log(
            level,
            "wallet refused reservation=%s player=%d code=%d settle=%s",
            entry.reservation_id.hex(),
            entry.player_id,
            reply.code,
            is_settle,
        )
        return is_settle
