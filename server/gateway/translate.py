"""Wire <-> domain: the only place that knows both.

Requests become orders; answers, events and refusals become messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, assert_never, cast

from actors.domain import commands, events
from actors.domain.ids import ID_BYTES, is_client_id
from actors.domain.plays import CoupView, FlightView, HandsView
from actors.ports import Failure
from actors.session import Purse, Session
from protocol import messages as wire
from protocol.errors import REGISTRY, Code
from server.currencies import CURRENCIES
from server.gateway.translate_dealer import dealer_state
from server.gateway.translate_plays import coup, flight, hands, play_shown

_RETRY_AFTER_MS: Final = {
    Code.BUSY: 200,
    Code.UNAVAILABLE: 1_000,
    Code.OUTCOME_UNKNOWN: 500,
    Code.DRAINING: 1_000,
    Code.RATE_LIMITED: 1_000,
    Code.INTERNAL: 1_000,
}
_ACTION_CHARS_MAX: Final = 32

PlayRequest = wire.PlaceBets | wire.RepeatBets | wire.DoubleBets | wire.UndoBets | wire.Act


# ---------------------------------------------------------------- requests -> orders


def play_order(
    request: PlayRequest, seat: commands.Seat, received_ms: int
) -> commands.PlaceBet | commands.UndoBet | commands.Act | Code:
    """Return a player's order. Refuses, in this order: ID_CLASS_FORBIDDEN, BAD_FIELD (round_id, bet_id or action is none).

    What the stakes and positions are worth is the table's to say.
    """
    order_id = request.command_id if isinstance(request, (wire.UndoBets, wire.Act)) else request.bet_id
    if not is_client_id(order_id):
        return Code.ID_CLASS_FORBIDDEN
    round_id = request.round_id
    if len(round_id) != ID_BYTES:
        return Code.BAD_FIELD
    if isinstance(request, wire.PlaceBets):
        chips = [commands.ChipStake(chip.position, chip.stake_minor) for chip in request.chips]
        calls = [commands.CallStake(call.name, call.unit_minor) for call in request.calls] if request.calls else []
        return commands.PlaceBet(seat, round_id, order_id, received_ms, "chips", chips, calls)
    match request:
        case wire.RepeatBets():
            return commands.PlaceBet(seat, round_id, order_id, received_ms, "repeat", [], [])
        case wire.DoubleBets():
            return commands.PlaceBet(seat, round_id, order_id, received_ms, "double", [], [])
        case wire.UndoBets():
            return commands.UndoBet(seat, round_id, order_id, received_ms, list(request.bet_ids))
        case wire.Act(bet_id=bet_id, action=action, value=value):
            if len(bet_id) != ID_BYTES or len(action) > _ACTION_CHARS_MAX:
                return Code.BAD_FIELD
            return commands.Act(seat, round_id, order_id, bet_id, action, value, received_ms)
        case _:
            assert_never(request)


# ---------------------------------------------------------------- refusals and failures -> errors


def error(code: Code, detail: str = "", retry_after_ms: int | None = None) -> wire.Error:
    """Return the `Error` of this code as the registry has it."""
    wait_ms = _RETRY_AFTER_MS.get(code, 0) if retry_after_ms is None else retry_after_ms
    return wire.Error(int(code), code.name, REGISTRY[code].retryable, wait_ms, detail)


def code_of_failure(failure: Failure, *, read_only: bool) -> Code:
    """Return what a client is told when an ask has no answer. A question that changes nothing is never "unknown"."""
    match failure:
        case Failure.BUSY:
            return Code.BUSY
        case Failure.UNKNOWN:
            return Code.UNAVAILABLE if read_only else Code.OUTCOME_UNKNOWN
        case _:
            assert_never(failure)


def code_of_refusal(refused: commands.Refused) -> Code:
    """Return the wire's code of a refusal; INTERNAL for a number that is in no registry (a bug of ours)."""
    try:
        return Code(refused.code)
    except ValueError:
        return Code.INTERNAL


