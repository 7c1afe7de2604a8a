"""Who hears what happens at a table: gateways with a lease, and the players behind them; and whose last bets are in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from actors.domain.audiences import seen_by
from actors.domain.commands import Follow, Seat, Unfollow
from actors.domain.events import PersonalEvent, PersonalNews, TableEvent, TableNews
from actors.ports import Clock, Post

#: A gateway renews its lease every second; without renewal it ends after this.
LEASE_MS: Final = 10_000
#: Personal news that nobody was there to take is told to gateways that come within this time (after a restart).
UNHEARD_MS: Final = 30_000
UNHEARD_MAX: Final = 10_000
#: So long after the first gateway came, all others have come too: each knocks every second.
GATHERED_MS: Final = 3_000
#: Gateways of so many players are remembered; the longest unseen are forgotten.
SEATS_MAX: Final = 50_000


class _Lease:
    __slots__ = ("all_in", "ends_ms", "players")

    def __init__(self, ends_ms: int, players: int, all_in: bytes) -> None:
        self.ends_ms = ends_ms
        self.players = players
        self.all_in = all_in


class Followers:
    """Tells table events to every gateway with a lease and personal events to each player's own gateway.

    Nothing survives a crash: gateways renew their leases within a second and see the new epoch. A message lost on the
    way is a gap in versions, which the gateway heals with a fresh snapshot.
    """

    def __init__(self, table_id: str, post: Post, clock: Clock) -> None:
        self._table_id = table_id
        self._post = post
        self._clock = clock
        self._leases: dict[tuple[str, int], _Lease] = {}  # by gateway and audience
        self._seats: dict[int, Seat] = {}
        self._unheard: list[tuple[int, PersonalNews]] = []
        self._since_ms = 0  # when the first gateway came
        self._are_known = False  # all gateways through which somebody could bet in this round
        self._word = asyncio.Event()
        self.untold = 0

    def follow(self, message: Follow) -> None:
        """Grant or renew a lease."""
        now_ms = self._clock.now_ms()
        if message.gateway not in self._gateways():
            self._tell_unheard(message.gateway, now_ms)
        key = (message.gateway, message.audience)
        before = self._leases.get(key)
        all_in = message.all_in or (before.all_in if before else b"")
        self._leases[key] = _Lease(now_ms + LEASE_MS, message.players, all_in)
        self._since_ms = self._since_ms or now_ms
        self._word.set()

    def unfollow(self, message: Unfollow) -> None:
        """End a lease. What was ordered under it may still be on its way."""
        self._leases.pop((message.gateway, message.audience), None)
        self._are_known = False

    def begin_round(self) -> None:
        """A round takes bets: from now on a gateway that goes away leaves open what of it may still come."""
        self._are_known = 0 < self._since_ms <= self._clock.now_ms() - GATHERED_MS

    async def until_all_in(self, round_id: bytes, until_ms: int) -> None:
        """Wait until every gateway with players has said that nothing of this closed round is on its way, at most until then.

        Where one has gone since the round began, or may not have come yet after a restart, that is not known: until then.
        """
        while not self._are_all_in(round_id) and (left_ms := until_ms - self._clock.now_ms()) > 0:
            self._word.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left_ms / 1000):
                    await self._word.wait()

    def _are_all_in(self, round_id: bytes) -> bool:
        playing = self.players() > 0
        of_players = [lease for lease in self._leases.values() if lease.players]
        return playing and self._are_known and all(lease.all_in == round_id for lease in of_players)

    def _gateways(self) -> dict[str, None]:
        return dict.fromkeys(gateway for gateway, _ in self._leases)

    def players(self) -> int:
        """Return how many players the gateways with a lease have seated here; forget leases that have ended."""
        now_ms = self._clock.now_ms()
        for key in [key for key, lease in self._leases.items() if lease.ends_ms <= now_ms]:
            del self._leases[key]
            self._are_known = False
        return sum(lease.players for lease in self._leases.values())

    def seat(self, seat: Seat) -> None:
        """Remember where this player's answers go."""
        seats = self._seats
        if (
            seats.get(seat.player_id) == seat and len(seats) < SEATS_MAX // 2
        ):  # far from forgetting: the order is nothing yet
            return
        seats.pop(seat.player_id, None)
        seats[seat.player_id] = seat
        if len(seats) > SEATS_MAX:
            del seats[next(iter(seats))]

    def name_of(self, player_id: int) -> str:
        """Return a player's name, "" if this incarnation has not met him."""
        seat = self._seats.get(player_id)
        return seat.name if seat else ""

    def publish(self, epoch: int, first_version: int, events: list[TableEvent]) -> None:
        """Tell every gateway with a lease what its audience may see."""
        self.players()
        news: dict[int, list[TableNews]] = {}
        for gateway, audience in self._leases:
            if audience not in news:
                seen = seen_by(audience, events)
                news[audience] = [TableNews(self._table_id, epoch, first_version, seen, audience)]
            self._tell(gateway, news[audience])

    def personal(self, told: Iterable[tuple[int, PersonalEvent]]) -> None:
        """Tell each player's own gateway, in one message list per gateway; keep for a while what has no gateway yet."""
        by_gateway: dict[str, list[PersonalNews]] = {}
        now_ms = self._clock.now_ms()
        for player_id, event in told:
            news = PersonalNews(player_id, event)
            seat = self._seats.get(player_id)
            if seat is not None:
                by_gateway.setdefault(seat.gateway, []).append(news)
                continue
            for gateway in self._gateways():
                by_gateway.setdefault(gateway, []).append(news)
            if len(self._unheard) < UNHEARD_MAX:
                self._unheard.append((now_ms + UNHEARD_MS, news))
        for gateway, messages in by_gateway.items():
            self._tell(gateway, messages)

    def _tell_unheard(self, gateway: str, now_ms: int) -> None:
        self._unheard = [(until_ms, news) for until_ms, news in self._unheard if until_ms > now_ms]
        if self._unheard:
            self._tell(gateway, [news for _, news in self._unheard])

    def _tell(self, gateway: str, messages: list[PersonalNews] | list[TableNews]) -> None:
        if not self._post.tell(gateway, messages):
            self.untold += len(messages)
