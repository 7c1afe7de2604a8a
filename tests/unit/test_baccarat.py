"""Punto banco by its clauses: every row of the drawing table, every bet's payout, every refusal."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

import pytest

from actors.domain.commands import ChipStake, Refused
from actors.domain.games.baccarat import BACCARAT, BACCARAT_NO_COMMISSION, PuntoBanco, hands, next_hand, total
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import BetLimits, Outcome, TableGame
from actors.domain.refusals import Refusal
from server.rtp import Module
from server.rtp import baccarat as exact_baccarat
from tests.fakes.game_contract import TableGameContract

PLAYER, BANKER, TIE, PLAYER_PAIR, BANKER_PAIR, SUPER_SIX = range(6)
LIMITS = BetLimits(10, 10_000, dict.fromkeys(range(6), 5_000), max_chips=4)


def cards(text: str) -> list[int]:
    """Return cards by rank, of one suit or another: "9 8 T A"."""
    return ["A23456789TJQK".index(name) + 13 * (place % 4) for place, name in enumerate(text.split())]


def seen(text: str) -> Outcome:
    """Return the outcome of a legal round."""
    outcome = BACCARAT.seen(cards(text))
    assert outcome is not None
    return outcome


#: Banker's total -> for the player's third card ace, 2 .. 9, ten: D draws, - stands. Written by hand from domain.md 7.3.
TABLE = {
    0: "DDDDDDDDDD",
    1: "DDDDDDDDDD",
    2: "DDDDDDDDDD",
    3: "DDDDDDD-DD",
    4: "-DDDDDD---",
    5: "---DDDD---",
    6: "-----DD---",
    7: "----------",
}


@pytest.mark.parametrize(("banker", "row"), TABLE.items())
def test_banker_draws_by_the_table_when_the_player_drew(banker: int, row: str) -> None:
    first_four = [9, 9, 2, 9 if banker == 0 else banker - 1]  # ten + three against ten + his total
    drawn = "".join("D" if next_hand([*first_four, third]) == BANKER else "-" for third in range(10))
    assert drawn == row


@pytest.mark.parametrize(
    ("dealt", "whose"),
    [
        ("", PLAYER),
        ("9", BANKER),
        ("9 9", PLAYER),
        ("9 9 9", BANKER),
        ("T T 5 T", PLAYER),  # the player draws to 0 - 5
        ("T T T 7", PLAYER),
        ("T T 6 5", BANKER),  # he stood: the banker draws to 0 - 5
        ("T T 7 T", BANKER),
        ("T T 6 6", -1),
        ("T T 7 7", -1),
        ("T T 8 T", -1),  # naturals
        ("T T T 9", -1),
        ("4 T 4 T", -1),
        ("T T 6 5 2", -1),  # the banker's only third card
        ("T T 5 5 4 K", -1),
    ],
)
def test_next_card_goes_where_the_rules_say(dealt: str, whose: int) -> None:
    assert next_hand(cards(dealt)) == whose


@pytest.mark.parametrize(
    ("dealt", "winner", "player", "banker"),
    [
        ("9 T T K", 0, 9, 0),
        ("T 9 8 K", 1, 8, 9),
        ("4 5 4 3", 2, 8, 8),
        ("T T 6 5 A", 2, 6, 6),
        ("T T 6 5 9", 0, 6, 4),
        ("2 3 3 A 6 5", 1, 1, 9),
        ("A A A A A A", 2, 3, 3),
        ("T 7 5 T 9", 1, 4, 7),
        ("5 T K 3 8", 2, 3, 3),
    ],
)
def test_golden_hands_have_their_winner_and_totals(dealt: str, winner: int, player: int, banker: int) -> None:
    number = seen(dealt).number
    assert (number & 3, number >> 4 & 15, number >> 8 & 15) == (winner, player, banker)
    assert number >> 12 == len(dealt.split())


def test_cards_are_shown_as_the_hands_that_they_made() -> None:
    one, two = hands(cards("2 3 3 A 6 5"))
    assert (total(one), total(two)) == (1, 9)
    assert hands(cards("T T 6 5 A")) == (cards("T T 6")[0:3:2], [10 + 12, 43, 0])


class TestWithCommission(TableGameContract):
    """Punto banco is a table game."""

    game: ClassVar[TableGame] = BACCARAT
    exact: ClassVar[Module] = exact_baccarat
    positions: ClassVar[Sequence[int]] = range(5)
    beyond = (-1, 5)
    max_returns = 12
    legal = (cards("9 T T K"), cards("T T 6 5 2"), cards("T T 5 5 4 K"))
    illegal: ClassVar[Sequence[Sequence[int]]] = (
        *([], [1, 2, 3], cards("T T 5 T"), cards("T T 6 6 A"), cards("9 9 T T A"), cards("T T 6 5 2 3")),
        *(cards("T T 5 7 A 2"), [9, 9, 9, 52], [9, 9, 9, -1], [8, 9, 9, True], [0] * 7),
    )


class TestWithoutCommission(TestWithCommission):
    """The same, and super six, which returns 70 % at 12 to 1: less than GLI-19 4.7 asks (docs/rtp.md)."""

    game = BACCARAT_NO_COMMISSION
    positions = range(6)
    beyond = (-1, 6)
    max_returns = 13
    least_return = Fraction(70, 100)


@pytest.mark.parametrize(
    ("game", "dealt", "pays"),
    [
        # stakes of 100 on each position
        (BACCARAT, "9 T T K", {PLAYER: 200}),
        (BACCARAT, "T 9 8 K", {BANKER: 195}),
        (BACCARAT, "4 5 4 3", {PLAYER: 100, BANKER: 100, TIE: 900, PLAYER_PAIR: 1200}),
        (BACCARAT, "T T T 6 5", {BANKER: 195, PLAYER_PAIR: 1200}),
        (BACCARAT, "9 T J T", {PLAYER: 200, BANKER_PAIR: 1200}),
        (BACCARAT_NO_COMMISSION, "T 9 8 K", {BANKER: 200}),
        (BACCARAT_NO_COMMISSION, "T T T 6 5", {BANKER: 150, PLAYER_PAIR: 1200, SUPER_SIX: 1300}),
        (BACCARAT_NO_COMMISSION, "T T 6 6", {PLAYER: 100, BANKER: 100, TIE: 900}),
        (BACCARAT_NO_COMMISSION, "6 T T 5 Q", {PLAYER: 200}),
    ],
)
def test_bets_pay_by_the_paytable(game: PuntoBanco, dealt: str, pays: dict[int, int]) -> None:
    outcome = seen(dealt)
    positions = len(game.export_rules()["paytable"])
    paid = {position: game.payout(position, 100, outcome) for position in range(positions)}
    assert {position: amount for position, amount in paid.items() if amount} == pays


@pytest.mark.parametrize(("stake", "paid"), [(20, 39), (21, 40), (39, 76), (40, 78), (1_000_001, 1_950_001)])
def test_commission_never_leaves_a_fraction_to_the_house_to_pay(stake: int, paid: int) -> None:
    assert BACCARAT.payout(BANKER, stake, seen("T 9 8 K")) == paid


def test_half_pay_of_an_odd_stake_is_rounded_down() -> None:
    assert BACCARAT_NO_COMMISSION.payout(BANKER, 101, seen("T T T 6 5")) == 151


def test_super_six_is_no_bet_where_commission_is_taken() -> None:
    assert BACCARAT.check_shape([ChipStake(SUPER_SIX, 100)], [], 4) == Refused(Refusal.UNKNOWN_POSITION)


@pytest.mark.parametrize(
    ("stakes", "held", "refusal"),
    [
        ({0: 9, 1: 9_999}, {}, Refusal.STAKE_BELOW_MINIMUM),
        ({1: 19}, {}, Refusal.STAKE_BELOW_MINIMUM),  # its commission would be rounded away
        ({1: 20, 0: 4_001}, {0: 1_000}, Refusal.STAKE_ABOVE_MAXIMUM),
        ({0: 5_000, 1: 1_000}, {1: 4_000, 2: 1}, Refusal.TABLE_LIMIT_EXCEEDED),
    ],
)
def test_stakes_against_the_limits_are_refused_in_order(
    stakes: dict[int, int], held: dict[int, int], refusal: Refusal
) -> None:
    assert BACCARAT.check_limits(LIMITS, stakes, held, sum(held.values())) == Refused(refusal)


def test_position_that_the_limits_do_not_name_takes_nothing() -> None:
    without_six = BetLimits(10, 10_000, dict.fromkeys(range(5), 5_000))
    refused = BACCARAT_NO_COMMISSION.check_limits(without_six, {SUPER_SIX: 100}, {}, 0)
    assert refused == Refused(Refusal.STAKE_ABOVE_MAXIMUM)


def test_stakes_within_the_limits_are_taken() -> None:
    stakes = BACCARAT.expand([ChipStake(0, 10), ChipStake(1, 20), ChipStake(0, 30)], [])
    assert stakes == {0: 40, 1: 20}
    assert BACCARAT.check_limits(LIMITS, stakes, {}, 0) is None


def test_round_is_dealt_from_one_number_a_card() -> None:
    # The same stream, dealt by hand: card k is the k-th number's place among the cards that are left.
    draws = SeededDraws("a" * 64, "client", 1)
    shoe = list(range(52)) * 8
    expected = []
    for place in range(6):
        other = place + draws.below(416 - place)
        shoe[place], shoe[other] = shoe[other], shoe[place]
        expected.append(shoe[place])
    outcome = BACCARAT.draw(SeededDraws("a" * 64, "client", 1))
    assert list(outcome.detail) == expected[: len(outcome.detail)]
    assert BACCARAT.seen(outcome.detail) == outcome


def test_variants_have_rules_and_versions_of_their_own() -> None:
    versions = {game.name: game.rules_version for game in (BACCARAT, BACCARAT_NO_COMMISSION)}
    assert versions == {
        "baccarat": f"baccarat-pb-1:{BACCARAT.rules_hash[:12]}",
        "baccarat-no-commission": f"baccarat-nc-1:{BACCARAT_NO_COMMISSION.rules_hash[:12]}",
    }
    assert BACCARAT.rules_hash != BACCARAT_NO_COMMISSION.rules_hash
