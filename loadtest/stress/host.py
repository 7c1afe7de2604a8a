"""The server's side of a storm, in a process of its own: two gateways that share one table of numbered events.

Commands are lines of JSON on stdin, answers lines of JSON on stdout: {"do": "publish", "count", "rate"} publishes in the
background and is answered when all is out; "status" counts what the process holds; "kick" cuts connections by chance;
"stop" ends publishing; "epoch" restarts the table; "version" lets it
stand there; "window" bounds how far back positions may lie; "padding" makes events long.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import sys
from typing import Any

import psutil
import structlog
import uvloop

from loadtest.listening import raise_descriptor_limit
from loadtest.lone_gateway import LoneGateway, LoneTable
from server.gateway.limits import GatewaySettings

GATEWAYS = 2


class Host:
    """Both gateways, and what a storm wants of them."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._table = LoneTable(numbered=True)
        self._gateways = [LoneGateway(settings, self._table, number) for number in range(GATEWAYS)]
        self._draw = random.Random(1)
        self._process = psutil.Process()
        self._publishing = True

    async def start(self) -> list[int]:
        """Listen; return the ports."""
        return [await each.start() for each in self._gateways]

    async def publish(self, count: int, rate: float) -> dict[str, Any]:
        """Publish so many events, at most `rate` a second."""
        self._publishing = True
        for _ in range(count):
            if not self._publishing:
                break
            news = self._table.publish()
            for each in self._gateways:
                await each.hear(news)
            await asyncio.sleep(1 / rate)
        return {"version": self._table.version}

    def kick(self, count: int) -> dict[str, Any]:
        """Cut connections by chance, without a word."""
        kicked = 0
        for each in self._gateways:
            clients = each.gateway.clients
            for client in self._draw.sample(clients, min(len(clients), count)):
                client.connection.abort()
                kicked += 1
        return {"kicked": kicked}

    def status(self) -> dict[str, Any]:
        """Count what this process holds."""
        gc.collect()
        values = [each.gateway.metrics.values() for each in self._gateways]
        return {
            "version": self._table.version,
            "epoch": self._table.epoch,
            "connections": sum(value["connections"] for value in values),
            "sessions": sum(value["sessions"] for value in values),
            "lingering": sum(value["lingering"] for value in values),
            "members": sum(value["members"] for value in values),
            "slow_cuts": sum(value["slow_cuts_total"] for value in values),
            "faults": sum(value["faults_total"] for value in values),
            "tasks": len(asyncio.all_tasks()),
            "descriptors": self._process.num_fds(),
            "resident_kib": self._process.memory_info().rss // 1024,
        }

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one command."""
        match order["do"]:
            case "publish":
                return await self.publish(order["count"], order["rate"])
            case "kick":
                return self.kick(order["count"])
            case "stop":
                self._publishing = False
                await asyncio.sleep(0.1)
            case "epoch":
                self._table.epoch += 1
                self._table.version = 0
            case "version":
                self._table.version = order["version"]
            case "padding":
                self._table.padding = order["chars"]
            case "window":
                self._table.window = order["events"]
        return self.status()


async def main(settings: GatewaySettings) -> None:
    """Listen and obey until stdin ends."""
    raise_descriptor_limit(20_000)
    host = Host(settings)
    print(json.dumps({"ports": await host.start()}), flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    running: set[asyncio.Task[None]] = set()

    async def answer(order: dict[str, Any]) -> None:
        found = await host.obey(order)
        print(json.dumps({"n": order["n"], **found}), flush=True)

    while line := await reader.readline():
        task = asyncio.ensure_future(answer(json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(main(GatewaySettings(**json.loads(sys.argv[1]))))
