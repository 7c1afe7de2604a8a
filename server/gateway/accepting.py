"""Protocols of connections that are none of ours yet, or never will be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast


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
