"""The storm that kills a whole gateway process with SIGKILL, in mid-publish, again and again.

Two host processes have the same table: event n is the same in both, so what one of them never sent the other can tell. The
one that stays is always told first: no client can have a position that lies ahead of it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from loadtest.stress.client import StormClient
from loadtest.stress.server import Server, serving
from loadtest.stress.storms import arrived, demand, leave, until
from server.gateway.fanout import TAIL_FRAMES_KEPT

#: Events of each kill, and how fast they are published: a kill comes somewhere within. More than the gateway that stays has
#: kept of its own, so that whoever was killed early is told the first by the table and the rest by the gateway.
EVENTS: Final = TAIL_FRAMES_KEPT + 150
PER_S: Final = 800.0
#: These clients send no Ping. Who is cut for that comes back in mid-publish, perhaps at the gateway that is told second, and
#: is ahead of it: a snapshot of an older version is right then, and no proof of anything.
SETTINGS: Final[dict[str, Any]] = {"heartbeat_s": 600}


async def killed(server: Server, scale: float) -> dict[str, Any]:
    """A gateway process killed with SIGKILL costs nobody an event: all go on at the other without a snapshot."""
    kills, draw = max(2, int(20 * scale)), random.Random(7)
    ports = list(server.ports)
    clients = [StormClient(n, ports, draw) for n in range(max(20, int(200 * scale)))]
    for client in clients:
        client.start()
    version = (await server.ask("publish", count=1, rate=PER_S))["version"]
    await arrived(clients, version)
    cut = 0
    for _ in range(kills):
        async with AsyncExitStack() as stack:
            other = await stack.enter_async_context(serving(**SETTINGS))
            await other.ask("version", version=version)
            ports += other.ports
            await _spread(draw.sample(clients, len(clients) // 2))
            there = (await other.ask("status"))["connections"]
            demand(there > 0, "nobody was on the gateways that are killed")
            cut += there
            version = (await server.ask("publish", count=EVENTS, rate=PER_S))["version"]
            await _kill_in_mid_publish(other, draw)
            ports[:] = server.ports
        await arrived(clients, version)
    lost = sum(client.judge.lost for client in clients)
    demand(lost == 0, f"{lost} snapshots where all could be told")
    gaps = sum(client.gaps for client in clients)
    demand(gaps == 0, f"{gaps} gaps that the clients had to heal")
    figures = {
        "clients": len(clients),
        "kills": kills,
        "connections_killed": cut,
        "events": version,
        "resumed": sum(client.judge.resumed for client in clients),
    }
    await leave(clients)
    return figures


async def _spread(clients: Sequence[StormClient]) -> None:
    """Cut them while nothing is published, and wait until they are back: each has chosen a gateway anew."""
    before = [client.drops for client in clients]
    for client in clients:
        client.cut()
    await until(
        lambda: all(c.is_there and c.drops > n for c, n in zip(clients, before, strict=True)),
        lambda: "not all came back",
    )


async def _kill_in_mid_publish(other: Server, draw: random.Random) -> None:
    """Let it publish, and kill it somewhere on the way; clients find nobody there for a moment."""
    publishing = asyncio.ensure_future(other.ask("publish", count=EVENTS, rate=PER_S))
    await asyncio.sleep(draw.uniform(0, EVENTS / PER_S))
    await other.kill()
    await asyncio.gather(publishing, return_exceptions=True)
    await asyncio.sleep(0.05)
