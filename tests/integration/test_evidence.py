"""Attacks on the books by somebody who owns the database: each is found by the audit, at the right row.

The books: 40 deposits on shard 0, a checkpoint after rows 12, 22, 32 and 42 (two rows open the account).
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from actors.domain.evidence import canonical, checkpoint_link, seal
from actors.domain.ids import Origin
from actors.domain.money.orders import Deposit, OpenAccount, RequestWithdrawal, Reserve, Void
from actors.supervisors.notary import Notary
from server.audit import AuditError, AuditReport, audit
from server.audit.chain import row_hash
from server.clock import SystemClock
from server.config import Config
from server.embedded.postgres import PostgresServer
from server.evidence import EvidenceSigner, keys_file, publish_key, rotate_key
from server.secrets import load_secrets
from server.storage.checkpoints import CheckpointFiles, PostgresCheckpoints, checkpoint_file
from server.storage.receipts import PostgresReceipts
from server.storage.shards import Books
from tests.fakes.api import ManualClock
from tests.integration.local_casino import TABLE, LocalCasino

ANNA, BERT = 2, 4
SIGNED = [12, 22, 32, 42]


class Signed:
    """Books with checkpoints, and hands of an attacker."""

    def __init__(self, dsn: str, pool: asyncpg.Pool, sql: asyncpg.Connection, state: Path) -> None:
        self.dsn, self.sql = dsn, sql
        self.casino = LocalCasino(dsn, pool, ManualClock(SystemClock().now_ms()))
        self.is_open = False
        self.config = Config(state=state)
        publish_key(self.config, load_secrets(self.config), 1)
        self.books = Books.all_in(pool)
        self.clock = ManualClock()
        self.ids: list[bytes] = []
        self.notary = self.make_notary()

    def make_notary(self) -> Notary:
        """Return a notary as after a start."""
        place = CheckpointFiles(self.config.checkpoint_folder)
        self.signer = EvidenceSigner(load_secrets(self.config).evidence)
        store = PostgresCheckpoints(self.books)
        return Notary(store, place, self.signer, self.clock, period_s=1, fatal=self.casino.errors.append)

    async def order(self, order: msgspec.Struct) -> None:
        """Give an order to shard 0, which takes up its books with the first."""
        if not self.is_open:
            await self.casino.start()
            self.is_open = True
        await self.casino.order(0, order)

    async def stop(self) -> None:
        """End the shards, if they were at work."""
        if self.is_open:
            self.is_open = False
            await self.casino.stop()
        assert self.casino.errors == []

    async def fill(self) -> None:
        for player in (ANNA, BERT):
            await self.order(OpenAccount(self.casino.new_id(Origin.CASHIER), player, 1))
        for _ in range(4):
            await self.deposit(10)
            await self.sign()

    async def deposit(self, times: int) -> None:
        """Book so many deposits, by turns."""
        for n in range(times):
            order = Deposit(self.casino.new_id(Origin.CASHIER), (ANNA, BERT)[n % 2], 1, 100)
            self.ids.append(order.cmd_id)
            await self.order(order)

    async def sign(self) -> None:
        """Let the next checkpoint be due."""
        self.clock.ms += 1000
        await self.notary.work()

    async def bend(self, *statements: str) -> None:
        """Do what only somebody with all rights over the database can."""
        async with self.sql.transaction():
            await self.sql.execute("set local session_replication_role = replica")
            for statement in statements:
                await self.sql.execute(statement)

    async def rewrite(self, after: int) -> None:
        """Compute all hashes after a row anew, head included: books that prove themselves."""
        head = await self.sql.fetchval("select hash from wallet.journal where shard_id = 0 and seq = $1", after)
        rows = await self.sql.fetch(
            "select *, (extract(epoch from booked_at) * 1000000)::bigint as booked_us from wallet.journal"
            " where shard_id = 0 and seq > $1 order by seq",
            after,
        )
        for row in rows:
            head = row_hash(head, 0, row)
            await self.bend(
                f"update wallet.journal set hash = '\\x{head.hex()}' where shard_id = 0 and seq = {row['seq']}"
            )
        await self.bend(f"update wallet.shard set head_hash = '\\x{head.hex()}' where shard_id = 0")

    async def steal(self, seq: int) -> None:
        """Raise a deposit of Anna and everything that follows from it: no law of the books alone is broken."""
        await self.bend(
            f"update wallet.journal set amt = array[-150, 150] where shard_id = 0 and seq = {seq}",
            f"update wallet.journal set bal[1] = bal[1] - 50 where shard_id = 0 and seq >= {seq}",
            f"update wallet.journal set bal[2] = bal[2] + 50, cash = cash + 50"
            f" where shard_id = 0 and seq >= {seq} and player_id = {ANNA}",
            f"update wallet.account set balance = balance + 50 where account_id = {ANNA}01100",
            "update wallet.account set balance = balance - 50 where account_id = 1010",
        )
        await self.rewrite(seq - 1)

    def file(self) -> Path:
        return checkpoint_file(self.config.checkpoint_folder, 0)

    def lines(self) -> list[str]:
        return self.file().read_text().splitlines()

    def write(self, lines: Sequence[str]) -> None:
        self.file().write_text("".join(f"{line}\n" for line in lines))

    async def write_database(self, lines: Sequence[str]) -> None:
        """Put these checkpoints into the database, numbered as they say."""
        await self.bend("delete from wallet.checkpoint")
        for line in lines:
            record = json.loads(line)
            await self.sql.execute(
                "insert into wallet.checkpoint values (0, $1, $2, $3)", record["n"], record["seq"], line
            )

    async def audit(self, **options: Any) -> AuditReport:
        return await audit(
            [self.dsn], keys=keys_file(self.config), checkpoints=self.config.checkpoint_folder, **options
        )


def places(report: AuditReport, law: str = "checkpoints") -> list[int]:
    return [found.seq for found in report.violations if found.law == law]


def laws(report: AuditReport) -> set[str]:
    return {found.law for found in report.violations}


@asynccontextmanager
async def books_of(dsn: str, state: Path) -> AsyncIterator[Signed]:
    """Give the books in this database, with the evidence in this folder."""
    sql = await asyncpg.connect(dsn)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=3) as pool:
        made = Signed(dsn, pool, sql, state)
        yield made
        await made.stop()
    await sql.close()


@pytest.fixture(scope="module")
def filled(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, list[bytes]]:
    """Make the books once: the name of their database, the state folder, the ids of the deposits."""
    state = tmp_path_factory.mktemp("state")

    async def fill() -> list[bytes]:
        async with books_of(postgres_dsn, state) as made:
            await made.fill()
            return made.ids

    return postgres_dsn.rpartition("/")[2], state, asyncio.run(fill())


@pytest.fixture
async def signed(
    postgres_server: PostgresServer, filled: tuple[str, Path, list[bytes]], tmp_path: Path
) -> AsyncIterator[Signed]:
    """A copy of the books for one test."""
    template, state, ids = filled
    shutil.copytree(state, tmp_path / "state")
    name = f"{template}_copy"
    admin = await asyncpg.connect(postgres_server.dsn("postgres"))
    await admin.execute(f"create database {name} template {template}")
    try:
        async with books_of(postgres_server.dsn(name), tmp_path / "state") as made:
            made.ids = list(ids)
            yield made
    finally:
        await admin.execute(f"drop database {name} with (force)")
        await admin.close()


async def test_signed_books_are_right_in_both_modes(signed: Signed) -> None:
    whole, since = await signed.audit(), await signed.audit(since_checkpoint=True)
    assert [*whole.violations, *since.violations] == []
    assert [(s.shard, s.since, s.checkpoints) for s in whole.shards] == [(0, 0, 4), (1, 0, 0)]
    assert [(s.shard, s.since, s.checkpoints) for s in since.shards] == [(0, 42, 4), (1, 0, 0)]
    assert [json.loads(line)["seq"] for line in signed.lines()] == SIGNED


async def test_rows_after_the_last_checkpoint_are_checked_in_both_modes(signed: Signed) -> None:
    await signed.deposit(3)
    assert (await signed.audit(since_checkpoint=True)).violations == []
    await signed.bend("update wallet.journal set cash = cash + 1 where shard_id = 0 and seq = 44")
    for is_since in (False, True):
        report = await signed.audit(since_checkpoint=is_since)
        assert places(report, "hash_chain") == places(report, "balance_after") == [44]


# ---------------------------------------------------------------- the journal


async def test_edited_row_is_found(signed: Signed) -> None:
    await signed.bend("update wallet.journal set cash = cash + 1 where shard_id = 0 and seq = 17")
    assert places(await signed.audit(), "hash_chain") == [17]


async def test_deleted_row_is_found(signed: Signed) -> None:
    await signed.bend("delete from wallet.journal where shard_id = 0 and seq = 17")
    report = await signed.audit()
    assert (places(report, "dense_sequence"), places(report, "hash_chain")) == ([17], [18])


async def test_deleted_row_that_was_signed_is_found_in_both_modes(signed: Signed) -> None:
    await signed.bend("delete from wallet.journal where shard_id = 0 and seq = 22")
    for is_since in (False, True):
        assert 22 in places(await signed.audit(since_checkpoint=is_since))


async def test_swapped_rows_are_found(signed: Signed) -> None:
    await signed.bend(
        "update wallet.journal set seq = -1 where shard_id = 0 and seq = 17",
        "update wallet.journal set seq = 17 where shard_id = 0 and seq = 18",
        "update wallet.journal set seq = 18 where shard_id = 0 and seq = -1",
    )
    assert places(await signed.audit(), "hash_chain")[:2] == [17, 18]


async def test_inserted_row_is_found(signed: Signed) -> None:
    await signed.bend(
        "update wallet.journal set seq = seq + 1 where shard_id = 0 and seq = 42",
        """insert into wallet.journal select id_day, shard_id, code, status, ccy, 42, epoch, player_id, booked_at, cash,
           escrow, bonus, encode(set_byte(uuid_send(cmd_id), 15, 255), 'hex')::uuid, ref, round_id, req_hash, hash, acct,
           amt, bal, meta from wallet.journal where shard_id = 0 and seq = 41""",
        "update wallet.shard set last_seq = 43 where shard_id = 0",
    )
    report = await signed.audit()
    assert 42 in places(report, "hash_chain")
    assert 42 in places(report)


@pytest.mark.parametrize("is_since", [False, True])
async def test_cut_tail_with_everything_set_back_is_found(signed: Signed, is_since: bool) -> None:
    """Shard row, head and balances as they were at row 30: only the checkpoints know better."""
    await signed.bend(
        "delete from wallet.journal where shard_id = 0 and seq > 30",
        """update wallet.shard set last_seq = 30, head_hash =
             (select hash from wallet.journal where shard_id = 0 and seq = 30) where shard_id = 0""",
        """update wallet.account a set balance = b.bal, last_seq = b.seq from (
             select distinct on (acct) acct, bal, seq from (
               select l.acct, l.bal, j.seq from wallet.journal j, unnest(j.acct, j.bal) l(acct, bal)) x
              order by acct, seq desc) b where a.account_id = b.acct""",
    )
    report = await signed.audit(since_checkpoint=is_since)
    assert laws(report) == {"checkpoints"}
    assert {31} <= set(places(report)) <= {31, 32, 42}


@pytest.mark.parametrize("is_since", [False, True])
async def test_chain_written_anew_is_found_at_the_next_checkpoint(signed: Signed, is_since: bool) -> None:
    await signed.steal(17)
    report = await signed.audit(since_checkpoint=is_since)
    assert laws(report) == {"checkpoints"}
    assert sorted(set(places(report))) == [22, 32, 42]
    assert report.violations[0].seq == 22


async def test_chain_written_anew_is_found_at_the_row_by_a_receipt(signed: Signed, tmp_path: Path) -> None:
    receipts = PostgresReceipts(signed.books, signed.signer)
    folder = tmp_path / "receipts"
    folder.mkdir()
    for seq in (15, 17):
        (receipt,) = await receipts.of_order(0, ANNA, signed.ids[seq - 3])
        (folder / f"{seq}.json").write_text(json.dumps({"receipts": [receipt]}, indent=2))
    assert (await signed.audit(receipts=folder)).receipts == 2
    await signed.steal(17)
    assert places(await signed.audit(receipts=folder), "receipts") == [17]


async def test_restored_backup_is_found(signed: Signed) -> None:
    """The whole database as it was: it agrees with itself, checkpoints included."""
    for relation in ("journal", "account", "shard", "checkpoint"):
        await signed.sql.execute(f"create table public.b_{relation} as select * from wallet.{relation}")
    await signed.deposit(5)
    await signed.sign()
    await signed.stop()  # a shard at work would find its fence gone, sooner or later
    for relation in ("journal", "account", "shard", "checkpoint"):
        await signed.bend(
            f"delete from wallet.{relation}", f"insert into wallet.{relation} select * from public.b_{relation}"
        )
    report = await signed.audit()
    assert laws(report) == {"checkpoints"}
    assert places(report) == [43, 47]
    await signed.sign()
    assert "the second place ends with checkpoint 5" in signed.notary.breaches[0]


async def test_edited_balance_is_found(signed: Signed) -> None:
    await signed.bend("update wallet.account set balance = balance + 5 where account_id = 201100")
    report = await signed.audit()
    assert "balance_is_sum_of_legs" in laws(report)
    since = await signed.audit(since_checkpoint=True)
    assert places(since, "balance_is_last_booked") == places(report, "balance_is_sum_of_legs") == [41]
    assert 42 in places(since)


async def test_balances_that_were_exchanged_are_found_since_the_checkpoint_too(signed: Signed) -> None:
    await signed.bend(
        "update wallet.account set balance = balance + case account_id when 201100 then 5 else -5 end"
        " where account_id in (201100, 401100)"
    )
    report = await signed.audit(since_checkpoint=True)
    assert places(report, "balance_is_last_booked") == [41, 42]


# ---------------------------------------------------------------- the evidence


async def test_line_removed_from_the_second_place_is_found(signed: Signed) -> None:
    lines = signed.lines()
    for n, seq in enumerate(SIGNED[:3]):
        signed.write(lines[:n] + lines[n + 1 :])
        assert places(await signed.audit()) == [seq]


async def test_line_removed_from_the_database_is_found(signed: Signed) -> None:
    await signed.bend("delete from wallet.checkpoint where n = 2")
    assert places(await signed.audit()) == [22]


async def test_line_removed_from_both_places_is_found_at_the_next(signed: Signed) -> None:
    lines = signed.lines()
    kept = [lines[0], *lines[2:]]
    signed.write(kept)
    await signed.write_database(kept)
    assert places(await signed.audit()) == [32]


async def test_last_line_missing_in_the_second_place_is_what_a_crash_leaves(signed: Signed) -> None:
    lines = signed.lines()
    signed.write(lines[:-1])
    assert (await signed.audit()).violations == []
    await signed.make_notary().work()
    assert signed.lines() == lines
    signed.write(lines[:-2])
    assert places(await signed.audit()) == [32, 42]


async def test_checkpoint_written_while_the_audit_reads_is_no_breach(signed: Signed) -> None:
    """It came after the audit's picture of the database; the audit took long enough to meet it in the second place."""
    *before, late = signed.lines()
    signed.write(before)
    await signed.bend(f"delete from wallet.checkpoint where n = {len(before) + 1}")
    report = await signed.audit(progress=lambda text: signed.write([*before, late]))
    assert report.violations == []
    assert len(signed.lines()) == len(before) + 1


