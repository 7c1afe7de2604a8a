"""The SDK against a scripted casino, over sockets made of queues."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close as CloseFrame

from clients.python import ConnectionClosed, CroupierClient, HttpError, OutcomeUnknown, Refused, TableView, link
from protocol.codec import encode_server_frame
from protocol.envelope import Kind
from protocol.errors import Close, Code
from protocol.ids import ID_BYTES
from protocol.messages import (
    Balance,
    BetsAccepted,
    BetsClosed,
    BonusGranted,
    Error,
    Hello,
    JoinTable,
    ListTables,
    Money,
    Notice,
    PlaceBets,
    Reconnect,
    RoundOpened,
    TableSnapshot,
)
from tests.fakes.casino import TABLE, ScriptedCasino


class QueueSocket:
    """The part of a WebSocket that the SDK uses."""

    def __init__(self, casino: ScriptedCasino) -> None:
        self.casino = casino
        self.incoming: asyncio.Queue[bytes | int] = asyncio.Queue()
        self.reply = self.incoming.put_nowait
        self.code = 0

    async def recv(self, decode: bool) -> bytes:
        data = await self.incoming.get()
        if isinstance(data, int):
            self.code = data
            raise ConnectionClosedError(CloseFrame(data, "") if data else None, None)
        return data

    async def send(self, data: bytes) -> None:
        if self.code:
            raise ConnectionClosedError(None, None)
        self.casino.received(self.reply, data)


class World:
    """A casino behind sockets that tests can cut."""

    def __init__(self) -> None:
        self.casino = ScriptedCasino()
        self.sockets: list[QueueSocket] = []
        self.down = 0

    @asynccontextmanager
    async def connect(self, url: str, **options: Any) -> AsyncIterator[QueueSocket]:
        if self.down:
            self.down -= 1
            raise OSError("refused")
        socket = QueueSocket(self.casino)
        self.sockets.append(socket)
        self.casino.opened(socket.reply)
        try:
            yield socket
        finally:
            self.casino.closed(socket.reply)

    def cut(self, code: int = 0) -> None:
        """Cut the latest socket; 0: without a close frame."""
        self.sockets[-1].incoming.put_nowait(code)

    def client(self, **options: Any) -> CroupierClient:
        return CroupierClient("ws://casino", "token-1", spread=lambda: 0.0, **options)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(link, "connect", world.connect)
    return world


@pytest.fixture
async def seated(world: World) -> AsyncIterator[CroupierClient]:
    """A client at the table, in a round that takes bets."""
    world.casino.open_round()
    async with world.client() as client:
        await client.join(TABLE)
        yield client


async def _nowhere() -> str:
    raise AssertionError("nobody should ask")


def _has_connected(client: CroupierClient, times: int) -> bool:
    return client.connections == times


async def soon(condition: Callable[[], bool]) -> None:
    """Let the other tasks run until this is true."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come true")


def has_opened(world: World, sockets: int) -> bool:
    return len(world.sockets) >= sockets


def settled(client: CroupierClient) -> Callable[[], bool]:
    return lambda: client.tables[TABLE].phase == "idle"


async def test_connect_greets_with_the_token(world: World) -> None:
    async with world.client() as client:
        assert world.casino.asked == [Hello("token-1", "croupier-python")]
        assert client.connected
        assert client.welcome is not None
        assert client.welcome.name == "Ana"


async def test_connect_tries_again_while_the_server_is_down(world: World) -> None:
    world.down = 3
    async with world.client() as client:
        assert client.connected


async def test_connect_that_takes_too_long_is_given_up(world: World) -> None:
    world.casino.silent = {Hello}
    client = world.client()
    with pytest.raises(OutcomeUnknown):
        await client.connect(timeout_s=0.01)


async def test_join_gives_the_table(seated: CroupierClient, world: World) -> None:
    assert seated.tables[TABLE] == TableView(world.casino.snapshot())


async def test_join_of_an_unknown_table_is_refused(world: World) -> None:
    async with world.client() as client:
        with pytest.raises(Refused) as refused:
            await client.join("nowhere")
    assert refused.value.is_(Code.UNKNOWN_TABLE)


