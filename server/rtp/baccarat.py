"""Baccarat by counting: every order in which six cards can leave the shoe, by what the cards count. Integers only.

The drawing table is written here once more, from domain.md 7.3 and not from the game; `paid` then walks the game's own
code over the same orders.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Final, NamedTuple

from actors.domain.games.baccarat import BACCARAT, BACCARAT_NO_COMMISSION, next_hand
from actors.domain.games.game import Outcome
from server.rtp.rows import Row, Teller, paid_rows, row_of

GAMES: Final[tuple[Teller, ...]] = (BACCARAT, BACCARAT_NO_COMMISSION)
BETS: Final = {"Player": (0,), "Banker": (1,), "Tie": (2,), "Player pair": (3,), "Banker pair": (4,)}
BETS_NO_COMMISSION: Final = {**BETS, "Super six": (5,)}
_HOW: Final = "all 4,998,398,275,503,360 orders of six cards of eight decks, counted"

#: Banker's total -> the player's third cards to which he draws.
_DRAWS_TO: Final = (*("0123456789",) * 3, "012345679", "234567", "4567", "67", "")
_THIRD: Final = tuple(frozenset(map(int, row)) for row in _DRAWS_TO)


class End(NamedTuple):
    """How a round can end: both totals, and how many cards were dealt."""

    player: int
    banker: int
    dealt: int


@cache
def ends(decks: int) -> Counter[End]:
    """Return in how many orders of the shoe's first six cards a round ends so. Their sum is 52d (52d - 1) .. (52d - 5)."""
    left = [16 * decks] + [4 * decks] * 9
    cards = 52 * decks
    found: Counter[End] = Counter()
    for player, first in _twos(left):
        for banker, second in _twos(left):
            weight = first * second
            if player > 7 or banker > 7 or (player > 5 and banker > 5):
                found[End(player, banker, 4)] += weight * (cards - 4) * (cards - 5)
            elif player > 5:
                for card in range(10):
                    found[End(player, (banker + card) % 10, 5)] += weight * left[card] * (cards - 5)
            else:
                _player_draws(found, left, player, banker, weight)
    return found


def _twos(left: list[int]) -> Iterator[tuple[int, int]]:
    """Give total and number of orders of each two cards, which are out of the shoe meanwhile."""
    for one in range(10):
        weight = left[one]
        left[one] -= 1
        for two in range(one, 10):
            orders = weight * left[two] * (1 if one == two else 2)
            left[two] -= 1
            yield (one + two) % 10, orders
            left[two] += 1
        left[one] += 1


def _player_draws(found: Counter[End], left: list[int], player: int, banker: int, weight: int) -> None:
    after = sum(left) - 1
    for card in range(10):
        orders = weight * left[card]
        total = (player + card) % 10
        if card not in _THIRD[banker]:
            found[End(total, banker, 5)] += orders * after
            continue
        left[card] -= 1
        for last in range(10):
            found[End(total, (banker + last) % 10, 6)] += orders * left[last]
        left[card] += 1


class Counts(NamedTuple):
    """Of all orders: how many end so."""

    orders: int
    player: int
    banker: int
    banker_with_six: int
    tie: int


def counts(decks: int) -> Counts:
    """Return the counts that every return follows from."""
    all_ends = ends(decks)
    banker = {end: count for end, count in all_ends.items() if end.banker > end.player}
    return Counts(
        sum(all_ends.values()),
        sum(count for end, count in all_ends.items() if end.player > end.banker),
        sum(banker.values()),
        sum(count for end, count in banker.items() if end.banker == 6),
        sum(count for end, count in all_ends.items() if end.player == end.banker),
    )


def pair_chance(decks: int) -> Fraction:
    """Return the chance of a pair: of the other 52d - 1 cards 4d - 1 are of the first one's rank."""
    return Fraction(4 * decks - 1, 52 * decks - 1)


def bet_row(game: str, bet: str, decks: int = 8, *, commission: bool = True, tie_pays: int = 8) -> Row:
    """Return the row of one bet. The keywords and decks are for the figures of other houses' rules."""
    n = counts(decks)
    pairs = int(n.orders * pair_chance(decks))  # whole: the orders go through each second card
    six = n.banker_with_six
    paid: dict[str, dict[Fraction, int]] = {
        "Player": {Fraction(2): n.player, Fraction(1): n.tie},
        "Banker": {Fraction(2): n.banker - six, Fraction(3, 2): six, Fraction(1): n.tie},
        "Tie": {Fraction(tie_pays + 1): n.tie},
        "Player pair": {Fraction(12): pairs},
        "Banker pair": {Fraction(12): pairs},
        "Super six": {Fraction(13): six},
    }
    if commission:
        paid["Banker"] = {Fraction(39, 20): n.banker, Fraction(1): n.tie}
    lost = n.orders - sum(paid[bet].values())
    return row_of(game, bet, 1, {**paid[bet], Fraction(0): lost}, _HOW)


def rows() -> list[Row]:
    """Return every bet of both games."""
    return [
        *(bet_row(BACCARAT.name, bet) for bet in BETS),
        *(bet_row(BACCARAT_NO_COMMISSION.name, bet, commission=False) for bet in BETS_NO_COMMISSION),
    ]


def paid() -> list[Row]:
    """Return what the games' own code pays over all orders."""
    how = "the game's code, over all orders"
    return [
        *paid_rows(BACCARAT, BETS, outcomes(), how),
        *paid_rows(BACCARAT_NO_COMMISSION, BETS_NO_COMMISSION, outcomes(), how),
    ]


@cache
def outcomes() -> list[tuple[Outcome, int]]:
    """Return every outcome that the game's code can come to, without its cards, and in how many orders.

    First cards are told apart by rank, third cards by what they count.
    """
    left = [32] * 13
    found: Counter[int] = Counter()
    for first, weight in _hands(left):
        for second, more in _hands(left):
            cards = (first[0], second[0], first[1], second[1])
            for number, orders in _ways(left, cards).items():
                found[number] += weight * more * orders
    return [(Outcome(number), orders) for number, orders in found.items()]


def _hands(left: list[int]) -> Iterator[tuple[tuple[int, int], int]]:
    """Give each two ranks and the number of their orders; they are out of the shoe meanwhile."""
    for one in range(13):
        for two in range(one, 13):
            orders = left[one] * (left[two] - (one == two)) * (1 if one == two else 2)
            left[one] -= 1
            left[two] -= 1
            yield (one, two), orders
            left[one] += 1
            left[two] += 1


def _ways(left: list[int], cards: tuple[int, ...]) -> Counter[int]:
    """Deal on where the code says so. Return number of the outcome -> orders of the cards up to the sixth."""
    if next_hand(cards) < 0:
        outcome = BACCARAT.seen(cards)
        assert outcome is not None, cards  # what the code deals it must also recognise
        return Counter({outcome.number: math.prod(416 - dealt for dealt in range(len(cards), 6))})
    found: Counter[int] = Counter()
    for card in range(10):
        alike = sum(left[9:]) if card == 9 else left[card]
        left[card] -= 1
        for number, orders in _ways(left, (*cards, card)).items():
            found[number] += alike * orders
        left[card] += 1
    return found
