"""The fake of transits keeps the contract."""

from __future__ import annotations

import pytest

from tests.fakes.transits import FakeTransits
from tests.fakes.transits_contract import TransitContract


class TestFakeTransits(TransitContract):
    @pytest.fixture
    def store(self) -> FakeTransits:
        return FakeTransits()
