"""Sealed personal data in PostgreSQL. See `server.vault.vault.VaultStore`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import asyncpg

from server.vault.sealing import SealedValue, WrappedKey
from server.vault.vault import Blinds, Held

_KEY: Final = "select dek_ver, kek_ver, wrapped from casino.player_key where player_id = $1"
_VALUES: Final = "select col, dek_ver, nonce, ct from casino.player_pii where player_id = $1"


class PostgresVault:
    """Each call is one transaction. Whoever changes a player's data holds the player's row."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def load(self, player_id: int) -> Held:
        """See `VaultStore.load`."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await _held(connection, player_id)

    async def change(self, player_id: int, change: Callable[[Held], Held], blinds: Blinds | None) -> None:
        """See `VaultStore.change`."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _lock(connection, player_id)
            new = change(await _held(connection, player_id))
            await connection.execute("delete from casino.player_pii where player_id = $1", player_id)
            await connection.executemany(
                "insert into casino.player_pii (player_id, col, dek_ver, nonce, ct) values ($1, $2, $3, $4, $5)",
                [(player_id, col, value.dek_ver, value.nonce, value.ct) for col, value in new.values.items()],
            )
            await connection.execute("delete from casino.player_key where player_id = $1", player_id)
            if new.key is not None:
                await connection.execute(
                    "insert into casino.player_key (player_id, dek_ver, kek_ver, wrapped) values ($1, $2, $3, $4)",
                    player_id,
                    new.key.dek_ver,
                    new.key.kek_ver,
                    new.key.wrapped,
                )
            if blinds is not None:
                await _index(connection, player_id, blinds)

    async def erase(self, player_id: int) -> None:
        """See `VaultStore.erase`."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _lock(connection, player_id)
            await connection.execute("delete from casino.player_key where player_id = $1", player_id)
            await connection.execute("delete from casino.player_pii_index where player_id = $1", player_id)

    async def find(self, column: str, blind: bytes) -> int | None:
        """See `VaultStore.find`."""
        found: int | None = await self._pool.fetchval(
            "select player_id from casino.player_pii_index where col = $1 and blind = $2", column, blind
        )
        return found

    async def keys_not_under(self, kek_ver: int, limit: int) -> Sequence[tuple[int, WrappedKey]]:
        """See `VaultStore.keys_not_under`."""
        rows = await self._pool.fetch(
            "select player_id, dek_ver, kek_ver, wrapped from casino.player_key where kek_ver < $1"
            " order by player_id limit $2",
            kek_ver,
            limit,
        )
        return [(row["player_id"], WrappedKey(row["dek_ver"], row["kek_ver"], row["wrapped"])) for row in rows]

    async def rewrap(self, player_id: int, old: WrappedKey, new: WrappedKey) -> None:
        """See `VaultStore.rewrap`."""
        await self._pool.execute(
            "update casino.player_key set kek_ver = $3, wrapped = $4 where player_id = $1 and wrapped = $2",
            player_id,
            old.wrapped,
            new.kek_ver,
            new.wrapped,
        )

    async def keys_by_version(self) -> Mapping[int, int]:
        """See `VaultStore.keys_by_version`."""
        rows = await self._pool.fetch("select kek_ver, count(*) as n from casino.player_key group by 1 order by 1")
        return {row["kek_ver"]: row["n"] for row in rows}


async def _lock(connection: Any, player_id: int) -> None:
    await connection.execute("select 1 from casino.player where player_id = $1 for update", player_id)


async def _held(connection: Any, player_id: int) -> Held:
    key = await connection.fetchrow(_KEY, player_id)
    values = await connection.fetch(_VALUES, player_id)
    return Held(
        None if key is None else WrappedKey(key["dek_ver"], key["kek_ver"], key["wrapped"]),
        {row["col"]: SealedValue(row["dek_ver"], row["nonce"], row["ct"]) for row in values},
    )


async def _index(connection: Any, player_id: int, blinds: Blinds) -> None:
    """Whether somebody else has the value already makes no difference to what is asked here, nor to how often."""
    await connection.execute(
        "delete from casino.player_pii_index where player_id = $1 and col = $2", player_id, blinds.column
    )
    await connection.execute(
        "insert into casino.player_pii_index (col, blind, player_id) select $1, $2::bytea, $3 where $2 is not null"
        " on conflict do nothing",
        blinds.column,
        blinds.blind,
        player_id,
    )
