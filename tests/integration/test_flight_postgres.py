"""A flight on real PostgreSQL and real wallets: flown, cut off, and ended by the successor; then the books are audited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest

from actors.domain.commands import Act, Acted, BetPlaced, ChipStake, Follow, PlaceBet, Seat
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Step
from actors.domain.ids import Origin
from actors.domain.money.orders import Deposit, OpenAccount, ReadMoney
from actors.supervisors.antifraud import Antifraud
from actors.table import Table
from actors.table_config import TableConfig
from server.audit import audit
from server.clock import SystemClock
from server.entropy import LibsodiumEntropy
from server.storage.supervision import PostgresAntifraud
from tests.fakes.flights import SALT, seed_of
from tests.fakes.seeds import KeyedSeeds
from tests.integration.local_casino import KEY, LocalCasino

#: Two seconds and a half, so that the flight is under way when its table is cut off.
SEED = seed_of(115, 125)
CONFIG = TableConfig(
    table_id="crash-1",
    kind="rng",
    title="Flights",
    game="crash",
    betting_ms=300,
    pause_ms=60_000,
    min_cycle_ms=0,
    max_by_size={1: 100_000},
)


class Flown:
    """A crash table on real stores; a new incarnation on the same: `cut_off`."""

    def __init__(self, casino: LocalCasino) -> None:
        self.casino = casino
        self.table = self._build()

    def _build(self) -> Table:
        casino = self.casino
        return Table(
            CONFIG,
            casino.rounds,
            KeyedSeeds(KEY),
            casino.post,
            casino.clock,
            LibsodiumEntropy(),
            key=KEY,
            shards=(0, 1),
            owner="test",
            fatal=casino.errors.append,
            draws_of=lambda _, round_no: SeededDraws(SEED, SALT, round_no),
        )

    async def cut_off(self) -> None:
        """End this incarnation where it is, and let another take over."""
        await self.table.stop()
        self.table = self._build()
        await self.table.start()

    async def say(self, message: msgspec.Struct) -> object:
        (answer,) = await self.table.handle_batch("gateway/0", [message])
        return answer

    async def until(self, *phases: str) -> None:
        async with asyncio.timeout(20):
            while self.table.stage.phase not in phases:
                await asyncio.sleep(0.01)

    async def bet(self, player_id: int, target: int) -> PlaceBet:
        book = self.table.stage.book
        assert book is not None
        now_ms = self.casino.clock.now_ms()
        chips = [ChipStake(target, 1_000)]
        order = PlaceBet(_seat(player_id), book.round_id, self.casino.new_id(), now_ms, "chips", chips, [])
        assert isinstance(await self.say(order), BetPlaced)
        return order

    async def cash(self, player_id: int) -> int:
        (money,) = await self.casino.order(player_id % 2, ReadMoney(player_id, 1))
        return int(money.cash_minor)


def _fatal(error: BaseException) -> None:
    raise error


def _seat(player_id: int) -> Seat:
    return Seat(player_id, f"p{player_id}", player_id % 2, "gateway/0")


@pytest.fixture
async def flown(fresh_postgres_dsn: str) -> AsyncIterator[Flown]:
    pool = await asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=4)
    casino = LocalCasino(fresh_postgres_dsn, pool, SystemClock())
    await casino.start()
    for player_id in (1, 2, 3):
        await casino.order(player_id % 2, OpenAccount(casino.new_id(Origin.CASHIER), player_id, 1))
        await casino.order(player_id % 2, Deposit(casino.new_id(Origin.CASHIER), player_id, 1, 10_000))
    made = Flown(casino)
    await made.table.start()
    yield made
    await made.table.stop()
    await casino.stop()
    await pool.close()


async def test_flight_that_is_cut_off_is_ended_by_its_successor_as_the_rules_say(
    flown: Flown, fresh_postgres_dsn: str
) -> None:
    await flown.say(Follow("gateway/0", 0, 0, 1))
    await flown.until("betting")
    out, _, _ = [await flown.bet(1, 0), await flown.bet(2, 110), await flown.bet(3, 1_000)]
    await flown.until("playing")
    view = flown.table.stage.view
    await asyncio.sleep((view.takeoff_ms + 300 - flown.casino.clock.now_ms()) / 1_000)  # type: ignore[union-attr]
    order = Act(_seat(1), out.round_id, flown.casino.new_id(), out.bet_id, "cash_out", 0, flown.casino.clock.now_ms())
    acted = await flown.say(order)
    assert isinstance(acted, Acted)
    await flown.cut_off()
    assert await flown.say(order) == acted  # the successor knows it
    await flown.until("idle")
    assert [await flown.cash(player_id) for player_id in (1, 2, 3)] == [9_000 + 10 * acted.value, 10_100, 10_000]
    stored = await flown.casino.pool.fetch("select step from casino.round_step order by step_no")
    steps = [msgspec.msgpack.decode(row["step"], type=Step) for row in stored]
    assert [step.action for step in steps] == ["cash_out", "interrupted"]
    await Antifraud(PostgresAntifraud(flown.casino.pool, flown.casino.books), flown.casino.clock, fatal=_fatal).work()
    assert flown.casino.errors == []
    assert (await audit([fresh_postgres_dsn])).violations == []
