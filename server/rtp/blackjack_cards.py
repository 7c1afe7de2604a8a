"""Shoe, dealer and hands of blackjack as composition of ranks: what each composition makes likely. Floats, 53 bits.

Ranks here are 0 .. 9: ace, two .. nine, ten-value. A composition is how many of each are unseen. Nothing is asked of the game.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

ACE: Final = 0
TEN: Final = 9
RANKS: Final = range(10)
DECKS: Final = 6
#: Index of a dealer's end: 17 .. 21, bust.
ENDS: Final = 6
BUST: Final = 5

Composition = tuple[int, ...]
NOTHING: Final[Composition] = (0,) * 10
FULL: Final[Composition] = (*(4 * DECKS for _ in range(9)), 16 * DECKS)


class Rules(NamedTuple):
    """What tables elsewhere do otherwise; by default as here."""

    hits_soft_17: bool = False
    doubles_after_split: bool = True


OURS: Final = Rules()


def without(cards: Composition, *ranks: int) -> Composition:
    """Return the composition less some cards."""
    left = list(cards)
    for rank in ranks:
        left[rank] -= 1
    return tuple(left)


def best(counts: Composition) -> tuple[int, bool]:
    """Return the best total of a hand and whether an ace counts eleven in it."""
    hard = sum((rank + 1) * count for rank, count in enumerate(counts))
    soft = counts[ACE] > 0 and hard <= 11
    return (hard + 10 if soft else hard), soft


def makes_natural(up: int) -> int:
    """Return the rank that gives the dealer a blackjack, -1: none can."""
    return {ACE: TEN, TEN: ACE}.get(up, -1)


def draw_chances(unseen: Composition, up: int) -> list[float]:
    """Return how likely the next card from the shoe is of each rank, given that the dealer's hole card makes no blackjack.

    The hole card is among the unseen. Of a rank that it may be, a card in the shoe is a little rarer than one unseen.
    """
    size = sum(unseen)
    barred = makes_natural(up)
    if barred < 0:
        return [count / size for count in unseen]
    allowed = size - unseen[barred]
    factor = (allowed - 1) / allowed / (size - 1)
    chances = [count * factor for count in unseen]
    chances[barred] = unseen[barred] / (size - 1)
    return chances


class Tree(NamedTuple):
    """How a dealer who shows one card can end, as multisets of the cards he draws.

    nodes: (parent, rank, how many of that rank before, how many cards before), parents first, from number 1 on; node 0 is
    "nothing drawn". ends: the same of each last card, with the end and in how many orders the cards can come. Blackjacks
    are left out.
    """

    nodes: tuple[tuple[int, int, int, int], ...]
    ends: tuple[tuple[int, int, int, int, int, int], ...]


@cache
def dealer_tree(up: int, rules: Rules) -> Tree:
    """Return the tree of a dealer who shows this card."""
    orders: dict[Composition, int] = {}
    _draw_out(NOTHING, up, rules, 1, orders)
    index = {NOTHING: 0}
    nodes = []
    ends = []
    for drawn, ways in orders.items():
        path, last = NOTHING, max(rank for rank in RANKS if drawn[rank])
        for rank in RANKS:
            for before in range(drawn[rank] - (rank == last)):
                longer = _with(path, rank)
                if longer not in index:
                    index[longer] = len(index)
                    nodes.append((index[path], rank, before, sum(path)))
                path = longer
        end = min(best(_with(drawn, up))[0] - 17, BUST)
        ends.append((index[path], last, drawn[last] - 1, sum(path), end, ways))
    return Tree(tuple(nodes), tuple(ends))


def _with(counts: Composition, rank: int) -> Composition:
    return (*counts[:rank], counts[rank] + 1, *counts[rank + 1 :])


def _draw_out(drawn: Composition, up: int, rules: Rules, ways: int, orders: dict[Composition, int]) -> None:
    """Count, card by card, in how many orders the dealer ends with each multiset."""
    total, soft = best(_with(drawn, up))
    if total >= 17 and not (total == 17 and soft and rules.hits_soft_17):
        orders[drawn] = orders.get(drawn, 0) + ways
        return
    for rank in RANKS:
        if sum(drawn) or rank != makes_natural(up):
            _draw_out(_with(drawn, rank), up, rules, ways, orders)


def dealer_ends(unseen: Composition, up: int, rules: Rules = OURS) -> list[float]:
    """Return how likely each end of the dealer is, given no blackjack, when these cards are unseen (hole card included)."""
    nodes, last_cards = dealer_tree(up, rules)
    size = sum(unseen)
    shares = [1 / (size - place) if place < size else 0.0 for place in range(18)]
    chances = [1.0]
    for parent, rank, before, place in nodes:
        chances.append(chances[parent] * (unseen[rank] - before) * shares[place])
    ends = [0.0] * ENDS
    for parent, rank, before, place, end, ways in last_cards:
        ends[end] += chances[parent] * (unseen[rank] - before) * shares[place] * ways
    barred = makes_natural(up)
    if barred >= 0:
        fair = 1 - unseen[barred] / size
        ends = [chance / fair for chance in ends]
    return ends


class Node(NamedTuple):
    """A player's hand. hand: its cards by rank. after: by the rank of the next card, the node it leads to, -1: bust."""

    hand: Composition
    total: int
    soft: bool
    cards: int
    after: tuple[int, ...]


@cache
def hands() -> tuple[dict[Composition, int], tuple[Node, ...]]:
    """Return all hands of at least one card that are not bust: index by cards, and nodes, longer hands first."""
    found: set[Composition] = set()
    front = [NOTHING]
    while front:
        new = {_with(hand, rank) for hand in front for rank in RANKS if best(_with(hand, rank))[0] <= 21}
        front = sorted(new - found)
        found |= new
    ordered = sorted(found, key=lambda hand: (-sum(hand), hand))
    index = {hand: number for number, hand in enumerate(ordered)}
    nodes = []
    for hand in ordered:
        total, soft = best(hand)
        after = tuple(index.get(_with(hand, rank), -1) for rank in RANKS)
        nodes.append(Node(hand, total, soft, sum(hand), after))
    return index, tuple(nodes)


def hand_of(*ranks: int) -> int:
    """Return the node of a hand."""
    counts = NOTHING
    for rank in ranks:
        counts = _with(counts, rank)
    return hands()[0][counts]
