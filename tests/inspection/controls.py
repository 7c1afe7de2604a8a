"""Negative controls that are no sources of numbers: a table that copies another, and a slot that spares its bank."""

from __future__ import annotations

from actors.domain.games.slot import SLOT
from actors.domain.games.slot_machine import REELS
from server.entropy import LibsodiumEntropy
from tests.inspection import games
from tests.inspection.outputs import Values
from tests.inspection.sources import CONTROLS, House


def copied_table(first: Values) -> dict[str, float]:
    """The second table shows what the first one showed a round before. Each by itself is fair."""
    second = first.copy()
    second[1:] = first[:-1]
    return games.roulette(second) | games.tables(first, second)


def bank_limited_slot(rounds: int) -> dict[str, float]:
    """The slot spins again while a win is more than the bank has: GLI-19 4.5.2 forbids it. Nine tenths of stakes are the bank's."""
    entropy, stake, bank = LibsodiumEntropy(), 20, 0
    returns, free = [], []
    for _ in range(rounds):
        bank += stake * 9 // 10
        spin = SLOT.spin(entropy, stake)
        while spin.payout_minor > bank:
            spin = SLOT.spin(entropy, stake)
        bank -= spin.payout_minor
        returns.append(spin.payout_minor / stake)
        free.append(len(spin.outcome.detail) > REELS)
    return games.slot_return(returns) | games.slot_features(free)


def inspect_controls(rounds: int) -> dict[str, dict[str, float]]:
    """Return the P-values of every control, by its name. Each must fail."""
    found = {name: games.battery(make(), rounds) for name, make in CONTROLS.items()}
    found["a table that copies another"] = copied_table(games.spins(House(), rounds))
    found["bank-limited slot"] = bank_limited_slot(rounds)
    return found
