"""Who sits where in a round of blackjack, and what each bet comes to. Stakes of several bets on one seat ride together."""

from __future__ import annotations

from collections.abc import Sequence

from actors.domain.games.blackjack_hands import BEHIND, MAIN, PERFECT_PAIRS, Hand, is_natural
from actors.domain.games.blackjack_side import perfect_pairs_pays, twenty_one_plus_3_pays
from actors.domain.games.game import PlayBet

#: Of a bet that nobody can win or lose: the stake goes back.
VOID = -1


class Seat:
    """A seat with a main bet. bet_ids: of its main bets, first first. answered: whether insurance was decided."""

    __slots__ = ("answered", "bet_ids", "hands", "insured", "name", "player_id", "seat", "stake_minor")

    def __init__(self, seat: int, bet: PlayBet) -> None:
        self.seat = seat
        self.player_id = bet.player_id
        self.name = bet.name
        self.bet_ids: list[bytes] = []
        self.stake_minor = 0
        self.hands: list[Hand] = []
        self.answered = False
        self.insured = False

    def sit(self) -> Hand:
        """Give the seat its first hand, all main stakes on it."""
        self.hands.append(Hand(self.seat, 0, self.stake_minor, []))
        return self.hands[0]

    def first_cards(self) -> list[int]:
        """Return the two cards that were dealt first: side bets are decided on them. (A split moves the second away.)"""
        first = self.hands[0].cards
        return [first[0], first[1] if len(self.hands) == 1 else self.hands[1].cards[0]]


def seats_of(bets: Sequence[PlayBet]) -> dict[int, Seat]:
    """Return the seats with a main bet, in order. A seat is its first bettor's; a main bet of another does not count."""
    seats: dict[int, Seat] = {}
    for bet in bets:
        for position, stake in bet.chips:
            number, kind = divmod(position, 10)
            if kind != MAIN:
                continue
            seat = seats.setdefault(number, Seat(number, bet))
            if seat.player_id == bet.player_id:
                seat.stake_minor += stake
                if bet.reservation_id not in seat.bet_ids:
                    seat.bet_ids.append(bet.reservation_id)
    return dict(sorted(seats.items()))


def chip_pays(seats: dict[int, Seat], bet: PlayBet, position: int, stake_minor: int, dealer: Sequence[int]) -> int:
    """Return what a chip pays, stake included; VOID if there is no hand for it (or, but for a bet behind, not his)."""
    number, kind = divmod(position, 10)
    seat = seats.get(number)
    if seat is None or (kind != BEHIND and seat.player_id != bet.player_id):
        return VOID
    if kind in (MAIN, BEHIND):
        return seat.hands[0].pays(stake_minor, dealer)
    first, second = seat.first_cards()
    if kind == PERFECT_PAIRS:
        return perfect_pairs_pays(stake_minor, first, second)
    return twenty_one_plus_3_pays(stake_minor, first, second, dealer[0])


def bet_pays(seats: dict[int, Seat], bet: PlayBet, dealer: Sequence[int]) -> int:
    """Return what a bet of the betting time pays: a void chip among others gives its stake back; all void: VOID."""
    paid = [chip_pays(seats, bet, position, stake, dealer) for position, stake in bet.chips]
    if all(amount == VOID for amount in paid):
        return VOID
    return sum(stake if amount == VOID else amount for amount, (_, stake) in zip(paid, bet.chips, strict=True))


def added_pays(bet: PlayBet, hand: Hand | None, dealer: Sequence[int]) -> int:
    """Return what a stake put down during play pays: on a hand as the hand does; on insurance (hand None) 2 to 1."""
    if hand is None:
        return bet.stake_minor * 3 if is_natural(dealer) else 0
    return hand.pays(bet.stake_minor, dealer)