# ---------------------------------------------------------------- answers -> replies


def money(purse: Purse) -> wire.Money:
    """Return the wire's picture of a purse."""
    return wire.Money(purse.cash_minor, purse.escrow_minor, max(purse.seq, 0))


def reply(table_id: str, answer: Any, read_only: bool = False) -> wire.ServerMessage:
    """Return the answer to an order or question at a table or wallet; `Error` for a refusal or failure."""
    kind = type(answer)
    if kind is commands.BetPlaced:
        return wire.BetsAccepted(
            table_id,
            answer.round_id,
            _bet(answer.bet),
            answer.received_ms,
            wire.Money(answer.cash_minor, answer.escrow_minor, answer.seq),
        )
    if kind is commands.Refused:
        return error(code_of_refusal(answer), answer.detail)
    if kind is commands.BetsTakenBack:
        return wire.BetsUndone(
            table_id,
            answer.round_id,
            answer.bet_ids,
            answer.returned_minor,
            wire.Money(answer.cash_minor, answer.escrow_minor, answer.seq),
        )
    if kind is commands.Acted:
        money_then = wire.Money(answer.cash_minor, answer.escrow_minor, answer.seq)
        acted = (answer.round_id, answer.command_id, answer.value, answer.stake_minor)
        return wire.Acted(table_id, *acted, money_then)
    if kind is commands.DealerView:
        return dealer_state(answer)
    if kind is Failure:
        return error(code_of_failure(answer, read_only=read_only))
    return error(Code.INTERNAL)


def snapshot(stream: int, table_id: str, state: commands.TableState, session: Session) -> wire.TableSnapshot:
    """Return everything this session's client must know to show the table."""
    return wire.TableSnapshot(
        stream=stream,
        epoch=state.epoch,
        version=state.version,
        info_table_id=table_id,
        title=state.title,
        kind=state.kind,
        currency=currency_name(state.ccy),
        limits=wire.Limits(state.min_stake_minor, state.max_table_minor, state.max_by_size),
        phase=state.phase,
        round_id=state.round_id,
        round_no=state.round_no,
        opens_ms=state.opens_ms,
        closes_ms=state.closes_ms,
        server_ms=state.server_ms,
        number=state.number,
        history=state.history,
        seats=_seats(state.seats),
        my_bets=[_bet(bet) for bet in state.my_bets],
        can_repeat=state.can_repeat,
        money=money(session.purse),
        net_minor=session.net_minor,
        rules_version=state.rules_version,
        dealer=state.dealer,
        started_ms=session.started_ms,
        entered=state.entered,
        source=state.source,
        game=state.game,
        detail=list(state.detail),
        commitment=state.commitment,
        flight=[flight(state.view)] if isinstance(state.view, FlightView) else [],
        hands=[hands(state.view)] if isinstance(state.view, HandsView) else [],
        coup=[coup(state.view)] if isinstance(state.view, CoupView) else [],
    )


def resumed(stream: int, table_id: str, missed: events.TableMissed, session: Session) -> wire.TableResumed:
    """Return what is personal at a table that a client goes on with."""
    return wire.TableResumed(
        table_id=table_id,
        stream=stream,
        epoch=missed.epoch,
        version=missed.version,
        server_ms=missed.server_ms,
        my_bets=[_bet(bet) for bet in missed.my_bets],
        can_repeat=missed.can_repeat,
        money=money(session.purse),
        net_minor=session.net_minor,
        started_ms=session.started_ms,
    )


def table_info(line: commands.TableLine) -> wire.TableInfo:
    """Return the lobby's line."""
    return wire.TableInfo(
        line.table_id,
        line.game,
        line.kind,
        line.title,
        currency_name(line.ccy),
        line.min_stake_minor,
        line.max_table_minor,
        line.players,
        line.phase,
        line.last,
    )


