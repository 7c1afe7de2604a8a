"""What these tests may ask for."""

from tests.services import (
    empty_postgres_dsn,
    fresh_postgres_dsn,
    migrated_template,
    postgres_dsn,
    postgres_server,
    services_folder,
    valkey_url,
)

__all__ = [
    "empty_postgres_dsn",
    "fresh_postgres_dsn",
    "migrated_template",
    "postgres_dsn",
    "postgres_server",
    "services_folder",
    "valkey_url",
]
