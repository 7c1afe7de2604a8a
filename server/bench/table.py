"""CPU microseconds of a bet at a table, by part, and of a round's settlement: `python -m server.bench.table`.

A real table on a receiver and codec of its own, as a tables host has it; the round store and the wallets are stand-ins
in memory that say yes, and what they cost does not count. Bets come as encoded batches made before the clock starts.

| part of a bet | what it is |
| --- | --- |
| decode | the batch and its orders |
| place | ids, window, limits, the round's book, the orders to the wallets |
| ask, reply | those orders to bytes, the wallets' answers out of bytes, as the courier does it |
| answer | after the wallets' answer: the book again, answers to the players |
| encode | the answers to bytes |
| stakes | stakes shown to everybody (as often as five times a second at 14,000 bets a second), to bytes too |
| loop | everything else: event loop, tasks, the receiver |

| part of a settlement | what it is |
| --- | --- |
| decide | payouts of all bets, the plan |
| plan | the plan to bytes, for the round store |
| legs | the orders to the wallets with their derived ids |
| ask, reply | those orders to bytes, the answers out of bytes |
| tell | the players' results to bytes, for their gateways |
| rest | gathering results by player, event loop, everything else |

Every round takes all sizes of a batch in turn and then a settlement; figures are medians over the rounds. `--profile`
prints where Python spends the time instead. Nothing here is durable: the wait for disks is not in it.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import json
import pstats
import random
import statistics
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop

from actors.domain.commands import CallStake, ChipStake, Follow, PlaceBet, Seat, TableState, TakeSeat
from actors.domain.contracts import CONTRACTS
from actors.domain.games.game import Outcome
from actors.domain.ids import Deriver, Origin
from actors.domain.round_book import RoundBook
from actors.runtime.batches import Batch, Codec, Group
from actors.runtime.counters import Counters
from actors.runtime.host import GC_THRESHOLDS
from actors.runtime.receiver import Receiver
from actors.table import Table
from actors.table_config import TableConfig
from actors.table_wallets import orders_of
from server.bench.meter import Meter, MeteredCodec, MeteredTable
from server.bench.orders import new_id
from server.bench.stand_ins import KEY, BenchPost, BenchRounds, BenchSeeds
from server.clock import SystemClock
from server.entropy import LibsodiumEntropy

TABLE: Final = "bench-1"
ADDRESS: Final = f"table/{TABLE}"
GATEWAY: Final = "gateway/0"
#: Stakes are shown five times a second: at 14,000 bets a second once in so many.
SHOW_EVERY: Final = 2_800
LOOK_S: Final = 0.02
_NO_CALLS: Final[list[CallStake]] = []


class Bench:
    """One table with its world, from its first round on."""

    def __init__(self, given: Namespace, window_ms: int) -> None:
        self._given = given
        self.meter = Meter()
        self.post = BenchPost(self.meter)
        self.rounds = BenchRounds(self.meter)
        huge = 10**12
        config = TableConfig(
            table_id=TABLE,
            kind="rng",
            title="Bench",
            betting_ms=window_ms,
            pause_ms=3_600_000,
            min_stake_minor=1,
            max_table_minor=huge,
            max_by_size=dict.fromkeys((1, 2, 3, 4, 6, 12, 18), huge),
            max_bets=1_000_000,
            max_round_bets=1_000_000,
        )
        self.table = Table(
            config,
            self.rounds,
            BenchSeeds(),
            self.post,
            SystemClock(),
            LibsodiumEntropy(),
            key=KEY,
            shards=range(given.shards),
            owner="bench",
            fatal=_fatal,
        )
        codec = MeteredCodec(self.meter)
        actors = {ADDRESS: MeteredTable(self.table, self.meter)}
        self._receiver = Receiver(1, codec, actors, Counters(), lambda _, error: _fatal(error))
        self._plain = Codec(CONTRACTS)
        self._seqs: dict[str, int] = {}
        self._draw = random.Random(1)
        self._unshown = 0

    async def open(self) -> RoundBook:
        """Start the table with everybody seated and return its first round."""
        await self.table.start()
        seats = [self._seat(player) for player in range(1, self._given.players + 1)]
        await self.table.handle_batch(GATEWAY, [Follow(GATEWAY, 0, 0, len(seats))])
        states = await self.table.handle_batch(GATEWAY, [TakeSeat(seat) for seat in seats])
        assert all(isinstance(state, TableState) for state in states)
        while (book := self.table.stage.book) is None:  # noqa: ASYNC110 - the table opens when it likes
            await asyncio.sleep(LOOK_S)
        return book

    def batches(self, caller: str, book: RoundBook, bets: int, size: int) -> list[bytes]:
        """Return encoded batches of bets, each of a random player on random numbers."""
        encode, first = self._plain.encode, self._seqs.get(caller, 1)
        blobs = []
        for seq in range(first, first + max(1, bets // size)):
            raw = encode([self._bet(book) for _ in range(size)])
            blobs.append(encode(Batch(caller, 1, seq, seq, [Group(ADDRESS, 1, msgspec.Raw(raw))])))
        self._seqs[caller] = first + len(blobs)
        return blobs

    def _seat(self, player: int) -> Seat:
        return Seat(player, f"player-{player}", player % self._given.shards, GATEWAY)

    def _bet(self, book: RoundBook) -> PlaceBet:
        seat = self._seat(self._draw.randint(1, self._given.players))
        chips = [ChipStake(self._draw.randrange(37), 100) for _ in range(self._given.chips)]
        return PlaceBet(
            seat, book.round_id, new_id(Origin.CLIENT), time.time_ns() // 1_000_000, "chips", chips, _NO_CALLS
        )

    async def send(self, blobs: list[bytes], size: int) -> None:
        """Deliver one batch after the other."""
        for blob in blobs:
            await self._receiver.take(blob)
            self._unshown += size
            if self._unshown >= SHOW_EVERY:
                self._unshown = 0
                self.meter.call("stakes", self.table.stage.show_stakes)


async def bets(given: Namespace, size: int, profile: cProfile.Profile | None) -> dict[str, float]:
    """Return CPU microseconds of a bet by part, in batches of this size."""
    bench = Bench(given, 3_600_000)
    book = await bench.open()
    blobs = [bench.batches(f"gateways/{n}", book, given.bets // given.callers, size) for n in range(given.callers)]
    count = size * sum(map(len, blobs))
    _collect()
    bench.meter.spent_ns.clear()
    _switch(profile, on=True)
    began = time.thread_time_ns()
    await asyncio.gather(*(bench.send(some, size) for some in blobs))
    whole = time.thread_time_ns() - began
    _switch(profile, on=False)
    assert len(book.bets) == count
    await bench.table.stop()
    return _parts(bench.meter, whole, count, ("place", "ask"), ("stakes", "news"), rest="loop")


def _parts(meter: Meter, whole_ns: int, count: int, *nested: tuple[str, str], rest: str) -> dict[str, float]:
    """Return microseconds of one by part, with what is nested taken out of its outer part, and the stand-ins left out."""
    spent = dict(meter.spent_ns)
    whole_ns -= spent.pop("stand-in", 0)
    for outer, inner in nested:
        if outer in spent:
            spent[outer] -= spent.get(inner, 0)
    if "stakes" in spent:
        spent["stakes"] += spent.pop("news", 0)
    spent[rest] = whole_ns - sum(spent.values())
    return {part: round(ns / 1000 / count, 2) for part, ns in {**spent, "table": whole_ns}.items()}


async def settle(given: Namespace, profile: cProfile.Profile | None) -> dict[str, float]:
    """Return CPU milliseconds of a round's end by part, from the end of the window to the last result told."""
    bench = Bench(given, given.window_ms)
    book = await bench.open()
    await bench.send(bench.batches("gateways/0", book, given.settled, 100), 100)
    if bench.table.stage.phase != "betting":
        raise SystemExit("the window ended before all bets were placed: give more --window-ms")
    book.pending = -1  # hold the round until everything is ready to be measured
    await _until(lambda: bench.table.stage.phase == "closed")
    await asyncio.sleep(bench.table.config.grace_ms / 1000 + 0.05)
    _collect()
    bench.meter.spent_ns.clear()
    bench.post.expected = len({player for player, _ in book.bets})
    _switch(profile, on=True)
    began, began_s, book.pending = time.thread_time_ns(), time.perf_counter(), 0
    await _until(lambda: bench.table.stage.phase == "idle")
    whole, took_s = time.thread_time_ns() - began, time.perf_counter() - began_s
    _switch(profile, on=False)
    assert bench.post.results == bench.post.expected, "everybody was told"
    await bench.table.stop()
    meter = bench.meter
    for part, ns in _alone(book, bench.rounds).items():
        meter.spent_ns[part] = ns
    meter.spent_ns["tell"] = meter.spent_ns.pop("news")
    parts = _parts(meter, whole, 1000, rest="rest")
    return {
        **parts,
        "took_ms": round(took_s * 1000, 1),
        "bets": len(book.bets),
        "plan_kb": bench.rounds.plan_bytes // 1000,
    }


