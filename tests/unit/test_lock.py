"""One run per state folder; what a dead one wrote does not count."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from server.embedded.lock import LockHeld, StateLock
from server.embedded.processes import ProcessMark, is_running, mark
from server.embedded.run_file import RunFile, end_leftovers, forget_run, read_run


def test_held_lock_is_refused_naming_the_holder_and_the_way_out(tmp_path: Path) -> None:
    lock = StateLock(tmp_path)
    lock.acquire()
    with pytest.raises(LockHeld, match=rf"process {os.getpid()},.*croupier stop"):
        StateLock(tmp_path).acquire()
    lock.release()


def test_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    lock = StateLock(tmp_path)
    lock.acquire()
    lock.release()
    lock.acquire()
    lock.release()


def test_file_left_by_a_dead_process_does_not_lock(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(msgspec.json.encode(ProcessMark("up", 1, 12.0)))
    lock = StateLock(tmp_path)
    assert lock.holder() is None
    lock.acquire()
    lock.release()


def test_damaged_lock_file_does_not_lock(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("{")
    lock = StateLock(tmp_path)
    lock.acquire()
    assert lock.holder() == mark("up", os.getpid())
    lock.release()


def test_number_reused_by_a_later_process_is_not_taken_for_the_recorded_one() -> None:
    own = mark("test", os.getpid())
    assert own is not None
    assert is_running(own)
    assert not is_running(msgspec.structs.replace(own, started_s=own.started_s - 60))


def test_run_file_written_is_read_back_and_forgotten(tmp_path: Path) -> None:
    run = RunFile(up=ProcessMark("up", 1, 2.0), http="http://127.0.0.1:8080", ready=True)
    run.note("self", os.getpid())
    run.write(tmp_path)
    assert read_run(tmp_path) == run
    forget_run(tmp_path)
    assert read_run(tmp_path) is None


def test_process_noted_twice_is_kept_once(tmp_path: Path) -> None:
    run = RunFile(up=ProcessMark("up", 1, 2.0))
    run.note("self", os.getpid())
    run.note("self again", os.getpid())
    assert [process.name for process in run.processes] == ["self again"]


def test_worker_that_a_dead_ray_was_starting_is_ended_and_no_other_session_s() -> None:
    asleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    with (
        subprocess.Popen([*asleep, "--session-name=session_1_99"]) as ours,
        subprocess.Popen([*asleep, "--session-name=session_1_999"]) as others,
    ):
        try:
            left = asyncio.run(end_leftovers(RunFile(up=ProcessMark("up", 1, 2.0), ray_session="session_1_99")))
            assert [one.pid for one in left] == [ours.pid]
            assert ours.wait(10) != 0
            assert others.poll() is None
            assert asyncio.run(end_leftovers(RunFile(up=ProcessMark("up", 1, 2.0)))) == []
        finally:
            ours.kill()
            others.kill()
