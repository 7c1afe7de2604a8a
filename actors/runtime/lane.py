"""The way of one host's messages to one other host: a bounded queue, and the batches under way.

A batch is made of everything that waits when there is room for one more batch: at once in a quiet system, when another
batch has come back in a busy one. No timer holds anything back.

States of a batch: TAKEN -> UNDER WAY -> answered, or broken -> UNDER WAY again, unchanged, until it is answered or the
courier closes. A batch whose last letter has expired goes on as an empty one, so that its number is never missing at
the receiver. While the link is broken only the oldest batch probes it; the others follow when it has come through.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Any, Final

import msgspec

from actors.ports import Failure, Replies
from actors.runtime.batches import (
    BATCH_BYTES,
    BATCH_MESSAGES,
    LOCAL_MESSAGES,
    MARK_ABSENT,
    MARK_FAILED,
    Batch,
    Codec,
    Group,
    array_header,
)
from actors.runtime.counters import Counters
from actors.runtime.link import Link, LinkBroken
from actors.runtime.receiver import Order, Outcome, Receiver

log = logging.getLogger(__name__)

BACKOFF_FIRST_S: Final = 0.02
BACKOFF_LAST_S: Final = 0.25
PATIENCE_S: Final = 0.5


class LaneLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Finite sizes of a lane, and what happens at them."""

    queue_messages: int = 20_000  # waiting; more are refused with BUSY
    in_flight: int = 2  # batches under way that hold back the next one; what is best depends on the link
    slow_s: float = 0.1  # a batch under way for longer no longer holds back others: one slow actor must not stop a host
    unfinished: int = 64  # batches under way altogether; then everything waits
    attempt_s: float = 10.0  # a link that has not answered for so long counts as broken


class Letter:
    """One tell or ask. `is_open` ends when its caller has been answered, or its time is over."""

    __slots__ = ("address", "bodies", "count", "deadline", "is_open", "messages", "on_replies")

    def __init__(
        self,
        address: str,
        messages: Sequence[msgspec.Struct],
        on_replies: Callable[[Replies], None] | None,
        deadline: float,
    ) -> None:
        self.address = address
        self.messages = messages
        self.count = len(messages)
        self.on_replies = on_replies
        self.deadline = deadline
        self.bodies = b""
        self.is_open = True


class Bundle:
    """What one batch holds for one address, and which letters it came from, in order."""

    __slots__ = ("address", "count", "letters", "wants")

    def __init__(self, address: str) -> None:
        self.address = address
        self.letters: list[Letter] = []
        self.count = 0
        self.wants = False

    def add(self, letter: Letter) -> None:
        self.letters.append(letter)
        self.count += letter.count
        self.wants = self.wants or letter.on_replies is not None


class Parcel:
    """A batch under way."""

    __slots__ = ("born", "bundles", "is_slow", "payload", "seq", "task")

    def __init__(self, seq: int, bundles: list[Bundle], born: float) -> None:
        self.seq = seq
        self.bundles = bundles
        self.born = born
        self.is_slow = False
        self.payload: Any = None  # what the lane's way of carrying needs, made once
        self.task: asyncio.Task[None] | None = None

    def is_hollow(self) -> bool:
        """Tell whether nobody waits for this any more."""
        return not any(letter.is_open for bundle in self.bundles for letter in bundle.letters)


