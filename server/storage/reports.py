"""What players and staff look up: read from the books and the rounds, never written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from actors.domain.money.accounts import Kind, account_id
from actors.domain.money.entries import EntryCode, ReservationState
from actors.domain.rounds import Plan, RoundState
from actors.table_config import TableConfig
from server.api.models import FraudRow, HistoryBet, HistoryItem, JackpotRow, RoundRow, TableRules
from server.currencies import CURRENCIES, PLAY_CCY
from server.storage.jackpots import PostgresJackpots
from server.storage.shards import Books
from server.storage.spin_lines import spin_lines

#: A round's plan is looked into for chips only up to this size: a page of history must stay cheap.
_PLAN_BYTES_MAX: Final = 128 * 1024
#: Journal rows looked at in one step, for each line wanted: a round has a row for each bet.
_ROWS_A_LINE: Final = 8

_CLOSING_CODES: Final = (
    *(EntryCode.DEPOSIT, EntryCode.SETTLE, EntryCode.VOID, EntryCode.GRANT_BONUS, EntryCode.WAGER),
)
_KINDS: Final[Mapping[int, str]] = {EntryCode.DEPOSIT: "deposit", EntryCode.GRANT_BONUS: "bonus"}

# Newest first, by the index on (player_id, seq). moved: what the row did to the player's cash.
_ROWS: Final = f"""
select seq, code, round_id, booked_at, cmd_id,
       (select coalesce(sum(m), 0)::bigint from unnest(acct, amt) u(a, m) where a = $3) as moved
  from wallet.journal
 where player_id = $1 and shard_id = $2 and seq < $4 and status = 0
   and code in ({", ".join(str(int(code)) for code in _CLOSING_CODES)})
 order by seq desc limit $5"""

# All of the player's bets in these rounds; a round with a bet in play is left out until it is finished.
_BETS: Final = f"""
select r.round_id, r.reservation_id, r.cash + r.bonus as stake, r.state, r.closed_seq, j.booked_at,
       (select coalesce(sum(m), 0)::bigint from unnest(j.acct, j.amt) u(a, m) where a = $4) as moved
  from wallet.reservation r
  join wallet.journal j on j.shard_id = r.shard_id and j.seq = r.closed_seq
 where r.round_id = any($1) and r.player_id = $2 and r.shard_id = $3
   and not exists (select from wallet.reservation o
                    where o.round_id = r.round_id and o.player_id = $2 and o.shard_id = $3
                      and o.state = {int(ReservationState.OPEN)})
 order by r.opened_seq"""

_ROUND_FACTS: Final = f"""
select round_id, table_id, round_no, outcome, state, void_reason,
       case when octet_length(plan) <= {_PLAN_BYTES_MAX} then plan end as plan
  from casino.round where round_id = any($1)"""

_FRAUD: Final = """
select f.player_id, coalesce(p.name, '') as name, f.score, f.reasons::text as reasons, f.updated_at
  from casino.fraud_score f left join casino.player p using (player_id)
 where f.score > 0 order by f.score desc, f.player_id limit $1"""

_ROUNDS: Final = """
select round_id, table_id, table_epoch, round_no, state, opened_at, closes_at, decided_at, finished_at, outcome, dealer,
       void_reason
  from casino.round where ($1 = '' or table_id = $1) order by opened_at desc, round_no desc limit $2"""

_TABLES: Final = """
select table_id, kind, title, config::text as config from casino.game_table
 where game = $1 order by sort, table_id"""

_plan_decoder = msgspec.msgpack.Decoder(Plan)


class PostgresReports:
    """Reads only committed rows. What is finished never changes, so that several statements make one picture."""

    def __init__(self, pool: asyncpg.Pool, books: Books) -> None:
        """pool: of the casino's database. books: where each player's journal is."""
        self._pool = pool
        self._books = books

    async def history(self, shard: int, player_id: int, before: int, limit: int) -> Sequence[HistoryItem]:
        """Return up to limit lines with seq < before, newest first. A round's seq is that of its last closed bet."""
        cash = account_id(player_id, PLAY_CCY, Kind.CASH)
        items: dict[Any, HistoryItem | None] = {}
        step = limit * _ROWS_A_LINE
        at = before
        books = await self._books.pool(shard)
        while sum(item is not None for item in items.values()) < limit:
            rows = await books.fetch(_ROWS, player_id, shard, cash, at, step)
            wagers = [row for row in rows if row["code"] == EntryCode.WAGER]
            rows_of_tables = (row for row in rows if row["code"] != EntryCode.WAGER)
            fresh = {row["round_id"] for row in rows_of_tables if row["round_id"] is not None} - items.keys()
            rounds = await self._rounds_of(shard, player_id, cash, list(fresh)) if fresh else {}
            # A round that was finished at or after `before` was on a former page; one in play has no line yet.
            items.update(dict.fromkeys(fresh) | {k: i for k, i in rounds.items() if i.seq < before})
            items.update({row["seq"]: _money_line(row) for row in rows if row["round_id"] is None})
            items.update(await spin_lines(self._pool, player_id, wagers))
            if len(rows) < step:
                break
            at = rows[-1]["seq"]
        lines = (item for item in items.values() if item is not None)
        return sorted(lines, key=lambda item: -item.seq)[:limit]

    async def fraud(self, limit: int) -> Sequence[FraudRow]:
        """Return the highest antifraud scores."""
        rows = await self._pool.fetch(_FRAUD, limit)
        return [
            FraudRow(
                row["player_id"],
                row["name"],
                row["score"],
                msgspec.json.decode(row["reasons"], type=list[dict[str, object]]),
                _ms(row["updated_at"]),
            )
            for row in rows
        ]

    async def tables(self, game: str) -> Sequence[TableRules]:
        """Return the tables of a game with their limits, in the lobby's order."""
        return [_table_rules(row) for row in await self._pool.fetch(_TABLES, game)]

    async def rounds(self, table_id: str, limit: int) -> Sequence[RoundRow]:
        """Return the newest rounds of one table, or of all for an empty table_id."""
        return [_round_row(row) for row in await self._pool.fetch(_ROUNDS, table_id, limit)]

    async def jackpots(self) -> Sequence[JackpotRow]:
        """Return every jackpot with its meter. Raises StoreUnavailable where the books of a shard cannot be read."""
        return await PostgresJackpots(self._pool, self._books).meters()

    async def _rounds_of(
        self, shard: int, player_id: int, cash: int, round_ids: Sequence[Any]
    ) -> dict[Any, HistoryItem]:
        """Return the lines of those rounds that are finished for this player."""
        books = await self._books.pool(shard)
        bets = await books.fetch(_BETS, round_ids, player_id, shard, cash)
        facts = {row["round_id"]: row for row in await self._pool.fetch(_ROUND_FACTS, round_ids)}
        by_round: dict[Any, list[Any]] = {}
        for bet in bets:
            by_round.setdefault(bet["round_id"], []).append(bet)
        return {round_id: _round_line(own, facts.get(round_id)) for round_id, own in by_round.items()}


