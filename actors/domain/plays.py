"""What everybody at a table may see of a play (`games/game.py`). Each view is whole: it replaces the one before."""

from __future__ import annotations

import msgspec


class CashOut(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A bet that left a flight in time. multiplier: in hundredths."""

    name: str
    stake_minor: int
    multiplier: int
    payout_minor: int


class FlightView(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A flight of crash. takeoff_ms: by the server's clock; the curve follows from it. outs: at most 60, latest first."""

    takeoff_ms: int
    riding: int
    outs: list[CashOut]


class HandView(msgspec.Struct, frozen=True, array_like=True):
    """A hand at blackjack. cards: as dealt; the dealer's hidden card is -1.

    bet_id: of the seat owner's main bet (his first, where he put down several). state: "waiting", "acting", "stood",
    "bust", "blackjack"; of a hand that was none of the last two, when all is over: "won", "push", "lost".
    hand: the hand's number, seat * 10 + its place among the seat's hands (0 .. 3): an order names it (`Step.value`), since
    one bet may lie on several seats. stake_minor: all that rides on the hand, doubled or not. insured: of the seat.
    """

    seat: int
    name: str
    bet_id: bytes
    stake_minor: int
    cards: list[int]
    total: int
    soft: bool
    state: str
    hand: int
    insured: bool


class HandsView(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """All hands of a round of blackjack. dealer: his cards, -1 the hidden one.

    acting: index into hands of the one that is asked, -1: none (or all, while insurance is offered: then those in state
    "acting" have not answered). actions: what it may do. until_ms: when the clock acts in its place (0: never again).
    insurance: whether it is being offered.
    """

    hands: list[HandView]
    dealer: list[int]
    dealer_total: int
    acting: int
    actions: list[str]
    until_ms: int
    insurance: bool


class CoupView(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """A coup of baccarat as a dealer deals it: both hands, each in the order dealt.

    due: whose the next card is, 0 the player's, 1 the banker's, -1: all are dealt. shoe: its number at this table.
    left: how many cards are in it.
    """

    player: list[int]
    banker: list[int]
    player_total: int
    banker_total: int
    due: int
    shoe: int
    left: int


PlayView = FlightView | HandsView | CoupView
