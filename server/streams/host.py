"""Both ends of one host's streams, as its process holds them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from actors.runtime.link import Link
from server.streams.address import StreamAddress, sockets_folder
from server.streams.keys import LinkKeys
from server.streams.link import StreamLink
from server.streams.listener import StreamListener, Take

log = logging.getLogger(__name__)


class HostStreams:
    """Listens for others and connects to them. Needs a running loop.

    node, ip: of this machine; no ip: nobody on another machine shall connect. ask: asks a host, through Ray, for its
    `address`; raises LinkBroken.
    """

    def __init__(
        self, host: str, node: str, ip: str, key: bytes, take: Take, ask: Callable[[str], Awaitable[StreamAddress]]
    ) -> None:
        self._host = host
        self._node = node
        self._keys = LinkKeys(key)
        self._ask = ask
        self._links: list[StreamLink] = []
        self.listener = StreamListener(host, node, self._keys, take)
        self.problem = "starting"
        self._task = asyncio.create_task(self._start(ip), name=f"listen {host}")

    def connect(self, host: str) -> Link:
        """Return a link to a host. It looks the address up whenever it has to connect."""
        link = StreamLink(host, self._host, self._node, self._keys, lambda: self._ask(host))
        self._links.append(link)
        return link

    async def address(self) -> StreamAddress:
        """Return where we listen. Raises what kept us from listening."""
        return await asyncio.shield(self._task)

    def stop(self) -> None:
        """End all streams. Safe to repeat."""
        self.listener.stop()
        for link in self._links:
            link.close()

    async def _start(self, ip: str) -> StreamAddress:
        try:
            address = await self.listener.start(sockets_folder(), ip)
        except Exception as error:
            self.problem = f"no streams: {type(error).__name__}: {error}"
            log.exception("host %s cannot listen for streams", self._host)
            raise
        self.problem = ""
        return address
