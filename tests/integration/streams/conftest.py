"""The tests of streams run on the loop that the hosts have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Name the loop."""
    return {"uvloop": uvloop.new_event_loop}
