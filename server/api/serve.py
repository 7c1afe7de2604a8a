"""The HTTP server inside a host's event loop: uvicorn without its signal handlers, which belong to the host."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence
from typing import Any

import uvicorn

from server.tls import LiveCertificate


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say when requests are answered."""
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGINT and SIGTERM to the host."""
        yield


class ApiServer:
    """Serves an ASGI application on one address until stopped."""

    def __init__(
        self,
        app: Any,
        bind: str,
        port: int,
        certificate: LiveCertificate | None = None,
        *,
        share_port: bool = False,
        proxies: Sequence[str] = (),
    ) -> None:
        """share_port: listen also where another process of this user listens, if that one does so too.

        proxies: networks whose word is taken for a client's address and scheme. Nobody else's is: limits count by address.
        """
        settings = uvicorn.Config(
            app,
            host=bind,
            port=port,
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            timeout_keep_alive=15,
            timeout_graceful_shutdown=5,
            limit_concurrency=2_000,
        )
        settings.load()
        settings.ssl = certificate.context if certificate is not None else None
        self._server = _Server(settings)
        self._bind = bind
        self._requested_port = port
        self._share_port = share_port
        self._task: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen and return when requests are answered. Raises OSError when the port is taken."""
        listener = socket.create_server(
            (self._bind, self._requested_port),
            family=_family(self._bind),
            backlog=2_048,
            reuse_port=self._share_port,
        )
        self.port = listener.getsockname()[1]
        self._task = asyncio.create_task(self._serve(listener), name="http-api")
        up = asyncio.create_task(self._server.up.wait())
        await asyncio.wait((self._task, up), return_when=asyncio.FIRST_COMPLETED)
        if not up.cancel():
            return
        await self._task
        raise RuntimeError("the HTTP server ended while it started; its log says why")

    async def stop(self) -> None:
        """Finish what is running, at most five seconds, and stop listening. Safe to repeat."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task

    async def _serve(self, listener: socket.socket) -> None:
        with contextlib.closing(listener):
            await self._server.serve(sockets=[listener])


def _family(bind: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in bind else socket.AF_INET
