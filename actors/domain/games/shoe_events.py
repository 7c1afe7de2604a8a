"""What happens to the shoe of a live table, event by event: the log from which shoe and coup are known again.

| event | value | allowed | then |
| --- | --- | --- | --- |
| NEW | the first card, turned over | no cards of a coup are out; before the shoe is over only with a reason | burn so many cards |
| BURNED | how many | as many as the first card said | coups may be dealt |
| CARD | the card | the drawing table wants one | |
| BACK | the card taken back | it is the last of the coup in play | that card is due again |
| CUT | | once | this coup, or the next, and one more are dealt |
| END | | the coup's round is decided or void | |

Every event has a number, 1, 2, 3 ... of its table; it is stored before anyone hears of it and never changes. What is stored
under a number is said again unharmed; another event with that number, or a number that is not the next, is refused.
Pure; `baccarat_shoe.py` has the shoe's own rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Final, Protocol

import msgspec

from actors.domain.games import baccarat_shoe
from actors.domain.games.baccarat_shoe import LiveShoe, ShoeFault, ShoeState
from actors.domain.games.game import TableGame
from actors.domain.plays import CoupView

#: Cards of the longest coup.
COUP: Final = 6
#: Where the cut card may lie, in cards from the end: two whole coups behind it, and no more than a quarter of eight decks.
CUT_LEAST: Final = baccarat_shoe.CUT
CUT_MOST: Final = 104


class ShoeGame(TableGame, Protocol):
    """A game whose rounds a dealer deals from a shoe."""

    decks: int

    def due(self, cards: Sequence[int]) -> int:
        """Return to which hand the next card goes after these; -1: to none, the round is over."""
        ...

    def coup(self, cards: Sequence[int], shoe: int, left: int) -> CoupView:
        """Return what everybody may see of these cards. shoe: its number, left: how many cards are in it."""
        ...


class Happening(IntEnum):
    """See the module. Stored, so numbers never change."""

    NEW = 0
    BURNED = 1
    CARD = 2
    BACK = 3
    CUT = 4
    END = 5


class ShoeEvent(msgspec.Struct, frozen=True, array_like=True):
    """One event. shoe: which one of the table, from 1. round_id: of CARD, BACK and END. cut: of NEW, where the cut card lies.

    source: "manual" or "sensor". who: the dealer's name, "" where the table itself did it.
    """

    seq: int
    shoe: int
    happening: Happening
    value: int = -1
    round_id: bytes = b""
    cut: int = 0
    source: str = ""
    who: str = ""
    reason: str = ""

    def says(self, other: ShoeEvent) -> bool:
        """Tell whether the other one is this event, said again (by whomever)."""
        mine = (self.seq, self.happening, self.value, self.round_id, self.cut)
        return mine == (other.seq, other.happening, other.value, other.round_id, other.cut)


class Dealing(msgspec.Struct, frozen=True):
    """Where a table's dealing stands. seq: of the last event. cut: where the cut card lies. cards: of the coup in play."""

    seq: int
    shoe: LiveShoe
    cut: int = 0
    round_id: bytes = b""
    cards: tuple[int, ...] = ()


def begin(decks: int, number: int = 1, seq: int = 0) -> Dealing:
    """Return the dealing of a table whose shoe of this number is not loaded yet; seq: of the last event before it."""
    return Dealing(seq, baccarat_shoe.load(number, decks))


def restore(decks: int, events: Sequence[ShoeEvent]) -> Dealing:
    """Return where the events of one shoe, from its first on, have led. Raises ValueError where they cannot be."""
    if not events:
        return begin(decks)
    return follow(begin(decks, events[0].shoe, events[0].seq - 1), events)


def follow(dealing: Dealing, events: Iterable[ShoeEvent]) -> Dealing:
    """Return where these events lead. Raises ValueError where they cannot be: the log is damaged."""
    for event in events:
        after = apply(dealing, event)
        if isinstance(after, ShoeFault):
            raise ValueError(f"shoe event {event.seq} cannot be: {after.name}")
        dealing = after
    return dealing


def apply(dealing: Dealing, event: ShoeEvent) -> Dealing | ShoeFault:
    """Return the dealing after this event, or why it cannot be. Whether a card is due is `check_due`'s to say."""
    shoe = _shoe_after(dealing, event)
    if isinstance(shoe, ShoeFault):
        return shoe
    cut, round_id, cards = dealing.cut, dealing.round_id, dealing.cards
    if event.happening is Happening.NEW:
        cut = event.cut
    elif event.happening is Happening.CARD:
        round_id, cards = event.round_id, (*cards, event.value)
    elif event.happening is Happening.BACK:
        cards = cards[:-1]
    elif event.happening is Happening.END:
        cards = ()
    return Dealing(event.seq, shoe, cut, round_id if cards else b"", cards)


def _shoe_after(dealing: Dealing, event: ShoeEvent) -> LiveShoe | ShoeFault:
    shoe = dealing.shoe
    match event.happening:
        case Happening.NEW:
            return _new(shoe, event)
        case Happening.BURNED:
            return baccarat_shoe.burn(shoe, event.value)
        case Happening.CARD:
            is_other = bool(dealing.cards) and event.round_id != dealing.round_id
            return ShoeFault.WRONG_STATE if is_other else baccarat_shoe.deal(shoe, event.value)
        case Happening.BACK:
            return _back(dealing, event)
        case Happening.CUT:
            return baccarat_shoe.cut_card(shoe, 1 if shoe.left >= 2 * COUP else 0)
        case Happening.END:
            return baccarat_shoe.end_round(shoe)


def _new(shoe: LiveShoe, event: ShoeEvent) -> LiveShoe | ShoeFault:
    if not CUT_LEAST <= event.cut <= CUT_MOST:
        return ShoeFault.MISPLACED_CUT_CARD
    if shoe.state is ShoeState.BETWEEN and not event.reason:
        return ShoeFault.WRONG_STATE
    begun = shoe.state in (ShoeState.BETWEEN, ShoeState.OVER)
    fresh = baccarat_shoe.replace(shoe) if begun else baccarat_shoe.load(shoe.number, shoe.decks)
    if isinstance(fresh, ShoeFault) or shoe.state is ShoeState.ROUND:
        return ShoeFault.WRONG_STATE
    return baccarat_shoe.first_card(fresh, event.value)


def _back(dealing: Dealing, event: ShoeEvent) -> LiveShoe | ShoeFault:
    if not dealing.cards or (event.round_id, event.value) != (dealing.round_id, dealing.cards[-1]):
        return ShoeFault.WRONG_STATE
    return baccarat_shoe.take_back(dealing.shoe, event.value, last=len(dealing.cards) == 1)


def check_open(dealing: Dealing) -> str:
    """Return why no round may be opened, "" where one may: the shoe must have burned, and have a whole coup left."""
    shoe = dealing.shoe
    if shoe.state is ShoeState.LOADED:
        return "there is no shoe yet"
    if shoe.state is ShoeState.BURNING:
        return "its cards are not burned"
    if shoe.state is ShoeState.OVER or shoe.left < COUP:
        return "the shoe is over"
    return ""


def ended(dealing: Dealing, who: str = "", reason: str = "") -> ShoeEvent | None:
    """Return the event that ends the coup in play; None: no card of it is out."""
    if not dealing.cards:
        return None
    return ShoeEvent(
        dealing.seq + 1, dealing.shoe.number, Happening.END, round_id=dealing.round_id, who=who, reason=reason
    )
