"""Ray: started, filled with hosts, watched over and stopped. The only caller of `ray.remote` and `ray.init`.

Everything here blocks and is called from one thread, which must live as long as Ray does: the kernel ends Ray's
processes with the thread that started them. The root supervisor runs beside it in a thread and a loop of its own.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
import psutil
import ray
from ray.exceptions import RayError

from actors.runtime.heartbeats import RootSupervisor
from actors.runtime.link import Link, LinkBroken
from actors.runtime.processes import host_of, is_standby
from server.actor_refs import NAMESPACE, RayHosts, RayLink, StreamRef, stream_address
from server.config import Config
from server.embedded.places import make_private_folder
from server.embedded.processes import Identity
from server.host_process import HostProcess, prepare_process
from server.hosts import BUILDERS, SEATED, HostSpec, host_names, possible_processes, processes_of, standby_hosts
from server.process_link import HostPulse, ProcessLink
from server.secrets import Secrets
from server.storage.tables import PostgresTables
from server.streams.address import StreamAddress
from server.streams.host import HostStreams

log = logging.getLogger(__name__)

ROOT: Final = Path(__file__).resolve().parents[1]
OBJECT_STORE_BYTES: Final = 150 * 1024 * 1024
#: Calls that one host may have under way; the couriers stay far below it.
CONCURRENCY: Final = 1_000
SESSIONS_KEPT: Final = 5
#: Hosts are stopped in this order, each kind within so many seconds: first nothing new comes in, last the books close.
STOP_ORDER: Final = {"gateway": 3.0, "hall": 6.0, "tables": 3.0, "supervisor": 1.5, "wallet": 2.0, "api": 1.5}

_handles: dict[str, Any] = {}
_watch: _Watch | None = None


class HostActor:
    """A host as Ray sees it. Does nothing itself: Ray wraps every method here, so the work is on plain classes."""

    builders = BUILDERS

    def __init__(self, spec: HostSpec) -> None:
        prepare_process(spec)
        self._name = spec.process
        self._node = ray.get_runtime_context().get_node_id()
        self._streams = self._open_streams(spec) if spec.config.link == "stream" else None
        self._process = HostProcess(
            spec, lambda host: self._link_to(host, processes_of(spec.config, host)), self.builders
        )

    def _open_streams(self, spec: HostSpec) -> HostStreams:
        # Only where hosts may be on other machines does one listen on more than a socket in the file system.
        ip: str = ray.util.get_node_ip_address() if spec.config.ray_address else ""  # type: ignore[no-untyped-call]
        key = spec.secrets.link
        return HostStreams(self._name, self._node, ip, key, lambda blob: self._process.take(blob), stream_address)

    def _link_to(self, host: str, processes: Sequence[str]) -> Link:
        may_be_absent = host.startswith("gateway/")  # another has taken its place; nobody waits there any more
        if self._streams is None:
            return RayLink(*processes, may_be_absent=may_be_absent)
        refs = [StreamRef(process, self._streams.connect(process)) for process in processes]
        return ProcessLink(refs, may_be_absent=may_be_absent)

    def __repr__(self) -> str:
        return self._name

    async def deliver(self, blob: bytes) -> bytes:
        """Take a batch."""
        return await self._process.deliver(blob)

    async def stream_address(self) -> StreamAddress:
        """Say where other hosts' streams may connect. Raises LinkBroken where there are none."""
        if self._streams is None:
            raise LinkBroken(f"{self._name} takes no streams")
        return await self._streams.address()

    async def ping(self) -> HostPulse:
        """Give a sign of life."""
        process = self._process
        pid = os.getpid()
        trouble = self._streams.problem if self._streams is not None else ""
        is_ready = process.is_ready and not trouble
        problem = process.problem or trouble
        leaving = (process.is_draining, process.left)
        return HostPulse(self._name, pid, self._node, is_ready, problem, process.stands_by, *leaving)

    async def status(self) -> dict[str, Any]:
        """Say what lives here."""
        return self._process.status()

    async def metrics(self) -> bytes:
        """Return the metrics in Prometheus' text format; none of a process that stands by, which would hide the other's."""
        found = self._process.metrics()
        return found + self._streams.listener.metrics() if found and self._streams is not None else found

    async def drain(self, within_s: float) -> bool:
        """Let nothing new in and what is under way end."""
        return await self._process.drain(within_s)

    async def say_who_serves(self) -> None:
        """Note that this process is its host now."""
        self._process.say_who_serves()

    async def stop(self) -> None:
        """Stop the actors."""
        await self._process.stop()
        if self._streams is not None:
            self._streams.stop()


# ---------------------------------------------------------------- Ray


