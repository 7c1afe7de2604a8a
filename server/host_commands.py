"""The commands about hosts of a running casino: `croupier restart`, `drain` and `rolling-restart`."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from server.config import load_config
from server.control import give_order

_error = Console(stderr=True, highlight=False, soft_wrap=True)
_output = Console(highlight=False, soft_wrap=True)
#: The exit code after Ctrl-C, as shells have it.
INTERRUPTED: Final = 130

_Host = Annotated[str, typer.Argument(metavar="HOST", help="such as wallet/0, tables/rng, gateway/0, or hall/0")]


def restart(host: _Host) -> None:
    """Replace the processes of one host by fresh ones, while everybody plays. Exit code 1: it was not done."""
    _order({"verb": "restart", "host": host})


def drain(host: _Host) -> None:
    """Take a gateway, a tables host or the hall out of service, until it is restarted. Exit code 1: it was not done."""
    _order({"verb": "drain", "host": host})


def rolling_restart() -> None:
    """Restart every host once, in turn, while everybody plays. After Ctrl-C it goes on with what is left."""
    _order({"verb": "rolling-restart"})


def _order(order: dict[str, Any]) -> None:
    began_s = time.monotonic()

    def tell(text: str) -> None:
        _error.print(Text(f"{time.monotonic() - began_s:6.1f} s  {text}"))

    try:
        failed = give_order(load_config().state, order, tell)
    except KeyboardInterrupt:
        _error.print("\nwhat is begun on a host is ended; nothing more is begun")
        raise typer.Exit(INTERRUPTED) from None
    if failed:
        _error.print(Text.assemble(("not done: ", "red"), failed))
        raise typer.Exit(1)
    _output.print(f"done in {time.monotonic() - began_s:.1f} s")
