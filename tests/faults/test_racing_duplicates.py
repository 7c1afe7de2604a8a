"""The same order on several connections of a player at once: one outcome, one reservation, whoever was cut meanwhile."""

from __future__ import annotations

import pytest

from loadtest.duplicates import race_all
from loadtest.platform import Platform
from tests.faults.books import Books, assert_books_are_kept

pytestmark = pytest.mark.timeout(180)


async def test_copies_of_an_order_raced_with_a_replaced_connection_have_one_outcome(platform: Platform) -> None:
    urls = platform.get("/api/config")["ws_urls"]
    kinds = ("same order", "two orders", "same undo")  # bonuses are paid here: what the money allows is not known
    report = await race_all(platform.http, urls, Books(platform).dsn, 6, 3, "race", kinds)
    assert report["findings"] == []
    assert report["accepted"] == report["ids"] == 18
    await assert_books_are_kept(platform)
