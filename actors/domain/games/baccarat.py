"""Punto banco: eight decks, dealt anew for every round or by a dealer from a shoe (`shoe_events.py`). The drawing table
says who draws, nobody decides anything.

An ace counts 1, tens and pictures 0, a hand its sum without the tens. Dealt: player, banker, player, banker, then by
`next_hand`: with 8 or 9 in either hand (a natural) nobody draws; the player draws to 0-5; the banker, where the player
stood, to 0-5, and else by his own total and what the player's third card counts (`BANKER_DRAWS`).

| position | bet | pays |
| --- | --- | --- |
| 0 | player | 1 to 1; a tie gives the stake back |
| 1 | banker | 19 to 20 (5 % commission), or without commission 1 to 1 and 1 to 2 where he wins with six; a tie gives it back |
| 2 | tie | 8 to 1 |
| 3, 4 | player pair, banker pair: the hand's first two cards are of one rank | 11 to 1 |
| 5 | super six: the banker wins with six; without commission only, as in the trade | 12 to 1 |

`Outcome.number` packs what history shows, lowest bits first: the winner (2 bits: 0 player, 1 banker, 2 tie), player pair,
banker pair (a bit each), player's total, banker's total (4 bits each), cards dealt (3 bits). Payouts need no more.
`Outcome.detail` has the cards in the order dealt (`cards.py`).

Source: domain.md 7.3. Its counts of all orders stand below as what is published; `make rtp` counts them anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.games import layout
from actors.domain.games.cards import DECK, Shoe, rank
from actors.domain.games.game import BetLimits, BetReturn, Draws, Outcome
from actors.domain.plays import CoupView

DECKS: Final = 8
PLAYER, BANKER, TIE, PLAYER_PAIR, BANKER_PAIR, SUPER_SIX = range(6)

#: What each card counts.
VALUES: Final[tuple[int, ...]] = tuple((rank(card) + 1) % 10 if rank(card) < 9 else 0 for card in range(DECK))

#: Banker's total -> what the player's third card counts where the banker draws.
BANKER_DRAWS: Final[tuple[tuple[int, ...], ...]] = (
    *(tuple(range(10)),) * 3,
    (0, 1, 2, 3, 4, 5, 6, 7, 9),
    (2, 3, 4, 5, 6, 7),
    (4, 5, 6, 7),
    (6, 7),
    (),
)

_NAMES: Final = ("Player", "Banker", "Tie", "Player pair", "Banker pair", "Super six")
_KINDS: Final = ("player", "banker", "tie", "player_pair", "banker_pair", "super_six")
_PAYS: Final = ("1 to 1", "", "8 to 1", "11 to 1", "11 to 1", "12 to 1")

#: Of all orders in which six cards can leave eight decks: how many end so. Every figure published follows from these.
ORDERS: Final = 4_998_398_275_503_360
BANKER_WINS: Final = 2_292_252_566_437_888
BANKER_WINS_WITH_SIX: Final = 269_232_304_455_680
PLAYER_WINS: Final = 2_230_518_282_592_256
TIES: Final = 475_627_426_473_216
PAIRS: Final = ORDERS * 31 // 415


def next_hand(cards: Sequence[int]) -> int:
    """Return whose the next card is after these, in the order dealt: PLAYER, BANKER, or -1 where the round is over."""
    dealt = len(cards)
    if dealt < 4:
        return dealt % 2
    player = (VALUES[cards[0]] + VALUES[cards[2]]) % 10
    banker = (VALUES[cards[1]] + VALUES[cards[3]]) % 10
    if dealt == 6 or player > 7 or banker > 7:
        return -1
    if player > 5:
        return BANKER if dealt == 4 and banker <= 5 else -1
    if dealt == 4:
        return PLAYER
    return BANKER if VALUES[cards[4]] in BANKER_DRAWS[banker] else -1


def total(cards: Sequence[int]) -> int:
    """Return what a hand counts, 0 .. 9."""
    return sum(VALUES[card] for card in cards) % 10


def hands(cards: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the player's and the banker's cards of a round, each in the order dealt."""
    both: tuple[list[int], list[int]] = ([], [])
    for place, card in enumerate(cards):
        both[next_hand(cards[:place])].append(card)
    return both


