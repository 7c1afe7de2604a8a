"""The randomness of outcomes and ids: libsodium's generator."""

from __future__ import annotations

from typing import Final

from nacl.bindings import randombytes

_WORD_BYTES: Final = 8
_WORD_SPAN: Final = 1 << (8 * _WORD_BYTES)


class LibsodiumEntropy:
    """Randomness by libsodium's `randombytes_buf`, which asks the operating system for every draw.

    No state of ours: a fork, a restart or a second copy of an actor can never repeat or share a stream.
    """

    def below(self, n: int) -> int:
        """Return an unbiased whole number in 0 .. n-1. Shape: n in 1 .. 2^64, else ValueError.

        64-bit words at or above the largest multiple of n are thrown away (rejection sampling), so every number is
        exactly as likely as any other; a word is thrown away with probability below n / 2^64.
        """
        if not 1 <= n <= _WORD_SPAN:
            raise ValueError(f"below() takes 1 .. 2^64, not {n}")
        usable = _WORD_SPAN - _WORD_SPAN % n
        while True:
            word = int.from_bytes(randombytes(_WORD_BYTES), "big")
            if word < usable:
                return word % n

    def token(self, size: int) -> bytes:
        """Return so many unpredictable bytes."""
        token: bytes = randombytes(size)
        return token
