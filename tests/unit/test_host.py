"""A host as a plain class."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Gauge

from actors.ports import Failure
from actors.runtime.host import Host
from tests.fakes.link import TOY_CONTRACTS, FakeLink, Ping, Pong, ToyActor, ToyHost


def a_host(ends: list[str] | None = None) -> Host:
    def end() -> None:
        if ends is not None:
            ends.append("end")

    there = ToyHost("toy/b")
    return Host(
        "toy/a",
        3,
        contracts=TOY_CONTRACTS,
        host_of=lambda address: address,
        connect=lambda _: FakeLink(there),
        end=end,
    )


async def test_registered_actor_is_reached_until_it_is_unregistered() -> None:
    host = a_host()
    host.register("toy/a", ToyActor(7))
    assert await host.courier.ask_all("toy/a", [Ping(1)]) == [Pong(1, 7)]
    host.unregister("toy/a")
    assert await host.courier.ask_all("toy/a", [Ping(1)]) == [Failure.BUSY]


async def test_two_hosts_talk_through_a_link() -> None:
    assert await a_host().courier.ask_all("toy/b", [Ping(1)]) == [Pong(1, 1)]


async def test_status_shows_actors_and_queues() -> None:
    host = a_host()
    host.register("toy/a", ToyActor())
    await host.courier.ask_all("toy/b", [Ping(1)])
    status = host.status()
    assert status["name"] == "toy/a"
    assert list(status["actors"]) == ["toy/a"]
    assert status["queues"] == {"toy/b": {"waiting": 0, "under_way": 0}}
    assert status["counters"]["messages_sent"] == 1


async def test_metrics_show_the_runtime_and_the_actors_own() -> None:
    class Measured(ToyActor):
        def __init__(self) -> None:
            super().__init__()
            self.metrics = Gauge("toy_level", "A level.", registry=CollectorRegistry())

    host = a_host()
    host.register("toy/a", Measured())
    text = host.metrics().decode()
    assert "croupier_runtime_messages_sent_total 0.0" in text
    assert "croupier_runtime_actors 1.0" in text
    assert "toy_level 0.0" in text
    host.unregister("toy/a")
    assert "toy_level" not in host.metrics().decode()


async def test_fatal_ends_the_process_at_once() -> None:
    ends: list[str] = []
    a_host(ends).fatal("toy/a", RuntimeError("lost the books"))
    assert ends == ["end"]


async def test_bug_ends_the_process_after_the_answer_has_left() -> None:
    ends: list[str] = []
    host = a_host(ends)
    actor = ToyActor()
    actor.error = RuntimeError("bug")
    host.register("toy/a", actor)
    assert await host.courier.ask_all("toy/a", [Ping(1)]) == [Failure.UNKNOWN]
    assert ends == []
    await asyncio.sleep(0.1)
    assert ends == ["end"]


async def test_stopped_host_sends_no_more() -> None:
    host = a_host()
    await host.stop()
    assert await host.courier.ask_all("toy/b", [Ping(1)]) == [Failure.BUSY]
