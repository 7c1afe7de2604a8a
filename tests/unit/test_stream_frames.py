"""Frames and keys of the streams, without a stream."""

from __future__ import annotations

import random

import pytest

from server.streams.frames import FRAME_BYTES_MAX, FrameError, FrameReader, header
from server.streams.keys import LinkKeys


@pytest.mark.parametrize("seed", range(20))
def test_frames_are_the_same_however_the_stream_is_cut(seed: int) -> None:
    rng = random.Random(seed)
    frames = [(number, rng.randbytes(rng.choice((0, 1, 7, 300)))) for number in range(40)]
    stream = b"".join(header(number, payload) + payload for number, payload in frames)
    reader, found, at = FrameReader(1_000), [], 0
    while at < len(stream):
        step = rng.choice((1, 5, 8, 100, 900))
        found += reader.feed(stream[at : at + step])
        at += step
    assert found == frames


def test_too_long_frame_is_refused_before_it_has_come() -> None:
    assert FrameReader(1_000).feed(header(1, bytes(1_000))) == []
    with pytest.raises(FrameError):
        FrameReader(1_000).feed(header(1, bytes(1_001)))


def test_too_long_payload_is_refused_by_its_sender() -> None:
    with pytest.raises(FrameError):
        header(1, bytes(FRAME_BYTES_MAX + 1))


def test_proof_is_good_for_one_nonce_and_these_two_hosts() -> None:
    keys, nonce = LinkKeys(bytes(32)), bytes(range(32))
    proof = keys.proof(nonce, "gateway/0", "wallet/0")
    assert keys.is_proof(proof, nonce, "gateway/0", "wallet/0")
    assert not keys.is_proof(proof, bytes(32), "gateway/0", "wallet/0")
    assert not keys.is_proof(proof, nonce, "gateway/0", "wallet/1")
    assert not keys.is_proof(proof, nonce, "gateway/1", "wallet/0")
    assert not LinkKeys(bytes(31) + b"x").is_proof(proof, nonce, "gateway/0", "wallet/0")


def test_key_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        LinkKeys(b"")


def test_keys_do_not_show_themselves() -> None:
    assert bytes(32).hex() not in repr(LinkKeys(bytes(32)))
