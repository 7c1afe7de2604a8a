"""Accounts of people and devices in PostgreSQL: who they are, never what they own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import msgspec

from server.names import name_key

#: What an account may be allowed to do.
ROLES: Final = ("player", "dealer", "device", "staff")


class Player(msgspec.Struct, frozen=True, kw_only=True):
    """One account. shard: of the wallet, for ever. created_ms: fixes the ids of its first orders to the wallet."""

    player_id: int
    name: str
    name_key: str
    password_hash: str
    shard: int
    roles: tuple[str, ...]
    created_ms: int
    active: bool
    funded: bool


_COLUMNS: Final = "player_id, name, name_key, password_hash, shard_id, roles, created_at, status, funded"

# The shard is the id modulo the number of shards: even, and decided once, here. Every later reader takes the column.
_CREATE: Final = f"""
insert into casino.player (player_id, name, name_key, password_hash, shard_id, roles)
overriding system value
select n, $1, $2, $3, n % $4, $5 from nextval(pg_get_serial_sequence('casino.player', 'player_id')) as n
on conflict (name_key) do nothing
returning {_COLUMNS}"""


class PostgresPlayers:
    """The players' relation. Every method is one statement; a lost answer may be repeated."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(
        self, name: str, password_hash: str, shards: int, roles: Sequence[str] = ("player",)
    ) -> Player | None:
        """Return the new account, or None when the name is taken."""
        row = await self._pool.fetchrow(_CREATE, name, name_key(name), password_hash, shards, list(roles))
        return None if row is None else _player(row)

    async def by_name(self, name: str) -> Player | None:
        """Return the account with this name, however it was capitalised."""
        row = await self._pool.fetchrow(f"select {_COLUMNS} from casino.player where name_key = $1", name_key(name))
        return None if row is None else _player(row)

    async def by_id(self, player_id: int) -> Player | None:
        """Return the account with this number."""
        row = await self._pool.fetchrow(f"select {_COLUMNS} from casino.player where player_id = $1", player_id)
        return None if row is None else _player(row)

    async def mark_funded(self, player_id: int) -> None:
        """Record that the books have confirmed the account and its welcome deposit."""
        await self._pool.execute("update casino.player set funded = true where player_id = $1", player_id)

    async def set_roles(self, name: str, roles: Sequence[str]) -> bool:
        """Replace the roles; False when nobody has that name. They count from the next access token on."""
        unknown = set(roles) - set(ROLES)
        if unknown:
            raise ValueError(f"unknown roles: {', '.join(sorted(unknown))}; there are {', '.join(ROLES)}")
        found = await self._pool.fetchval(
            "update casino.player set roles = $2 where name_key = $1 returning 1", name_key(name), list(roles)
        )
        return found is not None

    async def set_password_hash(self, name: str, password_hash: str) -> bool:
        """Replace the password; False when nobody has that name."""
        found = await self._pool.fetchval(
            "update casino.player set password_hash = $2 where name_key = $1 returning 1", name_key(name), password_hash
        )
        return found is not None

    async def ping(self) -> None:
        """Return when the database answers; raises what asyncpg raises when it does not."""
        await self._pool.fetchval("select 1")


def _player(row: Any) -> Player:
    return Player(
        player_id=row["player_id"],
        name=row["name"],
        name_key=row["name_key"],
        password_hash=row["password_hash"],
        shard=row["shard_id"],
        roles=tuple(row["roles"]),
        created_ms=int(row["created_at"].timestamp() * 1000),
        active=row["status"] == 0,
        funded=row["funded"],
    )
