"""Restarts of hosts on fake processes: who leaves when, and what happens when somebody does not come back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import pytest

from actors.runtime.link import LinkBroken
from actors.runtime.processes import host_of
from server import restarts
from server.config import Config
from server.hosts import host_names, standby_hosts
from server.process_link import HostPulse
from server.restarts import STANDS_BY, RestartFailed, Restarts

CONFIG = Config(shards=1, gateways=2, drain_s=5, move_s=5)
TOGETHER = Config(layout="together", drain_s=5, move_s=5)


class FakeProcesses:
    """Every host at work. dead: processes that never come back once restarted. log: what was done, in order."""

    def __init__(self, config: Config = CONFIG) -> None:
        self.pulses: dict[str, HostPulse] = {}
        self.dead: set[str] = set()
        self.log: list[str] = []
        self.pids = 0
        self.noted = ""
        self.on_drain: Callable[[str], Awaitable[bool]] | None = None
        for host in host_names(config):
            self.add(host)
        for host in standby_hosts(config):
            self.add(f"{host}+")

    def add(self, process: str) -> None:
        self.pids += 1
        serves = self.serving(process) is None or process.startswith(("gateway/", "api/"))
        problem = "" if serves else STANDS_BY
        self.pulses[process] = HostPulse(process, self.pids, "node", serves, problem, not serves)

    def serving(self, process: str) -> HostPulse | None:
        of_host = (pulse for name, pulse in self.pulses.items() if host_of(name) == host_of(process))
        return next((pulse for pulse in of_host if pulse.is_ready and pulse.name != process), None)

    def running(self) -> Sequence[str]:
        return tuple(self.pulses)

    async def ping(self, process: str) -> HostPulse:
        pulse = self.pulses[process]
        if pulse.pid < 0:
            raise LinkBroken("dead")
        return pulse

    async def drain(self, process: str, within_s: float) -> bool:
        self.log.append(f"drain {process}")
        self.change(process, is_draining=True, left="a round")
        return await self.on_drain(process) if self.on_drain is not None else True

    async def stop(self, process: str) -> None:
        self.log.append(f"stop {process}")
        self.change(process, is_ready=False)
        for other, pulse in self.pulses.items():
            if pulse.stands_by and host_of(other) == host_of(process):
                self.change(other, is_ready=True, stands_by=False, problem="")

    async def say_who_serves(self, process: str) -> None:
        self.noted = process

    async def restart(self, process: str) -> None:
        self.log.append(f"restart {process}")
        del self.pulses[process]
        self.add(process)
        if process in self.dead:
            self.change(process, pid=-1)

    async def start(self, process: str) -> None:
        self.log.append(f"start {process}")
        self.add(process)
        if process in self.dead:
            self.change(process, pid=-1)

    async def end(self, process: str) -> None:
        self.log.append(f"end {process}")
        del self.pulses[process]

    def change(self, process: str, **changes: object) -> None:
        self.pulses[process] = msgspec.structs.replace(self.pulses[process], **changes)

    def servers(self) -> list[str]:
        """Return who serves, sorted."""
        return sorted(name for name, pulse in self.pulses.items() if pulse.is_ready and not pulse.is_draining)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> FakeProcesses:
    monkeypatch.setattr(restarts, "LOOK_S", 0.0)
    monkeypatch.setattr(restarts, "TELL_S", 0.001)
    monkeypatch.setattr(restarts, "START_S", 0.05)
    return FakeProcesses()


@pytest.fixture
def hall(processes: FakeProcesses) -> FakeProcesses:
    """The processes of a casino whose gateway, tables and wallets are one."""
    return FakeProcesses(TOGETHER)


def ignore(_text: str) -> None:
    """Tell nobody."""


async def test_wallet_host_is_handed_over_to_the_fresh_process_that_stands_by(processes: FakeProcesses) -> None:
    await Restarts(CONFIG, processes).restart("wallet/0", ignore)
    assert processes.log == ["restart wallet/0+", "drain wallet/0", "stop wallet/0", "restart wallet/0"]
    assert "wallet/0+" in processes.servers()
    assert processes.pulses["wallet/0"].stands_by


async def test_host_without_a_second_process_ends_and_comes_back(processes: FakeProcesses) -> None:
    del processes.pulses["tables/rng+"]
    await Restarts(msgspec.structs.replace(CONFIG, standbys=0), processes).restart("tables/rng", ignore)
    assert processes.log == ["drain tables/rng", "stop tables/rng", "restart tables/rng"]
    assert "tables/rng" in processes.servers()


async def test_gateway_leaves_when_its_successor_listens(processes: FakeProcesses) -> None:
    await Restarts(CONFIG, processes).restart("gateway/1", ignore)
    assert processes.log == ["start gateway/1+", "drain gateway/1", "stop gateway/1", "end gateway/1"]
    await Restarts(CONFIG, processes).restart("gateway/1", ignore)
    assert processes.log[4:] == ["start gateway/1", "drain gateway/1+", "stop gateway/1+", "end gateway/1+"]


async def test_gateway_whose_successor_does_not_come_up_goes_on(processes: FakeProcesses) -> None:
    processes.dead = {"gateway/0+"}
    with pytest.raises(RestartFailed, match=r"gateway/0\+ did not come back"):
        await Restarts(CONFIG, processes).restart("gateway/0", ignore)
    assert processes.log == ["start gateway/0+", "end gateway/0+"]
    assert "gateway/0" in processes.servers()


async def test_table_host_whose_second_process_does_not_come_back_is_not_drained(processes: FakeProcesses) -> None:
    processes.dead = {"tables/rng+"}
    with pytest.raises(RestartFailed, match=r"tables/rng\+ did not come back"):
        await Restarts(CONFIG, processes).restart("tables/rng", ignore)
    assert processes.log == ["restart tables/rng+"]


async def test_process_that_dies_while_it_drains_is_replaced_all_the_same(processes: FakeProcesses) -> None:
    async def die(process: str) -> bool:
        raise LinkBroken("killed")

    processes.on_drain = die
    told: list[str] = []
    await Restarts(CONFIG, processes).restart("gateway/0", told.append)
    assert (processes.log[-1], processes.noted) == ("end gateway/0", "gateway/0+")
    assert any("did not leave in order: killed" in text for text in told)


async def test_what_is_waited_for_is_told_once(processes: FakeProcesses) -> None:
    async def slowly(process: str) -> bool:
        await asyncio.sleep(0.02)
        return False

    processes.on_drain = slowly
    told: list[str] = []
    await Restarts(CONFIG, processes).restart("tables/rng", told.append)
    assert told.count("tables/rng waits for a round") == 1
    assert told.count("tables/rng is not waited for any longer") == 1


async def test_rolling_restart_replaces_every_host_once_money_first_and_gateways_late(
    processes: FakeProcesses,
) -> None:
    before = {name: processes.pulses[name].pid for name in processes.servers()}
    await Restarts(CONFIG, processes).rolling(lambda: True, ignore)
    drained = [line.partition(" ")[2] for line in processes.log if line.startswith("drain")]
    assert drained == [
        "wallet/0",
        "tables/rng",
        "tables/live",
        "supervisor/main",
        "gateway/0",
        "gateway/1",
        "api/0",
    ]
    assert sorted(map(host_of, processes.servers())) == sorted(host_names(CONFIG))
    assert not set(before.values()) & {processes.pulses[name].pid for name in processes.servers()}


async def test_hall_is_handed_over_to_the_fresh_process_that_stands_by(hall: FakeProcesses) -> None:
    await Restarts(TOGETHER, hall).restart("hall/0", ignore)
    assert hall.log == ["restart hall/0+", "drain hall/0", "stop hall/0", "restart hall/0"]
    assert "hall/0+" in hall.servers()


async def test_rolling_restart_of_a_casino_with_a_hall_begins_there(hall: FakeProcesses) -> None:
    await Restarts(TOGETHER, hall).rolling(lambda: True, ignore)
    drained = [line.partition(" ")[2] for line in hall.log if line.startswith("drain")]
    assert drained == ["hall/0", "supervisor/main", "api/0"]


async def test_hall_ends_its_rounds_when_everything_stops_and_may_be_drained_alone(hall: FakeProcesses) -> None:
    await Restarts(TOGETHER, hall).finish_rounds(1.0)
    assert "drain hall/0" in hall.log
    await Restarts(TOGETHER, hall).drain("hall/0", ignore)
    with pytest.raises(RestartFailed, match="there is no host 'wallet/0'; there are api/0, hall/0, supervisor/main"):
        await Restarts(TOGETHER, hall).restart("wallet/0", ignore)


async def test_rolling_restart_stops_at_a_host_that_does_not_come_back_and_goes_on_there(
    processes: FakeProcesses,
) -> None:
    rolling = Restarts(CONFIG, processes)
    processes.dead = {"gateway/0+"}
    with pytest.raises(RestartFailed, match="gateway/0"):
        await rolling.rolling(lambda: True, ignore)
    processes.dead = set()
    processes.log.clear()
    told: list[str] = []
    await rolling.rolling(lambda: True, told.append)
    assert told[0] == "going on with the 3 hosts that an earlier rolling restart has left"
    assert [line for line in processes.log if line.startswith("end")] == ["end gateway/0", "end gateway/1", "end api/0"]


async def test_rolling_restart_that_nobody_wants_any_more_ends_between_two_hosts(processes: FakeProcesses) -> None:
    rolling = Restarts(CONFIG, processes)
    wanted = iter([True, True, False])
    with pytest.raises(RestartFailed, match="5 hosts left"):
        await rolling.rolling(lambda: next(wanted), ignore)
    assert [line for line in processes.log if line.startswith("drain")] == ["drain wallet/0", "drain tables/rng"]
    assert sorted(map(host_of, processes.servers())) == sorted(host_names(CONFIG))


async def test_rolling_restart_asked_for_again_at_once_waits_for_the_host_under_way_and_goes_on(
    processes: FakeProcesses,
) -> None:
    rolling = Restarts(CONFIG, processes)
    wanted = [True]
    first = asyncio.ensure_future(rolling.rolling(lambda: bool(wanted), ignore))
    while not processes.log:
        await asyncio.sleep(0)
    wanted.clear()
    told: list[str] = []
    await rolling.rolling(lambda: True, told.append)
    with pytest.raises(RestartFailed, match="cut off"):
        await first
    assert told[1] == "going on with the 6 hosts that an earlier rolling restart has left"
    assert processes.log.count("drain wallet/0") == 1


async def test_rolling_restart_begins_only_when_all_is_well(processes: FakeProcesses) -> None:
    processes.change("wallet/0+", pid=-1)
    with pytest.raises(RestartFailed, match="the second process of wallet/0"):
        await Restarts(CONFIG, processes).rolling(lambda: True, ignore)
    assert processes.log == []


async def test_second_order_while_one_is_under_way_is_refused(processes: FakeProcesses) -> None:
    one = Restarts(CONFIG, processes)
    first = asyncio.ensure_future(one.restart("wallet/0", ignore))
    await asyncio.sleep(0)
    with pytest.raises(RestartFailed, match="a restart of wallet/0 is under way"):
        await one.drain("gateway/0", ignore)
    await first


async def test_drained_gateway_is_out_of_service_until_it_is_restarted(processes: FakeProcesses) -> None:
    one = Restarts(CONFIG, processes)
    await one.drain("gateway/0", ignore)
    await one.drain("gateway/0", ignore)
    assert "gateway/0" not in processes.servers()
    await one.restart("gateway/0", ignore)
    assert "gateway/0+" in processes.servers()


async def test_last_gateway_is_not_drained(processes: FakeProcesses) -> None:
    one = Restarts(CONFIG, processes)
    await one.drain("gateway/0", ignore)
    with pytest.raises(RestartFailed, match="gateway/1 is the last gateway"):
        await one.drain("gateway/1", ignore)
    assert "gateway/1" in processes.servers()


@pytest.mark.parametrize("host", ["wallet/0", "supervisor/main", "api/0"])
async def test_host_without_rounds_or_clients_is_not_drained(processes: FakeProcesses, host: str) -> None:
    with pytest.raises(RestartFailed, match="has nothing to drain"):
        await Restarts(CONFIG, processes).drain(host, ignore)


async def test_unknown_host_is_named_with_those_there_are(processes: FakeProcesses) -> None:
    with pytest.raises(RestartFailed, match=r"no host 'wallet/9'; there are api/0, gateway/0"):
        await Restarts(CONFIG, processes).restart("wallet/9", ignore)


async def test_stop_lets_tables_end_their_rounds_and_is_not_kept_by_one_that_cannot(processes: FakeProcesses) -> None:
    async def die(process: str) -> bool:
        raise LinkBroken("killed")

    processes.on_drain = die
    await Restarts(CONFIG, processes).finish_rounds(1.0)
    assert [line for line in processes.log if "tables/rng" in line] == ["drain tables/rng", "drain tables/rng+"]
