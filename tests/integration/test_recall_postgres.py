"""Rounds recalled from real PostgreSQL: what verifiers read, and that nothing of a round comes out before it is decided."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Outcome
from actors.domain.games.roulette import RULES_VERSION
from actors.domain.rounds import Plan
from actors.ports import NewRound
from server.config import Config
from server.entropy import LibsodiumEntropy
from server.fairness.chains import HashChains
from server.fairness.verify import verify
from server.storage.chains import PostgresChains
from server.storage.recall import PostgresRecall
from server.storage.rounds import PostgresRounds
from server.vault.keys import VaultKeys

TABLE = "roulette-1"
NOTHING = Plan(1, [], [])


class Scene:
    """A table whose rounds are made by hand, in order."""

    def __init__(self, pool: asyncpg.Pool, state: Path) -> None:
        self.pool = pool
        self.rounds = PostgresRounds(pool)
        self.seeds = HashChains(PostgresChains(pool), VaultKeys(Config(state=state)), LibsodiumEntropy(), length=8)
        self.recall = PostgresRecall(pool)
        self.epoch = 0
        self.last = 0

    async def open(self) -> bytes:
        """Open the next round."""
        if not self.epoch:
            self.epoch = await self.rounds.claim_table(TABLE, "test")
        self.last += 1
        seed = await self.seeds.for_round(TABLE, self.last)
        id_ = bytes([self.last]) * 16
        await self.rounds.open(NewRound(id_, TABLE, self.epoch, self.last, 1, 2, "", RULES_VERSION, seed.commitment))
        return id_

    async def decide(self, id_: bytes, *, settle: bool = True) -> int:
        """Decide the newest round by its seed, and settle it."""
        seed = await self.seeds.for_round(TABLE, self.last)
        number = SeededDraws(seed.seed, seed.salt, self.last).below(37)
        await self.rounds.decide(TABLE, self.epoch, id_, Outcome(number), NOTHING, seed.seed)
        if settle:
            await self.rounds.finish(TABLE, self.epoch, id_)
        return number

    async def void(self, id_: bytes) -> None:
        """Void the newest round."""
        await self.rounds.start_void(TABLE, self.epoch, id_, "test")
        await self.rounds.finish(TABLE, self.epoch, id_)


@pytest.fixture
async def scene(fresh_postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Scene]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=2) as pool:
        await pool.execute(
            "insert into casino.game_table (table_id, game, kind, title, host) values ($1, 'roulette', 'rng', 't', 'h')"
            " on conflict do nothing",
            TABLE,
        )
        yield Scene(pool, tmp_path)


async def test_settled_round_is_recalled_as_verifiers_read_it(scene: Scene) -> None:
    await scene.decide(await scene.open())
    number = await scene.decide(id_ := await scene.open())
    record = await scene.recall.by_id(id_)
    assert record is not None
    assert record == await scene.recall.by_number(TABLE, 2)
    assert (record["game"], record["state"], record["number"], record["detail"]) == ("roulette", "settled", number, [])
    assert record["chain"]["first_round_no"] == 1
    assert verify(record) == verify({**record, "table_id": "other"})
    assert verify(record).ok


async def test_open_round_tells_its_commitment_and_no_seed(scene: Scene) -> None:
    id_ = await scene.open()
    seed = await scene.seeds.for_round(TABLE, 1)
    record = await scene.recall.by_id(id_)
    assert record is not None
    assert (record["state"], record["commitment"], record["seed"], record["number"]) == (
        "in progress",
        seed.commitment,
        "",
        None,
    )
    assert seed.seed not in repr(record)


async def test_voided_round_has_used_its_seed_which_the_next_commitment_tells(scene: Scene) -> None:
    await scene.void(id_ := await scene.open())
    before = await scene.recall.by_id(id_)
    await scene.open()
    after = await scene.recall.by_id(id_)
    assert before is not None
    assert after is not None
    assert (before["state"], before["seed"]) == ("voided", "")
    assert after["seed"] == (await scene.seeds.for_round(TABLE, 1)).seed
    assert verify(after).ok


async def test_voided_last_round_of_a_chain_is_not_told_the_next_chains_end_as_its_seed(scene: Scene) -> None:
    for _ in range(7):
        await scene.decide(await scene.open())
    await scene.void(id_ := await scene.open())
    await scene.open()
    record = await scene.recall.by_id(id_)
    assert record is not None
    assert record["seed"] == ""


async def test_round_that_never_was_is_none(scene: Scene) -> None:
    assert await scene.recall.by_id(bytes(16)) is None
    assert await scene.recall.by_number(TABLE, 99) is None