def _alone(book: RoundBook, rounds: BenchRounds) -> dict[str, int]:
    """Return what deciding and deriving cost by themselves, in ns."""
    assert rounds.plan is not None
    outcome, plan, ids = Outcome(rounds.number), rounds.plan, Deriver(KEY)
    began = time.thread_time_ns()
    list(book.decide_plan(outcome))
    decided = time.thread_time_ns()
    orders_of(ids, book.round_id, plan.settle)
    return {"decide": decided - began, "legs": time.thread_time_ns() - decided}


async def _until(is_so: Any) -> None:
    while not is_so():  # noqa: ASYNC110 - a table tells its phase to gateways only
        await asyncio.sleep(LOOK_S)


def _collect() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def _switch(profile: cProfile.Profile | None, *, on: bool) -> None:
    if profile is not None:
        (profile.enable if on else profile.disable)()


def _fatal(error: BaseException) -> None:
    raise SystemExit(f"the table ended: {error!r}")


async def measure(given: Namespace) -> dict[str, Any]:
    """Return medians over the rounds: of each size of a batch by part, and of the settlement."""
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(given.rounds):
        for size in given.sizes:
            found.setdefault(f"bets.{size}", []).append(await bets(given, size, None))
        found.setdefault("settle", []).append(await settle(given, None))
    return {
        name: {part: round(statistics.median(one[part] for one in some), 2) for part in some[0]}
        for name, some in found.items()
    }


