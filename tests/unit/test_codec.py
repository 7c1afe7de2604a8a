from __future__ import annotations

from typing import Any

import msgpack
import pytest

from protocol.codec import (
    CLIENT_TAGS,
    SERVER_TAGS,
    Fault,
    decode_client_frame,
    decode_server_frame,
    encode_client_frame,
    encode_server_frame,
    peek_envelope,
)
from protocol.envelope import MAX_CLIENT_FRAME_BYTES, MAX_SERVER_FRAME_BYTES, ClientFrame, Kind, ServerFrame
from protocol.errors import Code
from protocol.messages import Chip, Hello, Notice, Ping, PlaceBets, Pong

ID = bytes(16)


def pack(value: Any) -> bytes:
    packed = msgpack.packb(value)
    assert isinstance(packed, bytes)
    return packed


def fault(data: bytes) -> Fault:
    result = decode_client_frame(data)
    assert isinstance(result, Fault)
    return result


def request(body: Any, ref: Any = 7, seq: Any = 0, kind: Any = 1, version: Any = 1) -> bytes:
    return pack([version, kind, ref, seq, body])


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_request_in_the_documented_bytes_decodes() -> None:
    assert decode_client_frame(bytes.fromhex("9501010700920301")) == ClientFrame(1, Kind.REQUEST, 7, 0, Ping(1))


def test_encode_client_frame_gives_the_documented_bytes() -> None:
    assert encode_client_frame(7, 0, Ping(1)).hex() == "9501010700930301ff"


def test_encode_server_frame_gives_the_documented_bytes() -> None:
    assert encode_server_frame(Kind.REPLY, 7, 0, Pong(1, 2)).hex() == "950102070093040102"


def test_trailing_field_that_is_missing_gets_its_default() -> None:
    frame = decode_client_frame(request([1, "token"]))
    assert isinstance(frame, ClientFrame)
    assert frame.body == Hello("token", "")


def test_trailing_field_that_is_unknown_is_passed_over() -> None:
    frame = decode_client_frame(pack([1, 1, 7, 0, [3, 1, -1, "new", [1]], "newer"]))
    assert isinstance(frame, ClientFrame)
    assert frame.body == Ping(1)


@pytest.mark.parametrize("stake", [0, -1, 2**53, 2**63, 2**64 - 1, -(2**63)])
def test_whole_number_of_any_size_decodes(stake: int) -> None:
    frame = decode_client_frame(request([34, "t", ID, ID, [[0, stake]]]))
    assert isinstance(frame, ClientFrame)
    assert frame.body == PlaceBets("t", ID, ID, [Chip(0, stake)])


@pytest.mark.parametrize(
    "body",
    [
        [34, "t", ID, ID, [[0, 1.5]]],
        [34, "t", ID, ID, [[0, 1.0]]],
        [34, "t", ID, ID, [[0, "1"]]],
        [34, "t", ID, ID, [[0, True]]],
        [34, "t", ID, ID, [[0, None]]],
        [34, "t", ID, ID, [[0]]],
        [34, "t", ID, ID, {"0": 1}],
        [34, "t", "text", ID, []],
        [34, b"t", ID, ID, []],
        [34, "t"],
        [3],
        [3, 1.5],
        [60],
    ],
)
def test_wrong_field_is_bad_field_with_its_ref(body: list[Any]) -> None:
    result = fault(request(body))
    assert (result.code, result.ref) == (Code.BAD_FIELD, 7)


def test_tag_of_no_message_is_unknown_message_with_its_ref() -> None:
    result = fault(request([99, 1]))
    assert (result.code, result.ref) == (Code.UNKNOWN_MESSAGE, 7)


def test_tag_of_a_server_message_is_unknown_message() -> None:
    assert fault(request([4, 1, 2])).code == Code.UNKNOWN_MESSAGE


@pytest.mark.parametrize("ref", [0, -1, 2**32, 2**64 - 1, 1.0, "1", None, True])
def test_ref_out_of_range_is_bad_ref(ref: Any) -> None:
    assert fault(request([3, 1], ref=ref)).code == Code.BAD_REF


@pytest.mark.parametrize("ref", [1, 2**32 - 1])
def test_ref_at_the_edge_decodes(ref: int) -> None:
    assert isinstance(decode_client_frame(request([3, 1], ref=ref)), ClientFrame)


