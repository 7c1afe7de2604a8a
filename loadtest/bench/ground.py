"""A platform to measure on: its settings, its tables, its players, and when it is quiet enough to begin.

A measurement contains whatever the platform does in its window: supervisors that score and record what was bet a moment ago
belong to the price of a bet. What is left of the measurement before does not, so each begins only when that is done
(`Ground.quiet`): every reservation closed, and every follower of the journal at its end.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError

import asyncpg

from loadtest.limits import LOADTEST_PASSWORD
from loadtest.platform import LAYOUT, Platform, over
from server.config import load_config

#: For bets: betting windows long enough to measure in.
TABLE: Final = "bench-1"
#: For rounds: short windows, one after the other.
ROUNDS_TABLE: Final = "bench-2"
BETTING_MS: Final = {TABLE: 9_000, ROUNDS_TABLE: 5_000}

#: That of this machine, or of its environment.
_LAYOUT: Final = load_config().layout

#: Players who never run dry, no limit of rates or addresses: what is measured is the path of a bet.
ENVIRON: Final = {
    "CROUPIER_WELCOME_MINOR": str(10**12),
    "CROUPIER_RATE_PER_S": "0",
    "CROUPIER_CONNECTIONS_PER_ADDRESS": "0",
    "CROUPIER_LOG_LEVEL": "warning",
    "CROUPIER_ACCESS_TOKEN_S": "7200",
    LAYOUT: _LAYOUT,
    # In one process a second shard only makes the commits smaller; the bench's books are new, so it may choose.
    "CROUPIER_SHARDS": "1" if _LAYOUT == "together" else "2",
}
#: Every batch travels between processes.
ALL_APART: Final = {**ENVIRON, LAYOUT: "apart", "CROUPIER_SHARDS": "2"}
#: A start that takes longer than this fails the figures; what it may take is one of them (`start.s`).
START_WITHIN_S: Final = 300.0
#: The longest that one measurement waits for what the last has left.
QUIET_WITHIN_S: Final = 60.0
#: Reservations that are still open, and rows of the journal that a follower has not read yet.
_LEFT: Final = """
select (select count(*) from wallet.reservation where state = 0)
     + (select coalesce(sum(greatest(0, s.last_seq - coalesce(at.seq, 0))), 0)
          from wallet.shard s cross join (select distinct follower from casino.follower) f
          left join casino.follower at on at.follower = f.follower and at.shard_id = s.shard_id)"""


def table_config(table_id: str) -> dict[str, Any]:
    """Return a table whose limits never say no."""
    return {
        "table_id": table_id,
        "kind": "rng",
        "title": table_id,
        "betting_ms": BETTING_MS[table_id],
        "pause_ms": 500,
        "min_cycle_ms": 0,
        "min_stake_minor": 1,
        "max_table_minor": 10**12,
        "max_by_size": {str(size): 10**12 for size in (1, 2, 3, 4, 6, 12, 18)},
        "max_bets": 1_000_000,
        "max_round_bets": 1_000_000,
        "sort": 9,
    }


async def add_table(dsn: str, table_id: str = TABLE) -> None:
    """Make a table known; the table host finds it by itself."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "insert into casino.game_table (table_id, game, kind, title, host, config, sort)"
            " values ($1, 'roulette', 'rng', $1, 'tables/rng', $2::text::jsonb, 9)"
            " on conflict (table_id) do nothing",
            table_id,
            json.dumps(table_config(table_id)),
        )
    finally:
        await connection.close()


def register_all(platform: Platform, count: int, into: Path, known: Sequence[str] = ()) -> list[str]:
    """Make the players, write their tokens one a line, and return them. known: tokens of the first of them."""
    with ThreadPoolExecutor(16) as pool:
        tokens = [*known, *pool.map(lambda n: _token(platform, f"bench{n:05d}"), range(len(known), count))]
    into.write_text("\n".join(tokens))
    return tokens


def _token(platform: Platform, name: str) -> str:
    """Register, or log in; a lost answer is no reason to give up a run of many minutes."""
    for _ in range(4):
        with suppress(URLError, ConnectionError, TimeoutError):
            return platform.register(name, LOADTEST_PASSWORD)
    return platform.register(name, LOADTEST_PASSWORD)


class Ground:
    """A platform that runs, and what measurements need of it. token_file: one token a line, as many as were asked for."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform = platform
        self.folder = folder
        self.dsn = platform.cli("dsn").stdout.strip()
        self.binaries = Path(platform.cli("dsn", "--binaries").stdout.strip())
        self.url: str = platform.get("/api/config")["ws_url"]
        self.token_file = folder / "tokens"
        self._tokens: list[str] = []

    def tokens(self, count: int) -> list[str]:
        """Return tokens of so many players, who are made where they are not there yet."""
        if len(self._tokens) < count:
            self._tokens = register_all(self.platform, count, self.token_file, self._tokens)
            print(f"{count} players", flush=True)
        return self._tokens[:count]

    async def quiet(self) -> float:
        """Wait until nothing is left of what was measured before, at most QUIET_WITHIN_S; return how long that took."""
        began_s = time.monotonic()
        connection = await asyncpg.connect(self.dsn)
        try:
            looks, left = 0, 0
            while looks < 2 and time.monotonic() < began_s + QUIET_WITHIN_S:  # work that we look at may cause more
                left = await connection.fetchval(_LEFT)
                looks = 0 if left else looks + 1
                await asyncio.sleep(0.2)
        finally:
            await connection.close()
        if looks < 2:
            print(f"  NOT QUIET: {left} reservations and rows are left after {QUIET_WITHIN_S:.0f} s", flush=True)
        return time.monotonic() - began_s

    def audit(self) -> None:
        """Check the books. Raises RuntimeError with what is wrong."""
        done = self.platform.cli("audit")
        if done.returncode != 0:
            raise RuntimeError(f"the audit is not clean:\n{done.stdout}{done.stderr}")


@contextmanager
def fresh_platform(link: str, environ: Mapping[str, str] = ENVIRON) -> Iterator[tuple[Platform, Path]]:
    """Give a platform that was never started before, and a folder beside its state; everything goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="croupier-bench-") as folder:
        os.chmod(folder, 0o711)  # PostgreSQL's user must pass when this runs as root
        platform = Platform(Path(folder) / "state", over(link, environ))
        platform.start(START_WITHIN_S)
        print(f"a platform over {link}: ready after {platform.ready_s:.1f} s", flush=True)
        try:
            yield platform, Path(folder)
        finally:
            platform.stop()
