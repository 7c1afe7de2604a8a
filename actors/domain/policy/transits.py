"""Money on its way from one shard to another: what a `TransferOut` row asks for, and the order that answers it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from actors.domain.ids import relayed_id
from actors.domain.money.orders import TransferIn


class Transit(msgspec.Struct, frozen=True, gc=False):
    """A transfer that left from_shard at journal position seq. attempt: how often staff let a refused one try again."""

    from_shard: int
    seq: int
    transfer_id: bytes
    to_shard: int
    ccy: int
    kind: int
    part: int
    amount_minor: int
    booked_ms: int
    attempt: int = 0


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """How a transit ended: in the peer's journal at position seq (code 0), or refused there with this code."""

    transit: Transit
    seq: int
    code: int


def transit_of(
    from_shard: int, seq: int, transfer_id: bytes, ccy: int, amount_minor: int, facts: Mapping[str, Any], booked_ms: int
) -> Transit:
    """Return what a row of a `TransferOut` sends. facts: those of the row; the peer is counted from 1 there."""
    kind, part = int(facts["kind"]), int(facts.get("part", 0))
    return Transit(from_shard, seq, transfer_id, int(facts["peer"]) - 1, ccy, kind, part, amount_minor, booked_ms)


def transfer_in_order(transit: Transit) -> TransferIn:
    """Return the order for the peer: the same bytes after any restart, and whoever lets it try again."""
    return TransferIn(
        relayed_id(transit.transfer_id, transit.from_shard),
        transit.transfer_id,
        transit.ccy,
        transit.kind,
        transit.part,
        transit.amount_minor,
        transit.from_shard,
    )
