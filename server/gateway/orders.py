"""Gathers what clients ask of each address into lists, and gives every answer to who asked.

A list is what one tick of the loop brought. In a crowd, where many orders come one by one, it is what came in `GATHER_S`: each
list passes through table, wallet and a commit, and a small one costs them almost what a large one does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from actors.ports import Post, Replies

if TYPE_CHECKING:
    from server.gateway.client import Client

#: Takes one answer: (client, ref, the name in the address asked, the answer).
Deliver = Callable[["Client", int, str, Any], None]

#: How long an order of a crowd waits for others, at most.
GATHER_S: Final = 0.004
#: From how many people, and orders a second, that may pay; looked at so often.
CROWD_PEOPLE: Final = 100
CROWD_PER_S: Final = 1_000
CROWD_LOOK_S: Final = 0.01


class Crowd:
    """Whether orders come from so many people that a few milliseconds bring more of them.

    Who waits for an answer orders nothing more. So what counts, beside the rate, is how many have no order under way: where at
    one time half of all who are connected had one, as of a few who order as fast as they can, to wait would bring nothing.
    Times: seconds of the loop's clock.
    """

    __slots__ = ("_orders", "_people", "_since_s", "_under_way_max", "is_here", "under_way")

    def __init__(self, people: Callable[[], int], now_s: float) -> None:
        """People: how many are connected."""
        self.is_here = False
        self.under_way = 0
        self._orders = 0
        self._people = people
        self._since_s = now_s
        self._under_way_max = 0

    def sent(self, count: int, now_s: float) -> None:
        """So many orders leave now."""
        self._orders += count
        self.under_way += count
        self._under_way_max = max(self._under_way_max, self.under_way)
        past_s = now_s - self._since_s
        if past_s >= CROWD_LOOK_S:
            people = self._people()
            are_many = people >= CROWD_PEOPLE and self._orders >= CROWD_PER_S * past_s
            self.is_here = are_many and 2 * self._under_way_max < people
            self._orders = 0
            self._since_s = now_s
            self._under_way_max = self.under_way


class OrderDesk:
    """The way of a client's requests to actors. No future, no task, one closure for a whole list.

    Repeating: every message sent here has an id of its own or changes nothing. Full: the answer is BUSY.
    """

    __slots__ = ("_crowd", "_loop", "_lots", "_number", "_post", "_timeout_s", "_under_way", "_waiting")

    def __init__(
        self, post: Post, loop: asyncio.AbstractEventLoop, timeout_s: float, people: Callable[[], int]
    ) -> None:
        """People: how many are connected."""
        self._post = post
        self._loop = loop
        self._timeout_s = timeout_s
        self._crowd = Crowd(people, loop.time())
        self._lots: dict[str, tuple[list[msgspec.Struct], list[tuple[Client, int, Deliver]]]] = {}
        self._number = 0
        self._under_way: dict[int, str] = {}  # lists that are not answered yet, and where they went
        self._waiting: list[tuple[set[int], Callable[[], None]]] = []  # for the answers to these lists

    def order(self, address: str, message: msgspec.Struct, client: Client, ref: int, deliver: Deliver) -> None:
        """Send at the end of this tick, in a crowd within GATHER_S; deliver is called once with the answer."""
        lots = self._lots
        if not lots:
            if self._crowd.is_here:
                self._loop.call_later(GATHER_S, self.flush)
            else:
                self._loop.call_soon(self.flush)
        lot = lots.get(address)
        if lot is None:
            lot = lots[address] = ([], [])
        lot[0].append(message)
        lot[1].append((client, ref, deliver))

    def flush(self) -> None:
        """Send what waits."""
        lots, self._lots = self._lots, {}
        self._crowd.sent(sum(len(messages) for messages, _ in lots.values()), self._loop.time())
        for address, (messages, askers) in lots.items():
            self._number += 1
            self._under_way[self._number] = address
            self._post.ask(address, messages, partial(self._hand_out, self._number, askers), self._timeout_s)

    def _hand_out(self, number: int, askers: list[tuple[Client, int, Deliver]], replies: Replies) -> None:
        self._crowd.under_way -= len(askers)
        name = self._under_way.pop(number).partition("/")[2]
        for (client, ref, deliver), answer in zip(askers, replies, strict=True):
            try:
                deliver(client, ref, name, answer)
            except Exception as error:  # one client's trouble must not cost the others their answers
                client.crash(error)
        if self._waiting:
            self._note_answered(number)

    def when_answered(self, address: str, then: Callable[[], None]) -> None:
        """Call `then` once everything that was ordered there until now is answered: at once where nothing is under way."""
        self.flush()
        numbers = {number for number, asked in self._under_way.items() if asked == address}
        if numbers:
            self._waiting.append((numbers, then))
        else:
            then()

    def _note_answered(self, number: int) -> None:
        for numbers, _ in self._waiting:
            numbers.discard(number)
        done = [then for numbers, then in self._waiting if not numbers]
        self._waiting = [(numbers, then) for numbers, then in self._waiting if numbers]
        for then in done:
            then()
