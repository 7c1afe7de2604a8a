"""Blackjack: six decks, the dealer stands on all 17s and looks for blackjack, 3 to 2. Source: house rules, domain.md 7.2.

The rules in full are `TEXT`; positions are in `blackjack_bets`, a round is in `blackjack_play`, returns are computed anew
by `server.rtp.blackjack` (docs/blackjack.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.games import blackjack_bets
from actors.domain.games.blackjack_hands import DECKS, HANDS_MAX, SEATS
from actors.domain.games.blackjack_play import INSURE_MS, TURN_MS, BlackjackPlay
from actors.domain.games.blackjack_side import PERFECT_PAIRS_PAYS, TWENTY_ONE_PLUS_3_PAYS
from actors.domain.games.game import BetLimits, BetReturn, Draws, Outcome, PlayBet

TEXT: Final = (
    f"{DECKS} decks of 52 cards, shuffled for every round. Number cards count their number, court cards ten, an ace one"
    f" or eleven. Up to {SEATS} seats; a player may take several. What is closest to 21 without passing it wins.",
    "Each seat gets two cards, face up; the dealer one face up and one face down. An ace with a ten-value card is a"
    " blackjack: it beats every other 21 and pays 3 to 2, rounded down to the smallest unit of money. Other wins pay"
    " 1 to 1. Equal hands push: the stake comes back.",
    "If the dealer shows an ace, every seat may insure for exactly half of its main bet (rounded down). Insurance pays 2"
    " to 1 if the dealer has a blackjack, else it loses. If he shows an ace or a ten-value card he looks at his hidden"
    " card before anybody plays; if he has a blackjack the round is over: other hands lose, blackjacks push.",
    "Seats play in order. A hand may hit (take a card) or stand. On its first two cards it may double: a second stake as"
    " large as its own is put down, it gets exactly one card and stands; after a split too. 21 stands by itself. Above 21"
    " a hand is bust and loses at once.",
    "Two cards of equal value (any two of ten, jack, queen, king are equal) may be split into two hands, the new one with"
    f" a stake as large as the first; again and again up to {HANDS_MAX} hands of a seat. A new hand plays after the seat's"
    " others and gets its second card when its turn comes. Split aces get one card each, at once, and stand; they are"
    " not split again. 21 after a split is not a blackjack. There is no surrender.",
    "The dealer draws to 16 and stands on every 17, hard or soft. If no hand needs his cards (all are bust or blackjacks)"
    " he draws none.",
    "Perfect pairs (the seat's first two cards) and 21+3 (those two with the dealer's open card) need a main bet on the"
    " same seat. They are decided on the first cards and win or lose for themselves.",
    "A bet behind follows another player's seat: it rides on his first hand with its first stake. It neither doubles nor"
    " splits nor insures; if he doubles or splits, it is paid by that hand's result, 1 to 1; a blackjack pays 3 to 2. If"
    " nobody sits there when betting closes, it is void and the stake comes back.",
    f"Who is asked has {TURN_MS // 1000} seconds for each decision, {INSURE_MS // 1000} for insurance. Without an answer,"
    " connected or not, the hand stands and is not insured. If the house interrupts a round, it goes on from the same"
    " cards, and the one who is asked has his whole time again.",
)


def _two_ways(pays: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"name": name, "pays": to_one} for name, to_one in pays.items()]


def paytable() -> list[dict[str, Any]]:
    """Return what each kind of bet pays, for clients: kind, name, and its winning cases ("pays" to 1, as text)."""
    return [
        {"kind": 0, "name": "Main", "pays": [{"name": "blackjack", "pays": "3:2"}, {"name": "win", "pays": "1"}]},
        {"kind": 1, "name": "Perfect pairs", "pays": _two_ways(PERFECT_PAIRS_PAYS)},
        {"kind": 2, "name": "21+3", "pays": _two_ways(TWENTY_ONE_PLUS_3_PAYS)},
        {"kind": 3, "name": "Bet behind", "pays": [{"name": "blackjack", "pays": "3:2"}, {"name": "win", "pays": "1"}]},
        {"kind": -1, "name": "Insurance", "pays": [{"name": "dealer's blackjack", "pays": "2"}]},
    ]


def _rules_hash() -> str:
    rules = {"text": TEXT, "decks": DECKS, "seats": SEATS, "hands_max": HANDS_MAX, "paytable": paytable()}
    return hashlib.sha256(json.dumps(rules, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


#: SHA-256 (hex) over the canonical JSON of the rules' text, numbers and paytable.
RULES_HASH: Final = _rules_hash()


class Blackjack:
    """A `PlayGame`."""

    name = "blackjack"
    rules_version = f"blackjack-6d-s17-1:{RULES_HASH[:12]}"
    min_cycle_ms = 5_000

    def export_rules(self) -> dict[str, Any]:
        """Return all that a player must know before he stakes. paytable: see `paytable`."""
        return {
            "game": self.name,
            "rules_version": self.rules_version,
            "rules_hash": RULES_HASH,
            "seats": SEATS,
            "paytable": paytable(),
            "rtp": {bet.name: str(bet.rtp) for bet in self.returns()},
            "text": list(TEXT),
        }

    def returns(self) -> list[BetReturn]:
        """Return what is published of each bet's return."""
        return list(RETURNS)

    def check_shape(self, chips: Sequence[ChipStake], calls: Sequence[CallStake], max_chips: int) -> Refused | None:
        """Refuse what no table could take (`blackjack_bets`)."""
        return blackjack_bets.check_shape(chips, calls, max_chips)

    def expand(self, chips: Sequence[ChipStake], calls: Sequence[CallStake]) -> dict[int, int]:
        """Return stake by position (`blackjack_bets`)."""
        return blackjack_bets.expand(chips, calls)

    def check_limits(
        self, limits: BetLimits, stakes: Mapping[int, int], held: Mapping[int, int], held_minor: int
    ) -> Refused | None:
        """Refuse what is against the limits, a side bet without a main bet, a bet behind oneself (`blackjack_bets`)."""
        return blackjack_bets.check_limits(limits, stakes, held, held_minor)

    def name_of(self, position: int) -> str:
        """Return what people call this position: kind and seat, seats counted from one."""
        return f"{blackjack_bets.KIND_NAMES[position % 10]}, seat {position // 10 + 1}"

    def seat_of(self, position: int) -> int | None:
        """Return the seat that a stake here takes for its player alone; None of a bet behind."""
        return blackjack_bets.seat_of(position)

    def draw(self, draws: Draws) -> Outcome:
        """Never: blackjack is played."""
        raise TypeError("blackjack is played (`start`), not drawn")

    def seen(self, numbers: Sequence[int]) -> Outcome | None:
        """Never: no dealer of flesh and blood."""
        return None

    def payout(self, position: int, stake_minor: int, outcome: Outcome) -> int:
        """Never: a play knows its payouts."""
        raise TypeError("a play of blackjack knows its payouts (`Play.payouts`)")

    def start(self, draws: Draws, bets: Sequence[PlayBet], began_ms: int) -> BlackjackPlay:
        """Begin a play: the first cards are dealt."""
        return BlackjackPlay(draws, bets, began_ms)


#: Published returns, of one unit staked before the cards: of the main bet under optimal play, of a bet behind a seat that
#: plays so; both to nine decimals, their variances to two (docs/blackjack.md). Insurance lies on no position.
RETURNS: Final = (
    BetReturn("main", SEATS, Fraction(995_971_357, 10**9), Fraction(133, 100)),
    BetReturn("bet behind", SEATS, Fraction(977_469_344, 10**9), Fraction(97, 100)),
    BetReturn("perfect pairs", SEATS, Fraction(292, 311), Fraction(1_464_138, 96_721)),
    BetReturn("21+3", SEATS, Fraction(597_707, 626_665), Fraction(6_041_482_910_856, 392_709_022_225)),
    BetReturn("insurance", 0, Fraction(288, 311), Fraction(185_760, 96_721)),
)

BLACKJACK: Final = Blackjack()
