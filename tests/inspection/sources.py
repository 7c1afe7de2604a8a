"""What is inspected, and what must fail the inspection."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, Protocol

from actors.domain.games.draws import SeededDraws, commitment
from actors.domain.games.game import Draws
from server.entropy import LibsodiumEntropy


class Source(Protocol):
    """Gives one round after the other its stream of numbers, as the platform does."""

    def round(self) -> Draws:
        """Return the stream of the next round."""
        ...


class House:
    """The house's generator: every round goes on with the same stream."""

    def __init__(self) -> None:
        self._entropy = LibsodiumEntropy()

    def round(self) -> Draws:
        return self._entropy


class Seeded:
    """Verifiable rounds: HMAC streams of a seed that the house drew, and of a player's seed and the bet's number."""

    ROUNDS_PER_SEED: Final = 1_000

    def __init__(self) -> None:
        self._entropy = LibsodiumEntropy()
        self._rounds = 0

    def round(self) -> SeededDraws:
        if self._rounds % self.ROUNDS_PER_SEED == 0:
            self._seed, self._client = self._entropy.token(32).hex(), commitment(self._entropy.token(8).hex())[:16]
        self._rounds += 1
        return SeededDraws(self._seed, self._client, self._rounds)


class ModuloByte:
    """Control: a byte of the house, modulo n. Of 37 pockets the first 34 are 7/6 as likely as the last three."""

    def __init__(self) -> None:
        self._entropy = LibsodiumEntropy()

    def below(self, n: int) -> int:
        width = 1 if n <= 256 else 2
        return int.from_bytes(self._entropy.token(width), "big") % n

    def round(self) -> Draws:
        return self


class Stuck:
    """Control: fair for a while, then always the same number."""

    FAIR: Final = 5_000

    def __init__(self) -> None:
        self._entropy = LibsodiumEntropy()
        self._drawn = 0

    def below(self, n: int) -> int:
        self._drawn += 1
        return self._entropy.below(n) if self._drawn <= self.FAIR else n // 2

    def round(self) -> Draws:
        return self


class Repeating:
    """Control: one number in twenty is the one before again."""

    def __init__(self) -> None:
        self._entropy = LibsodiumEntropy()
        self._last = 0

    def below(self, n: int) -> int:
        if self._entropy.below(20) or self._last >= n:
            self._last = self._entropy.below(n)
        return self._last

    def round(self) -> Draws:
        return self


class Twister:
    """Control: Mersenne Twister, seeded with the milliseconds of its start. Fair to every statistic, and foreseeable."""

    def __init__(self) -> None:
        self._random = random.Random(time.time_ns() // 1_000_000)

    def below(self, n: int) -> int:
        return self._random.randrange(n)

    def round(self) -> Draws:
        return self


#: The platform's own sources.
OURS: Final[dict[str, Callable[[], Source]]] = {"house": House, "seeded": Seeded}
#: Controls that are sources; copies of tables and banks are made from outputs (`controls.py`).
CONTROLS: Final[dict[str, Callable[[], Source]]] = {
    "modulo of a byte": ModuloByte,
    "stuck": Stuck,
    "lag-1 copy, one in twenty": Repeating,
    "Mersenne Twister seeded with the time": Twister,
}


def foreseen(numbers: list[int], cells: int, around_ms: int, window_ms: int) -> int | None:
    """Return the seed, a millisecond near around_ms, from which a Mersenne Twister gives these numbers; None: there is none.

    This is what a player can do who saw a few rounds and knows when the table started.
    """
    for seed in range(around_ms - window_ms, around_ms + window_ms + 1):
        twister = random.Random(seed)
        if all(twister.randrange(cells) == number for number in numbers):
            return seed
    return None
