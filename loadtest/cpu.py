"""CPU of every process of a platform, from outside: which of them a piece of work has cost."""

from __future__ import annotations

import time
from collections import Counter
from typing import Final

import asyncpg
import psutil

#: Processes that had less than this are not worth a line.
_LEAST_MS: Final = 10


def processes_since(born_s: float) -> dict[int, str]:
    """Return pid -> name of what this platform runs: hosts, PostgreSQL backends, Ray's own processes."""
    found: dict[int, str] = {}
    for process in psutil.process_iter():
        try:
            if process.create_time() < born_s - 1:
                continue
            title = " ".join(process.cmdline()).strip()
        except psutil.Error:
            continue
        if title.startswith("ray::") or title.startswith("postgres:"):
            found[process.pid] = title[:40]
        elif "raylet/raylet" in title or "gcs_server" in title or "server.cli up" in title:
            found[process.pid] = title.split()[0].rsplit("/", 1)[-1]
    return found


async def name_backends(dsn: str, pids: dict[int, str], *, statements: bool = True) -> None:
    """Call PostgreSQL's backends by their application and the last statement they ran."""
    connection = await asyncpg.connect(dsn)
    try:
        for row in await connection.fetch("select pid, application_name, query from pg_stat_activity"):
            if row["pid"] in pids:
                query = " ".join((row["query"] or "").split()) if statements else ""
                pids[row["pid"]] = f"postgres: {row['application_name']} {query}"[:100].rstrip()
    finally:
        await connection.close()


def cpu_seconds(pids: dict[int, str]) -> dict[int, float]:
    """Return user + system CPU seconds of each process that still lives."""
    spent: dict[int, float] = {}
    for pid in pids:
        try:
            times = psutil.Process(pid).cpu_times()
        except psutil.Error:
            continue
        spent[pid] = times.user + times.system
    return spent


class CpuWatch:
    """What the processes of a platform spend between two looks, in steps of 10 ms; our own process is `load generator`."""

    def __init__(self, platform_pid: int) -> None:
        """Shape: while the platform runs; processes that come later are not seen."""
        self._pids = processes_since(psutil.Process(platform_pid).create_time())
        self._before: dict[int, float] = {}
        self._own_s = self._began_s = 0.0

    def begin(self) -> None:
        """Look for the first time."""
        self._before, self._own_s, self._began_s = cpu_seconds(self._pids), time.process_time(), time.monotonic()

    def end(self) -> dict[str, int]:
        """Return milliseconds by process since the beginning, the most first; `of`: what all cores together had."""
        took_s, own_s, after = (
            time.monotonic() - self._began_s,
            time.process_time() - self._own_s,
            cpu_seconds(self._pids),
        )
        spent: Counter[str] = Counter({"load generator": round(1000 * own_s)})
        for pid, after_s in after.items():
            spent[self._pids[pid]] += round(1000 * (after_s - self._before.get(pid, after_s)))
        all_ms = round(1000 * took_s * (psutil.cpu_count() or 1))
        return {"of": all_ms, **{name: ms for name, ms in spent.most_common() if ms >= _LEAST_MS}}

    async def name_backends(self, dsn: str) -> None:
        """Call PostgreSQL's backends by their application from now on."""
        await name_backends(dsn, self._pids, statements=False)
