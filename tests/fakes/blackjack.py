"""A stacked shoe, and a round of blackjack played from it by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actors.domain.commands import Refused
from actors.domain.games.blackjack import BLACKJACK
from actors.domain.games.blackjack_play import BlackjackPlay
from actors.domain.games.cards import DECK, RANKS, SUITS
from actors.domain.games.game import PlayBet, Step
from actors.domain.plays import HandView

BEGAN_MS = 1_000_000
ANA, BEN = 7, 8


def cards_of(names: str) -> list[int]:
    """Return the cards that "As Th 2d" names."""
    return [RANKS.index(name[0]) + 13 * SUITS.index(name[1]) for name in names.split()]


class StackedDraws:
    """Numbers that make `Shoe` deal exactly these cards. Raises IndexError when more are asked for."""

    def __init__(self, names: str, decks: int = 6) -> None:
        self._wanted = cards_of(names)
        self._left = list(range(DECK)) * decks
        self.dealt = 0

    def below(self, n: int) -> int:
        place = self.dealt
        assert n == len(self._left) - place
        other = self._left.index(self._wanted[place], place)
        self._left[place], self._left[other] = self._left[other], self._left[place]
        self.dealt += 1
        return other - place


def bet(number: int, player: int, *chips: tuple[int, int]) -> PlayBet:
    """Return a bet of one player; its id is its number."""
    return PlayBet(0, bytes([number]) * 16, player, f"player {player}", sum(stake for _, stake in chips), chips)


class Table:
    """A round of blackjack. Orders are those of whom they name; the stake that `check` asks for is put down."""

    def __init__(self, names: str, *bets: PlayBet) -> None:
        self.draws = StackedDraws(names)
        self.bets = bets or (bet(1, ANA, (0, 100)),)
        self.play: BlackjackPlay = BLACKJACK.start(self.draws, self.bets, BEGAN_MS)
        self.now_ms = BEGAN_MS
        self.orders = 0

    def order(self, action: str, hand: HandView | None = None, **changes: Any) -> Step:
        """Return an order about a hand, by its owner; the acting hand unless one is named."""
        seen = self.play.view()
        hand = hand or seen.hands[max(seen.acting, 0)]
        owner = next(each.player_id for each in self.bets if each.reservation_id == hand.bet_id)
        self.orders += 1
        fields: dict[str, Any] = {"player_id": owner, "reservation_id": hand.bet_id, "value": hand.hand, **changes}
        return Step(self.now_ms, command_id=bytes([200 + self.orders]) * 16, action=action, **fields)

    def act(self, action: str, hand: HandView | None = None) -> int:
        """Order, and return the stake that was put down for it."""
        step = self.order(action, hand)
        stake = self.play.check(step)
        assert not isinstance(stake, Refused), (action, stake)
        self.play.apply(with_stake(step, stake))
        return stake

    def refused(self, step: Step) -> int:
        """Return the code by which an order is refused."""
        found = self.play.check(step)
        assert isinstance(found, Refused), found
        return found.code

    def clock(self, until_ms: int) -> Sequence[Step]:
        """Let the clock act until then."""
        steps = []
        while 0 <= self.play.due_ms() <= until_ms:
            for step in self.play.due(max(self.play.due_ms(), 0)):
                self.play.apply(step)
                steps.append(step)
        return steps

    def paid(self) -> list[int]:
        """Return what every bet pays, in order."""
        assert self.play.due_ms() == -1
        return [amount for _, amount in self.play.payouts()]


def with_stake(step: Step, stake_minor: int) -> Step:
    """Return the step with the bet that puts down its stake, as a table makes it."""
    if not stake_minor:
        return step
    chips = ((step.value // 10 * 10, stake_minor),)
    added = PlayBet(0, step.command_id, step.player_id, "", stake_minor, chips)
    return Step(step.at_ms, step.player_id, step.command_id, step.reservation_id, step.action, step.value, added)
