"""The relay: what leaves one shard arrives in the other, exactly once.

| step | durable before the next |
| --- | --- |
| follow | each `TransferOut` row as an open transit, with the checkpoint |
| carry | `TransferIn` with an id that follows from the transfer's: repeated freely, booked once |
| close | the transit has arrived (or was refused) |

A crash between any two steps repeats the step. Each peer is served by itself: one that is down keeps only its own
transits waiting. A transit that the peer refuses is *stuck*: it is not asked again, holds up no other, stays on the
clearing accounts, and waits for staff (docs/followers.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from actors.domain.commands import Refused
from actors.domain.money.accounts import Kind
from actors.domain.money.entries import EntryCode
from actors.domain.money.orders import Done
from actors.domain.policy.transits import Arrival, Transit, transfer_in_order, transit_of
from actors.domain.refusals import Refusal
from actors.ports import Clock, Post, StoreUnavailable
from actors.supervisors.follower import Follower, Supervisor, all_of, rows_of
from actors.supervisors.journal import Entry, JournalGap, JournalSource, Page

log = logging.getLogger(__name__)

FOLLOWER: Final = "relay"
TRANSITS_AT_ONCE: Final = 500
ASK_S: Final = 2.0
#: Woken by every commit of a wallet; a jackpot's winner waits for what is on its way.
BREATH_S: Final = 0.25
#: The wallet asks to come back later; nothing was decided.
_AGAIN: Final = frozenset((Refusal.BUSY, Refusal.DRAINING, Refusal.OUTCOME_UNKNOWN))


class TransitCounts(msgspec.Struct, frozen=True):
    """Transits that have not arrived. oldest_ms: when the oldest of them left; 0 where there is none."""

    open: int = 0
    stuck: int = 0
    oldest_ms: int = 0


class TransitStore(JournalSource, Protocol):
    """Where transits are durable. Any call may raise StoreUnavailable. Adapter: `server/storage/transits.py`."""

    async def save_transits(self, follower: str, page: Page, transits: Sequence[Transit]) -> None:
        """Store these transits as open and move the checkpoint, both or neither.

        Raises CheckpointMoved where the checkpoint is elsewhere.
        """
        ...

    async def open_peers(self) -> Sequence[int]:
        """Return the shards that something is on its way to."""
        ...

    async def open_transits(self, to_shard: int, limit: int) -> Sequence[Transit]:
        """Return open transits to this shard, oldest first."""
        ...

    async def close_transits(self, arrivals: Sequence[Arrival]) -> None:
        """Close these transits where they are open: code 0 arrived, else stuck."""
        ...

    async def count_transits(self) -> TransitCounts:
        """Return how many have not arrived."""
        ...


class Relay(Supervisor):
    """The actor that carries transfers between shards."""

    def __init__(
        self, store: TransitStore, post: Post, clock: Clock, *, fatal: Callable[[BaseException], None]
    ) -> None:
        super().__init__("supervisor/relay", fatal=fatal, breath_s=BREATH_S)
        self._store = store
        self._post = post
        self._clock = clock
        self._follower = Follower(FOLLOWER, store, rows_of(store, EntryCode.TRANSFER_OUT), self._handle_page)
        self._counts = TransitCounts()
        self.arrived_total = 0

    def counters(self) -> dict[str, int]:
        """Return counters and gauges by name."""
        counts = self._counts
        age_ms = max(0, self._clock.now_ms() - counts.oldest_ms) if counts.oldest_ms else 0
        transits = {
            "arrived_total": self.arrived_total,
            "transits_open": counts.open,
            "transits_stuck": counts.stuck,
            "transit_age_ms": age_ms,
        }
        return super().counters() | self._follower.counters() | transits

    def doubt(self) -> None:
        """Forget positions: the store knows better."""
        self._follower.doubt()

    async def work(self) -> None:
        """Note what has left, then carry all that is open: also where one of the journals cannot be read."""
        trouble: Exception | None = None
        try:
            await self._follower.catch_up()
        except (StoreUnavailable, JournalGap) as error:
            trouble = error
        await all_of([self._carry_to(shard) for shard in await self._store.open_peers()])
        self._counts = await self._store.count_transits()
        if trouble is not None:
            raise trouble

    async def _handle_page(self, page: Page) -> None:
        transits = [_transit(page.shard, entry) for entry in page.entries]
        await self._store.save_transits(FOLLOWER, page, transits)

    async def _carry_to(self, shard: int) -> None:
        """Carry until nothing is open, or an answer is missing: then this shard is asked again in the next round."""
        while transits := await self._store.open_transits(shard, TRANSITS_AT_ONCE):
            arrivals = await self._ask(shard, transits)
            if arrivals:
                await self._store.close_transits(arrivals)
                self.arrived_total += sum(arrival.code == 0 for arrival in arrivals)
            if len(arrivals) < len(transits):
                return

    async def _ask(self, shard: int, transits: Sequence[Transit]) -> list[Arrival]:
        orders = [transfer_in_order(transit) for transit in transits]
        answers = await self._post.ask_all(f"wallet/{shard}", orders, ASK_S)
        arrivals = (_arrival(transit, answer) for transit, answer in zip(transits, answers, strict=True))
        return [arrival for arrival in arrivals if arrival is not None]


def _transit(shard: int, entry: Entry) -> Transit:
    amount_minor = entry.moved(Kind.INTER_SHARD)
    return transit_of(shard, entry.seq, entry.cmd_id, entry.ccy, amount_minor, entry.facts, entry.booked_ms)


def _arrival(transit: Transit, answer: Any) -> Arrival | None:
    """Return the transit's end; None where the answer leaves it open."""
    if isinstance(answer, Done):
        return Arrival(transit, answer.seq, 0)
    if isinstance(answer, Refused) and answer.code not in _AGAIN:
        log.error("transfer %d of shard %d is stuck: %d", transit.seq, transit.from_shard, answer.code)
        return Arrival(transit, 0, answer.code)
    return None
