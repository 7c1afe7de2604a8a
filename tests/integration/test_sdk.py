"""The SDK and the page's minimal client on real sockets: before a scripted casino, and before the real gateway."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed as SocketClosed
from websockets.typing import Subprotocol

from clients.python import CroupierClient, HttpApi, HttpError, TableView
from protocol.envelope import SUBPROTOCOL
from protocol.errors import Close
from protocol.messages import BetsAccepted, Ping, PlaceBets
from server.gateway.gateway import Gateway
from server.gateway.limits import GatewaySettings
from tests.fakes.casino import TABLE, ScriptedCasino
from tests.fakes.gateway import HandPost, ToyHouse, verify_toy_token
from tests.fakes.table_world import LoopClock

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = 200


class Place:
    """A scripted casino that listens."""

    def __init__(self) -> None:
        self.casino = ScriptedCasino()
        self.server: Server | None = None
        self.port = 0

    async def open(self) -> None:
        self.server = await serve(
            self.talk, "127.0.0.1", self.port, subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def shut(self, code: int = Close.GOING_AWAY) -> None:
        assert self.server is not None
        self.server.close(code=code)
        await self.server.wait_closed()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    async def talk(self, socket: ServerConnection) -> None:
        out: asyncio.Queue[bytes] = asyncio.Queue()
        self.casino.opened(out.put_nowait)
        writing = asyncio.create_task(self.write(socket, out))
        try:
            async for data in socket:
                assert isinstance(data, bytes)
                self.casino.received(out.put_nowait, data)
        except SocketClosed:
            pass
        finally:
            writing.cancel()
            self.casino.closed(out.put_nowait)

    async def write(self, socket: ServerConnection, out: asyncio.Queue[bytes]) -> None:
        while True:
            await socket.send(await out.get())


async def soon(condition: Callable[[], bool]) -> None:
    """Let the others run until this is true, for ten seconds at most."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not come true")


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    await place.open()
    yield place
    await place.shut()


async def test_player_bets_and_is_paid(place: Place) -> None:
    async with CroupierClient(place.url, "token") as client:
        await client.join(TABLE)
        place.casino.open_round()
        await client.until(lambda: client.tables[TABLE].phase == "betting")
        await client.place(TABLE, [(17, 500)])
        place.casino.settle_round(17)
        await client.until(lambda: client.tables[TABLE].phase == "idle")
        assert (client.purse.money.available_minor, client.purse.net_minor) == (100_500, 500)
        assert client.tables[TABLE] == TableView(place.casino.snapshot())


async def test_bet_survives_a_restart_of_the_server(place: Place) -> None:
    async with CroupierClient(place.url, "token") as client:
        place.casino.open_round()
        await client.join(TABLE)
        place.casino.silent = {PlaceBets}
        placing = asyncio.create_task(client.place(TABLE, [(17, 500)]))
        await soon(lambda: bool(place.casino.asked_for(PlaceBets)))
        await place.shut()
        place.casino.silent = set()
        await place.open()
        assert isinstance(await placing, BetsAccepted)
        first, *others = place.casino.asked_for(PlaceBets)
        assert others == [first]
        assert client.connections == 2


async def test_close_while_connected_ends_at_once(place: Place) -> None:
    client = CroupierClient(place.url, "token")
    await client.connect()
    async with asyncio.timeout(5):
        await client.close()
    assert not client.connected


# ---- the real gateway


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway(
        "gateway/0",
        "127.0.0.1",
        0,
        HandPost(answer=ToyHouse().answer),
        LoopClock(),
        verify_token=verify_toy_token,
        tables=lambda: ["r1"],
        settings=GatewaySettings(rate_per_s=0),
    )
    await gateway.start()
    yield gateway
    await gateway.stop()


async def play_through(url: str, player_id: int) -> int:
    """Join, place ten bets, and return how many were accepted."""
    async with CroupierClient(url, f"p{player_id}:{player_id}:player") as client:
        await client.join("r1")
        answers = [await client.place("r1", [(17, 100)]) for _ in range(10)]
        return len({answer.bet.bet_id for answer in answers})


async def test_many_clients_in_one_process_bet_through_the_gateway(gateway: Gateway) -> None:
    url = f"ws://127.0.0.1:{gateway.port}"
    counts = await asyncio.gather(*(play_through(url, player_id) for player_id in range(1, CLIENTS + 1)))
    assert counts == [10] * CLIENTS


async def test_clients_use_one_task_each(gateway: Gateway) -> None:
    before = len(asyncio.all_tasks())
    clients = [CroupierClient(f"ws://127.0.0.1:{gateway.port}", f"p{n}:{n}:player") for n in range(1, 51)]
    await asyncio.gather(*(client.connect() for client in clients))
    assert len(asyncio.all_tasks()) - before == len(clients)
    await asyncio.gather(*(client.close() for client in clients))


async def test_forged_token_stops_the_client(gateway: Gateway) -> None:
    client = CroupierClient(f"ws://127.0.0.1:{gateway.port}", "forged")
    with pytest.raises(Exception, match="4100"):
        await client.connect()


# ---- HTTP


class ToyApi(BaseHTTPRequestHandler):
    """Answers as the HTTP API does."""

    ws_url = ""

    def do_GET(self) -> None:
        self.answer(200, {"ws_url": self.ws_url})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body.get("password") == "wrong":
            error = {"code": "BAD_CREDENTIALS", "message": "Name or password is wrong.", "status": 401}
            self.answer(401, {"error": error})
            return
        player = {"player_id": 7, "name": "Ana", "roles": ["player"]}
        self.answer(
            201,
            {"player": player, "access_token": "a", "access_expires_s": 900, "refresh_token": "r", "funded": True},
        )

    def answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def api_url(place: Place) -> Iterator[str]:
    ToyApi.ws_url = place.url
    server = ThreadingHTTPServer(("127.0.0.1", 0), ToyApi)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_register_gives_a_client_that_connects(api_url: str) -> None:
    client = await CroupierClient.register(api_url, "Ana", "a good password")
    async with client:
        assert client.connected


async def test_wrong_password_is_an_http_error(api_url: str) -> None:
    with pytest.raises(HttpError) as refused:
        await HttpApi(api_url).login("Ana", "wrong")
    assert (refused.value.status, refused.value.code) == (401, "BAD_CREDENTIALS")


async def test_api_that_is_not_there_is_an_http_error_without_a_status() -> None:
    with pytest.raises(HttpError) as refused:
        await HttpApi("http://127.0.0.1:9").ws_url()
    assert refused.value.status == 0


# ---- the page's client


async def test_minimal_client_plays_a_round(place: Place, api_url: str) -> None:
    spec = importlib.util.spec_from_file_location("minimal_client", ROOT / "docs/examples/minimal_client.py")
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    playing = asyncio.create_task(example.play(place.url, "token"))
    await soon(lambda: bool(place.casino.seated))
    place.casino.open_round()
    await soon(lambda: bool(place.casino.bets))
    place.casino.settle_round(3)
    settled = await playing
    assert settled[:2] == [50, TABLE]
    assert settled[3:7] == [3, [[next(iter(settled[4]))[0], 100, 200]], 100, 200]
    assert not place.casino.asked_for(Ping)
