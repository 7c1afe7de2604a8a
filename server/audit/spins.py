"""Rounds of instant games against the books: each wager has its record, each record its wager or none, nothing in between.

A record (`casino.spin`) is durable before its wager and says all of it. States: 0 recorded, 1 settled, 2 void. `proof` is the
commitment to the server's seed and SHA-256 over `CLIENT_SEED:NONCE:RULES_VERSION:NUMBER:DETAIL:DETAIL...`; the wager's row
carries it in its meta, so that a record that was changed later differs from a row that is chained.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import asyncpg
import msgpack

from actors.domain.games.game import Outcome
from actors.domain.games.slot import SLOT, recompute
from server.audit.report import KEPT, Violation
from server.audit.retired import Horizon

LAW = "instant rounds"
SAYS = (
    "each wager has its round's record, with its stake, proof and payout; each number of a pair of seeds is used once"
)
_CHUNK = 500
_RECORDED, _SETTLED, _VOID = range(3)
_WAGER = 10

_COLUMNS = """s.game, s.player_id, s.spin_id, s.shard_id, s.ccy, s.epoch, s.nonce, s.commitment, s.client_seed, s.stake_minor,
 s.payout_minor, s.number, s.detail, s.rules_version, s.proof, s.state"""
_RECORDS = f"select {_COLUMNS} from casino.spin s order by s.pair_id, s.nonce"
_ROWS_OF = f"""
select shard_id, seq, player_id, cmd_id, ccy, status, meta from wallet.journal
 where cmd_id = any($1::uuid[]) and id_day = any($2::int[]) and code = {_WAGER}"""
# Wagers after a row, of games that this casino has; whether there is a record is asked by their ids.
_WAGERS = f"""
select shard_id, seq, player_id, cmd_id, meta from wallet.journal
 where code = {_WAGER} and status = 0 and shard_id = $1 and seq > $2"""
_OF_IDS = f"select {_COLUMNS} from casino.spin s where s.spin_id = any($1::uuid[])"
_GAMES = "select table_id from casino.game_table where kind = 'instant'"
_NUMBERS = """
select p.pair_id, p.nonce, count(s.nonce) as used, coalesce(max(s.nonce) + 1, 0) as next, min(s.nonce) as first
  from casino.seed_pair p left join casino.spin s using (pair_id)
 group by p.pair_id, p.nonce
