"""What a platform uses while it runs, looked at every few seconds from outside: per process and in PostgreSQL."""

from __future__ import annotations

import asyncio
import re
import threading
import time
import urllib.request
from contextlib import suppress
from typing import Any, Final, NamedTuple

import asyncpg
import psutil

from loadtest.platform import Platform

#: Partitions of relations that are cut by day, and connections of all kinds but our own.
_BOOKS: Final = """
select (select count(*) from pg_inherits i join pg_class c on c.oid = i.inhparent join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('wallet', 'casino')) as partitions,
       (select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()) as connections
"""
_TASKS: Final = re.compile(r'^croupier_runtime_tasks\{host="([^"]+)"\} ([0-9.e+]+)$', re.MULTILINE)
_TIMEOUT_S: Final = 5.0


class Sample(NamedTuple):
    """at_s: since the start. of: a host, or "postgres". pid 0: of no single process."""

    at_s: float
    of: str
    pid: int
    figure: str
    value: float


class Sampler(threading.Thread):
    """Looks until it is stopped. A host that is away, or a database, leaves a hole."""

    def __init__(self, platform: Platform, dsn: str, every_s: float) -> None:
        super().__init__(daemon=True, name="sampler")
        self.samples: list[Sample] = []
        self.began_s = time.monotonic()
        self.began_wall_s = time.time()
        self._platform, self._dsn, self._every_s = platform, dsn, every_s
        self._ended = threading.Event()

    def run(self) -> None:
        """Look, wait, look again."""
        while not self._ended.wait(self._every_s):
            at_s = time.monotonic() - self.began_s
            self._processes(at_s)
            self._tasks(at_s)
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                for figure, value in asyncio.run(self._books()).items():
                    self.samples.append(Sample(at_s, "postgres", 0, figure, float(value)))

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self.join(30)

    def hosts(self) -> list[str]:
        """Return the hosts that have written down who serves."""
        folder = self._platform.state / "hosts"
        names = sorted(file.name for file in folder.iterdir()) if folder.exists() else []
        return ["/".join(name.rsplit("-", 1)) for name in names]

    def _processes(self, at_s: float) -> None:
        for host in self.hosts():
            with suppress(LookupError, psutil.Error, ValueError, OSError):
                process = psutil.Process(self._platform.host_pid(host))
                rss_mib = process.memory_info().rss / 2**20
                self.samples.append(Sample(at_s, host, process.pid, "rss_mib", rss_mib))
                self.samples.append(Sample(at_s, host, process.pid, "descriptors", float(process.num_fds())))

    def _tasks(self, at_s: float) -> None:
        with suppress(OSError):
            with urllib.request.urlopen(f"{self._platform.http}/metrics", timeout=_TIMEOUT_S) as answer:
                text = answer.read().decode()
            for host, value in _TASKS.findall(text):
                pid = 0
                with suppress(LookupError):
                    pid = self._platform.host_pid(host)
                self.samples.append(Sample(at_s, host, pid, "tasks", float(value)))

    async def _books(self) -> dict[str, Any]:
        connection = await asyncpg.connect(self._dsn, timeout=_TIMEOUT_S)
        try:
            return dict(await connection.fetchrow(_BOOKS, timeout=_TIMEOUT_S) or {})
        finally:
            await connection.close()
