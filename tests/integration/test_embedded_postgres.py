"""The embedded PostgreSQL: starts twice, heals what a crash left, works in awkward folders."""

from __future__ import annotations

import asyncpg
import redis.asyncio

from server.embedded.postgres import PostgresServer


async def test_start_in_a_folder_with_spaces_answers_over_tcp_and_socket(postgres_server: PostgresServer) -> None:
    assert " " in str(postgres_server.home)
    for dsn in (postgres_server.dsn(), postgres_server.socket_dsn()):
        connection = await asyncpg.connect(dsn)
        assert (await connection.fetchval("SHOW server_version")).startswith("18")
        await connection.close()


async def test_valkey_with_its_password_answers(valkey_url: str) -> None:
    client = redis.asyncio.from_url(valkey_url)
    assert await client.set("key", "value")
    assert await client.get("key") == b"value"
    await client.aclose()


