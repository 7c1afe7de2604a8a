"""A session whose connection was lost: what its client is told when it comes back, and what he is never told."""

from __future__ import annotations

from typing import Any

from actors.domain import events
from protocol import messages as wire
from protocol.codec import encode_client_frame
from protocol.envelope import Kind
from tests.fakes.gateway import ROUND, ToyClient, client_id, settle
from tests.unit.test_gateway import House, make_house

BO = "bo:8:player"


def bonus(tick: int) -> events.MyBonus:
    return events.MyBonus(500, tick, 10 + tick, 1_500, 0)


def settled(bet: int) -> events.MyBetsSettled:
    return events.MyBetsSettled("r1", ROUND, 8, [events.BetOutcome(client_id(bet), 100, 200)], 100, 200, 9, 10_100, 0)


async def greet(
    house: House, session_id: str, seq: int, token: str = "anna:7:player"
) -> tuple[ToyClient, Any, list[Any]]:
    """Connect and go on with a session; return the client, his Welcome and the numbered pushes that followed it."""
    client = ToyClient(house.gateway)
    client.shake_hands()
    client.send_raw(encode_client_frame(1, seq, wire.Hello(token, "", session_id)))
    await settle()
    welcome, *pushes = client.frames()
    assert isinstance(welcome.body, wire.Welcome)
    assert all((push.kind, push.ref) == (Kind.PUSH, 0) for push in pushes)
    return client, welcome.body, [(push.seq, push.body) for push in pushes]


def granted(tick: int) -> wire.BonusGranted:
    return wire.BonusGranted(500, tick, wire.Money(1_500, 0, 10 + tick))


async def test_client_who_comes_back_gets_exactly_the_pushes_he_missed() -> None:
    house = make_house()
    first, welcome, _ = await greet(house, "", 0)
    await house.personal(bonus(1))
    await house.personal(bonus(2))  # sent, and lost with the connection: he has only the first
    first.hang_up()
    await house.personal(bonus(3))
    house.clock.ms += 5_000
    _, again, pushes = await greet(house, welcome.session_id, 1)
    assert (again.recovered, again.session_id, again.started_ms) == (True, welcome.session_id, welcome.server_ms)
    assert pushes == [(2, granted(2)), (3, granted(3))]
    await house.personal(bonus(4))
    assert house.gateway.metrics.values()["recovered_total"] == 1


async def test_socket_that_hangs_does_not_keep_its_client_from_going_on() -> None:
    house = make_house()
    first, welcome, _ = await greet(house, "", 0)
    await house.personal(bonus(1))
    second, again, pushes = await greet(house, welcome.session_id, 0)
    assert (again.recovered, pushes) == (True, [(1, granted(1))])
    first.hang_up()
    await house.personal(bonus(2))
    await settle()
    assert [(push.seq, push.body) for push in second.frames()] == [(2, granted(2))]


async def test_position_that_is_not_kept_is_not_recovered_and_net_position_goes_on() -> None:
    house = make_house(personal_kept=2)
    first, welcome, _ = await greet(house, "", 0)
    await house.personal(settled(1))
    await house.personal(bonus(2))
    await house.personal(bonus(3))
    first.hang_up()
    house.clock.ms += 5_000
    client, again, pushes = await greet(house, welcome.session_id, 0)
    assert (again.recovered, pushes, again.net_minor) == (False, [], 100)
    assert again.session_id != welcome.session_id
    assert again.started_ms == again.net_since_ms == welcome.server_ms
    await house.personal(settled(1))  # he may not have got it: told again, counted once
    await settle()
    (push,) = client.frames()
    assert isinstance(push.body, wire.BetsSettled)
    assert (push.seq, push.body.net_minor) == (1, 100)
    assert house.gateway.metrics.values()["unrecovered_total"] == 1


async def test_position_never_reached_is_not_recovered() -> None:
    house = make_house()
    first, welcome, _ = await greet(house, "", 0)
    first.hang_up()
    _, again, pushes = await greet(house, welcome.session_id, 1)
    assert (again.recovered, pushes) == (False, [])


async def test_session_is_kept_no_longer_than_it_may_linger() -> None:
    house = make_house(linger_s=2)
    first, welcome, _ = await greet(house, "", 0)
    first.hang_up()
    house.gateway.tick()
    assert house.gateway.metrics.values()["lingering"] == 1
    house.gateway.tick()
    assert house.gateway.metrics.values()["lingering"] == 0
    _, again, _ = await greet(house, welcome.session_id, 0)
    assert not again.recovered


async def test_more_sessions_than_may_linger_cost_the_longest_away_theirs() -> None:
    house = make_house(linger_max=1)
    anna, his, _ = await greet(house, "", 0)
    bo, hers, _ = await greet(house, "", 0, BO)
    anna.hang_up()
    bo.hang_up()
    assert not (await greet(house, his.session_id, 0))[1].recovered
    assert (await greet(house, hers.session_id, 0, BO))[1].recovered


async def test_session_of_another_player_is_not_gone_on_with() -> None:
    house = make_house()
    anna, welcome, _ = await greet(house, "", 0)
    await house.personal(bonus(1))
    anna.hang_up()
    _, bos, pushes = await greet(house, welcome.session_id, 0, BO)
    assert (bos.recovered, pushes) == (False, [])
    assert bos.session_id != welcome.session_id
    assert (await greet(house, welcome.session_id, 0))[1].recovered


async def test_session_that_another_one_replaced_does_not_linger() -> None:
    house = make_house()
    older, welcome, _ = await greet(house, "", 0)
    newer, _, _ = await greet(house, "", 0)
    older.hang_up()
    newer.hang_up()
    _, again, _ = await greet(house, welcome.session_id, 0)
    assert not again.recovered


async def test_player_has_no_more_lingering_sessions_than_he_may_have_open() -> None:
    house = make_house(sessions_per_player=2)
    ids = []
    for _ in range(3):
        client, welcome, _ = await greet(house, "", 0)
        client.hang_up()
        ids.append(welcome.session_id)
    await house.personal(bonus(1))
    assert not (await greet(house, ids[0], 0))[1].recovered
    assert (await greet(house, ids[1], 0))[2] == (await greet(house, ids[2], 0))[2] == [(1, granted(1))]
