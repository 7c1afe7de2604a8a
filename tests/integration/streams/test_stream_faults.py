"""What streams meet when a host is paused, killed, replaced, full, or not there yet."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from actors.runtime.link import LinkBroken
from server import process_link
from server.process_link import NOT_SERVING, HostPulse, ProcessLink
from server.streams import host as hosts
from server.streams import link as linking
from server.streams import listener as listening
from server.streams.address import StreamAddress, socket_path
from server.streams.host import HostStreams
from server.streams.keys import LinkKeys
from server.streams.link import VANISHED_S, StreamLink
from server.streams.listener import StreamListener
from tests.fakes.link_contract import Echo, answered

KEY: Final = bytes(range(32))
KEYS: Final = LinkKeys(KEY)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short one: socket paths are limited."""
    with tempfile.TemporaryDirectory(prefix="cl", dir="/tmp") as name:
        yield Path(name)


class Process:
    """One process of wallet/0, as a `ProcessLink` knows it: batches over a stream, pings beside it."""

    def __init__(self, name: str, folder: Path, *, serves: bool = True, node: str = "here") -> None:
        self.name = name
        self.serves = serves
        self.host = Echo()
        self._folder = folder
        self._address: StreamAddress | None = None
        self.listener = StreamListener(name, "here", KEYS, lambda blob: asyncio.ensure_future(self._deliver(blob)))
        self.link = StreamLink(name, "tables/rng", node, KEYS, self._look_up)

    async def listen(self) -> Process:
        """Begin to take streams."""
        self._address = await self.listener.start(self._folder, "127.0.0.1")
        return self

    async def call(self, method: str, *arguments: Any) -> Any:
        """What a `ProcessRef` does."""
        if method == "deliver":
            return await self.link.send(*arguments)
        return HostPulse(self.name, 1, "here", self.serves, stands_by=not self.serves)

    async def _deliver(self, blob: bytes) -> bytes:
        return await self.host.deliver(blob) if self.serves else NOT_SERVING

    async def _look_up(self) -> StreamAddress:
        if self._address is None:
            raise LinkBroken("no host")
        return self._address

    def end(self) -> None:
        """Close both ends."""
        self.link.close()
        self.listener.stop()


# ---------------------------------------------------------------- paused


async def test_process_that_falls_silent_loses_its_batch_to_the_one_that_takes_over_and_its_stream(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped process keeps its streams open; nothing in them says that another serves."""
    monkeypatch.setattr(process_link, "LOOK_S", 0.01)
    old = await Process("wallet/0", folder).listen()
    new = await Process("wallet/0+", folder, serves=False).listen()
    link = ProcessLink([old, new])
    assert await link.send(b"one") == b"re one"
    sent = asyncio.ensure_future(link.send(b"wait"))
    while not old.host.waiting:
        await asyncio.sleep(0)
    new.serves = True
    with pytest.raises(LinkBroken, match="has taken over"):
        await sent
    assert await link.send(b"two") == b"re two"
    while old.listener.streams:
        await asyncio.sleep(0)
    old.host.waiting[0].set_result(None)  # it wakes, and answers nobody
    assert await link.send(b"three") == b"re three"
    assert (old.listener.accepted, new.listener.accepted) == (1, 1)
    old.end()
    new.end()


async def test_process_that_is_stopped_before_it_greets_is_broken_in_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel takes connections for it, as long as its backlog has room."""
    monkeypatch.setattr(linking, "CONNECT_S", 0.05)
    with _deaf(folder, backlog=10) as address:
        link = StreamLink("wallet/0", "tables/rng", "here", KEYS, _at(address))
        with pytest.raises(LinkBroken, match="no stream within"):
            await link.send(b"one")


async def test_process_that_is_stopped_and_has_no_room_for_a_stream_is_broken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "CONNECT_S", 0.05)
    with _deaf(folder, backlog=0) as address, contextlib.ExitStack() as stack:
        ends = []
        for _ in range(3):
            one = stack.enter_context(socket.socket(socket.AF_UNIX))
            one.setblocking(False)
            ends.append(one.connect_ex(address.path))
        assert ends[-1] == errno.EAGAIN
        with pytest.raises(LinkBroken):
            await StreamLink("wallet/0", "tables/rng", "here", KEYS, _at(address)).send(b"one")


