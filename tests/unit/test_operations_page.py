"""docs/operations.md names every setting and command, and none that does not exist."""

from __future__ import annotations

import re

from server.cli import app
from server.config import VARIABLES
from tests.architecture.tree import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_page_names_every_setting_and_no_other() -> None:
    rows = "\n".join(
        line for line in PAGE.splitlines() if line.startswith(("| `CROUPIER_", "| `DATABASE", "| `R", "| `WALLET_"))
    )
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)`", rows)) == set(VARIABLES.values())


def test_page_names_every_command() -> None:
    names = {c.name or c.callback.__name__ for c in app.registered_commands if c.callback is not None}
    assert {name for name in names if f"`croupier {name}" not in PAGE} == set()
