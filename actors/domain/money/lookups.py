"""What memory does not hold: which ids must be looked up in the store before an order may be applied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from actors.domain.ids import ID_BYTES
from actors.domain.money.apply import answer_of_row
from actors.domain.money.checks import check_age, check_form
from actors.domain.money.entries import Reservation, Row
from actors.domain.money.orders import (
    CancelWithdrawal,
    CompleteWithdrawal,
    Opening,
    ReadReservation,
    Settle,
    Void,
    WalletOrder,
)
from actors.domain.money.state import ShardState

#: `Closing` as a tuple: `isinstance` of a union costs more than all else that is done here for an order.
_CLOSING: Final = (Settle, Void, CompleteWithdrawal, CancelWithdrawal)


class Found(msgspec.Struct, frozen=True):
    """What the store has of the ids that were looked up; what is not there was never booked."""

    rows: list[Row]
    reservations: list[Reservation]


def missing(
    state: ShardState, orders: Iterable[WalletOrder | ReadReservation], now_ms: int
) -> tuple[set[bytes], set[bytes]]:
    """Return the ids of orders and of reservations that only the store can tell about. Usually both are empty."""
    cmd_ids: set[bytes] = set()
    reservation_ids: set[bytes] = set()
    floor = state.floor_ms.to_bytes(6, "big")  # ids begin with their time
    for order in orders:
        if isinstance(order, ReadReservation):
            _add_reservation(state, floor, order.reservation_id, reservation_ids)
            continue
        id_ = order.cmd_id
        if len(id_) != ID_BYTES:
            continue
        if id_ < floor and id_ not in state.outcomes and _may_be_carried_out(state, order, now_ms):
            cmd_ids.add(id_)
            if isinstance(order, Opening) and id_ not in state.reservations:
                reservation_ids.add(id_)
        if isinstance(order, _CLOSING):
            _add_reservation(state, floor, order.reservation_id, reservation_ids)
    return cmd_ids, reservation_ids


def _add_reservation(state: ShardState, floor: bytes, id_: bytes, wanted: set[bytes]) -> None:
    if id_ < floor and len(id_) == ID_BYTES and id_ not in state.reservations:
        wanted.add(id_)


def apply_found(state: ShardState, found: Found, now_ms: int) -> None:
    """Take what was found into memory, unless memory knows newer."""
    for row in found.rows:
        state.remember_outcome(row.cmd_id, (row.req_hash, answer_of_row(row)), now_ms)
    for reservation in found.reservations:
        if reservation.reservation_id not in state.reservations:
            state.remember_reservation(reservation, now_ms)


def _may_be_carried_out(state: ShardState, order: WalletOrder, now_ms: int) -> bool:
    return check_form(state, order) is None and check_age(state, order, now_ms) is None
