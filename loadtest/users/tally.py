"""What one process of a swarm counts beside Locust's own figures, and how it is written down for the judge."""

from __future__ import annotations

import resource
import time
from array import array
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from loadtest.limits import ABUSE
from loadtest.memory import Accepted, Memory
from loadtest.users.abuser import Abuser
from loadtest.users.persona import Persona
from loadtest.users.roulette import FlakyMobile

#: Latencies are kept apart for each window of so many seconds.
WINDOW_S: Final = 5


class Told(msgspec.Struct, array_like=True):
    """What one player was told: `Memory`, as far as the judge needs it. bets: id -> (stake, table)."""

    name: str
    kind: str
    bets: dict[bytes, tuple[int, str]]
    settled: dict[bytes, int]
    voided: list[bytes]
    undone: list[bytes]
    spun_minor: int
    spins: int
    unsure: bool = False

    def memory(self) -> Memory:
        """Return it as a memory again."""
        memory = Memory(self.name)
        memory.accepted = {
            bet_id: Accepted(bet_id, b"", table, 0, stake, 0.0, 0.0) for bet_id, (stake, table) in self.bets.items()
        }
        memory.settled, memory.voided, memory.undone = self.settled, set(self.voided), set(self.undone)
        memory.spun = {b"": self.spun_minor}
        memory.unsure = self.unsure
        return memory


class Report(msgspec.Struct):
    """All of one process. windows_ms: latencies from the intended time, by window since the epoch, an abuser's aside.

    late_ms: how long after it was due a turn began though its player was idle: the generator's own delay, by window.
    """

    told: list[Told]
    findings: list[str]
    refusals: dict[str, int]
    stakes_by_s: dict[int, int]
    windows_ms: dict[int, list[float]]
    late_ms: list[float]
    figures: dict[str, float]
    abuse: dict[str, int]


class Tally:
    """Counts while the swarm runs."""

    def __init__(self) -> None:
        self.refusals: Counter[str] = Counter()
        self.stakes_by_s: Counter[int] = Counter()
        self.windows_ms: dict[int, array[float]] = {}
        self.late_ms: array[float] = array("f")
        self.requests = 0
        self.personas: list[Persona] = []
        self.cpu_s = cpu_s()

    def request(self, kind: str, took_ms: float) -> None:
        """Count a request that is through."""
        self.requests += 1
        if kind.startswith(ABUSE):  # who floods is made to wait for a second, and that is right
            return
        now = int(time.time())
        self.windows_ms.setdefault(now - now % WINDOW_S, array("f")).append(took_ms)
        if kind in ("PlaceBets", "RepeatBets", "Spin"):
            self.stakes_by_s[now] += 1

    def report(self, *, killed: bool) -> Report:
        """Return what was counted and what was found."""
        personas = self.personas
        abuse: Counter[str] = Counter()
        for one in personas:
            if isinstance(one, Abuser):
                abuse.update(one.tried)
        return Report(
            [_told(one) for one in personas],
            [words for one in personas for words in one.findings(killed=killed)],
            dict(self.refusals),
            dict(self.stakes_by_s),
            {window: [round(ms, 2) for ms in values] for window, values in self.windows_ms.items()},
            [round(ms, 2) for ms in self.late_ms],
            {**self._figures(personas), "cpu_s": round(cpu_s() - self.cpu_s, 2), "requests": self.requests},
            dict(abuse),
        )

    @staticmethod
    def _figures(personas: Iterable[Persona]) -> dict[str, float]:
        every = list(personas)
        return {
            "players": len(every),
            "untold": sum(len(one.memory.untold()) for one in every),
            "told_again": sum(one.memory.told_again() for one in every),
            "unsure": sum(one.memory.unsure for one in every),
            "agreed": sum(one.agreed for one in every),
            "resumed": sum(one.resumed for one in every),
            "snapshots_instead": sum(one.lost for one in every),
            "gaps": sum(one.desk.machine.gaps for one in every),
            "duplicates": sum(one.desk.machine.duplicates for one in every),
            "cuts": sum(one.cuts for one in every if isinstance(one, FlakyMobile)),
            "bonuses": sum(len(one.memory.bonus) for one in every),
        }


def _told(persona: Persona) -> Told:
    memory = persona.memory
    return Told(
        memory.name,
        persona.kind,
        {bet_id: (one.stake_minor, one.table_id) for bet_id, one in memory.accepted.items()},
        memory.settled,
        list(memory.voided),
        list(memory.undone),
        sum(memory.spun.values()),
        len(memory.spun),
        memory.unsure,
    )


def cpu_s() -> float:
    """Return what this process has used of the processor."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def save(report: Report, into: Path) -> None:
    """Write it down, whole or not at all."""
    fresh = into.with_suffix(".new")
    fresh.write_bytes(msgspec.msgpack.encode(report))
    fresh.replace(into)


def load(file: Path) -> Report:
    """Read it again."""
    return msgspec.msgpack.decode(file.read_bytes(), type=Report)
