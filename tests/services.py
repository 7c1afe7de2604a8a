"""Fixtures that give tests a real PostgreSQL and a real Valkey. A conftest imports the ones it offers."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from server.embedded.postgres import PostgresServer
from server.embedded.valkey import ValkeyServer

TEMPLATE = "croupier_template"


@pytest.fixture(scope="session")
def services_folder() -> Iterator[Path]:
    """A folder that the server's user may pass even when the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="croupier tests "))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(services_folder: Path) -> Iterator[PostgresServer]:
    """One server for the whole run of tests."""
    server = PostgresServer(services_folder / "postgres", password="for-tests", durable=False)
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop(5))


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> str:
    """The name of a database with every migration applied, to be copied."""
    from server.storage.migrate import migrate

    _statement(postgres_server, f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
    migrate(postgres_server.dsn(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="module")
def postgres_dsn(
    postgres_server: PostgresServer, migrated_template: str, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A fresh migrated database for the test module."""
    yield from make_database(postgres_server, f"m_{abs(hash(request.node.nodeid)):x}", migrated_template)


@pytest.fixture
def fresh_postgres_dsn(
    postgres_server: PostgresServer, migrated_template: str, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A fresh migrated database for one test."""
    yield from make_database(postgres_server, f"t_{abs(hash(request.node.nodeid)):x}", migrated_template)


@pytest.fixture
def empty_postgres_dsn(postgres_server: PostgresServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database for one test."""
    yield from make_database(postgres_server, f"e_{abs(hash(request.node.nodeid)):x}", "template0")


@pytest.fixture(scope="session")
def valkey_url(services_folder: Path) -> Iterator[str]:
    """One Valkey for the whole run of tests."""
    server = ValkeyServer(services_folder / "valkey", password="for-tests")
    asyncio.run(server.start())
    yield server.url
    asyncio.run(server.stop(5))


def make_database(server: PostgresServer, name: str, template: str) -> Iterator[str]:
    """Make a database, give its address, drop it: the body of a fixture."""
    _statement(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.dsn(name)
    _statement(server, f"DROP DATABASE {name} WITH (FORCE)")


def _statement(server: PostgresServer, text: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(server.dsn("postgres"))
        try:
            await connection.execute(text)
        finally:
            await connection.close()

    asyncio.run(run())
