"""The auditor on instant rounds: silent on what the game wrote, and pointing at what somebody bent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from actors.domain.commands import Seat
from actors.domain.games.slot import SLOT
from actors.domain.ids import Origin
from actors.domain.money.orders import Deposit, OpenAccount
from actors.domain.spins import ReadSeeds, SpinDone, SpinOrder
from actors.instant import InstantTable
from server.audit import audit
from server.audit.report import Violation
from server.audit.spins import LAW, spin_breaches
from server.clock import SystemClock
from server.config import Config
from server.entropy import LibsodiumEntropy
from server.storage.spins import PostgresSpins
from server.vault.keys import VaultKeys
from server.vault.seeds import SeedSealer
from tests.integration.local_casino import KEY, LocalCasino
from tests.unit.test_instant import CONFIG


class Slot:
    """A slot on real books: player 7 has played three rounds, and a fourth that he could not pay."""

    def __init__(self, dsn: str, casino: LocalCasino, spins: PostgresSpins) -> None:
        self.dsn = dsn
        self.casino = casino
        self.table = InstantTable(
            CONFIG,
            SLOT,
            spins,
            casino.post,
            casino.clock,
            LibsodiumEntropy(),
            key=KEY,
            shards=(0, 1),
            owner="test",
            fatal=casino.errors.append,
        )

    async def play(self) -> None:
        casino = self.casino
        await casino.order(1, OpenAccount(casino.new_id(Origin.CASHIER), 7, 1))
        await casino.order(
            1, Deposit(casino.new_id(Origin.CASHIER), 7, 1, 200)
        )  # the last stake is to be more than three wins give
        await self.table.start()
        seat = Seat(7, "anna", 1, "gateway/0")
        await self.table.handle_batch("gateway/0", [ReadSeeds(7)])
        orders = [SpinOrder(seat, casino.new_id(), stake) for stake in (20, 40, 60)]
        answers = await self.table.handle_batch("gateway/0", orders)
        assert all(isinstance(answer, SpinDone) for answer in answers)
        await self.table.handle_batch("gateway/0", [SpinOrder(seat, casino.new_id(), 5_000)])
        await self.table.drain()

    async def bend(self, statement: str) -> None:
        await self.casino.pool.execute(statement)

    async def found(self) -> list[str]:
        """What this law alone finds, which is quicker than the whole audit."""
        kept: list[Violation] = []
        sql: asyncpg.Connection = await asyncpg.connect(self.dsn)
        async with sql.transaction(isolation="repeatable_read", readonly=True):
            await spin_breaches(sql, {0: sql, 1: sql}, {0: 0, 1: 0}, {}, kept, lambda _: None)
        await sql.close()
        return [violation.detail for violation in kept]


@pytest.fixture
async def slot(fresh_postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Slot]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=4) as pool:
        casino = LocalCasino(fresh_postgres_dsn, pool, SystemClock())
        await casino.start()
        sealer = SeedSealer(VaultKeys(Config(state=tmp_path)), LibsodiumEntropy())
        slot = Slot(fresh_postgres_dsn, casino, PostgresSpins(pool, sealer))
        await slot.play()
        yield slot
        await slot.table.stop()
        await casino.stop()


async def test_rounds_as_the_game_writes_them_keep_the_law(slot: Slot) -> None:
    states = await slot.casino.pool.fetch("select state, count(*) from casino.spin group by 1 order by 1")
    assert [tuple(row) for row in states] == [(1, 3), (2, 1)]
    report = await audit([slot.dsn])
    assert report.ok, report.violations
    assert LAW in {result.law for result in report.results}


BENT: list[tuple[str, str]] = [
    ("update casino.spin set payout_minor = payout_minor + 20 where nonce = 0", "payout"),
    ("update casino.spin set stake_minor = 80 where nonce = 1", "stake"),
    ("update casino.spin set number = number + 5 where nonce = 2", "proof"),
    ("update casino.spin set client_seed = 'another' where nonce = 0", "proof"),
    ("update casino.spin set commitment = repeat('0', 64) where nonce = 0", "proof"),
    ("update casino.spin set state = 2 where nonce = 0", "it is void, and the books have its wager"),
    ("update casino.spin set state = 1 where nonce = 3", "it is settled, and the books do not have its wager"),
    ("delete from casino.spin where nonce = 0", "has no record"),
    ("delete from casino.spin where nonce = 3", "pair 1 stands at number 4"),
    ("update casino.seed_pair set nonce = 9 where state = 1", "stands at number 9"),
]


async def test_whatever_is_bent_is_found(slot: Slot) -> None:
    """One casino for all of them: each is bent, looked at, and bent back."""
    for statement, told in BENT:
        await slot.bend("create table kept_spin as table casino.spin; create table kept_pair as table casino.seed_pair")
        await slot.bend(statement)
        details = await slot.found()
        assert any(told in detail for detail in details), (statement, details)
        await slot.bend(
            """truncate casino.spin; insert into casino.spin table kept_spin; drop table kept_spin;
               update casino.seed_pair p set nonce = k.nonce from kept_pair k where k.pair_id = p.pair_id;
               drop table kept_pair"""
        )
    assert await slot.found() == []
