"""Personal data outside the books: sealed under a key for each player, so that forgetting the key erases the player.

Every write takes a new key for the player and seals all his values anew. Rotating the key-encryption key wraps the
players' keys again, one by one, each by compare-and-set: stopped anywhere, everything still opens, and the next run
goes on with what is left. Backups keep only what nobody can open once a player is erased (and the backup's keys, which
lie elsewhere, are gone).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, Protocol

import msgspec

from actors.ports import Entropy
from server.vault.keys import VaultKeys
from server.vault.sealing import KEY_BYTES, SealedValue, WrappedKey, blind, seal, unseal, unwrap, wrap

REWRAP_AT_ONCE: Final = 200


class Lost(Enum):
    """Why there is a value that nobody can read."""

    ERASED = "erased"


class Held(msgspec.Struct, frozen=True):
    """What the store has of one player. key None: none was ever made, or it was erased."""

    key: WrappedKey | None
    values: Mapping[str, SealedValue]


class Blinds(msgspec.Struct, frozen=True):
    """How one column is found from now on; blind None: not any more."""

    column: str
    blind: bytes | None


class VaultStore(Protocol):
    """Where sealed values are. Adapter: `server/storage/vault.py`; its model: `tests/fakes/vault.py`."""

    async def load(self, player_id: int) -> Held:
        """Return what there is of a player."""
        ...

    async def change(self, player_id: int, change: Callable[[Held], Held], blinds: Blinds | None) -> None:
        """Replace what there is by what change makes of it, alone with this player, all or nothing.

        A blind that another player has already stays his; that takes no longer, and nobody is told.
        """
        ...

    async def erase(self, player_id: int) -> None:
        """Delete the player's key and all his blinds."""
        ...

    async def find(self, column: str, blind: bytes) -> int | None:
        """Return whose value this is."""
        ...

    async def keys_not_under(self, kek_ver: int, limit: int) -> Sequence[tuple[int, WrappedKey]]:
        """Return some players' keys that an older version wraps."""
        ...

    async def rewrap(self, player_id: int, old: WrappedKey, new: WrappedKey) -> None:
        """Put new in the place of old, unless something else is there by now."""
        ...

    async def keys_by_version(self) -> Mapping[int, int]:
        """Return how many players' keys each version wraps."""
        ...


class Vault:
    """The only way to personal data. Raises InvalidTag for data that were tampered with, ConfigError for lost keys."""

    def __init__(self, store: VaultStore, keys: VaultKeys, entropy: Entropy) -> None:
        self._store = store
        self._keys = keys
        self._entropy = entropy

    async def read(self, player_id: int, column: str) -> str | Lost | None:
        """Return the value, ERASED, or None where there never was one."""
        held = await self._store.load(player_id)
        sealed = held.values.get(column)
        if sealed is None:
            return None
        if held.key is None or sealed.dek_ver != held.key.dek_ver:
            return Lost.ERASED
        return unseal(self._unwrap(player_id, held.key), column, player_id, sealed)

    async def write(self, player_id: int, column: str, text: str | None, normal: str = "") -> None:
        """Store the value (None: none any more) under a new key of the player. normal: by which it is found."""
        index = blind(self._keys.index, column, normal) if text is not None and normal else None
        kek_ver = self._keys.newest()

        def change(held: Held) -> Held:
            texts = self._open_all(player_id, held) | ({} if text is None else {column: text})
            if text is None:
                texts.pop(column, None)
            dek, dek_ver = self._entropy.token(KEY_BYTES), 1 + max(_versions(held), default=0)
            key = wrap(self._keys.kek(kek_ver), kek_ver, player_id, dek, dek_ver, self._entropy)
            return Held(key, {c: seal(dek, c, player_id, dek_ver, t, self._entropy) for c, t in texts.items()})

        await self._store.change(player_id, change, Blinds(column, index))

    async def find(self, column: str, normal: str) -> int | None:
        """Return the player who was first to store this value and still has it."""
        return await self._store.find(column, blind(self._keys.index, column, normal))

    async def erase(self, player_id: int) -> None:
        """Make everything there is of the player unreadable for ever. Safe to repeat."""
        await self._store.erase(player_id)

    async def rotate(self, progress: Callable[[int], None] = lambda done: None) -> int:
        """Wrap every player's key by the newest version; return how many were not. Stopped anywhere, run it again."""
        newest, done = self._keys.newest(), 0
        while batch := await self._store.keys_not_under(newest, REWRAP_AT_ONCE):
            for player_id, old in batch:
                dek = self._unwrap(player_id, old)
                new = wrap(self._keys.kek(newest), newest, player_id, dek, old.dek_ver, self._entropy)
                await self._store.rewrap(player_id, old, new)
                done += 1
            progress(done)
        return done

    async def keys_by_version(self) -> Mapping[int, int]:
        """Return how many players' keys each version wraps."""
        return await self._store.keys_by_version()

    def _open_all(self, player_id: int, held: Held) -> dict[str, str]:
        """Return what can be read; what an erasure has left behind cannot, and goes."""
        if held.key is None:
            return {}
        dek, version = self._unwrap(player_id, held.key), held.key.dek_ver
        return {c: unseal(dek, c, player_id, v) for c, v in held.values.items() if v.dek_ver == version}

    def _unwrap(self, player_id: int, key: WrappedKey) -> bytes:
        return unwrap(self._keys.kek(key.kek_ver), player_id, key)


def _versions(held: Held) -> list[int]:
    return [value.dek_ver for value in held.values.values()] + ([held.key.dek_ver] if held.key else [])
