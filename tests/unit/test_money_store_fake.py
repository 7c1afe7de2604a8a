"""The model of the ledger keeps the ledger's contract."""

from __future__ import annotations

import pytest

from tests.fakes.ledger import FakeBooks, FakeLedger
from tests.fakes.ledger_contract import LedgerStoreContract, MakeStore
from tests.fakes.ledger_orders_contract import LedgerOrdersContract


@pytest.fixture
def stores() -> MakeStore:
    books = FakeBooks()
    return lambda: FakeLedger(books)


class TestFakeLedger(LedgerStoreContract):
    pass


class TestFakeLedgerOrders(LedgerOrdersContract):
    pass
