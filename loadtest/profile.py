"""Where the time of a bet goes: `python -m loadtest.profile --connections 200`.

Lets players bet as `make bench` does and, inside one betting window, takes the CPU seconds of every process of the platform and
of the load generator. With `--flames` py-spy also records each host into `build/profile/HOST.svg` (it slows them a little,
so figures and flames are best taken in separate runs). Needs the right to trace processes (root, or ptrace_scope 0).
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
from typing import Final

import psutil

from loadtest.bench.bets import bets_command
from loadtest.bench.ground import ENVIRON, add_table, register_all
from loadtest.cpu import cpu_seconds, name_backends, processes_since
from loadtest.platform import ROOT, Platform, add_link, over

OUT = ROOT / "build" / "profile"
#: A new table is found by its host within a second and by gateways within three.
KNOWN_S: Final = 5.0


def record(pid: int, host: str, seconds: float) -> subprocess.Popen[bytes]:
    """Begin a flame graph of one host."""
    name = host.removeprefix("ray::").replace("/", "-")
    words = ["record", "-r", "250", "-d", str(int(seconds)), "-o", str(OUT / f"{name}.svg"), "-p", str(pid)]
    spy = Path(sys.executable).with_name("py-spy")
    return subprocess.Popen([str(spy), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    """Run once and print a table of CPU microseconds per bet by process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--flames", action="store_true")
    add_link(parser)
    given = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="croupier-profile-") as folder,
        Platform(Path(folder), over(given.link, ENVIRON)) as platform,
    ):
        dsn = platform.cli("dsn").stdout.strip()
        asyncio.run(add_table(dsn))
        tokens = Path(folder) / "tokens"
        register_all(platform, given.connections, tokens)
        time.sleep(KNOWN_S)
        url = platform.get("/api/config")["ws_url"]
        pids = processes_since(psutil.Process(platform.pid).create_time())
        words = bets_command(url, tokens, given.connections, given.seconds)
        generator = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert generator.stderr is not None
        said = ""
        while "measuring" not in (line := generator.stderr.readline()):
            said += line
            if not line and generator.wait(30):
                raise SystemExit(f"the load generator failed:\n{said}")
        before, began_s = cpu_seconds(pids), time.monotonic()
        spies = [
            record(pid, name, given.seconds) for pid, name in pids.items() if given.flames and name.startswith("ray::")
        ]
        time.sleep(given.seconds - 0.3)
        after, took_s = cpu_seconds(pids), time.monotonic() - began_s
        asyncio.run(name_backends(dsn, pids))
        figures = json.loads(generator.communicate(timeout=120)[0])
        for spy in spies:
            spy.wait(60)
    counted = figures["per_s"] * took_s
    print(f"{figures['per_s']:,.0f} bets/s, p50 {figures['p50_ms']} ms, p99 {figures['p99_ms']} ms")
    rows = [(after[pid] - before[pid], name) for pid, name in pids.items() if pid in after and pid in before]
    rows.append((figures["generator_cpu_s"] * took_s / given.seconds, "load generator"))
    for spent, name in sorted(rows, reverse=True):
        if spent >= 0.02:
            print(f"{name:100} {spent:6.2f} s CPU {1e6 * spent / counted:7.1f} us a bet")
    print(f"{'all':100} {sum(spent for spent, _ in rows):6.2f} s CPU of {took_s * (psutil.cpu_count() or 1):.1f}")


if __name__ == "__main__":
    main()
