"""The notary: one checkpoint when books have grown, once, in both places, and none that contradicts an older one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actors.domain.evidence import CHECKPOINT, checkpoint_genesis, checkpoint_link
from actors.ports import StoreUnavailable
from actors.supervisors.journal import CheckpointMoved
from actors.supervisors.notary import Notary
from server.audit.seals import check_seal, read_record
from server.evidence import EvidenceSigner
from server.storage.checkpoints import CheckpointFiles, checkpoint_file
from tests.fakes.api import ManualClock
from tests.fakes.evidence import FakeCheckpoints

SIGNER = EvidenceSigner(bytes(range(32)))
PERIOD_S = 10


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = FakeCheckpoints()
        self.notary = self.another()

    def another(self) -> Notary:
        """Return a notary as after a restart, or beside the first."""
        return Notary(self.store, self.store, SIGNER, self.clock, period_s=PERIOD_S, fatal=_fatal)

    async def work(self) -> None:
        """Let the next checkpoint be due."""
        self.clock.ms += PERIOD_S * 1000
        await self.notary.work()


def _fatal(error: BaseException) -> None:
    raise error


@pytest.fixture
def world() -> World:
    return World()


async def test_grown_books_are_signed_in_both_places(world: World) -> None:
    world.store.book(3)
    await world.work()
    ((seq, line),) = world.store.signed
    assert (seq, world.store.place) == (3, [line])
    record = read_record(line)
    check_seal(record, CHECKPOINT, {SIGNER.key_id: SIGNER.verify_key})
    assert (record["n"], record["seq"], record["head"]) == (1, 3, world.store.hashes[2])
    assert (record["before"], record["trial"]) == (checkpoint_genesis(0), [[1, 10, -5], [1, 100, 5]])


async def test_books_that_have_not_grown_are_not_signed_again(world: World) -> None:
    await world.work()
    world.store.book()
    await world.work()
    await world.work()
    assert len(world.store.signed) == 1


async def test_nothing_is_signed_before_the_period_is_over(world: World) -> None:
    world.store.book()
    await world.work()
    world.store.book()
    world.clock.ms += PERIOD_S * 1000 - 1
    await world.notary.work()
    assert len(world.store.signed) == 1


async def test_each_checkpoint_names_the_one_before(world: World) -> None:
    for _ in range(3):
        world.store.book()
        await world.work()
    first, second, third = world.store.place
    assert [json.loads(line)["before"] for line in (second, third)] == [checkpoint_link(first), checkpoint_link(second)]


@pytest.mark.parametrize("cut", ["before add", "after add", "before append", "after append"])
async def test_cut_anywhere_leaves_one_line_in_both_places_after_the_next_try(world: World, cut: str) -> None:
    world.store.book()
    world.store.cuts.add(cut)
    with pytest.raises(StoreUnavailable):
        await world.work()
    await world.another().work()
    assert [line for _, line in world.store.signed] == world.store.place
    assert len(world.store.place) == 1


async def test_of_two_notaries_one_signs(world: World) -> None:
    """Both have looked before either signs: the number is taken once."""
    world.store.book()
    standing = await world.store.look(0)
    await world.work()

    async def look(shard: int) -> object:
        return standing

    late = world.another()
    world.store.look = look  # type: ignore[method-assign, assignment]
    world.store.place = []
    with pytest.raises(CheckpointMoved):
        await late.work()
    assert len(world.store.signed) == 1


async def test_lost_second_place_is_filled_from_the_database(world: World) -> None:
    for _ in range(3):
        world.store.book()
        await world.work()
    kept = [line for _, line in world.store.signed]
    for left in (kept[:2], kept[:1], []):
        world.store.place = list(left)
        await world.another().work()
        assert world.store.place == kept


async def test_signed_row_that_has_changed_is_a_breach_and_nothing_is_signed(world: World) -> None:
    world.store.book(2)
    await world.work()
    world.store.hashes = [f"{n:064x}" for n in (7, 8, 9)]
    await world.work()
    assert (len(world.store.signed), world.notary.counters()["breaches"]) == (1, 1)
    assert "row 2 is not the one" in world.notary.breaches[0]


async def test_breach_that_is_mended_is_signed_again(world: World) -> None:
    world.store.book(2)
    await world.work()
    good = list(world.store.hashes)
    world.store.hashes = []
    await world.work()
    assert world.notary.breaches != {}
    world.store.hashes = [*good, "ab" * 32]
    await world.work()
    assert (len(world.store.signed), world.notary.breaches) == (2, {})


async def test_database_that_was_set_back_is_a_breach(world: World) -> None:
    for _ in range(2):
        world.store.book()
        await world.work()
    del world.store.signed[-1], world.store.hashes[-1]
    world.store.book()
    await world.work()
    assert (len(world.store.signed), len(world.store.place)) == (1, 2)
    assert "the second place ends with checkpoint 2" in world.notary.breaches[0]


@pytest.mark.parametrize("line", ["{}", "no record", '{"n":1}', '{"n":9}'])
async def test_strange_line_in_the_second_place_is_a_breach(world: World, line: str) -> None:
    for _ in range(2):
        world.store.book()
        await world.work()
    world.store.place[-1] = line
    world.store.book()
    await world.work()
    assert len(world.store.signed) == 2
    assert 0 in world.notary.breaches


async def test_head_that_is_not_the_last_rows_is_a_breach(world: World) -> None:
    world.store.book()
    world.store.head = "ff" * 32
    await world.work()
    assert (world.store.signed, list(world.notary.breaches)) == ([], [0])


@pytest.mark.parametrize("trial", [[[1, 10, -5], [1, 100, 6]], [[1, 100, 5], [1, 990, -5]], [[1, 10, 5], [2, 10, -5]]])
async def test_balances_that_do_not_sum_to_zero_are_not_signed(world: World, trial: list[list[int]]) -> None:
    world.store.book()
    world.store.trial = trial
    await world.work()
    assert (world.store.signed, list(world.notary.breaches)) == ([], [0])


# ---------------------------------------------------------------- files as the second place


async def test_lines_in_a_file_are_kept_one_a_line(tmp_path: Path) -> None:
    files = CheckpointFiles(tmp_path / "new" / "folder")
    assert await files.last(3) == ""
    await files.append(3, "", ["one", "two"])
    await files.append(3, "two", ["three"])
    assert await files.last(3) == "three"
    assert checkpoint_file(tmp_path / "new" / "folder", 3).read_text() == "one\ntwo\nthree\n"


async def test_append_after_another_line_is_refused(tmp_path: Path) -> None:
    files = CheckpointFiles(tmp_path)
    await files.append(0, "", ["one"])
    with pytest.raises(CheckpointMoved):
        await files.append(0, "", ["two"])
    assert await files.last(0) == "one"


async def test_line_cut_short_by_a_crash_is_dropped(tmp_path: Path) -> None:
    checkpoint_file(tmp_path, 0).write_text('one\n{"half')
    files = CheckpointFiles(tmp_path)
    assert await files.last(0) == "one"
    await files.append(0, "one", ["two"])
    assert checkpoint_file(tmp_path, 0).read_text() == "one\ntwo\n"


async def test_place_that_cannot_be_had_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable):
        await CheckpointFiles(tmp_path / "file").last(0)
