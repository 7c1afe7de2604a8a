"""Old partitions leave the journal, on a real PostgreSQL: in two steps, cut off anywhere, and the books stay provable.

The books: every order once, with ids of 100 days ago; then a stake of that day settled after rows of today; then so many
rows of today that recovery reads nothing older.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import msgspec
import pytest

from actors.domain.commands import Refused
from actors.domain.evidence import canonical, seal
from actors.domain.ids import Origin, make_id
from actors.domain.money.orders import CancelWithdrawal, Deposit, Done, Settle
from actors.domain.money.state import DAY_MS
from actors.domain.refusals import Refusal
from actors.domain.rounds import SettleEntry
from actors.supervisors.notary import Notary
from actors.wallet import WalletShard
from server.audit import AuditReport, audit, report_text
from server.clock import SystemClock
from server.config import Config
from server.embedded.postgres import PostgresServer
from server.evidence import EvidenceSigner, keys_file, publish_key
from server.replay import replay, replay_text
from server.retention import RetentionError, retain
from server.secrets import load_secrets
from server.storage.checkpoints import CheckpointFiles, PostgresCheckpoints
from server.storage.keeping import PostgresKeeping
from server.storage.ledger import PostgresLedger
from server.storage.receipts import PostgresReceipts
from server.storage.retired import TAIL_ROWS, day_text
from server.storage.shards import Books
from tests.fakes.api import ManualClock
from tests.integration.full_books import ANNA, BERT, DORA, EUR, PLAY, FullBooks, full_books
from tests.integration.local_casino import TABLE

NOW_MS = SystemClock().now_ms()
OLD_MS = NOW_MS - 100 * DAY_MS
FIRST_DAY = OLD_MS // DAY_MS // 30 * 30
PART = f"journal_{day_text(FIRST_DAY).replace('-', '_')}"
AGES_AGO = "00000000-0001-7000-8000-000000000000"
STEPS = ("floor", "record", "detach", "archive")


class Cut(Exception):
    """The run ends here."""


class World:
    """Copies of the books, and the command."""

    def __init__(self, dsn: str, sql: asyncpg.Connection, state: Path) -> None:
        self.sql = sql
        self.config = Config(state=state, database_url=dsn, shards=2, journal_days=62)
        self.said: list[str] = []

    async def retain(self, *, apply: bool = True, cut_after: str = "") -> bool:
        def after(step: str) -> None:
            if step == cut_after:
                raise Cut

        self.said = []
        return await retain(self.config, apply=apply, say=self.said.append, after=after)

    async def pass_hours(self) -> None:
        await self.sql.execute("update wallet.journal_floor set since = since - interval '121 minutes'")

    async def retain_to_the_end(self) -> None:
        assert await self.retain()
        await self.pass_hours()
        assert await self.retain()

    async def part(self) -> str:
        """Return where the old partition is: its schema, and whether it belongs to the journal."""
        (row,) = await self.sql.fetch(
            """select n.nspname, i.inhdetachpending from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 left join pg_inherits i on i.inhrelid = c.oid where c.relname = $1""",
            PART,
        )
        return str({None: row["nspname"], True: "pending", False: "attached"}[row["inhdetachpending"]])

    async def order(self, order: Any) -> Any:
        """Return the answer of shard 0, which starts for it."""
        ends: list[BaseException] = []
        ledger = PostgresLedger(self.config.database_url, 0)
        shard = WalletShard(0, ledger, ManualClock(NOW_MS), owner="test", fatal=ends.append)
        await shard.start()
        (answer,) = await shard.handle_batch("test", [order])
        await shard.stop()
        assert ends == []
        return answer

    async def count(self, relation: str) -> int:
        return int(await self.sql.fetchval(f"select count(*) from {relation}"))

    async def bend(self, *statements: str) -> None:
        """Do what only somebody with all rights over the database can."""
        async with self.sql.transaction():
            await self.sql.execute("set local session_replication_role = replica")
            for statement in statements:
                await self.sql.execute(statement)

    async def audit(self, **options: Any) -> AuditReport:
        dsn, place = self.config.database_url, self.config.checkpoint_folder
        return await audit([dsn], keys=keys_file(self.config), checkpoints=place, **options)

    async def breaches(self, *modes: bool) -> list[str]:
        """Return what the audit finds: whole (False), since the checkpoint (True); both where neither is named."""
        reports = [await self.audit(since_checkpoint=is_since) for is_since in modes or (False, True)]
        return [f"{found.law} {found.seq}: {found.detail}" for report in reports for found in report.violations]


class Made(NamedTuple):
    """The books that all tests copy. late: the order that settled an old stake, with an old id."""

    database: str
    state: Path
    late: Settle
    receipt: dict[str, Any]


async def _fill(dsn: str, state: Path) -> Made:
    config = Config(state=state)
    publish_key(config, load_secrets(config), 1)
    clock = ManualClock(OLD_MS)
    await _make_partition(dsn)
    async with full_books(dsn, clock) as books, asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        shards = Books.all_in(pool)
        signer, place = EvidenceSigner(load_secrets(config).evidence), CheckpointFiles(config.checkpoint_folder)
        notary = Notary(PostgresCheckpoints(shards), place, signer, clock, period_s=1, fatal=books.casino.errors.append)
        await notary.work()
        open_request = books.ids["request open"]
        await books.do("cancelled late", CancelWithdrawal(books.id(Origin.CASHIER), open_request, ANNA, EUR, "closed"))
        late = await _round_over_the_months(books, clock)
        for sign in range(2):
            for n, player in enumerate((ANNA, DORA)):
                orders = [Deposit(books.id(Origin.CASHIER), player, PLAY, 1) for _ in range(TAIL_ROWS)]
                await books.casino.order(n, *orders[sign * 900 :][:900])
            clock.ms += 1000
            await notary.work()
        await books.sql.execute("insert into casino.follower select 'relay', shard_id, last_seq from wallet.shard")
        keeping = PostgresKeeping(pool, shards)
        for shard in shards.shards:
            await keeping.take(shard, NOW_MS // DAY_MS)
            assert await keeping.prove(shard, NOW_MS // DAY_MS) == 0
        (receipt, *_) = await PostgresReceipts(shards, signer).of_order(0, ANNA, books.ids[f"deposit {ANNA}"])
    return Made(dsn.rpartition("/")[2], state, late, receipt)


async def _make_partition(dsn: str) -> None:
    sql = await asyncpg.connect(dsn)
    await sql.execute(f"create table wallet.{PART} (like wallet.journal including defaults including constraints)")
    days = f"({FIRST_DAY}) to ({FIRST_DAY + 30})"
    await sql.execute(f"alter table wallet.journal attach partition wallet.{PART} for values from {days}")
    await sql.close()


async def _round_over_the_months(books: FullBooks, clock: ManualClock) -> Settle:
    """One stake is settled on the old day; one today, with an id of the old day; one today, with an id of today."""
    books.round_id, books.settled = await books.casino.open_round(), []
    early, late, today = [await books.stake(name, BERT, 10) for name in ("early", "late", "today")]
    await books.settle("early settled", early, 0)
    with_old_id = Settle(books.id(Origin.SETTLE), late.cmd_id, BERT, 20, books.round_id)
    clock.ms = NOW_MS
    await books.casino.order(0, *(Deposit(books.id(Origin.CASHIER), ANNA, PLAY, 1) for _ in range(5)))
    await books.do("late settled", with_old_id)
    books.settled.append(SettleEntry(0, late.cmd_id, BERT, PLAY, 10, 20))
    await books.settle("today settled", today, 30)
    await books.casino.decide(books.round_id, 17, books.settled)
    await books.casino.finish(books.round_id)
    return with_old_id


@pytest.fixture(scope="module")
def made(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Make the books once."""
    return asyncio.run(_fill(postgres_dsn, tmp_path_factory.mktemp("state")))


