"""The recorder: one record of each finished round, once, each after the one before, whatever dies or races."""

from __future__ import annotations

import msgpack
import pytest
from nacl.exceptions import BadSignatureError

from actors.domain.round_record import WHAT, genesis, link
from actors.ports import StoreUnavailable
from actors.supervisors.journal import CheckpointMoved
from actors.supervisors.recorder import EVERY_MS, PAGE, RoundRecorder
from server.evidence import EvidenceSigner
from tests.fakes.api import ManualClock
from tests.fakes.round_records import FakeRoundRecords

SIGNER = EvidenceSigner(bytes(range(32)))


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = FakeRoundRecords()
        self.recorder = self.another()

    def another(self) -> RoundRecorder:
        """Return a recorder as after a restart, or beside the first."""
        return RoundRecorder(self.store, SIGNER, self.clock, fatal=_fatal)

    async def work(self) -> None:
        """Let the next look be due."""
        self.clock.ms += EVERY_MS
        await self.recorder.work()

    def chain_of(self, table_id: str) -> list[int]:
        """Return the round numbers of a table's records, which must be a chain."""
        before = genesis(table_id)
        for seq, one in enumerate(self.store.signed[table_id], 1):
            assert (one.record.seq, one.record.before) == (seq, before)
            SIGNER.verify_key.verify(one.body, one.signature)
            before = link(one.body)
        return [one.record.round_no for one in self.store.signed[table_id]]


def _fatal(error: BaseException) -> None:
    raise error


@pytest.fixture
def world() -> World:
    return World()


async def test_finished_rounds_are_recorded_in_order_for_each_table(world: World) -> None:
    for number in (1, 2, 3):
        world.store.finish("roulette-1", number)
    world.store.finish("roulette-2", 7, is_voided=True)
    await world.work()
    assert world.chain_of("roulette-1") == [1, 2, 3]
    assert world.chain_of("roulette-2") == [7]
    assert world.recorder.counters()["recorded_total"] == 4


async def test_next_look_goes_on_after_the_last_record(world: World) -> None:
    world.store.finish("t", 1)
    await world.work()
    world.store.finish("t", 2)
    await world.another().work()
    assert world.chain_of("t") == [1, 2]


async def test_more_rounds_than_a_page_are_recorded_in_one_look(world: World) -> None:
    for number in range(1, 2 * PAGE + 2):
        world.store.finish("t", number)
    await world.work()
    assert world.chain_of("t") == list(range(1, 2 * PAGE + 2))


async def test_nothing_is_looked_for_before_a_second_is_over(world: World) -> None:
    await world.work()
    world.store.finish("t", 1)
    await world.recorder.work()
    assert world.store.signed == {}


async def test_record_whose_answer_was_lost_is_not_made_twice(world: World) -> None:
    world.store.finish("t", 1)
    world.store.lost_answers = 1
    with pytest.raises(StoreUnavailable):
        await world.work()
    world.store.finish("t", 2)
    await world.work()
    assert world.chain_of("t") == [1, 2]


async def test_of_two_recorders_at_once_one_wins_and_the_other_looks_again(world: World) -> None:
    world.store.finish("t", 1)
    signed = FakeRoundRecords()
    signed.rounds = world.store.rounds
    await RoundRecorder(signed, SIGNER, world.clock, fatal=_fatal).work()
    world.store.before_add = lambda: world.store.signed.update(signed.signed)
    with pytest.raises(CheckpointMoved):
        await world.work()
    await world.work()
    assert world.chain_of("t") == [1]


async def test_record_is_a_list_of_plain_values_in_the_order_that_is_published(world: World) -> None:
    world.store.finish("t", 1)
    await world.work()
    (one,) = world.store.signed["t"]
    fields = msgpack.unpackb(one.body)
    assert fields == [
        *(WHAT, "t", 1, (1).to_bytes(16, "big"), 1, "roulette", "roulette-eu-1:x", "settled"),
        *("ab" * 32, "cd" * 32, "salt", 17, [], b"", b"", 5, genesis("t"), SIGNER.key_id),
    ]


async def test_changed_record_is_not_what_was_signed(world: World) -> None:
    world.store.finish("t", 1)
    await world.work()
    (one,) = world.store.signed["t"]
    with pytest.raises(BadSignatureError):
        SIGNER.verify_key.verify(one.body.replace(b"\x11", b"\x12"), one.signature)
