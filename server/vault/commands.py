"""`croupier keys`: what each verb does, and the lines that it prints."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from server.config import Config, ConfigError
from server.entropy import LibsodiumEntropy
from server.fairness.chains import HashChains
from server.storage.chains import PostgresChains
from server.storage.players import PostgresPlayers
from server.storage.seed_pairs import SeedPairKeys
from server.storage.vault import PostgresVault
from server.vault.keys import VaultKeys
from server.vault.seeds import SeedSealer
from server.vault.vault import Vault

#: Roots of chains that wait for a rotation are counted up to this.
ROOTS_COUNTED: Final = 10_000


async def status(config: Config) -> list[str]:
    """Say which version of the key-encryption key wraps how many players' keys, and whether seeds wait."""
    async with _vault(config) as (pool, vault, keys):
        newest, found = keys.newest(), await vault.keys_by_version()
        roots = len(await PostgresChains(pool).not_under(newest, ROOTS_COUNTED))
        roots += await _pairs(pool, keys).not_under(newest)
    lines = [f"key-encryption key {version}: {count:,} players" for version, count in found.items()]
    if newest not in found:
        lines.append(f"key-encryption key {newest}: 0 players")
    left = roots + sum(count for version, count in found.items() if version != newest)
    return [*lines, f"newest is {newest}; " + (f"{left:,} wait for `croupier keys rotate`" if left else "all use it")]


async def rotate(config: Config) -> list[str]:
    """Make the next version and wrap every player's key, every chain's root and every player's seed by it.

    After an interruption the former run is finished first. Keys from the environment are not made here: the newest
    version that is set there is the one.
    """
    async with _vault(config) as (pool, vault, keys):
        chains = HashChains(PostgresChains(pool), keys, LibsodiumEntropy())
        pairs = _pairs(pool, keys)
        unfinished, roots, seeds = await vault.rotate(), await chains.rotate(), await pairs.rotate(keys.newest())
        if unfinished or roots or seeds:
            what = f"{unfinished:,} players' keys, {roots:,} roots and {seeds:,} seeds"
            return [f"{what} are wrapped by version {keys.newest()} now"]
        if keys.are_given:
            return [f"all players' keys are wrapped by version {keys.newest()} already; set the next in CROUPIER_KEKS"]
        version = keys.add()
        done, roots, seeds = await vault.rotate(), await chains.rotate(), await pairs.rotate(version)
    made = f"made version {version}; {done:,} players' keys are wrapped by it now, {roots:,} roots of chains, {seeds:,} seeds"
    return [made, "back up the folder keys/ again"]


async def erase(config: Config, name: str) -> list[str]:
    """Make a player's personal data unreadable. Raises ConfigError for a name that nobody has."""
    async with _vault(config) as (pool, vault, _):
        player = await PostgresPlayers(pool).by_name(name)
        if player is None:
            raise ConfigError(f"nobody has the name {name!r}")
        await vault.erase(player.player_id)
    return [f"the personal data of player {player.player_id} cannot be read any more"]


def _pairs(pool: asyncpg.Pool, keys: VaultKeys) -> SeedPairKeys:
    return SeedPairKeys(pool, SeedSealer(keys, LibsodiumEntropy()))


@asynccontextmanager
async def _vault(config: Config) -> AsyncIterator[tuple[asyncpg.Pool, Vault, VaultKeys]]:
    keys = VaultKeys(config)
    async with asyncpg.create_pool(config.database_url, min_size=1, max_size=2) as pool:
        yield pool, Vault(PostgresVault(pool), keys, LibsodiumEntropy()), keys