@pytest.fixture
async def world(postgres_server: PostgresServer, made: Made, tmp_path: Path) -> AsyncIterator[World]:
    """A copy of the books for one test, which the audit must find right at its end."""
    shutil.copytree(made.state, tmp_path / "state")
    name = f"{made.database}_copy"
    admin = await asyncpg.connect(postgres_server.dsn("postgres"))
    await admin.execute(f"create database {name} template {made.database}")
    sql = await asyncpg.connect(postgres_server.dsn(name))
    yield World(postgres_server.dsn(name), sql, tmp_path / "state")
    await sql.close()
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


async def test_partition_leaves_in_two_runs_and_the_books_stay_right(world: World) -> None:
    assert await world.retain()
    assert "NOTHING IS DETACHED YET" in world.said[-1]
    assert (await world.part(), await world.breaches()) == ("attached", [])
    assert await world.retain()
    assert "waits until" in world.said[-1]
    await world.pass_hours()
    assert await world.retain()
    assert (await world.part(), await world.breaches()) == ("wallet_archive", [])
    assert await world.retain()
    assert "nothing to take off" in world.said[-1]


async def test_dry_run_says_both_steps_and_does_neither(world: World) -> None:
    assert await world.retain(apply=False)
    assert "the floor would be raised" in world.said[-1]
    assert await world.sql.fetchval("select count(*) from wallet.journal_floor") == 0
    await world.retain()
    await world.pass_hours()
    assert await world.retain(apply=False)
    assert "would be detached" in world.said[-1]
    assert await world.part() == "attached"


