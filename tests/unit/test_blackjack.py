"""Blackjack's rules as they are published, its positions and limits."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

import pytest

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.games.blackjack import BLACKJACK, RULES_HASH, TEXT, paytable
from actors.domain.games.blackjack_hands import DECKS, HANDS_MAX, SEATS, total
from actors.domain.games.game import BetLimits, PlayGame
from actors.domain.refusals import Refusal
from server.rtp import Module
from server.rtp import blackjack as exact_blackjack
from tests.fakes.blackjack import StackedDraws, cards_of
from tests.fakes.game_contract import LayoutContract

LIMITS = BetLimits(10, 1_000, {0: 500, 1: 50, 2: 50, 3: 200}, max_chips=5)
POSITIONS = [seat * 10 + kind for seat in range(7) for kind in range(4)]


@pytest.mark.parametrize(
    ("cards", "points"),
    [
        ("As", (11, True)),
        ("As Ks", (21, True)),
        ("As Ad", (12, True)),
        ("As Ad Kh", (12, False)),
        ("As 5d 6h", (12, False)),
        ("As 4d 6h", (21, True)),
        ("Js Qd", (20, False)),
        ("Js Qd 2h", (22, False)),
        ("", (0, False)),
    ],
)
def test_total_of_cards(cards: str, points: tuple[int, bool]) -> None:
    assert total(cards_of(cards)) == points


def test_positions_are_those_of_seven_seats() -> None:
    taken = [p for p in range(-5, 100) if BLACKJACK.check_shape([ChipStake(p, 1)], [], 5) is None]
    assert taken == POSITIONS


def test_seat_of_bet_behind_is_nobodys() -> None:
    assert [BLACKJACK.seat_of(position) for position in POSITIONS[:8]] == [0, 0, 0, None, 1, 1, 1, None]


@pytest.mark.parametrize(
    ("chips", "calls", "code"),
    [
        ([ChipStake(4, 10)], [], Refusal.UNKNOWN_POSITION),
        ([ChipStake(70, 10)], [], Refusal.UNKNOWN_POSITION),
        ([ChipStake(True, 10)], [], Refusal.UNKNOWN_POSITION),
        ([ChipStake(0, 10)], [CallStake("tiers", 1)], Refusal.UNKNOWN_CALL),
        ([ChipStake(0, 0)], [], Refusal.STAKE_INVALID),
        ([ChipStake(0, 2**53)], [], Refusal.STAKE_INVALID),
        ([], [], Refusal.TOO_MANY_CHIPS),
        ([ChipStake(0, 10)] * 6, [], Refusal.TOO_MANY_CHIPS),
    ],
)
def test_shape_that_no_table_takes_is_refused(chips: list[ChipStake], calls: list[CallStake], code: Refusal) -> None:
    refused = BLACKJACK.check_shape(chips, calls, 5)
    assert isinstance(refused, Refused)
    assert refused.code == code


@pytest.mark.parametrize(
    ("stakes", "held", "code"),
    [
        ({0: 9}, {}, Refusal.STAKE_BELOW_MINIMUM),
        ({0: 501}, {}, Refusal.STAKE_ABOVE_MAXIMUM),
        ({0: 1}, {0: 500}, Refusal.STAKE_BELOW_MINIMUM),
        ({0: 10}, {0: 500}, Refusal.STAKE_ABOVE_MAXIMUM),
        ({0: 100, 1: 51}, {}, Refusal.STAKE_ABOVE_MAXIMUM),
        ({20: 500}, {0: 500, 10: 10}, Refusal.TABLE_LIMIT_EXCEEDED),
        ({1: 10}, {}, Refusal.ACTION_INVALID),
        ({2: 10}, {10: 10}, Refusal.ACTION_INVALID),
        ({3: 10, 0: 10}, {}, Refusal.ACTION_INVALID),
        ({3: 10}, {0: 10}, Refusal.ACTION_INVALID),
        ({0: 10}, {3: 10}, Refusal.ACTION_INVALID),
    ],
)
def test_stakes_against_the_limits_are_refused(stakes: dict[int, int], held: dict[int, int], code: Refusal) -> None:
    refused = BLACKJACK.check_limits(LIMITS, stakes, held, sum(held.values()))
    assert isinstance(refused, Refused)
    assert refused.code == code


@pytest.mark.parametrize(
    ("stakes", "held"),
    [
        ({0: 10}, {}),
        ({0: 500, 1: 50, 2: 50}, {}),
        ({1: 10, 2: 10}, {0: 10}),
        ({3: 200}, {10: 10}),
        ({60: 10, 53: 10}, {}),
    ],
)
def test_stakes_within_the_limits_are_taken(stakes: dict[int, int], held: dict[int, int]) -> None:
    assert BLACKJACK.check_limits(LIMITS, stakes, held, sum(held.values())) is None


def test_kind_without_a_limit_of_its_own_has_the_tables() -> None:
    limits = BetLimits(1, 1_000, {})
    assert BLACKJACK.check_limits(limits, {0: 1_000}, {}, 0) is None


def test_equal_positions_add_up() -> None:
    assert BLACKJACK.expand([ChipStake(0, 5), ChipStake(0, 7), ChipStake(1, 1)], []) == {0: 12, 1: 1}


def test_rules_hash_is_of_what_is_published() -> None:
    rules = {"text": TEXT, "decks": DECKS, "seats": SEATS, "hands_max": HANDS_MAX, "paytable": paytable()}
    canonical = json.dumps(rules, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(canonical).hexdigest() == RULES_HASH
    assert BLACKJACK.rules_version == f"blackjack-6d-s17-1:{RULES_HASH[:12]}"


def test_exported_rules_are_json_with_fractions_as_text() -> None:
    rules = BLACKJACK.export_rules()
    assert json.loads(json.dumps(rules)) == rules
    assert rules["rtp"] == {bet.name: str(bet.rtp) for bet in BLACKJACK.returns()}
    assert {"game", "rules_version", "rules_hash", "paytable", "rtp", "text"} <= set(rules)


def test_blackjack_is_played_and_not_drawn() -> None:
    assert BLACKJACK.seen([1, 2, 3]) is None
    with pytest.raises(TypeError):
        BLACKJACK.draw(StackedDraws("As"))


class TestContract(LayoutContract):
    """Blackjack has a layout, and is played."""

    game = BLACKJACK
    interface = PlayGame
    exact: ClassVar[Module] = exact_blackjack
    positions = [position for position in POSITIONS if position % 10 in (0, 3)]
    beyond = (-1, 4, 9, 70)

    def hashed_rules(self, rules: dict[str, Any]) -> dict[str, Any]:
        """Return text, numbers and paytable."""
        told = {key: rules[key] for key in ("text", "seats", "paytable")}
        return {**told, "decks": DECKS, "hands_max": HANDS_MAX}
