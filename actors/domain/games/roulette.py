"""European roulette: one zero, 157 positions, every one of which returns 36/37 of what is staked on it.

Positions are numbered by family; inside a family they ascend by the numbers they cover, compared as tuples (the last
six have the order written here). The numbers of positions stand in the journal's plans, so they never change:

| positions | family | covers | pays |
| --- | --- | --- | --- |
| 0 - 36 | straight, position = number | 1 | 35 to 1 |
| 37 - 96 | split: (0,1) (0,2) (0,3) (1,2) (1,4) ... (35,36) | 2 | 17 to 1 |
| 97 - 110 | trios (0,1,2) (0,2,3), then streets (1,2,3) ... (34,35,36) | 3 | 11 to 1 |
| 111 - 133 | first four (0,1,2,3), then corners (1,2,4,5) ... (32,33,35,36) | 4 | 8 to 1 |
| 134 - 144 | six lines (1-6) (4-9) ... (31-36) | 6 | 5 to 1 |
| 145 - 147 | dozens 1-12, 13-24, 25-36 | 12 | 2 to 1 |
| 148 - 150 | columns of 1, of 2, of 3 | 12 | 2 to 1 |
| 151 - 156 | red, black, odd, even, low (1-18), high (19-36); zero loses | 18 | 1 to 1 |

Source: house rules, domain.md 7.1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import msgspec

POCKETS: Final = 37

#: The numbers in the order they stand on the wheel, clockwise from zero.
WHEEL: Final[tuple[int, ...]] = (
    *(0, 32, 15, 19, 4, 21, 2, 25, 17, 34, 6, 27, 13, 36, 11, 30, 8, 23, 10),
    *(5, 24, 16, 33, 1, 20, 14, 31, 9, 22, 18, 29, 7, 28, 12, 35, 3, 26),
)

RED: Final = frozenset((1, 3, 5, 7, 9, 12, 14, 16, 18, 19, 21, 23, 25, 27, 30, 32, 34, 36))


class Position(msgspec.Struct, frozen=True):
    """A place on the layout where chips may lie. pays: "pays to 1"; the stake comes back on top of it."""

    position: int
    kind: str
    name: str
    numbers: tuple[int, ...]
    pays: int


def _dashed(numbers: tuple[int, ...]) -> str:
    return "-".join(map(str, numbers))


def _splits() -> list[tuple[int, ...]]:
    across = [(n, n + 1) for n in range(1, 36) if n % 3]
    along = [(n, n + 3) for n in range(1, 34)]
    return sorted([(0, 1), (0, 2), (0, 3), *across, *along])


def _corners() -> list[tuple[int, ...]]:
    return [(n, n + 1, n + 3, n + 4) for n in range(1, 33) if n % 3]


def _families() -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Yield kind, name and covered numbers of all positions, in the order of their numbers."""
    for n in range(POCKETS):
        yield "straight", f"Straight {n}", (n,)
    for split in _splits():
        yield "split", f"Split {_dashed(split)}", split
    for trio in ((0, 1, 2), (0, 2, 3)):
        yield "trio", f"Trio {_dashed(trio)}", trio
    for first in range(1, 37, 3):
        street = (first, first + 1, first + 2)
        yield "street", f"Street {_dashed(street)}", street
    yield "first_four", "First four 0-1-2-3", (0, 1, 2, 3)
    for corner in _corners():
        yield "corner", f"Corner {_dashed(corner)}", corner
    for first in range(1, 34, 3):
        yield "six_line", f"Six line {first}-{first + 5}", tuple(range(first, first + 6))
    for nth, first in (("1st", 1), ("2nd", 13), ("3rd", 25)):
        yield "dozen", f"{nth} dozen", tuple(range(first, first + 12))
    for nth, first in (("1st", 1), ("2nd", 2), ("3rd", 3)):
        yield "column", f"{nth} column", tuple(range(first, 37, 3))
    spots = range(1, POCKETS)
    yield "red", "Red", tuple(n for n in spots if n in RED)
    yield "black", "Black", tuple(n for n in spots if n not in RED)
    yield "odd", "Odd", tuple(n for n in spots if n % 2)
    yield "even", "Even", tuple(n for n in spots if n % 2 == 0)
    yield "low", "Low 1-18", tuple(range(1, 19))
    yield "high", "High 19-36", tuple(range(19, 37))


