"""The chart of accounts and the numbers that amounts must keep to.

Credit-positive: a player's money is a positive balance.
An account's id says everything about it: player_id * 100_000 + ccy * 1_000 + kind; the house has player_id 0.
Source: ledger design 1.8.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """What an account is for. Numbers are stored, so they never change."""

    PSP_CLEARING = 10
    CASH = 100
    BONUS = 110
    ESCROW = 120
    WITHDRAWAL = 130
    GGR = 300
    BONUS_COST = 310


#: Amounts and balances stay below this in magnitude, so that no sum of the legs of a row can leave 64 bits.
LIMIT_MINOR: Final = 2**62
#: Above this a player's accounts would no longer fit into a signed 64-bit id.
MAX_PLAYER_ID: Final = 2**46
NO_FLOOR: Final = -(2**63)

#: Kinds whose balance may never be negative.
_FLOORED: Final = frozenset((Kind.CASH, Kind.BONUS, Kind.ESCROW, Kind.WITHDRAWAL))

_PLAYER: Final = 100_000
_CCY: Final = 1_000


def account_id(player_id: int, ccy: int, kind: int) -> int:
    """Return the id of this account. Shape: ccy in 1 .. 99, kind in 0 .. 999."""
    return player_id * _PLAYER + ccy * _CCY + kind


def account_player(account: int) -> int:
    """Return whose account it is; 0: the house's."""
    return account // _PLAYER


def account_ccy(account: int) -> int:
    """Return the currency's number in the books."""
    return account // _CCY % 100


def account_kind(account: int) -> int:
    """Return the code in the chart of accounts."""
    return account % _CCY


def floor_of(kind: int) -> int:
    """Return the lowest balance that accounts of this kind may have, in minor units."""
    return 0 if kind in _FLOORED else NO_FLOOR
