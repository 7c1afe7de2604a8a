"""Rounds recalled from real PostgreSQL: what verifiers read, and that nothing of a round comes out before it is decided."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import Outcome
from actors.domain.games.roulette import RULES_VERSION
from actors.domain.rounds import Plan
from actors.ports import NewRound
from actors.supervisors.recorder import RoundRecorder
from server.audit.records import record_breaches
from server.audit.report import Violation
from server.clock import SystemClock
from server.config import Config
from server.entropy import LibsodiumEntropy
from server.evidence import EvidenceSigner
from server.fairness.chains import HashChains
from server.fairness.signing import is_signed
from server.fairness.verify import verify
from server.storage.chains import PostgresChains
from server.storage.recall import PostgresRecall
from server.storage.round_records import PostgresRoundRecords
from server.storage.rounds import PostgresRounds
from server.vault.keys import VaultKeys

TABLE = "roulette-1"
NOTHING = Plan(1, [], [])


SIGNER = EvidenceSigner(bytes(32))
KEYS = {SIGNER.key_id: SIGNER.verify_key}


def _fatal(error: BaseException) -> None:
    raise error


class Scene:
    """A table whose rounds are made by hand, in order."""

    def __init__(self, pool: asyncpg.Pool, state: Path) -> None:
        self.pool = pool
        self.rounds = PostgresRounds(pool)
        self.seeds = HashChains(PostgresChains(pool), VaultKeys(Config(state=state)), LibsodiumEntropy(), length=8)
        self.recall = PostgresRecall(pool)
        self.epoch = 0
        self.last = 0

    async def open(self) -> bytes:
        """Open the next round."""
        if not self.epoch:
            self.epoch = await self.rounds.claim_table(TABLE, "test")
        self.last += 1
        seed = await self.seeds.for_round(TABLE, self.last)
        id_ = bytes([self.last]) * 16
        await self.rounds.open(NewRound(id_, TABLE, self.epoch, self.last, 1, 2, "", RULES_VERSION, seed.commitment))
        return id_

    async def decide(self, id_: bytes, *, settle: bool = True) -> int:
        """Decide the newest round by its seed, and settle it."""
        seed = await self.seeds.for_round(TABLE, self.last)
        number = SeededDraws(seed.seed, seed.salt, self.last).below(37)
        await self.rounds.decide(TABLE, self.epoch, id_, Outcome(number), NOTHING, seed.seed)
        if settle:
            await self.rounds.finish(TABLE, self.epoch, id_)
        return number

    async def record(self) -> None:
        """Sign what is finished."""
        await RoundRecorder(PostgresRoundRecords(self.pool), SIGNER, SystemClock(), fatal=_fatal).work()

    async def void(self, id_: bytes) -> None:
        """Void the newest round."""
        await self.rounds.start_void(TABLE, self.epoch, id_, "test")
        await self.rounds.finish(TABLE, self.epoch, id_)


@pytest.fixture
async def scene(fresh_postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Scene]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=2) as pool:
        yield await _scene(pool, tmp_path)


async def _scene(pool: asyncpg.Pool, state: Path) -> Scene:
    await pool.execute(
        "insert into casino.game_table (table_id, game, kind, title, host) values ($1, 'roulette', 'rng', 't', 'h')"
        " on conflict do nothing",
        TABLE,
    )
    return Scene(pool, state)


@pytest.fixture
async def recorded(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[asyncpg.Connection]:
    """Three rounds with their records, in a transaction that is taken back."""
    async with asyncpg.create_pool(postgres_dsn, min_size=1, max_size=2) as pool:
        if not await pool.fetchval("select count(*) from casino.round"):
            scene = await _scene(pool, tmp_path)
            for _ in range(3):
                await scene.decide(await scene.open())
            await scene.record()
            await pool.execute("alter table casino.round_record disable trigger all")
    casino: asyncpg.Connection = await asyncpg.connect(postgres_dsn)
    transaction = casino.transaction()
    await transaction.start()
    yield casino
    await transaction.rollback()
    await casino.close()


async def test_settled_round_is_recalled_as_verifiers_read_it(scene: Scene) -> None:
    await scene.decide(await scene.open())
    number = await scene.decide(id_ := await scene.open())
    record = await scene.recall.by_id(id_)
    assert record is not None
    assert record == await scene.recall.by_number(TABLE, 2)
    assert (record["game"], record["state"], record["number"], record["detail"]) == ("roulette", "settled", number, [])
    assert record["chain"]["first_round_no"] == 1
    assert verify(record) == verify({**record, "table_id": "other"})
    assert verify(record).ok


async def test_open_round_tells_its_commitment_and_no_seed(scene: Scene) -> None:
    id_ = await scene.open()
    seed = await scene.seeds.for_round(TABLE, 1)
    record = await scene.recall.by_id(id_)
    assert record is not None
    assert (record["state"], record["commitment"], record["seed"], record["number"]) == (
        "in progress",
        seed.commitment,
        "",
        None,
    )
    assert seed.seed not in repr(record)


async def test_voided_round_has_used_its_seed_which_the_next_commitment_tells(scene: Scene) -> None:
    await scene.void(id_ := await scene.open())
    before = await scene.recall.by_id(id_)
    await scene.open()
    after = await scene.recall.by_id(id_)
    assert before is not None
    assert after is not None
    assert (before["state"], before["seed"]) == ("voided", "")
    assert after["seed"] == (await scene.seeds.for_round(TABLE, 1)).seed
    assert verify(after).ok


async def test_voided_last_round_of_a_chain_is_not_told_the_next_chains_end_as_its_seed(scene: Scene) -> None:
    for _ in range(7):
        await scene.decide(await scene.open())
    await scene.void(id_ := await scene.open())
    await scene.open()
    record = await scene.recall.by_id(id_)
    assert record is not None
    assert record["seed"] == ""


async def test_finished_rounds_are_signed_up_to_the_first_that_is_not_finished(
    scene: Scene, fresh_postgres_dsn: str
) -> None:
    ids = [await scene.open()]
    await scene.decide(ids[0])
    ids.append(await scene.open())
    await scene.void(ids[1])
    ids.append(await scene.open())
    await scene.decide(ids[2], settle=False)
    ids.append(await scene.open())
    await scene.decide(ids[3])
    await scene.record()
    records = [await scene.recall.by_id(id_) for id_ in ids]
    assert [bool(record and record["record"]) for record in records] == [True, True, False, False]
    assert [record is not None and is_signed(record, KEYS) for record in records] == [True, True, False, False]
    await scene.rounds.finish(TABLE, scene.epoch, ids[2])
    await scene.record()
    found: list[Violation] = []
    casino: asyncpg.Connection = await asyncpg.connect(fresh_postgres_dsn)
    async with casino.transaction():
        assert await record_breaches(casino, KEYS, found) == 0
        assert await casino.fetchval("select array_agg(round_no order by seq) from casino.round_record") == [1, 2, 3, 4]
    await casino.close()


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        ("update casino.round set outcome = (outcome + 1) % 37 where round_no = 2", "not as it was signed"),
        ("update casino.round set plan = 'x' where round_no = 1", "not as it was signed"),
        ("update casino.round set seed = repeat('0', 64) where round_no = 3", "not as it was signed"),
        ("update casino.round set state = 5 where round_no = 3", "not as it was signed"),
        ("delete from casino.round where round_no = 2", "its round is gone"),
        ("delete from casino.round_record where seq = 2", "those between are gone"),
        ("delete from casino.round_record where seq = 2", "has no record"),
        ("update casino.round_record set signature = decode(repeat('00', 64), 'hex') where seq = 1", "signature"),
        ("update casino.round_record set key = 'other' where seq = 1", "signature"),
        ("update casino.round_record set body = 'x' where seq = 1", "cannot be read"),
        ("update casino.round_record set body = 'x' where seq = 1", "does not follow"),
    ],
)
async def test_audit_finds_what_was_bent_in_rounds_or_records(
    recorded: asyncpg.Connection, bend: str, says: str
) -> None:
    casino = recorded
    await casino.execute(bend)
    found: list[Violation] = []
    assert await record_breaches(casino, KEYS, found) >= 1
    assert [violation.detail for violation in found if says in violation.detail] != []


async def test_signed_record_cannot_be_changed_by_hand(scene: Scene) -> None:
    await scene.decide(await scene.open())
    await scene.record()
    for change in ("update casino.round_record set key = 'x'", "delete from casino.round_record"):
        with pytest.raises(asyncpg.RaiseError, match="does not change"):
            await scene.pool.execute(change)


async def test_round_that_never_was_is_none(scene: Scene) -> None:
    assert await scene.recall.by_id(bytes(16)) is None
    assert await scene.recall.by_number(TABLE, 99) is None
