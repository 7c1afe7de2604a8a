"""Seeds of rounds that follow from a key alone, for tables without a store of chains."""

from __future__ import annotations

import hashlib
import hmac

from actors.domain.games.draws import commitment
from actors.ports import RoundSeed


class KeyedSeeds:
    """The seed is HMAC-SHA-256(key, "seed|TABLE|ROUND"). No seed tells another. salt: "TABLE"."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def for_round(self, table_id: str, round_no: int) -> RoundSeed:
        """See `SeedStore`. Waits for nothing."""
        seed = hmac.digest(self._key, f"seed|{table_id}|{round_no}".encode(), hashlib.sha256).hex()
        return RoundSeed(seed, table_id, commitment(seed))