@contextlib.contextmanager
def _deaf(folder: Path, backlog: int) -> Iterator[StreamAddress]:
    """Listen as a stopped process does: the kernel connects, nobody accepts."""
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "deaf"))
        one.listen(backlog)
        yield StreamAddress("wallet/0", 1, "here", str(folder / "deaf"))


def _at(address: StreamAddress) -> Any:
    async def look_up() -> StreamAddress:
        return address

    return look_up


# ---------------------------------------------------------------- killed and replaced


async def test_socket_that_a_killed_process_has_left_is_taken_over_by_its_successor(folder: Path) -> None:
    path = socket_path(folder, KEYS.run, "wallet/0")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    process = await Process("wallet/0", folder).listen()
    assert await process.link.send(b"one") == b"re one"
    assert path.stat().st_mode & 0o777 == 0o600
    process.end()
    assert not path.exists()


async def test_predecessor_that_wakes_and_stops_leaves_its_successors_socket_alone(folder: Path) -> None:
    """Ray starts a host anew although the old process, stopped, still listens under the same name."""
    old = await Process("wallet/0", folder).listen()
    assert await old.link.send(b"one") == b"re one"
    new = await Process("wallet/0", folder).listen()
    old.end()
    assert await new.link.send(b"two") == b"re two"
    assert (old.listener.accepted, new.listener.accepted) == (1, 1)
    new.end()


async def test_kernel_is_told_to_end_streams_to_a_machine_that_has_vanished(folder: Path) -> None:
    """Half open TCP: keepalive for a stream that rests, the user timeout for one with something unacknowledged."""
    process = await Process("wallet/0", folder, node="elsewhere").listen()
    await process.link.send(b"one")
    (incoming,) = process.listener.streams
    outgoing = process.link._stream
    assert outgoing is not None
    for transport in (incoming.transport, outgoing._transport):
        assert transport is not None
        sock = transport.get_extra_info("socket")
        idle_s, every_s, count = (
            sock.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        )
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert idle_s + every_s * count == VANISHED_S
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1_000 * VANISHED_S
    process.end()


# ---------------------------------------------------------------- not there yet, and full


async def test_batch_sent_before_its_host_listens_arrives_when_it_does(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "sockets_folder", lambda: folder)
    there: dict[str, HostStreams] = {}

    async def ask(host: str) -> StreamAddress:
        if host not in there:
            raise LinkBroken(f"no process {host}")
        return await there[host].address()

    echo = Echo()
    here = HostStreams("tables/rng", "here", "", KEY, lambda blob: asyncio.ensure_future(echo.deliver(blob)), ask)
    early = asyncio.ensure_future(answered(here.connect("wallet/0"), b"early"))
    await asyncio.sleep(0)
    there["wallet/0"] = HostStreams(
        "wallet/0", "here", "", KEY, lambda blob: asyncio.ensure_future(echo.deliver(blob)), ask
    )
    assert there["wallet/0"].problem == "starting"
    assert await early == b"re early"
    assert there["wallet/0"].problem == ""
    for one in (here, *there.values()):
        one.stop()


async def test_host_that_cannot_listen_says_so_and_is_broken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "sockets_folder", lambda: folder / "away")
    streams = HostStreams("wallet/0", "here", "", KEY, lambda _: asyncio.get_running_loop().create_future(), _nobody)
    with pytest.raises(OSError, match="No such file"):
        await streams.address()
    assert streams.problem.startswith("no streams: FileNotFoundError")
    with pytest.raises(LinkBroken, match="No such file"):
        await StreamLink("wallet/0", "tables/rng", "here", KEYS, streams.address).send(b"one")
    streams.stop()


async def _nobody(host: str) -> StreamAddress:
    raise LinkBroken(host)


async def test_listener_with_as_many_batches_as_it_takes_reads_on_when_some_are_answered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "UNDER_WAY_MAX", 4)
    process = await Process("wallet/0", folder).listen()
    first = [asyncio.ensure_future(process.link.send(b"wait %d" % n)) for n in range(4)]
    while len(process.host.waiting) < 4:
        await asyncio.sleep(0)
    (stream,) = process.listener.streams
    assert stream.transport is not None
    late = asyncio.ensure_future(process.link.send(b"late"))
    assert not stream.transport.is_reading()
    assert await process.host.deliver(b"go") == b"re go"
    assert await asyncio.gather(*first, late) == [*(b"re wait %d" % n for n in range(4)), b"re late"]
    process.end()
