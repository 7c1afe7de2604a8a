"""What a seed makes of a round, game by game, by the code that the house plays with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from actors.domain.games import roulette
from actors.domain.games.baccarat import BACCARAT, BACCARAT_NO_COMMISSION
from actors.domain.games.blackjack import Blackjack
from actors.domain.games.blackjack_hands import DECKS as BLACKJACK_DECKS
from actors.domain.games.cards import Shoe
from actors.domain.games.crash import CRASH, bust_of
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Outcome
from actors.domain.games.slot import SLOT


class Played(msgspec.Struct, frozen=True):
    """found: as in `Verdict`. is_same: the record says so too. is_paid: false where it was paid otherwise."""

    found: tuple[int, ...]
    is_same: bool
    is_paid: bool = True


Rule = Callable[[SeededDraws, Outcome, int | None, int | None], Played]


def _played(outcome: Outcome, claimed: Outcome) -> Played:
    return Played((outcome.number, *outcome.detail), outcome == claimed)


def _roulette(draws: SeededDraws, claimed: Outcome, _stake: int | None, _payout: int | None) -> Played:
    return _played(Outcome(draws.below(roulette.POCKETS)), claimed)


def _baccarat(draws: SeededDraws, claimed: Outcome, _stake: int | None, _payout: int | None) -> Played:
    return _played(BACCARAT.draw(draws), claimed)  # commission changes what it pays, not how it is dealt


def _crash(draws: SeededDraws, claimed: Outcome, _stake: int | None, _payout: int | None) -> Played:
    return _played(Outcome(bust_of(draws.digest())), claimed)


def _slot(draws: SeededDraws, claimed: Outcome, stake: int | None, payout: int | None) -> Played:
    played = _played(SLOT.spin(draws, 20).outcome, claimed)
    # The win is in hundredths of the stake, and exact.
    is_paid = stake is None or payout is None or payout * 100 == played.found[0] * stake
    return msgspec.structs.replace(played, is_paid=is_paid)


_HANDS_MAX: Final = 28


def _blackjack(draws: SeededDraws, claimed: Outcome, _stake: int | None, _payout: int | None) -> Played:
    """Check which cards were dealt, and to whom, as far as nobody chose: a seat that split has its cards in any order."""
    lists = _read_hands(claimed.detail)
    if lists is None:
        return Played((), False)
    (_, dealer), *hands = lists
    shoe = Shoe(draws, BLACKJACK_DECKS)
    cards = [shoe.deal() for _ in range(sum(len(held) for _, held in lists))]
    seats: dict[int, list[list[int]]] = {}
    for number, held in hands:
        seats.setdefault(number // 10, []).append(held)
    place = 2 * len(seats) + 2
    is_same = claimed.number == _dealer_number(dealer)
    for index, of_seat in enumerate(seats.values()):
        held = [card for hand in of_seat for card in hand]
        more = max(0, len(held) - 2)
        dealt = [cards[index], cards[len(seats) + 1 + index], *cards[place : place + more]]
        place += more
        is_same &= sorted(held) == sorted(dealt) if len(of_seat) > 1 else held == dealt
    is_same &= dealer == [cards[len(seats)], cards[2 * len(seats) + 1], *cards[place:]]
    return Played(tuple(cards), is_same)


def _read_hands(detail: Sequence[int]) -> list[tuple[int, list[int]]] | None:
    """Return (number, cards) of the dealer, whose number is 0, and of each hand; None where there is no sense in it."""
    lists: list[tuple[int, list[int]]] = []
    place = 0
    while place < len(detail):
        head = 2 if lists else 0
        begin = place + head + 1
        if begin > len(detail) or begin + detail[begin - 1] > len(detail):
            return None
        lists.append((detail[place] if head else 0, list(detail[begin : begin + detail[begin - 1]])))
        place = begin + detail[begin - 1]
    if not lists or len(lists[0][1]) < 2 or len(lists) > _HANDS_MAX + 1:
        return None
    return lists if sum(len(cards) for _, cards in lists) <= 52 * BLACKJACK_DECKS else None


def _dealer_number(cards: Sequence[int]) -> int:
    values = [min(10, card % 13 + 1) for card in cards]
    hard = sum(values)
    total = hard + 10 if 1 in values and hard <= 11 else hard
    return 0 if total == 21 and len(cards) == 2 else min(total, 22)


_RULES: Final[Mapping[str, Rule]] = {
    roulette.RULES_VERSION: _roulette,
    BACCARAT.rules_version: _baccarat,
    BACCARAT_NO_COMMISSION.rules_version: _baccarat,
    CRASH.rules_version: _crash,
    Blackjack.rules_version: _blackjack,
    SLOT.rules_version: _slot,
}
#: By the first part of a rules version, up to the colon: the way outcomes come about changes only together with it.
GAMES: Final[Mapping[str, Rule]] = {version.split(":")[0]: rule for version, rule in _RULES.items()}
