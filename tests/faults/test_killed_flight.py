"""The tables' process killed with -9 while a flight of crash is in the air, with the SDK and the whole platform."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from functools import partial
from uuid import UUID

import msgspec
import pytest

from actors.domain.games.game import Step
from clients.python import CroupierClient, OutcomeUnknown, Refused
from loadtest.limits import LOADTEST_PASSWORD
from loadtest.platform import Platform
from protocol.messages import Acted, BetsAccepted
from tests.faults.books import Books, assert_books_are_kept

pytestmark = pytest.mark.timeout(300)

CRASH = "crash-1"
STAKE = 1_000


async def test_tables_host_killed_in_flight_pays_what_was_out_and_returns_what_rode(platform: Platform) -> None:
    books = Books(platform)
    async with AsyncExitStack() as stack:
        out, target, rider = [
            await stack.enter_async_context(
                await CroupierClient.register(platform.http, f"flyer-{name}", LOADTEST_PASSWORD)
            )
            for name in ("out", "target", "rider")
        ]
        clients = {out: 0, target: 101, rider: 0}
        for client in clients:
            await client.join(CRASH)
        bets, acted = await _one_flies(clients, out)
        had = {client: (await client.balance()).money for client in clients}
        os.kill(platform.host_pid("tables/rng"), signal.SIGKILL)
        again = await _ask_again(out, bets[out], acted)
        for client in clients:
            await client.until(partial(_is_open, client, bets[out].round_id), 60)
        assert again == acted
        round_id = UUID(bytes=bets[out].round_id)
        rows = await books.rows("select step from casino.round_step where round_id = $1 order by step_no", round_id)
        steps = [msgspec.msgpack.decode(row["step"], type=Step).action for row in rows]
        assert [step for step in steps if step != "reach"] == ["cash_out", "interrupted"]
        assert await books.value("select state from casino.round where round_id = $1", round_id) == 3
        money = {client: (await client.balance()).money for client in clients}
        back = {client: money[client].available_minor - had[client].available_minor for client in clients}
        assert back == {out: STAKE * acted.value // 100, target: STAKE * 101 // 100, rider: STAKE}
        assert {one.reserved_minor for one in money.values()} == {0}
    await assert_books_are_kept(platform)


async def _one_flies(
    clients: dict[CroupierClient, int], out: CroupierClient
) -> tuple[dict[CroupierClient, BetsAccepted], Acted]:
    """Bet and cash one out above 1.01x, flight after flight, until one is so high."""
    known = b""
    while True:
        await out.until(partial(_is_open, out, known), 240)
        known = out.tables[CRASH].round_id
        bets = {
            client: await client.place(CRASH, [(target, STAKE)], round_id=known) for client, target in clients.items()
        }
        await out.until(lambda: out.tables[CRASH].flight is not None, 30)
        flight = out.tables[CRASH].flight
        assert flight is not None
        await asyncio.sleep(max(0.0, (flight.takeoff_ms + 600 - out.server_now_ms()) / 1_000))
        try:
            return bets, await out.cash_out(CRASH, bets[out].bet.bet_id, round_id=known)
        except Refused:
            continue  # it bust before 1.03x


async def _ask_again(client: CroupierClient, bet: BetsAccepted, acted: Acted) -> Acted:
    """Send the same cash-out to the successor, until it answers."""
    while True:
        try:
            return await client.cash_out(CRASH, bet.bet.bet_id, round_id=bet.round_id, command_id=acted.command_id)
        except OutcomeUnknown:
            await asyncio.sleep(0.1)
        except Refused as refused:
            if not refused.retryable:
                raise
            await asyncio.sleep(0.1)


def _is_open(client: CroupierClient, known: bytes) -> bool:
    view = client.tables[CRASH]
    return view.phase == "betting" and view.round_id != known
