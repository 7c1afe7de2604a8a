"""Rounds in PostgreSQL: the adapter of `RoundStore` over `casino.game_table` and `casino.round`.

Every writer begins with the fence: it takes the table's row `for share` where the epoch is still its own. A claim
updates that row, so a writer and a claim wait for each other: what an older incarnation has under way is either done
before the claim returns, or finds no fence and writes nothing (READ COMMITTED looks at the row again after waiting).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from actors.domain.games.game import Outcome, Step
from actors.domain.games.shoe_events import Happening, ShoeEvent
from actors.domain.rounds import FINAL, Plan, PlayRecord, RoundState
from actors.ports import NewRound, RoundConflict, StaleEpoch, StoreUnavailable, UnfinishedRound

#: A statement that takes longer is given up; it may still be carried out.
STATEMENT_S: Final = 5.0

_FENCE: Final = "with fence as (select 1 from casino.game_table where table_id = $1 and epoch = $2 for share)"

_CLAIM: Final = "update casino.game_table set epoch = epoch + 1, owner = $2 where table_id = $1 returning epoch"

_UNFINISHED: Final = """
select round_id, round_no, table_epoch, state, outcome, plan, rules_version, play,
       case when state = 6 then array(select s.step from casino.round_step s where s.round_id = r.round_id order by s.step_no)
       end as steps
from casino.round r where table_id = $1 and state in (0, 1, 2, 4, 6) order by round_no"""

_LAST_NO: Final = "select coalesce(max(round_no), 0) from casino.round where table_id = $1"

_NUMBERS: Final = """
select outcome from casino.round where table_id = $1 and state in (2, 3) order by round_no desc limit $2"""

_OPEN: Final = f"""
{_FENCE} insert into casino.round
  (round_id, table_id, table_epoch, round_no, state, opened_at, closes_at, dealer, rules_version, commitment)
select $3::uuid, $1, $2, $4::bigint, 0, to_timestamp($5::bigint / 1000.0),
       case when $6::bigint > 0 then to_timestamp($6::bigint / 1000.0) end, nullif($7::text, ''), $8::text,
       nullif($9::text, '') from fence
on conflict (round_id) do update set opened_at = excluded.opened_at, closes_at = excluded.closes_at
  where round.state = 0 and round.table_epoch = excluded.table_epoch
returning 1"""

_CLOSE: Final = f"""
{_FENCE} update casino.round set state = 1
where round_id = $3 and table_id = $1 and state = 0 and exists (select 1 from fence) returning 1"""

_START_PLAY: Final = f"""
{_FENCE} update casino.round set state = 6, play = $4
where round_id = $3 and table_id = $1 and state = 1 and exists (select 1 from fence) returning 1"""

_ADD_STEPS: Final = f"""
{_FENCE} insert into casino.round_step (round_id, step_no, step)
select r.round_id, $4::bigint + s.n - 1, s.step from fence, casino.round r,
       unnest($5::bytea[]) with ordinality s(step, n)
where r.round_id = $3 and r.table_id = $1 and r.state = 6 on conflict do nothing returning 1"""

_STEPS: Final = "select step from casino.round_step where round_id = $1 and step_no >= $2 order by step_no limit $3"

_EVENT: Final = """insert into casino.shoe_event
  (table_id, seq, shoe, happening, value, round_id, cut, source, who, reason)"""

_DECIDE: Final = f"""
{_FENCE}, decided as (
  update casino.round set state = 2, outcome = $4, detail = $5, plan = $6, seed = nullif($7::text, ''),
         decided_at = clock_timestamp()
  where round_id = $3 and table_id = $1 and state in (0, 1, 6) and exists (select 1 from fence) returning 1),
ended as ({_EVENT}
  select $1, $8::bigint, $9::int, 5, -1, $3, 0, '', $10::text, $11::text from decided where $8 is not null)
select 1 from decided"""

_START_VOID: Final = f"""
{_FENCE}, voiding as (
  update casino.round set state = 4, void_reason = $4
  where round_id = $3 and table_id = $1 and state in (0, 1, 6) and exists (select 1 from fence) returning 1),
ended as ({_EVENT}
  select $1, $5::bigint, $6::int, 5, -1, $3, 0, '', $7::text, $8::text from voiding where $5 is not null)
