"""Orders to a running casino over its socket: progress, refusals, callers who hang up, and nobody there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.control import Caller, ControlRefused, ControlServer, control_path, give_order
from server.embedded.processes import EmbeddedError


class Casino:
    """Tells that it begins, and then does what the order says."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.saw_leave = False

    async def handle(self, order: dict[str, Any], caller: Caller) -> None:
        caller.tell(f"{order['verb']} begins")
        match order["verb"]:
            case "refuse":
                raise ControlRefused("not today")
            case "break":
                raise ZeroDivisionError("a bug")
            case "wait":
                await self.go_on.wait()
                self.saw_leave = not caller.is_there


@pytest.fixture
async def casino(tmp_path: Path) -> AsyncIterator[Casino]:
    casino = Casino()
    server = ControlServer(tmp_path, casino.handle)
    await server.start()
    yield casino
    await server.close()


def order(state: Path, verb: str, told: list[str]) -> Any:
    return asyncio.to_thread(give_order, state, {"verb": verb}, told.append)


async def test_order_tells_how_it_goes_and_ends_without_an_error(casino: Casino, tmp_path: Path) -> None:
    told: list[str] = []
    assert await order(tmp_path, "do", told) == ""
    assert told == ["do begins"]


async def test_refusal_and_bug_are_told_and_the_next_order_is_taken(casino: Casino, tmp_path: Path) -> None:
    assert await order(tmp_path, "refuse", []) == "not today"
    assert await order(tmp_path, "break", []) == "ZeroDivisionError: a bug"
    assert await order(tmp_path, "do", []) == ""


async def test_order_of_somebody_who_hangs_up_is_carried_out_and_knows_it(casino: Casino, tmp_path: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(control_path(tmp_path))
    writer.write(b'{"verb": "wait"}\n')
    await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert await order(tmp_path, "do", []) == ""  # by now the casino has seen him go
    casino.go_on.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert casino.saw_leave


async def test_order_under_way_when_the_casino_stops_is_told_so(tmp_path: Path) -> None:
    casino = Casino()
    server = ControlServer(tmp_path, casino.handle)
    await server.start()
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def note(_text: str) -> None:
        loop.call_soon_threadsafe(begun.set)

    waiting = asyncio.ensure_future(asyncio.to_thread(give_order, tmp_path, {"verb": "wait"}, note))
    await begun.wait()
    await server.close()
    assert await waiting == "the casino stops"


async def test_order_where_nothing_runs_says_so(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="nothing runs"):
        await order(tmp_path, "do", [])


async def test_nonsense_is_hung_up_on(casino: Casino, tmp_path: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(control_path(tmp_path))
    writer.write(b"nonsense\n")
    assert await reader.read() == b""
    writer.close()
    assert await order(tmp_path, "do", []) == ""
