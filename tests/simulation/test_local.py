"""The watch over what is handed over as objects, on objects that are not what their encoding gives: it notices each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from actors.domain.audiences import Audience
from actors.domain.commands import Noted, Seat, TableLine, TakeSeat, UndoBet
from actors.domain.contracts import CONTRACTS
from actors.runtime.batches import Codec
from actors.runtime.counters import Counters
from actors.runtime.receiver import Receiver
from tests.simulation.local import Handed, WatchedCourier
from tests.simulation.loop import run_virtual

ADDRESS = "table/roulette-1"
SEAT = Seat(player_id=1, name="player1", shard=1, gateway="gateway/0")
LINE = TableLine(ADDRESS, "roulette", "rng", "Simulated", 1, 100, 1_000, 0, "open")


class Table:
    """An actor that gives the same answer to everything, and does something to what it got."""

    def __init__(self, answer: Any = LINE, spoil: Any = lambda messages: None) -> None:
        self.answer = answer
        self._spoil = spoil

    async def handle_batch(self, sender: str, messages: Sequence[Any]) -> Sequence[Any]:
        self._spoil(messages)
        return [self.answer] * len(messages)


def undo(bet_ids: Any) -> UndoBet:
    return UndoBet(SEAT, b"round", b"command", 0, bet_ids)


def found(message: Any, table: Table | None = None, at_once: Any = lambda sent: None, later: Any = id) -> list[str]:
    """Return what the watch says of one message to a table of the same host.

    at_once: is done to the sender's list when the message has been handed over. later: to the answer by who asked.
    """

    async def main() -> list[str]:
        codec = Codec(CONTRACTS)
        handed = Handed(codec)
        receiver = Receiver(1, codec, {ADDRESS: table or Table()}, Counters(), lambda address, error: None)
        courier = WatchedCourier(
            handed,
            receiver,
            host="hall/0",
            incarnation=1,
            codec=codec,
            host_of=lambda address: "hall/0",
            connect=lambda host: pytest.fail("no link is needed"),
            counters=Counters(),
        )
        messages = [message]
        answers = courier.ask_all(ADDRESS, messages)
        at_once(messages)
        for answer in await answers:
            later(answer)
        courier.close()
        return handed.broken + handed.changed()

    result: list[str] = run_virtual(main())
    return result


def test_message_and_answer_that_equal_their_encoding_are_in_order() -> None:
    assert found(undo([b"one"])) == []


def test_enumeration_may_stand_for_its_number() -> None:
    assert found(TakeSeat(SEAT, audience=Audience.DEALER)) == []


@pytest.mark.parametrize(
    ("message", "where"),
    [
        (undo((b"one",)), ".bet_ids: tuple (b'one',) is not list [b'one']"),
        (undo([bytearray(b"one")]), ".bet_ids[0]: bytearray bytearray(b'one') is not bytes b'one'"),
        (TakeSeat(msgspec.structs.replace(SEAT, shard=True)), "Expected `int`, got `bool`"),
        (undo([object()]), "ValidationError"),
        (Noted(), "ValidationError"),
    ],
)
def test_message_that_differs_from_its_encoding_is_named(message: Any, where: str) -> None:
    (sentence,) = found(message)
    assert sentence.startswith(f"to {ADDRESS}: {type(message).__name__}(")
    assert where in sentence


def test_answer_that_differs_from_its_encoding_is_named() -> None:
    (sentence,) = found(undo([]), Table(msgspec.structs.replace(LINE, last=(7,))))
    assert sentence.startswith(f"answer of {ADDRESS}: TableLine(")
    assert ".last: tuple (7,) is not list [7]" in sentence


def test_list_that_its_sender_empties_at_once_is_noticed() -> None:
    assert "changed before it arrived" in found(undo([]), at_once=list.clear)[0]


def test_message_that_its_receiver_changes_is_noticed() -> None:
    (sentence,) = found(undo([b"one"]), Table(spoil=lambda messages: messages[0].bet_ids.append(b"two")))
    assert sentence.startswith(f"to {ADDRESS}: changed later: UndoBet(")


def test_answer_that_who_asked_changes_is_noticed() -> None:
    table = Table(msgspec.structs.replace(LINE, last=[]))
    (sentence,) = found(undo([]), table, later=lambda answer: answer.last.append(7))
    assert sentence.startswith(f"answer of {ADDRESS}: changed later: TableLine(")
