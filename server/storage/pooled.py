"""Connections that go back to their pool without a statement."""

from __future__ import annotations

from typing import Any

import asyncpg


class PooledConnection(asyncpg.Connection):
    """Nobody here leaves settings, listeners, cursors or locks behind on a pool's connection, so nothing is to be undone.

    asyncpg's own sends `reset all` and three more with every release: as many round trips as the statements between. An open
    transaction is still rolled back. Who needs a lock or a setting for longer has a connection of his own (`seats.py`).
    """

    __slots__ = ()

    def get_reset_query(self) -> Any:
        """Return no statement."""
        return ""
