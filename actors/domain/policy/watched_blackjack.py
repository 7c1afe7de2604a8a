"""What the guard holds blackjack to, where the return is what players make of their cards.

*Shown*: the ranks of the dealer's open card, of his hidden one, and of the first two cards of every seat. They are dealt
before anybody decides anything, so each is as likely as any other whatever is played. (Cards of one round come from one
shoe, which makes chi-square a little smaller than it would be: on the safe side.)

*Return*: what a seat comes to, its doubles, splits and insurance included, per unit of its main bet, lies between

- BEST: optimal play, and a little for what other seats' open cards tell, which optimal play for one seat does not know.
  Stakes that are put down later are no advantage by themselves (insurance never is: with seven seats and no ten in sight
  it returns 96 / 297 * 3 = 97 %), so they come back as they were at best;
- POOREST: half of the main bet. Who takes cards up to 21 whatever he has gets 39 % back, who always doubles 29 %; all who
  try to win, however badly, 80 % and more; a random choice of what is allowed, 58 %. Below half either the cards are not
  those of the game or somebody plays to lose, and both are for people to look at.

Side bets win or lose on the first cards, so their return is exact. *Payouts*: every bet's, from the cards recorded.
Figures of poor play: simulated over 3,000 rounds of the game's own code. Source of the others: docs/blackjack.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from actors.domain.games.blackjack import BLACKJACK, RETURNS
from actors.domain.games.blackjack_hands import BEHIND, MAIN, PERFECT_PAIRS, Hand, HandState, is_natural, total
from actors.domain.games.blackjack_play import FLAG_DOUBLED, FLAG_INSURED, FLAG_SPLIT
from actors.domain.games.blackjack_side import (
    PERFECT_PAIRS_PAYS,
    TWENTY_ONE_PLUS_3_PAYS,
    perfect_pairs_pays,
    twenty_one_plus_3_pays,
)
from actors.domain.games.cards import rank
from actors.domain.games.game import BetReturn, Outcome
from actors.domain.policy.game_watch import Bet, Shown, Watched
from actors.domain.rounds import SettleEntry

_MAIN_RETURN, _, _PAIRS_RETURN, _THREE_RETURN, _ = RETURNS
#: Per unit of the main bet. Others' open cards are worth a tenth of this at six decks.
BEST: Final = float(_MAIN_RETURN.rtp) + 0.002
POOREST: Final = 0.5
_RANKS: Final = 13


def _side(row: BetReturn, most: int) -> Bet:
    mean = float(row.rtp)
    return Bet(1, 0, mean, mean, math.sqrt(row.variance), most + 1, mean)


#: By kind of position, of one unit. Main: who doubles and splits whatever he can has 2.1 of deviation, and eight stakes
#: and insurance in play at the utmost. Behind: between nothing and 3 to 2 on one stake, for which 1.25 is the bound.
_UNIT: Final[dict[int, Bet]] = {
    MAIN: Bet(1, 0, POOREST, BEST, 2.5, 8.5, 8.5),
    BEHIND: Bet(1, 0, POOREST, 1.0, 1.25, 1.5, 1.0),
    PERFECT_PAIRS: _side(_PAIRS_RETURN, max(PERFECT_PAIRS_PAYS.values())),
}
_THREE: Final = _side(_THREE_RETURN, max(TWENTY_ONE_PLUS_3_PAYS.values()))


class _Cards:
    """What a recorded outcome shows: the dealer's cards, and every hand by its number."""

    def __init__(self, detail: Sequence[int]) -> None:
        count = detail[0]
        self.dealer = detail[1 : 1 + count]
        self.hands: dict[int, Hand] = {}
        self.added: list[Hand] = []
        self.is_insured = False
        at = 1 + count
        while at < len(detail):
            number, flags, count = detail[at : at + 3]
            self._add(number, flags, list(detail[at + 3 : at + 3 + count]))
            at += 3 + count

    def _add(self, number: int, flags: int, cards: list[int]) -> None:
        hand = Hand(number // 10, number % 10, 0, cards, of_split=bool(flags & FLAG_SPLIT))
        hand.state = HandState.STOOD
        if total(cards)[0] > 21:
            hand.state = HandState.BUST
        elif is_natural(cards) and not hand.of_split:
            hand.state = HandState.BLACKJACK
        self.hands[number] = hand
        self.is_insured = self.is_insured or bool(flags & FLAG_INSURED)
        if flags & (FLAG_DOUBLED | FLAG_SPLIT):
            self.added.append(hand)

    def first(self, seat: int) -> tuple[int, int]:
        """Return the two cards that a seat was dealt first. A split moves the second away."""
        cards, split = self.hands[seat * 10].cards, self.hands.get(seat * 10 + 1)
        return cards[0], split.cards[0] if split else cards[1]

    def pays(self, position: int, stake: int) -> int:
        """Return what a chip pays; one without a hand beside others comes back."""
        seat, kind = divmod(position, 10)
        hand = self.hands.get(seat * 10)
        if hand is None:
            return stake
        if kind in (MAIN, BEHIND):
            return hand.pays(stake, self.dealer)
        if kind == PERFECT_PAIRS:
            return perfect_pairs_pays(stake, *self.first(seat))
        return twenty_one_plus_3_pays(stake, *self.first(seat), self.dealer[0])

    def may_add(self, stake: int) -> set[int]:
        """Return what a stake that was put down later may pay: insurance, a double, a split."""
        insurance = {3 * stake if is_natural(self.dealer) else 0} if self.is_insured else set()
        return insurance | {hand.pays(stake, self.dealer) for hand in self.added}


def _cells(outcome: Outcome) -> list[int]:
    cards = _Cards(outcome.detail)
    seats = sorted({number // 10 for number in cards.hands})
    dealt = [card for seat in seats for card in cards.first(seat)]
    ups = [rank(cards.dealer[0]), _RANKS + rank(cards.dealer[1])]
    return [*ups, *(2 * _RANKS + rank(card) for card in dealt)]


def _bet(_: Outcome, entry: SettleEntry) -> Bet:
    least = best = sigma = most = fall = 0.0
    for position, stake in entry.chips:
        unit = _UNIT.get(position % 10, _THREE)
        least, best, sigma = least + unit.least * stake, best + unit.best * stake, sigma + unit.sigma * stake
        most, fall = most + unit.most * stake, fall + unit.fall * stake
    if not entry.chips:  # put down later: its chances are in its main bet's
        least = best = float(entry.stake_minor)
    return Bet(entry.stake_minor, entry.payout_minor, least, best, sigma, most, fall)


def _is_owed(outcome: Outcome, entry: SettleEntry) -> bool:
    cards = _Cards(outcome.detail)
    if not entry.chips:
        return entry.payout_minor in cards.may_add(entry.stake_minor)
    return entry.payout_minor in _sums(cards, entry.chips)


def _sums(cards: _Cards, chips: Sequence[tuple[int, int]]) -> set[int]:
    """Return what a bet may pay. On several seats all of one may have come back: a record does not say whose a seat was."""
    by_seat: dict[int, tuple[int, int]] = {}
    for position, stake in chips:
        pays, staked = by_seat.get(position // 10, (0, 0))
        by_seat[position // 10] = (pays + cards.pays(position, stake), staked + stake)
    sums = {0}
    for both in by_seat.values():
        sums = {known + amount for known in sums for amount in (both if len(by_seat) > 1 else both[:1])}
    return sums


BLACKJACK_WATCH: Final = Watched(
    BLACKJACK.rules_version,
    (Shown("outcomes", ((1 / _RANKS,) * _RANKS,) * 3),),
    _cells,
    _bet,
    _is_owed,
)
