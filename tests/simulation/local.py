"""What actors of one host hand to each other as objects, held against its encoding.

Between hosts a message is bytes: the receiver's copy is made by the codec, and nobody shares it with the sender. On one
host it is the sender's own object. That makes no difference as long as the object is, in every type and value, what its
decoded bytes would be, and is never changed after it was handed over, by either side. One thing may differ: an IntEnum stands
where its number is declared. It equals its number, hashes and reads like it; so nobody may ask by identity or class which it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

import msgspec

from actors.runtime.batches import Codec
from actors.runtime.courier import Courier
from actors.runtime.lane import Lane, Letter, LocalLane, Parcel
from actors.runtime.receiver import Outcome
from tests.simulation.witness import shown


class Handed:
    """All that was handed over on the hosts of one run. `broken`: what made a difference, as sentences."""

    def __init__(self, codec: Codec) -> None:
        self.count = 0
        self.broken: list[str] = []
        self._codec = codec
        self._all: list[tuple[str, Sequence[Any], bytes]] = []

    def messages(self, address: str, messages: Sequence[Any]) -> bytes:
        """Note messages to an address at the moment they are handed over; return their encoding."""
        return self._note(f"to {address}", messages, lambda raw: self._codec.decode_messages(address, raw))

    def arrive(self, address: str, messages: Sequence[Any], blob: bytes) -> None:
        """Note that messages leave the queue: the sender's list must still hold what was encoded."""
        if self._encoded(messages) != blob:
            self.broken.append(f"to {address}: changed before it arrived: {_shown(messages)}")

    def answers(self, address: str, answers: Sequence[Any]) -> None:
        """Note answers of an address at the moment they are given."""
        self._note(f"answer of {address}", answers, lambda raw: self._codec.decode_part(address, raw))

    def changed(self) -> list[str]:
        """Return what has been changed since it was handed over."""
        return [
            f"{what}: changed later: {_shown(items)}" for what, items, blob in self._all if self._encoded(items) != blob
        ]

    def _note(self, what: str, items: Sequence[Any], decode: Callable[[msgspec.Raw], Any]) -> bytes:
        self.count += len(items)
        blob = self._encoded(items)
        self._all.append((what, tuple(items), blob))
        try:
            found = decode(msgspec.Raw(blob))
        except (msgspec.DecodeError, KeyError) as error:
            self.broken.append(f"{what}: {_shown(items)}: {error!r}")
            return blob
        for item, decoded in zip(items, found, strict=True):
            where = difference(item, decoded)
            if where:
                self.broken.append(f"{what}: {shown(item)}: {where}")
        return blob

    def _encoded(self, items: Sequence[Any]) -> bytes:
        try:
            return self._codec.encode(list(items))
        except (TypeError, ValueError, OverflowError) as error:  # no codec knows it: so says the decoder, too
            return repr(error).encode()


def difference(one: Any, other: Any) -> str:
    """Say where two values differ in type or value, as a path and what is there; empty: nowhere."""
    if type(one) is not type(other) and not (isinstance(one, IntEnum) and type(other) is int):
        return f": {type(one).__name__} {one!r} is not {type(other).__name__} {other!r}"
    if isinstance(one, msgspec.Struct):
        parts = [(f".{name}", getattr(one, name), getattr(other, name)) for name in one.__struct_fields__]
    elif isinstance(one, dict):
        parts = [(".items", list(one.items()), list(other.items()))]
    elif isinstance(one, list | tuple) and len(one) == len(other):
        parts = [(f"[{index}]", *pair) for index, pair in enumerate(zip(one, other, strict=True))]
    else:
        return "" if one == other else f": {one!r} is not {other!r}"
    return next((path + where for path, mine, its in parts if (where := difference(mine, its))), "")


class WatchedCourier(Courier):
    """The courier of a simulated host: the real one, but its local lanes are watched."""

    def __init__(self, handed: Handed, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._handed = handed

    def _open(self, host: str, to: str) -> Lane:
        if host != self._host:
            return super()._open(host, to)
        lane = self._lanes[to] = WatchedLane(self._handed, host, self._receiver, self._counters, self._limits)
        return lane


class WatchedLane(LocalLane):
    """A local lane that notes what passes, both ways."""

    def __init__(self, handed: Handed, *given: Any) -> None:
        super().__init__(*given)
        self._handed = handed
        self._blobs: dict[Letter, bytes] = {}  # of what waits

    def _prepare(self, letter: Letter) -> None:
        super()._prepare(letter)
        self._blobs[letter] = self._handed.messages(letter.address, letter.messages)

    async def _carry(self, parcel: Parcel) -> Sequence[Outcome]:
        for bundle in parcel.bundles:
            for letter in bundle.letters:
                self._handed.arrive(letter.address, letter.messages, self._blobs.pop(letter))
        outcomes = await super()._carry(parcel)
        for bundle, outcome in zip(parcel.bundles, outcomes, strict=True):
            if not isinstance(outcome, int) and bundle.wants:
                self._handed.answers(bundle.address, outcome)
        return outcomes


def _shown(items: Sequence[Any]) -> str:
    return ", ".join(map(shown, items))
