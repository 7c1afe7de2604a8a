"""Blackjack beside its code: side bets and insurance counted over six decks, the main bet by its solution (docs/blackjack.md).

Solving takes minutes, so the solution's figures stand here, one for each of the dealer's cards; `unlike_solution` solves anew
(`croupier rtp --solve`), and the tests solve a part.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Final

from actors.domain.games.blackjack import BLACKJACK
from actors.domain.games.blackjack_hands import MAIN, PERFECT_PAIRS, TWENTY_ONE_PLUS_3
from actors.domain.games.blackjack_seats import Seat, bet_pays
from actors.domain.games.game import PlayBet
from server.rtp.blackjack_cards import DECKS, RANKS, Rules
from server.rtp.blackjack_strategy import Returns, optimal_returns
from server.rtp.rows import STAKE, Row, Teller, row_of

GAMES: Final[tuple[Teller, ...]] = (BLACKJACK,)

#: Won by optimal play against ace, two .. nine, ten: of a stake on the seat, and of one behind it; times the card's chance.
SOLVED: Final[tuple[Returns, ...]] = (
    Returns(-0.026280988282279, -0.026239185621234),
    Returns(0.007128909576964, 0.005529245107035),
    Returns(0.009716623388085, 0.007514002608437),
    Returns(0.012522910627995, 0.009787817813538),
    Returns(0.015635383993534, 0.012155217552024),
    Returns(0.018134928971350, 0.014098510041540),
    Returns(0.011123155913204, 0.009419834737920),
    Returns(0.004428647797432, 0.003189821089614),
    Returns(-0.003164736589227, -0.003766878971094),
    Returns(-0.053273478824729, -0.054219040844571),
)
#: The same of play by the usual chart, summed: what a player may take for his own.
CHART: Final = Returns(-0.004059224177, -0.022558678485)
#: Won by optimal play of one stake elsewhere: the dealer hits soft 17; no doubling after a split.
VARIANTS: Final[Mapping[Rules, float]] = {
    Rules(hits_soft_17=True): -0.006153891229,
    Rules(doubles_after_split=False): -0.005445651609,
}
#: Figures of a new solution may differ by so much: the last digits of floats on another machine.
TOLERANCE: Final = 1e-11  # twelve decimals are kept
#: Variance of one stake, from 10^7 rounds played (docs/evidence/rtp.md): the only figures here that are not computed.
VARIANCE_MAIN: Final = Fraction(133, 100)
VARIANCE_BEHIND: Final = Fraction(97, 100)

_SEATS: Final = 7
_CARDS: Final = 52 * DECKS
_PAIRS: Final = {"perfect pair": 25, "coloured pair": 12, "mixed pair": 6}
_THREES: Final = {"suited trips": 100, "straight flush": 40, "trips": 30, "straight": 10, "flush": 5}


def _published(returns: Iterable[float]) -> Fraction:
    """Return one stake and what is won, to nine decimals."""
    return 1 + Fraction(round(math.fsum(returns) * 10**9), 10**9)


def pair_cases() -> dict[str, int]:
    """Return in how many ways a second card makes each pair with a first: the suits and the colours of its rank."""
    return {"perfect pair": DECKS - 1, "coloured pair": DECKS, "mixed pair": 2 * DECKS}


def three_cases() -> dict[str, int]:
    """Return how many of the combinations of three cards are each; a better one does not count as a lesser one too."""
    suited_trips = 52 * math.comb(DECKS, 3)
    straight_flush = 12 * 4 * DECKS**3
    flush = 4 * math.comb(13 * DECKS, 3)
    return {
        "suited trips": suited_trips,
        "straight flush": straight_flush,
        "trips": 13 * math.comb(4 * DECKS, 3) - suited_trips,
        "straight": 12 * (4 * DECKS) ** 3 - straight_flush,
        "flush": flush - straight_flush - suited_trips,
    }


def _side_row(bet: str, pays: dict[str, int], cases: dict[str, int], all_cases: int, how: str) -> Row:
    returns = {Fraction(pays[name] + 1): count for name, count in cases.items()}
    returns[Fraction(0)] = all_cases - sum(cases.values())
    return row_of("blackjack", bet, _SEATS, returns, how)


def rows() -> list[Row]:
    """Return main bet and bet behind to nine decimals, the others exactly."""
    tens = 16 * DECKS
    main = _published(each.main for each in SOLVED)
    behind = _published(each.behind for each in SOLVED)
    solved = "optimal play, solved by composition, nine decimals; sigma from 10^7 rounds played"
    return [
        Row("blackjack", "main", _SEATS, main, VARIANCE_MAIN, solved),
        Row("blackjack", "bet behind", _SEATS, behind, VARIANCE_BEHIND, f"behind {solved}"),
        _side_row("perfect pairs", _PAIRS, pair_cases(), _CARDS - 1, "every second card"),
        _side_row("21+3", _THREES, three_cases(), math.comb(_CARDS, 3), "every three cards of six decks"),
        row_of(
            *("blackjack", "insurance", 0),
            {Fraction(3): tens, Fraction(0): _CARDS - 1 - tens},
            "every hole card, nothing else seen",
        ),
    ]


def first_cards() -> Iterator[tuple[tuple[int, int, int], int]]:
    """Give a seat's two cards, whichever came first, with the dealer's open one, and how many orders of six decks are such."""
    for first in range(52):
        for second in range(first, 52):
            ways = DECKS * (DECKS - 1 if second == first else 2 * DECKS)
            for up in range(52):
                yield (first, second, up), ways * (DECKS - (up == first) - (up == second))


def paid() -> list[Row]:
    """Return what the game's code pays on side bets over all first cards. The main bet's code has golden hands instead."""
    bets = {PERFECT_PAIRS: "perfect pairs", TWENTY_ONE_PLUS_3: "21+3"}
    returns: dict[int, Counter[int]] = {kind: Counter() for kind in bets}
    main, *sides = (PlayBet(0, b"", 1, "", STAKE, ((kind, STAKE),)) for kind in (MAIN, *bets))
    seats = {0: Seat(0, main)}
    cards = seats[0].sit().cards
    for (first, second, up), ways in first_cards():
        cards[:] = first, second
        for kind, side in zip(bets, sides, strict=True):
            returns[kind][bet_pays(seats, side, [up])] += ways
    return [
        row_of(
            "blackjack", bet, _SEATS, {Fraction(back, STAKE): ways for back, ways in returns[kind].items()}, "walked"
        )
        for kind, bet in bets.items()
    ]


def unlike_solution(ups: Iterable[int] = RANKS) -> list[str]:
    """Solve against these cards of the dealer (a minute or two for all) and tell in words where the figures differ."""
    found = []
    for up in ups:
        solved, kept = optimal_returns(up), SOLVED[up]
        if max(abs(solved.main - kept.main), abs(solved.behind - kept.behind)) > TOLERANCE:
            found.append(f"blackjack: against {up + 1} solved {solved}, kept {kept}")
    return found


def unlike_variants() -> list[str]:
    """Solve by the rules of other tables (some minutes) and tell in words where the figures differ."""
    found = []
    for rules, kept in VARIANTS.items():
        solved = math.fsum(optimal_returns(up, rules).main for up in RANKS)
        if abs(solved - kept) > TOLERANCE:
            found.append(f"blackjack: by {rules} solved {solved}, kept {kept}")
    return found
