"""Rounds against the books: each plan carried out exactly once, no accepted bet left over.

A plan is msgpack of `[version, settle, void]` with settle = `[[shard, reservation, player, currency, stake, payout]]`
and void = `[[shard, reservation, player, currency, stake]]`. Round states: 0 open, 1 closed, 2 decided, 3 settled,
4 voiding, 5 voided, 6 playing. The rounds' snapshot is never younger than the books', so a settled round is settled there too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import asyncpg
import msgpack

from server.audit.report import KEPT, Violation
from server.audit.retired import Horizon

LAW = "rounds"
SAYS = "each decided plan is settled exactly once and as planned; a finished round leaves no bet open"
_CHUNK = 100
_OPEN, _SETTLED, _VOIDED, _TOMBSTONE = range(4)

_ROUNDS = "select round_id, table_id, round_no, state, plan from casino.round order by round_id"
_ROUNDS_OF = """
select round_id, table_id, round_no, state, plan from casino.round where round_id = any($1::uuid[]) or state in (0, 1, 2, 4, 6)
 order by round_id"""
_BETS = """
select r.round_id, r.shard_id, r.reservation_id, r.player_id, r.ccy, r.cash + r.bonus as stake, r.state,
       coalesce(r.closed_seq, r.opened_seq) as seq,
       (select coalesce(sum(l.amt), 0)::bigint from unnest(j.acct, j.amt) l(acct, amt)
         where l.acct % 1000 in (100, 110, 310)) as paid, j.seq as closed_by
  from wallet.reservation r left join wallet.journal j on j.shard_id = r.shard_id and j.seq = r.closed_seq
 where r.round_id = any($1)"""
_SETTLED_ROUNDS = """
select distinct round_id from wallet.reservation
 where state = 1 and kind = 120 and closed_seq > coalesce(($1::jsonb ->> shard_id::text)::bigint, 0)"""
_ROUNDS_SINCE = """
select distinct round_id from wallet.journal where shard_id = $1 and seq > $2 and round_id is not null and code in (3, 4, 5)"""
_UNKNOWN = "select x from unnest($1::uuid[]) x where not exists (select from casino.round r where r.round_id = x)"


class Bet(NamedTuple):
    """A reservation as the books have it. paid: by the row that closed it, to cash, bonus or a forfeited bonus.

    None: that row was taken off.
    """

    player: int
    ccy: int
    stake: int
    state: int
    paid: int | None
    seq: int


Bets = Mapping[tuple[int, bytes], Bet]


async def has_rounds(connection: asyncpg.Connection) -> bool:
    """Tell whether this database is the one with the casino's tables."""
    if await connection.fetchval("select to_regclass('casino.round')") is None:
        return False
    return bool(await connection.fetchval("select exists (select from casino.game_table)"))


async def round_breaches(
    casino: asyncpg.Connection,
    books: Sequence[asyncpg.Connection],
    since: Mapping[int, int],
    horizons: Mapping[int, Horizon],
    found: list[Violation],
    progress: Any,
) -> tuple[int, int]:
    """Compare rounds with the books. Return the numbers of rounds and of breaches; keep the first few.

    since: rows of each shard after which rounds are looked at; all 0: every round. Then memory does not grow with them;
    else the ids of the rounds since are held. horizons: what was taken off each shard; of a round that has bets there too,
    those are not seen.
    """
    rounds = broken = 0
    chunk: list[Any] = []
    cursor = await _rounds_since(casino, books, since, horizons)
    while chunk := await cursor.fetch(_CHUNK):
        bets = await _bets_of(books, horizons, [row["round_id"] for row in chunk])
        for row in chunk:
            for violation in _check(row, bets.get(row["round_id"].bytes, {}), horizons):
                broken += 1
                if len(found) < KEPT:
                    found.append(violation)
        rounds += len(chunk)
        progress(f"{rounds:,} rounds")
    for connection in books:
        cursor = await connection.cursor(_SETTLED_ROUNDS, json.dumps(since))
        while chunk := await cursor.fetch(1000):
            for row in await casino.fetch(_UNKNOWN, [row["round_id"] for row in chunk]):
                broken += 1
                if len(found) < KEPT:
                    found.append(Violation(LAW, -1, 0, f"bets of round {row['x']} were settled: no such round"))
    return rounds, broken


