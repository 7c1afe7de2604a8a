"""The form of a batch between two hosts, and the codecs of what is inside.

A batch is msgpack ``[sender, incarnation, seq, floor, [[address, wants, messages], ...]]``; its answer is
``[incarnation of the receiver, [answers | mark, ...]]`` with one part per group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

#: Soft limit of an encoded batch. Ray puts arguments from 100 kB on into its object store, which costs 4 - 5 ms.
BATCH_BYTES: Final = 90_000
#: Limit of messages in a batch; a single longer list still goes as one batch.
BATCH_MESSAGES: Final = 1_000
#: The same within one host, where a batch costs little and what was just touched is still in the processor's caches.
LOCAL_MESSAGES: Final = 250

#: Marks that stand in an answer where a group's answers should be.
MARK_FAILED: Final = 0  # the group may have been carried out, wholly or in part; its actor failed
MARK_ABSENT: Final = 1  # no such actor on this host; certainly nothing was done

_MARKS: Final = {bytes((MARK_FAILED,)): MARK_FAILED, bytes((MARK_ABSENT,)): MARK_ABSENT}


class Group(msgspec.Struct, frozen=True, array_like=True):
    """All that a batch holds for one address. wants: 1 if answers are wanted, 0 if all of it was told."""

    address: str
    wants: int
    messages: msgspec.Raw


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """seq: dense per incarnation of the sender. floor: its lowest unfinished seq; all below is settled for it."""

    sender: str
    incarnation: int
    seq: int
    floor: int
    groups: list[Group]


class BatchAnswer(msgspec.Struct, frozen=True, array_like=True):
    """One part per group of the batch: a list of answers, empty if none were wanted, or a mark."""

    incarnation: int
    parts: list[msgspec.Raw]


class ContractLike(Protocol):
    """The struct types that one kind of address takes and gives."""

    @property
    def inbox(self) -> Any: ...

    @property
    def answers(self) -> Any: ...


def array_header(n: int) -> bytes:
    """Return the msgpack header of an array of n elements."""
    if n < 16:
        return bytes((0x90 | n,))
    if n < 65_536:
        return b"\xdc" + n.to_bytes(2, "big")
    return b"\xdd" + n.to_bytes(4, "big")


class Codec:
    """Messages to bytes and back, by the kind of the address. Encoders and decoders are made once."""

    def __init__(self, contracts: Mapping[str, ContractLike]) -> None:
        self._encode = msgspec.msgpack.Encoder().encode
        self._inboxes = {kind: msgspec.msgpack.Decoder(list[one.inbox]) for kind, one in contracts.items()}  # type: ignore[name-defined]
        self._answers = {kind: msgspec.msgpack.Decoder(list[one.answers]) for kind, one in contracts.items()}  # type: ignore[name-defined]
        self._batch = msgspec.msgpack.Decoder(Batch)
        self._batch_answer = msgspec.msgpack.Decoder(BatchAnswer)

    def encode_bodies(self, messages: Sequence[msgspec.Struct]) -> bytes:
        """Return the messages one after the other, without the array header, so that lists can be joined."""
        if len(messages) == 1:
            return self._encode(messages[0])
        return self._encode(messages)[len(array_header(len(messages))) :]

    def encode(self, value: object) -> bytes:
        """Return the value as msgpack."""
        return self._encode(value)

    def decode_batch(self, blob: bytes) -> Batch:
        """Return the batch. Raises msgspec.DecodeError."""
        return self._batch.decode(blob)

    def decode_messages(self, address: str, raw: msgspec.Raw) -> list[Any]:
        """Return what was sent to this address. Raises msgspec.DecodeError; KeyError for an unknown kind of address."""
        found: list[Any] = self._inboxes[kind_of(address)].decode(raw)
        return found

    def decode_batch_answer(self, blob: bytes) -> BatchAnswer:
        """Return the answer of a batch. Raises msgspec.DecodeError."""
        return self._batch_answer.decode(blob)

    def decode_part(self, address: str, raw: msgspec.Raw) -> list[Any] | int:
        """Return a group's answers, or its mark. Raises msgspec.DecodeError; KeyError for an unknown kind."""
        mark = _MARKS.get(bytes(raw)) if memoryview(raw).nbytes == 1 else None
        if mark is not None:
            return mark
        found: list[Any] = self._answers[kind_of(address)].decode(raw)
        return found


def kind_of(address: str) -> str:
    """Return the part of an address before the stroke: "wallet/0" -> "wallet"."""
    return address.partition("/")[0]
