"""Messages about what happens between the last bet and the result (tags 48, 52 - 55): crash, blackjack, live baccarat."""

from __future__ import annotations

import msgspec

from protocol.messages.session import Money


class CashedOut(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A bet that left a flight in time. multiplier: in hundredths."""

    name: str
    stake_minor: int
    multiplier: int
    payout_minor: int


class Flight(msgspec.Struct, frozen=True, array_like=True):
    """A flight of crash as everybody sees it. takeoff_ms: by the server's clock; the curve in the rules follows from it.

    riding: bets that are still in it. outs: who left it, the latest first, at most 60.
    """

    takeoff_ms: int
    riding: int
    outs: list[CashedOut]


class Hand(msgspec.Struct, frozen=True, array_like=True):
    """A hand at blackjack. seat: 0 .. 6. bet_id: of its owner's main bet. cards: as dealt, numbered as in the rules.

    state: "waiting", "acting", "stood", "bust", "blackjack"; when all is over "won", "push", "lost" of a hand that was none
    of the last two. hand: its number, seat * 10 + its place among the seat's hands, 0 .. 3. insured: its seat is.
    """

    seat: int
    name: str
    bet_id: bytes
    stake_minor: int
    cards: list[int]
    total: int
    soft: bool
    state: str
    hand: int = 0
    insured: bool = False


class Hands(msgspec.Struct, frozen=True, array_like=True):
    """All hands of a round of blackjack. dealer: his cards, -1 the hidden one.

    acting: index into hands of the one that is asked, -1: none (or all, while insurance is offered: then those in state
    "acting" have not answered). actions: what it may do, see `Act`. until_ms: when the clock acts in its place.
    insurance: whether it is being offered.
    """

    hands: list[Hand]
    dealer: list[int]
    dealer_total: int
    acting: int
    actions: list[str]
    until_ms: int
    insurance: bool


class Coup(msgspec.Struct, frozen=True, array_like=True):
    """A coup of baccarat while a dealer deals it. player, banker: their cards in the order dealt, numbered as in the rules.

    due: whose the next card is, 0 the player's, 1 the banker's; -1: all are dealt, the dealer confirms. shoe: number of the
    shoe at this table. left: how many cards are in it.
    """

    player: list[int]
    banker: list[int]
    player_total: int
    banker_total: int
    due: int
    shoe: int
    left: int


class FlightShown(msgspec.Struct, frozen=True, array_like=True, tag=48):
    """Table push: what is played at a table of crash, whole. phase becomes "playing"."""

    round_id: bytes
    server_ms: int
    flight: Flight


class HandsShown(msgspec.Struct, frozen=True, array_like=True, tag=54):
    """Table push: what is played at a table of blackjack, whole. phase becomes "playing"."""

    round_id: bytes
    server_ms: int
    hands: Hands


class CoupShown(msgspec.Struct, frozen=True, array_like=True, tag=55):
    """Table push: what is dealt at a live table of baccarat, whole: each card, and each that is taken back. phase becomes
    "playing"."""

    round_id: bytes
    server_ms: int
    coup: Coup


class Act(msgspec.Struct, frozen=True, array_like=True, tag=52, gc=False):
    """Does something with one of my bets in phase "playing". Send it unchanged until it is answered.

    action: crash "cash_out"; blackjack "hit", "stand", "double", "split", "insure", "no_insurance".
    value: by the game's rules (blackjack: `hand`, the hand's number). Where a stake is put down with it, command_id is the
    id of that bet.
    """

    table_id: str
    round_id: bytes
    command_id: bytes
    bet_id: bytes
    action: str
    value: int = 0


class Acted(msgspec.Struct, frozen=True, array_like=True, tag=53, gc=False):
    """Answers `Act`: it counts, durably; what came of it is in `FlightShown` or `HandsShown`.

    stake_minor: what was put down with it. value: crash: the multiplier, in hundredths. money: as of that stake; seq 0
    where nothing was put down.
    """

    table_id: str
    round_id: bytes
    command_id: bytes
    value: int
    stake_minor: int
    money: Money
