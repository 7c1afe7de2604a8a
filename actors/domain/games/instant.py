"""The instant games of the house, by the id of their table: there is one table of each, named like the game."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.games.game import InstantGame
from actors.domain.games.slot import SLOT

INSTANT_GAMES: Final[Mapping[str, InstantGame]] = {SLOT.name: SLOT}
