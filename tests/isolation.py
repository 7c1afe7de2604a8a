"""Fixtures that keep tests alone: a test that reaches for the network or for Ray fails."""

from __future__ import annotations

import socket
import sys
from typing import Any, NoReturn

import pytest


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make connecting and listening raise; event loops still get their socket pairs."""
    for method in ("connect", "connect_ex", "bind", "listen"):
        monkeypatch.setattr(socket.socket, method, _refuse)


@pytest.fixture(autouse=True)
def no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make importing Ray raise, and starting it where some module has imported it already."""
    if "ray" in sys.modules:
        monkeypatch.setattr(sys.modules["ray"], "init", _refuse)
    else:
        monkeypatch.setitem(sys.modules, "ray", None)


def _refuse(*_arguments: Any, **_named: Any) -> NoReturn:
    raise AssertionError("this test must not use the network or Ray; move it to tests/integration")