select 1 from voiding"""

_ADD_SHOE_EVENT: Final = f"""
{_FENCE} {_EVENT}
select $1, $3::bigint, $4::int, $5::smallint, $6::smallint, $7::uuid, $8::smallint, $9::text, $10::text, $11::text from fence
where $3 = 1 + coalesce((select max(seq) from casino.shoe_event where table_id = $1), 0) returning 1"""

_SHOE_EVENTS: Final = """
select seq, shoe, happening, value, round_id, cut, source, who, reason from casino.shoe_event
where table_id = $1 and shoe = (select shoe from casino.shoe_event where table_id = $1 order by seq desc limit 1) order by seq"""

_EPOCH: Final = "select epoch from casino.game_table where table_id = $1"

_FINISH: Final = f"""
{_FENCE} update casino.round set state = state + 1, finished_at = clock_timestamp()
where round_id = $3 and table_id = $1 and state in (2, 4) and exists (select 1 from fence) returning 1"""

_LOOK: Final = """
select t.epoch, r.state, r.outcome, r.plan, r.play from casino.game_table t
left join casino.round r on r.table_id = t.table_id and r.round_id = $2
where t.table_id = $1"""


def encode_plan(plan: Plan) -> bytes:
    """Return the plan as stored; the format is described at `Plan`."""
    return msgspec.msgpack.encode(plan)


def decode_plan(stored: bytes) -> Plan:
    """Return a stored plan. Raises msgspec.ValidationError for anything else."""
    return msgspec.msgpack.decode(stored, type=Plan)


class PostgresRounds:
    """The round store. Each method is one statement; a second one finds out why the first changed nothing."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def claim_table(self, table_id: str, owner: str) -> int:
        """See `RoundStore.claim_table`."""
        epoch = await self._value(_CLAIM, table_id, owner)
        if epoch is None:
            raise KeyError(f"there is no table {table_id!r}")
        return int(epoch)

    async def unfinished(self, table_id: str) -> list[UnfinishedRound]:
        """See `RoundStore.unfinished`."""
        return [_unfinished(row) for row in await self._rows(_UNFINISHED, table_id)]

    async def last_round_no(self, table_id: str) -> int:
        """See `RoundStore.last_round_no`."""
        return int(await self._value(_LAST_NO, table_id))

    async def recent_numbers(self, table_id: str, limit: int) -> list[int]:
        """See `RoundStore.recent_numbers`."""
        return [row["outcome"] for row in await self._rows(_NUMBERS, table_id, limit)]

    async def open(self, new: NewRound) -> None:
        """See `RoundStore.open`."""
        id_ = UUID(bytes=new.round_id)
        times = (new.opens_ms, new.closes_ms)
        try:
            is_open = await self._value(
                _OPEN,
                new.table_id,
                new.table_epoch,
                id_,
                new.round_no,
                *times,
                new.dealer,
                new.rules_version,
                new.commitment,
            )
        except asyncpg.UniqueViolationError as error:
            raise RoundConflict(f"{new.table_id}: round {new.round_no} is another one") from error
        if not is_open:
            state, *_ = await self._look(new.table_id, new.table_epoch, new.round_id)
            raise RoundConflict(f"{new.table_id}: round {new.round_no} is {state}, not to be opened")

    async def close(self, table_id: str, epoch: int, round_id: bytes) -> None:
        """See `RoundStore.close`."""
        if not await self._value(_CLOSE, table_id, epoch, UUID(bytes=round_id)):
            await self._look(table_id, epoch, round_id)

    async def start_play(self, table_id: str, epoch: int, round_id: bytes, record: PlayRecord) -> None:
        """See `RoundStore.start_play`."""
        stored = msgspec.msgpack.encode(record)
        if await self._value(_START_PLAY, table_id, epoch, UUID(bytes=round_id), stored):
            return
        state, _, _, play = await self._look(table_id, epoch, round_id)
        if (state, play) != (RoundState.PLAYING, stored):
            raise RoundConflict(f"{table_id}: round {round_id.hex()} is {state.name}, not to be played")

    async def add_steps(self, table_id: str, epoch: int, round_id: bytes, first_no: int, steps: Sequence[Step]) -> None:
        """See `RoundStore.add_steps`."""
        id_, stored = UUID(bytes=round_id), [msgspec.msgpack.encode(step) for step in steps]
        if len(await self._rows(_ADD_STEPS, table_id, epoch, id_, first_no, stored)) == len(stored):
            return
        state, *_ = await self._look(table_id, epoch, round_id)
        found = [row["step"] for row in await self._rows(_STEPS, id_, first_no, len(stored))]
        if state is not RoundState.PLAYING or found != stored:
            raise RoundConflict(f"{table_id}: round {round_id.hex()} is {state.name} with other steps at {first_no}")

    async def shoe_events(self, table_id: str) -> list[ShoeEvent]:
        """See `RoundStore.shoe_events`."""
        return [_shoe_event(row) for row in await self._rows(_SHOE_EVENTS, table_id)]

    async def add_shoe_event(self, table_id: str, epoch: int, event: ShoeEvent) -> None:
        """See `RoundStore.add_shoe_event`."""
        id_ = UUID(bytes=event.round_id) if event.round_id else None
        what = (event.seq, event.shoe, int(event.happening), event.value, id_, event.cut)
        if await self._value(_ADD_SHOE_EVENT, table_id, epoch, *what, event.source, event.who, event.reason):
            return
        if await self._value(_EPOCH, table_id) != epoch:
            raise StaleEpoch(f"{table_id}: epoch {epoch} is not the table's any more")
        if event not in await self.shoe_events(table_id):
            raise RoundConflict(f"{table_id}: shoe event {event.seq} is another one, or one before it is missing")

    async def decide(
        self,
        table_id: str,
        epoch: int,
        round_id: bytes,
        outcome: Outcome,
        plan: Plan,
        seed: str = "",
        ended: ShoeEvent | None = None,
    ) -> None:
        """See `RoundStore.decide`."""
        stored, detail, id_ = encode_plan(plan), list(outcome.detail), UUID(bytes=round_id)
        what = (outcome.number, detail, stored, seed)
        if await self._value(_DECIDE, table_id, epoch, id_, *what, *_end(ended)):
            return
        state, number, decided, _ = await self._look(table_id, epoch, round_id)
        if state not in (RoundState.DECIDED, RoundState.SETTLED) or (number, decided) != (outcome.number, stored):
            raise RoundConflict(f"{table_id}: round {round_id.hex()} is {state.name}, not to be decided")

    async def start_void(
        self, table_id: str, epoch: int, round_id: bytes, reason: str, ended: ShoeEvent | None = None
    ) -> bool:
        """See `RoundStore.start_void`."""
        if await self._value(_START_VOID, table_id, epoch, UUID(bytes=round_id), reason, *_end(ended)):
            return True
        state, *_ = await self._look(table_id, epoch, round_id)
        return state in (RoundState.VOIDING, RoundState.VOIDED)

    async def finish(self, table_id: str, epoch: int, round_id: bytes) -> None:
        """See `RoundStore.finish`."""
        if await self._value(_FINISH, table_id, epoch, UUID(bytes=round_id)):
            return
        state, *_ = await self._look(table_id, epoch, round_id)
        if state not in FINAL:
            raise RoundConflict(f"{table_id}: round {round_id.hex()} is {state.name}, not to be finished")

    async def _look(
        self, table_id: str, epoch: int, round_id: bytes
    ) -> tuple[RoundState, int | None, bytes | None, bytes | None]:
        """Return state, outcome, plan and play of a round that a writer left alone. Raises StaleEpoch, RoundConflict."""
        rows = await self._rows(_LOOK, table_id, UUID(bytes=round_id))
        if not rows or rows[0]["epoch"] != epoch:
            raise StaleEpoch(f"{table_id}: epoch {epoch} is not the table's any more")
        if rows[0]["state"] is None:
            raise RoundConflict(f"{table_id}: there is no round {round_id.hex()}")
        row = rows[0]
        return RoundState(row["state"]), row["outcome"], row["plan"], row["play"]

    async def _value(self, statement: str, *arguments: Any) -> Any:
        with _outages():
            return await self._pool.fetchval(statement, *arguments, timeout=STATEMENT_S)

    async def _rows(self, statement: str, *arguments: Any) -> list[Any]:
        with _outages():
            return list(await self._pool.fetch(statement, *arguments, timeout=STATEMENT_S))


