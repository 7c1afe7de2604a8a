"""TLS on real sockets: the SDK against the HTTP API and a gateway that show the development certificate."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvloop
import websockets
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from actors.domain import events
from clients.python import CroupierClient, HttpApi, HttpError
from clients.python.trust import trust
from protocol import messages as wire
from protocol.codec import encode_client_frame
from protocol.errors import Close
from server.api.app import create_app
from server.api.serve import ApiServer
from server.clock import SystemClock
from server.config import Config
from server.gateway.gateway import Gateway
from server.gateway.limits import GatewaySettings
from server.origins import Origins
from server.tls import LiveCertificate, ensure_dev_certificate
from tests.fakes.api import ApiWorld
from tests.fakes.gateway import ROUND, HandPost, ToyHouse
from tests.fakes.table_world import LoopClock


class Place:
    """An HTTP API and a gateway that know the same players."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        self.folder = folder
        self.files = ensure_dev_certificate(folder, "127.0.0.1", clock.now_ms())
        self.ca_file = str(self.files.cert)
        self.certificate = LiveCertificate(self.files, clock)
        self.toy = ToyHouse()
        self.world = ApiWorld(folder)
        self.origins = Origins([], 8080, tls=True)
        self.gateway = Gateway(
            "gateway/0",
            "127.0.0.1",
            0,
            HandPost(answer=self.toy.answer),
            LoopClock(),
            verify_token=self.world.tokens.verify,
            tables=lambda: ["r1"],
            settings=GatewaySettings(
                rate_per_s=0, hello_timeout_s=1, close_linger_s=0.2, write_buffer_bytes=100_000, origins=self.origins
            ),
            certificate=self.certificate,
        )

    async def open(self) -> None:
        await self.gateway.start()
        deps = self.world.deps
        object.__setattr__(deps, "config", Config(ws_port=self.gateway.port, tls="dev"))
        self.api = ApiServer(create_app(deps), "127.0.0.1", 0, self.certificate)
        await self.api.start()
        self.http = f"https://127.0.0.1:{self.api.port}"
        self.ws = f"wss://127.0.0.1:{self.gateway.port}"

    async def shut(self) -> None:
        await self.gateway.stop()
        await self.api.stop()
        self.world.passwords.close()

    def token(self) -> str:
        return self.world.tokens.issue(7, "Ana", ("player",), 1, 1)


Scenario = Callable[[Place], Coroutine[Any, Any, None]]


def on_each_loop(scenario: Scenario) -> Callable[..., None]:
    """Make a test of it for asyncio's loop and for uvloop's, which the hosts run on: its TLS transports are its own."""

    @pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
    def test(loop: Callable[[], asyncio.AbstractEventLoop], tmp_path: Path) -> None:
        async def run() -> None:
            place = Place(tmp_path)
            await place.open()
            try:
                await scenario(place)
            finally:
                await place.shut()

        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(run())

    return test


@on_each_loop
async def test_player_registers_and_bets_over_tls(place: Place) -> None:
    client = await CroupierClient.register(place.http, "Ana", "correct horse battery", ca_file=place.ca_file)
    assert client.ws_url == f"{place.ws}/"
    async with client:
        await client.join("r1")
        answer = await client.place("r1", [(17, 100)])
        assert answer.money.reserved_minor == 100


@on_each_loop
async def test_client_that_was_given_no_certificate_refuses_ours(place: Place) -> None:
    with pytest.raises(HttpError, match="CERTIFICATE_VERIFY_FAILED"):
        await HttpApi(place.http).ws_url()
    with pytest.raises(ssl.SSLCertVerificationError):
        await connect(place.ws)


@on_each_loop
async def test_certificate_renewed_while_clients_play_is_shown_to_the_next(place: Place) -> None:
    async with CroupierClient(place.ws, place.token(), ca_file=place.ca_file) as playing:
        fresh = ensure_dev_certificate(place.folder / "renewed", "127.0.0.1", SystemClock().now_ms())
        fresh.cert.rename(place.files.cert)
        fresh.key.rename(place.files.key)
        place.certificate.look()
        trust.cache_clear()
        assert await HttpApi(place.http, ca_file=place.ca_file).ws_url() == f"{place.ws}/"
        async with connect(place.ws, ssl=ssl.create_default_context(cafile=place.ca_file)):
            pass
        await playing.join("r1")
        assert playing.connections == 1


@on_each_loop
async def test_slow_client_is_cut_and_another_is_not_delayed(place: Place) -> None:
    """TLS transports buffer twice: in the loop's TLS layer and below it."""
    context = trust(place.ca_file)
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # little waits in the kernel
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", place.gateway.port))
    slow = await connect(place.ws, ssl=context, max_queue=1, sock=small)
    await slow.send(encode_client_frame(1, 0, wire.Hello(place.world.tokens.issue(8, "Slow", ("player",), 1, 1))))
    await slow.send(encode_client_frame(2, 0, wire.JoinTable("r1")))
    pushes: list[str] = []
    quick = CroupierClient(
        place.ws, place.token(), ca_file=place.ca_file, on_push=lambda table, _: pushes.append(table)
    )
    async with quick:
        await quick.join("r1")
        slow.transport.pause_reading()
        told: list[events.TableEvent] = [events.RoundDecided(ROUND, n % 37) for n in range(2_000)]
        for first in range(1, 1_000_000, len(told)):
            await place.gateway.handle_batch("tables/rng", [events.TableNews("r1", 1, first, told)])
            heard = first + len(told) - 1
            await quick.until(partial(lambda count: len(pushes) >= count, heard))
            if place.gateway.metrics.slow_cuts_total:
                break
        assert (place.gateway.metrics.slow_cuts_total, quick.connections) == (1, 1)
    slow.transport.abort()


@on_each_loop
async def test_peer_that_does_not_speak_tls_leaves_nothing_behind(place: Place) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.gateway.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    with suppress(ConnectionError):
        await reader.read()
    writer.close()
    assert place.gateway.metrics.values()["connections"] == 0


@on_each_loop
async def test_peer_that_says_nothing_is_cut(place: Place) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.gateway.port)
    with suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    assert place.gateway.metrics.values()["connections"] == 0


@on_each_loop
async def test_malformed_frame_closes_with_its_code_though_tls_knows_no_half_close(place: Place) -> None:
    async with connect(place.ws, ssl=trust(place.ca_file)) as client:
        await client.send("text")
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()
        assert client.close_code == Close.MALFORMED


@on_each_loop
async def test_foreign_page_is_refused_and_counted(place: Place) -> None:
    for origin in ("https://evil.example", "http://127.0.0.1:8080", "null"):
        with pytest.raises(InvalidStatus, match="403"):
            await connect(place.ws, ssl=trust(place.ca_file), origin=Origin(origin))
    async with connect(place.ws, ssl=trust(place.ca_file), origin=Origin("https://127.0.0.1:8080")):
        pass
    assert place.origins.refused == {"origin": 3}
