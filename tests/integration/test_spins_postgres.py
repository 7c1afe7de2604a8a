"""The PostgreSQL spin store keeps the contract; seeds lie in it sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import msgspec
import pytest
from cryptography.exceptions import InvalidTag

from actors.domain.spins import PlayerSeeds
from server.config import Config
from server.entropy import LibsodiumEntropy
from server.storage.seed_pairs import SeedPairKeys
from server.storage.spins import PostgresSpins
from server.vault.keys import VaultKeys
from server.vault.seeds import SeedSealer
from tests.fakes.spins_contract import GAME, PLAYER, SpinStoreContract, pair

_TABLE = (
    "insert into casino.game_table (table_id, game, kind, title, host) values ('slot', 'slot', 'instant', 't', 'h')"
)


@pytest.fixture
async def pool(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(postgres_dsn, min_size=1, max_size=4) as pool:
        await pool.execute("truncate casino.game_table, casino.seed_pair, casino.spin")
        await pool.execute(_TABLE)
        yield pool


@pytest.fixture
def spins(pool: asyncpg.Pool, tmp_path: Path) -> PostgresSpins:
    return PostgresSpins(pool, SeedSealer(VaultKeys(Config(state=tmp_path)), LibsodiumEntropy()))


class TestPostgresSpins(SpinStoreContract):
    @pytest.fixture
    def spins(self, pool: asyncpg.Pool, tmp_path: Path) -> PostgresSpins:
        return PostgresSpins(pool, SeedSealer(VaultKeys(Config(state=tmp_path)), LibsodiumEntropy()))


async def test_no_seed_lies_in_the_database_as_it_is(pool: asyncpg.Pool, spins: PostgresSpins) -> None:
    epoch = await spins.claim(GAME, "test")
    seeds = await spins.make_seeds(GAME, epoch, PLAYER, PlayerSeeds(pair(1), pair(2)))
    stored = repr([dict(row) for row in await pool.fetch("select * from casino.seed_pair")])
    assert seeds.active.commitment in stored
    assert seeds.active.server_seed not in stored
    assert seeds.active.server_seed.encode().hex() not in stored
    assert seeds.active.server_seed not in repr(seeds)


async def test_sealed_seed_of_another_player_does_not_open(pool: asyncpg.Pool, spins: PostgresSpins) -> None:
    epoch = await spins.claim(GAME, "test")
    await spins.make_seeds(GAME, epoch, PLAYER, PlayerSeeds(pair(1), pair(2)))
    await pool.execute("update casino.seed_pair set player_id = 8")
    with pytest.raises(InvalidTag):
        await spins.seeds(GAME, 8)


async def test_sealer_of_another_process_opens_what_this_one_sealed(pool: asyncpg.Pool, tmp_path: Path) -> None:
    first, second = (
        PostgresSpins(pool, SeedSealer(VaultKeys(Config(state=tmp_path)), LibsodiumEntropy())) for _ in range(2)
    )
    epoch = await first.claim(GAME, "test")
    made = await first.make_seeds(GAME, epoch, PLAYER, PlayerSeeds(pair(1), pair(2)))
    assert msgspec.to_builtins(await second.seeds(GAME, PLAYER)) == msgspec.to_builtins(made)


async def test_seeds_are_sealed_by_the_newest_key_and_an_older_one_may_go(
    pool: asyncpg.Pool, spins: PostgresSpins, tmp_path: Path
) -> None:
    # Once a rotation left them behind: with the older key put away, nobody could have gone on playing.
    made = await spins.make_seeds(GAME, await spins.claim(GAME, "test"), PLAYER, PlayerSeeds(pair(1), pair(2)))
    keys = VaultKeys(Config(state=tmp_path))
    old = keys.newest()
    newest = keys.add()
    pairs = SeedPairKeys(pool, SeedSealer(keys, LibsodiumEntropy()))
    assert await pairs.not_under(newest) == 2
    assert [await pairs.rotate(newest), await pairs.rotate(newest)] == [2, 0]
    assert await pool.fetch("select from casino.seed_pair where kek_ver = $1", old) == []
    assert msgspec.to_builtins(await spins.seeds(GAME, PLAYER)) == msgspec.to_builtins(made)