async def test_place_sends_a_fresh_id_for_the_current_round(seated: CroupierClient, world: World) -> None:
    accepted = await seated.place(TABLE, [(17, 500), (151, 100)])
    (order,) = world.casino.asked_for(PlaceBets)
    assert (len(order.bet_id), order.bet_id[6], order.round_id) == (ID_BYTES, 0x70, world.casino.round_id)
    assert (accepted.bet.bet_id, accepted.bet.stake_minor) == (order.bet_id, 600)


async def test_place_changes_bets_and_purse(seated: CroupierClient) -> None:
    accepted = await seated.place(TABLE, [(17, 500)])
    assert seated.tables[TABLE].my_bets == {accepted.bet.bet_id: accepted.bet}
    assert seated.purse.money == Money(99_500, 500, 2)


async def test_place_over_the_balance_is_refused(seated: CroupierClient) -> None:
    with pytest.raises(Refused) as refused:
        await seated.place(TABLE, [(17, 10**9)])
    assert refused.value.is_(Code.INSUFFICIENT_FUNDS)
    assert seated.purse.money.available_minor == 100_000


async def test_place_without_a_seat_is_refused_unsent(world: World) -> None:
    async with world.client() as client:
        with pytest.raises(Refused) as refused:
            await client.place(TABLE, [(17, 500)])
    assert refused.value.is_(Code.NOT_JOINED)
    assert world.casino.asked_for(PlaceBets) == []


async def test_place_between_rounds_is_refused_unsent(seated: CroupierClient, world: World) -> None:
    world.casino.settle_round(5)
    await seated.until(settled(seated))
    with pytest.raises(Refused) as refused:
        await seated.place(TABLE, [(17, 500)])
    assert refused.value.is_(Code.BETTING_CLOSED)


async def test_undo_takes_every_bet_back(seated: CroupierClient) -> None:
    await seated.place(TABLE, [(17, 500)])
    await seated.place(TABLE, [(18, 700)])
    undone = await seated.undo(TABLE)
    assert undone.returned_minor == 1_200
    assert seated.tables[TABLE].my_bets == {}
    assert seated.purse.money.available_minor == 100_000


async def test_repeat_and_double_are_answered(seated: CroupierClient) -> None:
    assert isinstance(await seated.repeat(TABLE), BetsAccepted)
    assert isinstance(await seated.double(TABLE), BetsAccepted)


async def test_questions_are_answered(seated: CroupierClient) -> None:
    assert [table.table_id for table in await seated.list_tables()] == [TABLE]
    assert await seated.balance() == Balance(Money(100_000, 0, 1), 0)


async def test_leave_forgets_the_table(seated: CroupierClient) -> None:
    await seated.leave(TABLE)
    assert seated.tables == {}


async def test_dealer_order_of_a_player_is_refused(seated: CroupierClient) -> None:
    with pytest.raises(Refused) as refused:
        await seated.open_round(TABLE)
    assert refused.value.is_(Code.FORBIDDEN)


async def test_settled_round_pays_and_shows(seated: CroupierClient, world: World) -> None:
    await seated.place(TABLE, [(17, 500)])
    world.casino.settle_round(17)
    await seated.until(settled(seated))
    assert (seated.purse.money.available_minor, seated.purse.net_minor) == (100_500, 500)
    assert (seated.tables[TABLE].history, seated.tables[TABLE].can_repeat) == ([17], True)


# ---- outages


async def test_unanswered_bet_is_sent_again_with_its_id_after_a_cut(seated: CroupierClient, world: World) -> None:
    world.casino.silent = {PlaceBets}
    placing = asyncio.create_task(seated.place(TABLE, [(17, 500)]))
    await soon(lambda: bool(world.casino.asked_for(PlaceBets)))
    world.casino.silent = set()
    world.cut()
    accepted = await placing
    first, second = world.casino.asked_for(PlaceBets)
    assert first == second
    assert accepted.bet.bet_id == first.bet_id
    assert seated.connections == 2


