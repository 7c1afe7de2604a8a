"""European roulette as a `TableGame`: one draw of 37, or what a dealer saw."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, Final

from actors.domain.games import roulette, roulette_bets
from actors.domain.games.game import BetReturn, Draws, Outcome

_TEXT: Final = (
    "A ball is spun on a wheel with 37 pockets, 0 to 36. Chips may lie on single numbers, on groups of numbers that lie "
    "together on the layout, on dozens and columns, and on the even chances.",
    "A bet wins if the number is among those it covers. A bet that covers k numbers pays 36 / k - 1 to 1, and the stake "
    "comes back. Zero loses all bets that do not cover it, the even chances too.",
    "Every bet returns 36/37 of what is staked on it in the long run (97.297 %): the house keeps 1/37 (2.703 %).",
    "Bets count if the server received them before it closed the betting. Announced bets (voisins, tiers, orphelins) are "
    "placed as the chips listed with them.",
)


class Roulette:
    """One instance is enough: it has no state."""

    name = "roulette"
    rules_version = roulette.RULES_VERSION
    min_cycle_ms = 5_000

    def export_rules(self) -> dict[str, Any]:
        """See `Game`."""
        return {**roulette.export_rules(), "text": list(_TEXT), "min_cycle_ms": self.min_cycle_ms}

    def returns(self) -> list[BetReturn]:
        """See `Game`. By family: all positions of one have the same return."""
        found = []
        for kind, group in groupby(roulette.LAYOUT, key=lambda place: place.kind):
            places = list(group)
            wins = Fraction(len(places[0].numbers), roulette.POCKETS)
            back = places[0].pays + 1
            found.append(BetReturn(kind, len(places), wins * back, wins * back * back - (wins * back) ** 2))
        return found

    # See `TableGame`. Every bet goes through these three.
    check_shape = staticmethod(roulette_bets.check_shape)
    expand = staticmethod(roulette_bets.expand)
    check_limits = staticmethod(roulette_bets.check_limits)

    def name_of(self, position: int) -> str:
        """See `TableGame`."""
        return roulette.LAYOUT[position].name

    def seat_of(self, position: int) -> int | None:
        """See `TableGame`: everybody may bet on everything."""
        return None

    def draw(self, draws: Draws) -> Outcome:
        """See `TableGame`."""
        return Outcome(draws.below(roulette.POCKETS))

    def seen(self, numbers: Sequence[int]) -> Outcome | None:
        """See `TableGame`: one number, 0 .. 36."""
        if len(numbers) != 1 or type(numbers[0]) is not int or not 0 <= numbers[0] < roulette.POCKETS:
            return None
        return Outcome(numbers[0])

    def payout(self, position: int, stake_minor: int, outcome: Outcome) -> int:
        """See `TableGame`."""
        return roulette.RETURNS[outcome.number][position] * stake_minor


ROULETTE: Final = Roulette()
