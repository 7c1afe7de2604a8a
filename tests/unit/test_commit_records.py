"""Records are packed without a look at what PostgreSQL will make of them: here they are taken apart by its format."""

from __future__ import annotations

import struct

import pytest

from actors.domain.money.entries import MAX_LEGS, EntryCode, Row
from server.storage.commit_records import journal_line

_ID = bytes(range(16))


def _row(legs: int, *, ref: bytes = b"", round_id: bytes = b"", meta: str = "") -> Row:
    return Row(
        7,
        2,
        _ID,
        b"q" * 16,
        EntryCode.SETTLE,
        0,
        1,
        42,
        ref,
        round_id,
        1_700_000_000_123,
        10,
        20,
        30,
        tuple((1_000 + n, -n, 10 * n) for n in range(legs)),
        meta,
    )


def _columns(line: bytes) -> list[bytes | None]:
    """Take a record apart. Fails when a size does not end where the next column, or the record, begins."""
    size, count = struct.unpack_from(">Ii", line)
    assert size == len(line) - 4
    found: list[bytes | None] = []
    at = 8
    for _ in range(count):
        _type, length = struct.unpack_from(">Ii", line, at)
        found.append(None if length < 0 else line[at + 8 : at + 8 + length])
        at += 8 + max(length, 0)
    assert at == len(line)
    return found


def _numbers(array: bytes | None) -> list[int]:
    assert array is not None
    dimensions, _, _ = struct.unpack_from(">iiI", array)
    elements = array[20:] if dimensions else b""
    return [number for _, number in struct.iter_unpack(">iq", elements)]


@pytest.mark.parametrize("legs", range(MAX_LEGS + 1))
def test_line_of_any_number_of_legs_holds_them_all(legs: int) -> None:
    columns = _columns(journal_line(_row(legs, ref=_ID, round_id=_ID), b"h" * 32))
    assert [_numbers(column) for column in columns[14:17]] == [
        [1_000 + n for n in range(legs)],
        [-n for n in range(legs)],
        [10 * n for n in range(legs)],
    ]


@pytest.mark.parametrize("ref", [b"", _ID])
@pytest.mark.parametrize("round_id", [b"", _ID])
@pytest.mark.parametrize("meta", ["", '{"reason":"é"}'])
def test_what_a_row_lacks_is_null_and_what_it_has_is_there(ref: bytes, round_id: bytes, meta: str) -> None:
    columns = _columns(journal_line(_row(2, ref=ref, round_id=round_id, meta=meta), b"h" * 32))
    assert (columns[9], columns[10] or b"", columns[11] or b"") == (_ID, ref, round_id)
    assert (columns[12], columns[13]) == (b"q" * 16, b"h" * 32)
    assert (columns[17] or b"").decode() == meta
