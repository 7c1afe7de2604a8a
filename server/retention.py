"""`croupier retain`: take old partitions off the journal, without a doubt about what was in them.

In two runs, hours apart, because shards learn of the floor hourly: the first raises the floor, so that ids of those
days are refused; a later one detaches, archives and prunes. Each step may be repeated, and a run that was cut off
anywhere is finished by the next (docs/adr/0008-retention.md).

| step | durable before the next |
| --- | --- |
| floor | ids of these days are refused |
| record | what the partition holds of each shard, signed |
| detach | the partition is a relation of its own |
| archive | it lies in `wallet_archive`, unchangeable, for the operator to dump and drop |
| prune | closed reservations of these days are gone |
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import asyncpg

from actors.domain.evidence import RETIREMENT, Signer, canonical, seal
from server.audit.checkpoints import Anchor, SecondPlace, anchors
from server.audit.seals import Keys, SealBroken, load_keys
from server.config import Config
from server.embedded.processes import EmbeddedError
from server.evidence import EvidenceSigner, keys_file, publish_key
from server.secrets import load_secrets
from server.storage.retired import (
    FLOOR_REST,
    TAIL_ROWS,
    Holding,
    Part,
    PartState,
    RetiredJournal,
    day_text,
    lagging_followers,
    unfinished_business,
)

Say = Callable[[str], None]
_SIGNED: Final = ("shard", "part", "first_day", "end_day", "rows", "first_seq", "last_seq", "moved")


class RetentionError(EmbeddedError):
    """The journal is not as it should be: nothing more is done; the text says why."""


class Evidence(NamedTuple):
    """What proves the journal, and what signs for the part of it that goes."""

    keys: Keys
    second: SecondPlace
    signer: Signer


class Retention:
    """One PostgreSQL with books. Everything that it finds out, it asks anew in each run."""

    def __init__(
        self,
        journal: RetiredJournal,
        casino: asyncpg.Connection,
        evidence: Evidence,
        *,
        keep_days: int,
        now_ms: int,
        say: Say,
        after: Say,
    ) -> None:
        """keep_days: of ids; 0: for ever. after: told of each step that is durable; a test may end the run there."""
        self._journal = journal
        self._casino = casino
        self._evidence = evidence
        self._keep_days = keep_days
        self._now_ms = now_ms
        self._say = say
        self._after = after
        self._proofs: dict[int, Anchor | None] = {}

    async def run(self, *, apply: bool) -> bool:
        """Do, or only tell, what there is to do now. Returns False where something stands in the way.

        Raises RetentionError where another run is at work, or the journal is not as it was signed.
        """
        if not await self._journal.lock():
            raise RetentionError("another `croupier retain` is at work")
        for part in await self._journal.parts():
            if part.state in (PartState.PENDING, PartState.DETACHED):
                self._say(f"{part.name} was left {part.state.value} by a run that was cut off")
                if apply:
                    await self._finish(part)
        is_free = await self._take_off_all(apply)
        await self._prune(apply)
        return is_free

    async def _take_off_all(self, apply: bool) -> bool:
        due = await self._due()
        floor, age = await self._journal.floor()
        wanted, is_free = 0, True
        for part in due:
            holdings = await self._journal.holdings(part)
            self._say(_described(part, holdings))
            obstacles = await self._obstacles(part, holdings)
            for obstacle in obstacles:
                self._say(f"  in the way: {obstacle}")
            if obstacles:
                is_free = False
                break  # only from the oldest on, so that the journal has one beginning
            if floor < part.end_day:
                wanted = part.end_day
            elif age < FLOOR_REST:
                left = datetime.fromtimestamp(self._now_ms / 1000, UTC) + (FLOOR_REST - age)
                self._say(
                    f"  waits until {left:%Y-%m-%d %H:%M} UTC: until then a shard may not have heard of the floor"
                )
            elif apply:
                await self._take_off(part, holdings)
            else:
                self._say("  step 2 of 2: would be detached and archived")
        await self._raise_floor(wanted, apply)
        return is_free

    async def _due(self) -> list[Part]:
        if not self._keep_days:
            self._say("the journal is kept online for ever: CROUPIER_JOURNAL_DAYS is not set")
            return []
        before = self._now_ms // 86_400_000 - self._keep_days
        parts = [part for part in await self._journal.parts() if part.state is PartState.ATTACHED]
        due = [part for part in parts if part.end_day <= before]
        if not due:
            self._say(f"no partition holds only ids from before {day_text(before)}: nothing to take off")
        return due

    async def _raise_floor(self, day: int, apply: bool) -> None:
        if not day:
            return
        if not apply:
            self._say(f"step 1 of 2: the floor would be raised to {day_text(day)}")
            return
        await self._journal.raise_floor(day)
        self._say(f"step 1 of 2: the floor is raised, ids from before {day_text(day)} are refused from now on")
        self._say("  NOTHING IS DETACHED YET: shards learn of the floor hourly; run this again in two hours")
        self._after("floor")

    # ------------------------------------------------------------ what must hold before a partition may go

    async def _obstacles(self, part: Part, holdings: Sequence[Holding]) -> list[str]:
        found = []
        if count := await self._journal.open_reservations(part.end_day):
            found.append(f"{count:,} open reservations have ids of its days or earlier")
        found += await unfinished_business(self._casino, part.end_day)
        heads = await self._journal.heads()
        for held in holdings:
            found += [f"shard {held.shard}: {text}" for text in await self._obstacles_of(held, heads[held.shard])]
        return found

    async def _obstacles_of(self, held: Holding, head: int) -> list[str]:
        last, found = held.last_seq, []
        if last > head - TAIL_ROWS:
            found.append(f"row {last} is one of the last {TAIL_ROWS:,}, which recovery reads")
        for name, seq in await lagging_followers(self._casino, held):
            found.append(f"follower {name} has read up to row {seq} only, the partition ends with row {last}")
        if (seq := await self._journal.proved_snapshot(held.shard)) < last:
            found.append(f"the last proved snapshot is of row {seq}, the partition ends with row {last}")
        anchor = await self._proof(held.shard)
        if anchor is None:
            found.append("there is no signed checkpoint that holds and whose row the journal has")
        elif anchor.seq <= last:
            found.append(f"the last signed checkpoint is of row {anchor.seq}, the partition ends with row {last}")
        return found

    async def _proof(self, shard: int) -> Anchor | None:
        """Return the last sound checkpoint, if the journal passes through it."""
        if shard not in self._proofs:
            last: Anchor | None = None
            async with self._journal.connection.transaction(readonly=True):
                keys, second = self._evidence.keys, self._evidence.second
                async for anchor in anchors(self._journal.connection, shard, second, keys, lambda seq, text: None):
                    last = anchor
            is_there = last is not None and await self._journal.row_hash(shard, last.seq) == last.head
            self._proofs[shard] = last if is_there else None
        return self._proofs[shard]

    # ------------------------------------------------------------ the steps

    async def _take_off(self, part: Part, holdings: Sequence[Holding]) -> None:
        signed = await self._signed(part)
        if signed:
            self._compare(part, holdings, signed)
        else:
            await self._journal.add_lines(part.name, [(held.shard, self._line(part, held)) for held in holdings])
        self._after("record")
        await self._journal.detach(part)
        self._after("detach")
        await self._finish(part._replace(state=PartState.DETACHED))

    async def _finish(self, part: Part) -> None:
        """Go on with a partition that is detached, wholly or half."""
        if part.state is PartState.PENDING:
            await self._journal.finish_detach(part)
        self._compare(part, await self._journal.holdings(part), await self._signed(part))
        await self._journal.archive(part)
        self._say(f"  step 2 of 2: {part.name} is wallet_archive.{part.name} now: dump it, keep the dump, then drop it")
        self._after("archive")

    async def _prune(self, apply: bool) -> None:
        """Delete closed reservations of the days that are gone, as far as the rows that closed them are gone or older."""
        journal = self._journal
        here = {part.name for part in await journal.parts() if part.state is not PartState.ARCHIVED}
        gone: dict[int, tuple[int, int]] = {}
        for (name, shard), line in (await journal.lines()).items():
            if name not in here:
                record, before = json.loads(line), gone.get(shard, (0, 0))
                gone[shard] = (max(before[0], record["end_day"]), max(before[1], record["last_seq"]))
        for shard, (end_day, last_seq) in gone.items():
            if apply and (count := await journal.prune(shard, end_day, last_seq)):
                self._say(f"shard {shard}: {count:,} closed reservations from before {day_text(end_day)} are pruned")
        self._after("prune")

    async def _signed(self, part: Part) -> dict[int, dict[str, Any]]:
        lines = await self._journal.lines()
        return {shard: json.loads(line) for (name, shard), line in lines.items() if name == part.name}

    def _line(self, part: Part, held: Holding) -> str:
        anchor = self._proofs[held.shard]
        assert anchor is not None
        record = _record(part, held) | {"what": RETIREMENT, "checkpoint": anchor.n, "time_ms": self._now_ms}
        return canonical(seal(record, self._evidence.signer))

    def _compare(self, part: Part, holdings: Sequence[Holding], signed: dict[int, dict[str, Any]]) -> None:
        """Raise RetentionError unless the partition holds exactly what was signed."""
        held = {holding.shard: _record(part, holding) for holding in holdings}
        if held != {shard: {name: record.get(name) for name in _SIGNED} for shard, record in signed.items()}:
            raise RetentionError(
                f"{part.name} is {part.state.value} and does not hold what was signed before it went: leave it as it is, and "
                "attach it again (docs/operations.md) before anything else"
            )


def _record(part: Part, held: Holding) -> dict[str, Any]:
    values = (held.shard, part.name, part.first_day, part.end_day, held.rows, held.first_seq, held.last_seq, held.moved)
    return dict(zip(_SIGNED, values, strict=True))


def _described(part: Part, holdings: Sequence[Holding]) -> str:
    rows = ", ".join(f"{held.rows:,} rows of shard {held.shard} up to {held.last_seq}" for held in holdings)
    return f"{part.name}, ids of {day_text(part.first_day)} to {day_text(part.end_day - 1)}: {rows or 'no rows'}"


async def retain(config: Config, *, apply: bool, say: Say, after: Say = lambda step: None) -> bool:
    """Carry out `croupier retain` on every PostgreSQL with books. Returns False where something stands in the way.

    config: with the database's address. after: see `Retention`. Raises RetentionError, and what asyncpg raises.
    """
    evidence = _evidence(config)
    is_free = True
    for url, shards in config.books().items():
        say(f"books of shard {', '.join(map(str, shards))}:")
        async with _connected(url, config.database_url) as (books, casino):
            retention = Retention(
                RetiredJournal(books),
                casino,
                evidence,
                keep_days=config.journal_days,
                now_ms=time.time_ns() // 1_000_000,
                say=say,
                after=after,
            )
            is_free &= await retention.run(apply=apply)
    return is_free


def _evidence(config: Config) -> Evidence:
    secrets = load_secrets(config)
    publish_key(config, secrets, time.time_ns() // 1_000_000)
    try:
        keys = load_keys(keys_file(config))
    except SealBroken as broken:
        raise RetentionError(f"the public keys cannot be used: {broken}") from None
    return Evidence(keys, SecondPlace(config.checkpoint_folder), EvidenceSigner(secrets.evidence))


@asynccontextmanager
async def _connected(*urls: str) -> AsyncIterator[list[asyncpg.Connection]]:
    async with AsyncExitStack() as stack:
        found = []
        for url in urls:
            found.append(await _connect(url))
            stack.push_async_callback(found[-1].close)
        yield found


async def _connect(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url, timeout=10, server_settings={"application_name": "croupier retain"})
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise RetentionError(f"a PostgreSQL with books does not answer: {error or type(error).__name__}") from None