@pytest.mark.parametrize("version", [0, 2, 255])
def test_other_version_is_unsupported_version(version: int) -> None:
    assert fault(pack([version, "whatever"])).code == Code.UNSUPPORTED_VERSION


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"hello",
        b"\x95\x01\x01\x07",
        b"\xdd\x7f\xff\xff\xff",
        b"\xdf\x7f\xff\xff\xff",
        b"\x95\x01\x01\x07\x00\x92\x01\xa2\xff\xfe",
        pack({"version": 1}),
        pack(None),
        pack([]),
        pack(["1", 1, 1, 0, [3, 1]]),
        pack([True, 1, 1, 0, [3, 1]]),
        pack([1, 1, 7, 0]),
        request([3, 1], kind=2),
        request([3, 1], kind="1"),
        request([3, 1], seq=-1),
        request([3, 1], seq=2**63),
        request([3, 1], seq=None),
        request([]),
        request(None),
        request({"tag": 3}),
        request(["Ping", 1]),
        request([3, 1]) + b"\x00",
    ],
)
def test_anything_but_an_envelope_is_malformed_frame(data: bytes) -> None:
    assert fault(data).code == Code.MALFORMED_FRAME


def test_frame_over_the_limit_is_frame_too_large() -> None:
    assert fault(bytes(MAX_CLIENT_FRAME_BYTES + 1)).code == Code.FRAME_TOO_LARGE


def test_frame_at_the_limit_decodes() -> None:
    head = request([1, ""])
    data = request([1, "x" * (MAX_CLIENT_FRAME_BYTES - len(head) - 2)])
    assert len(data) == MAX_CLIENT_FRAME_BYTES
    assert isinstance(decode_client_frame(data), ClientFrame)


def test_nesting_beyond_the_limit_is_nested_too_deep() -> None:
    assert fault(request([3, nested(7)])).code == Code.NESTED_TOO_DEEP


def test_nesting_at_the_limit_is_judged_by_its_fields() -> None:
    assert fault(request([3, nested(6)])).code == Code.BAD_FIELD


@pytest.mark.parametrize("opening", [b"\x91", b"\x81\x01", b"\x81\x91\x01"])
def test_nesting_to_the_size_limit_is_nested_too_deep(opening: bytes) -> None:
    data = opening * (MAX_CLIENT_FRAME_BYTES // len(opening) - 1) + b"\xc0"
    assert fault(data).code in (Code.NESTED_TOO_DEEP, Code.MALFORMED_FRAME)


def test_maps_that_nest_are_counted() -> None:
    value: Any = 1
    for _ in range(9):
        value = {1: value}
    assert fault(request([3, value])).code == Code.NESTED_TOO_DEEP


def test_fault_of_a_frame_with_a_known_ref_repeats_it() -> None:
    assert fault(request([3, 1], seq=-1)).ref == 7


@pytest.mark.parametrize("kind", [Kind.REPLY, Kind.PUSH, Kind.ERROR])
def test_server_frame_of_each_kind_decodes(kind: Kind) -> None:
    data = encode_server_frame(kind, 7, 3, Notice("a", "b"))
    assert decode_server_frame(data) == ServerFrame(1, kind, 7, 3, Notice("a", "b"))


def test_request_from_a_server_is_malformed_frame() -> None:
    result = decode_server_frame(pack([1, 1, 7, 0, [8, "a", "b"]]))
    assert isinstance(result, Fault)
    assert result.code == Code.MALFORMED_FRAME


def test_server_frame_over_the_limit_is_frame_too_large() -> None:
    result = decode_server_frame(bytes(MAX_SERVER_FRAME_BYTES + 1))
    assert isinstance(result, Fault)
    assert result.code == Code.FRAME_TOO_LARGE


def test_server_message_of_a_newer_version_keeps_its_envelope() -> None:
    data = pack([1, 3, 5, 99, [200, "new"]])
    result = decode_server_frame(data)
    envelope = peek_envelope(data)
    assert isinstance(result, Fault)
    assert result.code == Code.UNKNOWN_MESSAGE
    assert envelope is not None
    assert (envelope.kind, envelope.ref, envelope.seq) == (3, 5, 99)


def test_peek_at_what_is_no_envelope_gives_nothing() -> None:
    assert peek_envelope(b"\xc1") is None


def test_tags_of_the_two_directions_are_distinct() -> None:
    assert not CLIENT_TAGS & SERVER_TAGS
