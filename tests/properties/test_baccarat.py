"""Laws of punto banco that hold for any seed, any cards and any stake."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from actors.domain.games.baccarat import BACCARAT, BACCARAT_NO_COMMISSION, ORDERS, PuntoBanco, hands, next_hand, total
from actors.domain.games.baccarat_shoe import CUT, LiveShoe, burn, cut_card, deal, end_round, first_card, load
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Outcome
from server.rtp import baccarat as exact_baccarat

games = st.sampled_from([BACCARAT, BACCARAT_NO_COMMISSION])
seeds = st.binary(min_size=32, max_size=32).map(bytes.hex)
stakes = st.integers(1, 2**53 - 1)
outcomes = st.builds(lambda seed, nonce: BACCARAT.draw(SeededDraws(seed, "salt", nonce)), seeds, st.integers(0, 2**40))


@given(seeds, st.text(max_size=20), st.integers(0, 2**53))
def test_same_stream_deals_the_same_round_and_it_is_legal(seed: str, client: str, nonce: int) -> None:
    outcome = BACCARAT.draw(SeededDraws(seed, client, nonce))
    assert BACCARAT.draw(SeededDraws(seed, client, nonce)) == outcome
    assert BACCARAT.seen(outcome.detail) == outcome
    assert [BACCARAT.seen(outcome.detail[:place]) for place in range(len(outcome.detail))] == [None] * len(
        outcome.detail
    )
    assert BACCARAT.seen((*outcome.detail, 0)) is None


@given(outcomes)
def test_packed_number_tells_the_hands(outcome: Outcome) -> None:
    player, banker = hands(outcome.detail)
    number = outcome.number
    assert (number >> 4 & 15, number >> 8 & 15, number >> 12) == (total(player), total(banker), len(outcome.detail))
    assert [number >> 2 & 1, number >> 3 & 1] == [hand[0] % 13 == hand[1] % 13 for hand in (player, banker)]
    winner = 2 if total(player) == total(banker) else int(total(banker) > total(player))
    assert number & 3 == winner


@given(st.lists(st.integers(0, 51), min_size=6, max_size=6))
def test_any_six_cards_hold_exactly_one_round(cards: list[int]) -> None:
    legal = [count for count in range(7) if BACCARAT.seen(cards[:count]) is not None]
    assert legal == [next(count for count in range(7) if next_hand(cards[:count]) < 0)]


@given(games, st.integers(0, 5), stakes, outcomes)
def test_payout_is_between_nothing_and_the_best_of_the_paytable(
    game: PuntoBanco, position: int, stake: int, outcome: Outcome
) -> None:
    paid = game.payout(position, stake, outcome)
    assert type(paid) is int
    assert 0 <= paid <= (2, 2, 9, 12, 12, 13)[position] * stake


@given(games, st.integers(20, 2**53 - 1), outcomes)
def test_tie_and_nothing_else_gives_player_and_banker_their_stakes_back(
    game: PuntoBanco, stake: int, outcome: Outcome
) -> None:
    back = [game.payout(position, stake, outcome) == stake for position in (0, 1)]
    assert back == [outcome.number & 3 == 2] * 2


@given(games, stakes, outcomes)
def test_house_pays_no_fraction_and_keeps_less_than_a_coin(game: PuntoBanco, stake: int, outcome: Outcome) -> None:
    exact = stake * Fraction(game.payout(1, 20, outcome), 20)
    assert 0 <= exact - game.payout(1, stake, outcome) < 1


@given(games, st.integers(20, 10**6))
def test_rounding_leaves_every_stake_a_licensed_return(game: PuntoBanco, stake: int) -> None:
    # A banker's stake of 20 or more; below, the game takes none (GLI-19 4.7: at least 75 % at every level).
    returned = sum(orders * game.payout(1, stake, outcome) for outcome, orders in exact_baccarat.outcomes())
    assert Fraction(returned, ORDERS * stake) > Fraction(96, 100)


@given(seeds, st.integers(0, 1))
def test_shoe_dealt_by_the_rules_never_runs_out(seed: str, more: int) -> None:
    draws = SeededDraws(seed, "shoe", 1)
    deck = [card % 52 for card in range(416)]
    for place in range(415, 0, -1):
        other = draws.below(place + 1)
        deck[place], deck[other] = deck[other], deck[place]
    shoe = _went(first_card(load(1), deck.pop()))
    del deck[-shoe.to_burn :]
    shoe = _went(burn(shoe, shoe.to_burn))
    while shoe.state.name != "OVER":
        shoe = _played(shoe, deck, more)
    assert shoe.left == len(deck) < CUT
    assert shoe.rounds > 50


def _played(shoe: LiveShoe, deck: list[int], more: int) -> LiveShoe:
    cards: list[int] = []
    while next_hand(cards) >= 0:
        if len(deck) == CUT:
            shoe = _went(cut_card(shoe, more))
        cards.append(deck.pop())
        shoe = _went(deal(shoe, cards[-1]))
    return _went(end_round(shoe))


def _went(result: object) -> LiveShoe:
    assert isinstance(result, LiveShoe), result
    return result