async def test_journal_that_is_kept_for_ever_is_left_alone(world: World) -> None:
    world.config = msgspec.structs.replace(world.config, journal_days=0)
    assert await world.retain()
    assert "for ever" in world.said[-1]


async def test_audit_says_what_it_cannot_see(world: World, made: Made, tmp_path: Path) -> None:
    await world.retain_to_the_end()
    folder = tmp_path / "receipts"
    folder.mkdir()
    (folder / "1.json").write_text(json.dumps(made.receipt))
    report = await world.audit(receipts=folder)
    gone = await world.sql.fetch(
        f"select shard_id, count(*), max(seq) from wallet_archive.{PART} group by 1 order by 1"
    )
    assert [(s.shard, s.retired, s.begins - 1) for s in report.shards] == [tuple(row) for row in gone]
    text = report_text(report)
    assert f"its journal begins at row {gone[0][2] + 1:,}. What came before row" in text
    assert "of rows that were taken off, NOT SEEN: 1" in text
    assert report.ok


async def test_replayed_round_says_what_it_cannot_see_and_disagrees_with_nothing(world: World) -> None:
    before = await replay(world.config.database_url, [world.config.database_url], [TABLE, "2"])
    await world.retain_to_the_end()
    after = await replay(world.config.database_url, [world.config.database_url], [TABLE, "2"])
    assert [bet.paid_minor for bet in before.bets] == [0, 20, 30]
    assert [(bet.paid_minor, bet.is_gone) for bet in after.bets] == [(-1, True), (-1, True), (30, False)]
    assert (before.disagreements, after.disagreements) == ([], [])
    assert replay_text(after).count("NOT SEEN") == 2


async def test_old_id_is_refused_and_moves_nothing_once_its_row_is_gone(world: World, made: Made) -> None:
    await world.retain_to_the_end()
    ends: list[BaseException] = []
    shard = WalletShard(
        0, PostgresLedger(world.config.database_url, 0), ManualClock(NOW_MS), owner="t", fatal=ends.append
    )
    await shard.start()
    (answer,) = await shard.handle_batch("test", [made.late])
    await shard.stop()
    assert isinstance(answer, Refused)
    assert (answer.code, ends, await world.breaches(True)) == (Refusal.ID_TOO_OLD, [], [])


async def test_closed_reservations_go_with_the_rows_that_closed_them(world: World) -> None:
    before = await world.count("wallet.reservation")
    await world.retain_to_the_end()
    left = await world.sql.fetch("select state, closed_seq from wallet.reservation")
    (gone,) = await world.sql.fetch(f"select max(seq) as seq from wallet_archive.{PART} where shard_id = 0")
    assert before > 10
    assert [(row["state"], row["closed_seq"] > gone["seq"]) for row in left] == [(1, True)]


