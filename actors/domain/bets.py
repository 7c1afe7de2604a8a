"""Orders to bet and to take back in a round, and what became of them. Their machine is in `round_book.py`."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

from actors.domain.commands import (
    BetPlaced,
    BetsTakenBack,
    ChipStake,
    PlaceBet,
    PlacedBet,
    Refused,
    Seat,
    SeatStakes,
    UndoBet,
)


class BetStatus(IntEnum):
    """Where a bet stands; the table above is their machine."""

    PENDING = 0
    UNKNOWN = 1
    ACCEPTED = 2
    LEAVING = 3
    GONE = 4
    REFUSED = 5
    LATE = 6


#: Members of an enum by name cost Python 3.11 a call each; these are what every bet goes through.
PENDING: Final = BetStatus.PENDING
ACCEPTED: Final = BetStatus.ACCEPTED


class Bet(msgspec.Struct, eq=False, gc=False):
    """One order to bet and what became of it. answer: what to tell the player now; None while PENDING.

    was_unknown: some attempt at the wallet had no answer, so it may be reserved. Out of the collector's sight, for there are
    many: nothing that it holds may ever hold it.
    """

    order: PlaceBet
    stakes: dict[int, int]
    stake_minor: int
    status: BetStatus = PENDING
    answer: BetPlaced | Refused | None = None
    was_unknown: bool = False

    def repeats(self, order: PlaceBet) -> bool:
        """Tell whether this is the same order sent again (the id is equal already)."""
        mine = self.order
        return mine.mode == order.mode and mine.chips == order.chips and mine.calls == order.calls

    def placed(self) -> PlacedBet:
        """Return the bet as its player sees it."""
        order, stakes = self.order, self.stakes
        if order.mode == "chips" and not order.calls and len(order.chips) == len(stakes):
            return PlacedBet(order.bet_id, order.chips, self.stake_minor)  # nothing was expanded or added up
        chips = [ChipStake(position, stake) for position, stake in stakes.items()]
        return PlacedBet(order.bet_id, chips, self.stake_minor)


class Undo:
    """One order to take bets back. answer: None until every one of them is back."""

    __slots__ = ("answer", "asking", "bets", "order")

    def __init__(self, order: UndoBet, bets: list[Bet]) -> None:
        self.order = order
        self.bets = bets
        self.asking = True
        self.answer: BetsTakenBack | None = None


class PlayerBets:
    """One player in one round. held: stake by position that counts for limits; shown: accepted stake by position."""

    __slots__ = ("attempts", "bets", "held", "held_minor", "live", "seat", "shown", "shown_minor")

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.bets: list[Bet] = []
        self.held: dict[int, int] = {}
        self.held_minor = 0
        self.shown: dict[int, int] = {}
        self.shown_minor = 0
        self.live = 0
        self.attempts = 0

    def on_layout(self) -> SeatStakes:
        """Return all that he has on the layout, accepted."""
        chips = [ChipStake(position, stake) for position, stake in self.shown.items()]
        return SeatStakes(self.seat.name, self.shown_minor, chips)


def add_stakes(stakes: dict[int, int], more: dict[int, int]) -> None:
    """Add these stakes by position."""
    for position, stake in more.items():
        stakes[position] = stakes.get(position, 0) + stake


def take_stakes(stakes: dict[int, int], less: dict[int, int]) -> None:
    """Take these stakes by position away; what is left of none is dropped."""
    for position, stake in less.items():
        left = stakes[position] - stake
        if left:
            stakes[position] = left
        else:
            del stakes[position]
