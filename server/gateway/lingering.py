"""A session's personal stream, which outlives its connections for a while.

    session      on                                         becomes
    connected    connection lost                            lingering: news for its player goes on into the stream
    connected    Hello with its id (the old socket hangs)   goes on with the new connection
    lingering    Hello with its id, nothing missed is gone  connected, recovered: exactly the missed pushes follow
    lingering    linger_s passed, or too many linger        gone
    any          replaced by a newer one of its player      gone

A stream lives on one gateway, under the id that `Welcome` told: a client who comes to another gateway gets a new id.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from actors.domain import events
from actors.session import Session
from protocol import messages as wire
from protocol.codec import encode_server_frame
from protocol.envelope import Kind
from server.gateway import translate
from server.gateway.transport import frame_binary

_PUSH: Final = int(Kind.PUSH)


class PersonalStream:
    """The pushes of one session, numbered from 1 without a hole; the last `kept_max` can be sent again."""

    __slots__ = ("_kept", "_kept_max", "session")

    def __init__(self, session: Session, kept_max: int) -> None:
        self.session = session
        self._kept: dict[int, bytes] = {}  # by seq, dense, framed
        self._kept_max = kept_max

    def tell(self, seq: int, body: wire.ServerMessage) -> bytes:
        """Return the frame of push number seq, which is the session's next, and keep it."""
        frame = frame_binary(encode_server_frame(_PUSH, 0, seq, body))
        self._kept[seq] = frame
        if len(self._kept) > self._kept_max:
            del self._kept[next(iter(self._kept))]
        return frame

    def take_event(self, event: events.PersonalEvent) -> bytes | None:
        """Fold an event into the session and return its frame; None: nothing in it is new."""
        seq = self.session.apply_event(event)
        return None if seq is None else self.tell(seq, translate.personal_push(event, self.session))

    def behind(self, seq: int) -> list[bytes] | None:
        """Return the frames after seq, oldest first; None: not all of them are kept, or there never was such a seq."""
        last = self.session.personal_seq
        if not last - len(self._kept) <= seq <= last:
            return None
        return [self._kept[missed] for missed in range(seq + 1, last + 1)]

    def go_on_from(self, older: PersonalStream, seq: int) -> list[bytes] | None:
        """Go on with an older stream of the same player. Returns what was missed behind seq.

        None: this stream begins at 1, under an id of its own; only what the session counts goes on.
        """
        missed = older.behind(seq)
        self.session.go_on_from(older.session, recovered=missed is not None)
        if missed is not None:
            self._kept = dict(older._kept)
        return missed


class _Away(NamedTuple):
    stream: PersonalStream
    until: int  # the second at which it is forgotten


class Lingering:
    """Sessions without a connection. Full: the one that has been away longest goes. Crash: all are gone."""

    def __init__(self, linger_s: int, most: int, per_player: int) -> None:
        self._linger_s = linger_s
        self._most = most
        self._per_player = per_player
        self._away: dict[str, _Away] = {}  # by session id, the longest away first
        self._by_player: dict[int, list[str]] = {}
        self._second = 0

    def __len__(self) -> int:
        return len(self._away)

    def add(self, stream: PersonalStream) -> None:
        """Keep a session whose connection has just been lost."""
        session = stream.session
        self._away[session.session_id] = _Away(stream, self._second + self._linger_s)
        his = self._by_player.setdefault(session.identity.player_id, [])
        his.append(session.session_id)
        if len(his) > self._per_player:
            self._forget(his[0])
        if len(self._away) > self._most:
            self._forget(next(iter(self._away)))

    def take(self, player_id: int, session_id: str) -> PersonalStream | None:
        """Return this session, if it is this player's, and keep it no longer."""
        return self._forget(session_id) if session_id in self._by_player.get(player_id, ()) else None

    def take_event(self, player_id: int, event: events.PersonalEvent) -> None:
        """Let a player who is away find this when he comes back."""
        for session_id in self._by_player.get(player_id, ()):
            self._away[session_id].stream.take_event(event)

    def tick(self) -> None:
        """Forget whose time is over. Called every second."""
        self._second += 1
        for session_id, away in list(self._away.items()):
            if away.until > self._second:
                return
            self._forget(session_id)

    def _forget(self, session_id: str) -> PersonalStream:
        stream = self._away.pop(session_id).stream
        player_id = stream.session.identity.player_id
        his = self._by_player[player_id]
        his.remove(session_id)
        if not his:
            del self._by_player[player_id]
        return stream
