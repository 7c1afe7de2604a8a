"""The life of a supervisor: woken by hints, by the poll, through outages, and ended by a bug."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from actors.domain.commands import Noted
from actors.domain.events import JournalGrew
from actors.ports import StoreUnavailable
from actors.supervisors.follower import POLL_S, Supervisor
from actors.supervisors.group import SupervisorGroup
from tests.simulation.loop import run_virtual


class Worker(Supervisor):
    """Counts its work; `trouble` is raised by the next."""

    def __init__(self, fatal: Callable[[BaseException], None] = lambda error: None, breath_s: float = 0.05) -> None:
        super().__init__("supervisor/worker", fatal=fatal, breath_s=breath_s)
        self.works = 0
        self.doubts = 0
        self.trouble: Exception | None = None

    async def work(self) -> None:
        """Count, or raise."""
        self.works += 1
        trouble, self.trouble = self.trouble, None
        if trouble is not None:
            raise trouble

    def doubt(self) -> None:
        """Count."""
        self.doubts += 1


async def _life(worker: Worker, during: Callable[[], None], seconds: float) -> None:
    await worker.start()
    await asyncio.sleep(0.5)
    during()
    await asyncio.sleep(seconds)
    await worker.stop()


def test_without_hints_it_works_once_a_second() -> None:
    worker = Worker()
    run_virtual(_life(worker, lambda: None, 10))
    assert 9 <= worker.works <= 12


def test_hint_wakes_it_at_once() -> None:
    async def main() -> int:
        worker = Worker()
        await worker.start()
        await asyncio.sleep(0.5)
        before = worker.works
        assert await worker.handle_batch("wallet/0", [JournalGrew(0, 1), JournalGrew(0, 2)]) == [Noted(), Noted()]
        await asyncio.sleep(0.1)
        await worker.stop()
        return worker.works - before

    assert run_virtual(main()) == 1


@pytest.mark.parametrize(("breath_s", "works_max"), [(0.05, 22), (0.25, 5), (POLL_S, 2)])
def test_hints_without_end_do_not_make_it_spin(breath_s: float, works_max: int) -> None:
    async def main() -> int:
        worker = Worker(breath_s=breath_s)
        await worker.start()
        for _ in range(1000):
            await worker.handle_batch("wallet/0", [JournalGrew(0, 1)])
            await asyncio.sleep(0.001)
        await worker.stop()
        return worker.works

    assert 1 < run_virtual(main()) <= works_max


def test_outage_is_outlived_with_doubt() -> None:
    worker = Worker()

    def trouble() -> None:
        worker.trouble = StoreUnavailable("away")

    run_virtual(_life(worker, trouble, 10))
    assert (worker.doubts, worker.counters()["outages_total"]) == (1, 1)
    assert worker.works > 5


def test_bug_is_fatal() -> None:
    errors: list[BaseException] = []
    worker = Worker(errors.append)

    def trouble() -> None:
        worker.trouble = ZeroDivisionError("bug")

    run_virtual(_life(worker, trouble, 10))
    assert [type(error) for error in errors] == [ZeroDivisionError]
    assert worker.works == 2


def test_group_starts_wakes_and_stops_every_member() -> None:
    async def main() -> tuple[int, int]:
        members = (Worker(), Worker())
        group = SupervisorGroup(members)
        await group.start()
        await asyncio.sleep(0.5)
        await group.handle_batch("wallet/0", [JournalGrew(0, 1)])
        await asyncio.sleep(0.1)
        await group.stop()
        await group.stop()
        await asyncio.sleep(5)
        return members[0].works, members[1].works

    assert run_virtual(main()) == (2, 2)