async def test_archived_rows_cannot_be_changed_and_the_operator_may_drop_them(world: World) -> None:
    await world.retain_to_the_end()
    for statement in (
        "delete from wallet_archive.{}",
        "update wallet_archive.{} set seq = 1",
        "truncate wallet_archive.{}",
    ):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await world.sql.execute(statement.format(PART))
    await world.sql.execute(f"drop table wallet_archive.{PART}")
    assert (await world.retain(), await world.breaches(False)) == (True, [])


async def test_archived_partition_can_be_attached_again_and_taken_off_again(world: World) -> None:
    await world.retain_to_the_end()
    await world.sql.execute(f"alter table wallet_archive.{PART} set schema wallet")
    days = f"({FIRST_DAY}) to ({FIRST_DAY + 30})"
    await world.sql.execute(f"alter table wallet.journal attach partition wallet.{PART} for values from {days}")
    report = await world.audit()
    assert [shard.begins for shard in report.shards] == [0, 0]
    missed = {"reservation_opened_once", "reservation_closed_once", "withdrawals", "rounds"}  # those that were pruned
    assert {found.law for found in report.violations} == missed
    assert (await world.retain(), await world.part(), await world.breaches(False)) == (True, "wallet_archive", [])


# ---------------------------------------------------------------- what stands in the way

OBSTACLES = [
    (
        "update wallet.reservation set state = 0, closed_seq = null"
        " where closed_seq = (select min(closed_seq) from wallet.reservation)",
        "1 open reservations have ids",
    ),
    ("update casino.round set state = 2", "2 rounds are not finished"),
    (
        "insert into casino.transit (from_shard, seq, transfer_id, to_shard, ccy, kind, part, amount_minor, booked_ms)"
        f" values (0, 5, '{AGES_AGO}', 1, 1, 400, 0, 5, 1)",
        "1 transfers have not arrived",
    ),
    (
        "insert into casino.bonus_tick (due_ms, tick, amount_minor) values (1, 1, 1);"
        "insert into casino.bonus_grant (due_ms, player_id, tick, shard_id, amount_minor) values (1, 2, 1, 0, 1)",
        "1 bonus grants are open",
    ),
    (
        "insert into casino.jackpot_step (jackpot, hit, verb, shard_id, amount_minor, planned_ms)"
        " values (1, 0, 1, 0, 1, 1)",
        "1 jackpot steps are open",
    ),
    (
        "insert into casino.follower (follower, shard_id, seq) values ('reports', 0, 10)",
        "follower reports has read up to",
    ),
    ("delete from casino.follower where follower = 'relay'", "shard 1: follower relay has read up to row 0 only"),
    ("delete from wallet.snapshot_head where shard_id = 1", "shard 1: the last proved snapshot is of row 0"),
    (
        "update wallet.snapshot_head set breaches = 1 where shard_id = 0",
        "shard 0: the last proved snapshot is of row 0",
    ),
    ("update wallet.shard set last_seq = last_seq - 900", "shard 0: row \\d+ is one of the last 1,001"),
]


async def test_all_that_stands_in_the_way_is_named_and_not_even_the_floor_is_raised(world: World) -> None:
    await world.bend(*(part for statement, _ in OBSTACLES for part in statement.split(";")))
    assert not await world.retain()
    said = "\n".join(world.said)
    assert [named for _, named in OBSTACLES if not re.search(f"in the way: .*{named}", said)] == []
    assert await world.count("wallet.journal_floor") == 0
    assert await world.part() == "attached"


async def test_what_comes_in_the_way_after_the_floor_was_raised_keeps_the_partition(world: World) -> None:
    await world.retain()
    await world.pass_hours()
    await world.bend("insert into casino.follower (follower, shard_id, seq) values ('reports', 1, 2)")
    assert not await world.retain()
    assert await world.part() == "attached"


