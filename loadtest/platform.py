"""A whole platform as a child process: started as a user would start it, watched by its lines, ended in order or not.

For load tests, fault tests and end-to-end tests. Everything runs on loopback, in a state folder of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from clients.python.trust import trust
from server.config import LINKS, VARIABLES, Config, load_config
from server.hosts import HALL

ROOT = Path(__file__).resolve().parent.parent
#: How hosts are laid out may be told by whoever starts us; every other setting is a platform's own.
LAYOUT = VARIABLES["layout"]


def add_link(parser: argparse.ArgumentParser) -> None:
    """Let a command choose what the platform's batches between hosts travel over (docs/adr/0006-stream-links.md)."""
    parser.add_argument("--link", choices=LINKS, default=Config().link, help="what batches between hosts travel over")


def over(link: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return these settings with that link."""
    return {**environ, "CROUPIER_LINK": link}


class PlatformFailed(Exception):
    """The platform did not do what was expected of it; the text ends with its last output."""


class Platform:
    """`croupier up` on free ports with a state folder. `start` may be called again after `stop` or `kill`."""

    def __init__(self, state: Path, environ: Mapping[str, str] | None = None) -> None:
        self.state = state
        self.lines: list[str] = []
        self.http = ""
        self.ready_s = 0.0
        self.environ = {
            **{name: value for name, value in os.environ.items() if name == LAYOUT or not name.startswith("CROUPIER_")},
            "CROUPIER_STATE": str(state),
            "CROUPIER_DASHBOARD_PORT": "0",  # nobody looks at it, and it takes longer to start than the casino's hosts
            "PYTHONUNBUFFERED": "1",
            **(environ or {}),
        }
        self._process: subprocess.Popen[str] | None = None
        self._ready = threading.Event()

    def start(self, timeout_s: float = 120.0) -> None:
        """Start and wait for the ready line. Raises PlatformFailed."""
        self._ready.clear()
        self.lines.clear()
        began_s = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "up"],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        while not self._ready.wait(0.2):
            if self._process.poll() is not None:
                raise PlatformFailed(f"ended with {self._process.returncode} before it was ready\n{self.tail()}")
            if time.monotonic() - began_s > timeout_s:
                self.kill()
                raise PlatformFailed(f"not ready after {timeout_s} s\n{self.tail()}")
        self.ready_s = time.monotonic() - began_s

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip())
            if "croupier: ready " in line:
                self.http = line.split("croupier: ready ", 1)[1].split()[0]
                self._ready.set()

    def tail(self, count: int = 40) -> str:
        """Return the last lines of output."""
        return "\n".join(self.lines[-count:])

    @property
    def pid(self) -> int:
        """The number of the `croupier up` process, which leads its own process group."""
        return self._process.pid if self._process is not None else 0

    def stop(self, timeout_s: float = 60.0) -> int:
        """SIGTERM, and wait for the orderly end; returns the exit code. Raises PlatformFailed if it takes too long."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise PlatformFailed(f"did not stop within {timeout_s} s\n{self.tail()}") from None

    def kill(self) -> None:
        """SIGKILL to the whole process group, as if the machine had lost its power."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)

    @property
    def is_together(self) -> bool:
        """Whether gateway, tables and wallets are one process, so that whoever kills one kills all."""
        return load_config(self.environ).is_together

    def home_of(self, host: str) -> str:
        """Return the host itself, or the hall where it is a part of that."""
        return HALL if self.is_together and host.startswith(("gateway/", "tables/", "wallet/")) else host

    def run_file(self) -> dict[str, Any]:
        """Return what the platform says of itself in `run.json`."""
        found: dict[str, Any] = json.loads((self.state / "run.json").read_text())
        return found

    def host_pid(self, host: str) -> int:
        """Return the process that serves as the home of a host such as "wallet/0". Raises LookupError while there is none."""
        home = self.home_of(host)
        with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess):
            process = psutil.Process(int((self.state / "hosts" / home.replace("/", "-")).read_text()))
            if _is_host(process, home):
                return process.pid
        raise LookupError(f"no process serves as {home}")

    def process_pids(self, host: str) -> set[int]:
        """Return the processes of a host's home that this run's own Ray has started, those that stand by too."""
        with contextlib.suppress(psutil.Error):  # the platform itself may have ended
            children = psutil.Process(self.pid).children(recursive=True)
            return {process.pid for process in children if _is_host(process, self.home_of(host))}
        return set()

    def cli(self, *words: str, timeout_s: float = 300.0) -> subprocess.CompletedProcess[str]:
        """Run `croupier WORDS` against this state folder and return its exit code and output."""
        return subprocess.run(
            [sys.executable, "-m", "server.cli", *words],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def get(self, path: str, token: str = "") -> Any:
        """GET a JSON resource. Raises urllib.error.HTTPError."""
        return self._http(path, None, token)

    def post(self, path: str, body: Mapping[str, Any], token: str = "") -> Any:
        """POST JSON and return the JSON answer. Raises urllib.error.HTTPError."""
        return self._http(path, json.dumps(body).encode(), token)

    def _http(self, path: str, data: bytes | None, token: str) -> Any:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.http + path, data, headers)
        trusted = str(self.state / "tls" / "dev-cert.pem") if self.http.startswith("https:") else ""
        with urllib.request.urlopen(request, timeout=30, context=trust(trusted)) as answer:
            return json.loads(answer.read() or b"null")

    def register(self, name: str, password: str) -> str:
        """Make a player, or log in where he exists, and return an access token."""
        try:
            answer = self.post("/api/register", {"name": name, "password": password})
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise
            answer = self.post("/api/login", {"name": name, "password": password})
        token: str = answer["access_token"]
        return token

    def __enter__(self) -> Platform:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()


def is_alive(process: psutil.Process) -> bool:
    """Tell whether it runs still; it may end at any moment."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_host(process: psutil.Process, host: str) -> bool:
    """Tell whether a process is one of a host: Ray titles it so, perhaps with a method's name."""
    return re.fullmatch(rf"ray::{re.escape(host)}\+?(\.\w+)?", _title(process)) is not None


def _title(process: psutil.Process) -> str:
    """Return what a process calls itself; "" when it has ended. A rewritten title is padded to the length of the old."""
    try:
        return " ".join(process.cmdline()).strip() if process.status() != psutil.STATUS_ZOMBIE else ""
    except psutil.Error:
        return ""
