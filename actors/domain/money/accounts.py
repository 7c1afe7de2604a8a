"""The chart of accounts and the numbers that amounts must keep to.

Credit-positive: a player's money is a positive balance.
An account's id says everything about it: owner * 100_000 + ccy * 1_000 + kind. The owner is a player, 0 for the house,
or MAX_PLAYER_ID + n for the n-th part of a house account: one per jackpot, one per other shard.
Kinds from 900 on count units that are not money (stakes towards a bonus, turnover of a jackpot): also double entry.

| kind | account | floor |
| --- | --- | --- |
| 10 | PSP clearing: deposits and payouts | none |
| 100, 110, 120, 130 | a player's cash, bonus, escrow, pending withdrawals | 0 |
| 300, 310, 320 | GGR, cost of bonuses, rake | none, none, 0 |
| 400, 410, 420, 430 | a jackpot's pool, next seed, cost of seeds, overflow above its ceiling | 0, 0, none, 0 |
| 500, 510 | money on its way to or from another shard, pots of rounds | none |
| 600, 610 | currency position, adjustments by two persons | none |
| 900, 910 | stakes that a bonus still wants, and has had | 0 |
| 920, 990 | turnover of a jackpot, where all units come from | 0, none |

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
    RAKE = 320
    JACKPOT_POOL = 400
    JACKPOT_RESERVE = 410
    JACKPOT_SEED = 420
    JACKPOT_OVERFLOW = 430
    INTER_SHARD = 500
    POT_CLEARING = 510
    EXCHANGE = 600
    ADJUSTMENT = 610
    WAGERING_OPEN = 900
    WAGERING_DONE = 910
    TURNOVER = 920
    UNITS = 990


# The kinds that every stake needs, by themselves: Python 3.11 takes 0.2 us to find a member in its enum, and a settlement
# asked for some thirty. Used in the rules of stakes and wherever every order passes.
CASH: Final = Kind.CASH
BONUS: Final = Kind.BONUS
ESCROW: Final = Kind.ESCROW
WITHDRAWAL: Final = Kind.WITHDRAWAL
GGR: Final = Kind.GGR
WAGERING_OPEN: Final = Kind.WAGERING_OPEN
WAGERING_DONE: Final = Kind.WAGERING_DONE

#: Amounts and balances stay below this in magnitude, so that no sum of the legs of a row can leave 64 bits.
LIMIT_MINOR: Final = 2**62
#: Above this a player's accounts would no longer fit into a signed 64-bit id.
MAX_PLAYER_ID: Final = 2**46
#: A house account has at most so many parts: jackpots, shards.
MAX_PART: Final = 2**16
NO_FLOOR: Final = -(2**63)

#: From here on kinds count units, not money.
FIRST_UNIT_KIND: Final = 900

#: Kinds whose balance may never be negative.
_FLOORED: Final = frozenset(
    (
        *(Kind.CASH, Kind.BONUS, Kind.ESCROW, Kind.WITHDRAWAL, Kind.RAKE),
        *(Kind.JACKPOT_POOL, Kind.JACKPOT_RESERVE, Kind.JACKPOT_OVERFLOW),
        *(Kind.WAGERING_OPEN, Kind.WAGERING_DONE, Kind.TURNOVER),
    )
)

_PLAYER: Final = 100_000
_CCY: Final = 1_000
#: Ids from the first up to, not including, the second are of players' accounts.
FIRST_PLAYERS: Final = _PLAYER
PAST_PLAYERS: Final = (MAX_PLAYER_ID + 1) * _PLAYER


def account_id(player_id: int, ccy: int, kind: int) -> int:
    """Return the id of this account. Shape: ccy in 1 .. 99, kind in 0 .. 999."""
    return player_id * _PLAYER + ccy * _CCY + kind


def house_account(ccy: int, kind: int, part: int = 0) -> int:
    """Return the id of an account of the house, or of its part 1 .. MAX_PART."""
    return account_id(MAX_PLAYER_ID + part if part else 0, ccy, kind)


def account_player(account: int) -> int:
    """Return whose account it is; 0: the house's."""
    owner = account // _PLAYER
    return owner if owner <= MAX_PLAYER_ID else 0


def account_ccy(account: int) -> int:
    """Return the currency's number in the books."""
    return account // _CCY % 100


def account_kind(account: int) -> int:
    """Return the code in the chart of accounts."""
    return account % _CCY


def floor_of(kind: int) -> int:
    """Return the lowest balance that accounts of this kind may have, in minor units."""
    return 0 if kind in _FLOORED else NO_FLOOR
