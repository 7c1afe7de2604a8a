"""Samples of the messages of a dealer's desk and of the cards that are dealt there, for golden frames and the page."""

from __future__ import annotations

from typing import Final

from protocol.envelope import Kind
from protocol.messages import (
    ClientMessage,
    Coup,
    CoupShown,
    DealerCard,
    DealerShoe,
    DealerState,
    DealerTakeBack,
    ServerMessage,
    Shoe,
)

_TABLE: Final = "live-2"
_ROUND: Final = bytes.fromhex("0199c0de0001750080000000000000a1")
_NOW: Final = 1_759_878_905_000

COUP: Final = Coup([8, 35], [12], 8, 0, 1, 3, 401)

#: Name -> request.
CLIENT: Final[dict[str, ClientMessage]] = {
    "DealerCard": DealerCard(_TABLE, _ROUND, 7, 35, 0, "sensor"),
    "DealerTakeBack": DealerTakeBack(_TABLE, _ROUND, 8, 35, "misread"),
    "DealerShoe": DealerShoe(_TABLE, 1, "new", 4, 16, "torn card"),
    "DealerShoe/cut": DealerShoe(_TABLE, 9, "cut"),
}

#: Name -> (kind, ref, seq, body).
SERVER: Final[dict[str, tuple[Kind, int, int, ServerMessage]]] = {
    "DealerState": (
        Kind.REPLY,
        10,
        0,
        DealerState("live-1", "number", _ROUND, 42, 0, _NOW, 32, "sensor", 12, 3, 42_000, "Dora"),
    ),
    "CoupShown": (Kind.PUSH, 4, 12, CoupShown(_ROUND, _NOW, COUP)),
    "DealerState/cards": (
        Kind.PUSH,
        0,
        7,
        DealerState(
            *(_TABLE, "playing", _ROUND, 42, 0, _NOW, -1, "", 12, 3, 42_000, "Dora"),
            [Shoe(7, 3, "round", 401, 0, 16, 2, -1, [8, 12, 35], 1)],
        ),
    ),
}