async def _rounds_since(
    casino: asyncpg.Connection,
    books: Sequence[asyncpg.Connection],
    since: Mapping[int, int],
    horizons: Mapping[int, Horizon],
) -> Any:
    """Return a cursor over the rounds that have rows since, and those that are not finished."""
    if not all(since.values()) and not any(horizon.gone for horizon in horizons.values()):
        return await casino.cursor(_ROUNDS)
    ids: set[Any] = set()
    for connection in books:
        for shard, seq in since.items():
            ids.update(row["round_id"] for row in await connection.fetch(_ROUNDS_SINCE, shard, seq))
    return await casino.cursor(_ROUNDS_OF, list(ids))


async def _bets_of(
    books: Sequence[asyncpg.Connection], horizons: Mapping[int, Horizon], round_ids: Sequence[Any]
) -> dict[bytes, dict[Any, Bet]]:
    bets: dict[bytes, dict[Any, Bet]] = {}
    for connection in books:
        for row in await connection.fetch(_BETS, round_ids):
            is_seen = row["closed_by"] is not None or row["seq"] > horizons.get(row["shard_id"], Horizon()).gone
            paid = row["paid"] if is_seen else None
            bet = Bet(row["player_id"], row["ccy"], row["stake"], row["state"], paid, row["seq"])
            bets.setdefault(row["round_id"].bytes, {})[row["shard_id"], row["reservation_id"].bytes] = bet
    return bets


def _check(row: Any, bets: Bets, horizons: Mapping[int, Horizon]) -> Iterator[Violation]:
    name = f"round {row['round_no']} of {row['table_id']}"
    for shard, seq, text in check_round(row["state"], row["plan"], bets, horizons):
        yield Violation(LAW, shard, seq, f"{name}: {text}")


def check_round(
    state: int, plan: bytes | None, bets: Bets, horizons: Mapping[int, Horizon]
) -> Iterator[tuple[int, int, str]]:
    """Yield (shard, seq, what is wrong) for one round. Nothing is wrong while a plan is still being carried out."""
    if state in (2, 3):
        yield from _check_decided(plan, bets, horizons, finished=state == 3)
        return
    for (shard, id_), bet in bets.items():
        if bet.state == _SETTLED:
            yield shard, bet.seq, f"bet {id_.hex()} is settled, the round is in state {state}"
        if bet.state == _OPEN and state == 5:
            yield shard, bet.seq, f"bet {id_.hex()} is open, the round is voided"


def _check_decided(
    plan: bytes | None, bets: Bets, horizons: Mapping[int, Horizon], *, finished: bool
) -> Iterator[tuple[int, int, str]]:
    try:
        version, settle, void = msgpack.unpackb(plan or b"")
    except (ValueError, TypeError, msgpack.UnpackException):
        yield -1, 0, "decided without a readable plan"
        return
    if version != 1:
        yield -1, 0, f"the plan has version {version}"
        return
    planned: set[tuple[int, bytes]] = set()
    for entry in [*settle, *void]:
        key = (entry[0], entry[1])
        if key in planned:
            yield entry[0], 0, f"bet {entry[1].hex()} is planned twice"
        planned.add(key)
        if key not in bets and horizons.get(entry[0], Horizon()).hides(entry[1]):
            continue
        yield from _check_entry(entry, bets.get(key), finished=finished)
    for (shard, id_), bet in bets.items():
        if (shard, id_) in planned:
            continue
        if bet.state == _SETTLED:
            yield shard, bet.seq, f"bet {id_.hex()} is settled, the plan does not have it"
        if bet.state == _OPEN and finished:
            yield shard, bet.seq, f"bet {id_.hex()} was neither settled nor voided"


def _check_entry(entry: Sequence[Any], bet: Bet | None, *, finished: bool) -> Iterator[tuple[int, int, str]]:
    shard, id_, player, ccy, stake, *payout = entry
    what = f"bet {id_.hex()}"
    if bet is None:
        if finished or payout:
            yield shard, 0, f"{what} is planned, the books do not have it"
        return
    if (bet.player, bet.ccy) != (player, ccy) or (bet.state != _TOMBSTONE and bet.stake != stake):
        yield shard, bet.seq, f"{what} differs from its plan in player, currency or stake"
    if bet.state == _OPEN:
        if finished:
            yield shard, bet.seq, f"{what} is open, its round is finished"
    elif payout:
        if bet.state != _SETTLED:
            yield shard, bet.seq, f"{what} was voided, its plan pays {payout[0]}"
        elif bet.paid is not None and bet.paid != payout[0]:
            yield shard, bet.seq, f"{what} was paid {bet.paid}, its plan pays {payout[0]}"
    elif bet.state == _SETTLED:
        yield shard, bet.seq, f"{what} was settled, its plan voids it"
