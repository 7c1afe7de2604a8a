"""The auditor on real books: silent when they are right, and pointing at the right row when somebody bent them."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import msgpack
import pytest

from actors.domain.ids import Origin, make_id
from actors.domain.money.orders import OpenAccount, Reserve
from actors.domain.rounds import Plan, SettleEntry, VoidEntry
from server.audit import AuditError, AuditReport, audit, report_json, report_text
from server.storage.ledger import PostgresLedger
from server.storage.migrate import migrate_database
from tests.fakes.ledger_contract import Owner
from tests.fakes.money import PLAY, PLAYER, ROUND, settle, void

NOW_MS = int(time.time() * 1000)


class Casino:
    """Books with a bit of everything in them, a round that matches, and a hand that can bend any row."""

    def __init__(self, dsn: str, owner: Owner, sql: asyncpg.Connection) -> None:
        self.dsn = dsn
        self.owner = owner
        self.sql = sql
        self.won, self.lost, self.voided, self.gone = (owner.orders.reserve(n) for n in (300, 100, 50, 20))

    async def play(self) -> None:
        """Rows 1 .. 12; the reservations are rows 3, 4, 5."""
        orders = self.owner.orders
        await self.owner.commit(orders.open(), orders.deposit(1000), self.won, self.lost, self.voided)
        await self.owner.commit(settle(self.won, 900), settle(self.lost, 0), void(self.voided), void(self.gone))
        await self.owner.commit(orders.reserve(10**6), orders.bonus(5), orders.fence(2))
        await self.sql.execute(
            "insert into casino.game_table (table_id, game, kind, title, host) values ('t', 'r', 'rng', 'T', 'h')"
        )
        await self.round(3, self.plan())

    def plan(self, *, payout: int = 900, stake: int = 300, void_too: bool = True) -> bytes:
        def entry(bet: Reserve, amount: int) -> SettleEntry:
            return SettleEntry(0, bet.cmd_id, PLAYER, PLAY, bet.amount_minor, amount)

        first = SettleEntry(0, self.won.cmd_id, PLAYER, PLAY, stake, payout)
        voids = [VoidEntry(0, b.cmd_id, PLAYER, PLAY, b.amount_minor) for b in (self.voided, self.gone)]
        return _packed(Plan(1, [first, entry(self.lost, 0)], voids if void_too else []))

    async def round(self, state: int, plan: bytes | None) -> None:
        await self.sql.execute(
            """insert into casino.round (round_id, table_id, table_epoch, round_no, state, opened_at, plan)
               values ($1, 't', 1, 1, $2, now(), $3)
               on conflict (round_id) do update set state = excluded.state, plan = excluded.plan""",
            ROUND.hex(),
            state,
            plan,
        )

    async def bend(self, statement: str) -> None:
        """Do what only somebody with all rights over the database can."""
        async with self.sql.transaction():
            await self.sql.execute("set local session_replication_role = replica")
            await self.sql.execute(statement)

    async def audit(self) -> AuditReport:
        return await audit([self.dsn])


def _packed(plan: Plan) -> bytes:
    def plain(entry: Any) -> list[Any]:
        return [getattr(entry, field) for field in entry.__struct_fields__]

    packed = msgpack.packb([plan.version, [plain(e) for e in plan.settle], [plain(e) for e in plan.void]])
    assert isinstance(packed, bytes)
    return packed


def places(report: AuditReport, law: str) -> list[int]:
    return [violation.seq for violation in report.violations if violation.law == law]


@pytest.fixture
async def casino(fresh_postgres_dsn: str) -> AsyncIterator[Casino]:
    sql = await asyncpg.connect(fresh_postgres_dsn)
    store = PostgresLedger(fresh_postgres_dsn, 0)
    made = Casino(fresh_postgres_dsn, await Owner.claim(store, NOW_MS), sql)
    await made.play()
    yield made
    await store.close()
    await sql.close()


async def test_right_books_are_found_right(casino: Casino) -> None:
    report = await casino.audit()
    assert report.violations == []
    assert report.ok
    assert [(s.shard, s.rows, s.open_reservations) for s in report.shards] == [(0, 12, 0), (1, 0, 0)]
    assert report.rounds == 1


async def test_report_is_told_to_people_and_to_programs(casino: Casino) -> None:
    told: list[str] = []
    good = await audit([casino.dsn], progress=told.append)
    assert report_text(good).splitlines()[-1].startswith("all 32 laws of the books are kept")
    assert json.loads(report_json(good))["ok"] is True
    assert any("hash_chain" in text for text in told)
    await casino.bend("update wallet.account set balance = balance + 1 where account_id = 701100")
    bad = await casino.audit()
    assert "BROKEN trial_balance" in report_text(bad)
    assert json.loads(report_json(bad))["ok"] is False


async def test_database_without_books_is_an_error(empty_postgres_dsn: str) -> None:
    with pytest.raises(AuditError):
        await audit([empty_postgres_dsn])


async def test_empty_books_are_right(empty_postgres_dsn: str) -> None:
    await migrate_database(empty_postgres_dsn)
    report = await audit([empty_postgres_dsn])
    assert report.ok
    assert report.rounds == -1


async def test_books_of_a_thousand_rows_and_three_epochs_are_right(casino: Casino) -> None:
    for epoch in (2, 3):
        owner = await Owner.claim(PostgresLedger(casino.dsn, 0), NOW_MS)
        ids = [make_id(NOW_MS, Origin.CASHIER, bytes((epoch, n % 60, 0, 0, 0, 0, 0, n // 60, 0))) for n in range(600)]
        await owner.commit(*[OpenAccount(id_, 1000 * epoch + n, PLAY) for n, id_ in enumerate(ids)])
        await owner.store.close()
    report = await casino.audit()
    assert report.violations == []
    assert report.shards[0].epoch == 3


# ---------------------------------------------------------------- tampering: found, and at the right row


@pytest.mark.parametrize(
    "change",
    [
        "status = 400, acct = '{}', amt = '{}', bal = '{}'",
        "amt = array[-1001, 1001]",
        "bal = array[-1000, 1001]",
        "acct = array[1010, 801100]",
        "cash = 5000",
        "player_id = 8",
        "code = 6",
        "booked_at = booked_at + interval '1 millisecond'",
        "booked_at = booked_at + interval '1 microsecond'",
        "req_hash = decode(repeat('00', 16), 'hex')",
        "ref = gen_random_uuid()",
        "round_id = gen_random_uuid()",
        "epoch = 2",
        "ccy = 2",
    ],
)
async def test_edited_row_is_found(casino: Casino, change: str) -> None:
    await casino.bend(f"update wallet.journal set {change} where seq = 2")
    report = await casino.audit()
    assert places(report, "hash_chain") == [2]


async def test_row_edited_with_a_matching_hash_is_found_at_the_next(casino: Casino) -> None:
    """Whoever also computes the hash anew breaks the link to the row after."""
    await casino.bend("update wallet.journal set hash = sha256(hash) where seq = 4")
    assert places(await casino.audit(), "hash_chain") == [4, 5]


async def test_deleted_row_is_found(casino: Casino) -> None:
    await casino.bend("delete from wallet.journal where seq = 4")
    report = await casino.audit()
    assert places(report, "dense_sequence") == [4]
    assert places(report, "hash_chain") == [5]
    assert 4 in places(report, "reservation_opened_once")


async def test_cut_tail_is_found(casino: Casino) -> None:
    await casino.bend("delete from wallet.journal where seq > 10")
    report = await casino.audit()
    assert places(report, "dense_sequence") == [11]
    assert places(report, "hash_chain") == [10]


async def test_cut_tail_with_a_matching_sequence_is_found(casino: Casino) -> None:
    await casino.bend(
        "delete from wallet.journal where seq > 10; update wallet.shard set last_seq = 10 where shard_id = 0"
    )
    report = await casino.audit()
    assert places(report, "hash_chain") == [10]
    assert 11 in places(report, "balance_is_sum_of_legs")


async def test_swapped_rows_are_found(casino: Casino) -> None:
    await casino.bend(
        "update wallet.journal set seq = -3 where seq = 3; update wallet.journal set seq = 3 where seq = 4;"
        "update wallet.journal set seq = 4 where seq = -3"
    )
    report = await casino.audit()
    assert places(report, "hash_chain")[0] == 3
    assert places(report, "running_balance") != []


async def test_inserted_row_is_found(casino: Casino) -> None:
    await casino.bend(
        """insert into wallet.journal select id_day, shard_id, code, status, ccy, 13, epoch, player_id, booked_at, cash,
           escrow, bonus, encode(set_byte(uuid_send(cmd_id), 15, 255), 'hex')::uuid, ref, round_id, req_hash, hash, acct,
           amt, bal, meta from wallet.journal where seq = 2"""
    )
    report = await casino.audit()
    assert places(report, "dense_sequence") == [13]
    assert 13 in places(report, "hash_chain")
    assert 13 in places(report, "balance_is_sum_of_legs")


async def test_row_under_a_sequence_number_twice_is_found(casino: Casino) -> None:
    await casino.bend("alter table wallet.journal drop constraint id_day_ok")
    await casino.bend(
        """insert into wallet.journal select id_day + 1, shard_id, code, status, ccy, seq, epoch, player_id, booked_at,
           cash, escrow, bonus, cmd_id, ref, round_id, req_hash, hash, acct, amt, bal, meta from wallet.journal where seq = 2"""
    )
    report = await casino.audit()
    assert 2 in places(report, "dense_sequence")
    assert places(report, "one_row_per_id") == [2, 2]


async def test_flipped_balance_is_found(casino: Casino) -> None:
    await casino.bend(
        "update wallet.account set balance = balance + case account_id when 701100 then 7 else -7 end"
        " where account_id in (701100, 1300)"
    )
    report = await casino.audit()
    assert places(report, "trial_balance") == []
    assert places(report, "balance_is_sum_of_legs") == [7, 11]


async def test_account_made_by_hand_is_found(casino: Casino) -> None:
    await casino.bend(
        "insert into wallet.account (shard_id, account_id, ccy, kind, player_id, floor, balance)"
        " values (0, 901100, 1, 100, 9, -100, -100)"
    )
    report = await casino.audit()
    assert places(report, "floor") == [0]
    assert not report.ok


async def test_falling_epoch_is_found(casino: Casino) -> None:
    await casino.bend("update wallet.journal set epoch = 0 where seq = 6")
    assert places(await casino.audit(), "dense_sequence") == [6]


async def test_head_that_is_not_the_last_rows_is_found(casino: Casino) -> None:
    await casino.bend("update wallet.shard set head_hash = sha256('') where shard_id = 0")
    assert places(await casino.audit(), "hash_chain") == [12]


@pytest.mark.parametrize(
    ("change", "law", "seq"),
    [
        ("state = 0, closed_seq = null where opened_seq = 3", "escrow_is_open_reservations", 8),
        ("state = 2 where opened_seq = 3", "reservation_closed_once", 6),
        ("cash = cash + 1 where opened_seq = 4", "reservation_opened_once", 4),
        ("closed_seq = 7 where opened_seq = 3", "reservation_closed_once", 6),
        ("round_id = gen_random_uuid() where opened_seq = 3", "reservation_opened_once", 3),
        ("cash = 5 where state = 3", "tombstone", 9),
        ("opened_seq = 2 where state = 3", "tombstone", 2),
    ],
)
async def test_bent_reservation_is_found(casino: Casino, change: str, law: str, seq: int) -> None:
    await casino.bend(f"update wallet.reservation set {change}")
    assert seq in places(await casino.audit(), law)


async def test_deleted_reservation_is_found(casino: Casino) -> None:
    await casino.bend("delete from wallet.reservation where opened_seq = 3")
    report = await casino.audit()
    assert places(report, "reservation_opened_once") == [3]
    assert places(report, "reservation_closed_once") == [6]


# ---------------------------------------------------------------- rounds


async def problems(casino: Casino) -> list[str]:
    return [v.detail.split(": ", 1)[1] for v in (await casino.audit()).violations if v.law == "rounds"]


async def test_other_payout_than_planned_is_found(casino: Casino) -> None:
    await casino.round(3, casino.plan(payout=901))
    (found,) = await problems(casino)
    assert found.endswith("was paid 900, its plan pays 901")


async def test_other_stake_than_planned_is_found(casino: Casino) -> None:
    await casino.round(3, casino.plan(stake=301))
    (found,) = await problems(casino)
    assert "differs from its plan" in found


async def test_planned_bet_that_the_books_do_not_have_is_found(casino: Casino) -> None:
    ghost = SettleEntry(0, casino.owner.orders.id(), PLAYER, PLAY, 5, 0)
    await casino.round(3, _packed(Plan(1, [ghost], [])))
    found = await problems(casino)
    assert any("the books do not have it" in text for text in found)
    assert sum("the plan does not have it" in text for text in found) == 2


async def test_bet_planned_twice_is_found(casino: Casino) -> None:
    twice = SettleEntry(0, casino.won.cmd_id, PLAYER, PLAY, 300, 900)
    lost = SettleEntry(0, casino.lost.cmd_id, PLAYER, PLAY, 100, 0)
    await casino.round(3, _packed(Plan(1, [twice, twice, lost], [])))
    (found,) = await problems(casino)
    assert "planned twice" in found


async def test_settled_bet_that_was_planned_to_be_voided_is_found(casino: Casino) -> None:
    won = VoidEntry(0, casino.won.cmd_id, PLAYER, PLAY, 300)
    lost = SettleEntry(0, casino.lost.cmd_id, PLAYER, PLAY, 100, 0)
    await casino.round(2, _packed(Plan(1, [lost], [won])))
    (found,) = await problems(casino)
    assert "its plan voids it" in found


@pytest.mark.parametrize("state", [0, 1, 4, 5])
async def test_bets_settled_in_an_undecided_or_voided_round_are_found(casino: Casino, state: int) -> None:
    await casino.round(state, None)
    assert len([text for text in await problems(casino) if "is settled, the round" in text]) == 2


@pytest.mark.parametrize("plan", [None, b"", b"\xc1", msgpack.packb([9, [], []])])
async def test_unreadable_plan_is_found(casino: Casino, plan: bytes | None) -> None:
    await casino.round(3, plan)
    assert len(await problems(casino)) == 1


async def test_open_bet_is_right_until_its_round_is_finished(casino: Casino) -> None:
    late = casino.owner.orders.reserve(1, epoch=2)
    await casino.owner.commit(late)
    await casino.round(2, casino.plan())
    assert await problems(casino) == []
    await casino.round(3, casino.plan())
    (found,) = await problems(casino)
    assert "neither settled nor voided" in found


async def test_undone_bet_need_not_be_in_the_plan(casino: Casino) -> None:
    await casino.round(3, casino.plan(void_too=False))
    assert await problems(casino) == []


async def test_settled_bet_of_a_round_that_does_not_exist_is_found(casino: Casino) -> None:
    await casino.sql.execute("delete from casino.round")
    report = await casino.audit()
    assert [v.law for v in report.violations] == ["rounds"]
    assert "no such round" in report.violations[0].detail
