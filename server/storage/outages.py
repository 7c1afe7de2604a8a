"""Telling what may pass from what is a bug, for adapters on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from actors.ports import StoreUnavailable

#: SQLSTATE classes that pass: connection, rollback, resources, not in the right state, operator, system.
_PASSING: Final = ("08", "40", "53", "55", "57", "58")


@contextmanager
def outages() -> Iterator[None]:
    """Turn what may pass into StoreUnavailable: no connection, no answer, a server that stops, deadlock, no disk."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if (error.sqlstate or "").startswith(_PASSING) or isinstance(error, asyncpg.PostgresConnectionError):
            raise StoreUnavailable(repr(error)) from error
        raise
    except (OSError, TimeoutError) as error:
        raise StoreUnavailable(repr(error)) from error
    except asyncpg.InterfaceError as error:
        if isinstance(error, ValueError):  # an argument that cannot be encoded: a bug
            raise
        raise StoreUnavailable(repr(error)) from error
