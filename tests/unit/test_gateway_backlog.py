"""What waits for a slow client: what may be left out, what may not, and what is cut."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from protocol.errors import Close
from server.gateway.backlog import ENTRY_BYTES, Backlog, Topic
from server.gateway.limits import GatewaySettings
from server.gateway.transport import frame_binary
from tests.unit.test_gateway_transport import Peer

LIMIT = 40_000
SETTINGS = GatewaySettings(write_buffer_bytes=LIMIT, close_linger_s=0)


def slow_peer() -> Peer:
    """Return a connection whose transport has just said that it takes no more."""
    peer = Peer(SETTINGS).open()
    peer.transport.stuck = True
    peer.outbox.send(peer.connection, frame_binary(bytes(LIMIT // 2)))
    peer.outbox.flush()
    assert peer.connection.paused
    peer.read()
    return peer


def payloads(peer: Peer) -> list[bytes]:
    return [bytes(frame.data) for frame in peer.read() if frame.opcode is Opcode.BINARY]


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=20))), st.integers(0, 100))
def test_backlog_gives_back_every_kept_frame_in_order_and_the_latest_of_a_topic(
    frames: list[tuple[bool, bytes]], limit: int
) -> None:
    backlog = Backlog()
    for keeps, frame in frames:
        if keeps:
            backlog.keep(b"k" + frame)
        else:
            backlog.replace(Topic.JACKPOTS, b"l" + frame)
    size, taken = backlog.size, []
    while backlog:
        some = backlog.take(limit)
        assert some
        assert len(some) == 1 or sum(map(len, some)) <= limit
        taken += some
    kept = [b"k" + frame for keeps, frame in frames if keeps]
    latest = [b"l" + frame for keeps, frame in frames if not keeps][-1:]
    assert [frame for frame in taken if frame[:1] == b"k"] == kept
    assert [frame for frame in taken if frame[:1] == b"l"] == latest
    assert size == sum(len(frame) + ENTRY_BYTES for frame in taken)
    assert backlog.size == 0


async def test_frames_wait_while_the_client_reads_nothing_and_come_in_order_when_it_does() -> None:
    peer = slow_peer()
    for n in range(50):
        peer.outbox.broadcast([peer.connection], frame_binary(bytes([n])))
        peer.outbox.flush()
    assert payloads(peer) == []
    assert peer.outbox.behind[peer.connection].size == 50 * (3 + ENTRY_BYTES)
    peer.transport.read_on()
    assert payloads(peer) == [bytes([n]) for n in range(50)]
    peer.transport.read_on()
    assert not peer.outbox.behind


async def test_latest_of_a_topic_replaces_the_one_that_waits_in_its_place() -> None:
    peer = slow_peer()
    everyone = [peer.connection]
    peer.outbox.send(peer.connection, frame_binary(b"before"))
    peer.outbox.send_latest(everyone, Topic.JACKPOTS, frame_binary(b"pools 1"))
    peer.outbox.send(peer.connection, frame_binary(b"between"))
    peer.outbox.send_latest(everyone, Topic.JACKPOTS, frame_binary(b"pools two"))
    peer.outbox.send(peer.connection, frame_binary(b"after"))
    peer.outbox.send_latest(everyone, Topic.JACKPOTS, frame_binary(b"pools 3"))
    peer.outbox.flush()
    peer.transport.read_on()
    assert payloads(peer) == [b"before", b"pools 3", b"between", b"after"]
    assert peer.metrics.replaced_total == 2


async def test_latest_of_a_topic_reaches_a_client_that_reads_each_time() -> None:
    peer = Peer(SETTINGS).open()
    for n in range(3):
        peer.outbox.send_latest([peer.connection], Topic.JACKPOTS, frame_binary(bytes([n])))
        peer.outbox.flush()
    assert payloads(peer) == [b"\0", b"\1", b"\2"]
    assert peer.metrics.replaced_total == 0


async def test_endless_pools_never_cut_a_slow_client() -> None:
    peer = slow_peer()
    for n in range(10_000):
        peer.outbox.send_latest([peer.connection], Topic.JACKPOTS, frame_binary(b"pools %d" % n))
    assert peer.metrics.slow_cuts_total == 0
    peer.transport.read_on()
    assert payloads(peer) == [b"pools 9999"]


async def test_slow_client_is_cut_above_the_limit_and_its_backlog_dropped_at_once() -> None:
    peer = slow_peer()
    frame = frame_binary(bytes(1_000))
    while peer.metrics.slow_cuts_total == 0:
        peer.outbox.send(peer.connection, frame)
        peer.outbox.flush()
        held = sum(backlog.size for backlog in peer.outbox.behind.values()) + peer.transport.buffered
        assert held <= LIMIT
    assert not peer.outbox.behind
    assert peer.connection.waiting == []
    assert peer.close_code == Close.SLOW_CONSUMER
    await asyncio.sleep(0.01)
    assert peer.transport.aborted


async def test_burst_of_one_tick_stays_out_of_the_transport() -> None:
    peer = Peer(GatewaySettings()).open()
    peer.transport.stuck = True
    for n in range(100):
        peer.outbox.send(peer.connection, frame_binary(bytes([n]) * 5_000))
    peer.outbox.flush()
    assert peer.transport.buffered <= 3 * 64 * 1024
    while peer.outbox.behind:
        peer.transport.read_on()
    assert [payload[0] for payload in payloads(peer)] == list(range(100))


async def test_pings_of_a_client_that_reads_nothing_cut_it() -> None:
    peer = slow_peer()
    ping = Frame(Opcode.PING, bytes(125)).serialize(mask=True)
    peer.connection.data_received(ping * 200)
    assert peer.metrics.slow_cuts_total == 1
    assert peer.close_code == Close.SLOW_CONSUMER
    assert peer.transport.buffered < LIMIT


async def test_close_of_ours_sends_what_waits_before_it() -> None:
    peer = slow_peer()
    peer.connection.send(frame_binary(b"one"))
    peer.outbox.flush()
    peer.connection.send(frame_binary(b"two"))
    peer.connection.close(Close.GOING_AWAY, "draining")
    assert payloads(peer) == [b"one", b"two"]
    assert peer.close_code == Close.GOING_AWAY


async def test_connection_lost_with_a_backlog_leaves_nothing_behind() -> None:
    peer = slow_peer()
    peer.connection.send(frame_binary(b"one"))
    peer.outbox.flush()
    assert peer.metrics.values()["behind"] == 1
    peer.connection.connection_lost(None)
    assert (peer.metrics.values()["behind"], peer.metrics.values()["backlog_bytes"]) == (0, 0)
    assert peer.closed == 1


async def test_one_client_that_reads_nothing_holds_up_no_other() -> None:
    slow = slow_peer()
    other = Peer(SETTINGS).open()
    slow.outbox.broadcast([slow.connection, other.connection], frame_binary(b"news"))
    slow.outbox.flush()
    other.outbox.flush()
    assert payloads(other) == [b"news"]
    assert payloads(slow) == []
