"""Hosts killed with -9, or hung, while a crowd plays fast rounds. Prints how long each cut interrupted play."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
import urllib.request
from uuid import UUID

import pytest

from clients.python import CroupierClient
from loadtest.crowd import Crowd
from loadtest.endurance import GOES_ON_WITHIN_S, WELCOME_MINOR, endure, kill_host
from loadtest.limits import LOADTEST_PASSWORD
from loadtest.platform import Platform
from protocol.messages import RoundResult
from server.config import load_config
from server.hosts import host_names
from tests.faults.books import Books, assert_books_are_kept, wait_until

pytestmark = pytest.mark.timeout(180)

STANDING_BY = {"tables/rng", "tables/live", "wallet/0", "wallet/1"}


def test_metrics_of_every_host_are_there_also_beside_one_that_stands_by(platform: Platform) -> None:
    hosts = set(host_names(load_config(platform.environ)))
    wait_until(lambda: all(len(platform.process_pids(host)) == 2 for host in hosts & STANDING_BY))
    with urllib.request.urlopen(f"{platform.http}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    assert set(re.findall(r'^croupier_runtime_uptime_seconds\{host="([^"]+)"', text, re.MULTILINE)) == hosts


async def test_wallet_and_table_host_killed_in_mid_round_interrupt_play_for_seconds_and_no_connection(
    platform: Platform,
) -> None:
    report = await endure(platform, players=60, seconds=22, kills=("wallet/0", "tables/rng"), tag="kill")
    print(report)
    assert report["findings"] == []
    assert report["ends_untold"] == 0
    assert report["bets_accepted"] > 200
    await assert_books_are_kept(platform)


async def test_gateway_killed_in_mid_round_every_client_comes_back_and_every_bet_ends_once(platform: Platform) -> None:
    async with Crowd(platform.http, Books(platform).dsn, 20, tag="gate") as crowd:
        killed = await kill_host(platform, crowd, "gateway/0")
        print(killed)
        await asyncio.gather(*(_connected_again(player.client) for player in crowd.players))
        await crowd.stop()
        await crowd.settled()
        assert await crowd.mistakes(WELCOME_MINOR) == []
        assert killed["back_s"] < 2 * GOES_ON_WITHIN_S
    await assert_books_are_kept(platform)


async def test_gateway_killed_before_it_could_answer_the_bet_is_answered_after_and_booked_once(
    platform: Platform,
) -> None:
    books = Books(platform)
    async with await CroupierClient.register(platform.http, "unanswered", LOADTEST_PASSWORD) as client:
        view = await client.join("roulette-1")
        shard = await books.value("select shard_id from casino.player where name = 'unanswered'")
        await _fresh_round(client)
        wallet = platform.host_pid(f"wallet/{shard}")
        os.kill(wallet, signal.SIGSTOP)  # the bet gets as far as the wallet and no further
        bet_id = client.new_id()
        order = asyncio.create_task(client.place("roulette-1", [(7, 500)], round_id=view.round_id, bet_id=bet_id))
        await asyncio.sleep(0.3)
        os.kill(platform.host_pid("gateway/0"), signal.SIGKILL)
        os.kill(wallet, signal.SIGCONT)
        accepted = await order
        assert (accepted.bet.bet_id, accepted.bet.stake_minor, client.connections) == (bet_id, 500, 2)
    booked = await books.value("select count(*) from wallet.journal where cmd_id = $1", UUID(bytes=bet_id))
    assert booked == 1
    await assert_books_are_kept(platform)


async def test_table_host_killed_when_the_result_is_told_settles_the_round_with_that_number(platform: Platform) -> None:
    books = Books(platform)
    async with await CroupierClient.register(platform.http, "told", LOADTEST_PASSWORD) as client:
        await client.join("roulette-1")
        await _fresh_round(client)
        accepted = await client.place("roulette-1", [(number, 100) for number in range(37)])
        pid = platform.host_pid("tables/rng")
        result = await _result(client, accepted.round_id)
        os.kill(pid, signal.SIGKILL)
        await client.until(lambda: client.tables["roulette-1"].round_id not in (b"", accepted.round_id), 20)
        row = (
            await books.rows("select state, outcome from casino.round where round_id = $1", UUID(bytes=result.round_id))
        )[0]
        assert tuple(row) == (3, result.number)
        assert (await client.balance()).money.available_minor >= WELCOME_MINOR - 37 * 100 + 36 * 100
    await assert_books_are_kept(platform)


async def test_wallet_host_that_hangs_is_killed_by_the_watch_and_play_goes_on(platform: Platform) -> None:
    async with Crowd(platform.http, Books(platform).dsn, 20, tag="hang") as crowd:
        await crowd.in_mid_round()
        hung = platform.host_pid("wallet/1")
        os.kill(hung, signal.SIGSTOP)
        back_s = await crowd.recovered(time.monotonic(), shard=1)
        print(f"wallet/1 hung; play went on after {back_s:.1f} s")
        wait_until(lambda: platform.host_pid("wallet/1") != hung)
        await crowd.stop()
        await crowd.settled()
        assert await crowd.mistakes(WELCOME_MINOR) == []
        assert {player.client.connections for player in crowd.players} == {1}
        assert back_s < 20
    await assert_books_are_kept(platform)


async def _connected_again(client: CroupierClient) -> None:
    await client.until(lambda: client.connections == 2)


async def _fresh_round(client: CroupierClient) -> None:
    """Wait for a round that has just opened, so that there is time to do something in it."""
    known = client.tables["roulette-1"].round_id
    await client.until(
        lambda: client.tables["roulette-1"].phase == "betting" and client.tables["roulette-1"].round_id != known, 30
    )


async def _result(client: CroupierClient, round_id: bytes) -> RoundResult:
    async with asyncio.timeout(30):
        async for _, message in client.pushes():
            if isinstance(message, RoundResult) and message.round_id == round_id:
                return message
    raise AssertionError("the client stopped")
