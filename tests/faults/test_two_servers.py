"""Two wallet shards on two PostgreSQL servers; one of them is killed for a while, and the other shard plays on.

The hosts of this platform speak over the other link than those of all other fault tests, so that every run cuts both.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from loadtest.crowd import Crowd
from loadtest.endurance import ENVIRON, GOES_ON_WITHIN_S, WELCOME_MINOR, kill_host
from loadtest.platform import Platform, is_alive, over
from loadtest.restarts import stands_by
from server.config import LINKS
from server.embedded.postgres import PostgresServer
from tests.faults.books import Books, every_process, wait_until

pytestmark = pytest.mark.timeout(240)

AWAY_S = 8.0
#: The shard's host finds the server again, claims its shard, and the tables settle what waited.
BACK_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def second_server(services_folder: Path) -> Iterator[PostgresServer]:
    """The server of shard 1, which the platform does not know how to start."""
    server = PostgresServer(services_folder / "second postgres", password="for-tests", durable=False)
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop(5))


@pytest.fixture(scope="module")
def platform(services_folder: Path, link: str, second_server: PostgresServer) -> Iterator[Platform]:
    """A platform with shard 0 in its own PostgreSQL and shard 1 in the other."""
    (other_link,) = set(LINKS) - {link}
    environ = {**ENVIRON, "CROUPIER_SHARD_URLS": f"- {second_server.dsn()}"}
    with Platform(services_folder / "two servers", over(other_link, environ)) as platform:
        yield platform


async def test_wallet_and_table_host_killed_in_mid_round_over_the_other_link(
    platform: Platform, second_server: PostgresServer
) -> None:
    main = Books(platform).dsn
    async with Crowd(platform.http, main, 16, tag="other", books=(main, second_server.dsn())) as crowd:
        for host in ("wallet/0", "tables/rng"):
            await stands_by(main, platform.home_of(host))
            killed = await kill_host(platform, crowd, host)
            print(killed)
            assert killed["back_s"] < GOES_ON_WITHIN_S
        await crowd.stop()
        await crowd.settled()
        assert await crowd.mistakes(WELCOME_MINOR) == []
        assert {player.client.connections for player in crowd.players} == {1}
    _assert_every_law_is_kept(platform)


async def test_one_of_two_servers_killed_the_other_shard_plays_on_and_the_books_are_clean(
    platform: Platform, second_server: PostgresServer
) -> None:
    main, second = Books(platform).dsn, second_server.dsn()
    assert platform.cli("dsn", "--shard", "1").stdout.strip() == second
    async with Crowd(platform.http, main, 16, tag="two", books=(main, second)) as crowd:
        assert {player.shard for player in crowd.players} == {0, 1}
        await crowd.in_mid_round()
        os.kill(second_server.pid, signal.SIGKILL)
        killed_s = time.monotonic()
        on_s = [await crowd.recovered(killed_s + since_s, shard=0) for since_s in (0.0, AWAY_S)]
        await second_server.start()
        assert second_server.dsn() == second, "another server has taken its port meanwhile"
        started_s = time.monotonic()
        back_s = await crowd.recovered(started_s, shard=1)
        print(f"shard 0 played on after {on_s}, shard 1 again after {back_s:.1f} s; refusals {dict(crowd.refusals)}")
        await crowd.stop()
        await crowd.settled()
        assert await crowd.mistakes(WELCOME_MINOR) == []
        assert {player.client.connections for player in crowd.players} == {1}
        assert back_s < BACK_WITHIN_S
    _assert_every_law_is_kept(platform)
    assert [await _journal_shards(dsn) for dsn in (main, second)] == [[0], [1]]


def test_platform_that_is_stopped_leaves_no_process_behind(platform: Platform) -> None:
    """The last test of this platform, which ends with it."""
    everything = every_process(platform)
    assert platform.stop() == 0
    wait_until(lambda: not any(is_alive(process) for process in everything), 5)
    assert [p for p in psutil.process_iter(["environ"]) if _belongs(p, platform)] == []


def _belongs(process: psutil.Process, platform: Platform) -> bool:
    """Tell whether this process was started for that state folder, whoever its parent is by now."""
    environ = process.info["environ"] or {}
    return environ.get("CROUPIER_STATE") == str(platform.state) and is_alive(process)


def _assert_every_law_is_kept(platform: Platform) -> None:
    audit = platform.cli("audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr


async def _journal_shards(dsn: str) -> list[int]:
    """Return whose rows this server's journal has."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("select distinct shard_id from wallet.journal order by 1")
    finally:
        await connection.close()
    return [row["shard_id"] for row in rows]
