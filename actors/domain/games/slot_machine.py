"""Lantern Bay, the machine: five reels of three rows, twenty fixed lines, all of it as data.

Symbols are numbers in recorded outcomes' pictures and in the rules' hash, so they never change: 0 the wild lantern, 1 the
scatter (lighthouse), 2 .. 9 what lines pay for, the dearest first. Strips are written with one letter a symbol, in order
from the top: a reel that stops at s shows the places s, s+1, s+2 of its strip, and after the last comes the first.

* A line pays for three, four or five equal symbols on it, from the leftmost reel on. A lantern counts as any of them (not
  as a lighthouse); reels 1 and 5 have none, so every line has one symbol that it may pay for. Units: of the line's stake.
* Three, four or five lighthouses anywhere pay times the whole stake, and give free spins: same reels, no stake, every win
  times MULTIPLIER. They may give more; of one round there are at most MAX_FREE_SPINS, what is above is not given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

REELS: Final = 5
ROWS: Final = 3
WILD: Final = 0
SCATTER: Final = 1
LETTERS: Final = "WSABCDEFGH"
NAMES: Final[tuple[str, ...]] = (
    *("lantern", "lighthouse", "whale", "schooner", "compass", "anchor", "bell", "rope", "shell", "gull"),
)

STRIPS: Final[tuple[tuple[int, ...], ...]] = tuple(
    tuple(map(LETTERS.index, letters))
    for letters in (
        "FESAHDCBFHCFGEFBCDHGDHEGHEAG",
        "BCEHAGDFHDGHCSEFGBEHDWFACFBGH",
        "BGEHFEDWCGAHFBHCWDHBEGSDFGCE",
        "GBFDEHFEHGCFGDHEDCWGHSAEGFABC",
        "BGHSDCHFECGFDHGABFHEDGFEGHEC",
    )
)

#: Rows (0: the top one) that each line runs over, from the first reel to the last.
LINES: Final[tuple[tuple[int, ...], ...]] = tuple(
    tuple(map(int, rows))
    for rows in (
        *("11111", "00000", "22222", "01210", "21012", "00122", "22100", "10001", "12221", "10121"),
        *("12101", "01110", "21112", "01010", "21212", "11011", "11211", "00200", "22022", "02020"),
    )
)

#: Symbol -> what three, four and five of it on a line pay, in stakes of the line.
LINE_PAYS: Final[dict[int, tuple[int, int, int]]] = {
    2: (60, 300, 2000),
    3: (40, 150, 800),
    4: (30, 120, 400),
    5: (20, 75, 300),
    6: (15, 40, 150),
    7: (10, 30, 120),
    8: (8, 25, 100),
    9: (5, 20, 80),
}
#: How many scatters -> what they pay, in whole stakes, and how many free spins they give.
SCATTER_PAYS: Final[dict[int, tuple[int, int]]] = {3: (2, 10), 4: (10, 15), 5: (50, 20)}
MULTIPLIER: Final = 3
MAX_FREE_SPINS: Final = 100

#: Every combination of stops, each as likely as any other.
CYCLE: Final = len(STRIPS[0]) * len(STRIPS[1]) * len(STRIPS[2]) * len(STRIPS[3]) * len(STRIPS[4])

Stops = tuple[int, ...]
Window = tuple[tuple[int, ...], ...]


class LineWin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line that pays. line: 0 .. 19. count: how many symbols of it, from the left. units: stakes of a line."""

    line: int
    symbol: int
    count: int
    units: int


class SpinShown(msgspec.Struct, frozen=True, array_like=True):
    """One spin as it is shown. window: by reel, from the top. units: all it won, multiplied, in stakes of a line.

    scatters: how many are in the window. free_spins: how many more this spin gave.
    """

    stops: Stops
    window: Window
    wins: tuple[LineWin, ...]
    scatters: int
    units: int
    free_spins: int


class Round(msgspec.Struct, frozen=True, array_like=True):
    """A whole round: the paid spin first, then its free spins. units: all it won, in stakes of a line."""

    spins: tuple[SpinShown, ...]
    units: int


def window(stops: Stops) -> Window:
    """Return the symbols that these stops show, by reel, from the top."""
    return tuple(
        tuple(strip[(stop + row) % len(strip)] for row in range(ROWS))
        for strip, stop in zip(STRIPS, stops, strict=True)
    )


def line_win(shown: Window, line: int) -> LineWin | None:
    """Return what a line pays in this window, or None."""
    rows = LINES[line]
    symbol = shown[0][rows[0]]
    count = 1
    while count < REELS and shown[count][rows[count]] in (symbol, WILD):
        count += 1
    if symbol not in LINE_PAYS or count < 3:
        return None
    return LineWin(line, symbol, count, LINE_PAYS[symbol][count - 3])


def show(stops: Stops, *, is_free: bool, left: int) -> SpinShown:
    """Return what a spin that stops so comes to. left: how many free spins the round may still be given."""
    shown = window(stops)
    wins = tuple(win for line in range(len(LINES)) if (win := line_win(shown, line)) is not None)
    scatters = sum(reel.count(SCATTER) for reel in shown)
    times, free_spins = SCATTER_PAYS.get(scatters, (0, 0))
    units = (sum(win.units for win in wins) + times * len(LINES)) * (MULTIPLIER if is_free else 1)
    return SpinShown(stops, shown, wins, scatters, units, min(free_spins, left))


def play(next_stops: Callable[[], Stops]) -> Round:
    """Return the round that these stops make: asked for once for the paid spin, then once for each free spin."""
    spins = [show(next_stops(), is_free=False, left=MAX_FREE_SPINS)]
    given = spins[0].free_spins
    while len(spins) <= given:
        spin = show(next_stops(), is_free=True, left=MAX_FREE_SPINS - given)
        given += spin.free_spins
        spins.append(spin)
    return Round(tuple(spins), sum(spin.units for spin in spins))
