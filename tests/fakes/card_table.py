"""A live baccarat table on fakes and virtual time, and what its dealer says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actors.domain.commands import DealerView
from actors.domain.games.shoe_events import Happening, begin, follow
from actors.table_config import TableConfig
from tests.fakes.table_world import Casino

LIMITS = dict.fromkeys(range(5), 200_000)
CARDS = TableConfig(table_id="t", kind="live", title="Cards", game="baccarat", max_by_size=LIMITS)


class CardCasino(Casino):
    """A casino whose dealer knows the shoe."""

    @property
    def shoe(self) -> Any:
        return self.table.stage.shoe

    async def happen(self, verb: str, value: int = -1, seq: int = 0, **changes: Any) -> Any:
        """Say the next event of the shoe, or the one of this number."""
        return await self.deal(verb, number=value, seq=seq or self.shoe.seq + 1, **changes)

    async def load(self, first: int = 2, cut: int = 14, **changes: Any) -> None:
        """Put a shoe on the table, a three on top of it, and burn."""
        assert isinstance(await self.happen("shoe", first, event="new", cut=cut, **changes), DealerView)
        assert isinstance(await self.happen("shoe", min(first % 13 + 1, 10), event="burned"), DealerView)

    async def coup(self, cards: Sequence[int]) -> Any:
        """Open a round, close it and deal these cards; return the last answer."""
        await self.deal("open")
        await self.deal("close")
        answers = [await self.happen("card", card) for card in cards]
        return answers[-1]

    async def confirm(self) -> Any:
        return await self.deal("confirm", number=self.table.stage.entered)

    def stored(self) -> list[tuple[Happening, int]]:
        return [(event.happening, event.value) for event in self.rounds.shoes.get("t", [])]

    def check_shoe(self) -> None:
        """Fail unless the table's picture of the shoe is what the stored events say."""
        dealing = follow(begin(8), self.rounds.shoes.get("t", []))
        view = self.shoe
        assert (view.seq, view.number, view.left) == (dealing.seq, dealing.shoe.number, dealing.shoe.left)
        assert (view.state, tuple(view.cards)) == (dealing.shoe.state.name.lower(), dealing.cards)
