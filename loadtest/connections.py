"""What an idle connection costs one gateway: `python -m loadtest.connections --connections 9000`.

A real gateway in this process, its clients in another: each has said Hello, so that there is a session with its money read and a
personal stream, and has a seat at a table. Printed, and written as JSON with `--json` (in `build/bench.json` under
`connections`): `connections`, `kib_per_idle` (resident memory above that of the same process before anybody came; the kernel's
socket buffers and what tables and wallets hold are elsewhere), `cpu_us_per_idle` (CPU of the gateway for each connection,
microseconds a second, while they only ping, every five seconds), `broadcasts`,
`delivered` (frames that arrived, all counted and checked to be dense), `broadcast_ms` (publishing to the last write).
Exit code 1: a frame was missing, or a connection was lost.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import psutil
import uvloop

from loadtest.listening import Listening, raise_descriptor_limit
from loadtest.lone_gateway import LoneGateway
from server.gateway.limits import GatewaySettings

_WARM_UP = 200


async def measure(given: Namespace) -> dict[str, Any]:
    """Return the figures of one run."""
    allowed = raise_descriptor_limit(given.connections + 1_000)
    if allowed < given.connections + 200:
        raise SystemExit(f"this process may have {allowed} descriptors only; take fewer connections")
    lone = LoneGateway(GatewaySettings(max_connections=given.connections + 1_000, per_address=0))
    port = await lone.start()
    await _warm_up(lone, port)
    before = _resident()
    listening = await Listening.start("gateway", port, given.connections)
    try:
        await asyncio.sleep(2)
        each = (_resident() - before) / 1024 / given.connections
        began, cpu = time.monotonic(), time.process_time()
        await asyncio.sleep(given.idle)
        idle = (time.process_time() - cpu) * 1000 / (time.monotonic() - began)
        slowest = 0.0
        for _ in range(given.broadcasts):
            at = time.monotonic()
            await lone.publish()
            await asyncio.sleep(0)
            slowest = max(slowest, time.monotonic() - at)
            await asyncio.sleep(0.2)
        found = await listening.report()
    finally:
        await listening.stop()
        await lone.stop()
    return {
        "connections": given.connections,
        "kib_per_idle": round(each, 2),
        "cpu_us_per_idle": round(1000 * idle / given.connections, 1),
        "broadcasts": given.broadcasts,
        "delivered": found["frames"],
        "broadcast_ms": round(slowest * 1000, 1),
        "complete": found["fewest"] == found["most"] == given.broadcasts and not found["holes"] and not found["lost"],
    }


async def _warm_up(lone: LoneGateway, port: int) -> None:
    """A few come and go, so that what every process needs once is there before the count begins."""
    listening = await Listening.start("gateway", port, _WARM_UP)
    await lone.publish()
    await listening.report()
    await listening.stop()
    await asyncio.sleep(0.5)
    lone.table.version = 0
    lone.table.epoch += 1


def _resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def main() -> None:
    """Read the command line, run, report."""
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--connections", type=int, default=9_000)
    parser.add_argument("--broadcasts", type=int, default=10)
    parser.add_argument("--idle", type=float, default=10.0, help="seconds of nothing but pings")
    parser.add_argument("--json", type=Path, help="write the result here")
    given = parser.parse_args()
    found = uvloop.run(measure(given))
    print(
        f"{found['connections']:,} connections: {found['kib_per_idle']} KiB and {found['cpu_us_per_idle']} us of CPU a second for"
        f" each while idle;"
        f" {found['broadcasts']} broadcasts, {found['delivered']:,} frames delivered, the slowest written in"
        f" {found['broadcast_ms']} ms: {'complete and in order' if found['complete'] else 'NOT COMPLETE'}"
    )
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1))
    sys.exit(0 if found["complete"] else 1)


if __name__ == "__main__":
    main()
