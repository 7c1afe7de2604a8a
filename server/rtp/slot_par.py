"""The slot's PAR sheet, docs/par-slot.md: made from the machine's data and published figures, nothing in it by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import prod
from typing import Final

from actors.domain.games import slot_figures as figures
from actors.domain.games.slot import MAX_STAKE_MINOR, MIN_STAKE_MINOR, SLOT, STAKES
from actors.domain.games.slot_machine import (
    CYCLE,
    LINE_PAYS,
    LINES,
    MAX_FREE_SPINS,
    MULTIPLIER,
    NAMES,
    REELS,
    SCATTER,
    SCATTER_PAYS,
    STRIPS,
    WILD,
)
from server.rtp.slot import line_pay_return, scatter_chances, scatter_return

_Z_99: Final = 2.5758
_GAMES: Final = (10_000, 100_000, 1_000_000, 10_000_000)


def sheet() -> str:
    """Return the whole page."""
    sections = (_head(), _returns(), _frequencies(), _awards(), _levels(), _band(), _pays(), _lines(), _strips())
    return "\n\n".join(sections) + "\n"


def _head() -> str:
    return f"""# PAR sheet: {SLOT.title}

Made by `croupier rtp --par > docs/par-slot.md` from `actors/domain/games/slot_machine.py`; a test holds it against the code.
Figures are exact and cut to the digits shown; `make rtp` counts them anew from the strips (docs/rtp.md).

| | |
| --- | --- |
| rules version | `{SLOT.rules_version}` |
| rules hash (SHA-256) | `{SLOT.rules_hash}` |
| reels, rows, lines | {REELS}, 3, {len(LINES)} fixed |
| stops by reel | {", ".join(str(len(strip)) for strip in STRIPS)} |
| full cycle | {CYCLE:,} |
| stake | {len(LINES)} times the line's stake, {MIN_STAKE_MINOR:,} - {MAX_STAKE_MINOR:,} minor units |
| least time between rounds | {SLOT.min_cycle_ms:,} ms |"""


def _returns() -> str:
    whole, endless = figures.whole_round(), figures.branching()
    scatters = scatter_return()
    spin = figures.mean_units() / len(LINES)
    rows = [
        ("lines", _percent(spin - scatters)),
        ("scatters", _percent(scatters)),
        ("free spins", _percent(whole.mean - spin)),
        ("**whole round**", f"**{_percent(whole.mean)}**"),
        ("by the closed formula, without the cap on free spins", _percent(endless.mean)),
        ("what the cap takes away", f"{float(endless.mean - whole.mean):.3g}"),
    ]
    return _section("Return by component", ("component", "return"), rows)


def _frequencies() -> str:
    share = figures.FULL_CYCLE
    triggers = sum(part.stops for given, part in share.items() if given)
    whole = figures.whole_round()
    rows = [
        ("paid spins that win (hit frequency)", _percent(Fraction(figures.HITS, CYCLE))),
        ("paid spins that win more than the stake", _percent(Fraction(figures.WINS_ABOVE_STAKE, CYCLE))),
        ("free spins are won once in", f"{CYCLE / triggers:.2f} paid spins"),
        ("F: free spins that a spin gives", f"{float(figures.free_spins_per_spin()):.8f}, below 1"),
        ("free spins in a round, mean", f"{float(figures.free_spins_mean()):.8f}"),
        ("free spins in a round, at most", str(MAX_FREE_SPINS)),
        ("standard deviation of a round, in stakes", f"{math.sqrt(whole.variance):.6f}"),
        ("volatility index (99 %)", f"{_Z_99 * math.sqrt(whole.variance):.4f}"),
    ]
    return _section("Frequencies", ("", ""), rows)


def _awards() -> str:
    best = max(part.best for part in figures.FULL_CYCLE.values())
    chances = scatter_chances()
    top = LINE_PAYS[2][2]
    rows = [
        (f"a given line pays {top:,} line stakes (its top award)", _odds(Fraction(figures.TOP_AWARD, CYCLE))),
        *((f"{count} lighthouses", _odds(chances[count])) for count in SCATTER_PAYS),
        ("the most that a paid spin wins", f"{best / len(LINES):,.2f} stakes"),
        ("the most that a whole round wins", f"{figures.best_units() / len(LINES):,.2f} stakes"),
    ]
    return _section("Awards and odds", ("award", "odds"), rows)


def _levels() -> str:
    exact = _percent(figures.whole_round().mean)
    rows = [(f"{stake:,}", f"{stake // len(LINES):,}", exact) for stake in STAKES]
    text = "Every pay is whole times the line's stake, so nothing is rounded at any stake."
    return _section("Return at each offered stake", ("stake (minor units)", "on a line", "return"), rows, text)


def _band() -> str:
    whole = figures.whole_round()
    rows = []
    for games in _GAMES:
        half = _Z_99 * math.sqrt(whole.variance / games)
        rows.append(
            (f"{games:,}", f"{100 * (float(whole.mean) - half):.3f} %", f"{100 * (float(whole.mean) + half):.3f} %")
        )
    return _section("Where the return lies with 99 %", ("rounds", "from", "to"), rows)


def _pays() -> str:
    rows = []
    for symbol, pays in LINE_PAYS.items():
        lines = " / ".join(_percent(line_pay_return(symbol, count)) for count in (3, 4, 5))
        rows.append((NAMES[symbol], *(f"{pay:,}" for pay in pays), lines))
    lines_table = _section(
        "Pays",
        ("symbol", "3", "4", "5", "return of 3 / 4 / 5"),
        rows,
        "In stakes of the line, from the leftmost reel on.",
    )
    scatters = [(str(count), f"{times} stakes", str(given)) for count, (times, given) in SCATTER_PAYS.items()]
    wild = f"The {NAMES[WILD]} counts as any symbol but the {NAMES[SCATTER]}. In free spins every win is times {MULTIPLIER}."
    return f"{lines_table}\n\n{wild}\n\n{_table(('lighthouses', 'pay', 'free spins'), scatters)}"


def _lines() -> str:
    rows = [(str(n), " ".join(map(str, line))) for n, line in enumerate(LINES)]
    return _section("Lines", ("line", "row on each reel (0: top)"), rows)


def _strips() -> str:
    counts = [
        (
            NAMES[symbol],
            *(str(strip.count(symbol)) for strip in STRIPS),
            str(prod(strip.count(symbol) for strip in STRIPS)),
        )
        for symbol in range(len(NAMES))
    ]
    reels = tuple(f"reel {n + 1}" for n in range(REELS))
    table = _section("Symbols on each strip", ("symbol", *reels, "product"), counts)
    longest = max(map(len, STRIPS))
    places = [
        (str(stop), *(NAMES[strip[stop]] if stop < len(strip) else "" for strip in STRIPS)) for stop in range(longest)
    ]
    return f"{table}\n\n{_section('Strips', ('place', *reels), places)}"


def _section(title: str, head: Sequence[str], rows: Iterable[Sequence[str]], text: str = "") -> str:
    return "\n\n".join(part for part in (f"## {title}", text, _table(head, rows)) if part)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _percent(value: Fraction) -> str:
    """Return a share cut to eight digits behind the point, whole numbers all the way."""
    cut = value.numerator * 10**10 // value.denominator
    return f"{cut // 10**8}.{cut % 10**8:08} %"


def _odds(chance: Fraction) -> str:
    return f"1 in {float(1 / chance):,.1f}"
