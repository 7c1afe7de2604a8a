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


class DealerState(msgspec.Struct, frozen=True, array_like=True, tag=66, gc=False):
    """Answers every dealer message, and is pushed on the personal stream of the dealer (and device) at each change.

    phase: as in `TableSnapshot`, and "number" (a number is entered, not confirmed).
    number: entered or confirmed, else -1. source: of that number. bets, players, stake_minor: of this round.
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