async def profiled(given: Namespace) -> None:
    """Print where Python spends the time: of bets in batches of the last size, then of a settlement."""
    for name in ("bets", "settle"):
        profile = cProfile.Profile(time.thread_time)
        await (bets(given, given.sizes[-1], profile) if name == "bets" else settle(given, profile))
        print(f"\n{name}")
        pstats.Stats(profile).sort_stats("tottime").print_stats(given.lines)


def print_table(report: dict[str, Any]) -> None:
    """Print the figures for a person."""
    for name, parts in report.items():
        unit = "ms of a settlement" if name == "settle" else "us a bet"
        print(f"{name:>9} ({unit}): " + ", ".join(f"{part} {value:g}" for part, value in parts.items()))


def main() -> None:
    """Read the command line, run, report."""
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 16, 100, 500], help="bets in a batch")
    parser.add_argument("--bets", type=int, default=20_000, help="of each size in each round")
    parser.add_argument("--callers", type=int, default=4, help="batches under way at once")
    parser.add_argument("--players", type=int, default=1_000)
    parser.add_argument("--chips", type=int, default=1, help="in each bet")
    parser.add_argument("--shards", type=int, default=2)
    parser.add_argument("--settled", type=int, default=5_000, help="bets of the round that is settled")
    parser.add_argument("--window-ms", type=int, default=4_000, help="in which those bets must be placed")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--lines", type=int, default=30, help="of the profile")
    parser.add_argument("--json", type=Path, help="write the result here")
    given = parser.parse_args()
    if given.profile:
        uvloop.run(profiled(given))
        return
    report = uvloop.run(measure(given))
    print_table(report)
    if given.json is not None:
        given.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
