"""Random bytes from a client give only protocol faults: nothing raises, nothing reaches an actor, others are not hurt."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from server.gateway.gateway import Gateway
from server.gateway.limits import GatewaySettings
from server.gateway.writing import Stage
from tests.fakes.gateway import HandClock, HandPost, ToyClient, verify_toy_token


def masked_frame(opcode: Opcode, payload: bytes, fin: bool) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=True)


FRAMES = st.builds(masked_frame, st.sampled_from([Opcode.BINARY, Opcode.CONT]), st.binary(max_size=300), st.booleans())
CONTROL = st.builds(masked_frame, st.sampled_from([Opcode.PING, Opcode.PONG]), st.binary(max_size=125), st.just(True))
CLOSES = st.builds(lambda code: masked_frame(Opcode.CLOSE, code, True), st.binary(min_size=0, max_size=4))
SCRIPT = st.lists(FRAMES | CONTROL | CLOSES | st.binary(max_size=40), max_size=12)


async def play(script: list[bytes], cut: int, shaken: bool) -> None:
    post = HandPost()
    gateway = Gateway(
        "gateway/0",
        "",
        0,
        post,
        HandClock(),
        verify_token=verify_toy_token,
        tables=list,
        settings=GatewaySettings(close_linger_s=0),
    )
    gateway.open()
    client = ToyClient(gateway)
    if shaken:
        client.shake_hands()
    data = b"".join(script)
    for at in range(0, len(data), cut):
        client.put(data[at : at + cut])
    await gateway.stop()
    await asyncio.sleep(0.001)
    assert post.asks == []
    assert gateway.metrics.faults_total == 0
    assert client.connection.stage is Stage.CLOSED


@settings(max_examples=300, deadline=None)
@given(SCRIPT, st.integers(1, 200), st.booleans())
def test_random_bytes_give_only_protocol_faults(script: list[bytes], cut: int, shaken: bool) -> None:
    asyncio.run(play(script, cut, shaken))
