"""Who sees what at a table. An event has one version for all; who may see nothing of it is told that there was one.

| audience | who | sees besides what everyone does |
| --- | --- | --- |
| OWNER | a player, at his seat | (what is his alone is told personally) |
| WATCHER | whoever only looks | |
| DEALER | who deals, and the devices | a number that is entered and not confirmed |
| PIT | staff | the same |

Concealment happens in the table's actor: what an audience may not see is in no message for a feed of that audience.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from actors.domain.events import Concealed, NumberEntered, TableEvent


class Audience(IntEnum):
    """See the module. Numbers are in messages between hosts."""

    OWNER = 0
    WATCHER = 1
    DEALER = 2
    PIT = 3


#: Those who see a round being dealt.
BEHIND_THE_TABLE: Final = frozenset((Audience.DEALER, Audience.PIT))
_SEEN_BY: Final[dict[type, frozenset[Audience]]] = {NumberEntered: BEHIND_THE_TABLE}
_CONCEALED: Final = Concealed()


def audience_of(roles: tuple[str, ...]) -> Audience:
    """Return what a bearer of these roles is at a table. Whoever may play sees what players see, whatever else he is."""
    if "player" in roles:
        return Audience.OWNER
    if "dealer" in roles or "device" in roles:
        return Audience.DEALER
    return Audience.PIT if "staff" in roles else Audience.WATCHER


def seen_by(audience: int, events: list[TableEvent]) -> list[TableEvent]:
    """Return the events as this audience sees them, one for one."""
    return [event if audience in _SEEN_BY.get(type(event), _EVERYONE) else _CONCEALED for event in events]


_EVERYONE: Final = frozenset(Audience)