def start_ray(config: Config) -> tuple[str, str]:
    """Start Ray here, or join the cluster at config.ray_address. Raises what Ray raises.

    Returns the dashboard's address and the session's name: empty without a dashboard, and where Ray is not ours.
    The dashboard's default port moves by itself when it is taken; port 0: none.
    """
    if ray.is_initialized():
        return "", ""
    if config.ray_address:
        ray.init(address=config.ray_address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.ERROR)
        return "", ""
    _prepare_environment()
    folder = ray_folder()
    _forget_old_sessions(folder)
    context = ray.init(
        address="local",
        namespace=NAMESPACE,
        num_cpus=config.cpus,
        include_dashboard=config.dashboard_port > 0,
        dashboard_host="127.0.0.1",
        dashboard_port=None if config.dashboard_port == Config().dashboard_port else config.dashboard_port,
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=str(folder),
    )
    dashboard = f"http://{context.dashboard_url}" if config.dashboard_port and context.dashboard_url else ""
    return dashboard, ray.get_runtime_context().get_session_name()


def stop_ray() -> None:
    """Stop the local Ray, or leave the cluster."""
    if ray.is_initialized():
        ray.shutdown()


def ray_folder() -> Path:
    """Return where a local Ray keeps sockets and logs: short, because of the limit of socket paths; one per user.

    Ray opens its folder to everybody, so it lies within one that is ours alone.
    """
    return Path("/tmp") / f"croupier-ray-{os.geteuid()}" / "r"


def _prepare_environment() -> None:
    """Set what Ray's processes inherit: where the project is, and that workers are not put behind everybody."""
    paths = [str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path for path in paths if path))
    os.environ.setdefault("RAY_worker_niceness", "0")  # 15 otherwise, against PostgreSQL's 0
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


def _forget_old_sessions(folder: Path) -> None:
    """Ray never removes the folders of past sessions; keep a few for their logs."""
    make_private_folder(folder.parent, Identity())
    folder.mkdir(exist_ok=True)
    sessions = [path for path in folder.glob("session_2*") if path.is_dir() and not path.is_symlink()]
    for session in sorted(sessions, key=lambda path: path.name)[:-SESSIONS_KEPT]:
        pid = session.name.rpartition("_")[2]
        if not (pid.isdigit() and psutil.pid_exists(int(pid))):
            shutil.rmtree(session, ignore_errors=True)


# ---------------------------------------------------------------- hosts


def start_hosts(config: Config, secrets: Secrets) -> dict[str, Any]:
    """Start all hosts at once and the watch over them; return their handles by name. They come up on their own.

    Shape: config names PostgreSQL and Valkey, whose relations exist. Raises what the database or Ray raises.
    """
    handles = start_actors([_spec(config, secrets, name) for name in host_names(config)])
    asyncio.run(_open_casino(config.database_url))
    _watch_over(host_names(config), config.database_url)
    return handles


def start_standbys(config: Config, secrets: Secrets) -> None:
    """Start the second process of each host that has one, once the hosts are at work: they must not compete for it."""
    standbys = [msgspec.structs.replace(_spec(config, secrets, name), stands_by=True) for name in standby_hosts(config)]
    if standbys:
        start_actors(standbys)
        _watch_over(tuple(_handles), config.database_url)


def _spec(config: Config, secrets: Secrets, name: str) -> HostSpec:
    places = {"state": config.state.resolve(), "checkpoints": config.checkpoint_folder.resolve()}
    config = msgspec.structs.replace(config, **places)
    return HostSpec(name=name, config=config, secrets=secrets, all_processes=possible_processes(config))


def start_replacement(config: Config, secrets: Secrets, process: str) -> None:
    """Start one more process of a host whose process is to be replaced."""
    spec = _spec(config, secrets, host_of(process))
    start_actors([msgspec.structs.replace(spec, stands_by=is_standby(process))])
    _watch_over(tuple(_handles), config.database_url)


def restart_process(process: str) -> None:
    """End a process; Ray starts it anew. Raises KeyError, or what Ray raises."""
    ray.kill(_handles[process], no_restart=False)


def end_process(config: Config, process: str) -> None:
    """End a process for good."""
    _end([process])
    _watch_over(tuple(_handles), config.database_url)


def running_processes() -> tuple[str, ...]:
    """Return the processes that there are, alive or about to be started anew."""
    return tuple(_handles)


def _watch_over(processes: Sequence[str], dsn: str) -> None:
    global _watch
    if _watch is not None:
        _watch.stop()
    _watch = _Watch(processes, dsn)
    _watch.start()


def start_actors(specs: Sequence[HostSpec], actor_class: type = HostActor) -> dict[str, Any]:
    """Create one named Ray actor per spec, without waiting for any; return all handles by process."""
    for spec in specs:
        # A class of the process's own name, because Ray titles processes and dashboard rows by it: `ray::wallet/0`.
        remote: Any = ray.remote(type(spec.process, (actor_class,), {}))
        _handles[spec.process] = remote.options(
            name=spec.process,
            namespace=NAMESPACE,
            num_cpus=0,
            max_restarts=-1,
            max_task_retries=0,
            max_concurrency=CONCURRENCY,
            enable_task_events=False,  # Ray would note every batch for its dashboard
            **_place(spec),
        ).remote(spec)
    return dict(_handles)