@contextmanager
def _outages() -> Iterator[None]:
    """Turn what may pass into StoreUnavailable: no connection, no answer, a server that stops, deadlock, no disk."""
    try:
        yield
    except asyncpg.PostgresError as error:
        passing = ("08", "40", "53", "55", "57", "58")
        if (error.sqlstate or "").startswith(passing) or isinstance(error, asyncpg.PostgresConnectionError):
            raise StoreUnavailable(repr(error)) from error
        raise
    except (OSError, TimeoutError, asyncpg.ConnectionDoesNotExistError) as error:
        raise StoreUnavailable(repr(error)) from error
    except asyncpg.InterfaceError as error:
        if isinstance(error, ValueError):  # an argument that cannot be encoded: a bug
            raise
        raise StoreUnavailable(repr(error)) from error


def _end(event: ShoeEvent | None) -> tuple[int | None, int, str, str]:
    """Return the columns of an END that a round does not say itself."""
    return (None, 0, "", "") if event is None else (event.seq, event.shoe, event.who, event.reason)


def _shoe_event(row: Any) -> ShoeEvent:
    return ShoeEvent(
        row["seq"],
        row["shoe"],
        Happening(row["happening"]),
        row["value"],
        row["round_id"].bytes if row["round_id"] else b"",
        row["cut"],
        row["source"],
        row["who"],
        row["reason"],
    )


def _unfinished(row: Any) -> UnfinishedRound:
    return UnfinishedRound(
        row["round_id"].bytes,
        row["round_no"],
        row["table_epoch"],
        RoundState(row["state"]),
        -1 if row["outcome"] is None else row["outcome"],
        None if row["plan"] is None else decode_plan(row["plan"]),
        row["rules_version"] or "",
        None if row["play"] is None else msgspec.msgpack.decode(row["play"], type=PlayRecord),
        [msgspec.msgpack.decode(step, type=Step) for step in row["steps"] or ()],
    )
