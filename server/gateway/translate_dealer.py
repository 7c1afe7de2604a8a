"""A dealer's requests and picture: wire <-> domain."""

from __future__ import annotations

from typing import Final, assert_never

from actors.domain import commands
from actors.domain.ids import ID_BYTES, is_client_id
from protocol import messages as wire
from protocol.errors import Code

_REASON_CHARS_MAX: Final = 200
_SOURCES: Final = ("manual", "sensor")
_SHOE_EVENTS: Final = ("new", "burned", "cut")

DealerRequest = (
    wire.DealerSit
    | wire.DealerOpen
    | wire.DealerClose
    | wire.DealerNumber
    | wire.DealerConfirm
    | wire.DealerVoid
    | wire.DealerCard
    | wire.DealerTakeBack
    | wire.DealerShoe
)


def dealer_verb(request: DealerRequest) -> str:
    """Return the verb of a dealer's request."""
    return _DEALER_VERBS[type(request)]


def dealer_order(request: DealerRequest, seat: commands.Seat, device: bool) -> commands.DealerOrder | Code:
    """Return a dealer's order. Refuses, in this order: ID_CLASS_FORBIDDEN, BAD_FIELD (round_id, source, event, reason)."""
    verb = _DEALER_VERBS[type(request)]
    if isinstance(request, wire.DealerSit):
        return commands.DealerOrder(seat, verb, device=device)
    if isinstance(request, wire.DealerOpen):
        if not is_client_id(request.command_id):
            return Code.ID_CLASS_FORBIDDEN
        return commands.DealerOrder(seat, verb, command_id=request.command_id, window_s=request.window_s, device=device)
    if isinstance(request, wire.DealerShoe):
        return _shoe_order(request, seat, device)
    if len(request.round_id) != ID_BYTES:
        return Code.BAD_FIELD
    round_id = request.round_id
    match request:
        case wire.DealerClose():
            return commands.DealerOrder(seat, verb, round_id, device=device)
        case wire.DealerNumber(number=number, source=source):
            if source not in _SOURCES:
                return Code.BAD_FIELD
            return commands.DealerOrder(seat, verb, round_id, number=number, source=source, device=device)
        case wire.DealerConfirm(number=number):
            return commands.DealerOrder(seat, verb, round_id, number=number, device=device)
        case wire.DealerVoid(reason=reason):
            if len(reason) > _REASON_CHARS_MAX:
                return Code.BAD_FIELD
            return commands.DealerOrder(seat, verb, round_id, reason=reason, device=device)
        case wire.DealerCard() | wire.DealerTakeBack():
            return _card_order(request, seat, device)
        case _:
            assert_never(request)


def _card_order(
    request: wire.DealerCard | wire.DealerTakeBack, seat: commands.Seat, device: bool
) -> commands.DealerOrder | Code:
    base = commands.DealerOrder(seat, dealer_verb(request), request.round_id, device=device)
    if isinstance(request, wire.DealerTakeBack):
        if len(request.reason) > _REASON_CHARS_MAX:
            return Code.BAD_FIELD
        return _with(base, request.seq, request.card, reason=request.reason)
    if request.source not in _SOURCES:
        return Code.BAD_FIELD
    return _with(base, request.seq, request.card, source=request.source, hand=request.hand)


def _with(
    base: commands.DealerOrder, seq: int, card: int, *, source: str = "", hand: int = -1, reason: str = ""
) -> commands.DealerOrder:
    return commands.DealerOrder(
        base.seat,
        base.verb,
        base.round_id,
        number=card,
        source=source,
        reason=reason,
        device=base.device,
        seq=seq,
        hand=hand,
    )


def _shoe_order(request: wire.DealerShoe, seat: commands.Seat, device: bool) -> commands.DealerOrder | Code:
    if request.event not in _SHOE_EVENTS or len(request.reason) > _REASON_CHARS_MAX:
        return Code.BAD_FIELD
    return commands.DealerOrder(
        seat,
        "shoe",
        number=request.value,
        reason=request.reason,
        device=device,
        seq=request.seq,
        event=request.event,
        cut=request.cut,
    )


_DEALER_VERBS: Final[dict[type, str]] = {
    wire.DealerSit: "sit",
    wire.DealerOpen: "open",
    wire.DealerClose: "close",
    wire.DealerNumber: "number",
    wire.DealerConfirm: "confirm",
    wire.DealerVoid: "void",
    wire.DealerCard: "card",
    wire.DealerTakeBack: "back",
    wire.DealerShoe: "shoe",
}


def dealer_state(view: commands.DealerView) -> wire.DealerState:
    """Return the wire's picture of what a dealer sees: the same fields."""
    return wire.DealerState(
        view.table_id,
        view.phase,
        view.round_id,
        view.round_no,
        view.closes_ms,
        view.server_ms,
        view.number,
        view.source,
        view.bets,
        view.players,
        view.stake_minor,
        view.dealer,
        [] if view.shoe is None else [_shoe(view.shoe)],
    )


def _shoe(view: commands.ShoeView) -> wire.Shoe:
    return wire.Shoe(
        view.seq,
        view.number,
        view.state,
        view.left,
        view.to_burn,
        view.cut,
        view.rounds,
        view.rounds_left,
        view.cards,
        view.due,
    )
