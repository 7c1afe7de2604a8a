"""What a gateway does with orders to instant games."""

from __future__ import annotations

from typing import Any

from actors.domain import commands, spins
from actors.domain.ids import is_client_id
from actors.ports import Failure
from actors.session import Denial, Session
from protocol import messages as wire
from protocol.errors import Code
from server.gateway import translate
from server.gateway.client import Client
from server.gateway.lobby import Lobby
from server.gateway.orders import OrderDesk

InstantRequest = wire.Spin | wire.GetSeeds | wire.RotateSeed


class InstantRequests:
    """Handlers of `Spin`, `GetSeeds` and `RotateSeed`. Refuses in order: FORBIDDEN, BUSY, UNKNOWN_TABLE, then by message."""

    def __init__(self, desk: OrderDesk, lobby: Lobby) -> None:
        self._desk = desk
        self._lobby = lobby

    def take(self, client: Client, ref: int, request: InstantRequest, _: int) -> None:
        """Send the order on; the answer comes from the game."""
        session = _session(client)
        refusal: Denial | Code | None = session.check_instant()
        if refusal is None and not self._lobby.has_instant(request.game):
            refusal = Code.UNKNOWN_TABLE
        if refusal is not None:
            client.refuse(ref, Code(refusal))
            return
        order = instant_order(request, session.seat)
        if isinstance(order, Code):
            client.refuse(ref, order)
            return
        session.pending += 1
        self._desk.order(f"instant/{request.game}", order, client, ref, _deliver)


def instant_order(
    request: InstantRequest, seat: commands.Seat
) -> spins.SpinOrder | spins.ReadSeeds | spins.RotateSeeds | Code:
    """Return a player's order. Refuses: ID_CLASS_FORBIDDEN, BAD_FIELD (a client_seed that nobody may choose)."""
    match request:
        case wire.Spin(spin_id=spin_id, stake_minor=stake_minor):
            if not is_client_id(spin_id):
                return Code.ID_CLASS_FORBIDDEN
            return spins.SpinOrder(seat, spin_id, stake_minor)
        case wire.GetSeeds():
            return spins.ReadSeeds(seat.player_id)
        case wire.RotateSeed(command_id=command_id, client_seed=client_seed):
            if not is_client_id(command_id):
                return Code.ID_CLASS_FORBIDDEN
            if not spins.is_client_seed(client_seed):
                return Code.BAD_FIELD
            return spins.RotateSeeds(seat.player_id, command_id, client_seed)


def _session(client: Client) -> Session:
    assert client.session is not None
    return client.session


def _deliver(client: Client, ref: int, game: str, answer: Any) -> None:
    session = _session(client)
    session.pending -= 1
    if isinstance(answer, spins.SpinDone):
        session.apply_spin(game, answer)
        client.answer(ref, spin_result(game, answer, session.net_minor))
    elif isinstance(answer, spins.SeedsView):
        client.answer(ref, seeds(game, answer))
    elif isinstance(answer, Failure):
        client.refuse(ref, translate.code_of_failure(answer, read_only=False))
    else:
        client.answer(ref, translate.reply(game, answer))


def spin_result(game: str, spin: spins.SpinDone, net_minor: int) -> wire.SpinResult:
    """Return what the player is told of his round."""
    return wire.SpinResult(
        game,
        spin.spin_id,
        spin.stake_minor,
        spin.payout_minor,
        spin.number,
        list(spin.detail),
        spin.commitment,
        spin.client_seed,
        spin.nonce,
        wire.Money(spin.cash_minor, spin.escrow_minor, spin.seq),
        net_minor,
        spin.rules_version,
    )


def seeds(game: str, view: spins.SeedsView) -> wire.Seeds:
    """Return what the player is told of his seeds."""
    revealed = [wire.RevealedSeed(r.server_seed, r.commitment, r.client_seed, r.rounds) for r in view.revealed]
    return wire.Seeds(game, view.commitment, view.client_seed, view.nonce, view.next_commitment, revealed)
