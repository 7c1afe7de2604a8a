"""Sealing the seeds of instant games by the newest key-encryption key, so that an older one can be put away."""

from __future__ import annotations

from typing import Final

import asyncpg

from server.storage.outages import outages
from server.vault.seeds import SeedSealer

AT_ONCE: Final = 500

_NOT_UNDER: Final = """
select pair_id, game, player_id, commitment, kek_ver, sealed from casino.seed_pair where kek_ver <> $1 order by pair_id limit $2"""
_RESEAL: Final = "update casino.seed_pair set kek_ver = $2, sealed = $3 where pair_id = $1 and sealed = $4"
_COUNT: Final = "select count(*) from casino.seed_pair where kek_ver <> $1"


class SeedPairKeys:
    """The sealed part of `casino.seed_pair`. Every method may be repeated; two at once do no harm."""

    def __init__(self, pool: asyncpg.Pool, sealer: SeedSealer) -> None:
        self._pool = pool
        self._sealer = sealer

    async def not_under(self, kek_ver: int) -> int:
        """Return how many pairs another version seals."""
        with outages():
            return int(await self._pool.fetchval(_COUNT, kek_ver))

    async def rotate(self, newest: int) -> int:
        """Seal every pair by the newest version; return how many were not. Stopped anywhere, run it again."""
        done = 0
        with outages():
            while rows := await self._pool.fetch(_NOT_UNDER, newest, AT_ONCE):
                await self._pool.executemany(_RESEAL, [self._resealed(row) for row in rows])
                done += len(rows)
        return done

    def _resealed(self, row: asyncpg.Record) -> tuple[int, int, bytes, bytes]:
        place = (row["game"], row["player_id"], row["commitment"])
        seed = self._sealer.open(*place, row["kek_ver"], row["sealed"])
        return row["pair_id"], *self._sealer.seal(*place, seed), row["sealed"]