def _money_line(row: Any) -> HistoryItem:
    return HistoryItem(
        kind=_KINDS.get(row["code"], "other"), seq=row["seq"], at_ms=_ms(row["booked_at"]), net_minor=row["moved"]
    )


def _round_line(bets: Sequence[Any], facts: Any | None) -> HistoryItem:
    """Return one round's line. Shape: bets are all closed and at least one; facts: the round's row, if it is there."""
    chips = _chips(facts["plan"]) if facts is not None and facts["plan"] is not None else {}
    settled = [bet for bet in bets if bet["state"] == ReservationState.SETTLED]
    stake = sum(bet["stake"] for bet in settled)
    payout = sum(bet["moved"] for bet in settled)
    last = max(bets, key=lambda bet: bet["closed_seq"])
    line = HistoryItem(
        kind="round",
        seq=last["closed_seq"],
        at_ms=_ms(last["booked_at"]),
        net_minor=payout - stake,
        stake_minor=stake,
        payout_minor=payout,
        returned_minor=sum(bet["moved"] for bet in bets if bet["state"] == ReservationState.VOIDED),
        round_id=last["round_id"].hex,
        bets=[_bet(bet, chips) for bet in bets],
    )
    return line if facts is None else _with_facts(line, facts)


def _with_facts(line: HistoryItem, facts: Any) -> HistoryItem:
    return msgspec.structs.replace(
        line,
        table_id=facts["table_id"],
        round_no=facts["round_no"],
        number=facts["outcome"],
        voided=facts["state"] in (RoundState.VOIDING, RoundState.VOIDED),
        void_reason=facts["void_reason"] or "",
    )


def _bet(bet: Any, chips: Mapping[bytes, list[tuple[int, int]]]) -> HistoryBet:
    is_settled = bet["state"] == ReservationState.SETTLED
    return HistoryBet(
        bet["reservation_id"].hex,
        "settled" if is_settled else "voided",
        bet["stake"],
        bet["moved"] if is_settled else 0,
        chips.get(bet["reservation_id"].bytes, []),
    )


def _chips(plan: bytes) -> dict[bytes, list[tuple[int, int]]]:
    return {entry.reservation_id: entry.chips for entry in _plan_decoder.decode(plan).settle}


def _table_rules(row: Any) -> TableRules:
    given: dict[str, Any] = msgspec.json.decode(row["config"])
    columns = {"table_id": row["table_id"], "kind": row["kind"], "title": row["title"]}
    table = msgspec.convert({**given, **columns}, TableConfig, strict=False)
    return TableRules(
        table_id=table.table_id,
        title=table.title,
        kind=table.kind,
        currency=CURRENCIES[table.ccy].code,
        min_stake_minor=table.min_stake_minor,
        max_table_minor=table.max_table_minor,
        max_by_size=table.max_by_size,
    )


def _round_row(row: Any) -> RoundRow:
    return RoundRow(
        round_id=row["round_id"].hex,
        table_id=row["table_id"],
        table_epoch=row["table_epoch"],
        round_no=row["round_no"],
        state=RoundState(row["state"]).name,
        opened_ms=_ms(row["opened_at"]),
        closes_ms=_ms_or_none(row["closes_at"]),
        decided_ms=_ms_or_none(row["decided_at"]),
        finished_ms=_ms_or_none(row["finished_at"]),
        number=row["outcome"],
        dealer=row["dealer"],
        void_reason=row["void_reason"],
    )


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _ms_or_none(time: datetime | None) -> int | None:
    return None if time is None else _ms(time)
