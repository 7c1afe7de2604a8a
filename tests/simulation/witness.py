"""What anybody asked a wallet and was answered: the evidence that `replies.py` holds against the journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from actors.ports import Post, Replies

if TYPE_CHECKING:
    from tests.simulation.world import World


class Exchange:
    """One message to a wallet shard and its answer (None: the asker died, or the run ended).

    sent, answered: moments of the world. sent_seq, answered_seq: how far the shard's journal was durable then.
    """

    __slots__ = (
        "answer",
        "answered",
        "answered_s",
        "answered_seq",
        "asker",
        "message",
        "sent",
        "sent_s",
        "sent_seq",
        "shard",
    )

    def __init__(self, asker: str, shard: int, message: Any, sent: int, sent_seq: int, sent_s: float) -> None:
        self.asker = asker
        self.shard = shard
        self.message = message
        self.sent = sent
        self.sent_seq = sent_seq
        self.sent_s = sent_s
        self.answer: Any = None
        self.answered = 0
        self.answered_s = 0.0
        self.answered_seq = 0


class Witness:
    """The `Post` of one life: its courier, and a record of everything between it and the wallets."""

    def __init__(self, world: World, asker: str, post: Post) -> None:
        self._world = world
        self._asker = asker
        self._post = post

    def tell(self, address: str, messages: Sequence[msgspec.Struct]) -> bool:
        """See `Post.tell`."""
        return self._post.tell(address, messages)

    def ask(
        self,
        address: str,
        messages: Sequence[msgspec.Struct],
        on_replies: Callable[[Replies], None],
        timeout_s: float = 5.0,
    ) -> None:
        """See `Post.ask`."""
        asked = self._sent(address, messages)

        def take(replies: Replies) -> None:
            self._answered(asked, replies)
            on_replies(replies)

        self._post.ask(address, messages, take if asked else on_replies, timeout_s)

    def ask_all(self, address: str, messages: Sequence[msgspec.Struct], timeout_s: float = 5.0) -> Awaitable[Replies]:
        """See `Post.ask_all`."""
        future = self._world.loop.create_future()

        def take(replies: Replies) -> None:
            if not future.done():  # its owner may have been cancelled
                future.set_result(replies)

        self.ask(address, messages, take, timeout_s)
        return future

    def _sent(self, address: str, messages: Sequence[msgspec.Struct]) -> list[Exchange]:
        if not address.startswith("wallet/"):
            return []
        world, shard = self._world, int(address[7:])
        world.moment += 1
        seq, now_s = world.durable(shard), world.loop.time()
        asked = [Exchange(self._asker, shard, message, world.moment, seq, now_s) for message in messages]
        world.history += asked
        if world.is_tracing:
            for message in messages:
                world.log(f"{self._asker} -> {address}: {shown(message)}")
        return asked

    def _answered(self, asked: list[Exchange], replies: Replies) -> None:
        world = self._world
        world.moment += 1
        for one, answer in zip(asked, replies, strict=True):
            one.answer = answer
            one.answered = world.moment
            one.answered_s = world.loop.time()
            one.answered_seq = world.durable(one.shard)
            if world.is_tracing:
                world.log(f"{self._asker} <- wallet/{one.shard}: {shown(answer)} to {shown(one.message)}")


def shown(what: Any) -> str:
    """Return a message in one readable line: its name and fields, ids by their last four bytes."""
    if not isinstance(what, msgspec.Struct):
        return str(what)
    fields = ", ".join(f"{name}={_value(getattr(what, name))}" for name in what.__struct_fields__)
    return f"{type(what).__name__}({fields})"


def _value(value: Any) -> str:
    if isinstance(value, bytes):
        return value[-4:].hex()
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    return shown(value) if isinstance(value, msgspec.Struct) else repr(value)