having count(s.nonce) <> p.nonce or coalesce(max(s.nonce) + 1, 0) <> p.nonce order by p.pair_id limit $1"""


class WagerRow(NamedTuple):
    """A wager as the journal has it."""

    seq: int
    ccy: int
    status: int
    facts: Mapping[str, Any]


async def has_spins(connection: asyncpg.Connection) -> bool:
    """Tell whether this database keeps records of instant rounds."""
    return await connection.fetchval("select to_regclass('casino.spin')") is not None


async def spin_breaches(
    casino: asyncpg.Connection,
    books: Mapping[int, asyncpg.Connection],
    since: Mapping[int, int],
    horizons: Mapping[int, Horizon],
    found: list[Violation],
    progress: Any,
) -> int:
    """Return in how many places the law is broken; keep the first few. books: by shard. since: as for rounds.

    Whole: every record, then every wager for its record. Since a checkpoint: every wager after it and its record.
    """
    broken = checked = 0
    is_whole = not all(since.values())
    if is_whole:
        cursor = await casino.cursor(_RECORDS)
        while chunk := await cursor.fetch(_CHUNK):
            broken += _keep(found, await _check_records(chunk, books, horizons))
            checked += len(chunk)
            progress(f"{checked:,} instant rounds")
        broken += _keep(found, [_hole(row) for row in await casino.fetch(_NUMBERS, KEPT)])
    games = {row["table_id"] for row in await casino.fetch(_GAMES)}
    for shard, connection in books.items():
        cursor = await connection.cursor(_WAGERS, shard, since[shard])
        while chunk := await cursor.fetch(_CHUNK):
            records = await casino.fetch(_OF_IDS, [row["cmd_id"] for row in chunk])
            if not is_whole:
                broken += _keep(found, await _check_records(records, books, horizons))
            known = {(row["game"], row["player_id"], row["spin_id"]) for row in records}
            broken += _keep(found, list(_without_record(chunk, known, games)))
    return broken


def _keep(found: list[Violation], more: Sequence[Violation]) -> int:
    found += more[: KEPT - len(found)]
    return len(more)


def _hole(row: Any) -> Violation:
    text = (
        f"pair {row['pair_id']} stands at number {row['nonce']}, it has {row['used']} rounds up to number {row['next']}"
    )
    return Violation(LAW, -1, 0, text)


def _without_record(rows: Sequence[Any], known: set[Any], games: set[str]) -> Iterator[Violation]:
    for row in rows:
        game = _facts(row["meta"]).get("table")
        if game in games and (game, row["player_id"], row["cmd_id"]) not in known:
            yield Violation(LAW, row["shard_id"], row["seq"], f"wager {row['cmd_id']} of {game} has no record")


async def _check_records(
    records: Sequence[Any], books: Mapping[int, asyncpg.Connection], horizons: Mapping[int, Horizon]
) -> list[Violation]:
    rows: dict[tuple[int, int, Any], WagerRow] = {}
    ids = [record["spin_id"] for record in records]
    days = list({int.from_bytes(id_.bytes[:6], "big") // 86_400_000 for id_ in ids})
    for connection in dict.fromkeys(books.values()):
        for row in await connection.fetch(_ROWS_OF, ids, days):
            key = (row["shard_id"], row["player_id"], row["cmd_id"])
            rows[key] = WagerRow(row["seq"], row["ccy"], row["status"], _facts(row["meta"]))
    found = []
    for record in records:
        shard = record["shard_id"]
        wager = rows.get((shard, record["player_id"], record["spin_id"]))
        is_hidden = wager is None and horizons.get(shard, Horizon()).hides(record["spin_id"].bytes)
        for text in check_record(record, wager, is_hidden=is_hidden):
            seq = 0 if wager is None else wager.seq
            found.append(Violation(LAW, shard, seq, f"round {record['spin_id']} of {record['game']}: {text}"))
    return found


def check_record(record: Mapping[str, Any], wager: WagerRow | None, *, is_hidden: bool = False) -> Iterator[str]:
    """Yield what is wrong with one record. wager: the row under its id, of its player and shard; booked or refused.

    A row of another order under the same id is none of this record's: the books refused it as reused.
    """
    yield from _unlike_itself(record)
    booked = wager is not None and wager.status == 0 and wager.facts.get("table") == record["game"]
    if record["state"] == _VOID:
        if booked:
            yield "it is void, and the books have its wager"
    elif booked:
        assert wager is not None
        yield from _unlike_wager(record, wager)
    elif record["state"] == _SETTLED and not is_hidden:
        yield "it is settled, and the books do not have its wager"


def _unlike_wager(record: Mapping[str, Any], wager: WagerRow) -> Iterator[str]:
    said = {
        "stake": record["stake_minor"],
        "payout": record["payout_minor"],
        "epoch": record["epoch"],
        "commitment": record["proof"].hex(),
    }
    for name, value in said.items():
        if (wager.facts.get(name) or type(value)()) != value:  # what is 0 is not written
            yield f"its {name} is {value}, the books have {wager.facts.get(name)}"
    if wager.ccy != record["ccy"]:
        yield f"its currency is {record['ccy']}, the books have {wager.ccy}"


def _unlike_itself(record: Mapping[str, Any]) -> Iterator[str]:
    try:
        detail = msgpack.unpackb(record["detail"])
    except (ValueError, msgpack.UnpackException):
        yield "its outcome cannot be read"
        return
    parts = (record["client_seed"], record["nonce"], record["rules_version"], record["number"], *detail)
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    if record["proof"] != bytes.fromhex(record["commitment"]) + digest:
        yield "its proof is not that of its seeds, number and outcome"
    if record["rules_version"] != SLOT.rules_version:
        return  # of rules that are no longer here
    try:
        pays = recompute(Outcome(record["number"], tuple(detail)), record["stake_minor"])
    except ValueError as error:
        yield f"its outcome is none: {error}"
        return
    if pays != record["payout_minor"]:
        yield f"its outcome pays {pays}, it says {record['payout_minor']}"


def _facts(meta: str | None) -> Mapping[str, Any]:
    try:
        facts = json.loads(meta or "{}")
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}