async def test_lost_second_place_is_found(signed: Signed) -> None:
    shutil.rmtree(signed.config.checkpoint_folder)
    assert places(await signed.audit()) == SIGNED


@pytest.mark.parametrize("field", ["seq", "n", "epoch", "time_ms", "head", "before", "shard"])
async def test_edited_line_is_found(signed: Signed, field: str) -> None:
    lines = signed.lines()
    record = json.loads(lines[1])
    record[field] = record[field] + 1 if isinstance(record[field], int) else "ab" * 32
    edited = [lines[0], canonical(record), *lines[2:]]
    signed.write(edited)
    assert places(await signed.audit())[0] == 22


async def test_edited_line_in_both_places_is_found(signed: Signed) -> None:
    lines = signed.lines()
    edited = [lines[0], lines[1].replace('"time_ms":', '"time_ms":1'), *lines[2:]]
    signed.write(edited)
    await signed.write_database(edited)
    assert places(await signed.audit()) == [22]


@pytest.mark.parametrize("text", ["", "{}", "[]", "no record", '{"n":2}', '{"n":"2"}', "\x00" * 40])
async def test_line_that_is_no_checkpoint_is_found(signed: Signed, text: str) -> None:
    lines = signed.lines()
    signed.write([lines[0], text, *lines[2:]])
    assert 22 in places(await signed.audit())


