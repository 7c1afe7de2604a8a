"""Chains on real PostgreSQL: the contract, and what the database itself forbids."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from server.fairness.chains import ChainStore, HashChains
from server.storage.chains import PostgresChains
from tests.fakes.chains_contract import TABLE, ChainsContract


@pytest.fixture
async def pool(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(postgres_dsn, min_size=4, max_size=4) as made:
        await made.execute("alter table casino.chain disable trigger all")
        await made.execute("truncate casino.chain")
        await made.execute("alter table casino.chain enable trigger all")
        yield made


class TestPostgresChains(ChainsContract):
    @pytest.fixture
    def store(self, pool: asyncpg.Pool) -> ChainStore:
        return PostgresChains(pool)

    @pytest.mark.parametrize(
        "change",
        [
            "update casino.chain set terminal = repeat('0', 64)",
            "update casino.chain set first_round_no = 2",
            "update casino.chain set salt = 'another'",
            "update casino.chain set salt = null, salt_source = null, salted_at = null",
            "update casino.chain set published_at = now() - interval '1 day'",
            "delete from casino.chain",
            "truncate casino.chain",
        ],
    )
    async def test_published_chain_cannot_be_changed_by_hand(
        self, chains: HashChains, pool: asyncpg.Pool, change: str
    ) -> None:
        await chains.for_round(TABLE, 1)
        with pytest.raises(asyncpg.RaiseError, match="does not change"):
            await pool.execute(change)

    async def test_list_for_everybody_is_in_order(self, chains: HashChains, pool: asyncpg.Pool) -> None:
        for table, round_no in ((TABLE, 1), ("baccarat-1", 1), (TABLE, 9)):
            await chains.for_round(table, round_no)
        listed = await PostgresChains(pool).listed("")
        assert [(row.table_id, row.n) for row in listed] == [("baccarat-1", 1), (TABLE, 1), (TABLE, 2)]
        assert [row.n for row in await PostgresChains(pool).listed(TABLE)] == [1, 2]
