"""A crash table on fakes and virtual time, whose flights bust where a test wants them to."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import msgspec

from actors.domain.commands import Act, BetPlaced
from actors.domain.games.crash import bust_of
from actors.domain.games.crash_curve import reached_ms
from actors.domain.games.draws import SeededDraws
from actors.domain.plays import FlightView
from actors.table_config import TableConfig
from tests.fakes.table_world import Casino, seat

SALT = "salt"
CRASH_TABLE = TableConfig(
    table_id="t",
    kind="rng",
    title="Flights",
    game="crash",
    betting_ms=2_000,
    pause_ms=1_000,
    min_cycle_ms=0,
    max_by_size={1: 100_000},
)


@cache
def seed_of(low: int, high: int) -> str:
    """Return a seed whose flight busts at low .. high hundredths."""
    number = 0
    while not low <= bust_of(SeededDraws(f"{number:064x}", SALT, 0).digest()) <= high:
        number += 1
    return f"{number:064x}"


class Flights(Casino):
    """A crash table; every flight busts at the same multiplier."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__(CRASH_TABLE)
        seed = seed_of(low, high)
        self.bust = bust_of(SeededDraws(seed, SALT, 0).digest())
        self.draws_of = lambda _, round_no: SeededDraws(seed, SALT, round_no)
        self.table = self.build()

    async def place(self, player_id: int, target: int, stake_minor: int) -> bytes:
        """Have a bet accepted and return its id."""
        placed = await self.bet(player_id, {target: stake_minor})
        assert isinstance(placed, BetPlaced), placed
        return placed.bet.bet_id

    @property
    def takeoff_ms(self) -> int:
        """Return when the flight that is shown takes or took off."""
        view = self.table.stage.view
        assert isinstance(view, FlightView), view
        return view.takeoff_ms

    @property
    def bust_ms(self) -> int:
        """Return when the flight that is shown busts."""
        return self.takeoff_ms + reached_ms(self.bust)

    async def fly(self, multiplier: int = 0) -> None:
        """Wait until a flight is shown, and, if wanted, until its curve shows this."""
        await self.until("playing")
        if multiplier:
            await self.wait_ms(self.takeoff_ms + reached_ms(multiplier))

    async def wait_ms(self, until_ms: int) -> None:
        """Wait until the table's clock shows this, keeping the lease."""
        while (left_ms := until_ms - self.clock.now_ms()) > 0:
            await asyncio.sleep(min(left_ms, 1_000) / 1_000)
            await self.follow()

    def out(self, player_id: int, bet_id: bytes, **changes: Any) -> Act:
        """Return an order to cash out now."""
        book = self.table.stage.book
        round_id = book.round_id if book else b"\0" * 16
        order = Act(seat(player_id), round_id, self.new_id(), bet_id, "cash_out", 0, self.clock.now_ms())
        return msgspec.structs.replace(order, **changes)

    async def cash_out(self, player_id: int, bet_id: bytes, **changes: Any) -> Any:
        """Cash out now and return the answer."""
        return (await self.say(self.out(player_id, bet_id, **changes)))[0]

    def steps(self) -> list[Any]:
        """Return the durable steps of the first round."""
        return next(iter(self.rounds.rows.values())).steps
