"""Golden hands: one for each rule of blackjack, from stacked shoes. Cards: mine, dealer's open, mine, his hidden, then as asked."""

from __future__ import annotations

import pytest

from tests.fakes.blackjack import ANA, BEN, Table, bet

#: name: (cards, actions, what each bet pays: main, then what was put down later; dealer's number)
GOLDEN = {
    # blackjack, and the dealer's
    "blackjack pays three to two": ("As 9h Kd 7c", "", [250], 16),
    "blackjack of ten first": ("Ts 9h Ad 7c", "", [250], 16),
    "blackjack pushes with the dealer's, ten up": ("As Kh Kd Ac", "", [100], 0),
    "blackjack pushes with the dealer's, ace up": ("As Ah Kd Kc", "no_insurance", [100], 0),
    "peek with a ten up ends the round": ("Ts Kh 9d Ac", "", [0], 0),
    "peek with an ace up ends the round": ("Ts Ah 9d Qc", "no_insurance", [0], 0),
    "twenty loses to a blackjack": ("Ts Jh Kd Ac", "", [0], 0),
    "a pair of aces loses to a blackjack unsplit": ("As Th Ad Ac", "", [0], 0),
    # the dealer
    "dealer draws to sixteen": ("Ts 6h 9d Tc 5s", "stand", [0], 21),
    "dealer stands on hard seventeen": ("Ts 7h 8d Tc", "stand", [200], 17),
    "dealer stands on soft seventeen": ("Ts 6h 8d Ac", "stand", [200], 17),
    "dealer stands on soft seventeen of three cards": ("Ts 2h 8d 4c As", "stand", [200], 17),
    "dealer's ace turns to one": ("Ts 5h 7d Ac Ts 2h", "stand", [0], 18),
    "dealer is bust": ("Ts 6h 2d Tc Ts", "stand", [200], 22),
    "dealer does not draw for a bust hand": ("Ts 6h 6d Tc Ts", "hit", [0], 16),
    "dealer does not draw for a blackjack": ("As 6h Ts 5c", "", [250], 11),
    # standing, hitting
    "equal totals push": ("Ts 7h 7d Tc", "stand", [100], 17),
    "lower total loses": ("Ts 7h 6d Tc", "stand", [0], 17),
    "hit to a better total": ("5s 7h 6d Tc 9h", "hit stand", [200], 17),
    "hit to twenty-one stands by itself": ("5s 7h 6d Tc Ts", "hit", [200], 17),
    "twenty-one of three cards is no blackjack": ("5s 7h 6d Tc Ts", "hit", [200], 17),
    "twenty-one of three pushes with the dealer's twenty-one of three": ("5s 7h 6d 4c Ts Tc", "hit", [100], 21),
    "soft hand turns hard": ("As 7h 6d Tc 9h 4s", "hit hit stand", [200], 17),
    "bust loses though the dealer is bust": ("Ts 6h 5d Tc 7h", "hit", [0], 16),
    # double
    "double wins twice": ("5s 6h 6d Tc Ts 9h", "double", [200, 200], 22),
    "double loses twice": ("5s 7h 6d Tc 2s", "double", [0, 0], 17),
    "double pushes twice": ("5s 7h 6d Tc 6s", "double", [100, 100], 17),
    "double gets one card only": ("2s 6h 3d Tc 2h Ts", "double", [200, 200], 22),
    "double on any two": ("Ts 6h 2d Tc 9h 2s", "double", [200, 200], 18),
    "double on a soft hand": ("As 6h 7d Tc 3h 2s", "double", [200, 200], 18),
    "double bust": ("Ts 6h 6d Tc Ts", "double", [0, 0], 16),
    # split
    "split in two, both play": ("8s 6h 8d Tc Ts 9s Ts", "split stand stand", [200, 200], 22),
    "split, second card when the turn comes": ("8s 7h 8d Tc 2h 8h 3c", "split hit stand stand", [200, 0], 17),
    "split to four hands": (
        "8s 7h 8d Tc 8h 8c Ts 9s Ts 2h",
        "split split split stand stand stand stand",
        [200, 100, 200, 0],
        17,
    ),
    "split later in the row": ("8s 7h 8d Tc Ts 8h 9s 5h", "split stand split stand stand", [200, 100, 0], 17),
    "split tens of unequal rank": ("Ks 7h Td Tc 9s 8s", "split stand stand", [200, 200], 17),
    "split aces get one card each": ("As 7h Ad Tc 9s 2s", "split", [200, 0], 17),
    "split aces may not draw or split again": ("As 7h Ad Tc Ah Ac", "split", [0, 0], 17),
    "twenty-one of split aces is no blackjack": ("As 7h Ad Tc Ks Qs", "split", [200, 200], 17),
    "twenty-one of split aces pushes with twenty-one": ("As 7h Ad 4c Ks 5s Ts", "split", [100, 0], 21),
    "twenty-one of split tens is no blackjack": ("Ts 7h Td Tc As Ad", "split", [200, 200], 17),
    "double after split": ("8s 7h 8d Tc 3s Ts Ts", "split double stand", [200, 200, 200], 17),
    "double after split on the second hand": ("8s 7h 8d Tc Ts 3s 9s", "split stand double", [200, 200, 200], 17),
    "a bust split hand leaves the other": ("8s 7h 8d Tc 6s Ts Ts", "split hit stand", [0, 200], 17),
    # insurance
    "insurance wins two to one": ("Ts Ah 9d Kc", "insure", [0, 150], 0),
    "insurance loses": ("Ts Ah 9d 7c", "insure stand", [200, 0], 18),
    "even money: blackjack with insurance, dealer's blackjack": ("As Ah Kd Kc", "insure", [100, 150], 0),
    "even money: blackjack with insurance, no dealer's blackjack": ("As Ah Kd 7c", "insure", [250, 0], 18),
    "no insurance, no blackjack, play on": ("Ts Ah 9d 7c", "no_insurance stand", [200], 18),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_hand_pays(name: str) -> None:
    cards, actions, paid, number = GOLDEN[name]
    table = Table(cards)
    for action in actions.split():
        table.act(action)
    assert (table.paid(), table.play.outcome().number) == (paid, number)
    assert table.draws.dealt == len(cards.split()), "cards left over"


SIDES = {
    "perfect pair": ("Ks 7h Ks Tc", 26, 0),
    "coloured pair": ("Kh 7h Kd Tc", 13, 0),
    "coloured pair in black": ("Ks 7h Kc Tc", 13, 0),
    "mixed pair": ("Ks 7h Kh Tc", 7, 0),
    "ten and king are no pair": ("Ks 7h Ts Tc", 0, 0),
    "suited three of a kind": ("7h 7h 7h Tc", 26, 101),
    "straight flush": ("7h 8h 9h Tc", 0, 41),
    "straight flush with the ace above the king": ("Ah Qh Kh 5c", 0, 41),
    "three of a kind": ("7h 7s 7c Tc", 7, 31),
    "straight": ("9h 7s 8c Tc", 0, 11),
    "straight with the ace below the two": ("3h 2s Ac Tc", 0, 11),
    "no straight around the corner": ("2h Ks Ac 8c", 0, 0),
    "flush": ("2h 9h 7h Tc", 0, 6),
    "flush with a pair in it": ("2h 9h 9h Tc", 0, 6),
}


@pytest.mark.parametrize("name", SIDES)
def test_golden_side_bet_pays(name: str) -> None:
    cards, pairs, three = SIDES[name]
    drawn = " Ts Th Td"  # for whatever the dealer needs
    table = Table(cards + drawn, bet(1, ANA, (0, 100), (1, 10)), bet(2, ANA, (2, 10)))
    table.clock(10**9)
    main = table.play.view().hands[0]
    won = {"won": 200, "push": 100, "lost": 0, "blackjack": 250}[main.state]
    assert table.paid() == [won + 10 * pairs, 10 * three]


BEHIND = {
    "follows a win": ("Ts 7h 8d Tc", "stand", 200),
    "follows a loss": ("Ts 7h 6d Tc", "stand", 0),
    "gets three to two": ("As 9h Kd 7c", "", 250),
    "does not double": ("5s 6h 6d Tc Ts 9h", "double", 200),
    "loses only its own in a double": ("5s 7h 6d Tc 2s", "double", 0),
    "rides on the first hand of a split": ("8s 7h 8d Tc Ts 2h", "split stand stand", 200),
    "loses with the first hand of a split": ("8s 7h 8d Tc 2h Ts", "split stand stand", 0),
    "is not insured": ("Ts Ah 9d Kc", "insure", 0),
}


@pytest.mark.parametrize("name", BEHIND)
def test_golden_bet_behind(name: str) -> None:
    cards, actions, paid = BEHIND[name]
    table = Table(cards, bet(1, ANA, (0, 100)), bet(2, BEN, (3, 100)))
    for action in actions.split():
        table.act(action)
    assert table.paid()[1] == paid


def test_blackjack_on_odd_stake_is_rounded_down() -> None:
    table = Table("As 9h Kd 7c", bet(1, ANA, (0, 5)), bet(2, BEN, (3, 7)))
    assert table.paid() == [5 + 7, 7 + 10]


def test_two_bets_on_one_seat_ride_together() -> None:
    table = Table("5s 6h 6d Tc Ts 9h", bet(1, ANA, (0, 100)), bet(2, ANA, (0, 50)))
    assert table.act("double") == 150
    assert table.paid() == [200, 100, 300]


def test_seats_are_dealt_and_asked_in_order() -> None:
    cards = "2s 3s 4h Ts Th Tc"  # seat 1, seat 5, dealer; seat 1, seat 5, hole
    table = Table(cards + " 5c 4c Tc", bet(1, BEN, (50, 100)), bet(2, ANA, (10, 100)))
    seen = table.play.view()
    assert [(hand.seat, hand.name, hand.total) for hand in seen.hands] == [(1, "player 7", 12), (5, "player 8", 13)]
    assert (seen.acting, seen.hands[0].state, seen.hands[1].state) == (0, "acting", "waiting")
    for action in ("hit", "stand", "hit", "stand"):
        table.act(action)
    assert (table.paid(), table.play.outcome().number) == ([200, 200], 22)
    assert [hand.state for hand in table.play.view().hands] == ["won", "won"]
