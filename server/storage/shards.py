"""Where each wallet shard's books are: one pool for each PostgreSQL, opened when it is first used.

A server that is away holds up nobody who does not ask for its shards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import asyncpg

from actors.ports import StoreUnavailable
from server.storage.outages import outages
from server.storage.pooled import PooledConnection

#: A server that has not answered by then counts as away.
CONNECT_S: Final = 3.0
POOL_MAX: Final = 3
#: Of connections that follow the journal: a plan that was made while it was empty must not read all of it later.
BY_INDEX: Final = {"jit": "off", "enable_seqscan": "off", "enable_bitmapscan": "off"}


class Books:
    """Read-only access to the journals of all shards, each where it lives."""

    def __init__(
        self,
        by_url: Mapping[str, Sequence[int]],
        known: Mapping[str, asyncpg.Pool] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """by_url: the shards of each address. known: pools that exist already and belong to the caller. settings: of others."""
        self._url_of = {shard: url for url, shards in by_url.items() for shard in shards}
        self._shards_of = {url: tuple(shards) for url, shards in by_url.items()}
        self._pools: dict[str, asyncpg.Pool] = dict(known or {})
        self._own: list[asyncpg.Pool] = []
        self._settings = {"jit": "off", **(settings or {})}

    @classmethod
    def all_in(cls, pool: asyncpg.Pool, shards: Sequence[int] = (0, 1)) -> Books:
        """Return the books of shards that all live in this pool's database."""
        return cls({"": shards}, {"": pool})

    @property
    def shards(self) -> tuple[int, ...]:
        """All shards, in order."""
        return tuple(sorted(self._url_of))

    async def pool(self, shard: int) -> asyncpg.Pool:
        """Return connections to the books of this shard. Raises KeyError for a shard that is not configured."""
        url = self._url_of[shard]
        if url not in self._pools:  # no connection is made yet, so that nobody comes between
            pool = asyncpg.create_pool(
                url,
                min_size=0,
                max_size=POOL_MAX,
                timeout=CONNECT_S,
                connection_class=PooledConnection,
                server_settings=self._settings,
            )
            self._pools[url] = pool
            self._own.append(pool)
        return await self._pools[url]  # a pool that is ready gives itself

    async def fetch(self, shard: int, statement: str, *arguments: Any, timeout_s: float) -> list[Any]:
        """Return rows from the books of this shard. Raises StoreUnavailable."""
        with outages():
            pool = await self.pool(shard)
            return list(await pool.fetch(statement, *arguments, timeout=timeout_s))

    async def heads(self) -> dict[int, int]:
        """Return the last durable position of every shard whose server answers."""
        found = await asyncio.gather(*(self._heads_in(shards) for shards in self._shards_of.values()))
        return {shard: seq for heads in found if heads is not None for shard, seq in heads.items()}

    async def _heads_in(self, shards: Sequence[int]) -> dict[int, int] | None:
        with suppress(StoreUnavailable):
            rows = await self.fetch(
                shards[0],
                "select shard_id, last_seq from wallet.shard where shard_id = any($1::int[])",
                shards,
                timeout_s=CONNECT_S,
            )
            return {row["shard_id"]: row["last_seq"] for row in rows}
        return None

    async def close(self) -> None:
        """Close the pools that were opened here. Safe to repeat."""
        own, self._own = self._own, []
        for pool in own:
            with suppress(TimeoutError, asyncpg.InterfaceError):
                await asyncio.wait_for(pool.close(), CONNECT_S)
            pool.terminate()
