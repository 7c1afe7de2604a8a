"""HMAC-DRBG with SHA-256: a deterministic generator as NIST SP 800-90A Rev. 1 (10.1.2) writes it, and nothing else.

Who holds one seeds it, counts its requests and keeps it from being copied: `server/entropy.py`.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

#: The most bytes of one request (2^19 bits, table 2 of the standard).
REQUEST_BYTES_MAX: Final = 1 << 16
#: Entropy of a seed at a strength of 256 bits, and the nonce's half as much beside it.
SEED_BYTES: Final = 32
NONCE_BYTES: Final = 16


class HmacDrbg:
    """Key and value, 32 bytes each. After every request both are replaced: who learns them learns no earlier output."""

    def __init__(self, seed: bytes, nonce: bytes, personalization: bytes = b"") -> None:
        """Instantiate. Shape: seed of at least SEED_BYTES, nonce of at least NONCE_BYTES."""
        self._key = bytes(32)
        self._value = b"\x01" * 32
        self._update(seed + nonce + personalization)

    def reseed(self, seed: bytes) -> None:
        """Mix fresh entropy in: who knew the state and not the seed knows nothing of what follows."""
        self._update(seed)

    def generate(self, size: int) -> bytes:
        """Return the next bytes. Shape: size in 0 .. REQUEST_BYTES_MAX, else ValueError."""
        if not 0 <= size <= REQUEST_BYTES_MAX:
            raise ValueError(f"a request is for 0 .. {REQUEST_BYTES_MAX} bytes, not {size}")
        key, value, blocks = self._key, self._value, []
        for _ in range(0, size, 32):
            value = hmac.digest(key, value, hashlib.sha256)
            blocks.append(value)
        self._value = value
        self._update(b"")
        return b"".join(blocks)[:size]

    def _update(self, provided: bytes) -> None:
        for round_byte in (b"\x00", b"\x01") if provided else (b"\x00",):
            self._key = hmac.digest(self._key, self._value + round_byte + provided, hashlib.sha256)
            self._value = hmac.digest(self._key, self._value, hashlib.sha256)