class Lane(ABC):
    """Queue and batches to one host. Survives restarts of that host; what it holds dies with its own process."""

    #: A batch may arrive more than once, and so in more than one life of the receiver.
    may_double = True
    #: Soft limit of messages in a batch.
    batch_messages = BATCH_MESSAGES

    def __init__(self, host: str, counters: Counters, limits: LaneLimits) -> None:
        self.host = host
        self.waiting: deque[Letter] = deque()
        self.waiting_messages = 0
        self.active: dict[int, Parcel] = {}  # by seq, oldest first
        self._counters = counters
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._next_seq = 1
        self._fast = 0  # active parcels that are not slow
        self._is_scheduled = False
        self._up = asyncio.Event()
        self._up.set()
        self._expires = float("inf")  # no open letter's deadline is before this

    # ------------------------------------------------------------ in

    def put(self, letter: Letter) -> bool:
        """Take a letter; False if the queue is full. Raises TypeError for a message that cannot be encoded."""
        if self.waiting_messages + letter.count > self._limits.queue_messages and self.waiting:
            return False
        self._prepare(letter)
        self.waiting.append(letter)
        self.waiting_messages += letter.count
        self._expires = min(self._expires, letter.deadline)
        if not self._is_scheduled and self._has_room():
            self._is_scheduled = True
            self._loop.call_soon(self._flush)
        return True

    @property
    def floor(self) -> int:
        """The lowest unfinished seq."""
        return next(iter(self.active), self._next_seq)

    @property
    def is_idle(self) -> bool:
        return not self.waiting and not self.active

    def _has_room(self) -> bool:
        limits = self._limits
        return self._fast < limits.in_flight and len(self.active) < limits.unfinished and self._up.is_set()

    # ------------------------------------------------------------ batches

    def _flush(self) -> None:
        self._is_scheduled = False
        while self.waiting and self._has_room():
            bundles = self._take()
            if not bundles:
                continue  # all that was taken had expired
            parcel = Parcel(self._next_seq, bundles, self._loop.time())
            self._next_seq += 1
            self._fast += 1
            self.active[parcel.seq] = parcel
            parcel.task = self._loop.create_task(self._see_through(parcel))

    def _take(self) -> list[Bundle]:
        """Return what waits, up to the limits of a batch, letters to one address joined."""
        bundles: dict[str, Bundle] = {}
        messages = size = 0
        while self.waiting:
            letter = self.waiting[0]
            size += len(letter.bodies)
            messages += letter.count
            if bundles and (messages > self.batch_messages or size > BATCH_BYTES):
                break
            self.waiting.popleft()
            self.waiting_messages -= letter.count
            if letter.is_open:
                bundle = bundles.get(letter.address)
                if bundle is None:
                    bundle = bundles[letter.address] = Bundle(letter.address)
                bundle.add(letter)
        return list(bundles.values())

    async def _see_through(self, parcel: Parcel) -> None:
        """Carry a parcel until it is answered."""
        outcomes = await self._carry_until_answered(parcel)
        del self.active[parcel.seq]
        self._fast -= not parcel.is_slow
        self._up.set()
        if not self._is_scheduled:
            self._flush()
        for bundle, outcome in zip(parcel.bundles, chain(outcomes, repeat(MARK_FAILED)), strict=False):
            self._hand_out(bundle, outcome)

    async def _carry_until_answered(self, parcel: Parcel) -> Sequence[Outcome]:
        backoff_s = BACKOFF_FIRST_S
        while True:
            try:
                return await self._carry(parcel)
            except LinkBroken as error:
                log.warning("batch %d to %s: link broken: %s", parcel.seq, self.host, error)
            except TimeoutError:
                log.warning("batch %d to %s: no answer in %.0f s", parcel.seq, self.host, self._limits.attempt_s)
            except Exception:  # outermost loop of a link: its bugs must not lose the batches behind
                log.exception("batch %d to %s: the link failed in an unknown way", parcel.seq, self.host)
            self._counters.links_broken += 1
            self._up.clear()
            await self._wait_for_link(parcel, backoff_s)
            backoff_s = min(backoff_s * 2, BACKOFF_LAST_S)
            self._counters.batches_resent += 1

    async def _wait_for_link(self, parcel: Parcel, backoff_s: float) -> None:
        if parcel.seq == self.floor:
            await asyncio.sleep(backoff_s)
            return
        with suppress(TimeoutError):  # the oldest may be waiting for a slow actor over a link that is whole again
            async with asyncio.timeout(PATIENCE_S):
                await self._up.wait()

    # ------------------------------------------------------------ answers

    def _hand_out(self, bundle: Bundle, outcome: Outcome) -> None:
        if isinstance(outcome, int):
            if outcome == MARK_ABSENT:
                self._on_absent(bundle)
            # What has left may exist twice, and its copy may find the actor that this one did not.
            failure = Failure.BUSY if outcome == MARK_ABSENT and not self.may_double else Failure.UNKNOWN
            for letter in bundle.letters:
                self.close_letter(letter, [failure] * letter.count)
            return
        at = 0
        for letter in bundle.letters:
            replies: Replies = outcome if len(bundle.letters) == 1 else outcome[at : at + letter.count]
            at += letter.count
            self.close_letter(letter, replies)

    def _on_absent(self, bundle: Bundle) -> None:
        self._counters.busy += bundle.count

    def close_letter(self, letter: Letter, replies: Replies) -> None:
        """Answer a letter's caller, once."""
        if not letter.is_open:
            return
        letter.is_open = False
        if letter.on_replies is None:
            return
        try:
            letter.on_replies(replies)
        except Exception:  # one caller's bug must not lose the answers of the others
            self._counters.callbacks_failed += 1
            log.exception("taking the answers from %s failed", letter.address)

    # ------------------------------------------------------------ time

    def sweep(self, now: float) -> None:
        """End what has expired, and let others past the slow."""
        for parcel in self.active.values():
            if not parcel.is_slow and now - parcel.born >= self._limits.slow_s:
                parcel.is_slow = True
                self._fast -= 1
        if now >= self._expires:
            self._expire(now)
        if self.waiting and not self._is_scheduled:
            self._flush()

    def _expire(self, now: float) -> None:
        sent = [letter for parcel in self.active.values() for bundle in parcel.bundles for letter in bundle.letters]
        queued = list(self.waiting)
        over = [(letter, Failure.UNKNOWN) for letter in sent if letter.is_open and letter.deadline <= now]
        over += [(letter, Failure.BUSY) for letter in queued if letter.is_open and letter.deadline <= now]
        self._drop_closed()
        for letter, failure in over:
            self._counters.expired += letter.count
            self.close_letter(letter, [failure] * letter.count)
        left = (letter.deadline for letter in (*sent, *self.waiting) if letter.is_open)
        self._expires = min(left, default=float("inf"))

    def _drop_closed(self) -> None:
        """Forget closed letters at the head of the queue, so that they do not fill it."""
        while self.waiting and not self.waiting[0].is_open:
            self.waiting_messages -= self.waiting.popleft().count

    def close(self) -> None:
        """End everything: what waits was certainly not done, what is under way is unknown."""
        for parcel in list(self.active.values()):
            if parcel.task is not None:
                parcel.task.cancel()
            for bundle in parcel.bundles:
                for letter in bundle.letters:
                    self.close_letter(letter, [Failure.UNKNOWN] * letter.count)
        for letter in self.waiting:
            self.close_letter(letter, [Failure.BUSY] * letter.count)
        self.active.clear()
        self.waiting.clear()
        self.waiting_messages = 0

    @abstractmethod
    def _prepare(self, letter: Letter) -> None:
        """Make a letter ready to be carried, while its sender can still hear that it cannot be."""

    @abstractmethod
    async def _carry(self, parcel: Parcel) -> Sequence[Outcome]:
        """Carry a parcel once and return one outcome per bundle. Raises LinkBroken, TimeoutError."""