def welcome(
    session: Session, server_ms: int, heartbeat_s: int, tables: Sequence[wire.TableInfo], *, recovered: bool = False
) -> wire.Welcome:
    """Return the answer to `Hello`."""
    identity = session.identity
    return wire.Welcome(
        player_id=identity.player_id,
        name=identity.name,
        roles=list(identity.roles),
        session_id=session.session_id,
        server_ms=server_ms,
        heartbeat_s=heartbeat_s,
        currency=identity.currency,
        exponent=identity.exponent,
        play_money=identity.play_money,
        money=money(session.purse),
        net_minor=session.net_minor,
        tables=list(tables),
        recovered=recovered,
        started_ms=session.started_ms,
        net_since_ms=session.net_since_ms,
    )


def balance(session: Session) -> wire.Balance:
    """Return what the player has."""
    return wire.Balance(money(session.purse), session.net_minor)


# ---------------------------------------------------------------- events -> pushes


def table_push(event: events.TableEvent) -> wire.ServerMessage:
    """Return what is told of an event, as the audience of the feed may see it."""
    match event:
        case events.RoundOpened():
            return wire.RoundOpened(
                event.round_id, event.round_no, event.opens_ms, event.closes_ms, event.server_ms, event.commitment
            )
        case events.StakesShown():
            return wire.TableBets(event.round_id, _seats(event.seats))
        case events.BetsClosed():
            return wire.BetsClosed(event.round_id)
        case events.RoundDecided():
            return wire.RoundResult(event.round_id, event.number, list(event.detail), event.seed)
        case events.PlayShown():
            return play_shown(event)
        case events.RoundSettled():
            winners = [wire.Winner(win.name, win.payout_minor) for win in event.winners]
            return wire.RoundSettled(event.round_id, winners, event.next_opens_ms)
        case events.RoundVoided():
            return wire.RoundVoided(event.round_id, event.reason)
        case events.TablePaused():
            return wire.TablePaused(event.paused, event.reason, event.dealer)
        case events.NumberEntered():
            return wire.NumberEntered(event.round_id, event.number, event.source)
        case events.Concealed():
            return wire.Skipped()
        case _:
            assert_never(event)


def jackpot_pools(meters: events.JackpotMeters) -> wire.JackpotPools:
    """Return what everybody is told of the jackpots."""
    return wire.JackpotPools(
        [wire.JackpotPool(one.jackpot, one.name, one.currency, one.amount_minor) for one in meters.meters]
    )


def personal_push(event: events.PersonalEvent, session: Session) -> wire.ServerMessage:
    """Return what the player himself is told of an event that his session has folded."""
    if isinstance(event, events.MyDealerView):
        return dealer_state(event.view)
    as_of = wire.Money(event.cash_minor, event.escrow_minor, event.seq)
    match event:
        case events.MyBetsSettled():
            return wire.BetsSettled(
                event.table_id,
                event.round_id,
                event.number,
                cast("list[wire.SettledBet]", event.bets),  # the same fields, the same bytes (a test holds it)
                event.stake_minor,
                event.payout_minor,
                as_of,
                session.net_minor,
            )
        case events.MyBetsVoided():
            return wire.BetsVoided(
                event.table_id, event.round_id, event.bet_ids, event.returned_minor, event.reason, as_of
            )
        case events.MyBonus():
            return wire.BonusGranted(event.amount_minor, event.tick, as_of)
        case _:
            assert_never(event)


# ---------------------------------------------------------------- parts


def currency_name(ccy: int) -> str:
    """Return a currency's code for people; "CCYn" for one that this build does not know."""
    known = CURRENCIES.get(ccy)
    return known.code if known else f"CCY{ccy}"


def _bet(bet: commands.PlacedBet) -> wire.Bet:
    """Return the bet as it is: field for field the wire's, and so the same bytes (a test holds it)."""
    return cast(wire.Bet, bet)


def _seats(seats: list[commands.SeatStakes]) -> list[wire.SeatBets]:
    """The same: up to sixty of them in every snapshot."""
    return cast("list[wire.SeatBets]", seats)
