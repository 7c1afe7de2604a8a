"""After the close: a table waits out its grace only where an order that a gateway received in time may still be on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from actors.domain import commands, events
from actors.domain.commands import BetPlaced, Follow, Unfollow
from actors.domain.refusals import Refusal
from actors.domain.round_book import RoundBook
from actors.table_followers import GATHERED_MS, LEASE_MS
from protocol import messages as wire
from tests.fakes.gateway import ROUND, client_id, settle
from tests.fakes.table_world import LIVE, RNG, Casino
from tests.simulation.loop import run_virtual
from tests.unit.test_gateway import CHIPS, House, make_house
from tests.unit.test_table_bets import code

RED = 151
QUICK = msgspec.structs.replace(RNG, betting_ms=2_000, pause_ms=500)
GRACE_MS = QUICK.grace_ms


# ---------------------------------------------------------------- the table


async def betting(casino: Casino) -> RoundBook:
    """Wait until a round takes bets that began when the table knew its gateways."""
    since_ms = casino.table.stage.followers._since_ms
    while casino.clock.now_ms() < since_ms + GATHERED_MS or casino.table.stage.phase != "betting":
        await casino.until("idle")
        await casino.until("betting")
    return book_of(casino)


async def closed(casino: Casino) -> RoundBook:
    """Wait until such a round is closed."""
    book = await betting(casino)
    await casino.until("closed")
    return book


def book_of(casino: Casino) -> RoundBook:
    book = casino.table.stage.book
    assert book is not None
    return book


async def all_in(casino: Casino, round_id: bytes, gateway: str = "gateway/0") -> None:
    await casino.say(Follow(gateway, 0, 0, 1, 0, round_id))


async def waited_ms(casino: Casino, book: RoundBook) -> int:
    """Return how long after the close the number was out."""
    while casino.table.stage.phase == "closed":
        await asyncio.sleep(0.001)
    return casino.clock.now_ms() - book.shut_ms


def at_table(test: Callable[[Casino], Any]) -> Callable[[], None]:
    def run() -> None:
        async def main() -> None:
            casino = Casino(QUICK)
            await casino.start()
            await test(casino)
            assert casino.fatal == []
            await casino.table.stop()

        run_virtual(main())

    run.__name__ = test.__name__
    return run


@at_table
async def test_number_comes_as_soon_as_every_gateway_with_players_says_that_nothing_is_on_its_way(
    casino: Casino,
) -> None:
    await betting(casino)
    await casino.follow("gateway/1", players=3)
    await casino.follow("gateway/2", players=0)  # nobody can bet there
    await casino.until("closed")
    book = book_of(casino)
    await all_in(casino, book.round_id)
    await all_in(casino, book.round_id)
    await casino.follow("gateway/0")  # a renewal takes nothing back
    await asyncio.sleep(0.05)
    assert casino.table.stage.phase == "closed", "gateway/1 has not spoken"
    await all_in(casino, book.round_id, "gateway/1")
    assert 50 <= await waited_ms(casino, book) < GRACE_MS - 50


@at_table
async def test_word_about_another_round_or_none_leaves_the_whole_grace(casino: Casino) -> None:
    book = await closed(casino)
    await all_in(casino, bytes(reversed(book.round_id)))
    assert await waited_ms(casino, book) >= GRACE_MS


@at_table
async def test_gateway_that_went_away_in_the_round_leaves_the_whole_grace(casino: Casino) -> None:
    book = await betting(casino)
    await casino.follow("gateway/1")
    await casino.say(Unfollow("gateway/1"))  # with an order on its way, perhaps
    await casino.until("closed")
    await all_in(casino, book.round_id)
    assert await waited_ms(casino, book) >= GRACE_MS
    await casino.until("closed")
    book = book_of(casino)
    await all_in(casino, book.round_id)
    assert await waited_ms(casino, book) < GRACE_MS / 2, "the next round knows nothing of it"


@at_table
async def test_gateway_whose_lease_ends_in_the_round_leaves_the_whole_grace(casino: Casino) -> None:
    await asyncio.sleep(1.5)
    await casino.follow("gateway/1")
    ends_ms = casino.clock.now_ms() + LEASE_MS
    while book_of(casino).closes_ms < ends_ms:
        await casino.until("idle")
        await casino.until("betting")
    assert book_of(casino).opens_ms < ends_ms, "nothing is looked at"
    book = await closed(casino)
    await all_in(casino, book.round_id)
    assert await waited_ms(casino, book) >= GRACE_MS


@at_table
async def test_table_that_was_restarted_waits_for_gateways_that_may_not_have_come_back_yet(casino: Casino) -> None:
    await closed(casino)
    await casino.restart()
    await casino.until("closed")
    book = book_of(casino)
    await all_in(casino, book.round_id)
    assert await waited_ms(casino, book) >= GRACE_MS


@at_table
async def test_bet_that_came_in_time_counts_until_all_is_in_and_not_after(casino: Casino) -> None:
    await betting(casino)
    casino.wallet(2).delay_s = 0.5  # its answer keeps the round from being decided
    in_time = casino.order(1, {RED: 100}, received_ms=book_of(casino).closes_ms)
    too_late = casino.order(1, {RED: 100}, received_ms=book_of(casino).closes_ms)
    await asyncio.sleep(1.8)
    slow = asyncio.ensure_future(casino.bet(2, {RED: 100}))
    await casino.until("closed")
    book = book_of(casino)
    assert isinstance((await casino.say(in_time))[0], BetPlaced)
    await all_in(casino, book.round_id)
    await asyncio.sleep(0.005)
    assert code((await casino.say(too_late))[0]) == Refusal.BETTING_CLOSED
    assert casino.table.stage.phase == "closed"
    assert isinstance(await slow, BetPlaced)
    await casino.until("idle")
    casino.check_money()


def test_dealer_who_closes_and_confirms_at_once_waits_for_no_grace_when_all_is_in() -> None:
    async def run() -> None:
        casino = Casino(LIVE)
        await casino.start()
        await casino.deal("sit")
        await asyncio.sleep(GATHERED_MS / 1000)
        await casino.deal("open")
        await casino.deal("close")
        book = book_of(casino)
        await all_in(casino, book.round_id)
        await casino.deal("number", number=1, source="manual")
        await casino.deal("confirm", number=1)
        assert casino.clock.now_ms() - book.shut_ms < GRACE_MS / 2

    run_virtual(run())


# ---------------------------------------------------------------- the gateway


def words(house: House) -> list[Any]:
    """Return what the gateway told tables about closed rounds."""
    told = [message for _, messages in house.post.told for message in messages]
    return [message for message in told if isinstance(message, Follow) and message.all_in]


async def shut(house: House, first: int = 1, ago_ms: int = 1) -> None:
    await house.news(first, events.BetsClosed(ROUND, house.clock.ms - ago_ms))


async def test_table_hears_at_once_that_nothing_is_on_its_way_where_nobody_waits_for_an_answer() -> None:
    house = make_house()
    await house.client(join=True)
    await shut(house)
    assert words(house) == [Follow("gateway/0", 1, 1, 1, 0, ROUND)]
    await house.news(2, events.BetsClosed(ROUND))  # of a table that does not say when
    assert len(words(house)) == 1


async def test_order_on_its_way_is_waited_for_and_one_that_came_later_is_not() -> None:
    house = make_house()
    client = await house.client(join=True)
    house.by_hand()
    client.send(wire.PlaceBets("r1", ROUND, client_id(1), CHIPS))
    await settle()
    first = house.post.take("table/r1")
    client.send(wire.PlaceBets("r1", ROUND, client_id(2), CHIPS))  # gathered, not sent
    await shut(house)
    second = house.post.take("table/r1")
    client.send(wire.PlaceBets("r1", ROUND, client_id(3), CHIPS))
    await settle()
    first.fail()
    assert words(house) == []
    second.reply(commands.Refused(Refusal.BETTING_CLOSED))
    assert [word.all_in for word in words(house)] == [ROUND]
    house.post.take("table/r1").fail()
    assert len(words(house)) == 1


async def test_order_on_its_way_to_another_table_holds_up_nothing() -> None:
    house = make_house()
    client = await house.client(join=True)
    house.by_hand()
    client.send(wire.GetBalance())
    await settle()
    await shut(house)
    assert [word.all_in for word in words(house)] == [ROUND]


async def test_gateway_whose_clock_is_behind_waits_until_it_would_take_no_order_as_in_time() -> None:
    house = make_house()
    client = await house.client(join=True)
    await shut(house, ago_ms=-20)
    assert words(house) == []
    house.by_hand()
    client.send(wire.PlaceBets("r1", ROUND, client_id(1), CHIPS))
    await settle()
    house.clock.ms += 21
    await asyncio.sleep(0.05)
    assert words(house) == []
    ask = house.post.take("table/r1")
    assert ask.messages[0].received_ms < house.clock.ms
    ask.fail()
    assert [word.all_in for word in words(house)] == [ROUND]


@pytest.mark.parametrize("token", ["anna:7:player", "dora:900:dealer"])
async def test_nobody_speaks_for_a_table_that_all_have_left(token: str) -> None:
    house = make_house()
    client = await house.client(token, join=True)
    await shut(house, ago_ms=-20)
    client.send(wire.LeaveTable("r1"))
    await settle()
    house.clock.ms += 21
    await asyncio.sleep(0.05)
    assert words(house) == []


# ---------------------------------------------------------------- beside the release before


class FormerFollow(msgspec.Struct, frozen=True, array_like=True, tag=40):
    gateway: str
    epoch: int
    version: int
    players: int
    audience: int = 0


class FormerBetsClosed(msgspec.Struct, frozen=True, array_like=True, tag=3):
    round_id: bytes


@pytest.mark.parametrize(
    ("former", "now"),
    [
        (FormerFollow("gateway/0", 1, 2, 3, 0), Follow("gateway/0", 1, 2, 3, 0)),
        (FormerBetsClosed(ROUND), events.BetsClosed(ROUND)),
    ],
)
def test_former_release_and_this_one_understand_each_other(former: Any, now: Any) -> None:
    def told(message: Any, to: type) -> Any:
        return msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=to)

    assert told(former, type(now)) == now
    said = Follow("gateway/0", 1, 2, 3, 0, ROUND) if isinstance(now, Follow) else events.BetsClosed(ROUND, 5)
    assert told(said, type(former)) == former
