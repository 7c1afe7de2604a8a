"""A physical shoe: burned by its first card, ended by its cut card, stopped by a card that cannot be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actors.domain.games import baccarat_shoe as shoes
from actors.domain.games.baccarat_shoe import LiveShoe, ShoeFault, ShoeState


def good(result: LiveShoe | ShoeFault) -> LiveShoe:
    """Return the shoe of an event that may be."""
    assert isinstance(result, LiveShoe), result
    return result


def burned(first: int = 0, decks: int = 8) -> LiveShoe:
    """Return a shoe that is ready for its first round."""
    shoe = good(shoes.first_card(shoes.load(1, decks), first))
    return good(shoes.burn(shoe, shoe.to_burn))


def dealt(shoe: LiveShoe, count: int) -> LiveShoe:
    """Return the shoe after so many more cards, always one of which fewest were seen."""
    for _ in range(count):
        shoe = good(shoes.deal(shoe, shoe.seen.index(min(shoe.seen))))
    return shoe


def nearly_empty(left: int) -> LiveShoe:
    """Return a shoe between rounds with so many cards left."""
    shoe = burned()
    return good(shoes.end_round(dealt(shoe, shoe.left - left)))


@pytest.mark.parametrize(("card", "burns"), [(0, 1), (1, 2), (8, 9), (9, 10), (10, 10), (12, 10), (13, 1), (51, 10)])
def test_first_card_says_how_many_are_burned(card: int, burns: int) -> None:
    shoe = good(shoes.first_card(shoes.load(1), card))
    assert (shoe.state, shoe.to_burn, shoe.left) == (ShoeState.BURNING, burns, 415)
    shoe = good(shoes.burn(shoe, burns))
    assert (shoe.state, shoe.left) == (ShoeState.BETWEEN, 415 - burns)
    assert sum(shoe.seen) == 1  # burned cards stay unknown


@pytest.mark.parametrize("count", [0, 4, 6])
def test_another_number_of_burned_cards_is_a_fault(count: int) -> None:
    assert shoes.burn(good(shoes.first_card(shoes.load(1), 4)), count) is ShoeFault.WRONG_BURN


def test_ninth_card_of_one_rank_and_suit_is_impossible() -> None:
    shoe = burned(first=20)
    for _ in range(7):
        shoe = good(shoes.deal(shoe, 20))
    assert shoes.deal(shoe, 20) is ShoeFault.IMPOSSIBLE_CARD
    assert good(shoes.deal(shoe, 7)).seen[20] == 8  # the same rank of another suit may come


@pytest.mark.parametrize("card", [-1, 52, True])
def test_number_that_is_no_card_is_a_fault(card: int) -> None:
    assert shoes.deal(burned(), card) is ShoeFault.NO_CARD


def test_cut_card_in_mid_round_lets_the_round_finish_and_no_other_begin() -> None:
    shoe = good(shoes.cut_card(dealt(nearly_empty(16), 2)))
    shoe = dealt(shoe, 4)
    shoe = good(shoes.end_round(shoe))
    assert shoe.state is ShoeState.OVER
    assert shoes.deal(shoe, 5) is ShoeFault.WRONG_STATE


def test_cut_card_in_mid_round_lets_one_more_be_dealt_where_the_house_says_so() -> None:
    shoe = good(shoes.cut_card(dealt(nearly_empty(16), 2), more=1))
    shoe = good(shoes.end_round(dealt(shoe, 4)))
    assert shoe.state is ShoeState.BETWEEN
    assert good(shoes.end_round(dealt(shoe, 6))).state is ShoeState.OVER


def test_cut_card_before_a_round_makes_the_next_one_the_last() -> None:
    shoe = good(shoes.cut_card(nearly_empty(14)))
    assert good(shoes.end_round(dealt(shoe, 6))).state is ShoeState.OVER


def test_cut_card_at_its_place_always_leaves_enough_for_the_last_rounds() -> None:
    for into_round in range(1, 7):
        shoe = dealt(nearly_empty(shoes.CUT + into_round), into_round)
        assert good(shoes.cut_card(shoe, more=1)).left >= 6 - into_round + 6


def test_cut_card_too_near_the_end_and_a_second_one_are_faults() -> None:
    assert shoes.cut_card(nearly_empty(11), more=1) is ShoeFault.MISPLACED_CUT_CARD
    assert shoes.cut_card(good(shoes.cut_card(nearly_empty(14)))) is ShoeFault.SECOND_CUT_CARD


def test_empty_shoe_gives_no_card() -> None:
    shoe = nearly_empty(0)
    assert shoes.deal(shoe, shoe.seen.index(7)) is ShoeFault.OUT_OF_CARDS  # a burned one could still come


def test_fresh_shoe_comes_after_a_round_and_never_within() -> None:
    shoe = nearly_empty(20)
    assert shoes.replace(dealt(shoe, 1)) is ShoeFault.WRONG_STATE
    assert shoes.replace(shoe) == shoes.load(2)


@pytest.mark.parametrize(
    ("shoe", "event"),
    [
        (burned(), lambda s: shoes.first_card(s, 3)),
        (burned(), lambda s: shoes.burn(s, 1)),
        (burned(), shoes.end_round),
        (shoes.load(1), lambda s: shoes.deal(s, 3)),
        (shoes.load(1), shoes.cut_card),
        (good(shoes.first_card(shoes.load(1), 3)), lambda s: shoes.deal(s, 3)),
    ],
)
def test_event_out_of_turn_is_a_fault_and_changes_nothing(
    shoe: LiveShoe, event: Callable[[LiveShoe], LiveShoe | ShoeFault]
) -> None:
    before = tuple(shoe.seen), shoe.state, shoe.gone
    assert event(shoe) is ShoeFault.WRONG_STATE
    assert (tuple(shoe.seen), shoe.state, shoe.gone) == before
