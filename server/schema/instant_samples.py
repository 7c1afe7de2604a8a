"""Samples of the messages of instant games, for golden frames and the page."""

from __future__ import annotations

from typing import Final

from protocol.envelope import Kind
from protocol.messages import (
    ClientMessage,
    GetSeeds,
    Money,
    RevealedSeed,
    RotateSeed,
    Seeds,
    ServerMessage,
    Spin,
    SpinResult,
)

_SPIN: Final = bytes.fromhex("0199c0de0102700b8a00000000000004")
_ORDER: Final = bytes.fromhex("0199c0de0304700d8c00000000000005")
_SEED: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_COMMITMENT: Final = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
_NEXT: Final = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"

#: Name -> request.
CLIENT: Final[dict[str, ClientMessage]] = {
    "Spin": Spin("slot", _SPIN, 200),
    "GetSeeds": GetSeeds("slot"),
    "RotateSeed": RotateSeed("slot", _ORDER, "my-own-seed"),
}

#: Name -> (kind, ref, seq, body).
SERVER: Final[dict[str, tuple[Kind, int, int, ServerMessage]]] = {
    "SpinResult": (
        Kind.REPLY,
        13,
        0,
        SpinResult(
            *("slot", _SPIN, 200, 40, 20, [3, 0, 27, 14, 9], _COMMITMENT, "my-own-seed", 41),
            *(Money(97_340, 0, 4_716), -160, "slot-lantern-1:000000000000"),
        ),
    ),
    "Seeds": (
        Kind.REPLY,
        14,
        0,
        Seeds("slot", _NEXT, "my-own-seed", 42, _NEXT, [RevealedSeed(_SEED, _COMMITMENT, "before", 7)]),
    ),
}
