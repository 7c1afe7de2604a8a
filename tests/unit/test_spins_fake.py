"""The fake spin store keeps every promise that the real one makes."""

from __future__ import annotations

import pytest

from tests.fakes.spins import FakeSpins
from tests.fakes.spins_contract import GAME, SpinStoreContract


class TestFakeSpins(SpinStoreContract):
    @pytest.fixture
    def spins(self) -> FakeSpins:
        return FakeSpins(GAME)
