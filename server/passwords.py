"""Passwords: Argon2id through libsodium, in a few threads, so that the event loop stays free."""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import nacl.exceptions
import nacl.pwhash.argon2id as argon2id

PASSWORD_CHARS_MIN: Final = 8
PASSWORD_CHARS_MAX: Final = 128

# OWASP Password Storage Cheat Sheet: Argon2id with at least 19 MiB, t = 2, p = 1. Some 20 ms on a slow core, so that
# a login stays cheap for us and 200 registrations take seconds.
OPSLIMIT: Final = 2
MEMLIMIT_BYTES: Final = 19 * 2**20


def is_strong_enough(password: str, name: str) -> bool:
    """Tell whether a password may be chosen: 8 .. 128 characters, more than three different, not the name itself."""
    text = _normal(password)
    long_enough = PASSWORD_CHARS_MIN <= len(text) <= PASSWORD_CHARS_MAX
    return long_enough and len(set(text)) > 3 and text.casefold() != _normal(name).casefold()


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


class Passwords:
    """Hashes and checks passwords. A check takes the same time whether or not there is anything to check against.

    Queue: the pool's own, bounded by the number of open HTTP requests.
    """

    def __init__(self, *, opslimit: int = OPSLIMIT, memlimit_bytes: int = MEMLIMIT_BYTES, threads: int = 2) -> None:
        self._opslimit = opslimit
        self._memlimit = memlimit_bytes
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2id")
        self._dummy = self._hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the encoded hash: algorithm, costs, salt and key in one text."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hash, _normal(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether the password is the one. stored None (no such player): burns the same time and says no."""
        loop = asyncio.get_running_loop()
        same = await loop.run_in_executor(self._pool, _verify, stored or self._dummy, _normal(password))
        return same and stored is not None

    def close(self) -> None:
        """End the threads; what is running is finished first."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _hash(self, password: str) -> str:
        encoded = argon2id.str(password.encode(), opslimit=self._opslimit, memlimit=self._memlimit)
        return encoded.decode("ascii")


def _verify(stored: str, password: str) -> bool:
    try:
        return argon2id.verify(stored.encode(), password.encode())
    except nacl.exceptions.InvalidkeyError:
        return False
