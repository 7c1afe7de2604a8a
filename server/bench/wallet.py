"""How many orders a second one wallet shard makes durable, beside pgbench on the same server: `python -m server.bench.wallet`.

Starts a PostgreSQL of its own. Every round takes pgbench (tpcb-like, prepared, each number of clients) and each mix of
orders in turn, for a machine's speed drifts; figures are medians over the rounds, ratios are taken within a round.

Measured: encoded batches into the host's receiver, answers out of it encoded: decoding, rules, hashes, commit with chain,
fence and all checks on, fsync on. Not measured: making the orders (done before the clock starts) and carrying the batches.

| mix | orders |
| --- | --- |
| uniform | stakes of random players; each is settled by the next batch, half of them win the double |
| voids | reservations made before are voided: two accounts of a player, none of the house |
| hot | reservations made before are lost: every order moves the account of GGR; its rate over that of `voids` counts |
| wagers | stake and win in one order, every one moves GGR |
| light | one order at a time, a few milliseconds apart, in turn with bare commits: an update of one row by the same driver |

An order may find a commit under way and then needs its own: its latency counts in commits of the shard (`own`), and in bare
ones, which do not do a commit's work.

Keys of the result (`--json`; in `build/bench.json` under `wallet`): `pgbench_tpcb_tps` (best number of clients), `per_s`,
`ratio_pgbench_tpcb` and `cpu_us` (of the uniform mix), `hot_over_uniform`, `light_p99_own_commits`, `light_p50_commits`,
`light_p99_commits` (in bare commits), `bare_p99_commits`, `bare_commit_ms`, `mixes.<mix>.{per_s, rows_a_commit,
ratio_pgbench_tpcb}`, `rounds` (everything as measured).
`cpu_us.{decode, apply, hash, arrays, encode, loop, wallet, postgres, postgres_other}`: an order's, by part. `wallet` is the sum
of the first six, `loop` what no other part is, `postgres` the backend that commits, `postgres_other` the rest of the server.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import re
import statistics
import subprocess
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
import uvloop

from actors.domain.commands import Refused
from actors.domain.contracts import CONTRACTS
from actors.domain.ids import Origin
from actors.domain.money.orders import Reserve
from actors.runtime.batches import Codec
from actors.runtime.counters import Counters
from actors.runtime.host import GC_THRESHOLDS
from actors.runtime.receiver import Receiver
from actors.wallet import WalletShard
from server.bench.meter import Meter, MeteredCodec, MeteredLedger, MeteredShard, ServerCpu, alone_us
from server.bench.orders import CCY, STAKE_MINOR, Caller, OrderBook, new_id
from server.clock import SystemClock
from server.embedded.postgres import PostgresServer
from server.storage.migrate import migrate_database

PGBENCH: Final = "pgbench"
MIXES: Final = ("uniform", "voids", "hot", "wagers")
_BARE: Final = "update bench.bare set n = n + 1"


class Bench:
    """One shard in this process, as a wallet's host has it, and the server it writes to."""

    def __init__(self, server: PostgresServer, given: Namespace) -> None:
        self._server = server
        self._given = given
        self._book = OrderBook(given.players)
        self._answers = Codec(CONTRACTS)
        self.meter = Meter()
        self.ledger = MeteredLedger(server.dsn(), 0, self.meter)
        self.shard = WalletShard(0, self.ledger, SystemClock(), owner="bench", fatal=_fatal)
        actors = {"wallet/0": MeteredShard(self.shard, self.meter)}
        self._receiver = Receiver(1, MeteredCodec(self.meter), actors, Counters(), lambda _, error: _fatal(error))

    async def open(self) -> None:
        """Make accounts, and the relation of the bare commit."""
        await migrate_database(self._server.dsn(), shards=1)
        self._bare = await asyncpg.connect(self._server.dsn(), server_settings={"synchronous_commit": "on"})
        await self._bare.execute(
            "create schema bench; create table bench.bare (n bigint); insert into bench.bare values (0)"
        )
        await self.shard.start()
        await self._send(self._book.accounts(500).untimed)
        backend = await self._bare.fetchval("select backend_pid from wallet.shard")
        self._cpu = ServerCpu(self._server.pid, backend)
        for relation in ("wallet.account", "wallet.shard"):
            await self._bare.execute(f"vacuum analyze {relation}")
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    async def close(self) -> None:
        """Let go of everything."""
        await self.shard.stop()
        await self._bare.close()

    async def run(self, mix: str) -> dict[str, Any]:
        """Return orders a second, rows a commit and CPU by part of one mix."""
        callers = [self._caller(mix) for _ in range(self._given.callers)]
        await asyncio.gather(*[self._send(caller.untimed) for caller in callers])
        self.meter.spent_ns.clear()
        self.ledger.sizes.clear()
        before, server_before = self.shard.seq, self._cpu.read()
        started, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*[self._send(caller.timed) for caller in callers])
        took, used = time.perf_counter() - started, time.process_time() - cpu
        orders, server_used = self.shard.seq - before, self._cpu.read()
        parts = {part: ns / 1000 / orders for part, ns in self.meter.spent_ns.items()}
        parts["postgres"], parts["postgres_other"] = [
            (after - start) * 1e6 / orders for after, start in zip(server_used, server_before, strict=True)
        ]
        return {
            "orders": orders,
            "per_s": orders / took,
            "rows_a_commit": statistics.median(self.ledger.sizes),
            "cpu_us": self._by_part(parts, used * 1e6 / orders, callers[0]),
        }

    def _by_part(self, parts: dict[str, float], wallet_us: float, caller: Caller) -> dict[str, float]:
        """Take hashes and lines, measured alone, out of the part that contains them."""
        assert self.ledger.last is not None
        of_hashes, of_lines = alone_us(self.ledger.last, self._book.decode(caller.timed))
        prepared = parts.pop("prepare", 0.0)
        parts["apply"] -= of_hashes + of_lines + prepared
        parts["hash"] = of_hashes
        parts["arrays"] += of_lines + prepared
        parts["loop"] = wallet_us - sum(parts[part] for part in ("decode", "apply", "hash", "arrays", "encode"))
        parts["wallet"] = wallet_us
        return {part: round(us, 2) for part, us in parts.items()}

    async def light(self) -> dict[str, float]:
        """Return the latency of single orders at light load, and of the bare commits between them."""
        draw, orders_ms, commits_ms = random.Random(1), [], []
        self.ledger.took_s.clear()
        for _ in range(self._given.light):
            await asyncio.sleep(draw.uniform(0.001, 0.004))
            began = time.perf_counter()
            await self._bare.execute(_BARE)
            commits_ms.append((time.perf_counter() - began) * 1000)
            player = draw.randint(1, self._given.players)
            order = Reserve(new_id(Origin.CLIENT), player, CCY, STAKE_MINOR, os.urandom(16), "roulette-1", 1)
            await asyncio.sleep(draw.uniform(0.001, 0.004))
            began = time.perf_counter()
            (answer,) = await self.shard.handle_batch("bench", [order])
            orders_ms.append((time.perf_counter() - began) * 1000)
            assert not isinstance(answer, Refused), answer
        orders_ms.sort()
        bare_ms, own_ms = statistics.median(commits_ms), statistics.median(self.ledger.took_s) * 1000
        return {
            "own_commit_ms": own_ms,
            "p99_own_commits": orders_ms[len(orders_ms) * 99 // 100] / own_ms,
            "bare_commit_ms": bare_ms,
            "bare_p99_commits": sorted(commits_ms)[len(commits_ms) * 99 // 100] / bare_ms,
            "p50_commits": statistics.median(orders_ms) / bare_ms,
            "p99_commits": orders_ms[len(orders_ms) * 99 // 100] / bare_ms,
        }

    def _caller(self, mix: str) -> Caller:
        size = self._given.size
        calls = max(2, self._given.orders // self._given.callers // size)
        if mix == "uniform":
            return self._book.bets(calls, size)
        if mix == "wagers":
            return self._book.wagers(calls, size)
        return self._book.closings(calls, size, hot=mix == "hot")

    async def _send(self, batches: Sequence[bytes]) -> None:
        """Deliver one batch after the other. Raises SystemExit when an order was refused."""
        blobs = [await self._receiver.deliver(batch) for batch in batches]
        for blob in blobs:
            for part in self._answers.decode_batch_answer(blob).parts:
                answers = self._answers.decode_part("wallet/0", part)
                if isinstance(answers, int) or any(isinstance(answer, Refused) for answer in answers):
                    raise SystemExit(f"unexpected answers: {answers if isinstance(answers, int) else answers[:3]}")


def _fatal(error: BaseException) -> None:
    raise SystemExit(f"the shard ended: {error!r}")


def pgbench_tps(server: PostgresServer, clients: int, seconds: float) -> float:
    """Return the tps of the tpcb-like script, prepared, on two threads."""
    words = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds)))]
    found = re.search(r"tps = ([0-9.]+) \(without", _pgbench(server, *words))
    if found is None:
        raise SystemExit("pgbench printed no tps")
    return float(found[1])