#: All positions; the index is the position's number.
LAYOUT: Final[tuple[Position, ...]] = tuple(
    Position(index, kind, name, numbers, 36 // len(numbers) - 1)
    for index, (kind, name, numbers) in enumerate(_families())
)

#: How many numbers each position covers.
SIZES: Final[tuple[int, ...]] = tuple(len(place.numbers) for place in LAYOUT)

#: RETURNS[drawn][position]: how many times the stake comes back, the stake included; 0 if lost.
RETURNS: Final[tuple[tuple[int, ...], ...]] = tuple(
    tuple(place.pays + 1 if drawn in place.numbers else 0 for place in LAYOUT) for drawn in range(POCKETS)
)

#: Position by what it covers (no two positions cover the same numbers).
BY_NUMBERS: Final[dict[tuple[int, ...], int]] = {place.numbers: place.position for place in LAYOUT}


def _call(*parts: tuple[int, tuple[int, ...]]) -> tuple[tuple[int, int], ...]:
    return tuple((BY_NUMBERS[numbers], units) for units, numbers in parts)


#: Announced bets: name -> (position, units) of each chip.
CALLS: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "voisins": _call(
        (2, (0, 2, 3)), (1, (4, 7)), (1, (12, 15)), (1, (18, 21)), (1, (19, 22)), (2, (25, 26, 28, 29)), (1, (32, 35))
    ),
    "tiers": _call((1, (5, 8)), (1, (10, 11)), (1, (13, 16)), (1, (23, 24)), (1, (27, 30)), (1, (33, 36))),
    "orphelins": _call((1, (1,)), (1, (6, 9)), (1, (14, 17)), (1, (17, 20)), (1, (31, 34))),
}


def payout(position: int, stake_minor: int, drawn: int) -> int:
    """Return what a stake on this position pays, stake included; 0 if lost.

    Units: minor units. Shape: position in 0 .. 156, drawn in 0 .. 36. Refuses: nothing; the bet was checked before.
    Source: house rules, domain.md 7.1.
    """
    return RETURNS[drawn][position] * stake_minor


def expand_call(name: str, unit_minor: int) -> list[tuple[int, int]]:
    """Return (position, stake) of each chip of an announced bet. Raises KeyError for a name that is not in CALLS."""
    return [(position, units * unit_minor) for position, units in CALLS[name]]


def theoretical_rtp(position: int) -> Fraction:
    """Return the expected return of one unit staked on this position, by enumerating the wheel."""
    return Fraction(sum(payout(position, 1, drawn) for drawn in range(POCKETS)), POCKETS)


def paytable() -> list[dict[str, Any]]:
    """Return the layout for clients: one {position, kind, name, numbers, pays} for each position, by number."""
    return [msgspec.to_builtins(place) for place in LAYOUT]


def export_rules() -> dict[str, Any]:
    """Return everything a client must know of the rules: version, wheel, red numbers, positions, announced bets.

    Shape: calls is {name: [{position, units}]}; rtp is "36/37", true of every position.
    """
    return {
        "game": "roulette",
        "rules_version": RULES_VERSION,
        "rules_hash": RULES_HASH,
        "wheel": list(WHEEL),
        "red": sorted(RED),
        "rtp": str(theoretical_rtp(0)),
        "positions": paytable(),
        "calls": {name: [{"position": p, "units": u} for p, u in chips] for name, chips in CALLS.items()},
    }


def _rules_hash() -> str:
    rules = {"wheel": WHEEL, "positions": paytable(), "calls": CALLS}
    return hashlib.sha256(json.dumps(rules, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


#: SHA-256 (hex) over the canonical JSON of wheel, positions and announced bets.
RULES_HASH: Final = _rules_hash()

#: Stored with every round: which rules it was played by.
RULES_VERSION: Final = f"roulette-eu-1:{RULES_HASH[:12]}"
