"""A server that says back every message: the gateway's connections and nothing behind them, for fuzzing clients.

`python -m tests.fakes.echo PORT` serves until it is interrupted; docs/evidence/rfc6455.md has what was run against it.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop

from server.gateway.limits import GatewaySettings
from server.gateway.metrics import GatewayMetrics
from server.gateway.transport import WsConnection, frame_binary
from server.gateway.writing import Outbox


class Echo:
    """Listens to any number of connections."""

    def on_open(self, connection: WsConnection) -> None:
        """Wait for messages."""

    def on_message(self, connection: WsConnection, data: bytes) -> None:
        """Say it back."""
        connection.send(frame_binary(data))

    def on_closed(self, connection: WsConnection) -> None:
        """Nothing is kept."""


async def serve(port: int) -> None:
    """Serve on 127.0.0.1 for ever."""
    loop = asyncio.get_running_loop()
    outbox, settings = Outbox(loop, GatewayMetrics("echo")), GatewaySettings()
    server = await loop.create_server(lambda: WsConnection(Echo(), outbox, settings, loop), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
