"""Who may stay: connections of one address, sessions of one player over all gateways, how long, and whose login is over.

| what | ends with |
| --- | --- |
| more connections from one address than allowed | close 4004, before Hello |
| a newer session of the same player, here or on another gateway | SESSION_REPLACED |
| no request but pings for `idle_s` | SESSION_IDLE |
| a login older than `session_s` | SESSION_EXPIRED |
| a login that was ended (`server/logins.py`) | SESSION_REVOKED |
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Final

from actors.domain.events import SessionBegan
from actors.ports import Clock, Post
from actors.session import Session
from protocol.errors import Code
from server.gateway.limits import GatewaySettings

#: A session's beginning is told to the other gateways every second for so long, in case a message is lost.
_TELL_MS: Final = 3_000


class SessionPolicy:
    """Counts, remembers and judges; whoever asks closes the connection."""

    def __init__(
        self, settings: GatewaySettings, address: str, post: Post, clock: Clock, others: Callable[[], Sequence[str]]
    ) -> None:
        """others: addresses of the other gateways."""
        self._settings = settings
        self._address = address
        self._post = post
        self._clock = clock
        self._others = others
        #: Sessions end by themselves; see `over`.
        self.is_watching = bool(settings.session_s or settings.idle_s)
        self._connections: Counter[str] = Counter()
        self._began: deque[SessionBegan] = deque()

    def admit(self, address: str) -> bool:
        """Count a connection from this network address in; False: there are too many. "": not known, never too many."""
        allowed = self._settings.per_address
        if allowed and address and self._connections[address] >= allowed:
            return False
        self._connections[address] += 1
        return True

    def let_go(self, address: str) -> None:
        """A connection that was admitted has ended."""
        self._connections[address] -= 1
        if not self._connections[address]:
            del self._connections[address]

    def began(self, session: Session) -> None:
        """A session stands: an older one of this player ends, wherever it is."""
        if self._settings.sessions_per_player > 1:
            return
        news = SessionBegan(session.identity.player_id, session.session_id, session.began_ms)
        self._began.append(news)
        self._tell([news])

    def tick(self) -> None:
        """Tell again what is young."""
        oldest_ms = self._clock.now_ms() - _TELL_MS
        while self._began and self._began[0].began_ms < oldest_ms:
            self._began.popleft()
        if self._began:
            self._tell(list(self._began))

    def is_replaced(self, session: Session, news: SessionBegan) -> bool:
        """Tell whether a session elsewhere is the newer one. Of two of one millisecond the ids decide, the same everywhere."""
        return (news.began_ms, news.session_id) > (session.began_ms, session.session_id)

    def over(self, session: Session, active_ms: int) -> Code | None:
        """Return why a session has lasted long enough, or None. active_ms: of the last request that was no ping."""
        now_ms, settings = self._clock.now_ms(), self._settings
        if settings.session_s and now_ms > session.started_ms + settings.session_s * 1000:
            return Code.SESSION_EXPIRED
        if settings.idle_s and now_ms > active_ms + settings.idle_s * 1000:
            return Code.SESSION_IDLE
        return None

    def _tell(self, news: list[SessionBegan]) -> None:
        for gateway in self._others():
            if gateway != self._address:
                self._post.tell(gateway, news)
