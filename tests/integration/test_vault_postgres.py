"""The vault on real PostgreSQL: what is durable, who has a value, and rotation that was stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag

from server.config import Config
from server.entropy import LibsodiumEntropy
from server.storage.players import PostgresPlayers
from server.storage.vault import PostgresVault
from server.vault.commands import erase, rotate, status
from server.vault.email import email_key
from server.vault.keys import VaultKeys
from server.vault.vault import Lost, Vault

EMAIL = "anna@example.org"


@pytest.fixture
async def pool(fresh_postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=4) as made:
        yield made


@pytest.fixture
def config(fresh_postgres_dsn: str, tmp_path: Path) -> Config:
    return Config(state=tmp_path, database_url=fresh_postgres_dsn)


@pytest.fixture
def vault(pool: asyncpg.Pool, config: Config) -> Vault:
    return Vault(PostgresVault(pool), VaultKeys(config), LibsodiumEntropy())


async def _player(pool: asyncpg.Pool, name: str) -> int:
    made = await PostgresPlayers(pool).create(name, "hash", 2)
    assert made is not None
    return made.player_id


async def test_value_written_by_one_process_is_read_by_another_and_lies_nowhere_in_the_clear(
    vault: Vault, pool: asyncpg.Pool, config: Config
) -> None:
    anna = await _player(pool, "anna")
    await vault.write(anna, "email", EMAIL, email_key(EMAIL))
    other = Vault(PostgresVault(pool), VaultKeys(config), LibsodiumEntropy())
    assert await other.read(anna, "email") == EMAIL
    assert await other.find("email", email_key("ANNA@EXAMPLE.ORG")) == anna
    rows = await pool.fetch("select p::text from casino.player_pii p union all select k::text from casino.player_key k")
    assert all("anna" not in row[0] and EMAIL.encode().hex() not in row[0] for row in rows)


async def test_row_moved_to_another_player_by_hand_does_not_open(vault: Vault, pool: asyncpg.Pool) -> None:
    anna, bert = await _player(pool, "anna"), await _player(pool, "bert")
    for player in (anna, bert):
        await vault.write(player, "email", f"{player}@example.org")
    await pool.execute(
        "update casino.player_pii b set nonce = a.nonce, ct = a.ct from casino.player_pii a"
        " where a.player_id = $1 and b.player_id = $2",
        anna,
        bert,
    )
    with pytest.raises(InvalidTag):
        await vault.read(bert, "email")


async def test_players_who_give_the_same_address_at_once_are_answered_alike_and_one_has_it(
    vault: Vault, pool: asyncpg.Pool
) -> None:
    players = [await _player(pool, f"twin{n}") for n in range(4)]
    await asyncio.gather(*(vault.write(player, "email", EMAIL, email_key(EMAIL)) for player in players))
    assert [await vault.read(player, "email") for player in players] == [EMAIL] * 4
    assert await vault.find("email", email_key(EMAIL)) in players


async def test_keys_command_rotates_tells_and_erases(vault: Vault, pool: asyncpg.Pool, config: Config) -> None:
    anna = await _player(pool, "anna")
    await vault.write(anna, "email", EMAIL, email_key(EMAIL))
    assert await status(config) == ["key-encryption key 1: 1 players", "newest is 1; all use it"]
    assert (await rotate(config))[
        0
    ] == "made version 2; 1 players' keys are wrapped by it now, 0 roots of chains, 0 seeds"
    assert await vault.read(anna, "email") == EMAIL
    VaultKeys(config).add()  # a rotation that died after making its key
    assert (await status(config))[-1] == "newest is 3; 1 wait for `croupier keys rotate`"
    assert await rotate(config) == ["1 players' keys, 0 roots and 0 seeds are wrapped by version 3 now"]
    assert await erase(config, "anna") == [f"the personal data of player {anna} cannot be read any more"]
    assert await vault.read(anna, "email") is Lost.ERASED
