"""The log of a shoe: what may follow what, and that the log alone says where a shoe stands."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from actors.domain.games.baccarat_shoe import ShoeFault, ShoeState
from actors.domain.games.shoe_events import (
    Dealing,
    Happening,
    ShoeEvent,
    apply,
    begin,
    check_open,
    ended,
    follow,
    restore,
)

ROUND, OTHER = b"r" * 16, b"o" * 16
NEW = ShoeEvent(1, 1, Happening.NEW, 4, cut=14)
BURNED = ShoeEvent(2, 1, Happening.BURNED, 5)


def card(seq: int, value: int, round_id: bytes = ROUND) -> ShoeEvent:
    return ShoeEvent(seq, 1, Happening.CARD, value, round_id)


def dealt(*cards: int) -> Dealing:
    """Return a shoe of which these cards of a coup are out."""
    return follow(begin(8), [NEW, BURNED, *(card(3 + place, value) for place, value in enumerate(cards))])


def test_shoe_is_known_again_from_its_log() -> None:
    log = [NEW, BURNED, card(3, 7), card(4, 8), ShoeEvent(5, 1, Happening.BACK, 8, ROUND)]
    dealing = restore(8, log)
    assert (dealing.seq, dealing.cut, dealing.cards, dealing.round_id) == (5, 14, (7,), ROUND)
    assert (dealing.shoe.left, dealing.shoe.seen[7], dealing.shoe.seen[8]) == (416 - 7, 1, 0)
    assert restore(8, []) == begin(8)


def test_later_shoe_is_known_from_its_own_events_alone() -> None:
    second = restore(8, [ShoeEvent(90, 2, Happening.NEW, 0, cut=20), ShoeEvent(91, 2, Happening.BURNED, 1)])
    assert (second.seq, second.shoe.number, second.shoe.left, second.cut) == (91, 2, 414, 20)


def test_log_that_cannot_be_is_an_error() -> None:
    with pytest.raises(ValueError, match="event 3 cannot be: WRONG_STATE"):
        follow(begin(8), [NEW, BURNED, ShoeEvent(3, 1, Happening.END, round_id=ROUND)])


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (msgspec.structs.replace(NEW, seq=5), ShoeFault.WRONG_STATE),
        (msgspec.structs.replace(NEW, seq=5, reason="torn"), ShoeFault.WRONG_STATE),  # in the middle of a coup
        (msgspec.structs.replace(NEW, seq=5, cut=13), ShoeFault.MISPLACED_CUT_CARD),
        (msgspec.structs.replace(NEW, seq=5, cut=105), ShoeFault.MISPLACED_CUT_CARD),
        (msgspec.structs.replace(BURNED, seq=5), ShoeFault.WRONG_STATE),
        (card(5, 9, OTHER), ShoeFault.WRONG_STATE),
        (card(5, 52), ShoeFault.NO_CARD),
        (ShoeEvent(5, 1, Happening.BACK, 7, ROUND), ShoeFault.WRONG_STATE),  # not the last card
        (ShoeEvent(5, 1, Happening.BACK, 8, OTHER), ShoeFault.WRONG_STATE),
    ],
)
def test_event_that_cannot_be_changes_nothing(event: ShoeEvent, fault: ShoeFault) -> None:
    assert apply(dealt(7, 8), event) is fault


def test_first_card_may_be_entered_again_until_cards_are_burned() -> None:
    again = follow(begin(8), [NEW, ShoeEvent(2, 1, Happening.NEW, 0, cut=30)])
    assert (again.shoe.number, again.shoe.to_burn, again.shoe.left, again.cut) == (1, 1, 415, 30)


@pytest.mark.parametrize(("left", "rounds_left"), [(12, 2), (11, 1), (6, 1)])
def test_cut_card_seen_late_lets_no_more_be_dealt_than_cards_suffice_for(left: int, rounds_left: int) -> None:
    dealing = dealt(7)
    shoe = msgspec.structs.replace(dealing.shoe, gone=416 - left)
    cut = apply(msgspec.structs.replace(dealing, shoe=shoe), ShoeEvent(4, 1, Happening.CUT))
    assert isinstance(cut, Dealing)
    assert cut.shoe.rounds_left == rounds_left


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": ShoeState.LOADED}, "there is no shoe yet"),
        ({"state": ShoeState.BURNING}, "its cards are not burned"),
        ({"state": ShoeState.OVER}, "the shoe is over"),
        ({"gone": 411}, "the shoe is over"),
        ({"gone": 410}, ""),
    ],
)
def test_round_opens_only_with_a_whole_coup_in_a_shoe_that_has_burned(changes: dict[str, Any], why: str) -> None:
    dealing = dealt()
    shoe = msgspec.structs.replace(dealing.shoe, **changes)
    assert check_open(msgspec.structs.replace(dealing, shoe=shoe)) == why


def test_coup_without_a_card_has_no_end() -> None:
    assert ended(dealt()) is None
    assert ended(dealt(7), "Ada") == ShoeEvent(4, 1, Happening.END, round_id=ROUND, who="Ada")


def test_same_event_is_known_whoever_says_it() -> None:
    said = card(3, 7)
    assert said.says(msgspec.structs.replace(said, who="Bo", source="sensor", shoe=2))
    assert not said.says(card(3, 8))
    assert not said.says(card(4, 7))
    assert not said.says(card(3, 7, OTHER))