def _pgbench(server: PostgresServer, *words: str) -> str:
    command = [str(server.binaries / "pgbench"), *words, server.dsn(PGBENCH)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout


async def measure(server: PostgresServer, given: Namespace) -> list[dict[str, Any]]:
    """Return what each round measured."""
    await server.start()
    connection = await asyncpg.connect(server.dsn())
    await connection.execute(f"create database {PGBENCH}")
    await connection.close()
    await asyncio.to_thread(_pgbench, server, "-i", "-q", "-s", "10")
    bench = Bench(server, given)
    await bench.open()
    rounds = []
    try:
        for number in range(given.rounds):
            tps = {n: await asyncio.to_thread(pgbench_tps, server, n, given.seconds) for n in given.clients}
            one: dict[str, Any] = {"pgbench": tps, "pgbench_tpcb_tps": max(tps.values())}
            one |= {mix: await bench.run(mix) for mix in given.mixes}
            one["light"] = await bench.light()
            rounds.append(one)
            print(f"round {number + 1}: {_line(one)}", flush=True)
    finally:
        await bench.close()
    return rounds


def _line(one: dict[str, Any]) -> str:
    rates = [f"{mix} {one[mix]['per_s']:,.0f}/s" for mix in MIXES if mix in one]
    return f"pgbench {one['pgbench_tpcb_tps']:,.0f} tps, {', '.join(rates)}, light p99 {one['light']['p99_commits']:.1f} commits"


def summarise(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return medians over the rounds, ratios taken within each round."""

    def median(value: Any) -> float:
        return round(float(statistics.median(value(one) for one in rounds)), 3)

    mixes = {
        mix: {
            "per_s": median(lambda one, mix=mix: one[mix]["per_s"]),
            "rows_a_commit": median(lambda one, mix=mix: one[mix]["rows_a_commit"]),
            "ratio_pgbench_tpcb": median(lambda one, mix=mix: one[mix]["per_s"] / one["pgbench_tpcb_tps"]),
        }
        for mix in MIXES
        if mix in rounds[0]
    }
    report: dict[str, Any] = {"pgbench_tpcb_tps": median(lambda one: one["pgbench_tpcb_tps"]), "mixes": mixes}
    if "uniform" in mixes:
        parts = rounds[0]["uniform"]["cpu_us"]
        report["per_s"] = mixes["uniform"]["per_s"]
        report["ratio_pgbench_tpcb"] = mixes["uniform"]["ratio_pgbench_tpcb"]
        report["cpu_us"] = {part: median(lambda one, part=part: one["uniform"]["cpu_us"][part]) for part in parts}
    if "hot" in mixes and "voids" in mixes:
        report["hot_over_uniform"] = median(lambda one: one["hot"]["per_s"] / one["voids"]["per_s"])
    report["light_p50_commits"] = median(lambda one: one["light"]["p50_commits"])
    report["light_p99_commits"] = median(lambda one: one["light"]["p99_commits"])
    report["light_p99_own_commits"] = median(lambda one: one["light"]["p99_own_commits"])
    report["bare_p99_commits"] = median(lambda one: one["light"]["bare_p99_commits"])
    report["bare_commit_ms"] = median(lambda one: one["light"]["bare_commit_ms"])
    return {**report, "rounds": list(rounds)}


def print_table(report: dict[str, Any]) -> None:
    """Print the figures for a person."""
    print(f"\npgbench tpcb-like, prepared, best number of clients: {report['pgbench_tpcb_tps']:,.0f} tps (median)")
    print(f"{'mix':>10} {'orders/s':>10} {'rows a commit':>14} {'x pgbench':>10}")
    for mix, one in report["mixes"].items():
        print(f"{mix:>10} {one['per_s']:>10,.0f} {one['rows_a_commit']:>14,.0f} {one['ratio_pgbench_tpcb']:>10.2f}")
    if "hot_over_uniform" in report:
        print(f"hot over uniform (lost over voided): {report['hot_over_uniform']:.2f}")
    print(
        f"light load: p99 {report['light_p99_own_commits']:.2f} of the shard's own commits; p50"
        f" {report['light_p50_commits']:.2f}, p99 {report['light_p99_commits']:.2f} bare commits of"
        f" {report['bare_commit_ms']:.2f} ms, whose own p99 is {report['bare_p99_commits']:.2f}"
    )
    if "cpu_us" in report:
        print("CPU us an order: " + ", ".join(f"{part} {us:.1f}" for part, us in report["cpu_us"].items()))


def main() -> None:
    """Read the command line, run, report."""
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each pgbench")
    parser.add_argument(
        "--clients", type=int, nargs="+", default=[8, 16], help="of pgbench; the best of each round counts"
    )
    parser.add_argument("--mixes", nargs="+", choices=MIXES, default=list(MIXES))
    parser.add_argument("--orders", type=int, default=60_000, help="of each mix in each round")
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--size", type=int, default=125, help="orders in a batch")
    parser.add_argument("--players", type=int, default=10_000)
    parser.add_argument("--light", type=int, default=500, help="single orders in each round")
    parser.add_argument("--json", type=Path, help="write the result here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="croupier-bench-") as folder:
        os.chmod(folder, 0o711)  # PostgreSQL's user must pass when this runs as root
        server = PostgresServer(Path(folder) / "postgres", password="bench")

        async def run() -> list[dict[str, Any]]:
            try:
                return await measure(server, given)
            finally:
                await server.stop(10)

        report = summarise(uvloop.run(run()))
    print_table(report)
    if given.json is not None:
        given.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
