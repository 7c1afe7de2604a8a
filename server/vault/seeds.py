"""Server seeds as the database has them: sealed under a key made from the vault's, bound to game, player and commitment.

The key is HMAC-SHA-256 of the key-encryption key, so that no nonce of the one is ever a nonce of the other. A seed is sealed
once; nonces are random, 96 bits. Old versions of the key-encryption key are needed as long as a seed is sealed by them.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from actors.ports import Entropy
from server.vault.keys import VaultKeys
from server.vault.sealing import NONCE_BYTES

_PURPOSE: Final = b"croupier server seeds v1"


class SeedSealer:
    """Seals and opens. `open` raises InvalidTag for another place or a changed byte, ConfigError for a lost key."""

    def __init__(self, keys: VaultKeys, entropy: Entropy) -> None:
        self._keys = keys
        self._entropy = entropy
        self._ciphers: dict[int, AESGCM] = {}

    def seal(self, game: str, player_id: int, commitment: str, seed: str) -> tuple[int, bytes]:
        """Return the version of the key and the sealed seed: nonce, then ciphertext."""
        version, nonce = self._keys.newest(), self._entropy.token(NONCE_BYTES)
        return version, nonce + self._cipher(version).encrypt(nonce, seed.encode(), _place(game, player_id, commitment))

    def open(self, game: str, player_id: int, commitment: str, version: int, sealed: bytes) -> str:
        """Return the seed."""
        nonce, ct = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return self._cipher(version).decrypt(nonce, ct, _place(game, player_id, commitment)).decode()

    def _cipher(self, version: int) -> AESGCM:
        cipher = self._ciphers.get(version)
        if cipher is None:
            key = hmac.digest(self._keys.kek(version), _PURPOSE, hashlib.sha256)
            cipher = self._ciphers[version] = AESGCM(key)
        return cipher


def _place(game: str, player_id: int, commitment: str) -> bytes:
    return f"v1|seed_pair|{game}|{player_id}|{commitment}".encode()
