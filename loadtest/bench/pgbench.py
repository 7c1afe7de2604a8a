"""The yardsticks: pgbench on the platform's own PostgreSQL server, in a database of their own that is dropped afterwards.

Both run prepared, with 16 clients on two threads and the server's own durability. `tpcb`: the built-in script, scale 10. `bet`: the
two writes of a bet, a row for it and its player's balance, as one statement over 100,000 players; without ids of the
client's, checks or double entry. Its rows get numbers, the quickest key there is, so that no ratio is flattered.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

import asyncpg

DATABASE: Final = "bench_yardstick"
PLAYERS: Final = 100_000

_RELATIONS: Final = f"""
create table balance (player_id bigint primary key, minor bigint not null) with (fillfactor = 50);
create table bet (
  bet_id bigint generated always as identity primary key, player_id bigint not null, stake_minor bigint not null,
  placed_at timestamptz not null default now());
insert into balance select n, 1000000000000 from generate_series(1, {PLAYERS}) n"""

BET_SCRIPT: Final = f"""\\set player random(1, {PLAYERS})
\\set stake random(1, 100)
with placed as (insert into bet (player_id, stake_minor) values (:player, :stake) returning player_id, stake_minor)
update balance b set minor = b.minor - p.stake_minor from placed p where b.player_id = p.player_id;
"""


def database_url(dsn: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return urlsplit(dsn)._replace(path=f"/{name}").geturl()


def tps_of(output: str) -> float:
    """Return what pgbench says it reached, connecting aside. Raises ValueError where it failed transactions or says nothing."""
    failed = re.search(r"number of failed transactions: (\d+)", output)
    found = re.search(r"tps = ([0-9.]+) \(without", output)
    if found is None or (failed is not None and int(failed[1])):
        raise ValueError(f"pgbench has no figure:\n{output}")
    return float(found[1])


class PgBench:
    """Use as `async with`: the scratch database lives as long."""

    def __init__(self, binaries: Path, dsn: str, folder: Path) -> None:
        """folder: where the script may be written."""
        self._program = binaries / "pgbench"
        self._dsn = dsn
        self._url = database_url(dsn, DATABASE)
        self._script = folder / "bet.sql"

    async def __aenter__(self) -> Self:
        await self._drop()
        await self._execute(self._dsn, f"create database {DATABASE}")
        self._run("-i", "-q", "-s", "10")
        await self._execute(self._url, _RELATIONS)
        await self._execute(self._url, "vacuum analyze")
        self._script.write_text(BET_SCRIPT)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._drop()

    def tpcb(self, seconds: float) -> float:
        """Return tpcb-like transactions a second."""
        return self._tps(seconds)

    def bet(self, seconds: float) -> float:
        """Return bets a second, each one statement."""
        return self._tps(seconds, "-f", str(self._script))

    def _tps(self, seconds: float, *words: str) -> float:
        return tps_of(
            self._run("-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", str(max(1, round(seconds))), *words)
        )

    def _run(self, *words: str) -> str:
        command = [str(self._program), *words, self._url]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout

    async def _drop(self) -> None:
        await self._execute(self._dsn, f"drop database if exists {DATABASE} with (force)")

    @staticmethod
    async def _execute(url: str, statements: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()
