"""The follower of docs/followers.md, as it stands there, on books with every order in them."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from server.clock import SystemClock
from tests.architecture.tree import ROOT
from tests.fakes.api import ManualClock
from tests.integration.full_books import CARL, full_books

#: Settlements and instant rounds, from the journal itself: escrow that was taken, or the stake that the row names.
_STAKED = """
select count(*), sum(case code when 10 then (meta::jsonb ->> 'stake')::bigint else
                       (select -sum(m) from unnest(acct, amt) l(a, m) where a % 1000 = 120) end)::bigint
  from wallet.journal where code in (4, 10) and status = 0"""


async def test_example_follower_run_again_and_again_counts_every_bet_once(
    fresh_postgres_dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main: Any = runpy.run_path(str(ROOT / "docs" / "examples" / "turnover_follower.py"))["main"]
    async with full_books(fresh_postgres_dsn, ManualClock(SystemClock().now_ms())) as books:  # one day
        await main(fresh_postgres_dsn)
        await main(fresh_postgres_dsn)
        await books.do("one more", books.wager(CARL, 7, 0))
        await main(fresh_postgres_dsn)
        (staked,) = await books.sql.fetch(_STAKED)
        (counted,) = await books.sql.fetch("select sum(bets)::bigint, sum(stake_minor)::bigint from report.turnover")
    assert tuple(counted) == tuple(staked)
    assert capsys.readouterr().out.splitlines()[-1].endswith(f" {counted[0]} {counted[1]}")
