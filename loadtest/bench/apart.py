"""Figures of one part by itself, without a platform: each is a command of its own, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from loadtest.bench.targets import median
from loadtest.platform import ROOT

#: Connections of the fan-out, as its peers were measured, and of the memory for each.
FANOUT_CONNECTIONS: Final = 500
IDLE_CONNECTIONS: Final = 9_000
_WITHIN_S: Final = 900


def _alone(module: str, *words: str) -> dict[str, Any]:
    """Return what a benchmark of one part measures; it prints its own figures. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory(prefix="croupier-bench-") as folder:
        into = Path(folder) / "alone.json"
        command = [sys.executable, "-m", module, *words, "--json", str(into)]
        subprocess.run(command, cwd=ROOT, check=True, timeout=_WITHIN_S)
        figures: dict[str, Any] = json.loads(into.read_text())
        return figures


def wallet(given: Namespace) -> tuple[dict[str, Any], list[Any]]:
    """Measure one shard beside pgbench."""
    return _split(_alone("server.bench.wallet", "--rounds", str(given.rounds)))


def fanout(given: Namespace) -> tuple[dict[str, Any], list[Any]]:
    """Measure the gateway beside `send`."""
    return _split(_alone("loadtest.fanout", "--rounds", str(given.rounds), "--connections", str(FANOUT_CONNECTIONS)))


def connections(given: Namespace) -> tuple[dict[str, Any], list[Any]]:
    """Measure idle connections, each round in a fresh process."""
    rounds = [_alone("loadtest.connections", "--connections", str(IDLE_CONNECTIONS)) for _ in range(given.rounds)]
    return medians(rounds), rounds


def actors(given: Namespace) -> tuple[dict[str, Any], list[Any]]:
    """Measure the courier beside plain Ray calls."""
    return _split(_alone("loadtest.bench.actors", "--rounds", str(given.rounds), "--link", given.link))


def medians(rounds: list[dict[str, Any]]) -> dict[str, float]:
    """Return the median of each number."""
    names = [name for name, value in rounds[0].items() if not isinstance(value, bool)]
    return {name: median([one[name] for one in rounds]) for name in names}


def _split(figures: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    return figures, figures.pop("rounds")


#: Figure: its measurement.
APART: Final[Mapping[str, Callable[[Namespace], tuple[dict[str, Any], list[Any]]]]] = {
    "wallet": wallet,
    "fanout": fanout,
    "connections": connections,
    "actors": actors,
}
