"""The round store in memory keeps the contract."""

from __future__ import annotations

import pytest

from tests.fakes.rounds import FakeRounds
from tests.fakes.rounds_contract import RoundStoreContract


class TestFakeRounds(RoundStoreContract):
    @pytest.fixture
    def store(self) -> FakeRounds:
        return FakeRounds("t")
