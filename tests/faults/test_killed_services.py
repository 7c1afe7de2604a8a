"""PostgreSQL and Valkey killed while a crowd plays: `croupier up` starts them again, nobody loses a cent or a session."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import urllib.error

import pytest

from loadtest.crowd import Crowd
from loadtest.endurance import WELCOME_MINOR
from loadtest.limits import LOADTEST_PASSWORD
from loadtest.platform import Platform
from tests.faults.books import Books, assert_books_are_kept, recorded_pid, wait_until

pytestmark = pytest.mark.timeout(120)

#: PostgreSQL replays its log, the wallets claim and verify their shards, the tables their rounds.
BACK_WITHIN_S = 20.0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "stopped"])
async def test_postgres_ended_in_mid_round_is_started_again_and_play_goes_on(
    platform: Platform, number: signal.Signals
) -> None:
    async with Crowd(platform.http, Books(platform).dsn, 20, tag=f"pg{number.name}") as crowd:
        await crowd.in_mid_round()
        ended = recorded_pid(platform, "postgres")
        os.kill(ended, number)
        ended_s = time.monotonic()
        # Backends that are at work outlive a killed server for a moment, so what counts is a bet on its successor.
        async with asyncio.timeout(BACK_WITHIN_S):
            while recorded_pid(platform, "postgres") in (0, ended):
                await asyncio.sleep(0.02)
        started_s = time.monotonic()
        back_s = max([await crowd.recovered(started_s, shard=shard) for shard in (0, 1)]) + started_s - ended_s
        print(f"postgres {number.name}; play went on after {back_s:.1f} s; refusals {dict(crowd.refusals)}")
        await crowd.stop()
        await crowd.settled()
        assert await crowd.mistakes(WELCOME_MINOR) == []
        assert {player.client.connections for player in crowd.players} == {1}
        assert back_s < BACK_WITHIN_S
    await assert_books_are_kept(platform)


async def test_valkey_killed_interrupts_no_play_and_is_started_again(platform: Platform) -> None:
    async with Crowd(platform.http, Books(platform).dsn, 10, tag="vk") as crowd:
        await crowd.in_mid_round()
        os.kill(recorded_pid(platform, "valkey"), signal.SIGKILL)
        assert await crowd.recovered(time.monotonic()) < 10
        await crowd.stop()
        await crowd.settled()
        assert await crowd.mistakes(WELCOME_MINOR) == []
    wait_until(lambda: _can_register(platform), 10)
    async with Crowd(platform.http, Books(platform).dsn, 10, tag="newcomers") as newcomers:  # all at once, all at first
        await newcomers.stop()
    await assert_books_are_kept(platform)


def _can_register(platform: Platform) -> bool:
    """Tell whether a newcomer gets his tokens; while Valkey is away he is told to try again."""
    try:
        return bool(platform.register("newcomer", LOADTEST_PASSWORD))
    except urllib.error.HTTPError as error:
        if error.code != 503:
            raise
        return False
