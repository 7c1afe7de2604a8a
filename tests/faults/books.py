"""What every fault test ends with: the books, asked directly."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import asyncpg
import msgspec
import psutil

from loadtest.crowd import SETTLED_WITHIN_S
from loadtest.platform import Platform
from server.audit import audit
from server.audit.report import report_text
from server.config import load_config
from server.databases import running_database
from server.evidence import keys_file

BONUS_PERIOD_S: Final = 3

# What no round waits for any more, or a round that nobody runs.
_LEFT_OPEN: Final = """
select count(*) from wallet.reservation r left join casino.round d using (round_id)
 where r.state = 0 and (d.state is null or d.state in (3, 5))"""


class Books:
    """PostgreSQL of a running platform; one connection a question, because the server may have been killed between."""

    def __init__(self, platform: Platform) -> None:
        self.config = load_config(platform.environ)
        dsn = running_database(self.config)  # what `croupier dsn` says, which takes a second to start
        assert dsn is not None
        self.dsn = dsn

    async def rows(self, statement: str, *arguments: Any) -> list[Any]:
        """Return the rows of a statement."""
        connection = await asyncpg.connect(self.dsn)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    async def execute(self, statements: str) -> None:
        """Carry out several statements as one transaction."""
        connection = await asyncpg.connect(self.dsn)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    async def value(self, statement: str, *arguments: Any) -> Any:
        """Return the only value of a statement; None when there is no row."""
        rows = await self.rows(statement, *arguments)
        return rows[0][0] if rows else None


class Watch:
    """Looks at the trial balance all the time, while everything is killed: it may be missing, and never wrong."""

    _WRONG: Final = """select shard_id, ccy, kind >= 900 as units, sum(balance) as total
                         from wallet.account group by 1, 2, 3 having sum(balance) <> 0"""

    def __init__(self, dsn: str) -> None:
        self.looks = 0
        self.wrong: list[Any] = []
        self._dsn = dsn
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._look()), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join(10)

    async def _look(self) -> None:
        while not self._ended.is_set():
            with suppress(
                OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError
            ):
                connection = await asyncpg.connect(self._dsn, timeout=2)
                try:
                    while not self._ended.is_set():
                        self.wrong += await connection.fetch(self._WRONG, timeout=5)
                        self.looks += 1
                        await asyncio.sleep(0.2)
                finally:
                    connection.terminate()
            await asyncio.sleep(0.2)


async def assert_books_are_kept(platform: Platform) -> None:
    """Fail unless the audit finds every law kept and no finished round has left a stake reserved."""
    books = Books(platform)
    config = msgspec.structs.replace(books.config, database_url=books.dsn)
    report = await audit([books.dsn, *config.books()], keys=keys_file(config), checkpoints=config.checkpoint_folder)
    assert report.ok, report_text(report)
    assert await books.value(_LEFT_OPEN) == 0


def wait_until(met: Callable[[], bool], timeout_s: float = SETTLED_WITHIN_S) -> None:
    """Wait for something outside this process. Raises TimeoutError."""
    deadline = time.monotonic() + timeout_s
    while not met():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)


def recorded_pid(platform: Platform, name: str) -> int:
    """Return the process that `run.json` names; 0 while there is none."""
    return next((int(one["pid"]) for one in platform.run_file()["processes"] if one["name"] == name), 0)


def every_process(platform: Platform) -> list[psutil.Process]:
    """Return every process of the platform, what `run.json` knows of and what it does not."""
    recorded = []
    for one in platform.run_file()["processes"]:
        with suppress(psutil.NoSuchProcess):
            recorded.append(psutil.Process(one["pid"]))
    root = psutil.Process(platform.pid)
    return [root, *root.children(recursive=True), *recorded]
