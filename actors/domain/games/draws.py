"""Numbers that a player can verify: HMAC-SHA-256 under a seed that was committed to before any bet.

block i = HMAC-SHA-256(key = seed text, message = "CLIENT:NONCE:i"), i = 0, 1, 2 ...; each block is eight words of four
bytes, most significant byte first. below(n): the next word; a word at or above the largest multiple of n below 2^32 is
thrown away and the next one taken (rejection sampling: no number is likelier than another); then word mod n.
digest = HMAC-SHA-256(key = CLIENT, message = seed text): what crash is decided by; not part of the stream of words.

CLIENT is the player's own seed (instant games) or the chain's salt (tables); NONCE the bet's or the round's number.
The seed text is 64 hexadecimal digits, used as text. Source: domain.md 5.1 (the scheme's blocks are the trade's usual).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

_SPAN: Final = 1 << 32


class SeededDraws:
    """The stream of one round. Position in it is the only state."""

    def __init__(self, seed: str, client: str, nonce: int) -> None:
        self._key = seed.encode()
        self._client = client.encode()
        self._prefix = f"{client}:{nonce}:"
        self._block = b""
        self._offset = 32
        self._number = 0

    def digest(self) -> bytes:
        """Return HMAC-SHA-256(key = client, message = seed), 32 bytes: the other way round than the blocks."""
        return hmac.digest(self._client, self._key, hashlib.sha256)

    def word(self) -> int:
        """Return the next four bytes as a number."""
        if self._offset == 32:
            self._block = hmac.digest(self._key, f"{self._prefix}{self._number}".encode(), hashlib.sha256)
            self._number += 1
            self._offset = 0
        start = self._offset
        self._offset = start + 4
        return int.from_bytes(self._block[start : start + 4], "big")

    def below(self, n: int) -> int:
        """Return a whole number in 0 .. n-1, each as likely as any other. Shape: n in 1 .. 2^32, else ValueError."""
        if not 1 <= n <= _SPAN:
            raise ValueError(f"below() takes 1 .. 2^32, not {n}")
        usable = _SPAN - _SPAN % n
        while (word := self.word()) >= usable:
            pass
        return word % n


def commitment(seed: str) -> str:
    """Return what is shown before bets open: SHA-256 of the seed's text, in hex."""
    return hashlib.sha256(seed.encode()).hexdigest()


def chain(root: str, length: int) -> list[str]:
    """Return a hash chain in the order of play: element i is SHA-256 of element i+1's text; the last one is the root.

    Element 0 is published before the first round and never played: it commits to all the others.
    """
    seeds = [root]
    for _ in range(length):
        seeds.append(commitment(seeds[-1]))
    seeds.reverse()
    return seeds
