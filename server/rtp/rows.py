"""A line of the table of exact returns, and how code and published paytable are held against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, Protocol

import msgspec

from actors.domain.games.game import BetReturn, Outcome

#: The stake with which code is asked what it pays: no bet's winnings have to be rounded.
STAKE: Final = 1_000_000
#: A fraction with more characters than this is too long to read.
READABLE_CHARS: Final = 48


class Row(msgspec.Struct, frozen=True):
    """The return of one unit on one kind of bet, stake included, computed without asking the game.

    game, bet: `Game.name` and `BetReturn.name`. positions: how many positions are such bets. how: a few words, printed.
    """

    game: str
    bet: str
    positions: int
    rtp: Fraction
    variance: Fraction
    how: str


class Teller(Protocol):
    """The part of a `Game` that is held against the table."""

    name: str

    def export_rules(self) -> dict[str, Any]:
        """Return the rules as published."""
        ...

    def returns(self) -> list[BetReturn]:
        """Return what is published of each bet's return."""
        ...


class Payer(Protocol):
    """The part of a `TableGame` that pays."""

    name: str

    def payout(self, position: int, stake_minor: int, outcome: Outcome) -> int:
        """Return what a stake pays."""
        ...


def row_of(game: str, bet: str, positions: int, returns: Mapping[Fraction, int], how: str) -> Row:
    """Return the row of a bet of which `returns` tells: what comes back of one unit -> in how many equally likely cases.

    The cases must be all there are, the lost ones (return 0) too.
    """
    cases = sum(returns.values())
    mean = sum((back * count for back, count in returns.items()), Fraction(0)) / cases
    square = sum((back * back * count for back, count in returns.items()), Fraction(0)) / cases
    return Row(game, bet, positions, mean, square - mean * mean, how)


def paid_rows(
    game: Payer, bets: Mapping[str, Sequence[int]], outcomes: Iterable[tuple[Outcome, int]], how: str
) -> list[Row]:
    """Return what `payout` pays over all outcomes, each with its number of equally likely cases: a row for each position.

    bets: name of the bet -> its positions.
    """
    cases = list(outcomes)
    rows = []
    for bet, positions in bets.items():
        for position in positions:
            returns: dict[Fraction, int] = {}
            for outcome, count in cases:
                back = Fraction(game.payout(position, STAKE, outcome), STAKE)
                returns[back] = returns.get(back, 0) + count
            rows.append(row_of(game.name, bet, len(positions), returns, how))
    return rows


def differences(exact: Sequence[Row], paid: Sequence[Row], tellers: Iterable[Teller]) -> list[str]:
    """Return in words where the code's payouts, `returns()` or the exported rules are not what was computed; [] is well.

    Every exact row must be published, and every published one computed. Code may be enumerated in part.
    """
    known = {(row.game, row.bet): row for row in exact}
    found = [f"{row.game}: {row.bet} is computed twice" for row in exact if known[row.game, row.bet] is not row]
    for row in paid:
        found += _unlike(row.game, row.bet, known.get((row.game, row.bet)), row, "payouts enumerated")
    told: set[tuple[str, str]] = set()
    for teller in tellers:
        for bet in teller.returns():
            told.add((teller.name, bet.name))
            found += _unlike(teller.name, bet.name, known.get((teller.name, bet.name)), bet, "returns()")
        found += _unlike_rules(teller, known)
    found += [f"{game}: {bet} is computed and not published" for game, bet in known if (game, bet) not in told]
    return found


def _unlike(game: str, bet: str, exact: Row | None, other: Row | BetReturn, what: str) -> list[str]:
    if exact is None:
        return [f"{game}: {bet}: {what} has it, and nothing computed"]
    names = ("positions", "rtp", "variance")
    return [
        f"{game}: {bet}: {what} says {name} {getattr(other, name)}, computed {getattr(exact, name)}"
        for name in names
        if getattr(other, name) != getattr(exact, name)
    ]


def _unlike_rules(teller: Teller, known: Mapping[tuple[str, str], Row]) -> list[str]:
    """`rtp` in exported rules is one fraction, true of every bet, or a fraction for each bet by name."""
    rows = {bet: row for (game, bet), row in known.items() if game == teller.name}
    published = teller.export_rules()["rtp"]
    by_bet = published if isinstance(published, dict) else dict.fromkeys(rows, published)
    found = [f"{teller.name}: {bet}: the rules publish no return" for bet in rows if bet not in by_bet]
    found += [
        f"{teller.name}: {bet}: the rules publish a return, and nothing computed" for bet in by_bet if bet not in rows
    ]
    return found + [
        f"{teller.name}: {bet}: the rules publish {by_bet[bet]}, computed {row.rtp}"
        for bet, row in rows.items()
        if bet in by_bet and not _is_published(by_bet[bet], row.rtp)
    ]


def _is_published(text: str, exact: Fraction) -> bool:
    """Rules may publish a fraction too long to read rounded down to a millionth, never up."""
    if len(str(exact)) > READABLE_CHARS and text.endswith("/1000000"):
        return Fraction(text) == Fraction(exact.numerator * 1_000_000 // exact.denominator, 1_000_000)
    return Fraction(text) == exact
