"""A round as it happened, from the durable record alone: the round's row, its plan, and every entry of the books.

Nothing is played and nothing is paid. The game's rules are asked again what each bet pays on the number that fell, and
the books what was paid. Works while the platform is stopped; what only memory knew (chips of bets that were taken
back, messages) is not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from actors.domain.games import baccarat
from actors.domain.games.cards import card_name
from actors.domain.games.catalogue import GAMES, SHOE_GAMES, TABLE_GAMES, game_of_rules, table_game
from actors.domain.games.game import Outcome
from actors.domain.ids import id_ms
from actors.domain.money.accounts import Kind, account_kind
from actors.domain.money.entries import EntryCode
from actors.domain.refusals import Refusal
from actors.domain.rounds import Plan, RoundState
from server.storage.retired import DAY_MS, days_taken_off

#: Entries are looked for from so long before the round opened until so long after it was finished.
MARGIN_MS: Final = 60_000

_ROUND: Final = """
select round_id, table_id, table_epoch, round_no, state, outcome, detail, plan, dealer, void_reason, rules_version,
       (extract(epoch from opened_at) * 1000)::bigint as opened_ms, (extract(epoch from closes_at) * 1000)::bigint as closes_ms,
       (extract(epoch from decided_at) * 1000)::bigint as decided_ms,
       (extract(epoch from finished_at) * 1000)::bigint as finished_ms
  from casino.round where """
_BY_ID: Final = _ROUND + "round_id = $1"
_BY_NUMBER: Final = _ROUND + "table_id = $1 and round_no = $2"
_HEADS: Final = "select shard_id, last_seq from wallet.shard order by shard_id"
_TIME: Final = """
select (extract(epoch from booked_at) * 1000)::bigint from wallet.journal
 where shard_id = $1 and seq >= $2 order by seq limit 1"""
# The round's reservations bound what the clock could not: a settlement that came hours later.
_BOUNDS: Final = """
select min(opened_seq) as low, max(coalesce(closed_seq, opened_seq)) as high
  from wallet.reservation where round_id = $1 and shard_id = $2"""
_ENTRIES: Final = """
select seq, code, status, ccy, player_id, cmd_id, ref, acct, amt, (extract(epoch from booked_at) * 1000)::bigint as booked_ms
  from wallet.journal where shard_id = $1 and seq between $2 and $3 and round_id = $4 order by seq"""


class ReplayError(Exception):
    """There is no such round; the text says what was looked for."""


class ReplayedEntry(msgspec.Struct, frozen=True):
    """One row of the books about the round. moved: [kind of account, amount]. refused: the reason; empty: booked.

    booked_ms: when the wallet shard had it. made_ms: the time in the order's id, which a client makes for his bets.
    """

    shard: int
    seq: int
    booked_ms: int
    made_ms: int
    order: str
    refused: str
    player: int
    ccy: int
    bet_id: str
    moved: list[tuple[str, int]]


class ReplayedBet(msgspec.Struct, frozen=True):
    """One bet of the plan. paid_minor: by the books, -1: not settled there. by_rules_minor: -1 where no chips are kept.

    is_gone: its rows were taken off the journal (`croupier retain`); what was paid is not seen.
    """

    shard: int
    bet_id: str
    player: int
    ccy: int
    stake_minor: int
    chips: list[tuple[str, int]]
    planned_minor: int
    by_rules_minor: int
    paid_minor: int
    settled_seq: int
    is_gone: bool = False


class Replay(msgspec.Struct, frozen=True):
    """A whole round. agrees: rules, plan and books say the same of every bet. disagreements: where they do not.

    cards: of a coup, in words; what they come to is reckoned again, and disagrees where it is not the number.
    """

    replay: bool
    round_id: str
    table_id: str
    table_epoch: int
    round_no: int
    state: str
    rules_version: str
    dealer: str
    void_reason: str
    opened_ms: int
    closes_ms: int | None
    decided_ms: int | None
    finished_ms: int | None
    number: int | None
    bets: list[ReplayedBet]
    voided: list[str]
    entries: list[ReplayedEntry]
    disagreements: list[str]
    cards: str = ""

    @property
    def agrees(self) -> bool:
        """Whether nothing contradicts anything."""
        return not self.disagreements


async def replay(casino_dsn: str, book_dsns: Sequence[str], words: Sequence[str]) -> Replay:
    """Return the round with this id, or of this table and number. Raises ReplayError, and what asyncpg raises."""
    async with AsyncExitStack() as stack:
        opened = {dsn: await _open(stack, dsn) for dsn in dict.fromkeys((casino_dsn, *book_dsns))}
        row = await _find(opened[casino_dsn], words)
        entries: list[tuple[int, Any]] = []
        gone: dict[int, int] = {}
        for dsn in dict.fromkeys(book_dsns):
            for head in await opened[dsn].fetch(_HEADS):
                gone[head["shard_id"]] = await days_taken_off(opened[dsn], head["shard_id"])
                entries += await _entries(opened[dsn], head["shard_id"], head["last_seq"], row)
        return _replayed(row, entries, gone)


async def _open(stack: AsyncExitStack, dsn: str) -> asyncpg.Connection:
    connection: asyncpg.Connection = await asyncpg.connect(
        dsn, timeout=10, server_settings={"application_name": "croupier replay", "jit": "off"}
    )
    stack.push_async_callback(connection.close)
    await stack.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
    return connection


async def _find(casino: asyncpg.Connection, words: Sequence[str]) -> Any:
    name = " ".join(words)
    row = None
    if await casino.fetchval("select to_regclass('casino.round')") is not None:
        if len(words) == 2 and words[1].isascii() and words[1].isdigit() and len(words[1]) < 19:
            row = await casino.fetchrow(_BY_NUMBER, words[0].replace("\0", ""), int(words[1]))
        elif len(words) == 1:
            try:
                row = await casino.fetchrow(_BY_ID, UUID(words[0]))
            except ValueError:
                raise ReplayError(f"{name!r} is no round's id; a table and a number will do too") from None
    if row is None:
        raise ReplayError(f"there is no round {name!r}")
    return row


async def _entries(books: asyncpg.Connection, shard: int, last_seq: int, row: Any) -> list[tuple[int, Any]]:
    """Return the round's rows of one shard. The journal has no index by round: a shard's rows are in order of time."""
    low = await _first_at(books, shard, last_seq, row["opened_ms"] - MARGIN_MS)
    finished_ms = row["finished_ms"]
    high = last_seq if finished_ms is None else await _first_at(books, shard, last_seq, finished_ms + MARGIN_MS)
    bounds = await books.fetchrow(_BOUNDS, row["round_id"], shard)
    if bounds is not None and bounds["low"] is not None:
        low, high = min(low, bounds["low"]), max(high, bounds["high"])
    return [(shard, entry) for entry in await books.fetch(_ENTRIES, shard, low, high, row["round_id"])]


async def _first_at(books: asyncpg.Connection, shard: int, last_seq: int, at_ms: int) -> int:
    """Return the first row booked at or after this time, by halving; last_seq + 1 where there is none."""
    low, high = 1, last_seq + 1
    while low < high:
        middle = (low + high) // 2
        booked_ms = await books.fetchval(_TIME, shard, middle)
        low, high = (low, middle) if booked_ms is None or booked_ms >= at_ms else (middle + 1, high)
    return low


# ---------------------------------------------------------------- what it says


def _replayed(row: Any, found: Sequence[tuple[int, Any]], gone: Mapping[int, int]) -> Replay:
    """gone: of each shard, the first day whose ids may all be there (days since 1970)."""
    plan = msgspec.msgpack.decode(row["plan"], type=Plan) if row["plan"] is not None else Plan(1, [], [])
    settled = {(shard, e["ref"].bytes): e for shard, e in found if e["code"] == EntryCode.SETTLE and not e["status"]}
    bets = [
        _bet(entry, settled.get((entry.shard, entry.reservation_id)), row, gone.get(entry.shard, 0))
        for entry in plan.settle
    ]
    planned = {(entry.shard, entry.reservation_id) for entry in plan.settle}
    disagreements = [text for bet in bets for text in _disagreements(bet, RoundState(row["state"]))]
    cards, wrong = _coup(row)
    strangers = [id_.hex() for shard, id_ in settled if (shard, id_) not in planned]
    return Replay(
        replay=True,
        round_id=row["round_id"].hex,
        table_id=row["table_id"],
        table_epoch=row["table_epoch"],
        round_no=row["round_no"],
        state=RoundState(row["state"]).name,
        rules_version=row["rules_version"] or "",
        dealer=row["dealer"] or "",
        void_reason=row["void_reason"] or "",
        opened_ms=row["opened_ms"],
        closes_ms=row["closes_ms"],
        decided_ms=row["decided_ms"],
        finished_ms=row["finished_ms"],
        number=row["outcome"],
        bets=bets,
        voided=[entry.reservation_id.hex() for entry in plan.void],
        entries=sorted((_entry(shard, e) for shard, e in found), key=lambda e: (e.booked_ms, e.shard, e.seq)),
        disagreements=wrong + disagreements + [f"bet {id_}: settled, though not in the plan" for id_ in strangers],
        cards=cards,
    )


def _coup(row: Any) -> tuple[str, list[str]]:
    """Return the recorded cards of a coup in words, and what is wrong where they do not come to the number recorded."""
    game = game_of_rules(row["rules_version"] or "")
    if game not in SHOE_GAMES or row["outcome"] is None:
        return "", []
    detail = tuple(row["detail"] or ())
    outcome = SHOE_GAMES[game].seen(detail)
    if outcome is None:
        return "", [f"cards {list(detail)} are no coup"]
    hands = zip(("player", "banker"), baccarat.hands(detail), strict=True)
    cards = ", ".join(f"{name} {' '.join(map(card_name, hand))}" for name, hand in hands)
    wrong = f"the cards come to {outcome.number}, the record says {row['outcome']}"
    return cards, [] if outcome.number == row["outcome"] else [wrong]


def _bet(entry: Any, settled: Any, round_: Any, first_day: int) -> ReplayedBet:
    game, by_rules = game_of_rules(round_["rules_version"] or ""), -1
    is_todays = game in TABLE_GAMES and TABLE_GAMES[game].rules_version == round_["rules_version"]
    if is_todays and entry.chips and round_["outcome"] is not None:
        outcome = Outcome(round_["outcome"], tuple(round_["detail"] or ()))
        by_rules = sum(TABLE_GAMES[game].payout(position, stake, outcome) for position, stake in entry.chips)
    return ReplayedBet(
        entry.shard,
        entry.reservation_id.hex(),
        entry.player_id,
        entry.ccy,
        entry.stake_minor,
        [(_place(game, position), stake) for position, stake in entry.chips],
        entry.payout_minor,
        by_rules,
        -1 if settled is None else _paid(settled),
        0 if settled is None else settled["seq"],
        settled is None and id_ms(entry.reservation_id) // DAY_MS < first_day,
    )


def _place(game: str, position: int) -> str:
    return table_game(game).name_of(position) if game in GAMES else f"position {position}"


def _paid(settled: Any) -> int:
    """The payout is what the stake left the house short of: it may have gone to cash, to a bonus, or to its cost."""
    kept = sum(m for a, m in zip(settled["acct"], settled["amt"], strict=True) if account_kind(a) in _HOUSE)
    stake = -sum(m for a, m in zip(settled["acct"], settled["amt"], strict=True) if account_kind(a) == Kind.ESCROW)
    return int(stake - kept)


_HOUSE: Final = (Kind.GGR, Kind.JACKPOT_POOL, Kind.JACKPOT_OVERFLOW)


def _disagreements(bet: ReplayedBet, state: RoundState) -> list[str]:
    found = []
    if bet.by_rules_minor not in (-1, bet.planned_minor):
        found.append(f"bet {bet.bet_id}: the rules pay {bet.by_rules_minor}, the plan {bet.planned_minor}")
    if bet.paid_minor not in (-1, bet.planned_minor):
        found.append(f"bet {bet.bet_id}: {bet.paid_minor} was paid, the plan has {bet.planned_minor}")
    if bet.paid_minor == -1 and not bet.is_gone and state is RoundState.SETTLED:
        found.append(f"bet {bet.bet_id}: never settled, though the round is")
    if bet.chips and sum(stake for _, stake in bet.chips) != bet.stake_minor:
        found.append(f"bet {bet.bet_id}: its chips are not its stake of {bet.stake_minor}")
    return found


def _entry(shard: int, e: Any) -> ReplayedEntry:
    legs = zip(e["acct"], e["amt"], strict=True)
    return ReplayedEntry(
        shard,
        e["seq"],
        e["booked_ms"],
        int.from_bytes(e["cmd_id"].bytes[:6], "big"),
        EntryCode(e["code"]).name,
        Refusal(e["status"]).name if e["status"] else "",
        e["player_id"],
        e["ccy"],
        (e["ref"] or e["cmd_id"]).hex,
        [(Kind(account_kind(acct)).name.lower(), amount) for acct, amount in legs],
    )


# ---------------------------------------------------------------- how it is told


def replay_json(found: Replay) -> str:
    """Return it for programs."""
    return json.dumps({**msgspec.to_builtins(found), "agrees": found.agrees}, indent=2)


def replay_text(found: Replay) -> str:
    """Return it for people, in order of time."""
    lines = [
        f"REPLAY of round {found.round_no} of {found.table_id} ({found.round_id}): nothing is played, nothing is paid",
        f"state {found.state}, rules {found.rules_version}, table epoch {found.table_epoch}"
        + (f", dealer {found.dealer}" if found.dealer else "")
        + (f", voided: {found.void_reason}" if found.void_reason else ""),
    ]
    lines += [f"cards: {found.cards}"] if found.cards else []
    told: list[tuple[int, str]] = [(found.opened_ms, "betting opens")]
    for at_ms, text in ((found.closes_ms, "betting closes"), (found.finished_ms, "the round is finished")):
        if at_ms is not None:
            told.append((at_ms, text))
    if found.decided_ms is not None:
        told.append((found.decided_ms, f"number {found.number}; the plan is durable: {len(found.bets)} bets to settle"))
    told += [(entry.booked_ms, _entry_text(entry)) for entry in found.entries]
    lines += [f"{_time(at_ms)}  {text}" for at_ms, text in sorted(told, key=lambda pair: pair[0])]
    lines += [_bet_text(bet) for bet in found.bets]
    lines += [f"bet {bet_id}: to be voided by the plan" for bet_id in found.voided]
    lines += [f"DISAGREES {text}" for text in found.disagreements]
    verdict = "rules, plan and books agree" if found.agrees else f"{len(found.disagreements)} DISAGREEMENTS"
    return "\n".join([*lines, f"{verdict} ({len(found.bets)} bets, {len(found.entries)} entries)"])


def _entry_text(entry: ReplayedEntry) -> str:
    moved = ", ".join(f"{kind} {amount:+d}" for kind, amount in entry.moved) or "nothing moved"
    what = f"refused: {entry.refused}" if entry.refused else moved
    who = f"player {entry.player}, bet {entry.bet_id}"
    return f"shard {entry.shard} row {entry.seq} {entry.order} {who} (made {_time(entry.made_ms)}): {what}"


def _bet_text(bet: ReplayedBet) -> str:
    chips = ", ".join(f"{name} {stake}" for name, stake in bet.chips) or "chips not kept"
    rules = "" if bet.by_rules_minor < 0 else f", by the rules {bet.by_rules_minor}"
    unpaid = "NOT SEEN: its rows were taken off the journal" if bet.is_gone else "not settled"
    paid = unpaid if bet.paid_minor < 0 else f"paid {bet.paid_minor} in row {bet.settled_seq}"
    return f"player {bet.player} staked {bet.stake_minor} ({chips}): plan {bet.planned_minor}{rules}, {paid}"


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
