"""Which ports a run listens on: the configured one, or for a default the next free one."""

from __future__ import annotations

import msgspec
import psutil

from server.config import VARIABLES, Config, ConfigError
from server.embedded.places import is_port_free


def choose_ports(config: Config) -> tuple[Config, list[str]]:
    """Return the configuration with ports that are free, and a line for each that had to move.

    Raises ConfigError when a port that was asked for by name is taken: whoever set it relies on it.
    """
    taken: set[int] = set()
    moved: list[str] = []
    chosen: dict[str, int] = {}
    wanted = [("http_port", 1, config.bind), ("ws_port", config.gateways, config.bind)]
    if "dashboard_port" in config.explicit and not config.ray_address:  # Ray moves its default port by itself
        wanted.append(("dashboard_port", 1, "127.0.0.1"))
    for field, count, host in wanted:
        first: int = getattr(config, field)
        port = _free_run(first, count, host, taken, may_move=field not in config.explicit, variable=VARIABLES[field])
        taken.update(range(port, port + count))
        chosen[field] = port
        if port != first:
            owner = port_owner(next(p for p in range(first, first + count) if p in taken or not is_port_free(p, host)))
            moved.append(f"port {first} is taken{owner}; using {port} ({VARIABLES[field]} sets it)")
    return msgspec.structs.replace(config, **chosen), moved


def _free_run(first: int, count: int, host: str, taken: set[int], *, may_move: bool, variable: str) -> int:
    """Return the first of `count` free ports in a row."""
    for start in range(first, min(first + 500, 65_536 - count)):
        busy = [p for p in range(start, start + count) if p in taken or not is_port_free(p, host)]
        if not busy:
            return start
        if not may_move:
            raise ConfigError(
                f"port {busy[0]} is taken{port_owner(busy[0])}; end that process, or set {variable} to another port"
            )
    raise ConfigError(f"no {count} free ports in a row from {first} on; set {variable}")


def port_owner(port: int) -> str:
    """Return ` by NAME, process N` for the listener on the port; empty when we may not know."""
    try:
        for entry in psutil.net_connections(kind="tcp"):
            if entry.status == psutil.CONN_LISTEN and entry.laddr and entry.laddr.port == port and entry.pid:
                return f" by {psutil.Process(entry.pid).name()}, process {entry.pid}"
    except psutil.Error:
        pass
    return ""
