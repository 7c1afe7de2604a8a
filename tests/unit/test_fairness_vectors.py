"""The house's verifier: its vectors are what is checked in, and it refuses what is no record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actors.domain.games.draws import commitment
from server.evidence import EvidenceSigner
from server.fairness.samples import GAMES, is_tampered, sample
from server.fairness.signing import is_signed
from server.fairness.vectors import FILE, text
from server.fairness.verify import verify

VECTORS = json.loads(FILE.read_text(encoding="utf-8"))
TRUE = VECTORS["records"][0]["record"]


def test_vectors_checked_in_are_those_that_the_code_writes() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run `python -m server.fairness.vectors`"


@pytest.mark.parametrize("game", GAMES)
def test_true_records_of_every_game_are_verified(game: str) -> None:
    found = [verify(sample(game, index)) for index in range(300) if not is_tampered(index)]
    assert [verdict for verdict in found if not verdict.ok] == []


@pytest.mark.parametrize("game", GAMES)
def test_record_tampered_with_in_its_outcome_is_found_out(game: str) -> None:
    record = GAMES[game](0)
    assert "outcome" in verify({**record, "number": record["number"] ^ 1}).problems


def test_vectors_have_records_with_every_kind_of_problem() -> None:
    problems = {problem for one in VECTORS["records"] for problem in one["verdict"]["problems"]}
    assert problems == {"malformed", "game", "commitment", "chain", "outcome", "payout"}


@pytest.mark.parametrize(
    "change",
    [
        {"seed": "ab"},
        {"seed": TRUE["seed"].upper()},
        {"commitment": None},
        {"salt": ""},
        {"salt": None},
        {"round_no": -1},
        {"round_no": True},
        {"number": 2**53},
        {"number": "7"},
        {"detail": {}},
        {"detail": [0] * 1001},
        {"chain": 5},
        {"chain": {"first_round_no": 1}},
        {"rules_version": 7},
    ],
)
def test_record_with_a_field_that_cannot_be_is_malformed(change: dict[str, Any]) -> None:
    assert verify({**TRUE, **change}).problems == ("malformed",)


KEYS = {one["record"]["key"]: EvidenceSigner(bytes(32)).verify_key for one in VECTORS["signed"]}


@pytest.mark.parametrize("one", VECTORS["signed"])
def test_signature_of_the_house_holds(one: dict[str, Any]) -> None:
    assert verify(one["record"]).ok
    assert is_signed(one["record"], KEYS)


@pytest.mark.parametrize(
    "change",
    [
        {"table_id": "other"},
        {"round_id": "00"},
        {"number": 1},
        {"detail": [1]},
        {"record": "c0"},
        {"signature": ""},
        {"record": 5},
    ],
)
def test_signature_does_not_hold_for_what_was_changed(change: dict[str, Any]) -> None:
    assert not is_signed({**VECTORS["signed"][0]["record"], **change}, KEYS)


def test_signature_of_an_unknown_key_does_not_hold() -> None:
    assert not is_signed(VECTORS["signed"][0]["record"], {})


@pytest.mark.parametrize("record", [None, [], 5, "text", {}])
def test_what_is_no_record_is_malformed(record: object) -> None:
    assert verify(record).problems == ("malformed",)


@pytest.mark.parametrize(
    "detail", [[], [1, 5], [2, 5], [2, 5, 6, 11], [2, 5, 6, 11, 0], [2, 5, 6, 11, 0, 3, 1], [313, *range(313)]]
)
def test_blackjack_that_nobody_could_have_been_dealt_is_a_wrong_outcome(detail: list[int]) -> None:
    record = GAMES["blackjack"](1)
    assert verify({**record, "detail": detail}).problems == ("outcome",)


def test_seed_of_a_later_round_of_the_chain_does_not_pass_for_this_one() -> None:
    later = GAMES["roulette"](1)
    found = verify({**TRUE, "seed": later["seed"], "commitment": commitment(later["seed"])}).problems
    assert "chain" in found
