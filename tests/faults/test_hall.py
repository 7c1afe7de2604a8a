"""Gateway, tables and wallets in one process, the hall: killed, restarted, and left without its database, while people play."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from loadtest.crowd import TABLES, Crowd
from loadtest.endurance import ENVIRON, WELCOME_MINOR
from loadtest.platform import LAYOUT, ROOT, Platform, over
from server.hosts import HALL
from tests.faults.books import Books, assert_books_are_kept, recorded_pid, wait_until

pytestmark = pytest.mark.timeout(180)

SHARDS = 2
FASTER = {"CROUPIER_BETTING_MS": "2000", "CROUPIER_PAUSE_MS": "300"}
PLAYERS = 16
#: One serves, one stands by.
PROCESSES = 2
#: Until both wallets, both tables and the gateway are at work again on a busy machine; alone it takes two.
BACK_WITHIN_S = 20.0


@pytest.fixture(scope="module")
def platform(services_folder: Path, link: str) -> Iterator[Platform]:
    """A platform whose hall has two wallets, with fast rounds."""
    environ = {**ENVIRON, **FASTER, LAYOUT: "together", "CROUPIER_SHARDS": str(SHARDS)}
    with Platform(services_folder / "hall", over(link, environ)) as platform:
        yield platform


@asynccontextmanager
async def crowd_that_loses_nothing(platform: Platform, tag: str) -> AsyncIterator[Crowd]:
    """Let a crowd play until it is in mid round, and at the end hold what it was told to the books."""
    async with Crowd(platform.http, Books(platform).dsn, PLAYERS, tag=tag) as crowd:
        await crowd.in_mid_round()
        yield crowd
        await crowd.stop()
        await crowd.settled()
        assert await crowd.mistakes(WELCOME_MINOR) == []
        assert [player.name for player in crowd.players if player.answers != player.orders] == []
    await assert_books_are_kept(platform)


async def connected(crowd: Crowd, times: int) -> None:
    """Return when every player is connected, for the given time at least. Raises TimeoutError."""
    async with asyncio.timeout(BACK_WITHIN_S):
        for player in crowd.players:
            await player.client.until(
                lambda client=player.client: client.connected and client.connections >= times  # type: ignore[misc]
            )


async def all_play_on(crowd: Crowd, since_s: float) -> float:
    """Return after how many seconds bets were accepted again on each shard and at each table."""
    waits = [await crowd.recovered(since_s, shard=shard) for shard in range(SHARDS)]
    return max(*waits, *[await crowd.recovered(since_s, table_id=table_id) for table_id in TABLES])


def serving(platform: Platform) -> int:
    """Return the process that serves as the hall; 0 while none does."""
    try:
        return platform.host_pid(HALL)
    except LookupError:
        return 0


def test_status_and_readiness_know_the_hall_and_no_host_that_lives_in_it(platform: Platform) -> None:
    status = platform.cli("status")
    assert (status.returncode, f"ray::{HALL}" in status.stdout, "wallet/0" in status.stdout) == (0, True, False)
    ready = platform.get("/ready")
    assert (ready["status"], ready["hosts"]) == ("ready", True)
    unknown = platform.cli("restart", "wallet/0")
    assert (unknown.returncode, f"there are api/0, {HALL}, supervisor/main" in unknown.stderr) == (1, True)


def test_metrics_of_all_who_live_in_the_hall_are_there_once(platform: Platform) -> None:
    """Cause: the process that stands by gave those of its streams, and they were taken for the host's, in every layout."""
    wait_until(lambda: len(platform.process_pids(HALL)) == PROCESSES)
    with urllib.request.urlopen(f"{platform.http}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    samples = Counter(line.rpartition(" ")[0] for line in lines if line and not line.startswith("#"))
    assert [sample for sample, times in samples.items() if times > 1] == []
    assert any(sample.startswith("croupier_gateway_") and f'host="{HALL}"' in sample for sample in samples)


async def test_hall_killed_twice_in_mid_round_players_come_back_each_time_and_no_money_is_wrong(
    platform: Platform,
) -> None:
    async with crowd_that_loses_nothing(platform, "hall") as crowd:
        killed: list[int] = []
        for times in (2, 3):
            wait_until(lambda: serving(platform) not in (0, *killed))
            killed.append(serving(platform))
            os.kill(killed[-1], signal.SIGKILL)
            killed_s = time.monotonic()
            back_s = await all_play_on(crowd, killed_s)
            await connected(crowd, times)
            all_s = time.monotonic() - killed_s
            print(
                f"process {killed[-1]} was killed; play went on after {back_s:.1f} s, all were there after {all_s:.1f} s"
            )
            assert back_s < BACK_WITHIN_S
            await crowd.in_mid_round()
        assert sum(player.heard["TableResumed"] + player.heard["TableSnapshot"] for player in crowd.players) > PLAYERS
        assert serving(platform) not in killed


async def test_both_processes_of_the_hall_killed_at_once_come_back_and_play_goes_on(platform: Platform) -> None:
    async with crowd_that_loses_nothing(platform, "heir") as crowd:
        first = serving(platform)
        heirs = platform.process_pids(HALL) - {first}
        for pid in (first, *heirs):
            os.kill(pid, signal.SIGKILL)
        back_s = await all_play_on(crowd, time.monotonic())
        print(f"both processes of the hall were killed; play went on after {back_s:.1f} s")
        assert back_s < 2 * BACK_WITHIN_S


async def test_restart_of_the_hall_ends_its_rounds_and_moves_its_players_once(platform: Platform) -> None:
    async with crowd_that_loses_nothing(platform, "rehall") as crowd:
        old = platform.process_pids(HALL)
        command = [sys.executable, "-m", "server.cli", "restart", HALL]
        restart = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=platform.environ)
        assert await restart.wait() == 0
        back_s = await all_play_on(crowd, time.monotonic())
        await connected(crowd, 2)
        print(f"a bet was accepted {back_s:.1f} s after the restart had ended; refusals {dict(crowd.refusals)}")
        assert {player.client.connections for player in crowd.players} == {2}
        assert not old & platform.process_pids(HALL)
        assert sum(len(player.voided - player.undone) for player in crowd.players) == 0


async def test_postgres_killed_under_the_hall_is_started_again_and_play_goes_on(platform: Platform) -> None:
    async with crowd_that_loses_nothing(platform, "hallpg") as crowd:
        ended = recorded_pid(platform, "postgres")
        os.kill(ended, signal.SIGKILL)
        ended_s = time.monotonic()
        async with asyncio.timeout(BACK_WITHIN_S):
            while recorded_pid(platform, "postgres") in (0, ended):
                await asyncio.sleep(0.02)
        started_s = time.monotonic()
        back_s = await all_play_on(crowd, started_s) + started_s - ended_s
        times = Counter(player.client.connections for player in crowd.players)
        print(f"postgres was killed; play went on after {back_s:.1f} s; connections of players {dict(times)}")
        assert back_s < BACK_WITHIN_S
