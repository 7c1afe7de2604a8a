"""A round of blackjack between its last bet and its result: a function of (stream, bets, began_ms, steps).

| phase | what is asked | ends | then |
| --- | --- | --- | --- |
| INSURANCE (the dealer shows an ace) | every seat: insure or not | all answered, or the clock: no | peek |
| peek (he shows an ace or a ten) | nobody | at once: a blackjack ends the round | HANDS |
| HANDS, one after another | the acting hand: hit, stand, double, split | it stands or is bust; the clock: it stands | OVER |
| OVER | nobody; the dealer draws to 17 first, if a hand needs him | | |

Cards: one to each seat, the dealer's first (face up), a second to each seat, the dealer's second (the hole card); then as
they are asked for. A split hand gets its second card when its turn comes, split aces at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import Final

from actors.domain.commands import Refused
from actors.domain.games.blackjack_hands import DECKS, HANDS_MAX, Hand, HandState, is_natural, total, value
from actors.domain.games.blackjack_seats import added_pays, bet_pays, seats_of
from actors.domain.games.cards import Shoe
from actors.domain.games.game import Draws, Outcome, PlayBet, Step
from actors.domain.plays import HandsView, HandView
from actors.domain.refusals import Refusal

#: How long the cards take to be seen before the first question's time begins to count.
DEAL_MS: Final = 2_000
INSURE_MS: Final = 8_000
TURN_MS: Final = 12_000
#: An order that a gateway received in time may still come in this much later; then the clock acts.
GRACE_MS: Final = 500

HAND_ACTIONS: Final = ("hit", "stand", "double", "split")
INSURANCE_ACTIONS: Final = ("insure", "no_insurance")
#: The clock's step that gives the one who is asked his whole time again, after an interruption.
RESUME: Final = "resume"

#: The history's number of a dealer's blackjack, and of a dealer who is bust.
NUMBER_BLACKJACK: Final = 0
NUMBER_BUST: Final = 22

#: Flags of a hand in an outcome's detail.
FLAG_DOUBLED: Final = 1
FLAG_SPLIT: Final = 2
FLAG_INSURED: Final = 4

_RESULTS: Final = {1: "won", 0: "push", -1: "lost"}


class Phase(Enum):
    """See the table above."""

    INSURANCE = auto()
    HANDS = auto()
    OVER = auto()


class BlackjackPlay:
    """A `Play` (`game.py`). bets: those of the betting time."""

    def __init__(self, draws: Draws, bets: Sequence[PlayBet], began_ms: int) -> None:
        self._shoe = Shoe(draws, DECKS)
        self._bets = list(bets)
        self._added: list[tuple[PlayBet, Hand | None]] = []
        self._seats = seats_of(bets)
        self._dealer: list[int] = []
        self._acting: Hand | None = None
        self._phase = Phase.HANDS
        self._until_ms = 0
        self._last_ms = began_ms + DEAL_MS
        self._deal()

    def _hands(self) -> Iterator[Hand]:
        return (hand for seat in self._seats.values() for hand in seat.hands)

    # ------------------------------------------------------------ the cards

    def _deal(self) -> None:
        hands = [seat.sit() for seat in self._seats.values()]
        for _ in range(2):
            for hand in hands:
                hand.take(self._shoe.deal())
            self._dealer.append(self._shoe.deal())
        if hands and value(self._dealer[0]) == 1:
            self._phase = Phase.INSURANCE
            self._renew()
        else:
            self._peek()

    def _peek(self) -> None:
        self._phase = Phase.HANDS
        if is_natural(self._dealer):
            self._end()
        else:
            self._next_hand()

    def _next_hand(self) -> None:
        for hand in self._hands():
            if hand.state is HandState.WAITING and len(hand.cards) == 1:
                hand.take(self._shoe.deal())
            if hand.state is HandState.WAITING:
                hand.state = HandState.ACTING
                self._acting = hand
                self._renew()
                return
        if any(hand.state is HandState.STOOD for hand in self._hands()):
            while total(self._dealer)[0] < 17:
                self._dealer.append(self._shoe.deal())
        self._end()

    def _end(self) -> None:
        self._phase, self._acting, self._until_ms = Phase.OVER, None, 0

    def _renew(self) -> None:
        self._until_ms = self._last_ms + (INSURE_MS if self._phase is Phase.INSURANCE else TURN_MS)

    # ------------------------------------------------------------ orders

    def check(self, step: Step) -> Refused | int:
        """Return the stake that this step puts down beside the bet (minor units, 0: none), or why it may not be.

        Refusals in order: BET_NOT_FOUND (no such hand, or not his by this bet), ACTION_INVALID (unknown, or not now),
        NOT_YOUR_TURN, TOO_LATE. Nothing changes.
        """
        hand = self._named(step)
        if hand is None:
            return Refused(Refusal.BET_NOT_FOUND)
        actions = {Phase.INSURANCE: INSURANCE_ACTIONS, Phase.HANDS: HAND_ACTIONS, Phase.OVER: ()}[self._phase]
        if step.action not in actions:
            return Refused(Refusal.ACTION_INVALID)
        if self._phase is Phase.HANDS and hand is not self._acting:
            return Refused(Refusal.NOT_YOUR_TURN)
        if step.action not in self._actions(hand):
            return Refused(Refusal.ACTION_INVALID)
        if step.at_ms > self._until_ms:
            return Refused(Refusal.TOO_LATE)
        if step.action == "insure":
            return self._seats[hand.seat].stake_minor // 2
        return hand.base_minor if step.action in ("double", "split") else 0

    def _named(self, step: Step) -> Hand | None:
        number, index = divmod(step.value, 10)
        seat = self._seats.get(number)
        if seat is None or seat.player_id != step.player_id or step.reservation_id not in seat.bet_ids:
            return None
        return seat.hands[index] if index < len(seat.hands) else None

    def _actions(self, hand: Hand) -> list[str]:
        """Return what this hand may do, if it is asked."""
        seat = self._seats[hand.seat]
        if self._phase is Phase.INSURANCE:
            may_insure = ["insure"] if seat.stake_minor > 1 else []
            return [] if seat.answered else [*may_insure, "no_insurance"]
        actions = ["hit", "stand"]
        if hand.may_double():
            actions.append("double")
        if hand.is_pair() and len(seat.hands) < HANDS_MAX:
            actions.append("split")
        return actions

    def apply(self, step: Step) -> None:
        """Take in a step that `check` let pass, or one that `due` or `resumed` gave."""
        self._last_ms = max(self._last_ms, step.at_ms)
        if step.action == RESUME:
            self._renew()
        elif self._phase is Phase.INSURANCE:
            self._answer(step)
        elif self._acting is not None:
            self._act(self._acting, step)

    def _answer(self, step: Step) -> None:
        for seat in self._seats.values():
            if step.player_id == 0 or seat.seat == step.value // 10:
                seat.answered = True
                seat.insured = seat.insured or step.action == "insure"
        if step.added is not None:
            self._added.append((step.added, None))
        if all(seat.answered for seat in self._seats.values()):
            self._peek()

    def _act(self, hand: Hand, step: Step) -> None:
        if step.action == "hit":
            hand.take(self._shoe.deal())
        elif step.action == "double":
            hand.added_minor = self._put_down(step, hand)
            hand.take(self._shoe.deal())
            self._stand(hand)
        elif step.action == "split":
            self._split(hand, step)
        else:
            self._stand(hand)
        if hand.state is HandState.ACTING:
            self._renew()
        else:
            self._acting = None
            self._next_hand()

    def _split(self, hand: Hand, step: Step) -> None:
        hands = self._seats[hand.seat].hands
        other = Hand(hand.seat, len(hands), 0, [hand.cards.pop()], of_split=True)
        hand.of_split = True
        hands.append(other)
        other.base_minor = self._put_down(step, other)
        hand.take(self._shoe.deal())
        if value(hand.cards[0]) == 1:
            other.take(self._shoe.deal())
            self._stand(hand)
            self._stand(other)

    def _put_down(self, step: Step, hand: Hand) -> int:
        assert step.added is not None, "the table puts down the stake that `check` named"
        self._added.append((step.added, hand))
        return step.added.stake_minor

    @staticmethod
    def _stand(hand: Hand) -> None:
        if hand.state is not HandState.BUST:
            hand.state = HandState.STOOD

    # ------------------------------------------------------------ the clock

    def told(self, step: Step) -> int:
        """Return 0: what came of a step is in the view."""
        return 0

    def due_ms(self) -> int:
        """Return when the clock acts if nobody does: GRACE_MS after the time of who is asked; -1: the play is over."""
        return -1 if self._phase is Phase.OVER else self._until_ms + GRACE_MS

    def due(self, now_ms: int) -> list[Step]:
        """Return the clock's step, if it is due: no insurance for all who did not answer, or the acting hand stands.

        One at a time, at the moment it is taken: the next hand has its whole time, however late the clock is.
        """
        if self._phase is Phase.OVER or now_ms < self.due_ms():
            return []
        if self._acting is None:
            return [Step(now_ms, 0, b"", b"", "no_insurance")]
        bet_id = self._seats[self._acting.seat].bet_ids[0]
        return [Step(now_ms, 0, b"", bet_id, "stand", self._acting.number)]

    def resumed(self, now_ms: int) -> list[Step]:
        """Return the step that gives whoever is asked his whole time again."""
        return [] if self._phase is Phase.OVER else [Step(now_ms, 0, b"", b"", RESUME)]

    # ------------------------------------------------------------ what is seen, and what it came to

    def view(self) -> HandsView:
        """Return what everybody may see. The hole card is -1 until the play is over."""
        over = self._phase is Phase.OVER
        dealer = list(self._dealer) if over else [self._dealer[0], -1]
        hands = list(self._hands())
        asked = self._acting
        insurance = self._phase is Phase.INSURANCE
        return HandsView(
            hands=[self._hand_view(hand) for hand in hands],
            dealer=dealer,
            dealer_total=total(dealer)[0],
            acting=-1 if asked is None else hands.index(asked),
            actions=list(INSURANCE_ACTIONS) if insurance else [] if asked is None else self._actions(asked),
            until_ms=self._until_ms,
            insurance=insurance,
        )

    def _hand_view(self, hand: Hand) -> HandView:
        seat = self._seats[hand.seat]
        points, soft = total(hand.cards)
        return HandView(
            seat=hand.seat,
            name=seat.name,
            bet_id=seat.bet_ids[0],
            stake_minor=hand.base_minor + hand.added_minor,
            cards=list(hand.cards),
            total=points,
            soft=soft,
            state=self._state(hand),
            hand=hand.number,
            insured=seat.insured,
        )

    def _state(self, hand: Hand) -> str:
        if self._phase is Phase.INSURANCE and not self._seats[hand.seat].answered:
            return HandState.ACTING.value
        if self._phase is Phase.OVER and hand.state not in (HandState.BUST, HandState.BLACKJACK):
            return _RESULTS[hand.result(self._dealer)]
        return hand.state.value

    def outcome(self) -> Outcome:
        """Return what the round came to. Only when the play is over.

        number: the dealer's final total; 22 he is bust; 0 he has a blackjack; his first two cards' if nobody needed more.
        detail: how many cards the dealer has, the cards; then of each hand, seats in order and hands as they were made:
        its number (seat * 10 + place), flags (1 doubled, 2 of a split, 4 its seat is insured), how many cards, the cards.
        """
        detail = [len(self._dealer), *self._dealer]
        for hand in self._hands():
            flags = FLAG_DOUBLED * (hand.added_minor > 0) + FLAG_SPLIT * hand.of_split
            flags += FLAG_INSURED * self._seats[hand.seat].insured
            detail += [hand.number, flags, len(hand.cards), *hand.cards]
        number = NUMBER_BLACKJACK if is_natural(self._dealer) else min(total(self._dealer)[0], NUMBER_BUST)
        return Outcome(number, tuple(detail))

    def payouts(self) -> list[tuple[PlayBet, int]]:
        """Return every bet, those of the betting time first, then added ones in order, and what it pays; -1: void."""
        paid = [(bet, bet_pays(self._seats, bet, self._dealer)) for bet in self._bets]
        return paid + [(bet, added_pays(bet, hand, self._dealer)) for bet, hand in self._added]
