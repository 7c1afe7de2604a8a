"""How many orders a second one wallet shard carries out: `python -m server.bench.wallet --dsn ...`.

Drives `handle_batch` itself, with players who reserve and are settled, so gateway, table and courier are left out.
Run it on a database of its own: the orders stay in the books. Compare only runs that are interleaved.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import time
from argparse import ArgumentParser

import uvloop

from actors.domain.commands import Refused
from actors.domain.ids import Origin, derive_id, make_id
from actors.domain.money.orders import Deposit, Done, OpenAccount, Reserve, Settle, WalletMessage
from actors.wallet import WalletShard
from server.storage.ledger import PostgresLedger
from server.storage.migrate import migrate_database

_KEY = b"bench"


class _SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


def _id(origin: Origin) -> bytes:
    return make_id(time.time_ns() // 1_000_000, origin, os.urandom(9))


async def _open(shard: WalletShard, players: int) -> None:
    for first in range(1, players + 1, 500):
        some = range(first, min(first + 500, players + 1))
        orders: list[WalletMessage] = [OpenAccount(_id(Origin.CASHIER), player, 1) for player in some]
        orders += [Deposit(_id(Origin.CASHIER), player, 1, 10**12) for player in some]
        _expect_done(await shard.handle_batch("bench", orders))


def _expect_done(answers: object) -> None:
    wrong = [answer for answer in answers if not isinstance(answer, Done)]  # type: ignore[attr-defined]
    if wrong:
        raise SystemExit(f"unexpected answers: {wrong[:3]}")


async def _caller(shard: WalletShard, size: int, players: int, until_s: float, latencies_ms: list[float]) -> int:
    """Reserve and settle, size orders per call, one call after the other. Return how many orders were carried out."""
    done, draw = 0, random.Random(size)
    while time.perf_counter() < until_s:
        round_id = os.urandom(16)
        stakes = [
            Reserve(_id(Origin.CLIENT), draw.randint(1, players), 1, 100, round_id, "bench", 1) for _ in range(size)
        ]
        settles = [
            Settle(
                derive_id(_KEY, stake.cmd_id, Origin.SETTLE, "settle"),
                stake.cmd_id,
                stake.player_id,
                draw.choice((0, 200)),
                round_id,
            )
            for stake in stakes
        ]
        for orders in (stakes, settles):
            started = time.perf_counter()
            answers = await shard.handle_batch("bench", orders)
            latencies_ms.append((time.perf_counter() - started) * 1000)
            if any(isinstance(answer, Refused) for answer in answers):
                _expect_done(answers)
            done += size
    return done


async def bench(dsn: str, sizes: list[int], callers: int, players: int, seconds: float) -> None:
    """Print one line per batch size."""
    await migrate_database(dsn, shards=1)
    shard = WalletShard(0, PostgresLedger(dsn, 0), _SystemClock(), owner="bench", fatal=lambda error: None)
    await shard.start()
    try:
        await _open(shard, players)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        for size in sizes:
            latencies_ms: list[float] = []
            started, cpu = time.perf_counter(), time.process_time()
            seq = shard.seq
            counts = await asyncio.gather(
                *[_caller(shard, size, players, started + seconds, latencies_ms) for _ in range(callers)]
            )
            took, used = time.perf_counter() - started, time.process_time() - cpu
            latencies_ms.sort()
            p50, p99 = latencies_ms[len(latencies_ms) // 2], latencies_ms[len(latencies_ms) * 99 // 100]
            orders = sum(counts)
            print(
                f"{callers} callers x {size:4} orders a call: {orders / took:8,.0f} orders/s  "
                f"p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  {used / orders * 1e6:5.1f} us CPU an order, caller's included",
                flush=True,
            )
            assert shard.seq - seq == orders
    finally:
        await shard.stop()


def main() -> None:
    """Read the command line and run."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10, 100, 500])
    parser.add_argument("--callers", type=int, default=2)
    parser.add_argument("--players", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    uvloop.run(bench(given.dsn, given.sizes, given.callers, given.players, given.seconds))


if __name__ == "__main__":
    main()
