"""The commands about tables: `croupier table list`, `suspend` and `resume`."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated

import asyncpg
import typer
from rich.console import Console
from rich.text import Text

from server.config import load_config
from server.databases import database
from server.storage.game_watch import PostgresGameWatch

table = typer.Typer(help="Tables that open no rounds.", no_args_is_help=True)
_output = Console(highlight=False, soft_wrap=True)

_Table = Annotated[str, typer.Argument(metavar="TABLE", help="such as roulette-1")]
_Reason = Annotated[str, typer.Option("--reason", help="for the log of tables; must say something")]


@table.command("suspended")
def suspended() -> None:
    """Say which tables open no rounds, and why."""

    async def run(store: PostgresGameWatch) -> None:
        for name, reason in sorted((await store.suspended()).items()):
            _output.print(Text(f"{name}: {reason}"))

    _with_store(run)


@table.command()
def suspend(name: _Table, reason: _Reason) -> None:
    """Let a table open no more rounds; the one in play ends as announced. Exit code 1: nothing was changed."""
    _change(lambda store: store.suspend(name, _said(reason), getpass.getuser()))


@table.command()
def resume(name: _Table, reason: _Reason) -> None:
    """Let a suspended table open rounds again; what the guard counted of it begins anew. Exit code 1: nothing was changed."""
    _change(lambda store: store.resume(name, _said(reason), getpass.getuser()))


def _said(reason: str) -> str:
    if not reason.strip():
        raise typer.BadParameter("a reason must say something")
    return reason.strip()


def _change(change: Callable[[PostgresGameWatch], Awaitable[bool]]) -> None:
    async def run(store: PostgresGameWatch) -> None:
        if not await change(store):
            _output.print("nothing was changed: there is no such table, or it is so already")
            raise typer.Exit(1)
        _output.print("done; the table knows within a second")

    _with_store(run)


def _with_store(work: Callable[[PostgresGameWatch], Awaitable[None]]) -> None:
    async def run() -> None:
        async with database(load_config()) as url, asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
            await work(PostgresGameWatch(pool))

    asyncio.run(run())
