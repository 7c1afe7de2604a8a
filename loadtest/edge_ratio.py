"""A gateway's CPU of a bet beside that of the load generator, with nothing behind it: `python -m loadtest.edge_ratio`.

The gateway, in this process, has a real courier whose link answers every batch after `--delay-ms`; `loadtest.bets` is another
process. Both do one read and one write a bet, so that the ratio says what the gateway adds, whatever the machine's hour
is. What is behind the link is measured and left out.

Keys of `--json`: `connections`, `rounds` (`per_s`, `gateway_us`, `generator_us`), `ratio` (median of gateway over generator).
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Final

import uvloop

from actors.domain import events
from actors.domain.contracts import CONTRACTS
from actors.runtime.batches import Codec
from actors.runtime.host import GC_THRESHOLDS
from loadtest.edge import Behind, Meter, make_courier
from loadtest.listening import raise_descriptor_limit
from loadtest.lone_gateway import TABLE, LoneTable, make_gateway
from server.clock import SystemClock
from server.gateway.gateway import Gateway
from server.gateway.limits import GatewaySettings

_ROUND: Final = bytes(16)
_WARM_UP_S: Final = 0.5


async def measure(given: Namespace) -> dict[str, Any]:
    """Return the figures of all rounds."""
    raise_descriptor_limit(given.connections + 200)
    rounds = [await one_round(given) for _ in range(given.rounds)]
    ratio = statistics.median(one["gateway_us"] / one["generator_us"] for one in rounds)
    return {"connections": given.connections, "rounds": rounds, "ratio": round(ratio, 3)}


async def one_round(given: Namespace) -> dict[str, float]:
    """Return bets a second and both sides' CPU microseconds of a bet, of a new gateway and a new generator."""
    meter, table = Meter(), LoneTable()
    settings = GatewaySettings(rate_per_s=1_000_000, rate_burst=4_000_000, per_address=0)
    post = make_courier(Behind(meter, table, given.delay_ms / 1000), Codec(CONTRACTS))
    gateway = make_gateway(post, SystemClock(), settings)
    await gateway.start()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    generator, tokens = await _generator(gateway.port, given)
    opening = asyncio.ensure_future(_open_round(gateway, table, 2 * given.connections))
    assert generator.stderr is not None
    while b"measuring" not in (line := await generator.stderr.readline()):
        if not line:
            raise SystemExit("the load generator failed")
    cpu, behind, bets = time.process_time_ns(), meter.spent_ns["behind"], gateway.metrics.frames_in_total
    await asyncio.sleep(given.seconds - 0.2)
    cpu, behind = time.process_time_ns() - cpu, meter.spent_ns["behind"] - behind
    bets = gateway.metrics.frames_in_total - bets
    figures = json.loads((await generator.communicate())[0])
    os.unlink(tokens)
    await opening
    await gateway.stop()
    found = {
        "per_s": figures["per_s"],
        "gateway_us": round((cpu - behind) / 1000 / bets, 2),
        "generator_us": round(figures["generator_cpu_s"] * 1e6 / figures["bets"], 2),
    }
    print(", ".join(f"{name} {value:,}" for name, value in found.items()), flush=True)
    return found


async def _generator(port: int, given: Namespace) -> tuple[asyncio.subprocess.Process, str]:
    """Start it; return its process and the file of its tokens."""
    with tempfile.NamedTemporaryFile("w", suffix=".tokens", delete=False) as tokens:
        tokens.write("\n".join(f"player{n}:{n + 1}" for n in range(given.connections)))
    words = ["--url", f"ws://127.0.0.1:{port}/", "--tokens", tokens.name, "--table", TABLE]
    words += ["--connections", str(given.connections), "--seconds", str(given.seconds), "--warmup", str(_WARM_UP_S)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadtest.bets", *words), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    return process, tokens.name


async def _open_round(gateway: Gateway, table: LoneTable, frames: int) -> None:
    """Open a round when everybody has said Hello and sat down, and knows of it."""
    while gateway.metrics.frames_in_total < frames:  # noqa: ASYNC110 - they tell nobody
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)
    table.version += 1
    opened = events.RoundOpened(_ROUND, 1, 0, 0, 0)
    await gateway.handle_batch("tables/rng", [events.TableNews(TABLE, table.epoch, table.version, [opened])])


def main() -> None:
    """Read the command line, run, report."""
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--delay-ms", type=float, default=3.0, help="until a batch is answered")
    parser.add_argument("--json", type=Path, help="write the result here")
    given = parser.parse_args()
    found = uvloop.run(measure(given))
    print(f"gateway over generator: {found['ratio']}")
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
