"""The exact return of every bet of every game, computed outside the games; `make rtp` prints it (docs/rtp.md).

A game's module here has `rows()`: every bet's exact return and variance, computed without asking the game; `paid()`: what
the game's own code pays, enumerated, as far as that can be ([] where it cannot); `GAMES`: the games whose `returns()` and
exported rules must say the same. To add one, add its module to `MODULES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from server.rtp import baccarat, blackjack, crash, roulette, slot
from server.rtp.rows import Row, Teller, differences


class Module(Protocol):
    """What a game's module here has."""

    @property
    def GAMES(self) -> tuple[Teller, ...]:
        """Return the games that publish."""
        ...

    def rows(self) -> list[Row]:
        """Return the exact rows."""
        ...

    def paid(self) -> list[Row]:
        """Return the rows that the code pays."""
        ...


MODULES: Final[tuple[Module, ...]] = (roulette, baccarat, blackjack, slot, crash)


def rows(modules: Sequence[Module] = MODULES) -> list[Row]:
    """Return the whole table."""
    return [row for module in modules for row in module.rows()]


def faults(table: Sequence[Row], modules: Sequence[Module] = MODULES) -> list[str]:
    """Return in words where a game's code or its publications are not what the table says; [] is well."""
    paid = [row for module in modules for row in module.paid()]
    return differences(table, paid, [game for module in modules for game in module.GAMES])
