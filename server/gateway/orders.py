"""Gathers what one tick of the loop asks of each address into one list, and gives every answer to who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from actors.ports import Post, Replies

if TYPE_CHECKING:
    from server.gateway.client import Client

#: Takes one answer: (client, ref, the name in the address asked, the answer).
Deliver = Callable[["Client", int, str, Any], None]


class OrderDesk:
    """The way of a client's requests to actors. No future, no task, one closure for a whole list.

    Repeating: every message sent here has an id of its own or changes nothing. Full: the answer is BUSY.
    """

    __slots__ = ("_loop", "_lots", "_post", "_timeout_s")

    def __init__(self, post: Post, loop: asyncio.AbstractEventLoop, timeout_s: float) -> None:
        self._post = post
        self._loop = loop
        self._timeout_s = timeout_s
        self._lots: dict[str, tuple[list[msgspec.Struct], list[tuple[Client, int, Deliver]]]] = {}

    def order(self, address: str, message: msgspec.Struct, client: Client, ref: int, deliver: Deliver) -> None:
        """Send at the end of this tick; deliver is called once with the answer."""
        lots = self._lots
        if not lots:
            self._loop.call_soon(self.flush)
        lot = lots.get(address)
        if lot is None:
            lot = lots[address] = ([], [])
        lot[0].append(message)
        lot[1].append((client, ref, deliver))

    def flush(self) -> None:
        """Send what waits."""
        lots, self._lots = self._lots, {}
        for address, (messages, askers) in lots.items():
            name = address.partition("/")[2]
            self._post.ask(address, messages, partial(_hand_out, name, askers), self._timeout_s)


def _hand_out(name: str, askers: list[tuple[Client, int, Deliver]], replies: Replies) -> None:
    for (client, ref, deliver), answer in zip(askers, replies, strict=True):
        try:
            deliver(client, ref, name, answer)
        except Exception as error:  # one client's trouble must not cost the others their answers
            client.crash(error)
