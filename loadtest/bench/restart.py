"""How long a kill -9 of a wallet's or a table's host interrupts play: to the next accepted bet, under load, on the whole platform.

The players are those of `loadtest.restarts`, with its judges: where a bet was lost or doubled there is no figure.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from typing import Any, Final

from loadtest.bench.targets import median
from loadtest.platform import Platform
from loadtest.restarts import restart

HOSTS: Final = ("wallet/0", "tables/rng")
PLAYERS: Final = 60


def measure(platform: Platform, given: Namespace) -> list[dict[str, Any]]:
    """Return all kills, each host in turn. Raises RuntimeError where the books do not say what players were told."""
    report = asyncio.run(restart(platform, PLAYERS, len(HOSTS) * given.rounds, HOSTS))
    if report["findings"]:
        raise RuntimeError("; ".join(report["findings"][:5]))
    kills: list[dict[str, Any]] = report["kills"]
    return kills


def summarise(kills: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the median of each host's interruptions; `s` is the longer one."""
    of_host = {
        f"{host.partition('/')[0]}_s": median([one["back_s"] for one in kills if one["host"] == host]) for host in HOSTS
    }
    return {
        "s": max(of_host.values()),
        **of_host,
        "longest_s": max(one["back_s"] for one in kills),
        "kills": len(kills),
    }
