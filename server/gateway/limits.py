"""What a gateway allows: its limits as settings, and the bucket that holds one connection to its rate."""

from __future__ import annotations

import msgspec

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
    #: Whose pages may connect; None: any. A client that is no browser sends no `Origin` and is accepted always.
    origins: Origins | None = None
    lobby_age_ms: int = 1_000
    lobby_timeout_s: float = 1.0
    ask_timeout_s: float = 5.0
    #: How long a closing handshake may take before the socket is cut.
    close_linger_s: float = 2.0


class TokenBucket:
    """Holds one connection to its rate. Units: tokens are requests, times are milliseconds of the server's clock."""

    __slots__ = ("_at_ms", "_milli")

    def __init__(self, burst: int, now_ms: int) -> None:
        self._milli = burst * 1000
        self._at_ms = now_ms

    def take(self, now_ms: int, per_s: int, burst: int) -> bool:
        """Take one token; False: none is left. A clock that goes back fills nothing and takes nothing away."""
        elapsed_ms = now_ms - self._at_ms
        if elapsed_ms:
            self._at_ms = now_ms
            if elapsed_ms > 0:
                self._milli = min(burst * 1000, self._milli + elapsed_ms * per_s)
        if self._milli < 1000:
            return False
        self._milli -= 1000
        return True
