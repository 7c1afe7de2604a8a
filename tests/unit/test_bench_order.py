"""In which order bets are measured: on quiet ground, few connections first, yardsticks beside what they measure."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from loadtest.bench import bets
from loadtest.bench.__main__ import Bench, parser
from loadtest.bench.ground import Ground

RATES = {1: 10.0, 16: 100.0, 1000: 800.0}


class Stand:
    """A platform, pgbench and a load generator that note when they are asked. failing: so many bets runs fail at first."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.failing = 0
        self.dsn, self.url = "postgresql://nowhere/casino", "ws://nowhere"
        self.binaries = self.folder = self.token_file = Path("nowhere")

    async def quiet(self) -> float:
        self.log.append("quiet")
        return 0.0

    def tokens(self, count: int) -> list[str]:
        return ["token"] * count

    def generate(self, command: Sequence[str]) -> dict[str, Any]:
        count, rate = int(_word(command, "--connections")), float(_word(command, "--rate"))
        self.log.append(f"open {count} {rate:g}" if rate else f"closed {count}")
        if self.failing:
            self.failing -= 1
            raise RuntimeError("bets failed")
        return {"per_s": rate or RATES[count], "p50_ms": 1.0, "p99_ms": 2.0, "p999_ms": 3.0}


class Yardstick:
    """pgbench."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand

    async def __aenter__(self) -> Yardstick:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stand.log.append("dropped")

    def tpcb(self, seconds: float) -> float:
        self._stand.log.append("tpcb")
        return 200.0

    def bet(self, seconds: float) -> float:
        self._stand.log.append("bet")
        return 400.0


def _word(command: Sequence[str], name: str) -> str:
    return command[command.index(name) + 1]


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Stand:
    stand = Stand()
    monkeypatch.setattr(bets, "generate", stand.generate)
    monkeypatch.setattr(bets, "PgBench", lambda *_: Yardstick(stand))
    return stand


def measured(stand: Stand, rounds: int = 1) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    given = Namespace(connections=[1000, 1, 16], seconds=1.0, rounds=rounds)
    asyncio.run(bets.measure(cast(Ground, stand), given, found))
    return found


def test_yardsticks_stand_on_both_sides_of_the_most_connections_and_few_come_first(stand: Stand) -> None:
    measured(stand)
    done = [what for what in stand.log if what != "quiet"]
    assert done == ["closed 1", "closed 16", "tpcb", "closed 1000", "bet", "open 1000 400", "dropped"]


def test_every_measurement_begins_on_quiet_ground(stand: Stand) -> None:
    measured(stand, rounds=2)
    assert stand.log[:-1:2] == ["quiet"] * 12
    assert "quiet" not in stand.log[1::2]


def test_hiccup_is_measured_again_and_remembered(stand: Stand) -> None:
    stand.failing = 1
    (one,) = measured(stand)
    assert one["c1"]["failed_before"] == "bets failed"
    assert stand.log[:4] == ["quiet", "closed 1", "quiet", "closed 1"]


def test_bets_that_fail_twice_are_no_figure(stand: Stand) -> None:
    stand.failing = 2
    with pytest.raises(RuntimeError, match="bets failed"):
        measured(stand)
    assert stand.log[-1] == "dropped"


def test_ratios_of_what_was_measured_are_those_of_the_most_connections(stand: Stand) -> None:
    found = bets.summarise(measured(stand, rounds=3))
    assert (found["ratio_pgbench_tpcb"], found["ratio_pgbench_bet"]) == (4.0, 2.0)
    assert found["c1000"]["per_s"] == 800.0


def test_link_alone_is_measured_with_the_most_connections(stand: Stand) -> None:
    found: list[dict[str, Any]] = []
    given = Namespace(connections=[1, 1000], seconds=1.0, rounds=2)
    asyncio.run(bets.measure_most(cast(Ground, stand), given, found))
    assert stand.log == ["quiet", "closed 1000"] * 2
    assert bets.summarise(found) == {"c1000": {"per_s": 800.0, "p50_ms": 1.0, "p99_ms": 2.0, "p999_ms": 3.0}}


def test_rounds_before_a_failure_count_and_the_failure_is_told(tmp_path: Path) -> None:
    bench = Bench(parser().parse_args(["--only", "settle", "--out", str(tmp_path / "bench.json")]))

    def measure(rounds: list[dict[str, Any]]) -> None:
        rounds.append({"ms": 300.0})
        raise RuntimeError("frames are missing")

    bench._figure("settle", lambda: bench._rounds("settle", measure))
    assert bench.report["settle"] == {"ms": 300.0}
    assert bench.failed == {"settle": "RuntimeError: frames are missing"}
    assert bench.verdicts()["settle.ms"]["verdict"] == "met"
    assert '"failed": {' in (tmp_path / "bench.json").read_text()
