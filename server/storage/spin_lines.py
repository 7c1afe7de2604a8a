"""Rounds of instant games as lines of a player's history: the books say what they did, the game's record what they were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from actors.domain.games.catalogue import INSTANT_GAMES
from server.api.models import HistoryBet, HistoryItem

STATEMENT_S: Final = 5.0

_FACTS: Final = """
select game, spin_id, nonce, stake_minor, payout_minor, number
  from casino.spin where game = any($1) and player_id = $2 and spin_id = any($3)"""


async def spin_lines(pool: asyncpg.Pool, player_id: int, wagers: Sequence[Any]) -> dict[int, HistoryItem]:
    """Return a line for each wager, by seq. wagers: rows of the journal; one that no game here knows tells only its net."""
    if not wagers:
        return {}
    spins = [row["cmd_id"] for row in wagers]
    found = await pool.fetch(_FACTS, list(INSTANT_GAMES), player_id, spins, timeout=STATEMENT_S)
    facts = {row["spin_id"]: row for row in found}
    return {row["seq"]: _line(row, facts.get(row["cmd_id"])) for row in wagers}


def _line(row: Any, facts: Any | None) -> HistoryItem:
    booked_at: datetime = row["booked_at"]
    line = HistoryItem(
        kind="round",
        seq=row["seq"],
        at_ms=round(booked_at.timestamp() * 1000),
        net_minor=row["moved"],
        round_id=row["round_id"].hex if row["round_id"] is not None else "",
    )
    return line if facts is None else _with_facts(line, facts)


def _with_facts(line: HistoryItem, facts: Any) -> HistoryItem:
    stake, payout = facts["stake_minor"], facts["payout_minor"]
    return msgspec.structs.replace(
        line,
        stake_minor=stake,
        payout_minor=payout,
        table_id=facts["game"],
        round_no=facts["nonce"],
        number=facts["number"],
        bets=[HistoryBet(facts["spin_id"].hex, "settled", stake, payout)],
    )
