"""The laws of the courier over a link with faults."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from actors.ports import Failure
from actors.runtime.batches import Codec
from actors.runtime.counters import Counters
from actors.runtime.courier import Courier
from actors.runtime.lane import LaneLimits
from tests.fakes.link import TOY_CONTRACTS, FakeLink, Ping, Pong, ToyActor, ToyHost


class Bench:
    """A courier at "here", a host "there" with two toys, and a toy at home."""

    def __init__(self, limits: LaneLimits | None = None, seed: int = 0) -> None:
        self.there = ToyHost("toy/a", "toy/b")
        self.here = ToyHost("toy/home")
        self.link = FakeLink(self.there, seed)
        self.counters = Counters()
        self.courier = Courier(
            self.here.receiver,
            host="here",
            incarnation=7,
            codec=Codec(TOY_CONTRACTS),
            host_of={
                "toy/a": "there",
                "toy/b": "there",
                "toy/none": "there",
                "toy/home": "here",
                "toy/desk": "here",
            }.get,
            connect=lambda _: self.link,
            counters=self.counters,
            limits=limits,
        )
        self.toy = self.there.actors["toy/a"]

    def ask(self, address: str, numbers: Sequence[int], timeout_s: float = 5.0) -> asyncio.Future[Any]:
        """Ask with pings; the future fails the test if its callback is called twice."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.courier.ask(address, [Ping(n) for n in numbers], future.set_result, timeout_s)
        return future


