"""What players and staff look up: read from the books and the rounds, never written here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from server.api.models import FraudRow, HistoryBet, HistoryItem, RoundRow

_STATES: Final = ("OPEN", "CLOSED", "DECIDED", "SETTLED", "VOIDING", "VOIDED")


class PostgresReports:
    """Reads only committed rows; every method is one statement."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def history(self, shard: int, player_id: int, before: int, limit: int) -> Sequence[HistoryItem]:
        """Return up to limit lines with seq < before, newest first. A round's seq is that of its last closed bet."""
        return []

    async def fraud(self, limit: int) -> Sequence[FraudRow]:
        """Return the highest antifraud scores."""
        return []

    async def rounds(self, table_id: str, limit: int) -> Sequence[RoundRow]:
        """Return the newest rounds of one table, or of all for an empty table_id."""
        return []
