"""Plays, domain -> wire: what everybody sees of a flight, of hands or of a coup."""

from __future__ import annotations

from actors.domain.events import PlayShown
from actors.domain.plays import CoupView, FlightView, HandsView
from protocol import messages as wire


def flight(view: FlightView) -> wire.Flight:
    """Return the wire's picture of a flight."""
    outs = [wire.CashedOut(out.name, out.stake_minor, out.multiplier, out.payout_minor) for out in view.outs]
    return wire.Flight(view.takeoff_ms, view.riding, outs)


def hands(view: HandsView) -> wire.Hands:
    """Return the wire's picture of the hands."""
    shown = [
        wire.Hand(
            hand.seat,
            hand.name,
            hand.bet_id,
            hand.stake_minor,
            hand.cards,
            hand.total,
            hand.soft,
            hand.state,
            hand.hand,
            hand.insured,
        )
        for hand in view.hands
    ]
    return wire.Hands(shown, view.dealer, view.dealer_total, view.acting, view.actions, view.until_ms, view.insurance)


def coup(view: CoupView) -> wire.Coup:
    """Return the wire's picture of a coup."""
    totals = (view.player_total, view.banker_total)
    return wire.Coup(view.player, view.banker, *totals, view.due, view.shoe, view.left)


def play_shown(event: PlayShown) -> wire.FlightShown | wire.HandsShown | wire.CoupShown:
    """Return the push that tells what is played now."""
    if isinstance(event.view, FlightView):
        return wire.FlightShown(event.round_id, event.server_ms, flight(event.view))
    if isinstance(event.view, CoupView):
        return wire.CoupShown(event.round_id, event.server_ms, coup(event.view))
    return wire.HandsShown(event.round_id, event.server_ms, hands(event.view))
