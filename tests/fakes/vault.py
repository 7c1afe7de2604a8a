"""The vault's store in memory. stop_after: so many rewraps from now, the next one raises, as if the process died."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from server.vault.sealing import SealedValue, WrappedKey
from server.vault.vault import Blinds, Held


class Died(Exception):
    """The test wanted it so."""


class FakeVault:
    """Behaves as `PostgresVault`."""

    def __init__(self) -> None:
        self.keys: dict[int, WrappedKey] = {}
        self.values: dict[tuple[int, str], SealedValue] = {}
        self.blinds: dict[tuple[str, bytes], int] = {}
        self.stop_after = -1

    async def load(self, player_id: int) -> Held:
        """Return what there is of a player."""
        values = {col: value for (owner, col), value in self.values.items() if owner == player_id}
        return Held(self.keys.get(player_id), values)

    async def change(self, player_id: int, change: Callable[[Held], Held], blinds: Blinds | None) -> None:
        """Replace what there is."""
        new = change(await self.load(player_id))
        self.values = {place: value for place, value in self.values.items() if place[0] != player_id}
        self.values |= {(player_id, col): value for col, value in new.values.items()}
        self.keys.pop(player_id, None)
        if new.key is not None:
            self.keys[player_id] = new.key
        if blinds is not None:
            self._forget(player_id, blinds.column)
            if blinds.blind is not None:
                self.blinds.setdefault((blinds.column, blinds.blind), player_id)

    async def erase(self, player_id: int) -> None:
        """Delete key and blinds."""
        self.keys.pop(player_id, None)
        for column in {col for col, _ in self.blinds}:
            self._forget(player_id, column)

    async def find(self, column: str, blind: bytes) -> int | None:
        """Return whose value this is."""
        return self.blinds.get((column, blind))

    async def keys_not_under(self, kek_ver: int, limit: int) -> Sequence[tuple[int, WrappedKey]]:
        """Return keys that another version wraps."""
        return [(p, self.keys[p]) for p in sorted(self.keys) if self.keys[p].kek_ver < kek_ver][:limit]

    async def rewrap(self, player_id: int, old: WrappedKey, new: WrappedKey) -> None:
        """Put new in the place of old."""
        if self.stop_after == 0:
            raise Died
        self.stop_after -= 1
        if self.keys.get(player_id) == old:
            self.keys[player_id] = new

    async def keys_by_version(self) -> Mapping[int, int]:
        """Return how many keys each version wraps."""
        return Counter(key.kek_ver for key in self.keys.values())

    def _forget(self, player_id: int, column: str) -> None:
        self.blinds = {p: owner for p, owner in self.blinds.items() if (p[0], owner) != (column, player_id)}
