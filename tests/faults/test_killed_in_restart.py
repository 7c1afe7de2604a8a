"""Processes killed with -9 while a host is restarted in order: who had to go is gone, who plays goes on, nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from actors.domain.rounds import RoundState
from clients.python import CroupierClient
from loadtest.crowd import Crowd
from loadtest.endurance import WELCOME_MINOR
from loadtest.limits import LOADTEST_PASSWORD
from loadtest.platform import ROOT, Platform
from protocol.messages import BetsSettled, Reconnect, ServerMessage
from tests.faults.books import Books, assert_books_are_kept

pytestmark = pytest.mark.timeout(180)


class Restarting:
    """`croupier restart HOST` under way."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.told: list[str] = []

    async def until(self, text: str) -> None:
        """Return when it has told something with this text. Raises AssertionError when it ends before."""
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.told.append(line.decode().rstrip())
            if text in self.told[-1]:
                return
        raise AssertionError(f"it ended without {text!r}: {self.told}")

    async def end(self) -> int:
        """Return its exit code."""
        _, rest = await self._process.communicate()
        self.told += rest.decode().splitlines()
        print(*self.told, sep="\n")
        return self._process.returncode or 0


async def restarting(platform: Platform, host: str) -> Restarting:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "server.cli", "restart", host]
    return Restarting(
        await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=platform.environ, stdout=pipe, stderr=pipe)
    )


@asynccontextmanager
async def crowd_that_loses_nothing(platform: Platform, tag: str) -> AsyncIterator[Crowd]:
    """Let a crowd play, and at the end hold what it was told to the books."""
    async with Crowd(platform.http, Books(platform).dsn, 20, tag=tag) as crowd:
        await crowd.in_mid_round()
        yield crowd
        await crowd.in_mid_round()
        await crowd.stop()
        await crowd.settled()
        assert await crowd.mistakes(WELCOME_MINOR) == []
    await assert_books_are_kept(platform)


async def test_gateway_killed_while_it_moves_its_clients_is_replaced_and_each_comes_back(platform: Platform) -> None:
    async with crowd_that_loses_nothing(platform, "kgate") as crowd:
        old = platform.host_pid("gateway/0")
        restart = await restarting(platform, "gateway/0")
        await restart.until("to move")
        os.kill(old, signal.SIGKILL)
        assert await restart.end() == 0
        for player in crowd.players:
            await player.client.until(lambda client=player.client: client.connected and client.connections > 1)  # type: ignore[misc]
    assert platform.host_pid("gateway/0") != old


async def test_tables_host_killed_while_it_ends_its_rounds_gives_the_stakes_back_once(platform: Platform) -> None:
    async with crowd_that_loses_nothing(platform, "ktable") as crowd:
        old = platform.host_pid("tables/rng")
        restart = await restarting(platform, "tables/rng")
        await restart.until("and stands by")  # from now on the old one waits for its rounds
        os.kill(old, signal.SIGKILL)
        assert await restart.end() == 0
        assert {player.client.connections for player in crowd.players} == {1}
    assert platform.host_pid("tables/rng") != old


async def test_wallet_host_whose_other_process_is_killed_at_the_hand_over_goes_on(platform: Platform) -> None:
    async with crowd_that_loses_nothing(platform, "kwallet") as crowd:
        restart = await restarting(platform, "wallet/1")
        await restart.until("stands by")
        for pid in platform.process_pids("wallet/1") - {platform.host_pid("wallet/1")}:
            os.kill(pid, signal.SIGKILL)
        assert await restart.end() == 0
        assert {player.client.connections for player in crowd.players} == {1}


async def test_stop_lets_the_round_in_play_end_and_tells_its_player_when_to_come_back(platform: Platform) -> None:
    told: list[ServerMessage] = []
    async with await CroupierClient.register(
        platform.http, "lastround", LOADTEST_PASSWORD, on_push=lambda _, message: told.append(message)
    ) as client:
        await client.join("roulette-1")
        await client.until(lambda: client.tables["roulette-1"].phase == "betting", 30)
        accepted = await client.place("roulette-1", [(7, 500)])
        assert await asyncio.to_thread(platform.stop) == 0
        settled = [message for message in told if isinstance(message, BetsSettled)]
        assert [message.round_id for message in settled] == [accepted.round_id]
        assert isinstance(told[-1], Reconnect)
    await asyncio.to_thread(platform.start)
    state = await Books(platform).value(
        "select state from casino.round where round_id = $1", UUID(bytes=accepted.round_id)
    )
    assert state == RoundState.SETTLED
    await assert_books_are_kept(platform)


def test_last_gateway_is_not_drained_and_an_unknown_host_is_told(platform: Platform) -> None:
    refused = platform.cli("drain", "gateway/0")
    assert (refused.returncode, "gateway/0 is the last gateway" in refused.stderr) == (1, True)
    unknown = platform.cli("restart", "wallet/77")
    assert (unknown.returncode, "there is no host 'wallet/77'" in unknown.stderr) == (1, True)
