"""A Ray cluster of two nodes on one machine: `croupier up` joins it, its hosts spread, and one node is killed."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import psutil
import pytest

from loadtest.crowd import Crowd
from loadtest.endurance import ENVIRON, WELCOME_MINOR
from loadtest.platform import Platform, over
from loadtest.restarts import stands_by
from server.embedded.places import next_free_port
from tests.faults.books import Books, assert_books_are_kept, wait_until

pytestmark = pytest.mark.timeout(300)

HOSTS = ("api/0", "gateway/0", "tables/rng", "tables/live", "wallet/0", "wallet/1", "supervisor/main")
#: Ray notices the loss of a node when several of its health checks have failed, and only then moves what has no second process.
BACK_WITHIN_S = 90.0
_RAY: Final = ["-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats"]
_SIZE: Final = ["--num-cpus=2", f"--object-store-memory={100 * 1024 * 1024}"]


class Node:
    """A Ray node as `ray start` makes it, with everything that belongs to it below one process."""

    def __init__(self, python: Path, log: Path, environ: Mapping[str, str], *options: str) -> None:
        self._log = log
        with open(log, "w") as output:
            self._process = subprocess.Popen(
                [str(python), *_RAY, *_SIZE, *options],
                env=dict(environ),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_until(lambda: "Ray runtime started" in log.read_text(), 60)

    def pids(self) -> set[int]:
        """Return all its processes: raylet, agents, workers."""
        root = psutil.Process(self._process.pid)
        return {root.pid, *(child.pid for child in root.children(recursive=True))}

    def kill(self) -> None:
        """End all of them as if the machine had lost its power. Safe to repeat."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for pid in self.pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait(10)


@pytest.fixture
def cluster(services_folder: Path) -> Iterator[tuple[dict[str, str], Node]]:
    """Two nodes; give the environment that lets a program join, and the node that has no control service."""
    port = next_free_port(26_379)
    home = Path(tempfile.mkdtemp(prefix="croupier-", dir="/tmp"))  # socket paths are short
    # `ray start` gives paths to a shell without quotes, and ours may have spaces.
    (home / "venv").symlink_to(sys.prefix)
    python = home / "venv" / "bin" / "python"
    environ = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    head = ["--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={home}"]
    first = Node(python, services_folder / "head.log", environ, *head)
    second = Node(python, services_folder / "second.log", environ, f"--address=127.0.0.1:{port}")
    names = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")
    yield {"RAY_ADDRESS": f"127.0.0.1:{port}", **{name: environ[name] for name in names}}, second
    second.kill()
    first.kill()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def platform(services_folder: Path, link: str, cluster: tuple[dict[str, str], Node]) -> Iterator[Platform]:
    """A platform whose hosts live on that cluster."""
    with Platform(services_folder / "joined", over(link, ENVIRON | cluster[0])) as platform:
        yield platform


async def test_node_killed_with_its_hosts_the_platform_heals_on_the_other(
    platform: Platform, cluster: tuple[dict[str, str], Node]
) -> None:
    books = Books(platform)
    async with Crowd(platform.http, books.dsn, 12, tag="node") as crowd:
        wait_until(lambda: _all_serve(platform), 30)
        for host in ("wallet/0", "wallet/1", "tables/rng", "tables/live"):
            await stands_by(books.dsn, host)
        doomed = cluster[1]
        lost = {host for host in HOSTS if platform.host_pid(host) in doomed.pids()}
        assert lost in (set(HOSTS[::2]), set(HOSTS[1::2])), "the hosts are not spread"
        await crowd.in_mid_round()
        doomed.kill()
        killed_s = time.monotonic()
        back_s = {shard: await crowd.recovered(killed_s, shard=shard) for shard in (0, 1)}
        wait_until(lambda: _all_serve(platform), BACK_WITHIN_S)
        print(f"lost {sorted(lost)}; bets again after {back_s}, all hosts after {time.monotonic() - killed_s:.1f} s")
        await crowd.stop()
        await crowd.settled()
        assert await crowd.mistakes(WELCOME_MINOR) == []
    await assert_books_are_kept(platform)


def _all_serve(platform: Platform) -> bool:
    try:
        return all(platform.host_pid(host) for host in HOSTS)
    except LookupError:
        return False
