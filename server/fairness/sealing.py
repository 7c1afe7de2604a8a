"""AES-256-GCM for the roots of chains, by the vault's key-encryption keys, bound to table, chain and key's version."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from actors.ports import Entropy
from server.config import ConfigError
from server.vault.keys import VaultKeys
from server.vault.sealing import NONCE_BYTES

ROOT_BYTES: Final = 32


def seal_root(keys: VaultKeys, kek_ver: int, table_id: str, n: int, root: bytes, entropy: Entropy) -> bytes:
    """Return nonce and ciphertext of a root. Raises ConfigError where the key is missing."""
    nonce = entropy.token(NONCE_BYTES)
    return nonce + AESGCM(keys.kek(kek_ver)).encrypt(nonce, root, _place(table_id, n, kek_ver))


def open_root(keys: VaultKeys, kek_ver: int, table_id: str, n: int, sealed: bytes) -> bytes:
    """Return the root. Raises ConfigError where the key is missing, or another one than that which sealed it."""
    try:
        nonce, ct = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return AESGCM(keys.kek(kek_ver)).decrypt(nonce, ct, _place(table_id, n, kek_ver))
    except InvalidTag:
        raise ConfigError(
            f"chain {n} of {table_id} does not open under key-encryption key {kek_ver}: on several nodes give the same "
            "CROUPIER_KEKS to all; else the row was changed"
        ) from None


def _place(table_id: str, n: int, kek_ver: int) -> bytes:
    return f"chain|{table_id}|{n}|{kek_ver}".encode()
