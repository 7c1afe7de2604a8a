"""docs/ledger.md says what the code does: accounts, orders with their refusals, and tests that exist."""

from __future__ import annotations

import re
from typing import get_args

import msgspec
import pytest

from actors.domain.money.accounts import NO_FLOOR, Kind, floor_of
from actors.domain.money.orders import WalletOrder
from tests.architecture.tree import ROOT
from tests.fakes.money_books import documented

PAGE = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]


def test_page_has_every_account_with_its_floor() -> None:
    listed = {int(row[0]): row[2] for row in ROWS if len(row) == 4 and row[0].isdigit()}
    assert listed == {int(kind): "none" if floor_of(kind) == NO_FLOOR else "0" for kind in Kind}


@pytest.mark.parametrize("order", get_args(WalletOrder), ids=lambda order: order.__name__)
def test_page_has_every_order_with_its_refusals_in_order(order: type[msgspec.Struct]) -> None:
    (row,) = [row for row in ROWS if row[0] == order.__name__]
    tag = order.__struct_config__.tag
    promised = documented(order) if "Refusals in order" in (order.__doc__ or "") else []
    assert (row[1], [name for name in row[4].split(", ") if name]) == (str(tag), promised)


def test_page_lists_all_laws() -> None:
    laws = [int(row[0]) for row in ROWS if len(row) == 3 and row[0].isdigit()]
    assert laws == list(range(1, 26))


def test_page_names_tests_that_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 40
    missing = [(file, name) for file, name in named if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")]
    assert missing == []
