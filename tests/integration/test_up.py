"""`croupier up` as a person meets it: ready, found again, stopped, crashed, started anew."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from actors.domain.games.draws import SeededDraws, commitment
from actors.domain.games.slot import SLOT
from clients.python import CroupierClient, HttpApi, Refused
from loadtest.platform import ROOT, Platform, PlatformFailed, is_alive
from protocol.errors import Code
from server.embedded.places import next_free_port
from server.fairness.verify import verify

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def one_platform(services_folder: Path) -> Iterator[Platform]:
    """One platform for this module, because each start takes a while."""
    platform = Platform(services_folder / "state of up", {"CROUPIER_HTTP_PORT": str(next_free_port(18_080))})
    yield platform
    platform.stop()


@pytest.fixture
def platform(one_platform: Platform) -> Platform:
    """The platform, running."""
    if one_platform.cli("status").returncode != 0:
        one_platform.start()
    return one_platform


@pytest.fixture
def stopped_platform(one_platform: Platform) -> Platform:
    """The platform after a run and an orderly end; of the test before, if that ended it."""
    if not (one_platform.state / "postgres").exists():
        one_platform.start()
    one_platform.stop()
    return one_platform


@pytest.fixture(scope="module")
def external_platform(services_folder: Path, postgres_dsn: str, valkey_url: str) -> Iterator[Platform]:
    """A platform with services of ones own."""
    environ = {"DATABASE_URL": postgres_dsn, "REDIS_URL": valkey_url}
    with Platform(services_folder / "external", environ) as platform:
        yield platform


def _until(met: Callable[[], bool], timeout_s: float = 30.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while not met() and time.monotonic() < deadline:
        time.sleep(0.05)
    return met()


def _is_ready(platform: Platform) -> bool:
    try:
        return bool(platform.get("/ready")["status"] == "ready")
    except urllib.error.HTTPError:
        return False


def _recorded(platform: Platform) -> list[psutil.Process]:
    found = []
    for entry in platform.run_file()["processes"]:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(entry["pid"]))
    return found


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if is_alive(process)]


def _has_child(pid: int, program: str) -> bool:
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended while we looked
            if child.name() == program:
                return True
    return False


def _pid(platform: Platform, name: str) -> int:
    """Return the recorded process of that name; 0 while there is none."""
    return next((int(entry["pid"]) for entry in platform.run_file()["processes"] if entry["name"] == name), 0)


def test_ready_line_is_exact_and_addresses_follow(platform: Platform) -> None:
    # The reader of its output may still be at the ready line when the platform is used for the first time.
    assert _until(lambda: any(line.startswith("  metrics") for line in platform.lines)), platform.tail()
    said = "\n".join(platform.lines)
    assert re.search(r"^croupier: ready http://127\.0\.0\.1:\d+$", said, re.MULTILINE)
    assert re.search(r"^  WebSocket +ws://127\.0\.0\.1:\d+$", said, re.MULTILINE)
    assert re.search(r"^  metrics +http://127\.0\.0\.1:\d+/metrics$", said, re.MULTILINE)


def test_ready_platform_answers_that_it_is(platform: Platform) -> None:
    assert platform.get("/ready")["status"] == "ready"


def test_status_of_a_running_platform_names_its_addresses(platform: Platform) -> None:
    found = platform.cli("status")
    assert found.returncode == 0
    assert platform.http in found.stdout


def test_second_up_on_the_same_state_names_the_first_and_leaves_it_alone(platform: Platform) -> None:
    found = platform.cli("up")
    assert found.returncode == 2
    assert f"process {platform.pid}" in found.stderr
    assert "croupier stop" in found.stderr
    assert platform.get("/ready")["status"] == "ready"


def test_audit_beside_a_running_platform_finds_the_laws_kept(platform: Platform) -> None:
    found = platform.cli("audit", "--json")
    assert found.returncode == 0, found.stderr
    assert '"ok": true' in found.stdout


async def test_slot_is_played_from_seeds_that_are_revealed_in_the_end(platform: Platform) -> None:
    async with await CroupierClient.register(platform.http, "lanterns", "a password for tests") as client:
        with pytest.raises(Refused) as unseen:
            await client.spin("slot", 200)
        before = await client.seeds("slot")
        spin_id = client.new_id()
        result = await client.spin("slot", 200, spin_id=spin_id)
        again = await client.spin("slot", 200, spin_id=spin_id)
        with pytest.raises(Refused) as soon:
            await client.spin("slot", 200)
        after = await client.rotate_seed("slot", "my-own")
        available_minor = client.purse.money.available_minor
    api = HttpApi(platform.http)
    token = (await api.login("lanterns", "a password for tests")).access_token
    (recalled,) = (await api.get("/api/me/rounds", token))["rounds"]
    assert await api.get(f"/api/me/rounds/{spin_id.hex()}", token) == recalled
    assert (recalled["replay"], recalled["status"], recalled["detail"]) == (True, "complete", result.detail)
    assert (recalled["cash_before_minor"], recalled["cash_after_minor"]) == (100_000, available_minor)
    assert verify(recalled).ok
    assert [Code(refused.value.code) for refused in (unseen, soon)] == [Code.SEEDS_UNSEEN, Code.TOO_SOON]
    assert again == result
    assert available_minor == 100_000 - 200 + result.payout_minor
    (seed,) = after.revealed
    drawn = SLOT.spin(SeededDraws(seed.server_seed, seed.client_seed, result.nonce), 200)
    assert (list(drawn.outcome.detail), drawn.payout_minor) == (result.detail, result.payout_minor)
    assert commitment(seed.server_seed) == before.commitment == result.commitment


async def test_bet_over_the_balance_is_refused_and_costs_nothing(platform: Platform) -> None:
    async with await CroupierClient.register(platform.http, "modest", "a password for tests") as client:
        await client.join("roulette-1")
        await client.until(lambda: client.tables["roulette-1"].phase == "betting")
        with pytest.raises(Refused) as refused:
            await client.place("roulette-1", [(151, 150_000)])
        assert refused.value.is_(Code.INSUFFICIENT_FUNDS)
        assert (await client.balance()).money.available_minor == 100_000


def test_killed_postgres_is_started_again(platform: Platform) -> None:
    killed = _pid(platform, "postgres")
    os.kill(killed, signal.SIGKILL)
    assert _until(lambda: _pid(platform, "postgres") not in (0, killed))
    assert _until(lambda: _is_ready(platform))


def test_start_after_the_whole_group_was_killed_ends_what_was_left(platform: Platform) -> None:
    name = f"kept{os.getpid()}"
    platform.register(name, "a long enough password")
    everything = _recorded(platform)
    platform.kill()
    platform.start()
    assert _alive(everything) == []
    with pytest.raises(urllib.error.HTTPError, match="409"):
        platform.post("/api/register", {"name": name, "password": "a long enough password"})


def test_sigterm_ends_everything_with_exit_code_0(platform: Platform) -> None:
    everything = [psutil.Process(platform.pid), *_recorded(platform)]
    assert len(everything) > 10
    assert platform.stop() == 0
    assert _alive(everything) == []
    assert not (platform.state / "run.json").exists()


def test_audit_of_a_stopped_state_starts_its_own_database_and_ends_it(stopped_platform: Platform) -> None:
    found = stopped_platform.cli("audit")
    assert found.returncode == 0, found.stderr
    assert list((stopped_platform.state / "postgres" / "data").glob("postmaster.pid")) == []


def test_configured_port_that_is_taken_is_an_error_before_anything_starts(services_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", next_free_port(19_000))) as listener:
        port = listener.getsockname()[1]
        refused = Platform(services_folder / "refused", {"CROUPIER_HTTP_PORT": str(port)})
        with pytest.raises(PlatformFailed, match=rf"(?s)ended with 2.*{port} is taken.*CROUPIER_HTTP_PORT"):
            refused.start()


def test_interrupt_while_starting_ends_in_order(services_folder: Path) -> None:
    environ = {**os.environ, "CROUPIER_STATE": str(services_folder / "hasty"), "CROUPIER_DASHBOARD_PORT": "0"}
    with subprocess.Popen([sys.executable, "-m", "server.cli", "up"], cwd=ROOT, env=environ) as process:
        try:
            assert _until(lambda: _has_child(process.pid, "gcs_server"))
            everything = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
        finally:
            process.kill()  # nobody to wait for, once it has ended
    assert _alive(everything) == []


def test_services_of_ones_own_are_used_and_no_embedded_ones_started(external_platform: Platform) -> None:
    names = {entry["name"] for entry in external_platform.run_file()["processes"]}
    assert names & {"postgres", "valkey"} == set()
    assert external_platform.get("/ready")["status"] == "ready"
    assert external_platform.cli("audit").returncode == 0
    assert not (external_platform.state / "postgres").exists()


def test_stop_command_ends_it_from_outside(external_platform: Platform) -> None:
    everything = _recorded(external_platform)
    found = external_platform.cli("stop")
    assert (found.returncode, found.stdout.strip()) == (0, "stopped")
    assert _alive(everything) == []
    assert external_platform.stop() == 0


def test_second_signal_ends_everything_at_once(platform: Platform) -> None:
    everything = [psutil.Process(platform.pid), *_recorded(platform)]
    os.kill(platform.pid, signal.SIGINT)
    assert _until(lambda: "stopping ..." in platform.lines)
    assert platform.stop() == 0
    assert _alive(everything) == []
    assert platform.cli("audit").returncode == 0
