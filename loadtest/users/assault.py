"""Sockets for the abuser, under gevent: bytes in place of Hello, and a flood by somebody who is logged in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import gevent

from loadtest.accounts import Account
from loadtest.users.link import dial
from loadtest.wire import BINARY, CLOSE, client_frame, close_code_of, split_frames
from protocol.codec import encode_client_frame
from protocol.envelope import Kind
from protocol.messages import Hello, Ping

_PATIENCE_S: Final = 20.0
_READ_BYTES: Final = 32 * 1024
_KIND_AT: Final = 2


class GeventAssault:
    """See `loadtest.users.abuser.Assault`."""

    def __init__(self, find_url: Callable[[], str], stranger: Callable[[], Account]) -> None:
        self._find_url, self._stranger = find_url, stranger
        self._account: Account | None = None

    def throw(self, data: bytes) -> int:
        """Open a connection and send these bytes in place of Hello; see `Assault`."""
        try:
            sock, rest = dial(self._find_url())
        except OSError:
            return -1
        return self._listen(sock, rest, data, 0)[2]

    def flood(self, count: int) -> tuple[int, int, int]:
        """Send so many pings at once; see `Assault`. One flood at a time: a player has one session."""
        account, self._account = self._account or self._stranger(), None
        try:
            sock, rest = dial(self._find_url())
        except OSError:
            return 0, 0, -1
        frames = [encode_client_frame(1, 0, Hello(account.token, "flood"))]
        frames += [encode_client_frame(2 + number, 0, Ping(0)) for number in range(count)]
        found = self._listen(sock, rest, b"".join([client_frame(frame) for frame in frames]), count)
        self._account = account
        return found

    @staticmethod
    def _listen(sock: Any, data: bytes, sent: bytes, most: int) -> tuple[int, int, int]:
        """Send, and read until it is closed or most are answered; return (answered, refused, close code)."""
        answered = refused = 0
        try:
            with gevent.Timeout(_PATIENCE_S, False):
                sock.sendall(sent)
                while True:
                    frames, rest = split_frames(data)
                    for first, payload in frames:
                        if first == CLOSE:
                            return answered, refused, close_code_of(payload)
                        if first == BINARY:
                            answered += payload[_KIND_AT] == Kind.REPLY
                            refused += payload[_KIND_AT] == Kind.ERROR
                    if most and answered + refused > most:  # Hello's too
                        return answered - 1, refused, 0
                    more = sock.recv(_READ_BYTES)
                    if not more:
                        return answered, refused, -1
                    data = rest + more
            return answered, refused, 0
        except OSError:
            return answered, refused, -1
        finally:
            sock.close()
