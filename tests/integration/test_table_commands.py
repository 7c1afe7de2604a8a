"""`croupier table`: what staff do about a table that opens no rounds, and what stays in its log."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable

import asyncpg
import pytest
from typer.testing import CliRunner

import server.table_commands
from server.config import Config
from server.storage.tables import PostgresTables

TABLE = "roulette-1"

#: Reads the log of tables: (action, who, reason).
Log = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def log(fresh_postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Log:
    """A casino whose tables are there; returns how to read the log of tables."""

    async def open_casino() -> None:
        async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=1) as pool:
            await PostgresTables(pool).open_casino()

    async def read() -> list[tuple[str, str, str]]:
        connection = await asyncpg.connect(fresh_postgres_dsn)
        rows = await connection.fetch("select action, who, reason from casino.table_log order by entry_id")
        await connection.close()
        return [(row["action"], row["who"], row["reason"]) for row in rows]

    asyncio.run(open_casino())
    monkeypatch.setattr(server.table_commands, "load_config", lambda: Config(database_url=fresh_postgres_dsn))
    return lambda: asyncio.run(read())


def croupier(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(server.table_commands.table, list(words))
    return done.exit_code, done.output


def test_suspension_by_staff_is_listed_lifted_and_logged(log: Log) -> None:
    assert croupier("suspend", TABLE, "--reason", "the wheel is worn")[0] == 0
    assert croupier("suspend", TABLE, "--reason", "again")[0] == 1
    assert croupier("suspended")[0] == 0
    assert croupier("resume", TABLE, "--reason", "a new wheel")[0] == 0
    assert croupier("resume", TABLE, "--reason", "again")[0] == 1
    staff = getpass.getuser()
    assert log() == [("suspend", staff, "the wheel is worn"), ("resume", staff, "a new wheel")]


def test_change_without_a_reason_is_refused(log: Log) -> None:
    assert croupier("suspend", TABLE)[0] == 2
    assert croupier("suspend", TABLE, "--reason", "  ")[0] == 2
    assert log() == []
