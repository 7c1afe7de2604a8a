"""What a gateway allows: its limits as settings, and the bucket that holds one connection to its rate."""

from __future__ import annotations

from typing import Final

import msgspec

from protocol import messages as wire
from server.origins import Origins


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of a gateway, with the values for play in the open."""

    heartbeat_s: int = 10
    hello_timeout_s: int = 5
    #: Bytes that may wait in the server for one slow client.
    write_buffer_bytes: int = 1024 * 1024
    max_connections: int = 20_000
    #: Listen also where another process of this user listens, if that one does so too.
    share_port: bool = False
    #: Requests a second in the long run, and at once. rate_per_s 0: no limit.
    rate_per_s: int = 50
    rate_burst: int = 200
    #: How long a client that goes on beyond its rate is not read from.
    hold_s: float = 0.5
    #: Connections from one network address; 0: any number. Behind a balancer all have its address.
    per_address: int = 2_000
    #: Of one player at once; the newest win. 1: over all gateways; more: on each.
    sessions_per_player: int = 1
    #: How long a session may ask nothing but pings, and how old a login may become; 0: for ever.
    idle_s: int = 0
    session_s: int = 0
    #: Whose pages may connect; None: any. A client that is no browser sends no `Origin` and is accepted always.
    origins: Origins | None = None
    #: How long, and how many, sessions are kept whose connection was lost; and how many of the last personal pushes of each.
    linger_s: int = 60
    linger_max: int = 10_000
    personal_kept: int = 128
    lobby_age_ms: int = 1_000
    lobby_timeout_s: float = 1.0
    ask_timeout_s: float = 5.0
    #: How long a closing handshake may take before the socket is cut.
    close_linger_s: float = 2.0


#: What a request takes of a connection's rate, where that is not 1: what it costs the actors behind.
COSTS: Final[dict[type, int]] = {
    wire.JoinTable: 4,
    wire.ListTables: 4,
    wire.PlaceBets: 2,
    wire.RepeatBets: 2,
    wire.DoubleBets: 2,
    wire.UndoBets: 2,
    wire.Act: 2,
    wire.Spin: 2,
    wire.GetSeeds: 2,
    wire.RotateSeed: 4,
}
#: A client that is refused so often in a row is not read from for a while.
HOLD_AFTER: Final = 20
#: One that was held so often and never left its rate alone does not listen: its connection ends.
DEAF_AFTER: Final = 20


class TokenBucket:
    """Holds one connection to its rate. Units: tokens are requests, times are milliseconds of the server's clock.

    refused: how often in a row there was none left. holds: how often that led to a pause, since it last was half full.
    """

    __slots__ = ("_at_ms", "_milli", "holds", "refused")

    def __init__(self, burst: int, now_ms: int) -> None:
        self._milli = burst * 1000
        self._at_ms = now_ms
        self.refused = 0
        self.holds = 0

    def wait_ms(self, per_s: int, cost: int = 1) -> int:
        """Return after how long so much may be taken, if nothing else is."""
        return max(0, -((self._milli - cost * 1000) // per_s))

    def take(self, now_ms: int, per_s: int, burst: int, cost: int = 1) -> bool:
        """Take so many tokens; False: there are too few. A clock that goes back fills nothing and takes nothing away."""
        elapsed_ms = now_ms - self._at_ms
        if elapsed_ms:
            self._at_ms = now_ms
            if elapsed_ms > 0:
                self._milli = min(burst * 1000, self._milli + elapsed_ms * per_s)
        if self._milli < cost * 1000:
            self.refused += 1
            return False
        if self._milli >= burst * 500:
            self.holds = 0
        self._milli -= cost * 1000
        self.refused = 0
        return True
