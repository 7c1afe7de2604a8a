"""The fake link keeps the contract of the real ones."""

from __future__ import annotations

import pytest

from tests.fakes.link import FakeLink
from tests.fakes.link_contract import Echo, LinkContract


class EchoHost:
    """An `Echo` that can die and come back."""

    def __init__(self) -> None:
        self.life = 1
        self.is_up = True
        self.receiver = Echo()


class FakePair:
    """A fake link to it."""

    def __init__(self) -> None:
        self.host = EchoHost()
        self.link = FakeLink(self.host)

    async def crash(self) -> None:
        """Die: whatever is under way is found to be lost when it comes to its end."""
        self.host.is_up = False
        for gate in self.host.receiver.waiting:
            if not gate.done():
                gate.set_result(None)

    async def restart(self) -> None:
        """Come back empty."""
        self.host.life += 1
        self.host.receiver = Echo()
        self.host.is_up = True


class TestFakeLink(LinkContract):
    @pytest.fixture
    def pair(self) -> FakePair:
        return FakePair()
