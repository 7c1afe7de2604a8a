"""Which ports a run listens on: the configured one, or for a default the next free one.

A port that has been chosen is held by a lock of the kernel's until this process ends, because its listener comes only
seconds later: of two runs of one user that start at once, the second moves on.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import msgspec
import psutil

from server.config import VARIABLES, Config, ConfigError
from server.embedded.places import is_port_free, make_private_folder
from server.embedded.processes import Identity

_held: dict[int, int] = {}  # descriptor by port


def choose_ports(config: Config) -> tuple[Config, list[str]]:
    """Return the configuration with ports that are free, and a line for each that had to move.

    Raises ConfigError when a port that was asked for by name is taken: whoever set it relies on it.
    """
    taken: set[int] = set()
    moved: list[str] = []
    chosen: dict[str, int] = {}
    wanted = [("http_port", 1, config.bind), ("ws_port", config.gateways, config.bind)]
    # Ray moves its default port by itself; 0: no dashboard.
    if "dashboard_port" in config.explicit and config.dashboard_port and not config.ray_address:
        wanted.append(("dashboard_port", 1, "127.0.0.1"))
    for field, count, host in wanted:
        first: int = getattr(config, field)
        port = _free_run(first, count, host, taken, may_move=field not in config.explicit, variable=VARIABLES[field])
        taken.update(range(port, port + count))
        chosen[field] = port
        if port != first:
            owner = port_owner(
                next((p for p in range(first, first + count) if p in taken or not is_port_free(p, host)), first)
            )
            moved.append(f"port {first} is taken{owner}; using {port} ({VARIABLES[field]} sets it)")
    return msgspec.structs.replace(config, **chosen), moved


def _free_run(first: int, count: int, host: str, taken: set[int], *, may_move: bool, variable: str) -> int:
    """Return the first of `count` free ports in a row."""
    for start in range(first, min(first + 500, 65_536 - count)):
        busy = [p for p in range(start, start + count) if p in taken or not is_port_free(p, host)]
        busy = busy or [p for p in range(start, start + count) if not _hold(p)]
        if not busy:
            return start
        if not may_move:
            raise ConfigError(
                f"port {busy[0]} is taken{port_owner(busy[0])}; end that process, or set {variable} to another port"
            )
    raise ConfigError(f"no {count} free ports in a row from {first} on; set {variable}")


def _hold(port: int) -> bool:
    """Keep other runs of this user from choosing the port; False where one has it."""
    if port in _held:
        return True
    folder = Path("/tmp") / f"croupier-ports-{os.geteuid()}"
    make_private_folder(folder, Identity())
    descriptor = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _held[port] = descriptor
    return True


def port_owner(port: int) -> str:
    """Return ` by NAME, process N` for the listener on the port; empty when we may not know."""
    try:
        for entry in psutil.net_connections(kind="tcp"):
            if entry.status == psutil.CONN_LISTEN and entry.laddr and entry.laddr.port == port and entry.pid:
                return f" by {psutil.Process(entry.pid).name()}, process {entry.pid}"
    except psutil.Error:
        pass
    return ""
