"""The main bet of blackjack solved over compositions of the shoe (docs/blackjack.md): decisions, then what they return.

`Spot` is one dealer's card with one set of unseen cards: there every hand's standing, hitting and doubling is exact. A
split is exact for decisions after it that look at the hand's own cards only (`split_value`).
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb

from server.rtp.blackjack_cards import (
    ACE,
    BUST,
    FULL,
    OURS,
    RANKS,
    Composition,
    Rules,
    dealer_ends,
    draw_chances,
    hand_of,
    hands,
    makes_natural,
    without,
)

#: Says what a hand does: (node, may it double) -> "hit", "stand" or "double".
Decide = Callable[[int, bool], str]
Known = dict[tuple[int, bool], float]


class Spot:
    """A dealer's card, no blackjack behind it, and the cards unseen before the hand's own are taken out."""

    def __init__(self, unseen: Composition, up: int, rules: Rules = OURS) -> None:
        self.unseen = unseen
        self.up = up
        self.rules = rules
        self._stand: dict[int, float] = {}
        self._hit: dict[int, float] = {}
        self._draws: dict[int, list[float]] = {}

    def _left(self, node: int) -> Composition:
        return tuple(a - b for a, b in zip(self.unseen, hands()[1][node].hand, strict=True))

    def draws(self, node: int) -> list[float]:
        """Return how likely each rank is as the hand's next card."""
        if node not in self._draws:
            self._draws[node] = draw_chances(self._left(node), self.up)
        return self._draws[node]

    def stand(self, node: int) -> float:
        """Return what standing wins, in stakes."""
        if node not in self._stand:
            ends = dealer_ends(self._left(node), self.up, self.rules)
            mine = hands()[1][node].total - 17
            won = ends[BUST] + sum(ends[: max(mine, 0)])
            self._stand[node] = won - sum(ends[max(mine + 1, 0) : BUST])
        return self._stand[node]

    def take(self, node: int, value: Callable[[int], float]) -> float:
        """Return what one more card wins, if a hand that is not bust is worth `value`."""
        after = hands()[1][node].after
        chances = self.draws(node)
        return sum(chances[r] * (-1.0 if after[r] < 0 else value(after[r])) for r in RANKS if chances[r] > 0)

    def hit(self, node: int) -> float:
        """Return what hitting wins when all that follows is best."""
        if node not in self._hit:
            self._hit[node] = self.take(node, self.play_on)
        return self._hit[node]

    def play_on(self, node: int) -> float:
        """Return what a hand that may not double any more wins at best; 21 stands."""
        return self.stand(node) if hands()[1][node].total == 21 else max(self.stand(node), self.hit(node))

    def doubled(self, node: int) -> float:
        """Return what doubling wins."""
        return 2 * self.take(node, self.stand)

    def decide(self, node: int, may_double: bool) -> str:
        """Return the best of what a hand may do."""
        if hands()[1][node].total == 21:
            return "stand"
        values = {"stand": self.stand(node), "hit": self.hit(node)}
        if may_double:
            values["double"] = self.doubled(node)
        return max(values, key=values.__getitem__)

    def value(self, node: int, decide: Decide, known: Known, *, may_double: bool, behind: bool = False) -> float:
        """Return what a hand wins by these decisions; behind: what one stake wins that does not double with it.

        known: what was found already, for one `decide` and one `behind`.
        """
        key = (node, may_double)
        if key not in known:
            action = decide(node, may_double)
            if action == "stand":
                known[key] = self.stand(node)
            elif action == "double":
                known[key] = self.doubled(node) / (2 if behind else 1)
            else:
                known[key] = self.take(node, lambda after: self.value(after, decide, known, may_double=False))
        return known[key]


