"""The host of the slot killed with -9 while players spin: every order has one answer, and the books have it once."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial

import pytest

from clients.python import CroupierClient, Refused
from loadtest.endurance import WELCOME_MINOR
from loadtest.limits import LOADTEST_PASSWORD
from loadtest.platform import Platform
from protocol.errors import Code
from tests.faults.books import Books, assert_books_are_kept, wait_until

pytestmark = pytest.mark.timeout(240)

PLAYERS = 8
KILLS = 3
STAKE = 200


async def test_slots_host_killed_again_and_again_plays_every_spin_once(platform: Platform) -> None:
    players = [await CroupierClient.register(platform.http, f"spinner{n}", LOADTEST_PASSWORD) for n in range(PLAYERS)]
    await asyncio.gather(*(player.connect() for player in players))
    await asyncio.gather(*(player.seeds("slot") for player in players))
    ended = asyncio.Event()
    spinning = [asyncio.create_task(_spin_until(player, ended)) for player in players]
    for _ in range(KILLS):
        await asyncio.sleep(6)
        pid = _serving(platform)
        os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(wait_until, partial(_is_another, platform, pid))
    await asyncio.sleep(6)
    ended.set()
    rounds = await asyncio.gather(*spinning)
    for player, net_minor in zip(players, rounds, strict=True):
        assert (await player.balance()).money.available_minor >= WELCOME_MINOR + net_minor  # bonus ticks come on top
        assert player.purse.net_minor == net_minor
        await player.close()
    states = dict(map(tuple, await Books(platform).rows("select state, count(*) from casino.spin group by 1")))
    print(f"rounds by state: {states}")
    assert states.get(0, 0) == 0
    assert states[1] >= PLAYERS * KILLS
    await assert_books_are_kept(platform)


def _serving(platform: Platform) -> int:
    """Return the process of the slot's host; 0 while there is none."""
    try:
        return platform.host_pid("tables/rng")
    except LookupError:
        return 0


def _is_another(platform: Platform, pid: int) -> bool:
    return _serving(platform) not in (0, pid)


async def _spin_until(player: CroupierClient, ended: asyncio.Event) -> int:
    """Return the sum of payouts less stakes of all answered rounds. The least cycle is waited for, not worked around."""
    net_minor = 0
    while not ended.is_set():
        try:
            result = await player.spin("slot", STAKE)
            net_minor += result.payout_minor - STAKE
        except Refused as refused:
            assert Code(refused.code) in (Code.TOO_SOON, Code.ALREADY_VOIDED)  # noqa: PT017
        await asyncio.sleep(0.3)
    return net_minor
