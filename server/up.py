"""`croupier up`: start everything, keep it up, stop it in order.

    lock -> keys -> Ray, beside it PostgreSQL and Valkey -> migrations -> hosts -> ready
    signal -> rounds in play -> hosts -> Ray -> Valkey, PostgreSQL -> whatever is left

What survives a crash of this process: nothing that runs. The kernel ends PostgreSQL, Valkey and Ray's own processes
when it goes; what escapes is in `run.json` and is ended by the next start. The data are safe with PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

import msgspec
import psutil

from server.config import Config
from server.control import Caller, ControlRefused, ControlServer
from server.embedded import processes
from server.embedded.lock import StateLock
from server.embedded.places import is_port_free
from server.embedded.postgres import PostgresServer
from server.embedded.processes import EmbeddedError, ProcessMark
from server.embedded.run_file import RunFile, end_leftovers, forget_run, read_run
from server.embedded.valkey import ValkeyServer
from server.evidence import publish_key
from server.ports import choose_ports
from server.progress import Progress
from server.ray_thread import RayThread
from server.secrets import Secrets, load_secrets
from server.tls import prepare_tls, unchecked_context

if TYPE_CHECKING:
    from server.restarts import Restarts

READY_TIMEOUT_S = 60.0
WATCH_PERIOD_S = 0.5
NOTE_TICKS = 10
HOSTS_PATIENCE_S = 12.0
RAY_PATIENCE_S = 10.0
RELEASE_TRIES = 100


class Up:
    """One run of the platform on this machine."""

    def __init__(self, config: Config, progress: Progress) -> None:
        self._config = config
        self._progress = progress
        self._lock = StateLock(config.state)
        self._ray = RayThread()
        self._postgres: PostgresServer | None = None
        self._valkey: ValkeyServer | None = None
        self._ray_works = False
        self._ray_processes: list[ProcessMark] = []
        self._run = RunFile(up=ProcessMark("up", os.getpid(), psutil.Process().create_time()))
        self._control = ControlServer(config.state, self._take_order)
        self._restarts: Restarts | None = None
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self) -> int:
        """Start, announce, watch, stop on SIGINT or SIGTERM (on a second one the hard way). Returns an exit code."""
        self._listen_to_signals()
        self._lock.acquire()
        try:
            if await self._until_stop(self._start()):
                await self._until_stop(self._watch())
            return 0
        finally:
            await self._stop_all()
            self._lock.release()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup, SIGHUP stays ignored
                loop.add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        (self._hurry if self._stop.is_set() else self._stop).set()

    async def _until_stop(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do the work unless a signal comes first; return whether it was done."""
        task = asyncio.create_task(work)
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task.done():
            task.result()
            return not self._stop.is_set()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return False

    # Starting

    async def _start(self) -> None:
        await self._clean_up_after_predecessor()
        prepare_tls(self._config, time.time_ns() // 1_000_000)
        self._config, moved = choose_ports(self._config)
        for line in moved:
            self._progress.note(line)
        secrets = load_secrets(self._config)
        publish_key(self._config, secrets, time.time_ns() // 1_000_000)
        self._run.ports = [self._config.http_port, *(self._config.ws_port + n for n in range(self._config.gateways))]
        self._run.write(self._config.state)
        ray = asyncio.create_task(self._start_ray())
        try:
            await asyncio.gather(self._start_postgres(secrets), self._start_valkey(secrets))
            await self._migrate()
            await self._lay_out_log()
            await ray
        finally:
            if not ray.done():
                ray.cancel()
        await self._start_hosts(secrets)
        self._announce()
        await self._ray.call(lambda: _bootstrap().start_standbys(self._config, secrets))
        self._restarts = _restarts(self._config, secrets, self._ray)
        await self._control.start()

    async def _clean_up_after_predecessor(self) -> None:
        last = read_run(self._config.state)
        if last is None:
            return
        for one in await end_leftovers(last):
            self._progress.note(f"ended {one.name}, process {one.pid}, which a crashed run had left")
        for _ in range(RELEASE_TRIES):  # a host that was not recorded yet ends by itself, without Ray
            if all(is_port_free(port, self._config.bind) for port in last.ports):
                return
            await asyncio.sleep(0.1)

    async def _start_postgres(self, secrets: Secrets) -> None:
        if self._config.database_url:
            self._progress.note("PostgreSQL: the one DATABASE_URL names")
            return
        state = self._config.state
        server = PostgresServer(
            state / "postgres", password=secrets.postgres_password, log=state / "logs" / "postgres.log"
        )
        with self._progress.step("PostgreSQL") as step:
            self._postgres = server
            await server.start()
            step.detail = f"port {server.port}, data in {server.data}"
        self._note("postgres", server.pid)
        self._config = msgspec.structs.replace(self._config, database_url=server.dsn())

    async def _start_valkey(self, secrets: Secrets) -> None:
        if self._config.redis_url:
            self._progress.note("Valkey: the one REDIS_URL names")
            return
        state = self._config.state
        server = ValkeyServer(state / "valkey", password=secrets.valkey_password, log=state / "logs" / "valkey.log")
        with self._progress.step("Valkey") as step:
            self._valkey = server
            await server.start()
            step.detail = f"port {server.port}"
        self._note("valkey", server.pid)
        self._config = msgspec.structs.replace(self._config, redis_url=server.url)

    async def _migrate(self) -> None:
        with self._progress.step("Migrations"):
            await asyncio.to_thread(_migrate, self._config)

    async def _lay_out_log(self) -> None:
        """Costs a second or two of a first start, beside Ray's, which takes longer."""
        if self._postgres is not None:
            try:
                await self._postgres.lay_out_log()
            except EmbeddedError as error:  # slower commits now and then, no more
                self._progress.note(str(error))

    async def _start_ray(self) -> None:
        with self._progress.step("Ray") as step:
            config = self._config
            self._run.dashboard, self._run.ray_session = await self._ray.call(lambda: _bootstrap().start_ray(config))
            self._ray_works = True
            step.detail = config.ray_address or f"dashboard {self._run.dashboard}"
        self._listen_to_signals()  # Ray's core has put handlers of its own there, which print a stack
        self._note_ray_processes()

    async def _start_hosts(self, secrets: Secrets) -> None:
        with self._progress.step("Hosts"):
            config = self._config
            await self._ray.call(lambda: _bootstrap().start_hosts(config, secrets))
            await self._wait_until_ready()
        self._note_ray_processes()

    async def _wait_until_ready(self) -> None:
        """Wait until our hosts are at work. That the address answers does not prove it.

        Of two runs that start at once and choose the same port, one finds the other's API there and never gets it.
        """
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            trouble = await asyncio.to_thread(_ask_ready, f"{self._http_url()}/ready")
            trouble = trouble or await self._ray.call(lambda: _bootstrap().hosts_in_trouble())
            if not trouble:
                return
            if time.monotonic() > deadline:
                raise EmbeddedError(f"the hosts are not ready after {READY_TIMEOUT_S:.0f} s: {trouble}")
            await asyncio.sleep(0.1)

    def _announce(self) -> None:
        run, config, host = self._run, self._config, _shown_host(self._config)
        run.http = self._http_url()
        run.websockets = [
            f"{'wss' if config.has_tls else 'ws'}://{host}:{config.ws_port + n}" for n in range(config.gateways)
        ]
        run.metrics = f"{run.http}/metrics"
        run.ready = True
        run.write(config.state)
        self._progress.ready(run)

    def _http_url(self) -> str:
        return f"{'https' if self._config.has_tls else 'http'}://{_shown_host(self._config)}:{self._config.http_port}"

    def _note(self, name: str, pid: int) -> None:
        self._run.note(name, pid)
        self._run.write(self._config.state)

    def _note_ray_processes(self) -> None:
        """Every descendant of ours that is not a service of our own belongs to Ray."""
        self._run.forget_ended()
        own = {server.pid for server in (self._postgres, self._valkey) if server is not None}
        own |= {child.pid for pid in own for child in _children(pid)}
        for child in _children(os.getpid()):
            if child.pid not in own:
                with contextlib.suppress(psutil.Error):
                    self._run.note(f"ray {child.name()}", child.pid)
        self._run.write(self._config.state)
        vital = ("ray raylet", "ray gcs_server")
        self._ray_processes = [one for one in self._run.processes if one.name in vital]

    # Running

    async def _take_order(self, order: dict[str, Any], caller: Caller) -> None:
        """Do what another command asks for. Raises ControlRefused."""
        from server.restarts import RestartFailed

        assert self._restarts is not None, "orders are taken when everything runs"
        host = str(order.get("host", ""))
        try:
            match order.get("verb"):
                case "restart":
                    await self._restarts.restart(host, caller.tell)
                case "drain":
                    await self._restarts.drain(host, caller.tell)
                case "rolling-restart":
                    await self._restarts.rolling(lambda: caller.is_there, caller.tell)
                case verb:
                    raise ControlRefused(f"this casino knows no order {verb!r}")
        except RestartFailed as failed:
            raise ControlRefused(str(failed)) from None

    async def _watch(self) -> None:
        """Start PostgreSQL and Valkey again when they die; give up when Ray does, which cannot be replaced in place."""
        for tick in itertools.count(1):
            await asyncio.sleep(WATCH_PERIOD_S)
            if tick % NOTE_TICKS == 0:  # Ray has perhaps started a host anew
                await asyncio.to_thread(self._note_ray_processes)
            for name, server in (("postgres", self._postgres), ("valkey", self._valkey)):
                if server is not None and not server.pid:
                    self._progress.note(f"{name} ended by itself; starting it again")
                    await server.start()
                    self._note(name, server.pid)
            for one in self._ray_processes:
                if not processes.is_running(one):
                    raise EmbeddedError(
                        f"{one.name} (process {one.pid}) ended; see {_bootstrap().ray_folder()}/session_latest/logs"
                    )

    # Stopping

    async def _stop_all(self) -> None:
        """Hosts, Ray, Valkey, PostgreSQL; each within its time, less after a second signal; then whatever is left."""
        self._progress.stopping()
        await self._control.close()
        if self._restarts is not None:
            drain_s, finish = self._config.drain_s, self._restarts.finish_rounds
            await self._within(drain_s + 1.0, lambda: finish(drain_s))
        if self._ray_works:  # a Ray that is still starting knows nothing yet: its processes are simply ended below
            await self._within(HOSTS_PATIENCE_S, lambda: self._ray.call(lambda: _bootstrap().stop_hosts()))
            await self._within(RAY_PATIENCE_S, lambda: self._ray.call(lambda: _bootstrap().stop_ray()))
        services = [server for server in (self._valkey, self._postgres) if server is not None]
        patience_s = 0.5 if self._hurry.is_set() else 15.0
        await asyncio.gather(*(server.stop(patience_s) for server in services), return_exceptions=True)
        await processes.end(_children(os.getpid()), signal.SIGTERM, 0.2 if self._hurry.is_set() else 3.0)
        await end_leftovers(self._run)
        forget_run(self._config.state)
        self._progress.stopped()

    async def _within(self, patience_s: float, work: Callable[[], Awaitable[object]]) -> None:
        """Do the work, but no longer than this and not after a second signal. A failure is told, the rest goes on."""
        if self._hurry.is_set():
            return
        task = asyncio.ensure_future(work())
        hurry = asyncio.create_task(self._hurry.wait())
        await asyncio.wait({task, hurry}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not task.done():
            task.cancel()
            self._progress.note("something does not stop in time; ending it the hard way")
        elif (error := task.exception()) is not None:
            self._progress.note(f"while stopping: {type(error).__name__}: {error}")


def make_state_folder(config: Config) -> None:
    """Make the state folder: for us alone, but as root passable, because PostgreSQL's user has its data in it."""
    if not config.state.exists():
        config.state.mkdir(parents=True)
        config.state.chmod(0o711 if os.geteuid() == 0 else 0o700)
    for name in ("logs", "hosts"):
        (config.state / name).mkdir(mode=0o700, exist_ok=True)


def _bootstrap() -> Any:
    """Import late: Ray takes a second, and other commands do not need it."""
    from server import bootstrap

    return bootstrap


def _restarts(config: Config, secrets: Secrets, ray: RayThread) -> Restarts:
    """Import late, too."""
    from server.host_control import RayProcesses
    from server.restarts import Restarts

    return Restarts(config, RayProcesses(config, secrets, ray))


def _migrate(config: Config) -> None:
    from server.storage.migrate import migrate_all

    asyncio.run(migrate_all(config.database_url, config.books()))


def _ask_ready(url: str) -> str:
    """Return why the platform is not ready; empty when it is."""
    try:
        with urllib.request.urlopen(url, timeout=2, context=unchecked_context()) as answer:
            return "" if answer.status == 200 else f"{url} answers {answer.status}"
    except urllib.error.HTTPError as error:
        return f"{url} answers {error.code}: {error.read(400).decode(errors='replace')}"
    except OSError as error:
        return f"{url}: {error}"


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _shown_host(config: Config) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(config.bind, config.bind)
