"""Listening, and the protocols of connections that are none of ours yet, or never will be."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Any, Final, cast

#: A storm must not fill it: whoever finds it full asks again a second later. The kernel takes its own limit where that is less.
BACKLOG: Final = 4096
#: libuv takes one connection a tick from a listener, however many wait: so many listeners share each socket. A storm's clients
#: then say Hello in the same ticks, and what they ask for travels together.
TOGETHER: Final = 8


async def listen(
    factory: Callable[[], asyncio.Protocol], bind: str, port: int, *, share_port: bool, **options: Any
) -> list[asyncio.Server]:
    """Return the listeners at this address; all of them are to be closed. Raises OSError when the port is taken.

    Port 0: a free one, the same for all. share_port: another process of ours may listen there too. options: for TLS.
    """
    loop = asyncio.get_running_loop()
    first = await loop.create_server(factory, bind, port, backlog=BACKLOG, reuse_port=share_port, **options)
    shared = [socket.socket(fileno=os.dup(each.fileno())) for each in first.sockets for _ in range(TOGETHER - 1)]
    return [first, *[await loop.create_server(factory, sock=each, backlog=BACKLOG, **options) for each in shared]]


class Unheard(asyncio.Protocol):
    """Cuts a connection that there is no room even to refuse."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).abort()


class AfterTls(asyncio.Protocol):
    """Makes the connection's protocol when TLS is agreed: of handshakes that fail the loop tells nobody."""

    def __init__(self, connect: Callable[[], asyncio.Protocol]) -> None:
        self._connect = connect

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        protocol = self._connect()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
