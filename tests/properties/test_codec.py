from __future__ import annotations

from typing import get_args

import msgpack
import msgspec
from hypothesis import given
from hypothesis import strategies as st

from protocol.codec import Fault, decode_client_frame, decode_server_frame, encode_client_frame, encode_server_frame
from protocol.envelope import MAX_CLIENT_FRAME_BYTES, MAX_SERVER_FRAME_BYTES, ClientFrame, Kind, ServerFrame
from protocol.messages import ClientMessage, ServerMessage
from tests.strategies import struct_of

REFS = st.integers(1, 2**32 - 1)
SEQS = st.integers(0, 2**63 - 1)
CLIENT_MESSAGES = st.sampled_from(get_args(ClientMessage)).flatmap(struct_of)
SERVER_MESSAGES = st.sampled_from(get_args(ServerMessage)).flatmap(struct_of)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats()
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | st.binary(max_size=20)
KEYS = st.text(max_size=4) | st.integers(0, 200)
JSON_LIKE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=30,
)


@given(REFS, SEQS, CLIENT_MESSAGES)
def test_decode_of_an_encoded_request_is_the_request(ref: int, seq: int, body: ClientMessage) -> None:
    data = encode_client_frame(ref, seq, body)
    frame = decode_client_frame(data)
    if len(data) <= MAX_CLIENT_FRAME_BYTES:
        assert frame == ClientFrame(1, Kind.REQUEST, ref, seq, body)
    else:
        assert isinstance(frame, Fault)


@given(st.sampled_from((Kind.REPLY, Kind.PUSH, Kind.ERROR)), REFS, SEQS, SERVER_MESSAGES)
def test_decode_of_an_encoded_server_frame_is_the_frame(kind: Kind, ref: int, seq: int, body: ServerMessage) -> None:
    data = encode_server_frame(kind, ref, seq, body)
    frame = decode_server_frame(data)
    if len(data) <= MAX_SERVER_FRAME_BYTES:
        assert frame == ServerFrame(1, kind, ref, seq, body)
    else:
        assert isinstance(frame, Fault)


@given(REFS, SEQS, CLIENT_MESSAGES)
def test_another_codec_reads_and_writes_the_same_bytes(ref: int, seq: int, body: ClientMessage) -> None:
    data = encode_client_frame(ref, seq, body)
    assert msgpack.packb(msgpack.unpackb(data, strict_map_key=False)) == data


@given(st.binary(max_size=300))
def test_random_bytes_give_a_fault_or_a_frame(data: bytes) -> None:
    assert isinstance(decode_client_frame(data), Fault | ClientFrame)
    assert isinstance(decode_server_frame(data), Fault | ServerFrame)


@given(JSON_LIKE)
def test_random_values_give_a_fault_or_a_frame(value: object) -> None:
    data = msgspec.msgpack.encode(value)
    assert isinstance(decode_client_frame(data), Fault | ClientFrame)
    assert isinstance(decode_server_frame(data), Fault | ServerFrame)


@given(st.integers(0, 255), st.lists(JSON_LIKE, max_size=8))
def test_random_bodies_give_a_fault_with_their_ref_or_a_frame(tag: int, fields: list[object]) -> None:
    frame = decode_client_frame(msgspec.msgpack.encode([1, 1, 7, 0, [tag, *fields]]))
    assert frame.ref == 7 or (isinstance(frame, Fault) and frame.ref == 0)


@given(CLIENT_MESSAGES, st.data())
def test_flipped_bytes_give_a_fault_or_a_frame(body: ClientMessage, data: st.DataObject) -> None:
    frame = bytearray(encode_client_frame(1, 0, body))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(decode_client_frame(bytes(frame)), Fault | ClientFrame)


@given(CLIENT_MESSAGES, st.data())
def test_cut_frames_give_a_fault(body: ClientMessage, data: st.DataObject) -> None:
    frame = encode_client_frame(1, 0, body)
    assert isinstance(decode_client_frame(frame[: data.draw(st.integers(0, len(frame) - 1))]), Fault)
