"""The randomness of outcomes, seeds and ids: a generator of its own for every holder, seeded by the operating system.

| what happens | what the generator does before it answers |
| --- | --- |
| it is made, in whatever process | is seeded: 48 bytes of the operating system, personalized by process, start and instance |
| RESEED_REQUESTS answers were given, or RESEED_S passed | mixes 32 fresh bytes in |
| the process was forked | is made anew, before the child's first number |

Nothing of it is ever stored, so a restart begins with a new seed. Why it is so: docs/adr/0011-entropy.md.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import threading
import time
from collections.abc import Callable
from typing import Final

from nacl.bindings import randombytes

from server.drbg import NONCE_BYTES, SEED_BYTES, HmacDrbg

#: Answers after which fresh entropy is mixed in, and seconds. The standard allows 2^48 answers. Source: domain.md 2.3.
RESEED_REQUESTS: Final = 1 << 16
RESEED_S: Final = 60.0

_WORD_BYTES: Final = 8
_WORD_SPAN: Final = 1 << (8 * _WORD_BYTES)
_STARTED_NS: Final = time.time_ns()
_instances: Final = itertools.count()


class SeedRepeated(Exception):
    """The operating system gave the same seed twice: its generator stands still. Nothing may be drawn."""


class LibsodiumEntropy:
    """Implements `actors.ports.Entropy` on seeds from libsodium. No two share a stream; safe to call from several threads."""

    def __init__(
        self, system: Callable[[int], bytes] = randombytes, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        """system: bytes of the operating system (libsodium reads getrandom). monotonic_s: seconds that never go back."""
        self._system = system
        self._monotonic_s = monotonic_s
        self._last_seed = b""
        self._begin()

    def below(self, n: int) -> int:
        """Return an unbiased whole number in 0 .. n-1. Shape: n in 1 .. 2^64, else ValueError.

        64-bit words at or above the largest multiple of n are thrown away (rejection sampling), so every number is
        exactly as likely as any other; a word is thrown away with probability below n / 2^64.
        """
        if not 1 <= n <= _WORD_SPAN:
            raise ValueError(f"below() takes 1 .. 2^64, not {n}")
        usable = _WORD_SPAN - _WORD_SPAN % n
        while True:
            word = int.from_bytes(self.token(_WORD_BYTES), "big")
            if word < usable:
                return word % n

    def token(self, size: int) -> bytes:
        """Return so many unpredictable bytes. Shape: size in 0 .. 65536, else ValueError."""
        if os.getpid() != self._pid:
            self._begin()  # a fork: this thread is the only one, whoever held the lock is not here
        with self._lock:
            if self._requests >= RESEED_REQUESTS or self._monotonic_s() - self._seeded_s >= RESEED_S:
                self._drbg.reseed(self._fresh(SEED_BYTES))
                self._count_anew()
            self._requests += 1
            return self._drbg.generate(size)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        seed, nonce = self._fresh(SEED_BYTES), self._fresh(NONCE_BYTES)
        self._drbg = HmacDrbg(seed, nonce, f"croupier:{self._pid}:{_STARTED_NS}:{next(_instances)}".encode())
        self._count_anew()

    def _count_anew(self) -> None:
        self._requests = 0
        self._seeded_s = self._monotonic_s()

    def _fresh(self, size: int) -> bytes:
        seed = self._system(size)
        digest = hashlib.sha256(seed).digest()
        if digest == self._last_seed:
            raise SeedRepeated
        self._last_seed = digest
        return seed
