"""The first broadcast of a tick goes past an idle transport, straight to the socket; never where something waits.

What is in no hurry goes in slices, and is never overtaken.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest

from protocol.errors import Close
from server.gateway.limits import GatewaySettings
from server.gateway.transport import WsConnection, frame_binary
from server.gateway.writing import Outbox
from tests.fakes.gateway import FakeTransport
from tests.unit.test_gateway_transport import Peer

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Two ends of a socket that takes little."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    yield ours, theirs
    ours.close()
    theirs.close()


def opened_on(ours: socket.socket) -> Peer:
    peer = Peer()
    peer.transport.extra["socket"] = ours
    return peer.open()


def taken_from(end: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            data += end.recv(65_536)
    return data


async def test_broadcast_goes_past_an_idle_transport(ends: Ends) -> None:
    peer = opened_on(ends[0])
    frames, writes = peer.metrics.frames_out_total, peer.metrics.writes_total
    peer.outbox.broadcast([peer.connection], frame_binary(b"one"))
    assert taken_from(ends[1]) == frame_binary(b"one")
    assert peer.transport.written == b""
    assert (peer.metrics.frames_out_total - frames, peer.metrics.writes_total - writes) == (1, 1)


async def test_what_follows_a_broadcast_in_its_tick_is_one_write(ends: Ends) -> None:
    peer = opened_on(ends[0])
    before = peer.transport.writes
    for n in range(5):
        peer.outbox.broadcast([peer.connection], frame_binary(bytes([n])))
    await asyncio.sleep(0)
    assert taken_from(ends[1]) == frame_binary(b"\0")
    assert bytes(peer.transport.written) == b"".join(frame_binary(bytes([n])) for n in range(1, 5))
    assert peer.transport.writes == before + 1
    peer.outbox.broadcast([peer.connection], frame_binary(b"next tick"))
    assert taken_from(ends[1]) == frame_binary(b"next tick")


async def test_frames_of_one_broadcast_are_one_write(ends: Ends) -> None:
    peer = opened_on(ends[0])
    frames, writes = peer.metrics.frames_out_total, peer.metrics.writes_total
    peer.outbox.broadcast([peer.connection], *[frame_binary(bytes([n])) for n in range(5)])
    assert taken_from(ends[1]) == b"".join(frame_binary(bytes([n])) for n in range(5))
    assert (peer.metrics.frames_out_total - frames, peer.metrics.writes_total - writes) == (5, 1)


async def test_frames_of_a_large_broadcast_wait_here_and_not_in_the_transport(ends: Ends) -> None:
    peer = opened_on(ends[0])
    frames = [frame_binary(bytes(30_000)) for _ in range(3)]
    peer.outbox.broadcast([peer.connection], *frames)
    assert taken_from(ends[1]) == b""
    assert peer.connection.waiting == frames
    await asyncio.sleep(0)
    assert bytes(peer.transport.written) == b"".join(frames)


async def test_broadcast_stays_behind_what_was_sent_before_it(ends: Ends) -> None:
    peer = opened_on(ends[0])
    peer.connection.send(frame_binary(b"one"))
    peer.outbox.broadcast([peer.connection], frame_binary(b"two"))
    await asyncio.sleep(0)
    assert bytes(peer.transport.written) == frame_binary(b"one") + frame_binary(b"two")


async def test_what_the_socket_does_not_take_goes_to_the_transport(ends: Ends) -> None:
    peer = opened_on(ends[0])
    data = frame_binary(bytes(60_000))
    peer.outbox.broadcast([peer.connection], data)
    taken = taken_from(ends[1])
    assert 0 < len(taken) < len(data)
    assert taken + bytes(peer.transport.written) == data


async def test_broadcast_waits_while_the_transport_is_paused(ends: Ends) -> None:
    peer = opened_on(ends[0])
    peer.connection.pause_writing()
    peer.outbox.broadcast([peer.connection], frame_binary(b"later"))
    await asyncio.sleep(0)
    assert taken_from(ends[1]) == b""
    peer.connection.resume_writing()
    assert bytes(peer.transport.written) == frame_binary(b"later")


async def test_broadcast_stays_behind_what_was_sent_in_the_tick_in_which_the_client_read_on(ends: Ends) -> None:
    peer = opened_on(ends[0])
    peer.connection.pause_writing()
    peer.connection.send(frame_binary(b"one"))
    peer.connection.resume_writing()
    peer.outbox.broadcast([peer.connection], frame_binary(b"two"))
    await asyncio.sleep(0)
    assert taken_from(ends[1]) == b""
    assert bytes(peer.transport.written) == frame_binary(b"one") + frame_binary(b"two")


async def test_broadcast_waits_behind_a_backlog_even_when_the_transport_is_empty(ends: Ends) -> None:
    peer = opened_on(ends[0])
    peer.connection.pause_writing()
    peer.connection.send(frame_binary(b"first"))
    peer.outbox.flush()
    peer.outbox.broadcast([peer.connection], frame_binary(b"second"))
    assert taken_from(ends[1]) == b""
    peer.connection.resume_writing()
    assert (bytes(peer.transport.written), taken_from(ends[1])) == (frame_binary(b"first"), b"")
    await asyncio.sleep(0)
    assert (bytes(peer.transport.written), taken_from(ends[1])) == (frame_binary(b"first"), frame_binary(b"second"))


async def test_answer_goes_past_an_idle_transport_at_the_end_of_its_tick(ends: Ends) -> None:
    peer = opened_on(ends[0])
    peer.connection.send(frame_binary(b"answer"))
    assert taken_from(ends[1]) == b""
    await asyncio.sleep(0)
    assert (taken_from(ends[1]), bytes(peer.transport.written)) == (frame_binary(b"answer"), b"")


async def test_what_the_socket_does_not_take_of_an_answer_goes_to_the_transport(ends: Ends) -> None:
    peer = opened_on(ends[0])
    data = frame_binary(bytes(60_000))
    peer.connection.send(data)
    await asyncio.sleep(0)
    taken = taken_from(ends[1])
    assert 0 < len(taken) < len(data)
    assert taken + bytes(peer.transport.written) == data


async def test_answer_to_a_broken_socket_is_left_to_the_transport(ends: Ends) -> None:
    peer = opened_on(ends[0])
    ends[1].close()
    peer.connection.send(frame_binary(b"x"))
    await asyncio.sleep(0)
    assert bytes(peer.transport.written) == frame_binary(b"x")


async def test_nothing_goes_past_the_transport_behind_a_goodbye(ends: Ends) -> None:
    peer = opened_on(ends[0])
    peer.connection.close(Close.GOING_AWAY)
    peer.outbox.broadcast([peer.connection], frame_binary(b"late"))
    await asyncio.sleep(0)
    assert taken_from(ends[1]) == b""


async def test_broken_socket_is_left_to_the_transport(ends: Ends) -> None:
    peer = opened_on(ends[0])
    ends[1].close()
    peer.outbox.broadcast([peer.connection], frame_binary(b"x"))
    assert bytes(peer.transport.written) == frame_binary(b"x")


async def test_lost_connection_has_no_descriptor_left(ends: Ends) -> None:
    peer = opened_on(ends[0])
    peer.connection.connection_lost(None)
    assert peer.connection.descriptor == -1


async def test_nothing_goes_past_tls(ends: Ends) -> None:
    peer = Peer()
    peer.transport.extra |= {"socket": ends[0], "sslcontext": object()}
    peer.open()
    peer.outbox.broadcast([peer.connection], frame_binary(b"secret"))
    await asyncio.sleep(0)
    assert bytes(peer.transport.written) == frame_binary(b"secret")
    assert taken_from(ends[1]) == b""


async def test_broadcast_goes_past_the_transport_again_when_the_client_has_read_on(ends: Ends) -> None:
    peer = opened_on(ends[0])
    peer.connection.pause_writing()
    assert peer.connection.descriptor == -1
    peer.connection.resume_writing()
    peer.outbox.broadcast([peer.connection], frame_binary(b"again"))
    assert taken_from(ends[1]) == frame_binary(b"again")


async def crowd_of(size: int) -> tuple[Outbox, list[Peer]]:
    """Return connections without a socket of their own, on one outbox."""
    peers = [Peer() for _ in range(size)]
    outbox = peers[0].outbox
    for peer in peers:
        peer.connection = WsConnection(peer, outbox, GatewaySettings(), asyncio.get_running_loop())
        peer.transport = FakeTransport(peer.connection)
        peer.connection.connection_made(peer.transport)
        peer.open()
    return outbox, peers


def reached(peers: list[Peer]) -> int:
    return sum(bool(peer.transport.written) for peer in peers)


async def test_what_is_in_no_hurry_goes_to_a_part_of_a_crowd_at_a_time() -> None:
    outbox, peers = await crowd_of(150)
    outbox.spread([peer.connection for peer in peers], frame_binary(b"chips"))
    await asyncio.sleep(0)
    assert reached(peers) == 64
    async with asyncio.timeout(5):
        while reached(peers) < 150:
            await asyncio.sleep(0.001)
    assert all(peer.transport.written == frame_binary(b"chips") for peer in peers)


async def test_a_few_get_at_once_what_is_in_no_hurry(ends: Ends) -> None:
    peer = opened_on(ends[0])
    peer.outbox.spread([peer.connection], frame_binary(b"chips"))
    assert taken_from(ends[1]) == frame_binary(b"chips")


async def test_answer_takes_along_what_is_in_no_hurry_and_is_not_before_it() -> None:
    outbox, peers = await crowd_of(100)
    outbox.spread([peer.connection for peer in peers], frame_binary(b"chips"))
    last = peers[-1]
    last.connection.send(frame_binary(b"answer"))
    await asyncio.sleep(0)
    assert bytes(last.transport.written) == frame_binary(b"chips") + frame_binary(b"answer")
    outbox.broadcast([last.connection], frame_binary(b"number"))
    await asyncio.sleep(0.05)
    assert bytes(last.transport.written) == b"".join(map(frame_binary, (b"chips", b"answer", b"number")))


async def test_broadcast_does_not_overtake_what_is_in_no_hurry() -> None:
    outbox, peers = await crowd_of(100)
    everybody = [peer.connection for peer in peers]
    outbox.spread(everybody, frame_binary(b"chips"))
    outbox.spread(everybody, frame_binary(b"more"))
    outbox.broadcast(everybody, frame_binary(b"number"))
    await asyncio.sleep(0.05)
    for peer in peers:
        assert bytes(peer.transport.written) == b"".join(map(frame_binary, (b"chips", b"more", b"number")))


async def test_who_leaves_before_his_slice_gets_nothing_and_hurts_nobody() -> None:
    outbox, peers = await crowd_of(100)
    outbox.spread([peer.connection for peer in peers], frame_binary(b"chips"))
    peers[-1].connection.connection_lost(None)
    await asyncio.sleep(0.05)
    assert reached(peers) == 99


async def test_slow_client_gets_what_is_in_no_hurry_when_it_has_read_on() -> None:
    outbox, peers = await crowd_of(100)
    slow = peers[-1]
    slow.connection.pause_writing()
    outbox.spread([peer.connection for peer in peers], frame_binary(b"chips"))
    await asyncio.sleep(0.05)
    assert not slow.transport.written
    slow.connection.resume_writing()
    assert bytes(slow.transport.written) == frame_binary(b"chips")
