"""How fast the audit is and how much memory it takes, on books that grow: `python -m server.bench.audit --help`.

Fills the books of shard 0 in a database made for it (through the wallet's own core and `commit_batch`, without actors),
signs a checkpoint now and then, and runs the whole audit and the one since a checkpoint in a fresh process each.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from actors.domain.money.apply import apply
from actors.domain.money.batch import Batch
from actors.domain.money.recovery import recover
from actors.supervisors.notary import Notary
from server.audit import audit
from server.bench.orders import OrderBook
from server.clock import SystemClock
from server.config import Config
from server.embedded.postgres import PostgresServer
from server.evidence import EvidenceSigner, keys_file, publish_key
from server.secrets import load_secrets
from server.storage.checkpoints import CheckpointFiles, PostgresCheckpoints
from server.storage.ledger import PostgresLedger
from server.storage.migrate import migrate_database
from server.storage.shards import Books

PLAYERS = 1_000
BATCH = 1_000


async def fill(dsn: str, rows: int, checkpoint: Any) -> None:
    """Add rows to shard 0; call checkpoint() nine times on the way, last before the last tenth."""
    store = PostgresLedger(dsn, 0)
    days = await store.prepare_days()
    head = await store.claim("bench")
    now_ms = SystemClock().now_ms()
    state = recover(0, await store.load(now_ms - 120_000), now_ms)
    state.first_day, state.end_day = days
    epoch, seq, last = head.epoch, head.seq, head.head
    book = OrderBook(PLAYERS, seed=seq)
    if not seq:
        rows -= 2 * PLAYERS
    wanted = [] if seq else list(book.accounts(BATCH).untimed)
    wanted += book.bets(rows // BATCH, BATCH).timed
    step = max(1, len(wanted) // 10)
    for n, blob in enumerate(wanted, 1):
        batch = Batch(0, last, store.encode)
        for order in book.decode([blob]):
            for row in apply(state, order, SystemClock().now_ms())[1]:
                batch.add(row)
        commit = batch.seal(epoch, seq)
        await store.commit(commit)
        seq, last = commit.last_seq, commit.new_head
        if n % step == 0 and n <= len(wanted) - step:
            await checkpoint()
    await store.close()


async def measure(dsn: str, state: Path, since: bool) -> None:
    """Audit once; print what it took as JSON."""
    config = Config(state=state)
    process = psutil.Process()
    before = process.memory_info().rss
    peak = before

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    report = await audit([dsn], keys=keys_file(config), checkpoints=config.checkpoint_folder, since_checkpoint=since)
    took_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
    watching.cancel()
    shard = report.shards[0]
    checked = shard.rows - shard.since
    print(
        json.dumps(
            {
                "mode": "since a checkpoint" if since else "whole",
                "rows": shard.rows,
                "rows_checked": checked,
                "checkpoints": shard.checkpoints,
                "ok": report.ok,
                "s": round(took_s, 1),
                "rows_per_s": round(checked / took_s),
                "auditor_cpu_s": round(cpu_s, 1),
                "chain_s": round(sum(r.took_s for r in report.results if r.law == "hash_chain"), 1),
                "rss_before_mb": before >> 20,
                "rss_peak_mb": peak >> 20,
            }
        ),
        flush=True,
    )


async def run(folder: Path, sizes: list[int]) -> None:
    """Grow the books from size to size; measure at each, in processes of their own."""
    server = PostgresServer(folder / "postgres", password="bench", durable=False)
    await server.start()
    try:
        await _grow(server.dsn(), folder / "state", sizes)
    finally:
        await server.stop(10)


async def _grow(dsn: str, state: Path, sizes: list[int]) -> None:
    await migrate_database(dsn)
    config = Config(state=state)
    secrets = load_secrets(config)
    publish_key(config, secrets, 1)
    books = Books({dsn: (0, 1)})
    signer = EvidenceSigner(secrets.evidence)
    place = CheckpointFiles(config.checkpoint_folder)

    async def checkpoint() -> None:
        notary = Notary(PostgresCheckpoints(books), place, signer, SystemClock(), period_s=1, fatal=print)
        await notary.work()

    filled = 0
    for size in sizes:
        await fill(dsn, size - filled, checkpoint)
        filled = size
        for mode in ("whole", "since"):
            command = [
                sys.executable,
                "-m",
                "server.bench.audit",
                "--measure",
                mode,
                "--dsn",
                dsn,
                "--state",
                str(state),
            ]
            await asyncio.to_thread(subprocess.run, command, check=True)
    await books.close()


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000, 300_000], help="sizes of the books, rising")
    parser.add_argument("--measure", choices=("whole", "since"), help=argparse.SUPPRESS)
    parser.add_argument("--dsn", default="", help=argparse.SUPPRESS)
    parser.add_argument("--state", type=Path, default=Path(), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        asyncio.run(measure(given.dsn, given.state, given.measure == "since"))
    else:
        with tempfile.TemporaryDirectory(prefix="croupier-audit-") as name:
            Path(name).chmod(0o711)  # PostgreSQL may run as another user
            asyncio.run(run(Path(name), given.rows))


if __name__ == "__main__":
    main()
