"""`croupier verify`: what it says of files, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.fairness.samples import sample


def _run(*words: str, stdin: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words), input=stdin)
    return done.exit_code, done.output


def test_true_records_are_verified(tmp_path: Path) -> None:
    file = tmp_path / "rounds.json"
    file.write_text(json.dumps([sample("roulette", 0), sample("slot", 1)]))
    code, said = _run("verify", str(file))
    assert code == 0
    assert said.splitlines() == ["roulette-1 1: as its seed says", "slot 1: as its seed says", "2 of 2 verified"]


def test_record_that_was_tampered_with_ends_with_one_and_the_reason() -> None:
    code, said = _run("verify", "-", stdin=json.dumps({**sample("crash", 0), "number": 100}))
    assert code == 1
    assert "NOT as its seed says" in said
    assert "outcome: " in said


@pytest.mark.parametrize("content", ["{", ""])
def test_file_that_cannot_be_read_ends_with_two(content: str) -> None:
    assert _run("verify", "-", stdin=content)[0] == 2


def test_spin_is_told_from_its_seeds_alone() -> None:
    spin = sample("slot", 3)
    code, said = _run("verify-spin", "slot-lantern-1", spin["seed"], spin["client_seed"], "3")
    assert code == 0
    assert f"number {spin['number']}, detail {spin['detail'][0]} " in said
    assert spin["commitment"] in said


def test_spin_of_an_unknown_game_ends_with_two() -> None:
    assert _run("verify-spin", "poker-1", "0" * 64, "a", "3")[0] == 2
