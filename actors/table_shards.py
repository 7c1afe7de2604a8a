"""Which wallet shards do not answer: their players' bets are refused at once, so that nobody else's wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from actors.domain.commands import Refused
from actors.domain.money.orders import ReadMoney
from actors.domain.refusals import Refusal
from actors.ports import Failure, Post

#: One ask may be lost with a link; a second one in a row means that the shard is away.
LOST_ASKS: Final = 2
PROBE_S: Final = 1.0
PROBE_EVERY_S: Final = 0.25

_AWAY: Final = frozenset((Refusal.BUSY, Refusal.DRAINING))


class AwayShards:
    """Notes what the asks of a table came to. A shard that is away is asked for a sign of life until it gives one."""

    def __init__(self, post: Post, ccy: int) -> None:
        self._post = post
        self._ccy = ccy
        self._lost: dict[int, int] = {}
        self._probes: dict[int, asyncio.Task[None]] = {}

    def is_away(self, shard: int) -> bool:
        """Tell whether it is no use to ask this shard now."""
        return shard in self._probes

    def note(self, shard: int, replies: Sequence[Any]) -> None:
        """Take what one ask came to."""
        if not all(reply is Failure.UNKNOWN for reply in replies):
            self._lost.pop(shard, None)
            return
        self._lost[shard] = self._lost.get(shard, 0) + 1
        if self._lost[shard] >= LOST_ASKS and shard not in self._probes:
            self._probes[shard] = asyncio.ensure_future(self._probe(shard))

    def stop(self) -> None:
        """Ask no more."""
        for task in self._probes.values():
            task.cancel()

    async def _probe(self, shard: int) -> None:
        """Ask until the shard answers as one that owns its books: reads are BUSY when it has lost sight of them."""
        question = ReadMoney(1, self._ccy)
        while True:
            (reply,) = await self._post.ask_all(f"wallet/{shard}", [question], PROBE_S)
            if not isinstance(reply, Failure) and not (isinstance(reply, Refused) and reply.code in _AWAY):
                break
            await asyncio.sleep(PROBE_EVERY_S)
        self._lost.pop(shard, None)
        del self._probes[shard]
