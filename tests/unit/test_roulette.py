"""European roulette against its published rules: every position, every number, every announced bet."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import pytest

from actors.domain.games.roulette import (
    BY_NUMBERS,
    CALLS,
    LAYOUT,
    POCKETS,
    RED,
    RULES_HASH,
    RULES_VERSION,
    WHEEL,
    expand_call,
    export_rules,
    payout,
    paytable,
    theoretical_rtp,
)
from actors.domain.games.roulette_game import ROULETTE
from server.rtp import Module
from server.rtp import roulette as exact_roulette
from tests.fakes.game_contract import TableGameContract

GOLDEN = Path(__file__).parent.parent / "golden" / "roulette_payouts.txt"

#: (first, last position, numbers covered, pays), from the house rules.
FAMILIES = [
    (0, 36, 1, 35),
    (37, 96, 2, 17),
    (97, 110, 3, 11),
    (111, 133, 4, 8),
    (134, 144, 6, 5),
    (145, 150, 12, 2),
    (151, 156, 18, 1),
]


def test_layout_has_157_positions_numbered_without_a_gap() -> None:
    assert [place.position for place in LAYOUT] == list(range(157))


@pytest.mark.parametrize(("first", "last", "size", "pays"), FAMILIES)
def test_family_covers_and_pays_as_published(first: int, last: int, size: int, pays: int) -> None:
    family = LAYOUT[first : last + 1]
    assert {(len(place.numbers), place.pays) for place in family} == {(size, pays)}


def test_inside_positions_ascend_within_their_family() -> None:
    for first, last, _, _ in FAMILIES[:5]:
        covered = [place.numbers for place in LAYOUT[first : last + 1]]
        assert covered == sorted(covered)


def test_no_two_positions_cover_the_same_numbers() -> None:
    assert len(BY_NUMBERS) == len(LAYOUT)
    assert len({place.name for place in LAYOUT}) == len(LAYOUT)


def test_inside_positions_are_neighbours_on_the_layout() -> None:
    # Column and row of a number on the layout; zero touches the first row.
    spot = {n: ((n - 1) // 3, (n - 1) % 3) for n in range(1, 37)}
    for place in LAYOUT[37:145]:
        rows = {spot[n][0] for n in place.numbers if n}
        columns = {spot[n][1] for n in place.numbers if n}
        assert max(rows) - min(rows) <= 1
        if 0 in place.numbers:
            assert rows == {0}
        else:
            assert len(rows) * len(columns) == len(place.numbers)


def test_red_and_black_are_as_on_the_wheel() -> None:
    # On the wheel the colours alternate from zero on, red first.
    assert sorted(WHEEL) == list(range(POCKETS))
    assert [n in RED for n in WHEEL[1:]] == [True, False] * 18
    assert set(LAYOUT[151].numbers) == set(RED)
    assert set(LAYOUT[152].numbers) == set(range(1, 37)) - RED


def test_even_money_positions_stand_in_the_documented_order() -> None:
    assert [place.kind for place in LAYOUT[151:]] == ["red", "black", "odd", "even", "low", "high"]
    assert all(0 not in place.numbers for place in LAYOUT[145:])


@pytest.mark.parametrize("position", range(157))
def test_every_position_returns_36_of_37(position: int) -> None:
    assert theoretical_rtp(position) == Fraction(36, 37)


@pytest.mark.parametrize(("name", "units"), [("voisins", 9), ("tiers", 6), ("orphelins", 5)])
def test_announced_bet_has_its_units(name: str, units: int) -> None:
    assert sum(stake for _, stake in expand_call(name, 100)) == units * 100


def test_announced_bets_cover_the_wheel_without_overlap() -> None:
    covered = {name: {n for p, _ in CALLS[name] for n in LAYOUT[p].numbers} for name in CALLS}
    sector = WHEEL.index(22)
    neighbours = {WHEEL[(sector + i) % POCKETS] for i in range(17)}
    assert covered["voisins"] == neighbours
    assert covered["tiers"] == set(WHEEL[WHEEL.index(27) : WHEEL.index(33) + 1])
    assert covered["orphelins"] == set(WHEEL) - covered["voisins"] - covered["tiers"]


def test_voisins_has_two_units_on_the_trio_and_on_the_corner() -> None:
    doubled = {LAYOUT[position].name for position, units in CALLS["voisins"] if units == 2}
    assert doubled == {"Trio 0-2-3", "Corner 25-26-28-29"}


def test_payouts_of_all_numbers_and_positions_are_the_golden_matrix() -> None:
    rows = [" ".join(str(payout(p, 1, drawn)) for p in range(157)) for drawn in range(POCKETS)]
    assert rows == GOLDEN.read_text().splitlines()


def test_paytable_and_rules_are_json_and_complete() -> None:
    rules = json.loads(json.dumps(export_rules()))
    assert rules["positions"] == json.loads(json.dumps(paytable()))
    assert rules["positions"][151] == {
        "position": 151,
        "kind": "red",
        "name": "Red",
        "numbers": sorted(RED),
        "pays": 1,
    }
    assert rules["rtp"] == "36/37"
    assert rules["calls"]["tiers"][0] == {"position": BY_NUMBERS[5, 8], "units": 1}


def test_rules_version_follows_the_content() -> None:
    content = {"wheel": WHEEL, "positions": paytable(), "calls": CALLS}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(canonical).hexdigest() == RULES_HASH
    # Rounds in the books name this version: a change of rules needs a new number, never this one again.
    assert RULES_VERSION == "roulette-eu-1:b44f5567bca1"


class TestContract(TableGameContract):
    """Roulette is a table game."""

    game = ROULETTE
    exact: ClassVar[Module] = exact_roulette
    positions = range(157)
    beyond = (-1, 157)
    max_returns = 36
    legal = ([0], [36])
    illegal = ([], [37], [-1], [1, 2], [True])

    def hashed_rules(self, rules: dict[str, Any]) -> dict[str, Any]:
        """Return wheel, positions and announced bets, as the first rounds were stamped."""
        calls = {name: [[chip["position"], chip["units"]] for chip in chips] for name, chips in rules["calls"].items()}
        return {"wheel": rules["wheel"], "positions": rules["positions"], "calls": calls}
