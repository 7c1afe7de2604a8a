"""The gateway from bytes to orders and back, on fake transports and a post that is answered by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from actors.domain import commands, events
from actors.domain.audiences import Audience
from actors.domain.money import orders
from actors.domain.refusals import Refusal
from actors.ports import Failure
from actors.session import Identity
from protocol import messages as wire
from protocol.codec import encode_client_frame
from protocol.envelope import Kind
from protocol.errors import REGISTRY, Close, Code
from server.gateway.gateway import Gateway
from server.gateway.limits import GatewaySettings
from tests.fakes.gateway import (
    ROUND,
    HandClock,
    HandPost,
    ToyClient,
    ToyHouse,
    client_id,
    settle,
    table_state,
    verify_toy_token,
)

CHIPS = [wire.Chip(1, 100)]


@dataclass
class House:
    """A gateway with all its surroundings."""

    gateway: Gateway
    post: HandPost
    toy: ToyHouse
    clock: HandClock

    async def client(self, token: str = "anna:7:player", *, join: bool = False, **options: Any) -> ToyClient:
        """Return a client that was welcomed, and sees table r1 if told so."""
        client = ToyClient(self.gateway, **options)
        client.shake_hands()
        client.send(wire.Hello(token))
        assert isinstance((await client.bodies())[0], wire.Welcome)
        if join:
            client.send(wire.JoinTable("r1"))
            assert isinstance((await client.bodies())[0], wire.TableSnapshot)
        return client

    def by_hand(self) -> None:
        """From now on asks wait for the test to answer them."""
        self.post.answer = None

    async def news(self, first: int, *told: events.TableEvent, epoch: int = 1) -> None:
        await self.gateway.handle_batch("tables/rng", [events.TableNews("r1", epoch, first, list(told))])

    async def personal(self, event: events.PersonalEvent, player_id: int = 7) -> None:
        await self.gateway.handle_batch("tables/rng", [events.PersonalNews(player_id, event)])


def make_house(
    *,
    verify_token: Callable[[str], Identity] = verify_toy_token,
    gateways: Callable[[], Sequence[str]] = tuple,
    **settings: Any,
) -> House:
    post, toy, clock = HandPost(), ToyHouse(), HandClock()
    post.answer = toy.answer
    gateway = Gateway(
        "gateway/0",
        "127.0.0.1",
        0,
        post,
        clock,
        verify_token=verify_token,
        gateways=gateways,
        tables=lambda: ["r1", "r2"],
        settings=GatewaySettings(**settings),
    )
    gateway.open()
    return House(gateway, post, toy, clock)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = make_house(close_linger_s=0.01)
    yield house
    await house.gateway.stop()


def codes(bodies: list[Any]) -> list[Code]:
    assert all(isinstance(body, wire.Error) for body in bodies), bodies
    return [Code(body.code) for body in bodies]


# ---------------------------------------------------------------- Hello


async def test_hello_is_welcomed_with_money_and_lobby(house: House) -> None:
    client = ToyClient(house.gateway)
    client.shake_hands()
    client.send(wire.Hello("anna:7:player,dealer"))
    (welcome,) = await client.bodies()
    assert isinstance(welcome, wire.Welcome)
    assert (welcome.player_id, welcome.name, welcome.roles) == (7, "anna", ["player", "dealer"])
    assert (welcome.currency, welcome.exponent, welcome.play_money) == ("PLAY", 2, True)
    assert (welcome.money, welcome.net_minor) == (wire.Money(10_000, 0, 1), 0)
    assert (welcome.server_ms, welcome.heartbeat_s) == (house.clock.ms, 10)
    assert [line.table_id for line in welcome.tables] == ["r1", "r2"]


@pytest.mark.parametrize(
    ("token", "code", "close"),
    [
        ("forged", Code.UNAUTHENTICATED, Close.UNAUTHENTICATED),
        ("", Code.UNAUTHENTICATED, Close.UNAUTHENTICATED),
        ("expired", Code.TOKEN_EXPIRED, Close.TOKEN_EXPIRED),
    ],
)
async def test_bad_token_is_told_and_closed(house: House, token: str, code: Code, close: Close) -> None:
    client = ToyClient(house.gateway)
    client.shake_hands()
    client.send(wire.Hello(token))
    assert codes(await client.bodies()) == [code]
    assert client.close_code == close


async def test_anything_before_hello_is_told_and_closed(house: House) -> None:
    client = ToyClient(house.gateway)
    client.shake_hands()
    client.send(wire.Ping(1))
    assert codes(await client.bodies()) == [Code.HELLO_EXPECTED]
    assert client.close_code == Close.HELLO_EXPECTED


async def test_second_hello_is_told_and_closed(house: House) -> None:
    client = await house.client()
    client.send(wire.Hello("anna:7:player"))
    assert codes(await client.bodies()) == [Code.HELLO_EXPECTED]
    assert client.close_code == Close.HELLO_EXPECTED


async def test_requests_behind_hello_wait_for_welcome(house: House) -> None:
    house.by_hand()
    client = ToyClient(house.gateway)
    client.shake_hands()
    client.send(wire.Hello("anna:7:player"))
    client.send(wire.Ping(5))
    assert await client.bodies() == []
    house.post.take("table/r1").fail()
    house.post.take("table/r2").fail()
    await settle()
    house.post.take("wallet/0").reply(orders.Done(1, 500, 0))
    welcome, pong = await client.bodies()
    assert isinstance(welcome, wire.Welcome)
    assert welcome.tables == []
    assert pong == wire.Pong(5, house.clock.ms)


@pytest.mark.parametrize(("failure", "code"), [(Failure.UNKNOWN, Code.UNAVAILABLE), (Failure.BUSY, Code.BUSY)])
async def test_hello_without_a_wallet_is_retryable_and_keeps_the_connection(
    house: House, failure: Failure, code: Code
) -> None:
    answer = house.toy.answer
    house.post.answer = lambda address, message: failure if address == "wallet/0" else answer(address, message)
    client = ToyClient(house.gateway)
    client.shake_hands()
    client.send(wire.Hello("anna:7:player"))
    client.send(wire.Ping(5))
    first, second = await client.bodies()
    assert codes([first, second]) == [code, code]
    assert first.retryable
    house.post.answer = answer
    client.send(wire.Hello("anna:7:player"))
    assert isinstance((await client.bodies())[0], wire.Welcome)


async def test_player_without_an_account_is_welcomed_with_nothing(house: House) -> None:
    answer = house.toy.answer
    house.post.answer = lambda address, message: (
        commands.Refused(Refusal.UNKNOWN_ACCOUNT) if address == "wallet/0" else answer(address, message)
    )
    client = await house.client("dora:8:dealer")
    client.send(wire.GetBalance())
    assert await client.bodies() == [wire.Balance(wire.Money(0, 0, 0), 0)]


async def test_money_told_while_hello_waits_is_not_undercut_by_welcome(house: House) -> None:
    house.by_hand()
    client = ToyClient(house.gateway)
    client.shake_hands()
    client.send(wire.Hello("anna:7:player"))
    house.post.take("table/r1").fail()
    house.post.take("table/r2").fail()
    await settle()
    await house.personal(events.MyBonus(500, 1, 9, 1_500, 0))
    house.post.take("wallet/0").reply(orders.Done(8, 1_000, 0))
    (welcome,) = await client.bodies()
    assert welcome.money == wire.Money(1_500, 0, 9)


async def test_newer_session_replaces_the_older(house: House) -> None:
    older = await house.client(join=True)
    newer = await house.client(join=True)
    assert codes(await older.bodies()) == [Code.SESSION_REPLACED]
    assert older.close_code == Close.SESSION_REPLACED
    older.hang_up()
    await house.personal(events.MyBonus(500, 1, 9, 1_500, 0))
    assert await newer.bodies() == [wire.BonusGranted(500, 1, wire.Money(1_500, 0, 9))]


async def test_connection_lost_during_hello_leaves_nothing_behind(house: House) -> None:
    house.by_hand()
    client = ToyClient(house.gateway)
    client.shake_hands()
    client.send(wire.Hello("anna:7:player"))
    client.hang_up()
    house.post.take("table/r1").fail()
    house.post.take("table/r2").fail()
    await settle()
    assert house.post.asks == []
    assert house.gateway.metrics.values()["sessions"] == 0


async def test_silence_instead_of_hello_is_closed(house: House) -> None:
    client = ToyClient(house.gateway)
    client.shake_hands()
    for _ in range(6):
        house.gateway.tick()
    assert client.close_code == Close.HELLO_TIMEOUT


async def test_silence_instead_of_a_handshake_is_cut(house: House) -> None:
    client = ToyClient(house.gateway)
    for _ in range(6):
        house.gateway.tick()
    assert client.transport.aborted


async def test_silence_for_two_heartbeats_is_closed(house: House) -> None:
    client = await house.client()
    for _ in range(20):
        house.gateway.tick()
    assert client.close_code is None
    house.gateway.tick()
    assert client.close_code == Close.HEARTBEAT_LOST


async def test_ping_keeps_the_connection(house: House) -> None:
    client = await house.client()
    for n in range(40):
        house.gateway.tick()
        client.send(wire.Ping(n))
    assert client.close_code is None


# ---------------------------------------------------------------- bad frames


def raw(*fields: Any) -> bytes:
    return msgspec.msgpack.encode(list(fields))


DEEP = b"\x91" * 5_000 + b"\x90"


@pytest.mark.parametrize(
    ("data", "ref", "code"),
    [
        (b"", 0, Code.MALFORMED_FRAME),
        (b"\xc1", 0, Code.MALFORMED_FRAME),
        (b"not msgpack at all", 0, Code.MALFORMED_FRAME),
        (raw(1, 1, 5), 0, Code.MALFORMED_FRAME),
        (raw(2, 1, 5, 0, [3, 1]), 0, Code.UNSUPPORTED_VERSION),
        (raw(1, 1, 0, 0, [3, 1]), 0, Code.BAD_REF),
        (raw(1, 1, 2**32, 0, [3, 1]), 0, Code.BAD_REF),
        (raw(1, 1, 5, 0, [99, 1]), 5, Code.UNKNOWN_MESSAGE),
        (raw(1, 1, 5, 0, [2, 1]), 5, Code.UNKNOWN_MESSAGE),
        (raw(1, 1, 5, 0, [3, "1"]), 5, Code.BAD_FIELD),
        (raw(1, 1, 5, 0, [34, "r1", ROUND, client_id(), [[1, 1.5]]]), 5, Code.BAD_FIELD),
        (raw(1, 1, 5, 0, [34, "r1", "round", client_id(), [[1, 100]]]), 5, Code.BAD_FIELD),
        (DEEP, 0, Code.NESTED_TOO_DEEP),
        (raw(1, 1, 5, 0, [3, [[[[[[[[1]]]]]]]]]), 0, Code.NESTED_TOO_DEEP),
    ],
)
async def test_bad_frame_has_its_code_and_moves_nothing(house: House, data: bytes, ref: int, code: Code) -> None:
    client = await house.client(join=True)
    client.send_raw(data)
    await settle()
    (frame,) = client.frames()
    assert (frame.kind, frame.ref) == (Kind.ERROR, ref)
    assert codes([frame.body]) == [code]
    assert client.close_code == (REGISTRY[code].close or None)
    assert house.toy.cash_minor == 10_000


async def test_bad_frame_before_hello_has_its_code_too(house: House) -> None:
    client = ToyClient(house.gateway)
    client.shake_hands()
    client.send_raw(raw(7, 1, 5, 0, [1, "token"]))
    assert codes(await client.bodies()) == [Code.UNSUPPORTED_VERSION]
    assert client.close_code == Close.UNSUPPORTED_VERSION


@pytest.mark.parametrize("order", [wire.PlaceBets, wire.RepeatBets, wire.DoubleBets, wire.UndoBets])
async def test_id_of_another_class_is_refused_at_the_edge(house: House, order: Any) -> None:
    client = await house.client(join=True)
    forged = client_id()[:6] + b"\x71" + client_id()[7:]
    client.send(order("r1", ROUND, forged, []) if order is wire.PlaceBets else order("r1", ROUND, forged))
    assert codes(await client.bodies()) == [Code.ID_CLASS_FORBIDDEN]
    assert client.close_code is None
    assert house.toy.seq == 1


async def test_too_many_requests_are_refused_and_the_rest_go_on(house: House) -> None:
    client = await house.client()
    for n in range(210):
        client.send(wire.Ping(n))
    bodies = await client.bodies()
    assert sum(isinstance(body, wire.Pong) for body in bodies) == 199  # Hello took one of 200
    assert codes(bodies[199:]) == [Code.RATE_LIMITED] * 11
    house.clock.ms += 1_000
    client.send(wire.Ping(0))
    assert isinstance((await client.bodies())[0], wire.Pong)


async def test_rate_limit_can_be_off() -> None:
    house = make_house(rate_per_s=0, close_linger_s=0.01)
    client = await house.client()
    for n in range(1_000):
        client.send(wire.Ping(n))
    assert all(isinstance(body, wire.Pong) for body in await client.bodies())
    await house.gateway.stop()


# ---------------------------------------------------------------- orders


async def test_bet_is_accepted_with_the_time_it_came(house: House) -> None:
    client = await house.client(join=True)
    house.clock.ms += 5
    ref = client.send(wire.PlaceBets("r1", ROUND, client_id(), CHIPS))
    await settle()
    (frame,) = client.frames()
    assert (frame.kind, frame.ref) == (Kind.REPLY, ref)
    bet = wire.Bet(client_id(), CHIPS, 100)
    assert frame.body == wire.BetsAccepted("r1", ROUND, bet, house.clock.ms, wire.Money(9_900, 100, 2))


async def test_orders_of_one_tick_are_one_ask_and_answered_by_ref(house: House) -> None:
    anna, bo = await house.client(join=True), await house.client("bo:8:player", join=True)
    house.by_hand()
    refs = [
        anna.send(wire.PlaceBets("r1", ROUND, client_id(1), CHIPS)),
        anna.send(wire.DoubleBets("r1", ROUND, client_id(2))),
    ]
    other = bo.send(wire.UndoBets("r1", ROUND, client_id(3)))
    await settle()
    ask = house.post.take("table/r1")
    assert house.post.asks == []
    assert [type(message) for message in ask.messages] == [commands.PlaceBet, commands.PlaceBet, commands.UndoBet]
    assert [message.seat.name for message in ask.messages] == ["anna", "anna", "bo"]
    ask.reply(*(commands.Refused(code) for code in (301, 310, 311)))
    await settle()
    assert [(frame.ref, frame.body.code) for frame in anna.frames()] == [(refs[0], 301), (refs[1], 310)]  # type: ignore[union-attr]
    assert [(frame.ref, frame.body.code) for frame in bo.frames()] == [(other, 311)]  # type: ignore[union-attr]


@pytest.mark.parametrize("refusal", list(Refusal))
async def test_refusal_of_a_table_reaches_the_client_with_its_number(house: House, refusal: Refusal) -> None:
    client = await house.client(join=True)
    house.toy.refuse = refusal
    client.send(wire.PlaceBets("r1", ROUND, client_id(), CHIPS))
    (error,) = await client.bodies()
    assert (error.code, error.name) == (refusal, refusal.name)
    assert client.close_code is None


@pytest.mark.parametrize(("failure", "code"), [(Failure.BUSY, Code.BUSY), (Failure.UNKNOWN, Code.OUTCOME_UNKNOWN)])
async def test_order_without_an_answer_says_what_is_known(house: House, failure: Failure, code: Code) -> None:
    client = await house.client(join=True)
    house.by_hand()
    client.send(wire.PlaceBets("r1", ROUND, client_id(), CHIPS))
    await settle()
    house.post.take("table/r1").fail(failure)
    (error,) = await client.bodies()
    assert codes([error]) == [code]
    assert error.retryable


async def test_order_at_a_table_not_joined_is_refused(house: House) -> None:
    client = await house.client()
    client.send(wire.PlaceBets("r1", ROUND, client_id(), CHIPS))
    assert codes(await client.bodies()) == [Code.NOT_JOINED]


async def test_order_of_somebody_who_is_no_player_is_forbidden(house: House) -> None:
    client = await house.client("dora:8:dealer", join=True)
    client.send(wire.PlaceBets("r1", ROUND, client_id(), CHIPS))
    assert codes(await client.bodies()) == [Code.FORBIDDEN]


async def test_dead_socket_does_not_cost_others_their_answers(house: House) -> None:
    anna, bo = await house.client(join=True), await house.client("bo:8:player", join=True)
    house.by_hand()
    anna.send(wire.PlaceBets("r1", ROUND, client_id(1), CHIPS))
    bo.send(wire.PlaceBets("r1", ROUND, client_id(2), CHIPS))
    await settle()
    anna.hang_up()
    house.post.take("table/r1").reply(commands.Refused(301), commands.Refused(301))
    assert codes(await bo.bodies()) == [Code.BETTING_CLOSED]
    assert house.gateway.metrics.answers_dropped_total == 1


async def test_fault_of_ours_ends_one_session_and_no_other(house: House) -> None:
    anna, bo = await house.client(join=True), await house.client("bo:8:player", join=True)
    house.by_hand()
    anna.send(wire.PlaceBets("r1", ROUND, client_id(1), CHIPS))
    bo.send(wire.PlaceBets("r1", ROUND, client_id(2), CHIPS))
    await settle()
    broken = commands.BetPlaced(ROUND, object(), 0, 2, 0, 0)  # type: ignore[arg-type]
    house.post.take("table/r1").reply(broken, commands.Refused(301))
    (error,) = await anna.bodies()
    assert codes([error]) == [Code.INTERNAL]
    assert error.detail == ""
    assert anna.close_code == Close.INTERNAL
    assert codes(await bo.bodies()) == [Code.BETTING_CLOSED]
    assert house.gateway.metrics.faults_total == 1


async def test_fault_while_taking_a_message_ends_that_session() -> None:
    def fail(_: str) -> Identity:
        raise RuntimeError("a path: /etc/secret")

    gateway = Gateway(
        "gateway/0",
        "",
        0,
        HandPost(),
        HandClock(),
        verify_token=fail,
        tables=lambda: [],
        settings=GatewaySettings(close_linger_s=0.01),
    )
    gateway.open()
    client = ToyClient(gateway)
    client.shake_hands()
    client.send(wire.Hello("x"))
    (error,) = await client.bodies()
    assert codes([error]) == [Code.INTERNAL]
    assert "secret" not in repr(error)
    await gateway.stop()


# ---------------------------------------------------------------- dealer


async def test_dealer_orders_go_to_the_table_and_answer_with_its_state(house: House) -> None:
    client = await house.client("dora:8:dealer")
    client.send(wire.DealerNumber("r1", ROUND, 17))
    (state,) = await client.bodies()
    assert isinstance(state, wire.DealerState)
    assert (state.number, state.source, state.dealer) == (17, "manual", "dora")


async def test_dealer_view_is_pushed_on_the_personal_stream(house: House) -> None:
    client = await house.client("dora:8:dealer")
    view = commands.DealerView("r1", "betting", ROUND, 1, 0, 0, -1, "", 0, 0, 0, "dora")
    await house.personal(events.MyDealerView(view), player_id=8)
    await settle()
    (frame,) = client.frames()
    assert (frame.kind, frame.ref, frame.seq) == (Kind.PUSH, 0, 1)
    assert isinstance(frame.body, wire.DealerState)


@pytest.mark.parametrize(
    ("token", "request_"),
    [
        ("anna:7:player", wire.DealerSit("r1")),
        ("anna:7:player,staff", wire.DealerConfirm("r1", ROUND, 1)),
        ("wheel:9:device", wire.DealerConfirm("r1", ROUND, 1)),
        ("wheel:9:device", wire.DealerOpen("r1", client_id())),
    ],
)
async def test_dealer_order_without_the_role_is_forbidden(house: House, token: str, request_: Any) -> None:
    client = await house.client(token)
    client.send(request_)
    assert codes(await client.bodies()) == [Code.FORBIDDEN]


async def test_device_is_marked_as_such(house: House) -> None:
    client = await house.client("wheel:9:device")
    house.by_hand()
    client.send(wire.DealerNumber("r1", ROUND, 17, "sensor"))
    await settle()
    (order,) = house.post.take("table/r1").messages
    assert (order.device, order.source, order.number) == (True, "sensor", 17)


async def test_dealer_order_at_an_unknown_table_is_refused(house: House) -> None:
    client = await house.client("dora:8:dealer")
    client.send(wire.DealerSit("nowhere"))
    assert codes(await client.bodies()) == [Code.UNKNOWN_TABLE]


# ---------------------------------------------------------------- tables


async def test_join_is_answered_with_a_snapshot_and_pushes_follow(house: House) -> None:
    client = await house.client(join=True)
    await house.news(1, events.BetsClosed(ROUND), events.RoundDecided(ROUND, 17))
    await settle()
    assert [(frame.kind, frame.ref, frame.seq, frame.body) for frame in client.frames()] == [
        (Kind.PUSH, 1, 1, wire.BetsClosed(ROUND)),
        (Kind.PUSH, 1, 2, wire.RoundResult(ROUND, 17)),
    ]


async def test_join_of_an_unknown_table_is_refused_and_asks_nobody(house: House) -> None:
    client = await house.client()
    house.by_hand()
    client.send(wire.JoinTable("no such table"))
    assert codes(await client.bodies()) == [Code.UNKNOWN_TABLE]
    assert house.post.asks == []


async def test_join_takes_the_lease_before_the_seat_in_one_ask(house: House) -> None:
    client = await house.client()
    house.by_hand()
    client.send(wire.JoinTable("r1"))
    ask = house.post.take("table/r1")
    seat = commands.Seat(7, "anna", 0, "gateway/0")
    assert ask.messages == [commands.Follow("gateway/0", 0, 0, 1), commands.TakeSeat(seat)]


async def test_events_during_the_snapshot_come_after_it_and_only_the_later_ones(house: House) -> None:
    client = await house.client()
    house.by_hand()
    ref = client.send(wire.JoinTable("r1"))
    ask = house.post.take("table/r1")
    for version in (5, 6, 7):
        await house.news(version, events.RoundDecided(ROUND, version))
    assert await client.bodies() == []
    ask.reply(commands.Following(1, 4), table_state(1, 5))
    await settle()
    shown, *pushes = client.frames()
    assert (shown.kind, shown.ref) == (Kind.REPLY, ref)
    assert [push.seq for push in pushes] == [6, 7]


def missed(version: int, *told: events.TableEvent, results: Sequence[Any] = ()) -> events.TableMissed:
    return events.TableMissed(1, version, 0, list(told), [], True, list(results))


async def test_client_with_a_position_gets_what_he_missed_from_the_table(house: House) -> None:
    client = await house.client()
    house.by_hand()
    ref = client.send(wire.JoinTable("r1", 1, 3))
    ask = house.post.take("table/r1")
    assert ask.messages[1] == commands.TakeSeat(commands.Seat(7, "anna", 0, "gateway/0"), 1, 3)
    ask.reply(commands.Following(1, 5), missed(5, events.BetsClosed(ROUND), events.RoundDecided(ROUND, 8)))
    await settle()
    resumed, *pushes = client.frames()
    assert (resumed.kind, resumed.ref) == (Kind.REPLY, ref)
    assert isinstance(resumed.body, wire.TableResumed)
    assert (resumed.body.stream, resumed.body.epoch, resumed.body.version, resumed.body.can_repeat) == (1, 1, 5, True)
    assert [(push.seq, push.body) for push in pushes] == [
        (4, wire.BetsClosed(ROUND)),
        (5, wire.RoundResult(ROUND, 8)),
    ]


async def test_what_the_gateway_still_has_is_not_fetched_again(house: House) -> None:
    await house.client("bo:8:player", join=True)
    for version in range(1, 6):
        await house.news(version, events.RoundDecided(ROUND, version))
    client = await house.client()
    house.by_hand()
    client.send(wire.JoinTable("r1", 1, 2))
    ask = house.post.take("table/r1")
    assert ask.messages == [commands.TakeSeat(commands.Seat(7, "anna", 0, "gateway/0"), 1, 2, 0)]
    await house.news(6, events.RoundDecided(ROUND, 6))
    ask.reply(missed(5))
    await settle()
    resumed, *pushes = client.frames()
    assert isinstance(resumed.body, wire.TableResumed)
    assert [push.seq for push in pushes] == [3, 4, 5, 6]


async def test_results_that_may_have_been_missed_are_told_again_personally(house: House) -> None:
    await house.client("bo:8:player", join=True)
    client = await house.client()
    house.by_hand()
    client.send(wire.JoinTable("r1", 1, 0))
    result = events.MyBetsSettled("r1", ROUND, 8, [events.BetOutcome(ROUND, 100, 200)], 100, 200, 9, 10_100, 0)
    house.post.take("table/r1").reply(missed(0, results=[result]))
    await settle()
    told, resumed = client.frames()
    assert (told.kind, told.ref, told.seq) == (Kind.PUSH, 0, 1)
    assert isinstance(told.body, wire.BetsSettled)
    assert isinstance(resumed.body, wire.TableResumed)
    assert resumed.body.net_minor == 100


@pytest.mark.parametrize(("failure", "code"), [(Failure.BUSY, Code.BUSY), (Failure.UNKNOWN, Code.UNAVAILABLE)])
async def test_join_without_a_table_is_retryable(house: House, failure: Failure, code: Code) -> None:
    client = await house.client()
    house.by_hand()
    client.send(wire.JoinTable("r1"))
    house.post.take("table/r1").fail(failure)
    assert codes(await client.bodies()) == [code]
    house.post.answer = house.toy.answer
    client.send(wire.JoinTable("r1"))
    assert isinstance((await client.bodies())[0], wire.TableSnapshot)


async def test_restarted_table_is_shown_anew_and_no_connection_drops(house: House) -> None:
    clients = [await house.client(f"p{n}:{n}:player", join=True) for n in range(1, 41)]
    house.toy.epoch, house.toy.version = 2, 3
    house.gateway.tick()
    await settle()
    for client in clients:
        (frame,) = client.frames()
        assert (frame.kind, frame.ref, frame.seq) == (Kind.PUSH, 1, 3)
        assert isinstance(frame.body, wire.TableSnapshot)
        assert frame.body.epoch == 2
        assert client.close_code is None


async def test_news_of_one_batch_keeps_its_order_over_table_and_player(house: House) -> None:
    client = await house.client(join=True)
    decided, settled = events.RoundDecided(ROUND, 8), events.RoundSettled(ROUND, [], 0)
    won = events.MyBetsSettled("r1", ROUND, 8, [events.BetOutcome(ROUND, 100, 200)], 100, 200, 9, 10_100, 0)
    batch = [
        events.TableNews("r1", 1, 1, [events.BetsClosed(ROUND)]),
        events.TableNews("r1", 1, 2, [decided]),
        events.PersonalNews(7, won),
        events.TableNews("r1", 1, 3, [settled]),
    ]
    await house.gateway.handle_batch("tables/rng", batch)
    bodies = await client.bodies()
    assert [type(body) for body in bodies] == [wire.BetsClosed, wire.RoundResult, wire.BetsSettled, wire.RoundSettled]


async def test_one_who_leaves_within_a_batch_has_what_came_before(house: House) -> None:
    """Frames wait for the end of the batch: whoever leaves or joins in between is sent neither too little nor twice."""
    anna, bo = await house.client(join=True), await house.client("bo:8:player", join=True)
    feed = house.gateway.feed_of("r1", Audience.OWNER)
    feed.take_news(events.TableNews("r1", 1, 1, [events.BetsClosed(ROUND)]))
    anna.send(wire.LeaveTable("r1"))
    feed.take_news(events.TableNews("r1", 1, 2, [events.RoundDecided(ROUND, 8)]))
    feed.flush()
    assert [type(body) for body in await anna.bodies()] == [wire.BetsClosed, wire.LeftTable]
    assert [type(body) for body in await bo.bodies()] == [wire.BetsClosed, wire.RoundResult]


async def test_gap_in_the_news_is_healed_by_a_snapshot(house: House) -> None:
    client = await house.client(join=True)
    house.toy.version = 9
    await house.news(9, events.BetsClosed(ROUND))
    await settle()
    (frame,) = client.frames()
    assert (frame.kind, frame.seq) == (Kind.PUSH, 9)
    assert isinstance(frame.body, wire.TableSnapshot)
    assert house.gateway.metrics.resyncs_total == 1


async def test_news_of_an_old_epoch_is_passed_over(house: House) -> None:
    house.toy.epoch = 3
    client = await house.client(join=True)
    await house.news(1, events.BetsClosed(ROUND), epoch=2)
    assert await client.bodies() == []


async def test_leave_ends_the_pushes_and_the_last_one_the_lease(house: House) -> None:
    anna, bo = await house.client(join=True), await house.client("bo:8:player", join=True)
    anna.send(wire.LeaveTable("r1"))
    assert await anna.bodies() == [wire.LeftTable("r1")]
    await house.news(1, events.BetsClosed(ROUND))
    assert await anna.bodies() == []
    assert len(await bo.bodies()) == 1
    assert house.post.told == []
    bo.hang_up()
    assert house.post.told == [("table/r1", [commands.Unfollow("gateway/0")])]


async def test_leave_of_a_table_not_joined_is_refused(house: House) -> None:
    client = await house.client()
    client.send(wire.LeaveTable("r1"))
    assert codes(await client.bodies()) == [Code.NOT_JOINED]


async def test_leave_before_the_snapshot_answers_the_join_too(house: House) -> None:
    client = await house.client()
    house.by_hand()
    join = client.send(wire.JoinTable("r1"))
    leave = client.send(wire.LeaveTable("r1"))
    house.post.take("table/r1").reply(commands.Following(1, 0), table_state(1, 0))
    await settle()
    answers = {frame.ref: frame.body for frame in client.frames()}
    assert answers[leave] == wire.LeftTable("r1")
    assert codes([answers[join]]) == [Code.NOT_JOINED]


async def test_news_that_cannot_be_translated_costs_a_snapshot_and_no_connection(house: House) -> None:
    client = await house.client(join=True)
    await house.news(1, events.RoundSettled(ROUND, None, 0))  # type: ignore[arg-type]
    house.toy.version = 2
    await house.news(2, events.BetsClosed(ROUND))
    (shown,) = await client.bodies()
    assert isinstance(shown, wire.TableSnapshot)
    assert shown.version == 2
    assert house.gateway.metrics.faults_total == 1
    assert client.close_code is None


# ---------------------------------------------------------------- money and lobby


async def test_settlement_reaches_its_player_only(house: House) -> None:
    anna, bo = await house.client(), await house.client("bo:8:player")
    won = events.MyBetsSettled("r1", ROUND, 17, [events.BetOutcome(client_id(), 100, 3_600)], 100, 3_600, 9, 13_500, 0)
    await house.personal(won)
    (body,) = await anna.bodies()
    assert (body.payout_minor, body.net_minor, body.money) == (3_600, 3_500, wire.Money(13_500, 0, 9))
    assert await bo.bodies() == []
    anna.send(wire.GetBalance())
    (balance,) = await anna.bodies()
    assert balance == wire.Balance(wire.Money(13_500, 0, 9), 3_500)  # the books' answer was older


async def test_news_for_a_player_who_is_not_here_is_dropped(house: House) -> None:
    await house.personal(events.MyBonus(1, 1, 1, 1, 0), player_id=404)
    assert house.gateway.metrics.faults_total == 0


async def test_lobby_is_asked_for_once_a_second_however_many_want_it(house: House) -> None:
    client = await house.client()
    house.by_hand()
    house.clock.ms += 1_000
    for _ in range(5):
        client.send(wire.ListTables())
    assert len(house.post.asks) == 2
    house.post.take("table/r1").reply(house.toy.answer("table/r1", commands.DescribeTable()))
    house.post.take("table/r2").fail()
    lobbies = await client.bodies()
    assert len(lobbies) == 5
    assert [(line.table_id, line.phase) for line in lobbies[0].tables] == [("r1", "betting"), ("r2", "paused")]


async def test_balance_without_a_wallet_is_retryable(house: House) -> None:
    client = await house.client()
    house.by_hand()
    client.send(wire.GetBalance())
    await settle()
    house.post.take("wallet/0").fail()
    assert codes(await client.bodies()) == [Code.UNAVAILABLE]


# ---------------------------------------------------------------- many, slow, leaving


async def test_connections_above_the_cap_are_told_so_and_far_above_are_cut() -> None:
    house = make_house(max_connections=1, close_linger_s=0.01)
    await house.client()
    surplus = ToyClient(house.gateway)
    surplus.shake_hands()
    assert surplus.close_code == Close.TOO_MANY_CONNECTIONS
    for _ in range(255):
        house.gateway.connect()
    assert not hasattr(house.gateway.connect(), "client")
    await house.gateway.stop()


async def test_slow_reader_is_cut_and_the_others_get_everything() -> None:
    house = make_house(write_buffer_bytes=5_000, close_linger_s=0.01)
    slow, quick = await house.client(join=True), await house.client("bo:8:player", join=True)
    slow.transport.stuck = True
    for version in range(1, 301):
        await house.news(version, events.BetsClosed(ROUND))
        await asyncio.sleep(0)
    assert len(await quick.bodies()) == 300
    assert slow.close_code == Close.SLOW_CONSUMER
    assert house.gateway.metrics.slow_cuts_total == 1
    await house.gateway.stop()


async def test_stop_says_goodbye_and_cuts_who_does_not_go() -> None:
    house = make_house(close_linger_s=0.01)
    client = await house.client()
    await house.gateway.stop()
    assert [type(body) for body in await client.bodies()] == [wire.Reconnect]
    assert client.close_code == Close.GOING_AWAY
    assert client.transport.aborted


async def test_hello_while_draining_is_refused() -> None:
    house = make_house(close_linger_s=0.01)
    await house.client()
    late = ToyClient(house.gateway)
    late.shake_hands()
    stopping = asyncio.create_task(house.gateway.drain(60))
    await asyncio.sleep(0)
    late.send(wire.Hello("bo:8:player"))
    assert codes(await late.bodies()) == [Code.DRAINING]
    assert late.close_code == Close.GOING_AWAY
    stopping.cancel()
    await house.gateway.stop()


async def test_metrics_tell_connections_frames_and_errors(house: House) -> None:
    client = await house.client(join=True)
    client.send(wire.PlaceBets("r1", ROUND, b"", CHIPS))
    await settle()
    samples = {
        (sample.name, sample.labels.get("code")): sample.value
        for metric in house.gateway.metrics.collect()
        for sample in metric.samples
    }
    assert samples["croupier_gateway_connections", None] == 1
    assert samples["croupier_gateway_frames_in_total", None] == 3
    assert samples["croupier_gateway_errors_total", "ID_CLASS_FORBIDDEN"] == 1


async def test_many_requests_in_one_packet_are_answered_in_one_write(house: House) -> None:
    client = await house.client()
    for n in range(10):
        client.machine.send_binary(encode_client_frame(n + 1, 0, wire.Ping(n)))
    before = client.transport.writes
    client.put(b"".join(client.machine.data_to_send()))
    assert len(await client.bodies()) == 10
    assert client.transport.writes == before + 1


# ---------------------------------------------------------------- audiences


async def test_each_audience_has_a_feed_of_its_own_and_hears_only_its_news(house: House) -> None:
    player = await house.client("anna:7:player", join=True)
    dealer = await house.client("dora:8:dealer", join=True)
    entered, hidden = events.NumberEntered(ROUND, 17, "sensor"), events.Concealed()
    for audience, event in ((Audience.OWNER, hidden), (Audience.DEALER, entered)):
        await house.gateway.handle_batch("tables/live", [events.TableNews("r1", 1, 1, [event], audience)])
    await settle()
    ((to_player,), (to_dealer,)) = player.frames(), dealer.frames()
    assert (to_player.seq, to_player.body) == (1, wire.Skipped())
    assert (to_dealer.seq, to_dealer.body) == (1, wire.NumberEntered(ROUND, 17, "sensor"))
    assert to_player.ref != to_dealer.ref


async def test_table_is_told_for_whom_the_lease_is_and_dealers_are_no_players(house: House) -> None:
    dealer = await house.client("dora:8:dealer")
    house.by_hand()
    dealer.send(wire.JoinTable("r1"))
    follow, seat = house.post.take("table/r1").messages
    assert (follow.players, follow.audience, seat.audience) == (0, Audience.DEALER, Audience.DEALER)