async def test_checkpoints_forged_with_another_key_are_found(signed: Signed) -> None:
    """The whole history anew, books and both places: only the key is not ours."""
    await signed.steal(17)
    signed.signer = EvidenceSigner(bytes(32))
    forged: list[str] = []
    for line in signed.lines():
        record = {name: value for name, value in json.loads(line).items() if name not in ("key", "sig")}
        head = await signed.sql.fetchval(
            "select hash from wallet.journal where shard_id = 0 and seq = $1", record["seq"]
        )
        record |= {"head": head.hex(), "before": checkpoint_link(forged[-1]) if forged else record["before"]}
        forged.append(canonical(seal(record, signed.signer)))
    signed.write(forged)
    await signed.write_database(forged)
    report = await signed.audit()
    assert (laws(report), places(report)) == ({"checkpoints"}, SIGNED)
    assert "unknown key" in report.violations[0].detail


async def test_checkpoint_of_another_shard_is_found(signed: Signed) -> None:
    lines = signed.lines()
    record = {name: value for name, value in json.loads(lines[3]).items() if name not in ("key", "sig")}
    other = canonical(seal(record | {"shard": 1}, signed.signer))
    signed.write([*lines[:3], other])
    await signed.write_database([*lines[:3], other])
    assert places(await signed.audit()) == [42]


