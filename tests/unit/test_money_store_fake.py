"""The model of the ledger keeps the ledger's contract."""

from __future__ import annotations

import pytest

from tests.fakes.ledger import FakeBooks, FakeLedger
from tests.fakes.ledger_contract import LedgerStoreContract, MakeStore


class TestFakeLedger(LedgerStoreContract):
    @pytest.fixture
    def stores(self) -> MakeStore:
        books = FakeBooks()
        return lambda: FakeLedger(books)
