"""The receiving half of the courier: every sender's batches in its order, each batch once.

States of a batch: EARLY (an older one is missing) -> RUNNING -> ANSWERED -> forgotten (the sender's floor passed it).

Promise: while this receiver lives, a batch runs once, however often it arrives, and every arrival gets the same answer.
Batches of one sender incarnation start in the order of their seq; answers may come out of order. After a restart of the
receiver nothing is remembered: the first batch that comes tells by its floor where to go on, and what was under way
before may run again, which is why every ask must be safe to repeat. Memory: what a sender has unfinished, for at most
`SENDERS_MAX` sender incarnations.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from actors.ports import Actor
from actors.runtime.batches import MARK_ABSENT, MARK_FAILED, Batch, BatchAnswer, Codec, Group
from actors.runtime.counters import Counters

log = logging.getLogger(__name__)

SENDERS_MAX: Final = 256
EARLY_MAX: Final = 256

#: Of one group: the actor's answers by index, or a mark.
Outcome = Sequence[Any] | int
#: Address, whether answers are wanted, messages.
Order = tuple[str, bool, Sequence[Any]]


class _Run:
    """Groups that were started together; `done` gets their outcomes when the last has ended."""

    def __init__(self, receiver: Receiver, sender: str, orders: Sequence[Order | None]) -> None:
        self.done: asyncio.Future[list[Outcome]] = receiver.loop.create_future()
        self._receiver = receiver
        self._orders = orders
        self._outcomes: list[Outcome] = [MARK_FAILED] * len(orders)
        self._open = 1
        for index, order in enumerate(orders):
            if order is not None:
                self._start(sender, index, order)
        self._one_less()

    def _start(self, sender: str, index: int, order: Order) -> None:
        address, _, messages = order
        actor = self._receiver.actors.get(address)
        if actor is None:
            self._receiver.counters.groups_absent += 1
            self._outcomes[index] = MARK_ABSENT
            return
        try:
            # A task's first step runs in the order of creation: that is what keeps a sender's order at the actor.
            task = asyncio.ensure_future(actor.handle_batch(sender, messages))
        except Exception as error:  # a handler that is no coroutine function and raises at once
            self._receiver.report_failure(address, error)
            return
        self._open += 1
        task.add_done_callback(lambda ended: self._on_ended(index, address, ended))

    def _on_ended(self, index: int, address: str, task: asyncio.Future[Sequence[Any]]) -> None:
        order = self._orders[index]
        assert order is not None
        if task.cancelled():
            log.warning("handler of %s was cancelled", address)
            self._receiver.counters.groups_failed += 1
        elif (error := task.exception()) is not None:
            self._receiver.report_failure(address, error)
        elif not order[1]:
            self._outcomes[index] = ()
        else:
            answers = task.result()
            if len(answers) == len(order[2]):
                self._outcomes[index] = answers
            else:
                text = f"{address} gave {len(answers)} answers to {len(order[2])} messages"
                self._receiver.report_failure(address, AssertionError(text))
        self._one_less()

    def _one_less(self) -> None:
        self._open -= 1
        if self._open == 0 and not self.done.done():
            self.done.set_result(self._outcomes)


class _Sender:
    """What is remembered of one incarnation of one sender."""

    __slots__ = ("answers", "early", "next_seq")

    def __init__(self, next_seq: int) -> None:
        self.next_seq = next_seq
        self.early: dict[int, Batch] = {}
        self.answers: dict[int, asyncio.Future[bytes]] = {}  # of early, running and answered batches


class Receiver:
    """Takes batches for the actors of one host. `on_bug` hears of an actor that raised; the others go on."""

    def __init__(
        self,
        incarnation: int,
        codec: Codec,
        actors: Mapping[str, Actor],
        counters: Counters,
        on_bug: Callable[[str, BaseException], None],
    ) -> None:
        self.incarnation = incarnation
        self.actors = actors
        self.counters = counters
        self.loop = asyncio.get_running_loop()
        self._codec = codec
        self._on_bug = on_bug
        self._senders: OrderedDict[tuple[str, int], _Sender] = OrderedDict()
        self._nothing = codec.encode(BatchAnswer(incarnation, []))

    async def deliver(self, blob: bytes) -> bytes:
        """Take a batch and return its answer when all its groups have ended. Raises msgspec.DecodeError."""
        # Whoever carried the blob may give up waiting; the batch goes on.
        return await asyncio.shield(self.take(blob))

    def take(self, blob: bytes) -> asyncio.Future[bytes]:
        """`deliver` without a coroutine; the future is shared by all copies of the batch: do not cancel it."""
        answer = self._accept(self._codec.decode_batch(blob))
        if answer is None:
            answer = self.loop.create_future()
            answer.set_result(self._nothing)
        return answer

    def run_local(self, sender: str, orders: Sequence[Order]) -> asyncio.Future[list[Outcome]]:
        """Start orders from this very host, without encoding; return a future of one outcome per order."""
        return _Run(self, sender, orders).done

    def report_failure(self, address: str, error: BaseException) -> None:
        """Count and log an actor's exception, and tell the host."""
        self.counters.groups_failed += 1
        log.error("actor %s failed", address, exc_info=error)
        self._on_bug(address, error)

    def _accept(self, batch: Batch) -> asyncio.Future[bytes] | None:
        """Return the future of the batch's answer, None where the sender has long settled it."""
        sender = self._sender(batch)
        self._raise_floor(sender, batch.floor)
        known = sender.answers.get(batch.seq)
        if known is not None:
            self.counters.batches_repeated += 1
            return known
        if batch.seq < sender.next_seq or len(sender.early) >= EARLY_MAX:
            self.counters.batches_repeated += 1
            return None
        answer: asyncio.Future[bytes] = self.loop.create_future()
        sender.answers[batch.seq] = answer
        sender.early[batch.seq] = batch
        self._start_due(sender)
        return answer

    def _sender(self, batch: Batch) -> _Sender:
        key = (batch.sender, batch.incarnation)
        sender = self._senders.get(key)
        if sender is None:
            sender = self._senders[key] = _Sender(batch.floor)
            if len(self._senders) > SENDERS_MAX:
                self._senders.popitem(last=False)
        else:
            self._senders.move_to_end(key)
        return sender

    def _raise_floor(self, sender: _Sender, floor: int) -> None:
        for seq in [seq for seq in sender.answers if seq < floor]:
            answer = sender.answers.pop(seq)
            if sender.early.pop(seq, None) is not None:
                answer.set_result(self._nothing)  # a late copy of something that is over for the sender
        if floor > sender.next_seq:
            sender.next_seq = floor
            self._start_due(sender)

    def _start_due(self, sender: _Sender) -> None:
        while (batch := sender.early.pop(sender.next_seq, None)) is not None:
            answer = sender.answers[batch.seq]
            sender.next_seq += 1
            self._start(batch, answer)

    def _start(self, batch: Batch, answer: asyncio.Future[bytes]) -> None:
        self.counters.batches_received += 1
        run = _Run(self, batch.sender, [self._order(group) for group in batch.groups])
        run.done.add_done_callback(lambda done: self._answer(batch, answer, done.result()))

    def _answer(self, batch: Batch, answer: asyncio.Future[bytes], outcomes: Sequence[Outcome]) -> None:
        if not answer.done():
            answer.set_result(self._encode(batch, outcomes))

    def _order(self, group: Group) -> Order | None:
        """Return the group decoded, None where that is impossible."""
        try:
            messages = self._codec.decode_messages(group.address, group.messages)
        except (msgspec.DecodeError, KeyError) as error:
            self.counters.undecodable += 1
            log.error("a group for %s cannot be decoded: %s", group.address, error)
            return None
        self.counters.messages_received += len(messages)
        return group.address, bool(group.wants), messages

    def _encode(self, batch: Batch, outcomes: Sequence[Outcome]) -> bytes:
        parts = [self._encode_part(group, outcome) for group, outcome in zip(batch.groups, outcomes, strict=True)]
        return self._codec.encode(BatchAnswer(self.incarnation, parts))

    def _encode_part(self, group: Group, outcome: Outcome) -> msgspec.Raw:
        try:
            return msgspec.Raw(self._codec.encode(outcome))
        except (TypeError, ValueError, OverflowError) as error:  # an answer that no codec knows is the actor's bug
            self.report_failure(group.address, error)
            return msgspec.Raw(self._codec.encode(MARK_FAILED))
