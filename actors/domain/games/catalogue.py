"""The games of this house, by name."""

from __future__ import annotations

from typing import Final

from actors.domain.games.baccarat import BACCARAT, BACCARAT_NO_COMMISSION
from actors.domain.games.blackjack import BLACKJACK
from actors.domain.games.crash import CRASH
from actors.domain.games.game import Game, InstantGame, PlayGame, TableGame
from actors.domain.games.roulette_game import ROULETTE
from actors.domain.games.shoe_events import ShoeGame
from actors.domain.games.slot import SLOT

#: Games of one outcome.
_TABLE: Final[tuple[TableGame, ...]] = (ROULETTE, BACCARAT, BACCARAT_NO_COMMISSION)
TABLE_GAMES: Final = {game.name: game for game in _TABLE}

#: Games that a dealer may deal from a shoe.
_SHOE: Final[tuple[ShoeGame, ...]] = (BACCARAT, BACCARAT_NO_COMMISSION)
SHOE_GAMES: Final = {game.name: game for game in _SHOE}

#: Games in which something is played between the last bet and the result.
_PLAY: Final[tuple[PlayGame, ...]] = (BLACKJACK, CRASH)
PLAY_GAMES: Final = {game.name: game for game in _PLAY}

#: Games without a table.
_INSTANT: Final[tuple[InstantGame, ...]] = (SLOT,)
INSTANT_GAMES: Final = {game.name: game for game in _INSTANT}

#: Every game of which there are rules to read.
GAMES: Final[dict[str, Game]] = {**TABLE_GAMES, **PLAY_GAMES, **INSTANT_GAMES}


def table_game(name: str) -> TableGame:
    """Return the game that is played at tables under this name. Raises LookupError where there is none."""
    return PLAY_GAMES.get(name) or TABLE_GAMES[name]


def game_of_rules(rules_version: str) -> str:
    """Return the name of the game whose rules these are; "" for rules that nobody here knows."""
    for name, game in GAMES.items():
        if rules_version.rpartition(":")[0] == game.rules_version.rpartition(":")[0]:
            return name
    return ""
