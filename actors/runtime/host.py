"""A host: the process in which actors live, as a plain class. Ray, a test or the simulation wraps it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from actors.ports import Actor
from actors.runtime.batches import Codec, ContractLike, kind_of
from actors.runtime.counters import Counters
from actors.runtime.courier import Courier
from actors.runtime.lane import LaneLimits
from actors.runtime.link import Link
from actors.runtime.receiver import Receiver

log = logging.getLogger(__name__)

#: At the default of 700 a busy host collects for nothing a hundred times a second. At 50,000 a collection of the youngest
#: took 10 - 45 ms and, every fifty of them, one of the next generation 260 ms, in which no bet is answered: now at most 11.
#: The oldest are looked at as seldom as ever.
GC_THRESHOLDS: Final = (2_000, 10, 12_500)
#: How long answers that are ready may still leave before a process ends because of an actor's bug.
LAST_WORDS_S: Final = 0.05


class Startable(Actor, Protocol):
    """An actor with a life: every table, wallet shard, gateway and supervisor."""

    async def start(self) -> None:
        """Become ready to take messages."""
        ...

    async def stop(self) -> None:
        """End in order."""
        ...


class Host:
    """Holds actors by address and the courier they share. Call `deliver` with what the links bring.

    end: ends the process, for an actor that must not go on (`fatal`); Ray then starts a new one.
    """

    def __init__(
        self,
        name: str,
        incarnation: int,
        *,
        contracts: Mapping[str, ContractLike],
        host_of: Callable[[str], str | None],
        connect: Callable[[str], Link],
        end: Callable[[], None] = lambda: os._exit(70),
        limits: LaneLimits | None = None,
    ) -> None:
        self.name = name
        self.incarnation = incarnation
        self.counters = Counters()
        self.registry = CollectorRegistry()
        self.actors: dict[str, Actor] = {}
        self._born = time.monotonic()
        self._end = end
        self._loop = asyncio.get_running_loop()
        codec = Codec(contracts)
        self.receiver = Receiver(incarnation, codec, self.actors, self.counters, self._on_bug)
        self.courier = Courier(
            self.receiver,
            host=name,
            incarnation=incarnation,
            codec=codec,
            host_of=host_of,
            connect=connect,
            counters=self.counters,
            limits=limits,
        )
        self._on_bug_of: dict[str, Callable[[str, BaseException], None]] = {}
        self.registry.register(_HostMetrics(self))

    def register(self, address: str, actor: Actor) -> None:
        """Let an actor be reached at an address. If its `metrics` are a Collector, they join the host's."""
        self.actors[address] = actor
        metrics = getattr(actor, "metrics", None)
        if metrics is not None and hasattr(metrics, "collect"):
            self.registry.register(metrics)

    def on_bug_of(self, kind: str, handler: Callable[[str, BaseException], None]) -> None:
        """Let a handler see to an actor of this kind that raised, which else ends the process: address, error."""
        self._on_bug_of[kind] = handler

    def unregister(self, address: str) -> None:
        """Let an address be empty from now on: messages to it come back as UNKNOWN."""
        actor = self.actors.pop(address, None)
        metrics = getattr(actor, "metrics", None)
        if metrics is not None and hasattr(metrics, "collect"):
            self.registry.unregister(metrics)

    async def deliver(self, blob: bytes) -> bytes:
        """Take a batch of another host and return its answer. Raises msgspec.DecodeError."""
        return await self.receiver.deliver(blob)

    def take(self, blob: bytes) -> asyncio.Future[bytes]:
        """Take a batch of another host; see `Receiver.take`. Raises msgspec.DecodeError."""
        return self.receiver.take(blob)

    def fatal(self, address: str, error: BaseException) -> None:
        """End this process at once: the actor has said that none of its further answers may leave."""
        log.critical("%s ends its host %s", address, self.name, exc_info=error)
        self._end()

    def settle_down(self) -> None:
        """Call when everything has started: what lives now lives long, so the collector need not look at it again."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    def status(self) -> dict[str, Any]:
        """Return what a person wants to know of this host; plain values only."""
        depths = self.courier.depths()
        return {
            "name": self.name,
            "pid": os.getpid(),
            "incarnation": self.incarnation,
            "uptime_s": round(time.monotonic() - self._born, 1),
            "actors": {address: repr(actor) for address, actor in self.actors.items()},
            "queues": {host: {"waiting": waiting, "under_way": active} for host, (waiting, active) in depths.items()},
            "counters": {name: getattr(self.counters, name) for name in self.counters.__struct_fields__},
        }

    def metrics(self) -> bytes:
        """Return the metrics of host and actors in Prometheus' text format; whoever joins hosts adds the label."""
        return generate_latest(self.registry)

    async def stop(self) -> None:
        """End the courier. The actors were stopped before, by whoever started them."""
        self.courier.close()

    def _on_bug(self, address: str, error: BaseException) -> None:
        self._on_bug_of.get(kind_of(address), self._end_soon)(address, error)

    def _end_soon(self, address: str, error: BaseException) -> None:
        log.critical("%s has a bug; its host %s ends", address, self.name, exc_info=error)
        self.actors.pop(address, None)
        self._loop.call_later(LAST_WORDS_S, self._end)


class _HostMetrics:
    """The runtime's own figures."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def collect(self) -> list[Metric]:
        """Return all counters and gauges."""
        counters = self._host.counters
        found: list[Metric] = []
        for name in counters.__struct_fields__:
            counter = CounterMetricFamily(f"croupier_runtime_{name}", f"Runtime: {name.replace('_', ' ')}.")
            counter.add_metric([], getattr(counters, name))
            found.append(counter)
        waiting = GaugeMetricFamily("croupier_runtime_waiting_messages", "Waiting for a batch.", labels=["to"])
        under_way = GaugeMetricFamily("croupier_runtime_batches_under_way", "Batches under way.", labels=["to"])
        for to, (messages, batches) in self._host.courier.depths().items():
            waiting.add_metric([to], messages)
            under_way.add_metric([to], batches)
        actors = GaugeMetricFamily("croupier_runtime_actors", "Actors that live on this host.")
        actors.add_metric([], len(self._host.actors))
        uptime = GaugeMetricFamily("croupier_runtime_uptime_seconds", "Since the start of this process.")
        uptime.add_metric([], time.monotonic() - self._host._born)
        tasks = GaugeMetricFamily("croupier_runtime_tasks", "Tasks of this process's event loop.")
        tasks.add_metric([], len(asyncio.all_tasks(self._host._loop)))
        return [*found, waiting, under_way, actors, uptime, tasks]
