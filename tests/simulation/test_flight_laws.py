"""The judges of flights, on a run that was tampered with: each law must notice what breaks it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import msgspec
import pytest

from actors.domain.rounds import Plan
from tests.fakes.rounds import StoredRound
from tests.simulation.casino import Casino
from tests.simulation.flight_laws import CRASH, flight_laws
from tests.simulation.flyer import Flyer
from tests.simulation.loop import run_virtual


def _played(seed: int) -> Casino:
    async def main() -> Casino:
        casino = Casino(seed, players=4, trace=False)
        await casino.play(12.0)
        return casino

    result: Casino = run_virtual(main())
    return result


@pytest.fixture
def casino() -> Iterator[Casino]:
    """A platform at rest on which somebody was told of a cash-out, from the first seed of crash in which that happened."""
    logging.disable(logging.CRITICAL)
    yield next(played for played in map(_played, range(2, 300, 3)) if any(map(Flyer.cash_outs, _flyers(played))))
    logging.disable(logging.NOTSET)


def _flyers(casino: Casino) -> list[Flyer]:
    return [player for player in casino.players if isinstance(player, Flyer)]


def _broken(casino: Casino) -> str:
    return "\n".join(flight_laws(casino.rounds, _flyers(casino)))


def _flight(casino: Casino) -> StoredRound:
    """Return a flight with a cash-out."""
    rows = casino.rounds.rows.values()
    return next(row for row in rows if any(step.action == "cash_out" for step in row.steps) and row.plan)


def _plan(row: StoredRound) -> Plan:
    assert row.plan is not None
    return row.plan


def test_judges_of_flights_notice_what_breaks_a_law(casino: Casino) -> None:
    assert _broken(casino) == ""
    row = _flight(casino)
    at = next(at for at, step in enumerate(row.steps) if step.action == "cash_out")
    step, plan = row.steps[at], _plan(row)

    row.number += 1
    assert "its seed gives" in _broken(casino)
    row.number -= 1

    row.steps[at] = msgspec.structs.replace(step, at_ms=step.at_ms + 60_000)
    assert "a cash-out at" in _broken(casino)
    assert "was told" in _broken(casino)

    row.steps[at] = msgspec.structs.replace(step, action="reach")
    assert "is paid" in _broken(casino) or "was not returned" in _broken(casino)

    row.steps[at : at + 1] = [step, msgspec.structs.replace(step, command_id=b"again")]
    assert "cashed out twice" in _broken(casino)

    row.steps[at : at + 2] = []
    assert "is 0 times in its flight" in _broken(casino)
    row.steps.insert(at, step)

    more = [msgspec.structs.replace(entry, payout_minor=entry.payout_minor + 1) for entry in plan.settle]
    row.plan = Plan(plan.version, more, plan.void)
    assert "is paid" in _broken(casino)

    row.plan, row.seed = plan, "0" * 64
    assert "was not committed to" in _broken(casino)
    assert row.new.table_id == CRASH
