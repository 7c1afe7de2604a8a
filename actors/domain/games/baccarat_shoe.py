"""A physical shoe at a live table: what was scanned, what may come next, and when the shoe is over.

| state | event | next | refused |
| --- | --- | --- | --- |
| LOADED | `first_card` | BURNING, as many cards as it counts (ace 1, ten and pictures 10) | |
| BURNING | `burn` of all of them | BETWEEN | another number |
| BETWEEN | `deal` | ROUND | once the shoe is over |
| ROUND | `deal` | ROUND | |
| ROUND | `take_back` of the last card | ROUND, or BETWEEN where no card of the round is left | a card never scanned |
| ROUND | `end_round` | BETWEEN, or OVER after the last round | |
| BETWEEN, ROUND | `cut_card` | same; the last round is known from then on | a second one |
| any but OVER | `replace` | LOADED, a new shoe | in the middle of a round |

The cut card lies `cut` cards from the end, so that a round in which it comes, and one more, can be dealt to its end. It ends the
shoe with the round in which it is seen (seen between rounds: with the next), or `more` rounds later.

Scans are facts of the world and stay even where they cannot be: an impossible card is returned as a fault, and the table stops
and calls a supervisor (domain.md 3.25, 3.29, 4.3). Burned cards lie face down and stay unknown. Pure; states are values.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

from actors.domain.games.cards import DECK, rank

#: How many cards from the end the cut card lies.
CUT: Final = 14


class ShoeState(IntEnum):
    """Where a shoe stands. Stored, so numbers never change."""

    LOADED = 0
    BURNING = 1
    BETWEEN = 2
    ROUND = 3
    OVER = 4


class ShoeFault(IntEnum):
    """Why an event cannot be. Stored and shown to supervisors, so numbers never change."""

    NO_CARD = 1  # the number is none of 0 .. 51
    IMPOSSIBLE_CARD = 2  # more of this rank and suit than there are decks
    OUT_OF_CARDS = 3
    WRONG_STATE = 4
    WRONG_BURN = 5
    SECOND_CUT_CARD = 6
    MISPLACED_CUT_CARD = 7  # so near the end that the last round could run out of cards


class LiveShoe(msgspec.Struct, frozen=True, array_like=True):
    """A shoe. seen: how many of each card were scanned. gone: cards out of it, burned ones included. to_burn: yet to come.

    number: which shoe of the table. rounds: dealt to their end. rounds_left: with the one in play, -1: not yet known.
    """

    number: int
    decks: int
    state: ShoeState
    seen: tuple[int, ...]
    gone: int = 0
    to_burn: int = 0
    rounds: int = 0
    rounds_left: int = -1

    @property
    def left(self) -> int:
        """Return how many cards are in it."""
        return DECK * self.decks - self.gone


def load(number: int, decks: int = 8) -> LiveShoe:
    """Return a shuffled shoe, of which nothing was seen."""
    return LiveShoe(number, decks, ShoeState.LOADED, (0,) * DECK)


def _scan(shoe: LiveShoe, card: int) -> LiveShoe | ShoeFault:
    if type(card) is not int or not 0 <= card < DECK:
        return ShoeFault.NO_CARD
    if shoe.seen[card] == shoe.decks:
        return ShoeFault.IMPOSSIBLE_CARD
    if not shoe.left:
        return ShoeFault.OUT_OF_CARDS
    seen = (*shoe.seen[:card], shoe.seen[card] + 1, *shoe.seen[card + 1 :])
    return msgspec.structs.replace(shoe, seen=seen, gone=shoe.gone + 1)


def first_card(shoe: LiveShoe, card: int) -> LiveShoe | ShoeFault:
    """Turn over the first card: as many are burned as it counts, ten for tens and pictures."""
    if shoe.state is not ShoeState.LOADED:
        return ShoeFault.WRONG_STATE
    scanned = _scan(shoe, card)
    if isinstance(scanned, ShoeFault):
        return scanned
    return msgspec.structs.replace(scanned, state=ShoeState.BURNING, to_burn=min(rank(card) + 1, 10))


def burn(shoe: LiveShoe, cards: int) -> LiveShoe | ShoeFault:
    """Take the cards off, face down: exactly as many as the first card said."""
    if shoe.state is not ShoeState.BURNING:
        return ShoeFault.WRONG_STATE
    if cards != shoe.to_burn:
        return ShoeFault.WRONG_BURN
    return msgspec.structs.replace(shoe, state=ShoeState.BETWEEN, gone=shoe.gone + cards, to_burn=0)


def deal(shoe: LiveShoe, card: int) -> LiveShoe | ShoeFault:
    """Scan a card of a round; between rounds it begins the next one."""
    if shoe.state not in (ShoeState.BETWEEN, ShoeState.ROUND):
        return ShoeFault.WRONG_STATE
    scanned = _scan(shoe, card)
    if isinstance(scanned, ShoeFault):
        return scanned
    return msgspec.structs.replace(scanned, state=ShoeState.ROUND)


def take_back(shoe: LiveShoe, card: int, *, last: bool) -> LiveShoe | ShoeFault:
    """Unsay a card of the round in play: it was scanned wrongly, another lies there. last: no other is out of this round."""
    if shoe.state is not ShoeState.ROUND:
        return ShoeFault.WRONG_STATE
    if type(card) is not int or not 0 <= card < DECK or not shoe.seen[card]:
        return ShoeFault.NO_CARD
    seen = (*shoe.seen[:card], shoe.seen[card] - 1, *shoe.seen[card + 1 :])
    state = ShoeState.BETWEEN if last else ShoeState.ROUND
    return msgspec.structs.replace(shoe, seen=seen, gone=shoe.gone - 1, state=state)


def cut_card(shoe: LiveShoe, more: int = 0) -> LiveShoe | ShoeFault:
    """See the cut card: the round in play, or the next one, is the last; or `more` after it are (0 or 1)."""
    if shoe.state not in (ShoeState.BETWEEN, ShoeState.ROUND):
        return ShoeFault.WRONG_STATE
    if shoe.rounds_left >= 0:
        return ShoeFault.SECOND_CUT_CARD
    if shoe.left < 6 * (1 + more):
        return ShoeFault.MISPLACED_CUT_CARD
    return msgspec.structs.replace(shoe, rounds_left=1 + more)


def end_round(shoe: LiveShoe) -> LiveShoe | ShoeFault:
    """End the round in play. After the last one the shoe is over: no card comes from it any more."""
    if shoe.state is not ShoeState.ROUND:
        return ShoeFault.WRONG_STATE
    left = max(shoe.rounds_left - 1, -1)
    state = ShoeState.OVER if left == 0 else ShoeState.BETWEEN
    return msgspec.structs.replace(shoe, state=state, rounds=shoe.rounds + 1, rounds_left=left)


def replace(shoe: LiveShoe) -> LiveShoe | ShoeFault:
    """Put a fresh shoe on the table: when this one is over, or before its time by a supervisor's order; never in a round."""
    if shoe.state is ShoeState.ROUND:
        return ShoeFault.WRONG_STATE
    return load(shoe.number + 1, shoe.decks)
