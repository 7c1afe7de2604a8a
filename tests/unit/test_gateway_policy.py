"""Who may stay on a gateway: limits by address and player, rates by cost, the ends of sessions."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from actors.domain import events
from actors.session import Identity
from protocol import messages as wire
from protocol.errors import Close, Code
from server.gateway.limits import DEAF_AFTER, HOLD_AFTER, TokenBucket
from server.tokens import LoginEnded
from tests.fakes.gateway import ToyClient, settle, verify_toy_token
from tests.unit.test_gateway import House, codes, make_house


def began(house: House) -> list[Any]:
    return [message for address, messages in house.post.told if address == "gateway/1" for message in messages]


def two_gateways(**settings: Any) -> House:
    return make_house(gateways=lambda: ["gateway/0", "gateway/1"], **settings)


# ---------------------------------------------------------------- connections


async def test_connections_of_one_address_are_counted_in_and_out() -> None:
    house = make_house(per_address=2)
    first, second = await house.client("a:1:player", peer="10.0.0.1"), await house.client("b:2:player", peer="10.0.0.1")
    third = ToyClient(house.gateway, peer="10.0.0.1")
    third.shake_hands()
    elsewhere = await house.client("c:3:player", peer="10.0.0.2")
    assert third.close_code == Close.TOO_MANY_CONNECTIONS
    first.transport.abort()
    await house.client("d:4:player", peer="10.0.0.1")
    assert second.close_code is None
    assert elsewhere.close_code is None


# ---------------------------------------------------------------- sessions


async def test_session_is_told_to_the_other_gateways_as_long_as_it_is_young() -> None:
    house = two_gateways()
    await house.client()
    house.clock.ms += 1_000
    house.gateway.tick()
    house.clock.ms += 5_000
    house.gateway.tick()
    first, again = began(house)
    assert first == again
    assert first.player_id == 7


@pytest.mark.parametrize(("age_ms", "ends"), [(1, True), (-1, False)])
async def test_newer_session_elsewhere_ends_the_one_here_and_an_older_does_not(age_ms: int, ends: bool) -> None:
    house = two_gateways()
    client = await house.client()
    (own,) = began(house)
    news = events.SessionBegan(7, "elsewhere", own.began_ms + age_ms)
    await house.gateway.handle_batch("gateway/1", [news, news])
    await settle()
    assert codes(await client.bodies()) == [Code.SESSION_REPLACED] * ends
    assert (client.close_code == Close.SESSION_REPLACED) is ends


async def test_player_may_have_so_many_sessions_and_then_the_oldest_ends() -> None:
    house = two_gateways(sessions_per_player=2)
    clients = [await house.client() for _ in range(3)]
    await settle()
    assert [client.close_code for client in clients] == [Close.SESSION_REPLACED, None, None]
    await house.personal(events.MyBonus(5, 1, 9, 10_005, 0))
    assert [len(await client.bodies()) for client in clients[1:]] == [1, 1]
    assert began(house) == []


async def test_session_that_only_pings_ends_when_it_has_been_idle_for_too_long() -> None:
    house = make_house(idle_s=60)
    idle, active = await house.client("a:1:player"), await house.client("b:2:player")
    for _ in range(7):
        house.clock.ms += 10_000
        idle.send(wire.Ping(1))
        active.send(wire.GetBalance())
        house.gateway.tick()
    await settle()
    assert idle.close_code == Close.SESSION_IDLE
    assert active.close_code is None


async def test_session_ends_when_its_login_is_too_old() -> None:
    house = make_house(session_s=3_600)
    client = await house.client()
    house.clock.ms += 3_600_001
    house.gateway.tick()
    await settle()
    assert client.close_code == Close.SESSION_EXPIRED


async def test_ended_login_cuts_its_connection_and_no_other() -> None:
    house = make_house(verify_token=_with_login)
    gone, stays = await house.client("a:1:player"), await house.client("b:2:player")
    house.gateway.end_login("login of a")
    await settle()
    assert gone.close_code == Close.SESSION_REVOKED
    assert stays.close_code is None


async def test_login_that_ends_while_hello_is_answered_gets_no_session() -> None:
    house = make_house(verify_token=_with_login)
    house.by_hand()
    client = ToyClient(house.gateway)
    client.shake_hands()
    client.send(wire.Hello("a:1:player"))
    house.gateway.end_login("login of a")
    await settle()
    assert client.close_code == Close.SESSION_REVOKED


async def test_token_of_an_ended_login_is_refused() -> None:
    def ended(token: str) -> Identity:
        raise LoginEnded

    house = make_house(verify_token=ended)
    client = ToyClient(house.gateway)
    client.shake_hands()
    client.send(wire.Hello("a:1:player"))
    assert codes(await client.bodies()) == [Code.SESSION_REVOKED]


def _with_login(token: str) -> Identity:
    identity = verify_toy_token(token)
    return msgspec.structs.replace(identity, login=f"login of {identity.name}")


# ---------------------------------------------------------------- rates


async def test_what_costs_more_takes_more_and_the_pause_is_the_true_one() -> None:
    house = make_house(rate_per_s=10, rate_burst=10)
    client = await house.client()  # Hello took one
    for _ in range(3):
        client.send(wire.ListTables())
    *_, refused = await client.bodies()
    assert isinstance(refused, wire.Error)
    assert (refused.code, refused.retry_after_ms) == (Code.RATE_LIMITED, 300)
    house.clock.ms += refused.retry_after_ms
    client.send(wire.ListTables())
    assert isinstance((await client.bodies())[0], wire.Tables)


async def test_client_that_goes_on_beyond_its_rate_is_not_read_from_for_a_while() -> None:
    house = make_house(rate_per_s=1_000_000, rate_burst=5, hold_s=60)
    client = await house.client()
    for n in range(100):
        client.send(wire.Ping(n))
    assert len(await client.bodies()) == 4 + HOLD_AFTER
    assert not client.transport.reading
    house.clock.ms += 1_000
    client.connection.read_on()  # the time is over
    assert len(await client.bodies()) >= 5 + HOLD_AFTER


async def test_client_that_does_not_listen_to_refusals_is_cut() -> None:
    house = make_house(rate_per_s=1_000_000, rate_burst=5, hold_s=0.0)
    client = await house.client()
    for n in range((HOLD_AFTER + 1) * DEAF_AFTER):
        client.send(wire.Ping(n))
    for _ in range(2 * DEAF_AFTER):
        await asyncio.sleep(0.001)
    client.frames()
    assert client.close_code == Close.FLOOD


def test_bucket_waits_as_long_as_it_says_and_no_less() -> None:
    bucket = TokenBucket(4, 0)
    assert bucket.take(0, 3, 4, 4)
    wait_ms = bucket.wait_ms(3, 2)
    assert not bucket.take(wait_ms - 1, 3, 4, 2)
    assert bucket.take(wait_ms, 3, 4, 2)
