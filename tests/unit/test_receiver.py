"""The receiver: every sender's order, every batch once, whatever arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from actors.runtime.batches import MARK_ABSENT, MARK_FAILED, Batch, BatchAnswer, Codec, Group
from tests.fakes.link import TOY_CONTRACTS, Ping, Pong, ToyHost

CODEC = Codec(TOY_CONTRACTS)


def batch(
    seq: int, numbers: Sequence[int], *, floor: int = 1, sender: str = "s", life: int = 1, to: str = "toy/a"
) -> bytes:
    messages = msgspec.Raw(CODEC.encode([Ping(n) for n in numbers]))
    return CODEC.encode(Batch(sender, life, seq, floor, [Group(to, 1, messages)]))


def parts(blob: bytes, address: str = "toy/a") -> list[list[Pong] | int]:
    return [CODEC.decode_part(address, part) for part in CODEC.decode_batch_answer(blob).parts]


async def test_batch_is_answered_with_the_receivers_incarnation() -> None:
    host = ToyHost("toy/a")
    answer = CODEC.decode_batch_answer(await host.receiver.deliver(batch(1, [5])))
    assert answer.incarnation == 1
    assert parts(CODEC.encode(answer)) == [[Pong(5, 1)]]


async def test_batches_out_of_order_start_in_order() -> None:
    host = ToyHost("toy/a")
    deliver = host.receiver.deliver
    late = [asyncio.create_task(deliver(batch(seq, [seq]))) for seq in (3, 2, 1)]
    answers = [parts(blob) for blob in await asyncio.gather(*late)]
    assert host.actors["toy/a"].seen == [1, 2, 3]
    assert answers == [[[Pong(seq, 1)]] for seq in (3, 2, 1)]


async def test_next_batch_starts_while_the_one_before_waits() -> None:
    host = ToyHost("toy/a", "toy/b")
    host.actors["toy/a"].gate.clear()
    first = asyncio.create_task(host.receiver.deliver(batch(1, [1])))
    assert parts(await host.receiver.deliver(batch(2, [2], to="toy/b"))) == [[Pong(2, 1)]]
    assert not first.done()
    host.actors["toy/a"].gate.set()
    assert parts(await first) == [[Pong(1, 1)]]


async def test_repeated_batch_gets_the_same_answer_and_runs_once() -> None:
    host = ToyHost("toy/a")
    blob = batch(1, [1])
    assert await host.receiver.deliver(blob) == await host.receiver.deliver(blob)
    assert host.actors["toy/a"].seen == [1]
    assert host.counters.batches_repeated == 1


async def test_repeated_batch_joins_the_one_that_is_running() -> None:
    host = ToyHost("toy/a")
    host.actors["toy/a"].gate.clear()
    twice = [asyncio.create_task(host.receiver.deliver(batch(1, [1]))) for _ in range(2)]
    await asyncio.sleep(0)
    host.actors["toy/a"].gate.set()
    one, other = await asyncio.gather(*twice)
    assert one == other
    assert host.actors["toy/a"].seen == [1]


async def test_carrier_that_gives_up_does_not_end_the_batch() -> None:
    host = ToyHost("toy/a")
    host.actors["toy/a"].gate.clear()
    first = asyncio.create_task(host.receiver.deliver(batch(1, [1])))
    await asyncio.sleep(0)
    first.cancel()
    host.actors["toy/a"].gate.set()
    assert parts(await host.receiver.deliver(batch(1, [1]))) == [[Pong(1, 1)]]
    assert host.actors["toy/a"].seen == [1]


async def test_first_batch_after_a_restart_starts_at_its_floor() -> None:
    host = ToyHost("toy/a")
    early = asyncio.create_task(host.receiver.deliver(batch(42, [42], floor=41)))
    await asyncio.sleep(0)
    assert host.actors["toy/a"].seen == []
    await host.receiver.deliver(batch(41, [41], floor=41))
    await early
    assert host.actors["toy/a"].seen == [41, 42]


async def test_gap_below_the_floor_is_skipped() -> None:
    host = ToyHost("toy/a")
    await host.receiver.deliver(batch(1, [1]))
    early = asyncio.create_task(host.receiver.deliver(batch(3, [3], floor=2)))
    await asyncio.sleep(0)
    await host.receiver.deliver(batch(4, [4], floor=3))
    await early
    assert host.actors["toy/a"].seen == [1, 3, 4]


async def test_late_copy_of_a_settled_batch_is_not_run() -> None:
    host = ToyHost("toy/a")
    await host.receiver.deliver(batch(1, [1]))
    await host.receiver.deliver(batch(2, [2], floor=2))
    assert parts(await host.receiver.deliver(batch(1, [1]))) == []
    assert host.actors["toy/a"].seen == [1, 2]


async def test_answers_below_the_floor_are_forgotten() -> None:
    host = ToyHost("toy/a")
    for seq in range(1, 100):
        await host.receiver.deliver(batch(seq, [seq], floor=seq))
    (sender,) = host.receiver._senders.values()
    assert len(sender.answers) == 1


async def test_two_lives_of_one_sender_are_two_senders() -> None:
    host = ToyHost("toy/a")
    await host.receiver.deliver(batch(1, [1], life=1))
    await host.receiver.deliver(batch(1, [2], life=2))
    assert host.actors["toy/a"].seen == [1, 2]


async def test_unknown_address_is_marked_absent() -> None:
    host = ToyHost("toy/a")
    assert parts(await host.receiver.deliver(batch(1, [1], to="toy/zz"))) == [MARK_ABSENT]


async def test_unknown_kind_of_address_is_marked_failed() -> None:
    host = ToyHost("toy/a")
    assert parts(await host.receiver.deliver(batch(1, [1], to="ghost/1"))) == [MARK_FAILED]


async def test_wrong_number_of_answers_is_the_actors_bug() -> None:
    class Short:
        async def handle_batch(self, sender: str, messages: Sequence[Ping]) -> Sequence[Pong]:
            return []

    host = ToyHost("toy/a")
    host.actors["toy/a"] = Short()  # type: ignore[assignment]
    assert parts(await host.receiver.deliver(batch(1, [1]))) == [MARK_FAILED]
    assert isinstance(host.bugs[0][1], AssertionError)


async def test_answer_that_cannot_be_encoded_is_the_actors_bug() -> None:
    class Odd:
        async def handle_batch(self, sender: str, messages: Sequence[Ping]) -> Sequence[object]:
            return [object()]

    host = ToyHost("toy/a")
    host.actors["toy/a"] = Odd()  # type: ignore[assignment]
    assert parts(await host.receiver.deliver(batch(1, [1]))) == [MARK_FAILED]
    assert len(host.bugs) == 1


@pytest.mark.parametrize("blob", [b"", b"\xc1", b"\x93", CODEC.encode([1, 2, 3]), CODEC.encode(BatchAnswer(1, []))])
async def test_foreign_blob_is_refused_and_changes_nothing(blob: bytes) -> None:
    host = ToyHost("toy/a")
    with pytest.raises(msgspec.DecodeError):
        await host.receiver.deliver(blob)
    assert host.actors["toy/a"].seen == []


async def test_number_of_remembered_senders_is_limited() -> None:
    host = ToyHost("toy/a")
    for n in range(300):
        await host.receiver.deliver(batch(1, [n], sender=f"s{n}"))
    assert len(host.receiver._senders) == 256
