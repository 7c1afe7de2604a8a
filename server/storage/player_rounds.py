"""A player's own rounds: what everybody was told of each, with his bets, decisions and money. Read only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from actors.domain.games.catalogue import INSTANT_GAMES
from actors.domain.games.game import Step
from actors.domain.money.accounts import Kind, account_id
from actors.domain.money.entries import EntryCode, ReservationState
from actors.domain.refusals import Refusal
from actors.domain.rounds import Plan
from server.currencies import PLAY_CCY
from server.storage.recall import FACTS, public_record
from server.storage.shards import Books
from server.vault.seeds import SeedSealer

STATEMENT_S: Final = 5.0
#: Orders looked at in one step, for each round wanted.
_ORDERS_A_ROUND: Final = 8
#: A larger plan is not looked into for chips.
_PLAN_BYTES_MAX: Final = 256 * 1024

# Stakes and wagers, newest first, by the index on (player_id, seq). Of wagers refused ones too: their rounds are void.
_ORDERS: Final = f"""
select seq, code, status, round_id, cmd_id, booked_at, cash,
       (select coalesce(sum(m), 0)::bigint from unnest(acct, amt) u(a, m) where a = $3) as moved
  from wallet.journal
 where player_id = $1 and shard_id = $2 and seq < $4 and round_id is not null
   and (code = {int(EntryCode.RESERVE)} and status = 0 or code = {int(EntryCode.WAGER)})
 order by seq desc limit $5"""
_BETS: Final = """
select r.round_id, r.reservation_id, r.cash + r.bonus as stake, r.state, r.opened_seq,
       (extract(epoch from o.booked_at) * 1000)::bigint as placed_ms, o.cash + r.cash as cash_before,
       (extract(epoch from c.booked_at) * 1000)::bigint as closed_ms, c.seq as closed_seq, c.cash as cash_after,
       (select coalesce(sum(m), 0)::bigint from unnest(c.acct, c.amt) u(a, m) where a = $4) as moved
  from wallet.reservation r
  left join wallet.journal o on o.shard_id = r.shard_id and o.seq = r.opened_seq
  left join wallet.journal c on c.shard_id = r.shard_id and c.seq = r.closed_seq
 where r.round_id = any($1) and r.player_id = $2 and r.shard_id = $3 and r.kind = 120
 order by r.opened_seq"""
_ROUNDS: Final = f"{FACTS} where r.round_id = any($1)"
_STEPS: Final = "select step from casino.round_step where round_id = $1 order by step_no"
_SPINS: Final = """
select s.spin_id, s.game, s.commitment, s.client_seed, s.nonce, s.stake_minor, s.payout_minor, s.number, s.detail,
       s.rules_version, s.recorded_ms, p.kek_ver, case when p.state = 2 then p.sealed end as sealed
  from casino.spin s left join casino.seed_pair p using (pair_id)
 where s.game = any($1) and s.player_id = $2 and s.spin_id = any($3)"""

_plan = msgspec.msgpack.Decoder(Plan)
_step = msgspec.msgpack.Decoder(Step)
_detail = msgspec.msgpack.Decoder(tuple[int, ...])
_STATES: Final[Mapping[int, str]] = {
    ReservationState.OPEN: "in play",
    ReservationState.SETTLED: "settled",
    ReservationState.VOIDED: "voided",
    ReservationState.TOMBSTONE: "voided",
}
_STATUS: Final[Mapping[str, str]] = {"settled": "complete", "voided": "void", "in progress": "in progress"}

Round = dict[str, Any]


class PostgresPlayerRounds:
    """Reads committed rows only. A round in progress is told without anything that is not public at its table."""

    def __init__(self, pool: asyncpg.Pool, books: Books, sealer: SeedSealer) -> None:
        """pool: of the casino's database. books: where each player's journal is. sealer: opens seeds that are out of use."""
        self._pool = pool
        self._books = books
        self._sealer = sealer

    async def listed(self, shard: int, player_id: int, before: int, limit: int) -> tuple[Sequence[Round], int | None]:
        """Return up to limit of the player's rounds whose last bet has seq < before, newest first, and the next before."""
        books = await self._books.pool(shard)
        cash = account_id(player_id, PLAY_CCY, Kind.CASH)
        found: list[Round] = []
        at, step = before, limit * _ORDERS_A_ROUND
        while True:
            orders = await books.fetch(_ORDERS, player_id, shard, cash, at, step, timeout=STATEMENT_S)
            for one in await self._told(shard, player_id, cash, orders):
                if one["seq"] < before and len(found) < limit and one["seq"] not in {other["seq"] for other in found}:
                    found.append(one)
            if len(orders) < step or len(found) == limit:
                break
            at = orders[-1]["seq"]
        return found, found[-1]["seq"] if len(found) == limit else None

    async def one(self, shard: int, player_id: int, round_id: bytes) -> Round | None:
        """Return one of the player's rounds, with what he and the clock decided in it; None: he had no bet in it."""
        cash = account_id(player_id, PLAY_CCY, Kind.CASH)
        id_ = UUID(bytes=round_id)
        told = (await self._at_tables(shard, player_id, cash, [id_])).get(id_)
        if told is None:
            return await self._spin_of(shard, player_id, cash, id_)
        own = {bytes.fromhex(bet["bet_id"]) for bet in told["bets"]}
        steps = [_step.decode(row["step"]) for row in await self._pool.fetch(_STEPS, id_, timeout=STATEMENT_S)]
        mine = [step for step in steps if step.player_id == player_id or step.player_id == 0]
        told["decisions"] = [_decision(step) for step in mine if not step.reservation_id or step.reservation_id in own]
        return told

    async def staff_view(self, round_id: bytes) -> Round | None:
        """Return a round with every player's bets as its plan has them, and every step; None where there is none."""
        id_ = UUID(bytes=round_id)
        row = await self._pool.fetchrow(f"{FACTS} where r.round_id = $1", id_, timeout=STATEMENT_S)
        record = public_record(row)
        if row is None or record is None:
            return None
        plan = None if row["plan"] is None else _plan.decode(row["plan"])
        steps = [_step.decode(step["step"]) for step in await self._pool.fetch(_STEPS, id_, timeout=STATEMENT_S)]
        return {
            **record,
            "bets": [] if plan is None else [_planned(entry) for entry in plan.settle],
            "voids": [] if plan is None else [_planned(entry) for entry in plan.void],
            "decisions": [{**_decision(step), "player_id": step.player_id} for step in steps],
        }

    async def _told(self, shard: int, player_id: int, cash: int, orders: Sequence[Any]) -> Sequence[Round]:
        ids = list({row["round_id"] for row in orders if row["code"] == EntryCode.RESERVE})
        rounds = list((await self._at_tables(shard, player_id, cash, ids)).values()) if ids else []
        wagers = [row for row in orders if row["code"] == EntryCode.WAGER]
        spins = await self._spins(player_id, wagers) if wagers else []
        return sorted([*rounds, *spins], key=lambda one: -one["seq"])

    async def _at_tables(self, shard: int, player_id: int, cash: int, ids: Sequence[UUID]) -> dict[UUID, Round]:
        books = await self._books.pool(shard)
        by_round: dict[UUID, list[Any]] = {}
        for bet in await books.fetch(_BETS, ids, player_id, shard, cash, timeout=STATEMENT_S):
            by_round.setdefault(bet["round_id"], []).append(bet)
        facts = await self._pool.fetch(_ROUNDS, list(by_round), timeout=STATEMENT_S)
        return {row["round_id"]: _round(row, by_round[row["round_id"]]) for row in facts}

    async def _spins(self, player_id: int, wagers: Sequence[Any]) -> list[Round]:
        ids = [row["cmd_id"] for row in wagers]
        rows = await self._pool.fetch(_SPINS, list(INSTANT_GAMES), player_id, ids, timeout=STATEMENT_S)
        spins = {row["spin_id"]: row for row in rows}
        found = [(spins[row["cmd_id"]], row) for row in wagers if row["cmd_id"] in spins]
        return [{**_told_spin(spin, row), "seed": self._seed(player_id, spin)} for spin, row in found]

    def _seed(self, player_id: int, spin: Any) -> str:
        """Return the server's seed of a spin, once its pair is out of use; until then nothing."""
        if spin["sealed"] is None:
            return ""
        return self._sealer.open(spin["game"], player_id, spin["commitment"], spin["kek_ver"], spin["sealed"])

    async def _spin_of(self, shard: int, player_id: int, cash: int, id_: UUID) -> Round | None:
        rows = await (await self._books.pool(shard)).fetch(
            _ORDERS.replace("round_id is not null", "(round_id = $6 or cmd_id = $6)"),
            *(player_id, shard, cash, 2**63 - 1, 1, id_),
            timeout=STATEMENT_S,
        )
        spins = await self._spins(player_id, [row for row in rows if row["code"] == EntryCode.WAGER])
        return spins[0] if spins else None


