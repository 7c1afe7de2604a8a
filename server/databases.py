"""The databases of a state folder for whoever needs them for a while: configured, running, or started for now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from server.config import Config
from server.embedded import processes
from server.embedded.lock import StateLock
from server.embedded.postgres import PostgresServer
from server.embedded.processes import EmbeddedError
from server.embedded.run_file import read_run
from server.secrets import load_secrets


@asynccontextmanager
async def databases(config: Config) -> AsyncIterator[Config]:
    """Give the settings with the addresses of all databases in them; see `database`."""
    async with database(config) as address:
        yield msgspec.structs.replace(config, database_url=address)


@asynccontextmanager
async def database(config: Config) -> AsyncIterator[str]:
    """Give the address of this state folder's database: the configured one, the running one, or one started for now."""
    running = running_database(config)
    if running is not None:
        yield running
        return
    server = _embedded_postgres(config)
    lock = StateLock(config.state)
    lock.acquire("audit")
    try:
        await server.start()
        yield server.dsn()
    finally:
        await server.stop()
        lock.release()


def running_database(config: Config) -> str | None:
    """Return the address of the configured database, or of the embedded one if it runs."""
    if config.database_url:
        return config.database_url
    run = read_run(config.state)
    if run is None or not processes.is_running(run.up):
        return None
    server = _embedded_postgres(config)
    return server.dsn() if server.recall_port() else None


def _embedded_postgres(config: Config) -> PostgresServer:
    if not config.state.exists():
        raise EmbeddedError(f"there is no state folder {config.state.absolute()}; `croupier up` makes one")
    return PostgresServer(
        config.state / "postgres",
        password=load_secrets(config).postgres_password,
        log=config.state / "logs" / "postgres.log",
    )
