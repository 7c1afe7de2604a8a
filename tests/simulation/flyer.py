"""Players of crash: they bet on targets and by hand, and cash out in time, too early, too late and twice."""

from __future__ import annotations

from typing import Final

from actors.domain.games.crash import bust_of
from actors.domain.games.draws import SeededDraws, commitment
from actors.ports import RoundSeed
from protocol.messages import (
    Act,
    Acted,
    Chip,
    ClientMessage,
    FlightShown,
    PlaceBets,
    RoundOpened,
    RoundResult,
    RoundVoided,
    ServerMessage,
    TableSnapshot,
)
from tests.fakes.seeds import KeyedSeeds
from tests.simulation.bots import Connect, Player
from tests.simulation.world import World

#: Flights of a simulation are short: they bust at this or below.
BUST_MAX: Final = 125


class ShortFlights:
    """The `SeedStore` port: of the seeds that follow from the key, the first whose flight is short."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def for_round(self, table_id: str, round_no: int) -> RoundSeed:
        """Return the seed of this round. Waits for nothing."""
        attempt = 0
        while True:
            found = await KeyedSeeds(self._key + b"%d" % attempt).for_round(table_id, round_no)
            if bust_of(SeededDraws(found.seed, found.salt, round_no).digest()) <= BUST_MAX:
                return RoundSeed(found.seed, found.salt, commitment(found.seed))
            attempt += 1


class Flyer(Player):
    """Bets before take-off, and cashes out at random moments of a flight."""

    def __init__(self, world: World, player_id: int, table_id: str, connect: Connect) -> None:
        super().__init__(world, player_id, table_id, connect)
        self._flight = b""
        self._acts: list[Act] = []

    def lost(self) -> None:
        super().lost()
        self._flight = b""

    def learn(self, body: ServerMessage) -> None:
        super().learn(body)
        if isinstance(body, TableSnapshot):
            self._flight = body.round_id if body.phase == "playing" else b""
        elif isinstance(body, FlightShown):
            self._flight = body.round_id
        elif isinstance(body, RoundOpened):
            self._flight = b""
        elif isinstance(body, RoundResult | RoundVoided):
            # Some cash-outs come after the end on purpose: they must be refused.
            self._flight = self._flight if self.world.chance(0.5) else b""

    def act(self) -> None:
        super().act()
        if self.is_playing and self._flight and self._bets and self.world.chance(0.7):
            self.order(self._cash_out())

    def _cash_out(self) -> Act:
        if self._acts and self.world.chance(0.15):
            self.world.counts["same cash-out again"] += 1
            return self.world.rng.choice(self._acts)
        mine = [bet for bet in self._bets if bet.round_id == self._flight] or self._bets
        bet = self.world.rng.choice(mine)
        order = Act(self.table_id, self._flight, self.new_id(), bet.bet_id, "cash_out", 0)
        self._acts.append(order)
        return order

    def _choose(self) -> ClientMessage:
        # Fewer odd orders than at roulette: what counts here happens in flight.
        return super()._choose() if self.world.chance(0.3) else self._place()

    def _place(self) -> PlaceBets:
        rng = self.world.rng
        chips = [Chip(rng.choice((0, 0, 0, rng.randint(101, 130), 1_000)), rng.choice((100, 200, 500, 1_001)))]
        if rng.random() < 0.2:
            chips.append(Chip(rng.randint(101, 130), 300))
        odd = rng.random()
        if odd < 0.03:
            chips.append(Chip(rng.choice((-1, 1, 100, 1_000_001, 2**40)), 100))
        elif odd < 0.06:
            chips.append(Chip(200, rng.choice((-5, 0, 1, 2**63, 10**9))))
        bet = PlaceBets(self.table_id, self.round_id, self.new_id(), chips, [])
        self._bets.append(bet)
        return bet

    def cash_outs(self) -> list[tuple[Act, Acted]]:
        """Return the cash-outs that were answered as durable."""
        return [
            (one.order, one.body) for one in self.answers if isinstance(one.order, Act) and isinstance(one.body, Acted)
        ]
