"""What makes one table different from another. Stored as JSON in `casino.game_table.config`."""

from __future__ import annotations

from typing import Final

import msgspec

from actors.domain.games.game import BetLimits

#: The usual limits: k -> the most one player may have on a position that covers k numbers.
MAX_BY_SIZE: Final = {1: 10_000, 2: 20_000, 3: 30_000, 4: 40_000, 6: 60_000, 12: 120_000, 18: 200_000}


class TableConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A table's settings. Durations in ms, stakes in minor units of `ccy` (its number in the books).

    kind: "rng" (the server spins), "live" (a dealer spins; betting_ms and pause_ms are unused), or "instant" (each order is a
    round; of the limits only min_stake_minor and max_table_minor count, and min_cycle_ms holds for each player).
    grace_ms: how long after closing, at most, a bet may still arrive that its gateway received in time.
    drain_ms: how long after that the wallets may still answer; what they have not answered then is voided.
    max_by_size: k -> the most one player may have on a position that covers k numbers.
    max_table_minor: the most one player may have on the whole layout.
    max_chips: chips and announced bets in one order. max_bets: bets of one player in one round.
    max_round_bets: bets of all players in one round; more are answered BUSY. sort: place in the lobby.
    min_cycle_ms: the least time from one round's opening to the next of an RNG table; -1: the game's own.
    """

    table_id: str
    kind: str
    title: str
    ccy: int = 1
    betting_ms: int = 15_000
    pause_ms: int = 6_000
    grace_ms: int = 150
    drain_ms: int = 3_000
    min_stake_minor: int = 100
    max_table_minor: int = 500_000
    max_by_size: dict[int, int] = msgspec.field(default_factory=lambda: dict(MAX_BY_SIZE))
    max_chips: int = 200
    max_bets: int = 200
    max_round_bets: int = 50_000
    min_cycle_ms: int = -1
    game: str = "roulette"
    sort: int = 0

    @property
    def is_live(self) -> bool:
        """Tell whether a dealer spins."""
        return self.kind == "live"

    @property
    def is_instant(self) -> bool:
        """Tell whether there are no rounds: each order is one."""
        return self.kind == "instant"

    def bet_limits(self) -> BetLimits:
        """Return the limits in the shape that the game's checks take."""
        return BetLimits(self.min_stake_minor, self.max_table_minor, self.max_by_size, self.max_chips)


def default_tables() -> list[TableConfig]:
    """Return the tables of a fresh casino."""
    return [
        TableConfig(table_id="roulette-1", kind="rng", title="European Roulette", sort=1),
        TableConfig(
            table_id="roulette-2", kind="rng", title="Speed Roulette", betting_ms=6_000, pause_ms=3_000, sort=2
        ),
        TableConfig(table_id="live-1", kind="live", title="Live Roulette", betting_ms=0, pause_ms=0, sort=3),
        TableConfig(
            table_id="live-2",
            kind="live",
            title="Live Baccarat",
            game="baccarat",
            betting_ms=0,
            pause_ms=0,
            max_by_size={0: 200_000, 1: 200_000, 2: 40_000, 3: 30_000, 4: 30_000},
            sort=3,
        ),
        TableConfig(
            table_id="baccarat-1",
            kind="rng",
            title="Baccarat",
            game="baccarat",
            pause_ms=8_000,
            max_by_size={0: 200_000, 1: 200_000, 2: 40_000, 3: 30_000, 4: 30_000},
            sort=4,
        ),
        TableConfig(
            table_id="baccarat-2",
            kind="rng",
            title="No Commission Baccarat",
            game="baccarat-no-commission",
            pause_ms=8_000,
            max_by_size={0: 200_000, 1: 200_000, 2: 40_000, 3: 30_000, 4: 30_000, 5: 30_000},
            sort=5,
        ),
        TableConfig(
            table_id="blackjack-1",
            kind="rng",
            title="Blackjack",
            game="blackjack",
            max_by_size={0: 100_000, 1: 20_000, 2: 20_000, 3: 100_000},
            sort=6,
        ),
        TableConfig(
            table_id="crash-1",
            kind="rng",
            title="Crash",
            game="crash",
            betting_ms=8_000,
            pause_ms=4_000,
            max_by_size={1: 100_000},
            sort=7,
        ),
        TableConfig(
            table_id="slot",
            kind="instant",
            title="Lantern Bay",
            game="slot",
            min_stake_minor=20,
            max_table_minor=5_000,
            sort=8,
        ),
    ]