async def test_bet_whose_answer_was_lost_moves_money_once(seated: CroupierClient, world: World) -> None:
    world.sockets[-1].reply = lambda data: None  # type: ignore[assignment]
    placing = asyncio.create_task(seated.place(TABLE, [(17, 500)]))
    await soon(lambda: bool(world.casino.asked_for(PlaceBets)))
    world.sockets[-1].reply = world.sockets[-1].incoming.put_nowait
    world.cut()
    await placing
    assert seated.purse.money == Money(99_500, 500, 2)
    assert len(seated.tables[TABLE].my_bets) == 1


async def test_seat_is_taken_again_after_a_cut(seated: CroupierClient, world: World) -> None:
    world.cut(Close.SLOW_CONSUMER)
    await seated.until(lambda: seated.connections == 2 and bool(world.casino.seated))
    world.casino.settle_round(9)
    await seated.until(lambda: seated.tables[TABLE].history == [9])


async def test_client_that_is_moved_comes_back_when_it_was_told_to_without_a_back_off(world: World) -> None:
    client = CroupierClient("ws://casino", "token", spread=lambda: 1e9)
    async with client:
        world.casino.push_personal(Reconnect(1, "restart"))
        world.cut(Close.GOING_AWAY)
        await client.until(lambda: client.connections == 2, timeout_s=30)


async def test_client_that_is_moved_comes_back_to_the_same_address(world: World) -> None:
    async with world.client(find_url=_nowhere) as client:
        world.casino.push_personal(Reconnect(0, "restart"))
        world.cut(Close.GOING_AWAY)
        await client.until(partial(_has_connected, client, 2))
        assert client.ws_url == "ws://casino"


async def test_client_that_finds_nobody_asks_where_to_connect_and_stays_where_nobody_knows(world: World) -> None:
    places: list[str | Exception] = [HttpError(0, "UNREACHABLE", "gone"), "ws://other"]

    async def find_url() -> str:
        place = places.pop(0)
        if isinstance(place, Exception):
            raise place
        return place

    async with world.client(find_url=find_url) as client:
        world.cut()
        world.down = 2
        await client.until(partial(_has_connected, client, 2))
        assert client.ws_url == "ws://other"


async def test_bet_made_while_there_is_no_connection_is_sent_later(seated: CroupierClient, world: World) -> None:
    world.cut()
    world.down = 2
    assert isinstance(await seated.place(TABLE, [(17, 500)]), BetsAccepted)


async def test_busy_server_is_asked_again(seated: CroupierClient, world: World) -> None:
    world.casino.refuse = [Code.BUSY, Code.OUTCOME_UNKNOWN, Code.UNAVAILABLE]
    await seated.place(TABLE, [(17, 500)])
    orders = world.casino.asked_for(PlaceBets)
    assert len(orders) == 4
    assert len({order.bet_id for order in orders}) == 1


async def test_order_without_an_answer_is_an_unknown_outcome(seated: CroupierClient, world: World) -> None:
    world.casino.silent = {PlaceBets}
    with pytest.raises(OutcomeUnknown):
        await seated.place(TABLE, [(17, 500)], timeout_s=0.01)
    assert seated.session.unanswered() == 0


async def test_lost_push_is_made_good_by_a_snapshot(seated: CroupierClient, world: World) -> None:
    world.casino.push(BetsClosed(world.casino.round_id), lose=True)
    world.casino.settle_round(3)
    await seated.until(lambda: seated.tables[TABLE].phase == "idle")
    assert seated.tables[TABLE] == TableView(world.casino.snapshot())
    assert seated.session.gaps == 1
    assert len(world.casino.asked_for(JoinTable)) == 2


async def test_garbage_from_the_server_makes_a_new_connection(seated: CroupierClient, world: World) -> None:
    world.sockets[-1].incoming.put_nowait(b"\xc1")
    await seated.until(lambda: seated.connections == 2)


async def test_close_codes_of_client_faults_stop_the_client(seated: CroupierClient, world: World) -> None:
    world.cut(Close.UNSUPPORTED_VERSION)
    with pytest.raises(ConnectionClosed) as closed:
        await seated.until(lambda: False)
    assert closed.value.code == Close.UNSUPPORTED_VERSION


async def test_replaced_session_does_not_come_back(seated: CroupierClient, world: World) -> None:
    world.cut(Close.SESSION_REPLACED)
    with pytest.raises(ConnectionClosed):
        await seated.until(lambda: False)
    with pytest.raises(ConnectionClosed):
        await seated.balance()
    assert len(world.sockets) == 1


