"""Processes of the embedded services: starting, recognising, ending them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import psutil

_LAUNCHER = Path(__file__).with_name("launch.py")


class EmbeddedError(Exception):
    """An embedded service cannot run here; the text says why and what to do."""


class Identity(msgspec.Struct, frozen=True):
    """A user and group to run a service as; -1 is ourselves."""

    uid: int = -1
    gid: int = -1


class ProcessMark(msgspec.Struct, frozen=True):
    """What tells one process from a later one with the same number."""

    name: str
    pid: int
    started_s: float  # since 1970


def mark(name: str, pid: int) -> ProcessMark | None:
    """Return the mark of a running process, None when there is none."""
    try:
        return ProcessMark(name, pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def is_running(process: ProcessMark) -> bool:
    """Return whether this very process still runs; a zombie does not."""
    return bool(running([process]))


def running(marks: Iterable[ProcessMark]) -> list[psutil.Process]:
    """Return those of these very processes that still run; a zombie does not."""
    found = []
    for one in marks:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(one.pid)
            same = abs(process.create_time() - one.started_s) < 2.0
            if same and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def spawn(
    program: Sequence[str | Path],
    *,
    log: Path,
    identity: Identity,
    on_parent_death: signal.Signals,
    environment: Mapping[str, str],
    folder: Path,
) -> subprocess.Popen[bytes]:
    """Start a service in a session of its own: Ctrl-C in the terminal reaches only us, and we stop things in order.

    The kernel sends it on_parent_death when the *thread* that called this ends: call it from the main thread.
    """
    command = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
    command += [str(identity.uid), str(identity.gid), str(int(on_parent_death)), *map(str, program)]
    with open(log, "ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=dict(environment),
            cwd=folder,
        )


def running_in(folder: Path, program: str) -> list[psutil.Process]:
    """Return the processes of that program which have the folder as their working directory."""
    wanted = os.path.realpath(folder)
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == program and process.cwd() == wanted and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def started_for(ray_session: str) -> list[ProcessMark]:
    """Return the processes that Ray started for this session and that have not taken a title of their own yet."""
    if not ray_session:
        return []
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if f"--session-name={ray_session}" in process.cmdline():
                found.append(ProcessMark(f"ray {process.name()}", process.pid, process.create_time()))
    return found


async def end(processes: Iterable[psutil.Process], first: signal.Signals, patience_s: float) -> None:
    """End the processes: the given signal, then kill for those who did not listen. Returns when they are gone."""
    waiting = list(processes)
    _signal_all(waiting, first)
    waiting = await _wait_gone(waiting, patience_s)
    _signal_all(waiting, signal.SIGKILL)
    await _wait_gone(waiting, 10.0)


def _signal_all(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


async def _wait_gone(processes: list[psutil.Process], patience_s: float) -> list[psutil.Process]:
    """Return those that are still there after the time."""
    deadline = time.monotonic() + patience_s
    while True:
        processes = [process for process in processes if not _is_gone(process)]
        if not processes or time.monotonic() > deadline:
            return processes
        await asyncio.sleep(0.02)


def _is_gone(process: psutil.Process) -> bool:
    if isinstance(process, psutil.Popen):
        return process.poll() is not None
    try:  # a zombie whose threads are still ending keeps its ports and files
        return not process.is_running() or (process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)
    except psutil.Error:
        return True


async def stop(process: subprocess.Popen[bytes], first: signal.Signals, patience_s: float) -> bool:
    """End a child of ours and reap it; return whether it went by itself."""
    if process.poll() is not None:
        return True
    process.send_signal(first)
    deadline = time.monotonic() + patience_s
    while process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            return False
        await asyncio.sleep(0.02)
    return True
