"""How clients leave a gateway that is about to end: told when to come back, spread over time, the idle ones first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from actors.domain.commands import Refused
from actors.domain.refusals import Refusal
from protocol import messages as wire
from protocol.errors import Close
from server.gateway.gateway import Gateway
from server.gateway.limits import GatewaySettings
from tests.fakes.gateway import HandClock, HandPost, ToyClient, ToyHouse, verify_toy_token
from tests.fakes.table_world import ScriptedEntropy


def open_gateway() -> tuple[Gateway, HandPost]:
    post = HandPost()
    post.answer = ToyHouse().answer
    gateway = Gateway(
        "gateway/0",
        "127.0.0.1",
        0,
        post,
        HandClock(),
        verify_token=verify_toy_token,
        tables=lambda: ["r1"],
        settings=GatewaySettings(close_linger_s=0.01, rate_per_s=0),
        entropy=ScriptedEntropy(),
    )
    gateway.open()
    return gateway, post


async def enter(gateway: Gateway, count: int) -> list[ToyClient]:
    clients = [ToyClient(gateway) for _ in range(count)]
    for number, client in enumerate(clients, 1):
        client.shake_hands()
        client.send(wire.Hello(f"p:{number}:player"))
        await client.bodies()
    return clients


def gone(clients: Sequence[ToyClient]) -> int:
    """Count those that were told to come back; each must have heard it before its connection was closed."""
    heard: list[Any] = []
    for client in clients:
        bodies = [frame.body for frame in client.frames()]
        if client.close_code is not None:
            assert client.close_code == Close.GOING_AWAY
            assert [type(body) for body in bodies] == [wire.Reconnect]
            heard.append(client)
    return len(heard)


async def test_drain_moves_everybody_and_says_when_to_come_back() -> None:
    gateway, _ = open_gateway()
    clients = await enter(gateway, 5)
    await gateway.drain(0)
    assert gone(clients) == 5
    await gateway.stop()


async def test_drain_is_spread_over_its_time() -> None:
    gateway, _ = open_gateway()
    clients = await enter(gateway, 20)
    draining = asyncio.create_task(gateway.drain(3_600))
    await asyncio.sleep(0.01)
    assert gone(clients) < 20
    draining.cancel()
    await gateway.stop()


async def test_client_that_waits_for_an_answer_gets_it_before_it_is_moved() -> None:
    gateway, post = open_gateway()
    waiting, idle = await enter(gateway, 2)
    post.answer = None
    waiting.send(wire.GetBalance())
    await asyncio.sleep(0)
    draining = asyncio.create_task(gateway.drain(0))
    assert [type(body) for body in await idle.bodies()] == [wire.Reconnect]
    assert await waiting.bodies() == []
    assert waiting.close_code is None
    post.take().on_replies([Refused(Refusal.UNKNOWN_ACCOUNT)])
    await draining
    assert [type(body) for body in await waiting.bodies()][-1] is wire.Reconnect
    await gateway.stop()


async def test_drain_asked_for_twice_ends_twice() -> None:
    gateway, _ = open_gateway()
    await enter(gateway, 3)
    await asyncio.gather(gateway.drain(0), gateway.drain(0))
    await gateway.drain(0)
    await gateway.stop()


async def test_connection_that_comes_while_the_gateway_drains_is_sent_away() -> None:
    gateway, _ = open_gateway()
    await gateway.drain(0)
    late = ToyClient(gateway)
    late.shake_hands()
    assert late.close_code == Close.GOING_AWAY
    await gateway.stop()