class RemoteLane(Lane):
    """A lane over a link."""

    def __init__(
        self, host: str, link: Link, sender: str, incarnation: int, codec: Codec, counters: Counters, limits: LaneLimits
    ) -> None:
        super().__init__(host, counters, limits)
        self._link = link
        self._sender = sender
        self._incarnation = incarnation
        self._codec = codec

    def _prepare(self, letter: Letter) -> None:
        letter.bodies = self._codec.encode_bodies(letter.messages)
        letter.messages = ()

    async def _carry(self, parcel: Parcel) -> Sequence[Outcome]:
        if parcel.payload is None:
            parcel.payload = [_group(bundle) for bundle in parcel.bundles]
            self._counters.messages_sent += sum(bundle.count for bundle in parcel.bundles)
        elif parcel.is_hollow():
            parcel.payload = []
        batch = Batch(self._sender, self._incarnation, parcel.seq, self.floor, parcel.payload)
        blob = self._codec.encode(batch)
        self._counters.batches_sent += 1
        self._counters.bytes_sent += len(blob)
        async with asyncio.timeout(self._limits.attempt_s):
            answer = await self._link.send(blob)
        return self._decode(parcel, answer)

    def _decode(self, parcel: Parcel, blob: bytes) -> Sequence[Outcome]:
        try:
            parts = self._codec.decode_batch_answer(blob).parts
        except msgspec.DecodeError as error:
            raise LinkBroken(f"the answer is no batch answer: {error}") from None
        return [self._decode_part(bundle, part) for bundle, part in zip(parcel.bundles, parts, strict=False)]

    def _decode_part(self, bundle: Bundle, part: msgspec.Raw) -> Outcome:
        try:
            outcome = self._codec.decode_part(bundle.address, part)
        except (msgspec.DecodeError, KeyError) as error:
            self._counters.undecodable += 1
            log.error("the answers from %s cannot be decoded: %s", bundle.address, error)
            return MARK_FAILED
        if isinstance(outcome, list) and bundle.wants and len(outcome) != bundle.count:
            self._counters.undecodable += 1
            return MARK_FAILED
        return outcome


def _group(bundle: Bundle) -> Group:
    bodies = b"".join([letter.bodies for letter in bundle.letters])
    for letter in bundle.letters:
        letter.bodies = b""
    return Group(bundle.address, int(bundle.wants), msgspec.Raw(array_header(bundle.count) + bodies))


class LocalLane(Lane):
    """The short cut to actors of the same host: no encoding, no link, the same batches."""

    may_double = False
    batch_messages = LOCAL_MESSAGES

    def __init__(self, host: str, receiver: Receiver, counters: Counters, limits: LaneLimits) -> None:
        super().__init__(host, counters, limits)
        self._receiver = receiver

    def _prepare(self, letter: Letter) -> None:
        """Nothing to do: frozen messages are handed over as they are."""

    async def _carry(self, parcel: Parcel) -> Sequence[Outcome]:
        self._counters.local_batches += 1
        orders: list[Order] = [
            (bundle.address, bundle.wants, [message for letter in bundle.letters for message in letter.messages])
            for bundle in parcel.bundles
        ]
        return await self._receiver.run_local(self.host, orders)
