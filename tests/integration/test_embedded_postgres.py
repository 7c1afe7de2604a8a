"""The embedded PostgreSQL: starts twice, heals what a crash left, works in awkward folders."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from server.embedded import places, processes
from server.embedded.postgres import LOG_SEGMENTS, PostgresServer
from server.embedded.processes import EmbeddedError


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="croupier own tests "))
    folder.chmod(0o711)
    yield folder / "postgres"
    shutil.rmtree(folder)


@pytest.fixture
async def server(home: Path) -> AsyncIterator[PostgresServer]:
    """A server of the test's own, since these tests kill it."""
    server = PostgresServer(home, password="for-tests", durable=False)
    await server.start()
    yield server
    await server.stop(5)


async def _execute(server: PostgresServer, statement: str) -> None:
    connection = await asyncpg.connect(server.dsn())
    await connection.execute(statement)
    await connection.close()


async def _count(server: PostgresServer) -> int:
    connection = await asyncpg.connect(server.dsn())
    try:
        return int(await connection.fetchval("SELECT count(*) FROM kept"))
    finally:
        await connection.close()


async def test_server_in_a_folder_with_spaces_answers_over_tcp_and_socket(postgres_server: PostgresServer) -> None:
    assert " " in str(postgres_server.home)
    for dsn in (postgres_server.dsn(), postgres_server.socket_dsn()):
        connection = await asyncpg.connect(dsn)
        assert (await connection.fetchval("SHOW server_version")).startswith("18")
        await connection.close()


async def test_wrong_password_over_tcp_is_refused(postgres_server: PostgresServer) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres_server.dsn().replace("for-tests", "guessed"))


async def test_pgbench_of_the_wheel_connects(postgres_server: PostgresServer, empty_postgres_dsn: str) -> None:
    command = [str(postgres_server.binaries / "pgbench"), "-i", "-q", "-s", "1", empty_postgres_dsn]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _output, error = await process.communicate()
    assert process.returncode == 0, error.decode()


def test_cluster_is_closed_to_other_users(postgres_server: PostgresServer) -> None:
    assert stat.S_IMODE(postgres_server.data.stat().st_mode) == 0o700


async def test_second_start_finds_data_and_port_of_the_first(server: PostgresServer) -> None:
    await _execute(server, "CREATE TABLE kept AS SELECT 1")
    port = server.port
    await server.stop()
    await server.start()
    assert server.port == port
    assert await _count(server) == 1


async def test_stop_leaves_no_process_and_no_socket_folder(server: PostgresServer) -> None:
    await server.stop()
    assert server.pid == 0
    assert processes.running_in(server.data, "postgres") == []
    assert not places.socket_folder(server.home).exists()


async def test_start_after_postmaster_was_killed_recovers_committed_rows(server: PostgresServer) -> None:
    await _execute(server, "CREATE TABLE kept AS SELECT generate_series(1, 1000)")
    os.kill(server.pid, signal.SIGKILL)
    await server.start()
    assert await _count(server) == 1000


async def test_start_beside_an_orphaned_server_ends_it_and_takes_over(server: PostgresServer, home: Path) -> None:
    await _execute(server, "CREATE TABLE kept AS SELECT 1")
    orphan = server.pid
    successor = PostgresServer(home, password="for-tests", durable=False)
    await successor.start()
    try:
        assert successor.pid not in (0, orphan)
        assert server.pid == 0
        assert await _count(successor) == 1
    finally:
        await successor.stop()


async def test_start_with_a_pid_file_naming_another_living_process_ignores_it(server: PostgresServer) -> None:
    await server.stop()
    lying = server.data / "postmaster.pid"
    lying.write_text(f"{os.getppid()}\n{server.data}\n")
    await server.start()
    assert server.pid > 0


async def test_start_with_its_port_taken_moves_to_the_next(server: PostgresServer) -> None:
    port = server.port
    await server.stop()
    with socket.create_server(("127.0.0.1", port)):
        await server.start()
        assert server.port != port
        assert await asyncpg.connect(server.dsn()) is not None


async def test_start_with_another_password_says_which_key_to_restore(server: PostgresServer, home: Path) -> None:
    await server.stop()
    stranger = PostgresServer(home, password="another", durable=False)
    with pytest.raises(EmbeddedError, match="postgres_password"):
        await stranger.start()
    assert stranger.pid == 0


async def test_start_on_a_cluster_of_another_version_says_so(server: PostgresServer) -> None:
    await server.stop()
    (server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedError, match="PostgreSQL 12"):
        await server.start()


async def test_initdb_interrupted_half_way_is_done_again(home: Path) -> None:
    half_done = home / "new" / "data"
    half_done.mkdir(parents=True)
    (half_done / "PG_VERSION").write_text("18\n")
    server = PostgresServer(home, password="for-tests", durable=False)
    await server.start()
    await server.stop()
    assert not (home / "new").exists()


def test_folder_its_user_cannot_reach_puts_the_data_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """Only root meets this: an ordinary user runs the server himself. The decision is tested for both."""
    monkeypatch.setattr(places, "FALLBACK", home)
    tmp_path.chmod(0o700)
    server = PostgresServer(tmp_path / "closed" / "postgres", password="for-tests", durable=False)
    asyncio.run(server.start())
    asyncio.run(server.stop())
    outside = home in server.data.parents
    assert outside == (os.geteuid() == 0)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_folder_outside_is_a_new_one_each_time_and_says_whose_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state folder removed and made anew must not meet the old one's books, nor destroy them."""
    monkeypatch.setattr(places, "FALLBACK", tmp_path / "lib")
    home = tmp_path / "state" / "postgres"
    first, second = places.make_folder_outside(home), places.make_folder_outside(home)
    assert first != second
    assert (second / "belongs-to").read_text() == f"{home}\n"


async def _log_segments(server: PostgresServer) -> set[str]:
    connection = await asyncpg.connect(server.dsn())
    try:
        rows = await connection.fetch("SELECT name FROM pg_ls_waldir() WHERE size = 16777216")
    finally:
        await connection.close()
    return {row["name"] for row in rows}


async def test_log_laid_out_in_advance_is_there_for_what_comes_and_after_a_restart(server: PostgresServer) -> None:
    await server.lay_out_log()
    stock = await _log_segments(server)
    assert len(stock) >= LOG_SEGMENTS
    fill = "CREATE TABLE kept AS SELECT repeat('a', 900) FROM generate_series(1, 50000)"  # three segments
    await _execute(server, fill)
    assert await _log_segments(server) == stock
    await server.lay_out_log()
    assert await _log_segments(server) == stock
    await server.stop()
    await server.start()
    assert len(await _log_segments(server)) >= LOG_SEGMENTS
    assert await _count(server) == 50_000
