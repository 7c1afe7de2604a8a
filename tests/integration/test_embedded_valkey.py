"""The embedded Valkey: keeps what it was told, heals what a crash left."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import redis.asyncio
import redis.exceptions

from server.embedded.valkey import ValkeyServer


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ValkeyServer]:
    server = ValkeyServer(tmp_path / "with spaces", password="for-tests")
    await server.start()
    yield server
    await server.stop(5)


async def _set(server: ValkeyServer, key: str, value: str) -> None:
    client = redis.asyncio.from_url(server.url)
    await client.set(key, value)
    await client.aclose()


async def _get(server: ValkeyServer, key: str) -> object:
    client = redis.asyncio.from_url(server.url)
    try:
        return await client.get(key)
    finally:
        await client.aclose()


async def test_second_start_finds_what_the_first_was_told(server: ValkeyServer) -> None:
    await _set(server, "key", "value")
    port = server.port
    await server.stop()
    await server.start()
    assert server.port == port
    assert await _get(server, "key") == b"value"


async def test_start_beside_an_orphan_ends_it(server: ValkeyServer) -> None:
    orphan = server.pid
    successor = ValkeyServer(server.home, password="for-tests")
    await successor.start()
    assert successor.pid not in (0, orphan)
    assert server.pid == 0
    await successor.stop()


async def test_start_after_kill_answers(server: ValkeyServer) -> None:
    os.kill(server.pid, signal.SIGKILL)
    await server.start()
    assert await _get(server, "nothing") is None


async def test_client_without_password_is_refused(server: ValkeyServer) -> None:
    client = redis.asyncio.Redis(port=server.port)
    with pytest.raises(redis.exceptions.AuthenticationError):
        await client.get("key")
    await client.aclose()


async def test_folder_and_configuration_are_closed_to_others(server: ValkeyServer) -> None:
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.home / "valkey.conf").stat().st_mode) == 0o600


async def test_password_is_not_on_the_command_line(server: ValkeyServer) -> None:
    assert "for-tests" not in " ".join(psutil.Process(server.pid).cmdline())