def _round(row: Any, bets: Sequence[Any]) -> Round:
    record = public_record(row)
    assert record is not None
    chips: dict[bytes, list[tuple[int, int]]] = {}
    if row["plan"] is not None and len(row["plan"]) <= _PLAN_BYTES_MAX:
        chips = {entry.reservation_id: entry.chips for entry in _plan.decode(row["plan"]).settle}
    own = [_bet(bet, chips.get(bet["reservation_id"].bytes, [])) for bet in bets]
    closed = [bet for bet in bets if bet["closed_seq"] is not None]
    is_over = len(closed) == sum(bet["state"] != ReservationState.TOMBSTONE for bet in bets)
    return {
        **record,
        "seq": max(bet["opened_seq"] for bet in bets),
        "status": _STATUS[record["state"]] if is_over or record["state"] == "in progress" else "in progress",
        "bets": own,
        "decisions": [],
        "stake_minor": sum(bet["stake_minor"] for bet in own if bet["state"] != "voided"),
        "payout_minor": sum(bet["payout_minor"] for bet in own),
        "returned_minor": sum(bet["stake_minor"] for bet in own if bet["state"] == "voided"),
        "cash_before_minor": bets[0]["cash_before"],
        "cash_after_minor": max(closed, key=lambda bet: bet["closed_seq"])["cash_after"]
        if closed and is_over
        else None,
        "replay": True,
    }


