"""Messages of a live table's dealer and devices (tags 60 - 69); for the role "dealer" (or "device" where said)."""

from __future__ import annotations

import msgspec


class DealerSit(msgspec.Struct, frozen=True, array_like=True, tag=60, gc=False):
    """Takes over a live table (the newer dealer wins) and asks for its state."""

    table_id: str


class DealerOpen(msgspec.Struct, frozen=True, array_like=True, tag=61, gc=False):
    """Opens a round for betting.

    command_id: made by the client, of origin class 0. window_s: how long bets are taken; 0: until closed by hand.
    """

    table_id: str
    command_id: bytes
    window_s: int = 0


class DealerClose(msgspec.Struct, frozen=True, array_like=True, tag=62, gc=False):
    """No more bets."""

    table_id: str
    round_id: bytes


class DealerNumber(msgspec.Struct, frozen=True, array_like=True, tag=63, gc=False):
    """Enters the number the wheel shows. source: "manual" or "sensor" (role device may send this one message).

    A number that differs from one already entered replaces it until it is confirmed.
    """

    table_id: str
    round_id: bytes
    number: int
    source: str = "manual"


class DealerConfirm(msgspec.Struct, frozen=True, array_like=True, tag=64, gc=False):
    """Confirms the entered number, which must be repeated: the outcome is recorded, published and settled."""

    table_id: str
    round_id: bytes
    number: int


class DealerVoid(msgspec.Struct, frozen=True, array_like=True, tag=65, gc=False):
    """Voids the round before a number is confirmed: every stake goes back."""

    table_id: str
    round_id: bytes
    reason: str


class DealerCard(msgspec.Struct, frozen=True, array_like=True, tag=67, gc=False):
    """Deals the next card of the coup, once no more bets are taken (role device may send it: a scanner).

    seq: one more than `Shoe.seq`; the same again is answered and not dealt twice. hand: 0 player, 1 banker, -1: whose it is.
    card: numbered as in the rules. source: "manual" or "sensor".
    """

    table_id: str
    round_id: bytes
    seq: int
    card: int
    hand: int = -1
    source: str = "manual"


class DealerTakeBack(msgspec.Struct, frozen=True, array_like=True, tag=68, gc=False):
    """Takes the last card of the coup back, before the coup is confirmed: it was read wrongly, another lies there."""

    table_id: str
    round_id: bytes
    seq: int
    card: int
    reason: str = ""


class DealerShoe(msgspec.Struct, frozen=True, array_like=True, tag=69, gc=False):
    """Something happened to the shoe. seq: as in `DealerCard`.

    event: "new": a shuffled shoe is on the table, value is the card turned over first, cut how many cards from the end the
    cut card lies (14 - 104), reason why, where the shoe before was not over. "burned": value cards were burned, unseen.
    "cut": the cut card has come.
    """

    table_id: str
    seq: int
    event: str
    value: int = -1
    cut: int = 0
    reason: str = ""


class Shoe(msgspec.Struct, frozen=True, array_like=True):
    """The shoe of a live table and the coup that is dealt from it. seq: the number of the last event; 0: there was none.

    number: which shoe of the table. state: "loaded" (none yet), "burning", "between" (coups), "round" (cards are out), "over".
    left: cards in it. to_burn: cards still to be burned. cut: how many cards from the end the cut card lies. rounds: coups dealt
    to their end. rounds_left: coups that may still be dealt, with the one in play; -1: the cut card has not come.
    cards: of the coup in play, in the order dealt. due: to whom the next one goes, 0 player, 1 banker; -1: all are dealt.
    """

    seq: int
    number: int
    state: str
    left: int
    to_burn: int
    cut: int
    rounds: int
    rounds_left: int
    cards: list[int]
    due: int


class DealerState(msgspec.Struct, frozen=True, array_like=True, tag=66):
    """Answers every dealer message, and is pushed on the personal stream of the dealer (and device) at each change.

    phase: as in `TableSnapshot`, and "number" (a number is entered, or all cards are dealt; not confirmed).
    number: entered or confirmed, else -1. source: of that number. bets, players, stake_minor: of this round.
    shoe: one where cards are dealt.
    """

    table_id: str
    phase: str
    round_id: bytes
    round_no: int
    closes_ms: int
    server_ms: int
    number: int
    source: str
    bets: int
    players: int
    stake_minor: int
    dealer: str
    shoe: list[Shoe] = []