def _place(spec: HostSpec) -> dict[str, Any]:
    """Return the options that spread hosts over the nodes; none where there is one node.

    A second process that stands by is on another node than the first, one that takes its place on the same.

    On a node that is lost Ray starts a process elsewhere. Ray 2.60 keeps a soft node affinity only now and then.
    """
    nodes = sorted(node["NodeID"] for node in ray.nodes() if node["Alive"])  # type: ignore[no-untyped-call]
    if len(nodes) < 2:
        return {}
    hosts = (*dict.fromkeys(map(host_of, spec.all_processes)), spec.name)
    node = nodes[(hosts.index(spec.name) + (spec.stands_by and spec.has_seat)) % len(nodes)]
    return {"label_selector": {"ray.io/node-id": node}, "fallback_strategy": [{"label_selector": {}}]}


def stop_hosts() -> None:
    """Stop the watch and all hosts, kind by kind. Whatever does not end in time is ended. Safe to repeat."""
    global _watch
    if _watch is not None:
        _watch.stop()
        _watch = None
    # They must not take over what is stopped now.
    _end([process for process in _handles if is_standby(process) and process.partition("/")[0] in SEATED])
    for kind, patience_s in STOP_ORDER.items():
        group = {name: handle for name, handle in _handles.items() if name.startswith(f"{kind}/")}
        _stop_group(group, patience_s)
        _end(list(group))


def _stop_group(group: dict[str, Any], patience_s: float) -> None:
    stops = [handle.stop.remote() for handle in group.values()]
    if stops:
        _, late = ray.wait(stops, num_returns=len(stops), timeout=patience_s)
        if late:
            log.warning("%d of %s did not stop in time", len(late), ", ".join(group))


def _end(processes: Iterable[str]) -> None:
    for process in processes:
        try:
            ray.kill(_handles.pop(process), no_restart=True)
        except (RayError, ValueError) as error:
            log.warning("a host cannot be ended: %s", error)


def host_pids(timeout_s: float = 30.0) -> dict[str, int]:
    """Return the process id of every host, for tests and benchmarks. Raises what Ray raises for one that is away."""
    pulses: list[HostPulse] = ray.get([handle.ping.remote() for handle in _handles.values()], timeout=timeout_s)
    return {pulse.name: pulse.pid for pulse in pulses}


def host_statuses(timeout_s: float = 5.0) -> dict[str, Any]:
    """Return what every host says of itself. Raises what Ray raises for one that is away."""
    found = ray.get([handle.status.remote() for handle in _handles.values()], timeout=timeout_s)
    return dict(zip(_handles, found, strict=True))


def wait_until_ready(timeout_s: float = 60.0) -> None:
    """Return when the actors of all hosts are at work. Raises TimeoutError naming those that are not, and why."""
    until = time.monotonic() + timeout_s
    while True:
        pulses: list[HostPulse] = ray.get([handle.ping.remote() for handle in _handles.values()], timeout=timeout_s)
        serving = {host_of(pulse.name) for pulse in pulses if pulse.is_ready}
        late = [f"{pulse.name}: {pulse.problem}" for pulse in pulses if host_of(pulse.name) not in serving]
        if not late:
            return
        if time.monotonic() > until:
            raise TimeoutError("; ".join(late))
        time.sleep(0.05)


def hosts_in_trouble(timeout_s: float = 1.0) -> str:
    """Return which of our hosts are not at work, and why; empty when all are."""
    try:
        wait_until_ready(timeout_s)
    except (TimeoutError, RayError) as error:
        return str(error) or type(error).__name__
    return ""


async def _open_casino(dsn: str) -> None:
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=1)
    try:
        await PostgresTables(pool).open_casino()
    finally:
        await pool.close()


class _Watch:
    """The root supervisor in a thread of its own."""

    def __init__(self, names: Sequence[str], dsn: str) -> None:
        self._names = names
        self._dsn = dsn
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="root supervisor", daemon=True)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen to heartbeats."""
        self._thread.start()

    def stop(self) -> None:
        """End; no host is killed or moved after this returns."""
        self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(timeout=5)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        self._task = self._loop.create_task(self._watch())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.close()

    async def _watch(self) -> None:
        control = RayHosts(self._names, self._move_tables)
        await RootSupervisor(self._names, control, self._loop.time).run()

    async def _move_tables(self, away_from: str, to: str) -> Sequence[str]:
        pool = await asyncpg.create_pool(self._dsn, min_size=1, max_size=1)
        try:
            return await PostgresTables(pool).move(away_from, to)
        finally:
            await pool.close()