async def test_expired_token_is_renewed(world: World) -> None:
    async def new_token() -> str:
        return "token-2"

    async with world.client(new_token=new_token) as client:
        world.cut(Close.TOKEN_EXPIRED)
        await client.until(lambda: client.connections == 2)
    assert [hello.token for hello in world.casino.asked_for(Hello)] == ["token-1", "token-2"]


async def test_expired_token_that_cannot_be_renewed_stops_the_client(world: World) -> None:
    async def new_token() -> str:
        raise HttpError(401, "TOKEN_INVALID", "")

    async with world.client(new_token=new_token) as client:
        world.cut(Close.TOKEN_EXPIRED)
        with pytest.raises(ConnectionClosed):
            await client.until(lambda: client.connections == 2)


async def test_token_that_is_renewed_in_vain_stops_the_client(world: World) -> None:
    async def new_token() -> str:
        return "no better"

    client = world.client(new_token=new_token)
    world.casino.silent = {Hello}
    connecting = asyncio.create_task(client.connect())
    for tries in range(1, 4):
        await soon(partial(has_opened, world, tries))
        world.cut(Close.UNAUTHENTICATED)
    with pytest.raises(ConnectionClosed) as closed:
        await connecting
    assert closed.value.code == Close.UNAUTHENTICATED
    await client.close()


async def test_close_tells_everybody_who_waits(seated: CroupierClient, world: World) -> None:
    world.casino.silent = {ListTables}
    asking = asyncio.create_task(seated.list_tables())
    await soon(lambda: bool(world.casino.asked_for(ListTables)))
    await seated.close()
    with pytest.raises(ConnectionClosed):
        await asking


# ---- pushes


async def test_pushes_come_in_order_to_iterator_and_callback(world: World) -> None:
    heard: list[str] = []
    async with world.client(on_push=lambda table_id, body: heard.append(type(body).__name__)) as client:
        pushes = client.pushes()
        await client.join(TABLE)
        world.casino.open_round()
        world.casino.settle_round(1)
        names = [type(body).__name__ for _, body in [await anext(pushes) for _ in range(5)]]
    assert names == ["TableSnapshot", "RoundOpened", "BetsClosed", "RoundResult", "RoundSettled"]
    assert heard == names


async def test_iterator_ends_when_the_client_closes(seated: CroupierClient) -> None:
    pushes = seated.pushes()
    await seated.close()
    assert [body async for _, body in pushes] == []


async def test_iterator_that_is_read_too_slowly_loses_the_oldest(seated: CroupierClient, world: World) -> None:
    pushes = seated.pushes(most=2)
    for n in range(3):
        world.casino.push_personal(Notice(str(n), ""))
    world.casino.push_personal(BonusGranted(500, 1, Money(100_500, 0, 9)))
    await seated.until(lambda: seated.purse.money.seq == 9)
    assert (await anext(pushes))[1] == Notice("2", "")
    assert pushes.lost == 2


async def test_older_money_does_not_replace_newer(seated: CroupierClient, world: World) -> None:
    world.casino.push_personal(Balance(Money(5, 0, 9), 1))
    world.casino.push_personal(Balance(Money(7, 0, 8), 2))
    world.casino.push_personal(Notice("end", ""))
    pushes = seated.pushes()
    while (await anext(pushes))[1] != Notice("end", ""):
        pass
    assert (seated.purse.money, seated.purse.net_minor) == (Money(5, 0, 9), 1)


async def test_error_of_no_request_does_not_stop_the_client(seated: CroupierClient, world: World) -> None:
    world.sockets[-1].reply(encode_server_frame(Kind.ERROR, 0, 0, Error(Code.INTERNAL, "INTERNAL", True)))
    assert await seated.balance()


async def test_snapshot_and_round_are_pushed_under_their_table(seated: CroupierClient, world: World) -> None:
    pushes = seated.pushes()
    world.casino.open_round()
    table_id, body = await anext(pushes)
    assert table_id == TABLE
    assert isinstance(body, RoundOpened)
    assert not isinstance(body, TableSnapshot)