class Asks(ToyActor):
    """Answers with what the toy at home says to ten more."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench

    async def handle_batch(self, sender: str, messages: Sequence[Ping]) -> Sequence[Pong]:
        """Ask, await, answer."""
        answers: Sequence[Pong] = await self.bench.ask("toy/home", [message.n + 10 for message in messages])
        return answers


def pongs(numbers: Sequence[int], life: int = 1) -> list[Pong]:
    return [Pong(n, life) for n in numbers]


async def test_ask_is_answered_with_one_reply_per_message_by_index() -> None:
    bench = Bench()
    assert await bench.ask("toy/a", [3, 1, 2]) == pongs([3, 1, 2])
    assert bench.toy.senders == ["here"]


async def test_asks_of_one_moment_travel_as_one_batch_with_one_group_per_address() -> None:
    bench = Bench()
    asks = [bench.ask("toy/a", [1]), bench.ask("toy/b", [2]), bench.ask("toy/a", [3, 4])]
    assert await asyncio.gather(*asks) == [pongs([1]), pongs([2]), pongs([3, 4])]
    assert len(bench.link.blobs) == 1
    assert bench.toy.batches == [[1, 3, 4]]


async def test_idle_courier_sends_without_waiting_for_a_timer() -> None:
    bench = Bench()
    bench.ask("toy/a", [1])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(bench.link.blobs) == 1


async def test_batches_grow_while_others_are_under_way() -> None:
    bench = Bench(LaneLimits(in_flight=2, slow_s=60))
    bench.link.hold()
    asks = []
    for n in range(50):
        asks.append(bench.ask("toy/a", [n]))
        await asyncio.sleep(0)
    assert bench.link.under_way == 2
    bench.link.release()
    assert await asyncio.gather(*asks) == [pongs([n]) for n in range(50)]
    assert len(bench.link.blobs) == 3


async def test_batch_above_the_message_limit_is_split() -> None:
    bench = Bench()
    asks = [bench.ask("toy/a", range(k, k + 600)) for k in (0, 600, 1_200)]
    await asyncio.gather(*asks)
    assert [len(batch) for batch in bench.toy.batches] == [600, 600, 600]
    assert bench.toy.seen == list(range(1_800))


async def test_single_list_above_the_limit_goes_as_one_batch() -> None:
    bench = Bench()
    assert len(await bench.ask("toy/a", range(70_000))) == 70_000
    assert len(bench.toy.batches) == 1


async def test_tell_is_delivered_and_keeps_its_place_between_asks() -> None:
    bench = Bench()
    first = bench.ask("toy/a", [1])
    assert bench.courier.tell("toy/a", [Ping(2)])
    last = bench.ask("toy/a", [3])
    assert [await first, await last] == [pongs([1]), pongs([3])]
    assert bench.toy.seen == [1, 2, 3]


async def test_full_queue_is_busy_and_sends_nothing() -> None:
    bench = Bench(LaneLimits(queue_messages=10, in_flight=1, slow_s=60))
    bench.link.hold()
    first = bench.ask("toy/a", [0])
    await asyncio.sleep(0)
    queued = bench.ask("toy/a", range(1, 11))
    assert not bench.courier.tell("toy/a", [Ping(98)])
    assert await bench.ask("toy/a", [99, 100]) == [Failure.BUSY, Failure.BUSY]
    bench.link.release()
    await asyncio.gather(first, queued)
    assert bench.toy.seen == list(range(11))
    assert bench.counters.busy == 3


async def test_unknown_address_is_busy() -> None:
    bench = Bench()
    assert await bench.ask("toy/nowhere", [1]) == [Failure.BUSY]
    assert not bench.courier.tell("toy/nowhere", [Ping(1)])


async def test_actor_absent_from_its_host_is_unknown_and_leaves_others_alone() -> None:
    """Found by a simulated seed: a copy of the batch reached the next life of the wallet and reserved a stake.

    The table had been told that certainly nothing was done, left the bet out of its plan, and nobody ever gave it back.
    """
    bench = Bench()
    asks = [bench.ask("toy/none", [1, 2]), bench.ask("toy/a", [3])]
    assert await asyncio.gather(*asks) == [[Failure.UNKNOWN, Failure.UNKNOWN], pongs([3])]


async def test_answer_is_never_given_from_within_the_ask() -> None:
    bench = Bench()
    refused = bench.ask("toy/nowhere", [1])
    assert not refused.done()
    await refused


async def test_sent_and_unanswered_at_the_deadline_is_unknown() -> None:
    bench = Bench()
    bench.toy.gate.clear()
    assert await bench.ask("toy/a", [1, 2], timeout_s=0.1) == [Failure.UNKNOWN, Failure.UNKNOWN]
    bench.toy.gate.set()
    assert await bench.ask("toy/a", [3]) == pongs([3])


async def test_unsent_at_the_deadline_is_busy_because_nothing_was_done() -> None:
    bench = Bench(LaneLimits(in_flight=1, slow_s=60))
    bench.link.hold()
    first = bench.ask("toy/a", [1])
    await asyncio.sleep(0)
    assert await bench.ask("toy/a", [2], timeout_s=0.1) == [Failure.BUSY]
    bench.link.release()
    await first
    assert bench.toy.seen == [1]


async def test_lost_answer_repeats_the_batch_but_not_the_work() -> None:
    bench = Bench()
    bench.link.lose_after = 1.0
    ask = bench.ask("toy/a", [1])
    await asyncio.sleep(0.2)
    assert len(bench.link.blobs) >= 3
    bench.link.lose_after = 0.0
    assert await ask == pongs([1])
    assert bench.toy.seen == [1]


async def test_ask_is_sent_again_to_a_restarted_host() -> None:
    bench = Bench()
    bench.there.crash()
    ask = bench.ask("toy/a", [1])
    await asyncio.sleep(0.05)
    bench.there.restart()
    assert await ask == pongs([1], life=2)


async def test_broken_link_ends_in_unknown_at_the_deadline() -> None:
    bench = Bench()
    bench.there.crash()
    assert await bench.ask("toy/a", [1], timeout_s=0.2) == [Failure.UNKNOWN]


async def test_expired_batch_leaves_no_gap_behind() -> None:
    bench = Bench()
    bench.there.crash()
    assert await bench.ask("toy/a", [1], timeout_s=0.1) == [Failure.UNKNOWN]
    later = bench.ask("toy/a", [2])
    bench.there.is_up = True
    assert await later == pongs([2])


async def test_slow_actor_does_not_stop_the_others_of_its_host() -> None:
    bench = Bench(LaneLimits(in_flight=1, slow_s=0.05))
    bench.toy.gate.clear()
    slow = bench.ask("toy/a", [1])
    await asyncio.sleep(0)
    assert await bench.ask("toy/b", [2]) == pongs([2])
    bench.toy.gate.set()
    assert await slow == pongs([1])


async def test_failing_actor_is_unknown_for_its_asks_only() -> None:
    bench = Bench()
    bench.toy.error = RuntimeError("bug")
    asks = [bench.ask("toy/a", [1]), bench.ask("toy/b", [2])]
    assert await asyncio.gather(*asks) == [[Failure.UNKNOWN], pongs([2])]
    assert [address for address, _ in bench.there.bugs] == ["toy/a"]


async def test_failing_callback_does_not_lose_the_answers_of_others() -> None:
    bench = Bench()

    def fail(_: Any) -> None:
        raise RuntimeError("bug in a caller")

    bench.courier.ask("toy/a", [Ping(1)], fail)
    assert await bench.ask("toy/a", [2]) == pongs([2])
    assert bench.counters.callbacks_failed == 1


async def test_local_address_needs_no_link() -> None:
    bench = Bench()
    asks = [bench.ask("toy/home", [1]), bench.ask("toy/home", [2, 3])]
    assert not asks[0].done()
    assert await asyncio.gather(*asks) == [pongs([1]), pongs([2, 3])]
    assert bench.here.actors["toy/home"].batches == [[1, 2, 3]]
    assert bench.link.blobs == []


async def test_local_actor_that_asks_another_one_here_before_it_answers_does_not_wait_for_itself() -> None:
    """Cause: with one lane for all of a host, the table's question waited behind the gateway's, which waited for it."""
    bench = Bench(LaneLimits(in_flight=1, slow_s=60))
    bench.here.actors["toy/desk"] = Asks(bench)
    asks = [bench.ask("toy/desk", [1]), bench.ask("toy/desk", [2])]
    async with asyncio.timeout(1):
        assert await asyncio.gather(*asks) == [pongs([11]), pongs([12])]
    assert bench.here.actors["toy/home"].seen == [11, 12]
    assert bench.courier.depths() == {"toy/desk": (0, 0), "toy/home": (0, 0)}


async def test_message_that_cannot_be_encoded_is_the_callers_error() -> None:
    class Odd(msgspec.Struct):
        what: object

    bench = Bench()
    with pytest.raises(TypeError):
        bench.courier.tell("toy/a", [Odd(object())])
    assert await bench.ask("toy/a", [1]) == pongs([1])


async def test_message_foreign_to_the_address_is_unknown_and_no_bug_of_the_actor() -> None:
    class Foreign(msgspec.Struct, array_like=True, tag=9):
        what: int

    bench = Bench()
    assert await bench.courier.ask_all("toy/a", [Foreign(1)]) == [Failure.UNKNOWN]
    assert bench.there.bugs == []
    assert bench.there.counters.undecodable == 1


async def test_close_answers_everything_that_is_open() -> None:
    bench = Bench(LaneLimits(in_flight=1, slow_s=60))
    bench.link.hold()
    sent = bench.ask("toy/a", [1])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    queued = bench.ask("toy/a", [2])
    bench.courier.close()
    assert await sent == [Failure.UNKNOWN]
    assert await queued == [Failure.BUSY]
    assert await bench.ask("toy/a", [3]) == [Failure.BUSY]


async def test_drain_waits_for_what_is_under_way() -> None:
    bench = Bench()
    bench.toy.gate.clear()
    ask = bench.ask("toy/a", [1])
    assert not await bench.courier.drain(0.1)
    bench.toy.gate.set()
    assert await bench.courier.drain(5)
    assert ask.done()


@pytest.mark.parametrize("seed", range(12))
async def test_under_faults_order_holds_and_nothing_runs_twice_in_one_life(seed: int) -> None:
    bench = Bench(LaneLimits(in_flight=4, slow_s=0.01, attempt_s=1.0), seed)
    bench.link.lose_before = bench.link.lose_after = 0.15
    bench.link.repeat = bench.link.delay = 0.3
    asks = []
    for n in range(300):
        asks.append(bench.ask("toy/a", [n], timeout_s=20))
        if n % 3 == 0:
            await asyncio.sleep(0.001)
        if n == 150:
            bench.there.crash()
            await asyncio.sleep(0.02)
            bench.there.restart()
    answers = await asyncio.gather(*asks)
    assert [(answer.n, len(replies)) for replies in answers for answer in replies] == [(n, 1) for n in range(300)]
    for life in bench.there.lives:
        seen = life["toy/a"].seen
        assert seen == sorted(set(seen))