class Split:
    """A split pair against one dealer's card: what the hands win together by decisions on each hand's own cards.

    Every card that another hand took without our looking is as good as unseen, so a hand is worth the same whenever it is
    played; what is known of the others is only how many second cards made a pair (and were split) and how many did not.
    "Did not" is taken apart by inclusion and exclusion: not p = anything, less p. So all that is needed is what a hand is
    worth with j more cards of the pair's rank gone, j = 0 .. 4.
    """

    def __init__(self, pair: int, up: int, decide: Decide, rules: Rules = OURS, *, cards: Composition = FULL) -> None:
        self.pair, self.up, self.decide, self.rules = pair, up, decide, rules
        self._unseen = without(cards, up, pair)  # the other card of the pair; the hand's own is in its node
        self._spots: dict[int, Spot] = {}
        self._worth: dict[tuple[int, bool], tuple[float, float]] = {}
        self._pairs = [1.0]
        for more in range(5):
            left = without(self._unseen, *[pair] * (more + 1))
            chance = draw_chances(left, up)[pair] if left[pair] > 0 else 0.0
            self._pairs.append(self._pairs[-1] * chance)

    def pairs(self, count: int) -> float:
        """Return how likely so many second cards are all of the pair's rank."""
        return self._pairs[count]

    def worth(self, more: int, *, behind: bool = False) -> tuple[float, float]:
        """Return what a hand wins with so many more of the rank gone: (counting only second cards that differ, any)."""
        if self.pairs(more) == 0:
            return 0.0, 0.0
        if (more, behind) not in self._worth:
            gone = [self.pair] * more
            spot = self._spots.setdefault(more, Spot(without(self._unseen, *gone), self.up, self.rules))
            chances = spot.draws(hand_of(self.pair))
            known: Known = {}
            parts = [chances[r] * self._second(spot, r, known, behind) if chances[r] > 0 else 0.0 for r in RANKS]
            self._worth[more, behind] = (sum(parts) - parts[self.pair], sum(parts))
        return self._worth[more, behind]

    def _second(self, spot: Spot, rank: int, known: Known, behind: bool) -> float:
        node = hand_of(self.pair, rank)
        if self.pair == ACE:
            return spot.stand(node)
        may_double = self.rules.doubles_after_split
        return spot.value(node, self.decide, known, may_double=may_double, behind=behind)

    def _other(self, others: int, pairs: int) -> float:
        """Return a hand's win where its second card differs, so do those of `others`, and `pairs` cards were the rank."""
        return sum(
            (-1.0) ** i * comb(others, i) * self.pairs(pairs + i) * self.worth(pairs + i)[0] for i in range(others + 1)
        )

    def _any(self, others: int, pairs: int) -> float:
        """The same where its second card may be anything."""
        return sum(
            (-1.0) ** i * comb(others, i) * self.pairs(pairs + i) * self.worth(pairs + i)[1] for i in range(others + 1)
        )

    def value(self) -> float:
        """Return what splitting wins, to four hands; aces are split once and get one card each.

        Two hands: both second cards differ. Three: one pair among the second cards, in 2 places. Four: two pairs, before
        which a = 0, 1, 2 hands had a card that differs, in 1, 2, 2 ways; the others take whatever comes.
        """
        if self.pair == ACE:
            return 2 * self.worth(0)[1]
        two = 2 * self._other(1, 0)
        three = 2 * 3 * self._other(2, 1)
        four = 0.0
        for before, ways in enumerate((1, 2, 2)):
            done = before * self._other(before - 1, 2) if before else 0.0
            four += ways * (done + (4 - before) * self._any(before, 2))
        return two + three + four

    def first_hand(self) -> float:
        """Return what the seat's first hand wins: a bet behind rides on it. Its second cards come before all others."""
        first = [self.worth(more, behind=True) for more in range(3)]
        if self.pair == ACE:
            return first[0][1]
        return first[0][0] + self.pairs(1) * first[1][0] + self.pairs(2) * first[2][1]


def deal_chance(first: int, second: int, up: int, cards: Composition = FULL) -> float:
    """Return how likely a seat's two cards, in either order, and the dealer's open card are."""
    size = sum(cards)
    chance = cards[first] / size
    left = without(cards, first)
    chance *= left[second] / (size - 1)
    left = without(left, second)
    return chance * left[up] / (size - 2) * (1 if first == second else 2)


def natural_chance(first: int, second: int, up: int) -> float:
    """Return how likely the dealer has a blackjack behind this card."""
    barred = makes_natural(up)
    unseen = without(FULL, first, second, up)
    return unseen[barred] / sum(unseen) if barred >= 0 else 0.0
