"""A process that stands by takes no batches; when it gets the seat it comes up and serves."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from server import host_process
from server.config import Config
from server.host_process import HostProcess, serving_file
from server.hosts import HostSpec, Site, host_names, possible_processes, processes_of, standby_hosts
from server.process_link import NOT_SERVING, ProcessLink
from server.secrets import Secrets

SECRETS = Secrets(ids=b"", token=b"", refresh=b"", link=bytes(32), postgres_password="", valkey_password="")


class SeatFake:
    """A seat that is free when the test says so."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.free = asyncio.Event()
        self.left = False

    async def take(self) -> None:
        await self.free.wait()

    async def leave(self) -> None:
        self.left = True


async def build_nothing(site: Site) -> None:
    """No actors."""


@pytest.fixture
def spec(tmp_path: Path) -> HostSpec:
    (tmp_path / "hosts").mkdir()
    return HostSpec(name="wallet/0", config=Config(state=tmp_path), secrets=SECRETS, stands_by=True)


@pytest.fixture
async def process(spec: HostSpec, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(host_process, "Seat", SeatFake)
    monkeypatch.setattr(host_process, "TAKEOVER_S", 0.01)
    process = HostProcess(spec, lambda _host: ProcessLink([]), {"wallet": build_nothing})
    yield process
    await process.stop()


async def test_process_that_stands_by_says_so_to_every_batch(process: HostProcess) -> None:
    assert await process.deliver(b"anything") == NOT_SERVING
    assert (process.stands_by, process.is_ready, process.problem) == (True, False, "stands by")
    assert process.status()["name"] == "wallet/0+"


async def test_process_that_gets_the_seat_comes_up_and_is_known_to_serve(process: HostProcess, spec: HostSpec) -> None:
    seat: Any = process._seat
    seat.free.set()
    await asyncio.wait_for(process._ready.wait(), 5)
    assert (process.stands_by, process.is_ready) == (False, True)
    assert serving_file(spec.config.state, "wallet/0").exists()


async def test_stopped_process_leaves_the_seat(process: HostProcess) -> None:
    await process.stop()
    seat: Any = process._seat
    assert seat.left


def test_wallet_and_tables_hosts_have_two_processes_unless_configured_otherwise() -> None:
    assert standby_hosts(Config(shards=1)) == ("tables/rng", "tables/live", "wallet/0")
    assert standby_hosts(Config(standbys=0)) == ()
    assert processes_of(Config(), "wallet/1") == ("wallet/1", "wallet/1+")
    assert processes_of(Config(), "gateway/0") == ("gateway/0",)


def test_hall_is_one_host_with_two_processes_beside_api_and_supervisor() -> None:
    together = Config(shards=3, layout="together")
    assert host_names(together) == ("api/0", "hall/0", "supervisor/main")
    assert standby_hosts(together) == ("hall/0",)
    assert possible_processes(together) == ("api/0", "hall/0", "hall/0+", "supervisor/main", "api/0+")


def test_hall_without_a_second_process_stands_alone() -> None:
    together = Config(layout="together", standbys=0)
    assert standby_hosts(together) == ()
    assert possible_processes(together) == ("api/0", "hall/0", "supervisor/main", "api/0+")


def test_gateway_in_the_hall_keeps_its_address_whichever_process_serves(tmp_path: Path) -> None:
    config = Config(state=tmp_path, layout="together")
    spec = HostSpec(name="hall/0", config=config, secrets=SECRETS, all_processes=possible_processes(config))
    assert (spec.gateways, spec.sender, spec.has_seat) == (("gateway/0",), "hall/0", True)
    second = HostSpec(name="hall/0", config=config, secrets=SECRETS, stands_by=True)
    assert (second.gateways, second.sender, second.process) == (("gateway/0",), "hall/0", "hall/0+")
