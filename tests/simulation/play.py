"""One seed from its beginning to its verdict."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from tests.simulation import laws
from tests.simulation.casino import Casino
from tests.simulation.loop import run_virtual
from tests.simulation.replies import check_replies

_KINDS = {"roulette-1": "rng", "live-1": "live", "crash-1": "crash"}


class Result(NamedTuple):
    """What a run gave. broken: laws that do not hold, as sentences. lines: the trace, where one was wanted."""

    seed: int
    broken: list[str]
    counts: Counter[str]
    lines: list[str]
    digest: int


def simulate(seed: int, *, seconds: float = 10.0, players: int = 6, trace: bool = False) -> Result:
    """Run one seed to its end and judge it."""

    async def main() -> Result:
        casino = Casino(seed, players=players, trace=trace)
        await casino.play(seconds)
        return _judge(casino)

    result: Result = run_virtual(main())
    return result


def _judge(casino: Casino) -> Result:
    world = casino.world
    broken = list(world.bugs)
    broken += laws.check_all(casino.books, casino.rounds, casino.supervision, casino.bots)
    broken += check_replies(casino.books, world.history)
    broken += world.handed.broken + world.handed.changed()
    if casino.hung:
        broken.insert(0, f"not at rest: {casino.hung}")
    if world.counts["TWO RESULTS"]:
        broken.append("a round had two results")
    for name, count in laws.refusals(casino.bots).items():
        world.counts[f"refused {name}"] += count
    world.counts["accepted"] = sum(len(player.accepted()) for player in casino.players)
    world.counts["answers checked"] = sum(one.answer is not None for one in world.history)
    world.counts["handed over as objects"] = world.handed.count
    for books in casino.books.values():
        world.counts["rows"] += len(books.rows)
        for row in books.rows:
            world.counts[f"booked {row.code.name}"] += not row.status
    for round_ in casino.rounds.rows.values():
        kind = _KINDS[round_.new.table_id]
        world.counts[f"rounds {kind} {round_.state.name}"] += 1
        for step in round_.steps:
            world.counts[f"flight {step.action}"] += 1
    world.counts["bonus ticks"] += len(casino.supervision.grants)
    return Result(world.seed, broken, world.counts, world.lines, world.digest)
