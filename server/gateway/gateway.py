"""The gateway: a WebSocket listener, the sessions of its connections, and the feeds of the tables they see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog

from actors.domain import commands, events
from actors.domain.audiences import Audience
from actors.ports import Clock, Entropy, Post
from actors.session import Identity, Session
from protocol.errors import Close, Code
from server.entropy import LibsodiumEntropy
from server.gateway import draining
from server.gateway.accepting import AfterTls, Unheard, listen
from server.gateway.client import Client
from server.gateway.fanout import TableFeed
from server.gateway.last_orders import LastOrders
from server.gateway.limits import GatewaySettings, TokenBucket
from server.gateway.lingering import Lingering, PersonalStream
from server.gateway.lobby import Lobby
from server.gateway.metrics import GatewayMetrics
from server.gateway.orders import OrderDesk
from server.gateway.policy import SessionPolicy
from server.gateway.pools import JackpotBoard
from server.gateway.requests import Requests
from server.gateway.transport import WsConnection
from server.gateway.writing import Outbox
from server.tls import LiveCertificate

#: Connections above the cap that are still told so; those above that are cut unheard.
_SURPLUS_MAX: Final = 256
_TICK_S: Final = 1.0

_log = structlog.get_logger("gateway")


class Gateway:
    """Holds the sockets; tables and wallets may restart behind it.

    Crash: connections end and clients connect again; nothing here is worth keeping. Repeating: news that came before
    is passed over. Full: bounded connections, requests per session, bytes per socket; each has its code.
    """

    def __init__(
        self,
        address: str,
        bind: str,
        port: int,
        post: Post,
        clock: Clock,
        *,
        verify_token: Callable[[str], Identity],
        tables: Callable[[], Sequence[str]],
        settings: GatewaySettings | None = None,
        entropy: Entropy | None = None,
        certificate: LiveCertificate | None = None,
        gateways: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """gateways: the addresses of all, to tell them of sessions that begin here."""
        self.address = address
        self.bind = bind
        self.port = port
        self.metrics = GatewayMetrics(address)
        self.settings = settings or GatewaySettings()
        self._post = post
        self._clock = clock
        self._verify_token = verify_token
        self._lobby = Lobby(post, clock, tables, self.settings)
        self._entropy = entropy or LibsodiumEntropy()
        self._certificate = certificate
        self._policy = SessionPolicy(self.settings, address, post, clock, gateways)
        self._clients: dict[Client, None] = {}  # in order of arrival, so that a seed replays
        self._by_player: dict[int, list[Client]] = {}  # the oldest first
        self._greeting: dict[int, Client] = {}
        self._lingering = Lingering(self.settings.linger_s, self.settings.linger_max, self.settings.sessions_per_player)
        self._feeds: dict[tuple[str, int], TableFeed] = {}  # by table and audience
        self._told: dict[TableFeed, None] = {}  # in this batch, and perhaps not flushed yet
        self._listeners: list[asyncio.Server] = []
        self._ticker: asyncio.TimerHandle | None = None
        self._all_gone = asyncio.Event()
        self.metrics.gauges["connections"] = lambda: len(self._clients)
        self.metrics.gauges["sessions"] = lambda: sum(map(len, self._by_player.values()))
        self.metrics.gauges["lingering"] = lambda: len(self._lingering)
        self.metrics.gauges["members"] = lambda: sum(feed.players for feed in self._feeds.values())

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._clients)

    def __repr__(self) -> str:
        return f"Gateway({self.address}, port {self.port}, {len(self._by_player)} sessions)"

    @property
    def clients(self) -> Sequence[Client]:
        """All who are connected now, in order of arrival."""
        return tuple(self._clients)

    # ------------------------------------------------------------------ life

    async def start(self) -> None:
        """Listen. Port 0 takes a free one, which `port` then tells. Raises OSError when the port is taken.

        With `share_port` another gateway of ours may have it: its successor listens beside it before it drains.
        """
        self.open()
        share = self.settings.share_port
        self._listeners = await listen(self._factory(), self.bind, self.port, share_port=share, **self._tls_options())
        self.port = self._listeners[0].sockets[0].getsockname()[1]
        _log.info("gateway listens", gateway=self.address, bind=self.bind, port=self.port)

    def _factory(self) -> Callable[[], asyncio.Protocol]:
        return self.connect if self._certificate is None else lambda: AfterTls(self.connect)

    def _tls_options(self) -> dict[str, Any]:
        if self._certificate is None:
            return {}
        return {
            "ssl": self._certificate.context,
            "ssl_handshake_timeout": self.settings.hello_timeout_s,
            "ssl_shutdown_timeout": self.settings.close_linger_s,
        }

    def open(self) -> None:
        """Be ready for connections, wherever they come from: `start` without the listener."""
        self._loop = asyncio.get_running_loop()
        self._outbox = Outbox(self._loop, self.metrics)
        self._jackpots = JackpotBoard(self._outbox)
        desk = OrderDesk(self._post, self._loop, self.settings.ask_timeout_s, lambda: self.connections)
        self._last_orders = LastOrders(desk, self._clock, self._loop)
        self._requests = Requests(
            self.address,
            self._clock,
            self.settings,
            desk,
            self._lobby,
            verify_token=self._verify_token,
            feed_of=self.feed_of,
            begin=self._begin,
            greet=self._greet,
        )
        self._ticker = self._loop.call_later(_TICK_S, self._every_second)

    async def drain(self, spread_s: float) -> None:
        """Take no more connections, and move everybody over spread_s. Returns when nobody is left. Safe to repeat."""
        self._turn_away()
        _log.info("gateway drains", gateway=self.address, connections=len(self._clients))
        await draining.move_clients(lambda: list(self._clients), spread_s, self._entropy)
        await self._until_all_gone()

    async def stop(self) -> None:
        """Take no more connections, tell everyone, close them, and cut those that do not go."""
        self._turn_away()
        if self._ticker is not None:
            self._ticker.cancel()
        for client in list(self._clients):
            draining.say_goodbye(client, draining.later_ms(self._entropy))
        await self._until_all_gone()
        _log.info("gateway stopped", gateway=self.address)

    def _turn_away(self) -> None:
        self._requests.draining = True
        for listener in self._listeners:
            listener.close()

    async def _until_all_gone(self) -> None:
        if self._clients:
            self._all_gone.clear()
            try:
                await asyncio.wait_for(self._all_gone.wait(), self.settings.close_linger_s)
            except TimeoutError:
                for client in list(self._clients):
                    client.connection.abort()

    # ------------------------------------------------------------------ from other actors

    async def handle_batch(self, sender: str, messages: Sequence[Any]) -> list[commands.Noted]:
        """Pass on news of tables and to players; both may come for nobody."""
        for message in messages:
            try:
                self._take_news(message)
            except Exception as error:  # outermost loop: bad news about one table must not cost everyone the connection
                self.metrics.faults_total += 1
                _log.error("news failed", sender=sender, kind=type(message).__name__, exc_info=error)
        self._flush_feeds()
        return [_NOTED] * len(messages)

    def _flush_feeds(self) -> None:
        told, self._told = self._told, {}
        for feed in told:
            feed.flush()

    def _take_news(self, message: events.GatewayMessage) -> None:
        if isinstance(message, events.TableNews):
            feed = self._feeds.get((message.table_id, message.audience))
            if feed is not None:
                self._told[feed] = None
                feed.take_news(message)
            return
        if self._told:  # whoever hears of himself has heard of the table what came before
            self._flush_feeds()
        if isinstance(message, events.SessionBegan):
            self._hear_of_session(message)
            return
        if isinstance(message, events.JackpotMeters):
            everybody = [client.connection for clients in self._by_player.values() for client in clients]
            self._jackpots.show(message, everybody)
            return
        greeted = self._greeting.get(message.player_id)
        if greeted is not None and greeted.greeting is not None:
            greeted.greeting.apply_answer(message.event)  # money that Welcome must not undercut
        for client in self._by_player.get(message.player_id, ()):
            client.take_event(message.event)
        self._lingering.take_event(message.player_id, message.event)

    def _hear_of_session(self, news: events.SessionBegan) -> None:
        for client in list(self._by_player.get(news.player_id, ())):
            if client.session is not None and self._policy.is_replaced(client.session, news):
                client.refuse(0, Code.SESSION_REPLACED)

    def end_login(self, login: str) -> None:
        """Cut whoever is here by this login."""
        for client in list(self._clients):
            session = client.session or client.greeting
            if session is not None and session.identity.login == login:
                client.refuse(0, Code.SESSION_REVOKED)

    # ------------------------------------------------------------------ from connections

    def connect(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        if len(self._clients) >= self.settings.max_connections + _SURPLUS_MAX:
            self.metrics.refused_total += 1
            return Unheard()
        connection = WsConnection(self, self._outbox, self.settings, self._loop)
        bucket = TokenBucket(self.settings.rate_burst, self._clock.now_ms())
        client = Client(connection, self.metrics, bucket)
        client.surplus = len(self._clients) >= self.settings.max_connections
        connection.client = client
        self._clients[client] = None
        return connection

    def on_open(self, connection: WsConnection) -> None:
        """Count a connection in, or turn it away when there are too many."""
        client = _client(connection)
        address = connection.peer()
        if not client.surplus and self._policy.admit(address):
            client.address = address
        else:
            client.surplus = True
        if client.surplus:
            self.metrics.refused_total += 1
            connection.close(Close.TOO_MANY_CONNECTIONS, "too many connections")
        elif self._requests.draining:  # it was accepted just before the listener was closed
            connection.close(Close.GOING_AWAY, draining.RESTART)
        else:
            self.metrics.connections_total += 1

    def on_message(self, connection: WsConnection, data: bytes) -> None:
        """Take one message; a fault of ours ends this session and no other."""
        client = connection.client
        try:
            self._requests.take(client, data)
        except Exception as error:  # outermost loop of a session
            client.crash(error)

    def on_closed(self, connection: WsConnection) -> None:
        """Forget a connection and all it saw."""
        client = _client(connection)
        self._clients.pop(client, None)
        if client.address is not None:
            self._policy.let_go(client.address)
        self._greet(client, None)
        session = client.session
        if session is not None and client.personal is not None:
            for table_id in sorted(session.tables):
                self.feed_of(table_id, session.audience).leave(client)
            session.tables.clear()
            if self._forget_session(client, session.identity.player_id):
                self._lingering.add(client.personal)
        if not self._clients:
            self._all_gone.set()

    # ------------------------------------------------------------------ sessions and feeds

    def _greet(self, client: Client, session: Session | None) -> None:
        """Note that a session is about to begin, or (None) that its Hello is answered or gone."""
        if client.greeting is not None and self._greeting.get(client.greeting.identity.player_id) is client:
            del self._greeting[client.greeting.identity.player_id]
        client.greeting = session
        client.waited_s = 0
        if session is not None:
            self._greeting[session.identity.player_id] = client

    def _begin(self, client: Client, session: Session) -> list[bytes] | None:
        """Begin a session; where the player has too many, the oldest ends. Returns what was missed of one that goes on."""
        player_id = session.identity.player_id
        client.session, client.personal = session, PersonalStream(session, self.settings.personal_kept)
        missed = self._go_on(client, client.personal) if client.position[0] else None
        sessions = self._by_player.setdefault(player_id, [])
        sessions.append(client)
        self._policy.began(session)
        self._jackpots.greet(client.connection)
        for older in sessions[: -self.settings.sessions_per_player]:
            self._forget_session(older, player_id)
            older.refuse(0, Code.SESSION_REPLACED)
        return missed

    def _go_on(self, client: Client, personal: PersonalStream) -> list[bytes] | None:
        """Go on with the session that he names: one that lingers, or whose older socket hangs and is closed now."""
        session_id, seq = client.position
        player_id = personal.session.identity.player_id
        before = self._lingering.take(player_id, session_id)
        for older in list(self._by_player.get(player_id, ())):
            if older.personal is not None and older.personal.session.session_id == session_id:
                before = older.personal
                self._forget_session(older, player_id)
                older.refuse(0, Code.SESSION_REPLACED)
        missed = None if before is None else personal.go_on_from(before, seq)
        self.metrics.recovered_total += missed is not None
        self.metrics.unrecovered_total += missed is None
        return missed

    def _forget_session(self, client: Client, player_id: int) -> bool:
        """Return whether it was one of the player's until now."""
        sessions = self._by_player.get(player_id, [])
        was_here = client in sessions
        if was_here:
            sessions.remove(client)
        if not sessions:
            self._by_player.pop(player_id, None)
        return was_here

    def feed_of(self, table_id: str, audience: Audience) -> TableFeed:
        """Return the feed of a table; its stream number stays the same as long as this gateway lives."""
        feed = self._feeds.get((table_id, audience))
        if feed is None:
            stream, timeout_s = len(self._feeds) + 1, self.settings.ask_timeout_s
            feed = self._feeds[table_id, audience] = TableFeed(
                table_id,
                stream,
                self.address,
                self._post,
                self._outbox,
                self.metrics,
                timeout_s,
                audience,
                self._last_orders,
            )
        return feed

    def _every_second(self) -> None:
        self._ticker = self._loop.call_later(_TICK_S, self._every_second)
        self.tick()

    def tick(self) -> None:
        """Renew leases, and close who is silent or never said Hello. Runs every second."""
        for feed in self._feeds.values():
            feed.tick()
        self._lingering.tick()
        self._jackpots.tick()
        self._policy.tick()
        silent_s_max, watching = 2 * self.settings.heartbeat_s, self._policy.is_watching
        for client in list(self._clients):
            connection = client.connection
            connection.silent_s += 1
            if watching or client.session is None or connection.silent_s > silent_s_max:
                self._check_alive(client)

    def _check_alive(self, client: Client) -> None:
        connection = client.connection
        if client.session is None and client.greeting is None:
            client.waited_s += 1
            if client.waited_s > self.settings.hello_timeout_s:
                connection.close(Close.HELLO_TIMEOUT, "hello timeout")
        elif connection.silent_s > 2 * self.settings.heartbeat_s:
            connection.close(Close.HEARTBEAT_LOST, "heartbeat lost")
        elif client.session is not None and (over := self._policy.over(client.session, client.active_ms)) is not None:
            client.refuse(0, over)


_NOTED: Final = commands.Noted()


def _client(connection: WsConnection) -> Client:
    client = connection.client
    assert isinstance(client, Client)
    return client