async def test_trial_balance_that_the_legs_do_not_give_is_found(signed: Signed) -> None:
    """A notary that was lied to: its signature holds, and the journal says otherwise."""
    lines = signed.lines()
    record = {name: value for name, value in json.loads(lines[3]).items() if name not in ("key", "sig")}
    record["trial"] = [[1, 10, -1], [1, 100, 1]]
    lied = canonical(seal(record, signed.signer))
    signed.write([*lines[:3], lied])
    await signed.write_database([*lines[:3], lied])
    assert places(await signed.audit()) == [42, 42]


async def test_keys_rotated_between_checkpoints_all_hold(signed: Signed) -> None:
    rotate_key(signed.config, load_secrets(signed.config), 2)
    signed.notary = signed.make_notary()
    await signed.deposit(3)
    await signed.sign()
    assert len({json.loads(line)["key"] for line in signed.lines()}) == 2
    assert (await signed.audit()).violations == []


async def test_audit_without_the_public_keys_cannot_look_at_evidence(signed: Signed) -> None:
    with pytest.raises(AuditError):
        await audit([signed.dsn], since_checkpoint=True)
    keys_file(signed.config).write_text("no key\n")
    with pytest.raises(AuditError):
        await signed.audit()


# ---------------------------------------------------------------- receipts