def _number(cards: Sequence[int]) -> int:
    player = VALUES[cards[0]] + VALUES[cards[2]]
    banker = VALUES[cards[1]] + VALUES[cards[3]]
    if len(cards) == 6:
        player, banker = player + VALUES[cards[4]], banker + VALUES[cards[5]]
    elif len(cards) == 5 and player % 10 <= 5:
        player += VALUES[cards[4]]
    elif len(cards) == 5:
        banker += VALUES[cards[4]]
    player, banker = player % 10, banker % 10
    winner = PLAYER if player > banker else BANKER if banker > player else TIE
    pairs = (cards[0] % 13 == cards[2] % 13) << 2 | (cards[1] % 13 == cards[3] % 13) << 3
    return winner | pairs | player << 4 | banker << 8 | len(cards) << 12


def _wins_with_six(number: int) -> bool:
    return number & 3 == BANKER and number >> 8 & 15 == 6


class PuntoBanco:
    """Baccarat at a table, with or without commission. A `TableGame`."""

    #: A card a second and a look at the hands; UKGC RTS 14G asks for five seconds.
    min_cycle_ms = 8_000
    decks = DECKS

    def __init__(self, name: str, version: str, commission: bool) -> None:
        self.name = name
        self._commission = commission
        self._positions = 5 if commission else 6
        #: Below this a banker's winnings, rounded down, would lose more than a hundredth or two of the stake.
        self.least_minor = {BANKER: 20 if commission else 2}
        self.rules_hash = hashlib.sha256(
            json.dumps(self._rules(), sort_keys=True, separators=(",", ":")).encode()
        ).hexdigest()
        self.rules_version = f"{version}:{self.rules_hash[:12]}"

    def _rules(self) -> dict[str, Any]:
        banker = "19 to 20" if self._commission else "1 to 1, with six 1 to 2"
        return {
            "decks": DECKS,
            "player_draws": list(range(6)),
            "banker_draws": [list(row) for row in BANKER_DRAWS],
            "least_stake_minor": {str(position): least for position, least in self.least_minor.items()},
            "paytable": [
                {
                    "position": position,
                    "kind": _KINDS[position],
                    "name": _NAMES[position],
                    "pays": _PAYS[position] or banker,
                }
                for position in range(self._positions)
            ],
        }

    def export_rules(self) -> dict[str, Any]:
        """Return the rules: decks, drawing table, paytable, rtp by bet, text. The hash is over all but the last two."""
        return {
            "game": self.name,
            "rules_version": self.rules_version,
            "rules_hash": self.rules_hash,
            **self._rules(),
            "rtp": {bet.name: str(bet.rtp) for bet in self.returns()},
            "text": self._text(),
        }

    def _text(self) -> list[str]:
        banker = (
            "Banker pays 0.95 to 1: even money less a commission of 5 %, rounded down to the smallest coin."
            if self._commission
            else "Banker pays 1 to 1; where he wins with six it pays 1 to 2, rounded down to the smallest coin."
        )
        six = [] if self._commission else ["Super six, that the banker wins with a total of six, pays 12 to 1."]
        return [
            "Eight decks, shuffled anew for every round where the server deals. At a live table a dealer deals from one shoe: its "
            "first card is turned over and tells how many more are burned unseen (an ace one, tens and pictures ten), a cut card "
            "lies at least 14 cards from its end, and when that comes, the coup in play, or the next one, and one more are dealt.",
            "An ace counts 1, tens and pictures count 0, all others their number; a hand counts its sum without the tens. The "
            "hand nearer to nine wins.",
            "Player and banker get two cards each, in turn. If either has eight or nine, a natural, the round is over. "
            "Else the player takes a third card with 0 to 5 and stands with 6 or 7.",
            "If the player stood, the banker takes a card with 0 to 5. If the player took one, the banker takes one with 0, 1 or "
            "2 always; with 3 unless the player's third card counts 8; with 4 if it counts 2 to 7; with 5 if 4 to 7; with 6 if "
            "6 or 7; with 7 never.",
            f"Player pays 1 to 1. {banker} On a tie, stakes on player and banker are given back. Tie pays 8 to 1. A pair, that "
            "the first two cards of that hand are of one rank, pays 11 to 1.",
            *six,
            "Nothing that a player does after the bet changes the result: it stands if his connection is lost, and is paid.",
            "A live coup counts when the dealer has confirmed it. A card entered wrongly is corrected before that; if the coup is "
            "voided, or the table restarts before, every stake goes back and the cards that were out stay out of the shoe.",
        ]

    def returns(self) -> list[BetReturn]:
        """Return what is published of each bet, from the counts of all orders of eight decks."""
        six = BANKER_WINS_WITH_SIX
        banker = (
            {Fraction(39, 20): BANKER_WINS}
            if self._commission
            else {Fraction(2): BANKER_WINS - six, Fraction(3, 2): six}
        )
        pays: tuple[dict[Fraction, int], ...] = (
            {Fraction(2): PLAYER_WINS, Fraction(1): TIES},
            {**banker, Fraction(1): TIES},
            {Fraction(9): TIES},
            {Fraction(12): PAIRS},
            {Fraction(12): PAIRS},
            {Fraction(13): six},
        )
        return [_bet_return(_NAMES[position], pays[position]) for position in range(self._positions)]

    def check_shape(self, chips: Sequence[ChipStake], calls: Sequence[CallStake], max_chips: int) -> Refused | None:
        """Refuse what no table of this game could take; there are no announced bets."""
        return layout.check_chips(chips, calls, self._positions, max_chips)

    def expand(self, chips: Sequence[ChipStake], calls: Sequence[CallStake]) -> dict[int, int]:
        """Return stake by position. `check_shape` ran first."""
        return layout.add_up(chips)

    def check_limits(
        self, limits: BetLimits, stakes: Mapping[int, int], held: Mapping[int, int], held_minor: int
    ) -> Refused | None:
        """Refuse stakes against the limits; the class of a position in `max_by_size` is its own number."""
        return layout.check_stakes(limits, stakes, held, held_minor, self.least_minor)

    def name_of(self, position: int) -> str:
        """Return what people call this position."""
        return _NAMES[position]

    def seat_of(self, position: int) -> int | None:
        """Return None: the hands are everybody's."""
        return None

    def draw(self, draws: Draws) -> Outcome:
        """Deal a round from a fresh shoe: one number of the stream for each card."""
        shoe = Shoe(draws, DECKS)
        cards = [shoe.deal(), shoe.deal(), shoe.deal(), shoe.deal()]
        while next_hand(cards) >= 0:
            cards.append(shoe.deal())
        return Outcome(_number(cards), tuple(cards))

    def due(self, cards: Sequence[int]) -> int:
        """Return whose the next card is: PLAYER, BANKER or -1."""
        return next_hand(cards)

    def coup(self, cards: Sequence[int], shoe: int, left: int) -> CoupView:
        """Return what everybody may see of a coup that is being dealt."""
        player, banker = hands(cards)
        return CoupView(player, banker, total(player), total(banker), next_hand(cards), shoe, left)

    def seen(self, numbers: Sequence[int]) -> Outcome | None:
        """Return the outcome of a dealer's cards in the order dealt; None: no such cards, too few, or one too many."""
        if not 4 <= len(numbers) <= 6 or any(type(card) is not int or not 0 <= card < DECK for card in numbers):
            return None
        if next_hand(numbers) >= 0 or any(next_hand(numbers[:place]) < 0 for place in range(4, len(numbers))):
            return None
        return Outcome(_number(numbers), tuple(numbers))

    def payout(self, position: int, stake_minor: int, outcome: Outcome) -> int:
        """Return what a stake pays, stake included, rounded down to minor units; 0 if lost."""
        number = outcome.number
        winner = number & 3
        if position in (PLAYER, BANKER):
            if winner == TIE:
                return stake_minor
            if winner != position:
                return 0
            if position == PLAYER:
                return 2 * stake_minor
            if self._commission:
                return stake_minor + stake_minor * 19 // 20
            return stake_minor + (stake_minor // 2 if _wins_with_six(number) else stake_minor)
        if position == TIE:
            return 9 * stake_minor if winner == TIE else 0
        if position == SUPER_SIX:
            return 13 * stake_minor if _wins_with_six(number) else 0
        return 12 * stake_minor if number >> (position - 1) & 1 else 0


def _bet_return(name: str, pays: Mapping[Fraction, int]) -> BetReturn:
    mean = sum((times * count for times, count in pays.items()), Fraction(0)) / ORDERS
    square = sum((times * times * count for times, count in pays.items()), Fraction(0)) / ORDERS
    return BetReturn(name, 1, mean, square - mean * mean)


BACCARAT: Final = PuntoBanco("baccarat", "baccarat-pb-1", commission=True)
BACCARAT_NO_COMMISSION: Final = PuntoBanco("baccarat-no-commission", "baccarat-nc-1", commission=False)
