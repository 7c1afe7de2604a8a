"""AES-256-GCM as the vault uses it: what is sealed is bound to its place, so that moved elsewhere it does not open.

Nonces are random, 96 bits; one key seals a handful of values before it is replaced, far below the 2^32 that random
nonces allow. Every opening raises InvalidTag for another key, place or version, or a changed byte.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from actors.ports import Entropy

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TABLE: Final = "player_pii"


class SealedValue(msgspec.Struct, frozen=True):
    """One value of one player. dek_ver: version of the player's key."""

    dek_ver: int
    nonce: bytes
    ct: bytes


class WrappedKey(msgspec.Struct, frozen=True):
    """A player's key, wrapped by the key-encryption key of this version. wrapped: nonce, then ciphertext."""

    dek_ver: int
    kek_ver: int
    wrapped: bytes


def seal(dek: bytes, column: str, player_id: int, dek_ver: int, text: str, entropy: Entropy) -> SealedValue:
    """Return the text sealed for this place."""
    nonce = entropy.token(NONCE_BYTES)
    ct = AESGCM(dek).encrypt(nonce, text.encode(), _value_place(column, player_id, dek_ver))
    return SealedValue(dek_ver, nonce, ct)


def unseal(dek: bytes, column: str, player_id: int, sealed: SealedValue) -> str:
    """Return the text. Raises InvalidTag."""
    return AESGCM(dek).decrypt(sealed.nonce, sealed.ct, _value_place(column, player_id, sealed.dek_ver)).decode()


def wrap(kek: bytes, kek_ver: int, player_id: int, dek: bytes, dek_ver: int, entropy: Entropy) -> WrappedKey:
    """Return a player's key, wrapped."""
    nonce = entropy.token(NONCE_BYTES)
    return WrappedKey(dek_ver, kek_ver, nonce + AESGCM(kek).encrypt(nonce, dek, _key_place(player_id, kek_ver)))


def unwrap(kek: bytes, player_id: int, key: WrappedKey) -> bytes:
    """Return a player's key. Raises InvalidTag."""
    nonce, ct = key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:]
    return AESGCM(kek).decrypt(nonce, ct, _key_place(player_id, key.kek_ver))


def blind(index_key: bytes, column: str, normal: str) -> bytes:
    """Return what is equal for equal values, and says nothing to whoever lacks the key. normal: normalised."""
    return hmac.digest(index_key, f"{column}|{normal}".encode(), hashlib.sha256)


def _value_place(column: str, player_id: int, dek_ver: int) -> bytes:
    return f"v1|{TABLE}|{column}|{player_id}|{dek_ver}".encode()


def _key_place(player_id: int, kek_ver: int) -> bytes:
    return f"dek|{player_id}|{kek_ver}".encode()