@pytest.fixture
def receipts(signed: Signed) -> PostgresReceipts:
    return PostgresReceipts(signed.books, signed.signer)


async def test_receipt_says_what_the_row_says_of_the_player(signed: Signed, receipts: PostgresReceipts) -> None:
    (receipt,) = await receipts.of_order(0, ANNA, signed.ids[0])
    assert receipt["legs"] == [[100, 100, 100]]
    assert (receipt["seq"], receipt["player"], receipt["cash"], receipt["code"]) == (3, ANNA, 100, 2)


async def test_receipts_of_a_bet_are_those_of_its_reservation_and_of_its_end(
    signed: Signed, receipts: PostgresReceipts
) -> None:
    await signed.deposit(1)
    round_id = await signed.casino.open_round()
    bet = signed.casino.new_id()
    await signed.order(Reserve(bet, ANNA, 1, 30, round_id, TABLE, signed.casino.epoch))
    assert [receipt["code"] for receipt in await receipts.of_order(0, ANNA, bet)] == [3]
    await signed.order(Void(signed.casino.new_id(Origin.VOID), bet, ANNA, 1, round_id))
    found = await receipts.of_order(0, ANNA, bet)
    assert [(receipt["code"], receipt["round"]) for receipt in found] == [(3, round_id.hex()), (5, round_id.hex())]
    assert found[1]["legs"] == [[120, -30, 0], [100, 30, 2100]]


async def test_refused_order_has_a_receipt_too(signed: Signed, receipts: PostgresReceipts) -> None:
    order = RequestWithdrawal(signed.casino.new_id(Origin.CASHIER), ANNA, 1, 10**9)
    await signed.order(order)
    (receipt,) = await receipts.of_order(0, ANNA, order.cmd_id)
    assert (receipt["status"] > 0, receipt["legs"]) == (True, [])


@pytest.mark.parametrize(("player", "n"), [(BERT, 0), (ANNA, 1)])
async def test_order_of_somebody_else_has_no_receipt(
    signed: Signed, receipts: PostgresReceipts, player: int, n: int
) -> None:
    assert await receipts.of_order(0, player, signed.ids[n]) == []


@pytest.mark.parametrize("id_", [bytes(16), b"\xff" * 16])
async def test_unknown_order_has_no_receipt(receipts: PostgresReceipts, id_: bytes) -> None:
    assert await receipts.of_order(0, ANNA, id_) == []


async def test_receipt_that_was_changed_or_lost_its_row_is_found(
    signed: Signed, receipts: PostgresReceipts, tmp_path: Path
) -> None:
    folder = tmp_path / "receipts"
    folder.mkdir()
    first, second = [(await receipts.of_order(0, ANNA, signed.ids[n]))[0] for n in (0, 38)]
    (folder / "1").write_text(canonical(first | {"cash": 1}))
    (folder / "2").write_text(f"{canonical(first)}\n{canonical(second)}\n")
    (folder / "3").write_text("nothing")
    report = await signed.audit(receipts=folder)
    assert places(report, "receipts") == [3, 0]
    await signed.bend("delete from wallet.journal where shard_id = 0 and seq = 41")
    assert 41 in places(await signed.audit(receipts=folder), "receipts")
