"""What must be true of flights at the end of every run: each paid by its rules, and each cash-out as it was told.

Arithmetic here is its own: the bust and the curve in floating point, payouts from the durable steps.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable, Iterator

from actors.domain.games.game import PlayBet, Step
from actors.domain.rounds import Plan, RoundState
from tests.fakes.rounds import FakeRounds, StoredRound
from tests.simulation.flyer import Flyer

CRASH = "crash-1"
_TAKEOFF_WAIT_MS = 1_500


def flight_laws(rounds: FakeRounds, flyers: Iterable[Flyer]) -> list[str]:
    """Return every broken law as a sentence."""
    flown = [row for row in rounds.rows.values() if row.new.table_id == CRASH and row.plan is not None]
    broken = [f"flight {row.new.round_no}: {wrong}" for row in flown for wrong in _flight(row)]
    for flyer in flyers:
        broken += [f"player {flyer.player_id}: {wrong}" for wrong in _told(rounds, flyer)]
    return broken


def _flight(row: StoredRound) -> Iterator[str]:
    plan, play = row.plan, row.play
    if play is None or plan is None or row.state is not RoundState.SETTLED:
        yield f"has a plan, is {row.state.name} and was flown: {play is not None}"
        return
    digest = hmac.new(CRASH.encode(), row.seed.encode(), hashlib.sha256).hexdigest()
    bust = max(100, math.floor(99 / (1 - int(digest[:13], 16) / 2**52)))
    if bust != row.number:
        yield f"has the number {row.number}, its seed gives {bust}"
    if hashlib.sha256(row.seed.encode()).hexdigest() != row.new.commitment:
        yield "was not committed to"
    outs = [step for step in row.steps if step.action == "cash_out"]
    if len({step.reservation_id for step in outs}) < len(outs):
        yield "a bet was cashed out twice"
    takeoff_ms = play.began_ms + _TAKEOFF_WAIT_MS
    for step in outs:
        if not 100 <= _curve(step, takeoff_ms) < bust or step.at_ms < takeoff_ms:
            yield f"a cash-out at {step.at_ms - takeoff_ms} ms counts, the bust is {bust}"
    yield from _payouts(row, plan, play.bets, {step.reservation_id: _curve(step, takeoff_ms) for step in outs})


def _payouts(row: StoredRound, plan: Plan, bets: Iterable[PlayBet], outs: dict[bytes, int]) -> Iterator[str]:
    is_interrupted = any(step.action == "interrupted" for step in row.steps)
    paid = {entry.reservation_id: entry.payout_minor for entry in plan.settle}
    void = {entry.reservation_id for entry in plan.void}
    for bet in bets:
        lefts = [(stake, _left(target, outs.get(bet.reservation_id), row.number)) for target, stake in bet.chips]
        want = sum(stake * (left or 100 * is_interrupted) // 100 for stake, left in lefts)
        if is_interrupted and not any(left for _, left in lefts):
            if bet.reservation_id not in void:
                yield f"bet {bet.reservation_id.hex()} rode into a failure and was not returned"
        elif paid.get(bet.reservation_id) != want:
            yield f"bet {bet.reservation_id.hex()} is paid {paid.get(bet.reservation_id)}, not {want}"


def _left(target: int, out: int | None, bust: int) -> int:
    """Return at what multiplier a stake left, 0: it did not."""
    if out is not None and (target == 0 or target > out):
        return out
    return target if 0 < target <= bust else 0


def _curve(step: Step, takeoff_ms: int) -> int:
    return math.floor(100 * math.exp(6e-5 * (step.at_ms - takeoff_ms)))


def _told(rounds: FakeRounds, flyer: Flyer) -> Iterator[str]:
    """A cash-out that was answered is in its flight's steps, at the multiplier that was told."""
    for order, acted in flyer.cash_outs():
        row = rounds.rows[order.round_id]
        steps = [step for step in row.steps if step.command_id == order.command_id]
        if row.play is None or len(steps) != 1 or steps[0].player_id != flyer.player_id:
            yield f"cash-out {order.command_id.hex()} was answered and is {len(steps)} times in its flight"
        elif acted.value != _curve(steps[0], row.play.began_ms + _TAKEOFF_WAIT_MS):
            yield f"cash-out {order.command_id.hex()} was told {acted.value}"
