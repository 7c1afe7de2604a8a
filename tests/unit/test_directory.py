"""Who lives where."""

from __future__ import annotations

import asyncio

import pytest

from actors.runtime.directory import Directory


class Placement:
    """A placement that can change and fail."""

    def __init__(self, **tables: str) -> None:
        self.tables = tables
        self.loads = 0
        self.error: Exception | None = None

    async def load(self) -> dict[str, str]:
        self.loads += 1
        if self.error is not None:
            raise self.error
        return self.tables


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("wallet/3", "wallet/3"),
        ("gateway/0", "gateway/0"),
        ("supervisor/journal", "supervisor/main"),
        ("table/one", "tables/rng"),
        ("instant/one", "tables/rng"),
        ("table/other", None),
        ("ghost/1", None),
        ("", None),
    ],
)
async def test_address_has_its_host(address: str, host: str | None) -> None:
    directory = Directory(Placement(one="tables/rng").load)
    await directory.refresh()
    assert directory.host_of(address) == host


async def test_tables_are_listed_by_host() -> None:
    directory = Directory(Placement(a="tables/rng", b="tables/live", c="tables/rng").load)
    await directory.refresh()
    assert directory.tables() == ["a", "b", "c"]
    assert directory.tables_of("tables/rng") == ["a", "c"]


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("wallet/3", "hall/0"),
        ("gateway/0", "hall/0"),
        ("table/one", "hall/0"),
        ("instant/two", "hall/0"),
        ("supervisor/journal", "supervisor/main"),
        ("table/other", None),
        ("ghost/1", None),
    ],
)
async def test_where_all_live_together_every_address_but_a_supervisors_is_there(address: str, host: str | None) -> None:
    directory = Directory(Placement(one="tables/rng", two="tables/live").load, together="hall/0")
    await directory.refresh()
    assert directory.host_of(address) == host
    assert directory.tables_of("hall/0") == directory.tables() == ["one", "two"]


async def test_wallet_that_lives_together_with_others_is_known_before_any_placement() -> None:
    directory = Directory(Placement(one="tables/rng").load, together="hall/0")
    assert directory.host_of("wallet/0") == "hall/0"
    assert directory.host_of("table/one") is None


async def test_miss_causes_a_refresh_before_its_time() -> None:
    placement = Placement()
    directory = Directory(placement.load, refresh_s=3_600)
    await directory.start()
    placement.tables = {"new": "tables/rng"}
    assert directory.host_of("table/new") is None
    async with asyncio.timeout(5):
        while directory.host_of("table/new") is None:
            await asyncio.sleep(0.02)
    await directory.stop()
    assert placement.loads <= 4


async def test_last_placement_serves_while_loading_fails() -> None:
    placement = Placement(one="tables/rng")
    directory = Directory(placement.load, refresh_s=0.01)
    await directory.start()
    placement.error = OSError("away")
    await asyncio.sleep(0.6)
    assert directory.host_of("table/one") == "tables/rng"
    placement.error = None
    placement.tables = {"one": "tables/live"}
    await asyncio.sleep(0.6)
    assert directory.host_of("table/one") == "tables/live"
    await directory.stop()


async def test_failing_first_load_is_the_starters_to_handle() -> None:
    placement = Placement()
    placement.error = OSError("away")
    with pytest.raises(OSError, match="away"):
        await Directory(placement.load).start()
