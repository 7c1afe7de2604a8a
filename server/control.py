"""How other commands speak to a running `croupier up`: a unix socket in a folder that only its user may enter.

One order per connection, as a line of JSON: {"verb": "restart", "host": "wallet/0"}. The answer is lines of JSON:
{"text": ...} while it goes on, at last {"error": ...}, empty when all went well. Whoever hangs up early has no say any
more: what is begun on a host is ended, a rolling restart ends after it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from server.embedded.places import make_private_folder, socket_folder
from server.embedded.processes import EmbeddedError, Identity

log = logging.getLogger(__name__)

LINE_BYTES_MAX: Final = 4_096
ORDER_S: Final = 5.0


def control_path(state: Path) -> Path:
    """Return where the run of this state folder listens."""
    return socket_folder(state / "up") / "up.sock"


class Caller:
    """Whoever gave an order. is_there: he still listens."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.is_there = True

    def tell(self, text: str) -> None:
        """Tell how far it is."""
        self.say({"text": text})

    def say(self, message: dict[str, Any]) -> None:
        """Send a line; to one who has gone it is lost."""
        if self.is_there and not self._writer.is_closing():
            self._writer.write(json.dumps(message).encode() + b"\n")


#: Carries out an order. Raises ControlRefused, whose text is for a person.
Handle = Callable[[dict[str, Any], Caller], Awaitable[None]]


class ControlRefused(Exception):
    """The order was not carried out, or not to its end."""


class ControlServer:
    """Takes orders until it is closed. Orders under way are then cancelled."""

    def __init__(self, state: Path, handle: Handle) -> None:
        self._path = control_path(state)
        self._handle = handle
        self._server: asyncio.Server | None = None
        self._orders: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises OSError."""
        make_private_folder(self._path.parent, Identity())
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=LINE_BYTES_MAX)

    async def close(self) -> None:
        """Take no more orders and end those under way. Safe to repeat."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
            with suppress(OSError):
                self._path.parent.rmdir()
        for order in list(self._orders):
            order.cancel()
        await asyncio.gather(*self._orders, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = Caller(writer)
        try:
            async with asyncio.timeout(ORDER_S):
                order = json.loads(await reader.readline())
            work = asyncio.create_task(self._carry_out(order, caller))
            self._orders.add(work)
            work.add_done_callback(self._orders.discard)
            listening = asyncio.create_task(reader.read())  # ends when he hangs up
            await asyncio.wait((work, listening), return_when=asyncio.FIRST_COMPLETED)
            caller.is_there = work.done()
            listening.cancel()
            with suppress(OSError):
                await writer.drain()
        except (ValueError, TimeoutError, OSError) as error:
            log.warning("an order cannot be read: %r", error)
        finally:
            writer.close()

    async def _carry_out(self, order: dict[str, Any], caller: Caller) -> None:
        error = ""
        try:
            await self._handle(order, caller)
        except ControlRefused as refused:
            error = str(refused)
        except asyncio.CancelledError:
            error = "the casino stops"
        except Exception as bug:  # outermost loop of an order: `up` must go on
            log.exception("an order failed: %s", order)
            error = f"{type(bug).__name__}: {bug}"
        log.warning("order %s: %s", order, error or "done")
        caller.say({"error": error})


def give_order(state: Path, order: dict[str, Any], tell: Callable[[str], None]) -> str:
    """Give an order to the run of this state folder and return why it failed; empty: it is done. Blocks.

    Raises EmbeddedError when nothing runs there, or it ends meanwhile.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.connect(os.fspath(control_path(state)))
        except OSError:
            raise EmbeddedError(f"nothing runs in {state.absolute()}, or it is still starting") from None
        line.sendall(json.dumps(order).encode() + b"\n")
        with line.makefile("rb") as answers:
            for answer in map(json.loads, answers):
                if "error" in answer:
                    return str(answer["error"])
                tell(str(answer["text"]))
    raise EmbeddedError("`croupier up` ended meanwhile")
