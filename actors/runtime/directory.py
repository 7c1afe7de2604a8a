"""Who lives where: from an actor's address to its host."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

log = logging.getLogger(__name__)

REFRESH_S: Final = 3.0
#: Misses cause an earlier refresh, at most this often.
MISS_S: Final = 0.25
SUPERVISOR_HOST: Final = "supervisor/main"
TABLE: Final = "table/"


class Directory:
    """Wallets and gateways live on hosts of their own name, supervisors together, tables where `load` says.

    load: returns {table id: host name}; called every few seconds and soon after a miss. While it fails, the last known
    placement serves: a message to a host that has lost its table comes back as UNKNOWN. together: the host in which
    wallets, tables and gateway live, where that is one, whatever the placement says.
    """

    def __init__(
        self, load: Callable[[], Awaitable[Mapping[str, str]]], refresh_s: float = REFRESH_S, *, together: str = ""
    ) -> None:
        self._load = load
        self._together = together
        self._refresh_s = refresh_s
        self._tables: Mapping[str, str] = {}
        self._missed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def host_of(self, address: str) -> str | None:
        """Return the host of an address, None if it is unknown (yet)."""
        kind, _, name = address.partition("/")
        if kind in ("table", "instant"):
            host = self._tables.get(name)
            if host is None:
                self._missed.set()
            return host
        if kind == "supervisor":
            return SUPERVISOR_HOST
        return self._together or address if kind in ("wallet", "gateway") else None

    def tables(self) -> list[str]:
        """Return the ids of all tables, in the order they were loaded."""
        return list(self._tables)

    def tables_of(self, host: str) -> list[str]:
        """Return the ids of the tables that this host should run."""
        return [table_id for table_id, place in self._tables.items() if place == host]

    async def start(self) -> None:
        """Load the placement and keep it fresh. Raises what `load` raises."""
        await self.refresh()
        self._task = asyncio.create_task(self._keep_fresh(), name="directory")

    async def stop(self) -> None:
        """End the refreshing."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def refresh(self) -> None:
        """Load the placement now. Raises what `load` raises."""
        placement = await self._load()
        self._tables = dict.fromkeys(placement, self._together) if self._together else dict(placement)

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(MISS_S)
            try:
                async with asyncio.timeout(self._refresh_s):
                    await self._missed.wait()
            except TimeoutError:
                pass
            self._missed.clear()
            try:
                await self.refresh()
            except Exception as error:  # outermost loop: a database that is away must not end the directory
                log.warning("the placement of tables cannot be loaded: %s", error)
