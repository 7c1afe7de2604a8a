"""Jackpots in PostgreSQL: their rules, hits and plans in the casino's database, their money in each shard's books."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg

from actors.domain.events import JackpotHit
from actors.domain.money.accounts import Kind, house_account
from actors.domain.money.orders import JackpotTerms
from actors.domain.policy.jackpot import Hit, HitState, Jackpot, Pot, Step, StepState, Verb
from actors.supervisors.jackpot import JackpotLine
from actors.supervisors.journal import CheckpointMoved
from server.api.models import JackpotRow
from server.currencies import CURRENCIES
from server.storage.outages import outages
from server.storage.shards import Books
from server.storage.supervision import STATEMENT_S

_JACKPOTS: Final = """
select j.*,
       (select count(*) from casino.jackpot_step s
         where s.jackpot = j.jackpot and s.hit = 0 and s.state = 1) as steps_booked,
       (select count(*) from casino.jackpot_step s where s.jackpot = j.jackpot and s.state = 2) as steps_refused,
       exists (select from casino.jackpot_hit h where h.jackpot = j.jackpot and h.state < 2) as is_hit
  from casino.jackpot j order by j.jackpot"""

# Of a hit that is planned and not paid: what it will pay, and what of that has left a pool and not reached the other.
_PAYING: Final = """
select h.jackpot, h.amount_minor as paying,
       coalesce((select sum(s.amount_minor)::bigint from casino.jackpot_step s
                   left join casino.transit t on t.from_shard = s.shard_id and t.seq = s.seq
                  where s.jackpot = h.jackpot and s.hit = h.hit and s.verb = 2 and s.state = 1
                    and t.state is distinct from 1), 0) as under_way
  from casino.jackpot_hit h
 where h.state = 1 and exists (select from casino.jackpot_step s where s.jackpot = h.jackpot and s.hit = h.hit
                                  and s.verb = 3 and s.state <> 1)"""

_HIT: Final = """
select h.*, h.state = 2 or exists (select from casino.jackpot_step s where s.jackpot = h.jackpot and s.hit = h.hit
                                      and s.verb = 3 and s.state = 1) as is_paid
  from casino.jackpot_hit h"""

_INSERT_STEPS: Final = """
insert into casino.jackpot_step (jackpot, hit, verb, shard_id, amount_minor, planned_ms)
select * from unnest($1::int[], $2::int[], $3::smallint[], $4::smallint[], $5::bigint[], $6::bigint[])"""

_CLOSE_STEPS: Final = """
update casino.jackpot_step s set state = u.state, seq = nullif(u.seq, 0), code = nullif(u.code, 0), closed_at = now()
  from unnest($1::int[], $2::int[], $3::smallint[], $4::smallint[], $5::int[], $6::smallint[], $7::bigint[],
              $8::smallint[]) u(jackpot, hit, verb, shard_id, attempt, state, seq, code)
 where s.jackpot = u.jackpot and s.hit = u.hit and s.verb = u.verb and s.shard_id = u.shard_id
   and s.attempt = u.attempt and s.state = 0"""

_ARRIVED: Final = """
select not exists (
  select from casino.jackpot_step s left join casino.transit t on t.from_shard = s.shard_id and t.seq = s.seq
   where s.jackpot = $1 and s.hit = $2 and s.verb = 2 and t.state is distinct from 1) as arrived"""

_POT_KINDS: Final = (Kind.JACKPOT_POOL, Kind.JACKPOT_RESERVE, Kind.JACKPOT_OVERFLOW)


class PostgresJackpots:
    """See `JackpotStore`."""

    def __init__(self, pool: asyncpg.Pool, books: Books) -> None:
        """pool: of the casino's database. books: where each shard's money is."""
        self._pool = pool
        self._books = books

    async def add(self, jackpot: Jackpot) -> bool:
        """Make a jackpot; False where its number is taken."""
        terms = jackpot.terms
        made = await self._rows(
            "insert into casino.jackpot (jackpot, name, ccy, rate_num, rate_den, shard_ceiling, seed_minor, home_shard) "
            "values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning 1",
            jackpot.number,
            jackpot.name,
            terms.ccy,
            terms.rate_num,
            terms.rate_den,
            terms.ceiling_minor,
            jackpot.seed_minor,
            jackpot.home,
        )
        return bool(made)

    async def jackpots(self) -> Sequence[JackpotLine]:
        """See `JackpotStore.jackpots`."""
        rows = await self._rows(_JACKPOTS)
        return [JackpotLine(_jackpot(row), row["steps_booked"], row["is_hit"], row["steps_refused"]) for row in rows]

    async def pots(self, jackpot: Jackpot) -> Mapping[int, Pot]:
        """See `JackpotStore.pots`."""
        shards = self._books.shards
        pots = await asyncio.gather(*(self._pot(jackpot, shard) for shard in shards))
        return dict(zip(shards, pots, strict=True))

    async def _pot(self, jackpot: Jackpot, shard: int) -> Pot:
        accounts = [house_account(jackpot.terms.ccy, kind, jackpot.number) for kind in _POT_KINDS]
        statement = "select account_id, balance from wallet.account where account_id = any($1) and shard_id = $2"
        rows = await self._books.fetch(shard, statement, accounts, shard, timeout_s=STATEMENT_S)
        balances = {row["account_id"]: row["balance"] for row in rows}
        return Pot(*(balances.get(account, 0) for account in accounts))

    async def meters(self) -> Sequence[JackpotRow]:
        """Return what each jackpot would pay now, and what it is paying."""
        lines = await self.jackpots()
        paying = {row["jackpot"]: row for row in await self._rows(_PAYING)}
        return [await self._meter(line, paying.get(line.jackpot.number)) for line in lines]

    async def _meter(self, line: JackpotLine, paying: Any | None) -> JackpotRow:
        jackpot = line.jackpot
        pools = sum(pot.pool_minor for pot in (await self.pots(jackpot)).values())
        owed, under_way = (paying["paying"], paying["under_way"]) if paying is not None else (0, 0)
        return JackpotRow(
            jackpot=jackpot.number,
            name=jackpot.name,
            currency=CURRENCIES[jackpot.terms.ccy].code,
            amount_minor=max(0, pools + under_way - owed),
            paying_minor=owed,
        )

    async def note_hit(self, hit: JackpotHit, now_ms: int) -> Hit | None:
        """See `JackpotStore.note_hit`."""
        hit_id = UUID(bytes=hit.hit_id)
        with outages():
            async with self._pool.acquire(timeout=STATEMENT_S) as connection, connection.transaction():
                # The lock puts hits of one jackpot, and doubles of one hit, one behind the other.
                is_known = await connection.fetchval(
                    "select 1 from casino.jackpot where jackpot = $1 for update", hit.jackpot, timeout=STATEMENT_S
                )
                if is_known:
                    await connection.execute(
                        "with made as (insert into casino.jackpot_hit (jackpot, hit, hit_id, player_id, shard_id, noted_ms) "
                        "select jackpot, hits + 1, $2, $3, $4, $5 from casino.jackpot where jackpot = $1 "
                        "on conflict (hit_id) do nothing returning jackpot) "
                        "update casino.jackpot j set hits = hits + 1 from made where j.jackpot = made.jackpot",
                        hit.jackpot,
                        hit_id,
                        hit.player_id,
                        hit.shard,
                        now_ms,
                        timeout=STATEMENT_S,
                    )
        rows = await self._rows(f"{_HIT} where h.hit_id = $1", hit_id)
        return _hit(rows[0]) if rows and is_known else None

    async def next_hit(self, jackpot: int) -> Hit | None:
        """See `JackpotStore.next_hit`."""
        rows = await self._rows(f"{_HIT} where h.jackpot = $1 and h.state < 2 order by h.hit limit 1", jackpot)
        return _hit(rows[0]) if rows else None

    async def add_steps(self, steps: Sequence[Step]) -> None:
        """See `JackpotStore.add_steps`."""
        await self._rows(f"{_INSERT_STEPS} on conflict do nothing", *_columns(steps))

    async def plan(self, hit: Hit, amount_minor: int, steps: Sequence[Step]) -> None:
        """See `JackpotStore.plan`."""
        with outages():
            async with self._pool.acquire(timeout=STATEMENT_S) as connection, connection.transaction():
                moved = await connection.fetchval(
                    "update casino.jackpot_hit set state = 1, amount_minor = $3 "
                    "where jackpot = $1 and hit = $2 and state = 0 returning 1",
                    hit.jackpot,
                    hit.number,
                    amount_minor,
                    timeout=STATEMENT_S,
                )
                if moved is None:
                    raise CheckpointMoved(f"hit {hit.number} of jackpot {hit.jackpot} is planned already")
                await connection.execute(_INSERT_STEPS, *_columns(steps), timeout=STATEMENT_S)

    async def steps(self, jackpot: int, hit: int) -> Sequence[Step]:
        """See `JackpotStore.steps`."""
        statement = "select * from casino.jackpot_step where jackpot = $1 and hit = $2 order by verb, shard_id"
        return [_step(row) for row in await self._rows(statement, jackpot, hit)]

    async def close_steps(self, steps: Sequence[Step]) -> None:
        """See `JackpotStore.close_steps`."""
        ends = (
            [s.attempt for s in steps],
            [int(s.state) for s in steps],
            [s.seq for s in steps],
            [s.code for s in steps],
        )
        await self._rows(_CLOSE_STEPS, *_columns(steps)[:4], *ends)

    async def has_arrived(self, jackpot: int, hit: int) -> bool:
        """See `JackpotStore.has_arrived`."""
        (row,) = await self._rows(_ARRIVED, jackpot, hit)
        return bool(row["arrived"])

    async def finish(self, hit: Hit) -> None:
        """See `JackpotStore.finish`."""
        statement = (
            "update casino.jackpot_hit set state = 2, done_at = now() where jackpot = $1 and hit = $2 and state = 1"
        )
        await self._rows(statement, hit.jackpot, hit.number)

    async def _rows(self, statement: str, *arguments: Any) -> list[Any]:
        with outages():
            return list(await self._pool.fetch(statement, *arguments, timeout=STATEMENT_S))


def _columns(steps: Sequence[Step]) -> tuple[list[int], ...]:
    return (
        [step.jackpot for step in steps],
        [step.hit for step in steps],
        [int(step.verb) for step in steps],
        [step.shard for step in steps],
        [step.amount_minor for step in steps],
        [step.planned_ms for step in steps],
    )


def _jackpot(row: Any) -> Jackpot:
    terms = JackpotTerms(row["ccy"], row["rate_num"], row["rate_den"], row["shard_ceiling"])
    return Jackpot(row["jackpot"], row["name"], terms, row["seed_minor"], row["home_shard"])


def _hit(row: Any) -> Hit:
    return Hit(
        row["jackpot"],
        row["hit"],
        row["hit_id"].bytes,
        row["player_id"],
        row["shard_id"],
        HitState(row["state"]),
        row["amount_minor"],
        row["is_paid"],
    )


def _step(row: Any) -> Step:
    return Step(
        row["jackpot"],
        row["hit"],
        Verb(row["verb"]),
        row["shard_id"],
        row["amount_minor"],
        row["planned_ms"],
        row["attempt"],
        StepState(row["state"]),
        row["seq"] or 0,
        row["code"] or 0,
    )
