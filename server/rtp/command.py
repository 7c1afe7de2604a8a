"""`croupier rtp`: the table of exact returns."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from server.rtp.rows import READABLE_CHARS, Row

_output = Console(highlight=False, soft_wrap=True)
_error = Console(stderr=True, highlight=False, soft_wrap=True)
_HEAD: Final = ("game", "bet", "positions", "return", "edge %", "sigma", "exact return", "how")


def rtp(
    exact: Annotated[bool, typer.Option("--exact", help="long fractions too, and exact variances")] = False,
    full: Annotated[bool, typer.Option("--full", help="walk the slot's code over its full cycle too: minutes")] = False,
    simulate: Annotated[int, typer.Option(help="play so many rounds of each game instead, by its own code")] = 0,
    game: Annotated[str, typer.Option(help="simulate this game only")] = "",
    seed: Annotated[str, typer.Option(help="another seed, other rounds")] = "croupier",
    par: Annotated[bool, typer.Option("--par", help="print the slot's PAR sheet, docs/par-slot.md, instead")] = False,
    solve: Annotated[bool, typer.Option("--solve", help="solve blackjack anew (some minutes)")] = False,
) -> None:
    """Compute the return of every bet. Exit code 1: a game's code or its published paytable says otherwise."""
    from server.rtp import blackjack, faults, rows, slot, slot_par

    if par:
        typer.echo(slot_par.sheet(), nl=False)
        return
    if simulate:
        _simulate(simulate, game, seed)
        return
    table = rows()
    _output.print(Text(table_text(table, exact=exact)))
    found = faults(table) + slot.unlike_published()
    found += [*blackjack.unlike_solution(), *blackjack.unlike_variants()] if solve else []
    found += slot.unlike_code() if full else []
    for line in found:
        _error.print(Text(f"DIFFERENT: {line}"))
    games = len({row.game for row in table})
    _output.print(
        Text(f"{games} games, {len(table)} bets: {'NOT as published' if found else 'code and paytables agree'}")
    )
    if found:
        raise typer.Exit(1)


def _simulate(rounds: int, only: str, seed: str) -> None:
    """Exit code 1: a mean is further than three sigma from the exact return. 2: there is no such game."""
    from server.rtp import MODULES
    from server.rtp import rows as rows_of
    from server.rtp.simulate import GAMES, deviation, outliers

    games = {name: play for name, play in GAMES.items() if only in ("", name)}
    if not games:
        _error.print(Text(f"{only} is not simulated; there are {', '.join(GAMES)}"))
        raise typer.Exit(2)
    table = rows_of([module for module in MODULES if games.keys() & {game.name for game in module.GAMES}])
    rows = {(row.game, row.bet): row for row in table}
    found: list[str] = []
    for name, play in games.items():
        began_s = time.monotonic()
        samples = play(rounds, seed)
        took_s = time.monotonic() - began_s
        _output.print(Text(f"{name}: {rounds} rounds in {took_s:.0f} s"))
        for sample in samples:
            row = rows[sample.game, sample.bet]
            z = deviation(sample, row)
            _output.print(
                Text(f"  {sample.bet:<14} {float(sample.mean):.6f}  exact {float(row.rtp):.6f}  {z:+.2f} sigma")
            )
        found += outliers(samples, table)
    for line in found:
        _error.print(Text(f"OUTSIDE: {line}"))
    if found:
        raise typer.Exit(1)


def table_text(table: Sequence[Row], *, exact: bool = False) -> str:
    """Return the table in columns."""
    lines = [_HEAD, *(_cells(row, exact) for row in table)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD) - 1)]
    return "\n".join("  ".join([*map(str.ljust, line, widths), line[-1]]) for line in lines)


def _cells(row: Row, exact: bool) -> tuple[str, ...]:
    fraction = str(row.rtp)
    if len(fraction) > READABLE_CHARS and not exact:
        fraction = "(long)"
    how = f"{row.how}; variance {row.variance}" if exact else row.how
    return (
        *(row.game, row.bet, str(row.positions), f"{float(row.rtp):.10f}", f"{float(100 * (1 - row.rtp)):.5f}"),
        *(f"{math.sqrt(row.variance):.4f}", fraction, how),
    )
