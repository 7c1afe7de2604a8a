"""What became of a reservation, as its shard remembers it."""

from __future__ import annotations

from actors.domain.money.accounts import Kind, account_id
from actors.domain.money.orders import Fate, ReadReservation
from actors.domain.money.state import ShardState


def fate(state: ShardState, question: ReadReservation) -> Fate:
    """Answer from memory, which must hold the reservation if there is one (`lookups.missing`)."""
    found = state.reservations.get(question.reservation_id)
    if found is None:
        return Fate(state.seq, "none")
    cash = account_id(found.player_id, found.ccy, Kind.CASH)
    escrow = account_id(found.player_id, found.ccy, Kind.ESCROW)
    return Fate(
        state.seq,
        found.state.name.lower(),
        found.player_id,
        found.amount_minor,
        found.round_id,
        state.balances.get(cash, 0),
        state.balances.get(escrow, 0),
    )
