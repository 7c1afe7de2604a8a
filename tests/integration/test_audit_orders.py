"""The laws of single orders: silent on books with every order in them, and pointing at the row that somebody bent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from actors.domain.ids import Origin, relayed_id
from actors.domain.money.accounts import Kind
from actors.domain.money.orders import PayJackpot, TransferIn
from server.audit import AuditReport, audit
from tests.integration.full_books import ANNA, JACKPOT, PLAY, FullBooks, full_books


@pytest.fixture
async def books(fresh_postgres_dsn: str) -> AsyncIterator[FullBooks]:
    async with full_books(fresh_postgres_dsn) as made:
        yield made


def places(report: AuditReport, law: str) -> list[tuple[int, int]]:
    return [(found.shard, found.seq) for found in report.violations if found.law == law]


async def test_books_with_every_order_are_right(books: FullBooks, fresh_postgres_dsn: str) -> None:
    report = await audit([fresh_postgres_dsn])
    assert [(v.law, v.shard, v.seq, v.detail) for v in report.violations] == []
    codes = await books.sql.fetch("select distinct code from wallet.journal where status = 0 order by code")
    assert [row["code"] for row in codes] == [*range(1, 8), *range(10, 20), *range(30, 34)]


#: The order whose row is bent, how, and the law that finds it there.
BENT = [
    ("given back", "acct = array_replace(acct, 401110, 401100)", "bonus_split"),
    ("won", "acct = array_replace(acct, 401110, 401100)", "bonus_split"),
    ("mixed", "acct = array_replace(acct, 401110, 401100)", "bonus_split"),
    ("settled after", "acct = array_replace(acct, 1310::bigint, 401110)", "bonus_split"),
    ("voided after", "acct = array_replace(acct, 1310::bigint, 401110)", "bonus_split"),
    ("won", "amt[2] = amt[2] + 1, amt[3] = amt[3] - 1", "wagering"),
    ("grant", "meta = '{\"wagering\":2499}'", "wagering"),
    ("completed", "acct = array_replace(acct, 401910, 401900)", "wagering"),
    ("converted", "acct = array_replace(acct, 601910, 1990)", "wagering"),
    ("forfeited", "code = 14", "wagering"),
    ("wager 1", "amt = array_replace(array_replace(amt, 5000, 4999), -5000, -4999)", "jackpot_shares"),
    ("wager 0", "meta = replace(meta, '\"jackpot\":9', '\"jackpot\":8')", "jackpot_shares"),
    ("settled to jackpot", "meta = null", "jackpot_shares"),
    ("tick", "code = 10", "wagers"),
    ("wager 2", "meta = replace(meta, '9000', '9001')", "wagers"),
    ("wager 2", "meta = 'no json'", "wagers"),
    ("wager 2", "meta = null", "wagers"),
    ("paid out", "ref = gen_random_uuid()", "withdrawals"),
    ("paid out", "code = 13", "withdrawals"),
    ("cancelled", "acct = array_replace(acct, 202100, 2010::bigint)", "withdrawals"),
    ("adjust up", "meta = replace(meta, '12', '11')", "adjustments"),
    ("adjust up", "meta = null", "adjustments"),
    ("adjust down", 'meta = \'{"requested_by":11,"approved_by":12}\'', "adjustments"),
    ("exchange", "meta = replace(meta, '3000', '3001')", "exchange_pairs"),
    ("exchange", "ref = null", "exchange_pairs"),
    ("second out", "meta = replace(meta, '\"peer\":2', '\"peer\":3')", "transfers"),
    ("first in", "ref = null", "transfers"),
    ("first in", "amt = array[-11, 11]", "clearing"),
    ("deposit 6", "acct = array_replace(acct, 2010::bigint, 2300::bigint)", "legs_of_their_order"),
    ("request", "code = 2", "legs_of_their_order"),
    ("fence", "meta = replace(meta, '1', '2')", "fences"),
    ("define 0", "meta = replace(meta, '700', '701')", "jackpot_terms"),
]


def bends(nth: int) -> list[tuple[str, str, str]]:
    """Return the nth way to bend each order's row, so that one audit can look for all of them."""
    names = [name for name, _, _ in BENT]
    return [bent for n, bent in enumerate(BENT) if names[:n].count(bent[0]) == nth]


@pytest.mark.parametrize("nth", [0, 1, 2])
async def test_bent_orders_are_found_each_at_its_row(books: FullBooks, fresh_postgres_dsn: str, nth: int) -> None:
    for name, change, _ in bends(nth):
        await books.bend(f"update wallet.journal set {change} where shard_id = 0 and seq = {books.seqs[name]}")
    report = await audit([fresh_postgres_dsn])
    missed = [bent for bent in bends(nth) if (0, books.seqs[bent[0]]) not in places(report, bent[2])]
    assert missed == []


@pytest.mark.parametrize(
    ("change", "law"),
    [
        ("update wallet.jackpot set rate_num = 4 where shard_id = 0", "jackpot_totals"),
        ("update wallet.account set balance = balance + 1 where kind = 430 and shard_id = 0", "jackpot_totals"),
        ("update wallet.account set balance = balance + 1 where kind = 500 and shard_id = 0", "clearing"),
        ("delete from wallet.table_fence", "fences"),
        ("delete from wallet.jackpot where shard_id = 1", "jackpot_terms"),
    ],
)
async def test_bent_relation_is_found(books: FullBooks, fresh_postgres_dsn: str, change: str, law: str) -> None:
    await books.bend(change)
    assert places(await audit([fresh_postgres_dsn]), law) != []


async def test_second_payment_of_a_hit_is_found_at_its_row(books: FullBooks, fresh_postgres_dsn: str) -> None:
    """The wallet itself takes it: the jackpot's owner gives each hit one id, and the audit knows the hit by number."""
    await books.do("twice", PayJackpot(books.id(Origin.JACKPOT), ANNA, PLAY, JACKPOT, 1, 1))
    assert places(await audit([fresh_postgres_dsn]), "jackpot_hits") == [(0, books.seqs["twice"])]


async def test_transfer_that_never_left_is_found_at_its_row(books: FullBooks, fresh_postgres_dsn: str) -> None:
    left = books.id(Origin.JACKPOT)
    ghost = TransferIn(relayed_id(left, 1), left, PLAY, Kind.JACKPOT_POOL, JACKPOT, 10, 1)
    await books.do("ghost", ghost)
    report = await audit([fresh_postgres_dsn])
    assert (0, books.seqs["ghost"]) in places(report, "clearing")
