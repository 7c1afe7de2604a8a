"""The accounts' store in memory."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from server.names import name_key
from server.storage.players import Player


class FakePlayers:
    """Behaves as `PostgresPlayers`. created_ms: the creation time every new account gets."""

    def __init__(self, created_ms: int = 1_700_000_000_000) -> None:
        self.by_key: dict[str, Player] = {}
        self.created_ms = created_ms
        self.down: Exception | None = None

    async def create(
        self, name: str, password_hash: str, shards: int, roles: Sequence[str] = ("player",)
    ) -> Player | None:
        """Return the new account, or None when the name is taken."""
        key = name_key(name)
        if key in self.by_key:
            return None
        number = len(self.by_key) + 1
        player = Player(
            player_id=number,
            name=name,
            name_key=key,
            password_hash=password_hash,
            shard=number % shards,
            roles=tuple(roles),
            created_ms=self.created_ms,
            active=True,
            funded=False,
        )
        self.by_key[key] = player
        return player

    async def by_name(self, name: str) -> Player | None:
        """Return the account with this name."""
        return self.by_key.get(name_key(name))

    async def by_id(self, player_id: int) -> Player | None:
        """Return the account with this number."""
        return next((player for player in self.by_key.values() if player.player_id == player_id), None)

    async def mark_funded(self, player_id: int) -> None:
        """Record that the books have confirmed the welcome deposit."""
        self._change(player_id, funded=True)

    async def ping(self) -> None:
        """Answer, or raise what the test put into `down`."""
        if self.down is not None:
            raise self.down

    def close_account(self, player_id: int) -> None:
        """Make the account inactive."""
        self._change(player_id, active=False)

    def _change(self, player_id: int, **fields: bool) -> None:
        for key, player in self.by_key.items():
            if player.player_id == player_id:
                self.by_key[key] = msgspec.structs.replace(player, **fields)
