"""The runtime on real Ray: named hosts, batches as actor calls, processes that die, hang and come back."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
import ray

from actors.runtime.heartbeats import Patience, RootSupervisor
from server import bootstrap
from server.actor_refs import HostRef, RayHosts, RayLink
from server.config import Config
from server.hosts import HostSpec
from server.process_link import HostPulse
from server.secrets import Secrets
from tests.fakes.link_contract import LinkContract, answered
from tests.integration.toy_hosts import EchoHostActor, ToyHostActor

#: Two hosts that reach each other over streams, and two by Ray calls.
NAMES = ("wallet/0", "wallet/1", "wallet/2", "wallet/3")
LINKS = {"wallet/0": "stream", "wallet/1": "stream", "wallet/2": "ray", "wallet/3": "ray"}
BOTH = pytest.mark.parametrize(("caller", "other"), [NAMES[:2], NAMES[2:]], ids=["stream", "ray"])
SECRETS = Secrets(ids=b"", token=b"", refresh=b"", link=bytes(32), postgres_password="", valkey_password="")


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Hosts of toys that are ready."""
    state = tmp_path_factory.mktemp("state with spaces")
    (state / "logs").mkdir()
    config = Config(state=state, dashboard_port=0, standbys=0)
    bootstrap.start_ray(config)
    configs = {name: msgspec.structs.replace(config, link=link) for name, link in LINKS.items()}
    specs = [HostSpec(name=name, config=configs[name], secrets=SECRETS, all_processes=NAMES) for name in NAMES]
    handles = bootstrap.start_actors(specs, ToyHostActor)
    bootstrap.wait_until_ready()
    yield handles
    pids = bootstrap.host_pids()
    bootstrap.stop_hosts()
    bootstrap.stop_ray()
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in pids.values() if psutil.pid_exists(pid)], timeout=10)
    assert alive == []


def ask(
    hosts: dict[str, Any], first: int, count: int, every_s: float, caller: str = "wallet/0", other: str = "wallet/1"
) -> Any:
    """Let one host ask another; return Ray's promise of the answers."""
    return hosts[caller].ask_numbers.remote(other, first, count, every_s)


def test_hosts_have_names_that_people_can_read(hosts: dict[str, Any]) -> None:
    statuses = bootstrap.host_statuses()
    assert [statuses[name]["name"] for name in NAMES] == list(NAMES)
    assert list(statuses["wallet/1"]["actors"]) == ["wallet/1"]
    assert {actor["name"] for actor in ray.util.list_named_actors(all_namespaces=True)} >= set(NAMES)


def test_hosts_run_as_urgently_as_the_database(hosts: dict[str, Any]) -> None:
    assert {psutil.Process(pid).nice() for pid in bootstrap.host_pids().values()} == {psutil.Process().nice()}


def test_metrics_come_from_every_host(hosts: dict[str, Any]) -> None:
    texts = asyncio.run(RayHosts(NAMES).expositions())
    assert all("croupier_runtime_messages_sent_total" in texts[name] for name in NAMES)


@BOTH
def test_asks_are_answered_in_order_and_batched(hosts: dict[str, Any], caller: str, other: str) -> None:
    before = bootstrap.host_statuses()[other]["counters"]
    answers = ray.get(ask(hosts, 1, 5_000, 0.0, caller, other), timeout=30)
    after = bootstrap.host_statuses()[other]["counters"]
    assert [cash for cash, _, _ in answers] == list(range(1, 5_001))
    assert {errors for _, _, errors in answers} == {0}
    assert after["messages_received"] - before["messages_received"] == 5_000
    assert after["batches_received"] - before["batches_received"] <= 10


@BOTH
def test_asks_outlive_a_killed_host(hosts: dict[str, Any], caller: str, other: str) -> None:
    old = bootstrap.host_pids()[other]
    answers_later = ask(hosts, 10_000, 600, 0.005, caller, other)
    time.sleep(1.0)
    os.kill(old, signal.SIGKILL)
    answers = ray.get(answers_later, timeout=60)
    assert [cash for cash, _, _ in answers] == list(range(10_000, 10_600))
    assert {errors for _, _, errors in answers} == {0}
    assert {pid for _, pid, _ in answers} == {old, bootstrap.host_pids()[other]}


def test_host_that_hangs_is_killed_and_started_anew(hosts: dict[str, Any]) -> None:
    old = bootstrap.host_pids()["wallet/1"]
    patience = Patience(silent_s=2.0, start_s=20.0)

    async def watch() -> int:
        loop = asyncio.get_running_loop()
        supervisor = RootSupervisor(NAMES, RayHosts(NAMES), loop.time, patience)
        await supervisor.beat()
        os.kill(old, signal.SIGSTOP)
        running = asyncio.create_task(supervisor.run())
        async with asyncio.timeout(40):
            while supervisor.kills == 0 or len(supervisor.ready_hosts()) < len(NAMES):
                await asyncio.sleep(0.1)
        running.cancel()
        return supervisor.kills

    assert asyncio.run(watch()) >= 1
    assert bootstrap.host_pids()["wallet/1"] != old
    assert len(ray.get(ask(hosts, 20_000, 10, 0.0), timeout=30)) == 10


def test_courier_carries_far_more_than_plain_calls(hosts: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    rates = {}
    for under_way, for_s in ((1, 0.2), (16, 0.2), (200, 0.2), (1_000, 1.0)):
        stream = ray.get(hosts["wallet/0"].rate.remote("wallet/1", under_way, for_s), timeout=30)
        call = ray.get(hosts["wallet/2"].rate.remote("wallet/3", under_way, for_s), timeout=30)
        plain = ray.get(hosts["wallet/0"].plain_rate.remote("wallet/1", under_way, for_s), timeout=30)
        rates[under_way] = stream, call, plain
    with capsys.disabled():
        print("\n under way  messages/s over streams  over Ray calls  plain calls/s")
        for under_way, figures in rates.items():
            print(f"{under_way:>10,}  {figures[0]:>23,.0f}  {figures[1]:>14,.0f}  {figures[2]:>13,.0f}")
    assert rates[1_000][0] > 5 * rates[1_000][2]
    assert rates[1_000][1] > 5 * rates[1_000][2]


class RayPair:
    """A Ray link to an `Echo` that is killed with -9 and started anew by Ray."""

    def __init__(self) -> None:
        self.link = RayLink("wallet/9")
        self._ref = HostRef("wallet/9")

    async def crash(self) -> None:
        """Kill the process."""
        pulse: HostPulse = await self._ref.call("ping")
        os.kill(pulse.pid, signal.SIGKILL)

    async def restart(self) -> None:
        """Ray does it."""


@pytest.fixture(scope="module")
def echo(hosts: dict[str, Any]) -> None:
    """One more host."""
    config = Config(state=Path("nowhere"), link="ray", standbys=0)
    bootstrap.start_actors([HostSpec(name="wallet/9", config=config, secrets=SECRETS)], EchoHostActor)


class TestRayLink(LinkContract):
    @pytest.fixture
    async def pair(self, echo: None) -> RayPair:
        pair = RayPair()
        await answered(pair.link, b"ready")
        return pair


def test_log_of_a_host_is_in_the_state_folder(hosts: dict[str, Any]) -> None:
    spec_state = next(path for path in _log_folders() if (path / "wallet-0.log").exists())
    assert "host wallet/0 is ready" in (spec_state / "wallet-0.log").read_text()


def _log_folders() -> list[Path]:
    return [
        Path(file.path).parent for pid in bootstrap.host_pids().values() for file in psutil.Process(pid).open_files()
    ]
