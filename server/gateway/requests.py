"""What a gateway does with each kind of request: check, translate, send on; and what it does with the answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from actors.domain import commands
from actors.domain.audiences import Audience
from actors.domain.money import orders
from actors.domain.refusals import Refusal
from actors.ports import Clock, Failure
from actors.session import Denial, Identity, Session
from protocol import messages as wire
from protocol.codec import Fault, decode_client_frame
from protocol.envelope import ClientFrame
from protocol.errors import Close, Code
from server.gateway import translate, translate_dealer
from server.gateway.client import Client
from server.gateway.fanout import TableFeed
from server.gateway.instant import InstantRequests
from server.gateway.limits import COSTS, DEAF_AFTER, HOLD_AFTER, GatewaySettings
from server.gateway.lobby import Lobby
from server.gateway.orders import OrderDesk
from server.tokens import LoginEnded, TokenExpired, TokenInvalid

#: Requests that wait for the answer to `Hello`; those after them are answered BUSY.
_HELD_MAX: Final = 64

Handler = Callable[[Client, int, Any, int], None]


class Requests:
    """Handlers by message. Each gets the client, the request's ref, its body and when it came (server's ms)."""

    def __init__(
        self,
        address: str,
        clock: Clock,
        settings: GatewaySettings,
        desk: OrderDesk,
        lobby: Lobby,
        *,
        verify_token: Callable[[str], Identity],
        feed_of: Callable[[str, Audience], TableFeed],
        begin: Callable[[Client, Session], list[bytes] | None],
        greet: Callable[[Client, Session | None], None],
    ) -> None:
        self._address = address
        self._clock = clock
        self._settings = settings
        self._desk = desk
        self._lobby = lobby
        self._verify_token = verify_token
        self._feed_of = feed_of
        self._begin = begin
        self._greet = greet
        self.draining = False
        instant = InstantRequests(desk, lobby)
        handlers: dict[type, Handler] = {
            wire.Hello: self._hello_again,
            wire.Ping: self._ping,
            wire.GetBalance: self._get_balance,
            wire.ListTables: self._list_tables,
            wire.JoinTable: self._join_table,
            wire.LeaveTable: self._leave_table,
            wire.PlaceBets: self._play,
            wire.RepeatBets: self._play,
            wire.DoubleBets: self._play,
            wire.UndoBets: self._play,
            wire.Act: self._play,
            wire.DealerSit: self._deal,
            wire.DealerOpen: self._deal,
            wire.DealerClose: self._deal,
            wire.DealerNumber: self._deal,
            wire.DealerConfirm: self._deal,
            wire.DealerVoid: self._deal,
            wire.DealerCard: self._deal,
            wire.DealerTakeBack: self._deal,
            wire.DealerShoe: self._deal,
            wire.Spin: instant.take,
            wire.GetSeeds: instant.take,
            wire.RotateSeed: instant.take,
        }
        #: By message: its handler, and what it takes of a connection's rate.
        self._handlers = {kind: (handler, COSTS.get(kind, 1)) for kind, handler in handlers.items()}
        self._now_ms = clock.now_ms
        self._rate_per_s, self._rate_burst = settings.rate_per_s, settings.rate_burst

    def take(self, client: Client, data: bytes) -> None:
        """Take one message of a client. Everything gets an answer."""
        client.metrics.frames_in_total += 1
        now_ms = self._now_ms()
        frame = decode_client_frame(data)
        if isinstance(frame, Fault):
            self._take_fault(client, frame, now_ms)
            return
        body = frame.body
        handler, cost = self._handlers[type(body)]
        rate = self._rate_per_s
        if rate and not client.bucket.take(now_ms, rate, self._rate_burst, cost):
            self._refuse_for_now(client, frame.ref, client.bucket.wait_ms(rate, cost))
            return
        if client.session is None:
            self._take_first(client, frame, now_ms)
            return
        if type(body) is not wire.Ping:
            client.active_ms = now_ms
        handler(client, frame.ref, body, now_ms)

    def _take_fault(self, client: Client, fault: Fault, now_ms: int) -> None:
        """Answer what is no request. It is one as far as the rate goes."""
        rate = self._rate_per_s
        if rate and not client.bucket.take(now_ms, rate, self._rate_burst):
            self._refuse_for_now(client, fault.ref, client.bucket.wait_ms(rate))
        else:
            client.refuse(fault.ref, fault.code, fault.detail)

    def _refuse_for_now(self, client: Client, ref: int, wait_ms: int) -> None:
        """Say how long to wait; who does not is not read from for a while, and who never does is closed."""
        bucket = client.bucket
        client.refuse(ref, Code.RATE_LIMITED, "", wait_ms)
        if bucket.refused >= HOLD_AFTER:
            bucket.refused = 0
            bucket.holds += 1
            if bucket.holds >= DEAF_AFTER:
                client.connection.close(Close.FLOOD, "flood")
            else:
                client.connection.hold(max(self._settings.hold_s, wait_ms / 1000))

    # ------------------------------------------------------------------ Hello

    def _take_first(self, client: Client, frame: ClientFrame, now_ms: int) -> None:
        """Take a request of somebody not yet welcomed: Hello, or what waits until Hello is answered."""
        if client.greeting is None:
            if isinstance(frame.body, wire.Hello):
                self._hello(client, frame.ref, frame.body, frame.seq)
            else:
                client.refuse(frame.ref, Code.HELLO_EXPECTED)
        elif isinstance(frame.body, wire.Hello):
            client.refuse(frame.ref, Code.HELLO_EXPECTED)
        elif len(client.held) >= _HELD_MAX:
            client.refuse(frame.ref, Code.BUSY)
        else:
            client.held.append((frame, now_ms))

    def _hello(self, client: Client, ref: int, hello: wire.Hello, seq: int) -> None:
        if self.draining:
            client.refuse(ref, Code.DRAINING)
            client.connection.close(Close.GOING_AWAY, Code.DRAINING.name)
            return
        try:
            identity = self._verify_token(hello.token)
        except TokenExpired:
            client.refuse(ref, Code.TOKEN_EXPIRED)
            return
        except LoginEnded:
            client.refuse(ref, Code.SESSION_REVOKED)
            return
        except TokenInvalid:
            client.refuse(ref, Code.UNAUTHENTICATED)
            return
        client.active_ms = self._clock.now_ms()
        client.position = (hello.session_id, seq)
        self._greet(client, Session(identity, uuid.uuid4().hex, self._address, client.active_ms))
        self._lobby.read(partial(self._greet_with_lobby, client, ref))

    def _greet_with_lobby(self, client: Client, ref: int, tables: Sequence[wire.TableInfo]) -> None:
        session = client.greeting
        if session is None or not client.is_open:
            return
        who = session.identity
        question = orders.ReadMoney(who.player_id, who.ccy)
        self._desk.order(f"wallet/{who.shard}", question, client, ref, partial(self._greet_with_money, tables))

    def _greet_with_money(
        self, tables: Sequence[wire.TableInfo], client: Client, ref: int, _: str, answer: Any
    ) -> None:
        session = client.greeting
        if session is None or not client.is_open:
            return
        held, client.held = client.held, []
        self._greet(client, None)
        if isinstance(answer, Failure):
            code = translate.code_of_failure(answer, read_only=True)
            for waiting in (ref, *(frame.ref for frame, _ in held)):
                client.refuse(waiting, code)
            return
        session.apply_answer(answer)  # a refusal: staff and devices need no account
        missed = self._begin(client, session)
        welcome = translate.welcome(
            session, self._clock.now_ms(), self._settings.heartbeat_s, tables, recovered=missed is not None
        )
        client.answer(ref, welcome)
        for push in missed or ():
            client.connection.send(push)
        for frame, came_ms in held:
            self._handlers[type(frame.body)][0](client, frame.ref, frame.body, came_ms)

    def _hello_again(self, client: Client, ref: int, _: wire.Hello, __: int) -> None:
        client.refuse(ref, Code.HELLO_EXPECTED)

    # ------------------------------------------------------------------ connection, money, lobby

    def _ping(self, client: Client, ref: int, ping: wire.Ping, now_ms: int) -> None:
        client.metrics.note_rtt(ping.rtt_ms)
        client.answer(ref, wire.Pong(ping.client_ms, now_ms))

    def _get_balance(self, client: Client, ref: int, _: wire.GetBalance, __: int) -> None:
        session = _session(client)
        if _is_denied(client, ref, session.check_pending()):
            return
        session.pending += 1
        who = session.identity
        self._desk.order(f"wallet/{who.shard}", orders.ReadMoney(who.player_id, who.ccy), client, ref, _deliver_balance)

    def _list_tables(self, client: Client, ref: int, _: wire.ListTables, __: int) -> None:
        session = _session(client)
        if _is_denied(client, ref, session.check_pending()):
            return
        session.pending += 1
        self._lobby.read(partial(_deliver_tables, client, ref))

    # ------------------------------------------------------------------ tables

    def _join_table(self, client: Client, ref: int, join: wire.JoinTable, _: int) -> None:
        session = _session(client)
        if not self._lobby.knows(join.table_id):
            client.refuse(ref, Code.UNKNOWN_TABLE)
        elif not _is_denied(client, ref, session.check_join(join.table_id)):
            session.pending += 1
            session.tables.add(join.table_id)
            self._feed_of(join.table_id, session.audience).join(client, ref, join.epoch, join.version)

    def _leave_table(self, client: Client, ref: int, leave: wire.LeaveTable, _: int) -> None:
        session = _session(client)
        if leave.table_id not in session.tables:
            client.refuse(ref, Code.NOT_JOINED)
            return
        session.tables.discard(leave.table_id)
        self._feed_of(leave.table_id, session.audience).leave(client)
        client.answer(ref, wire.LeftTable(leave.table_id))

    def _play(self, client: Client, ref: int, request: translate.PlayRequest, now_ms: int) -> None:
        session = client.session
        assert session is not None
        denial = session.check_play(request.table_id)
        if denial is not None:
            client.refuse(ref, Code(denial))
            return
        order = translate.play_order(request, session.seat, now_ms)
        if isinstance(order, Code):
            client.refuse(ref, order)
            return
        session.pending += 1
        self._desk.order(f"table/{request.table_id}", order, client, ref, _deliver_order)

    def _deal(self, client: Client, ref: int, request: translate_dealer.DealerRequest, _: int) -> None:
        session = _session(client)
        if _is_denied(client, ref, session.check_deal(translate_dealer.dealer_verb(request))):
            return
        if not self._lobby.knows(request.table_id):
            client.refuse(ref, Code.UNKNOWN_TABLE)
            return
        order = translate_dealer.dealer_order(request, session.seat, session.is_device)
        if isinstance(order, Code):
            client.refuse(ref, order)
            return
        session.pending += 1
        self._desk.order(f"table/{request.table_id}", order, client, ref, _deliver_order)


def _session(client: Client) -> Session:
    assert client.session is not None
    return client.session


def _is_denied(client: Client, ref: int, denial: Denial | None) -> bool:
    if denial is not None:
        client.refuse(ref, Code(denial))
    return denial is not None


def _deliver_order(client: Client, ref: int, table_id: str, answer: Any) -> None:
    """Answer a player's or dealer's order with what the table said."""
    session = client.session
    assert session is not None
    session.pending -= 1
    session.apply_answer(answer)
    client.answer(ref, translate.reply(table_id, answer))


def _deliver_balance(client: Client, ref: int, _: str, answer: Any) -> None:
    session = _session(client)
    session.pending -= 1
    session.apply_answer(answer)
    if isinstance(answer, Failure):
        client.refuse(ref, translate.code_of_failure(answer, read_only=True))
    elif isinstance(answer, commands.Refused) and answer.code != Refusal.UNKNOWN_ACCOUNT:
        client.refuse(ref, translate.code_of_refusal(answer), answer.detail)
    else:
        client.answer(ref, translate.balance(session))


def _deliver_tables(client: Client, ref: int, tables: Sequence[wire.TableInfo]) -> None:
    _session(client).pending -= 1
    client.answer(ref, wire.Tables(list(tables)))