def _bet(bet: Any, chips: Sequence[tuple[int, int]]) -> Round:
    state = _STATES[bet["state"]]
    return {
        "bet_id": bet["reservation_id"].hex,
        "state": state,
        "stake_minor": bet["stake"],
        "payout_minor": bet["moved"] if state == "settled" and bet["moved"] is not None else 0,
        "chips": chips,
        "placed_ms": bet["placed_ms"],
        "closed_ms": bet["closed_ms"],
    }


def _told_spin(spin: Any, wager: Any) -> Round:
    return _void_spin(_spin(spin, wager), wager["status"]) if wager["status"] else _spin(spin, wager)


def _void_spin(told: Round, code: int) -> Round:
    """Return a round that the books refused: nothing was staked and nothing came of it. Its number is used up."""
    bets = [{**bet, "state": "voided", "payout_minor": 0} for bet in told["bets"]]
    nothing: Round = {"number": None, "detail": [], "stake_minor": 0, "payout_minor": 0, "decided_ms": None}
    money = {"cash_before_minor": None, "cash_after_minor": None}
    reason = Refusal(code).name.lower()
    return {**told, **nothing, **money, "state": "voided", "status": "void", "void_reason": reason, "bets": bets}


def _spin(spin: Any, wager: Any) -> Round:
    booked_ms = round(wager["booked_at"].timestamp() * 1000)
    bet = {
        "bet_id": spin["spin_id"].hex,
        "state": "settled",
        "stake_minor": spin["stake_minor"],
        "payout_minor": spin["payout_minor"],
        "chips": [],
        "placed_ms": booked_ms,
        "closed_ms": booked_ms,
    }
    names = ("game", "rules_version", "commitment", "client_seed", "nonce", "stake_minor", "payout_minor", "number")
    return {
        "round_id": wager["round_id"].hex,
        **{name: spin[name] for name in names},
        "detail": list(_detail.decode(spin["detail"])),
        "state": "settled",
        "seq": wager["seq"],
        "status": "complete",
        "bets": [bet],
        "decisions": [],
        "returned_minor": 0,
        "cash_before_minor": wager["cash"] - wager["moved"],
        "cash_after_minor": wager["cash"],
        "opened_ms": spin["recorded_ms"],
        "decided_ms": spin["recorded_ms"],
        "finished_ms": booked_ms,
        "replay": True,
    }


def _decision(step: Step) -> Round:
    return {
        "at_ms": step.at_ms,
        "action": step.action,
        "value": step.value,
        "bet_id": step.reservation_id.hex(),
        "added_minor": 0 if step.added is None else step.added.stake_minor,
        "by_rule": step.player_id == 0,
    }


def _planned(entry: Any) -> Round:
    return {
        "shard": entry.shard,
        "bet_id": entry.reservation_id.hex(),
        "player_id": entry.player_id,
        "stake_minor": entry.stake_minor,
        "payout_minor": getattr(entry, "payout_minor", 0),
        "chips": getattr(entry, "chips", []),
    }