async def test_books_without_a_checkpoint_that_holds_keep_their_partition(world: World) -> None:
    await world.bend("delete from wallet.checkpoint")
    shutil.rmtree(world.config.checkpoint_folder)
    assert not await world.retain()
    assert "  in the way: shard 0: there is no signed checkpoint that holds and whose row the journal has" in world.said


# ---------------------------------------------------------------- cut off in the middle


@pytest.mark.parametrize("step", STEPS)
async def test_run_that_is_cut_off_is_finished_by_the_next_and_the_books_are_right_between(
    world: World, step: str
) -> None:
    for _ in range(STEPS.index(step) > 0):
        await world.retain()
        await world.pass_hours()
    with pytest.raises(Cut):
        await world.retain(cut_after=step)
    assert await world.breaches(False) == []
    await world.retain()
    await world.pass_hours()
    await world.retain()
    assert (await world.part(), await world.count("wallet.reservation")) == ("wallet_archive", 1)


async def test_detaching_holds_up_no_commit_and_is_finished_by_the_next_run_where_it_was_cut_off(world: World) -> None:
    """PostgreSQL waits for a reader of the journal, the run is killed: the partition is neither on it nor off it."""
    await world.retain()
    await world.pass_hours()
    reader = await asyncpg.connect(world.config.database_url)
    async with reader.transaction():
        await reader.fetch("select from wallet.journal limit 1")
        run = asyncio.ensure_future(world.retain())
        while await world.part() != "pending":
            assert not run.done()
        answer = await world.order(Deposit(make_id(NOW_MS, Origin.CASHIER, b"at the time"), ANNA, PLAY, 1))
        run.cancel()
        await asyncio.wait((run,))
    await reader.close()
    assert isinstance(answer, Done)
    assert (await world.part(), await world.breaches(False)) == ("pending", [])
    assert await world.retain()
    assert (await world.part(), await world.breaches(True)) == ("wallet_archive", [])


async def test_two_runs_at_once_are_one(world: World) -> None:
    await world.sql.fetch("select pg_advisory_lock(hashtext('wallet.retention'))")
    with pytest.raises(RetentionError, match="another"):
        await world.retain()


async def test_partition_that_does_not_hold_what_was_signed_is_left_as_it_is(world: World) -> None:
    await world.retain()
    await world.pass_hours()
    with pytest.raises(Cut):
        await world.retain(cut_after="detach")
    await world.bend(f"delete from wallet.{PART} where shard_id = 0 and seq = 7")
    with pytest.raises(RetentionError, match="does not hold what was signed"):
        await world.retain()
    assert await world.part() == "wallet"


# ---------------------------------------------------------------- what an attacker could pass off as retention


async def test_rows_that_are_gone_without_our_signature_are_missing(world: World) -> None:
    await world.retain_to_the_end()
    await world.bend("delete from wallet.retired")
    assert any(text.startswith("dense_sequence") for text in await world.breaches(False))


async def test_record_that_was_changed_or_signed_by_somebody_else_is_found(world: World) -> None:
    await world.retain_to_the_end()
    line = json.loads(await world.sql.fetchval("select line from wallet.retired where shard_id = 0"))
    unsigned = {name: value for name, value in line.items() if name not in ("key", "sig")}
    edited = [line | change for change in ({"last_seq": 1100}, {"end_day": 90_000}, {"shard": 1})]
    for forged in (*edited, seal(unsigned, EvidenceSigner(bytes(32)))):
        await world.bend(f"update wallet.retired set line = '{canonical(forged)}' where shard_id = 0")
        found = (await world.audit(since_checkpoint=True)).violations
        assert [violation.seq for violation in found if violation.law == "retirement"] == [0]


async def test_edited_balance_whose_last_row_is_gone_is_found(world: World) -> None:
    await world.retain_to_the_end()
    await world.bend(
        "update wallet.account set balance = balance + case player_id when 2 then 5 else -5 end"
        " where account_id in (202100, 402100)"
    )
    assert {text.split(" ")[0] for text in await world.breaches()} == {"balance_is_last_booked"}
