"""Instant games at the gateway: orders on their way to the game, answers on their way back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from actors.domain import commands, spins
from actors.domain.refusals import Refusal
from actors.ports import Failure
from protocol import messages as wire
from protocol.errors import Code
from server.gateway.gateway import Gateway
from server.gateway.limits import GatewaySettings
from tests.fakes.gateway import HandClock, HandPost, ToyClient, ToyHouse, client_id, verify_toy_token

DONE = spins.SpinDone(client_id(1), 200, 60, 30, (1, 2, 3, 4, 5), "c" * 64, "mine", 4, "slot-1:x", 9, 9_860, 0)


class House:
    """A gateway of a casino with one table and one slot, whose answers are given by hand."""

    def __init__(self) -> None:
        self.post = HandPost()
        self.post.answer = ToyHouse().answer
        self.gateway = Gateway(
            "gateway/0",
            "127.0.0.1",
            0,
            self.post,
            HandClock(),
            verify_token=verify_toy_token,
            tables=lambda: ["r1", "slot"],
            settings=GatewaySettings(close_linger_s=0.01),
        )
        self.gateway.open()

    async def client(self, token: str = "anna:7:player") -> ToyClient:
        client = ToyClient(self.gateway)
        client.shake_hands()
        client.send(wire.Hello(token))
        assert isinstance((await client.bodies())[0], wire.Welcome)
        self.post.answer = None
        return client


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.gateway.stop()


async def test_spin_goes_to_the_game_and_its_result_comes_back(house: House) -> None:
    client = await house.client()
    client.send(wire.Spin("slot", client_id(1), 200))
    await client.bodies()
    ask = house.post.take("instant/slot")
    assert ask.messages == [spins.SpinOrder(commands.Seat(7, "anna", 0, "gateway/0"), client_id(1), 200)]
    ask.reply(DONE)
    (result,) = await client.bodies()
    assert isinstance(result, wire.SpinResult)
    assert (result.game, result.payout_minor, result.detail, result.nonce) == ("slot", 60, [1, 2, 3, 4, 5], 4)
    assert (result.money, result.net_minor) == (wire.Money(9_860, 0, 9), -140)


async def test_spin_that_is_answered_twice_counts_once(house: House) -> None:
    client = await house.client()
    for _ in range(2):
        client.send(wire.Spin("slot", client_id(1), 200))
        await client.bodies()
        house.post.take("instant/slot").reply(DONE)
        (result,) = await client.bodies()
    assert result.net_minor == -140


async def test_seeds_are_told_without_one_that_is_in_use(house: House) -> None:
    client = await house.client()
    client.send(wire.RotateSeed("slot", client_id(2), "my-seed"))
    await client.bodies()
    ask = house.post.take("instant/slot")
    assert ask.messages == [spins.RotateSeeds(7, client_id(2), "my-seed")]
    ask.reply(spins.SeedsView("a" * 64, "my-seed", 0, "b" * 64, [spins.Revealed("5" * 64, "c" * 64, "old", 3)]))
    (seeds,) = await client.bodies()
    assert seeds == wire.Seeds(
        "slot", "a" * 64, "my-seed", 0, "b" * 64, [wire.RevealedSeed("5" * 64, "c" * 64, "old", 3)]
    )


@pytest.mark.parametrize(
    ("token", "request_", "code"),
    [
        ("anna:7:dealer", wire.GetSeeds("slot"), Code.FORBIDDEN),
        ("anna:7:player", wire.GetSeeds("ghost"), Code.UNKNOWN_TABLE),
        ("anna:7:player", wire.GetSeeds("r1"), Code.UNKNOWN_TABLE),
        ("anna:7:player", wire.JoinTable("slot"), Code.UNKNOWN_TABLE),
        ("anna:7:player", wire.Spin("slot", b"short", 20), Code.ID_CLASS_FORBIDDEN),
        ("anna:7:player", wire.RotateSeed("slot", b"short", "s"), Code.ID_CLASS_FORBIDDEN),
        ("anna:7:player", wire.RotateSeed("slot", client_id(1), ""), Code.BAD_FIELD),
        ("anna:7:player", wire.RotateSeed("slot", client_id(1), "a:b"), Code.BAD_FIELD),
        ("anna:7:player", wire.RotateSeed("slot", client_id(1), "s" * 65), Code.BAD_FIELD),
        ("anna:7:player", wire.RotateSeed("slot", client_id(1), "größer"), Code.BAD_FIELD),
    ],
)
async def test_order_that_no_game_may_get_is_refused(
    house: House, token: str, request_: wire.ClientMessage, code: Code
) -> None:
    client = await house.client(token)
    client.send(request_)
    (error,) = await client.bodies()
    assert (error.code, house.post.asks) == (code, [])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (commands.Refused(Refusal.SEEDS_UNSEEN), Code.SEEDS_UNSEEN),
        (commands.Refused(Refusal.SUSPENDED), Code.SUSPENDED),
        (commands.Refused(Refusal.INSUFFICIENT_FUNDS), Code.INSUFFICIENT_FUNDS),
        (Failure.UNKNOWN, Code.OUTCOME_UNKNOWN),
        (Failure.BUSY, Code.BUSY),
    ],
)
async def test_refusal_of_a_game_is_told_as_it_is(house: House, answer: commands.Refused | Failure, code: Code) -> None:
    client = await house.client()
    client.send(wire.Spin("slot", client_id(1), 200))
    await client.bodies()
    house.post.take("instant/slot").reply(answer)
    (error,) = await client.bodies()
    assert error.code == code
