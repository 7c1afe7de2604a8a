"""The guide's game is real: taken out of docs/adding-a-game.md, run, and put through the contract of all games."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from server import rtp
from tests.architecture.tree import ROOT

GUIDE = (ROOT / "docs" / "adding-a-game.md").read_text(encoding="utf-8")
#: What the guide's three pieces of code are, in its order.
RULES, EXACT, TESTS = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.M | re.S)
_BUILT = (
    ("actors.domain.games.lucky_die", RULES),
    ("server.rtp.lucky_die", EXACT),
    ("tests.unit.test_lucky_die", TESTS),
)


@contextmanager
def _modules() -> Iterator[list[ModuleType]]:
    """Give the guide's modules, importable by their names for that long."""
    built = []
    try:
        for name, source in _BUILT:
            module = ModuleType(name)
            sys.modules[name] = module
            exec(compile(source, f"docs/adding-a-game.md ({name})", "exec"), module.__dict__)
            built.append(module)
        yield built
    finally:
        for name, _ in _BUILT:
            sys.modules.pop(name, None)


with _modules() as (_rules, _exact, _tests):
    LUCKY_DIE: Any = _rules.__dict__["LUCKY_DIE"]
    #: Collected by pytest as if the guide's test module were a file.
    TestLuckyDie = _tests.__dict__["TestLuckyDie"]
    test_rounds_pay_by_the_paytable = _tests.__dict__["test_rounds_pay_by_the_paytable"]


def test_guide_names_the_files_that_it_shows() -> None:
    assert [f"`{name.replace('.', '/')}.py`" in GUIDE for name, _ in _BUILT] == [True] * len(_BUILT)


def test_guides_code_is_as_the_linter_wants_it(tmp_path: Path) -> None:
    for name, source in _BUILT:
        (tmp_path / f"{name.rpartition('.')[2]}.py").write_text(source, encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), str(tmp_path)]
        assert subprocess.run(ruff, capture_output=True, text=True, check=False).stdout.splitlines()[-1:] != ["Found"]


def test_guides_game_stands_in_the_table_of_returns_when_its_module_is_named() -> None:
    module: Any = _exact
    rows = rtp.rows([*rtp.MODULES[:1], module])
    assert [(row.bet, str(row.rtp)) for row in rows[-3:]] == [("Number", "29/30"), ("Odd", "39/40"), ("Even", "39/40")]


@pytest.mark.parametrize("word", ["TableGame", "PlayGame", "InstantGame", "make rtp", "MODULES", "game_contract"])
def test_guide_says_where_things_are(word: str) -> None:
    assert word in GUIDE
