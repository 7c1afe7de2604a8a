"""Old frames stay readable. The independent reference is the `msgpack` package."""

from __future__ import annotations

from pathlib import Path
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
)
from protocol.errors import Code
from server.schema.golden import golden_json, read_goldens, written

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = read_goldens(ROOT)


def unpack(data: bytes) -> Any:
    return msgpack.unpackb(data, strict_map_key=False)


def encode_again(name: str, data: bytes) -> bytes:
    """Decode and encode a frame of this direction."""
    if name.startswith("client/"):
        request = decode_client_frame(data)
        assert not isinstance(request, Fault)
        return encode_client_frame(request.ref, request.seq, request.body)
    frame = decode_server_frame(data)
    assert not isinstance(frame, Fault)
    return encode_server_frame(frame.kind, frame.ref, frame.seq, frame.body)


def without_news(value: Any, old: Any) -> Any:
    """Return the value without the fields that messages got behind those of the old frame."""
    if isinstance(value, list) and isinstance(old, list):
        return [without_news(each, was) for each, was in zip(value, old, strict=False)]
    return value


@pytest.mark.parametrize("name", GOLDENS)
def test_golden_frame_says_what_it_said_to_another_codec(name: str) -> None:
    data = bytes.fromhex(GOLDENS[name]["hex"])
    assert written(unpack(data)) == GOLDENS[name]["says"]


@pytest.mark.parametrize("name", GOLDENS)
def test_golden_frame_is_encoded_to_the_same_bytes_by_another_codec(name: str) -> None:
    data = bytes.fromhex(GOLDENS[name]["hex"])
    assert msgpack.packb(unpack(data)) == data


@pytest.mark.parametrize("name", GOLDENS)
def test_golden_frame_decodes_and_encodes_to_the_same(name: str) -> None:
    data = bytes.fromhex(GOLDENS[name]["hex"])
    again = encode_again(name, data)
    assert again == data or msgpack.packb(without_news(unpack(again), unpack(data))) == data


def test_every_message_has_a_golden_frame() -> None:
    tags = {(name.split("/")[0], frame["says"][4][0]) for name, frame in GOLDENS.items()}
    assert tags == {("client", tag) for tag in CLIENT_TAGS} | {("server", tag) for tag in SERVER_TAGS}


def test_every_error_code_has_a_golden_frame() -> None:
    codes = {frame["says"][4][1] for name, frame in GOLDENS.items() if name.startswith("server/Error/")}
    assert codes == set(Code)


def test_golden_frames_that_exist_are_not_rewritten() -> None:
    old = '{"client/Ping": {"hex": "00", "says": 0}}'
    assert '"client/Ping": {"hex": "00", "says": 0}' in golden_json(old)
