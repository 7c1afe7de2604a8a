"""A Locust swarm of mixed players, headless, with kills, judged by limits, laws, the books and the audit.

`python -m loadtest.swarm --players 2000 --seconds 600 --kills 8` (`make swarm USERS=2000 TIME=600 KILLS=8`) starts a platform of
its own; `--host http://...` takes one that runs, and then only what players were told is held together. Writes `build/swarm/`:
`index.html` (verdict, laws, kills, plots, and Locust's own report), `swarm.json`, `book/`. Exit code 1: it did not pass.

Keys of swarm.json: `verdict`, `findings`, `players`, `seconds`, `shape`, `link`, `kills` ({at_s, host, pid}), `requests`, `per_s`,
`kinds` (by kind: count, failed, p50_ms, p99_ms, max_ms; from the intended time), `generator` (late_p99_ms, cpu_s, us_per_request),
`told` (players, stakes, settled, given_back, undone, spins, told_again, unsure, untold, agreed), `resumed`, `snapshots_instead`,
`gaps`, `duplicates`, `cuts`, `bonuses`, `refusals`, `abuse`, `quiet_s`, `settled_after_s`, `audit`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import psutil

from loadtest import accounts
from loadtest.kills import Kill, Killer
from loadtest.limits import Limits
from loadtest.platform import ROOT, Platform, add_link, over
from loadtest.shapes.curves import DRAIN_S, SHAPES
from loadtest.swarm_report import Run, write
from loadtest.verdict import WELCOME_MINOR, Outcome, judge_run

#: Fast rounds, money for a long evening, and as many connections from one address as it takes.
ENVIRON: Final = {
    "CROUPIER_BETTING_MS": "6000",
    "CROUPIER_PAUSE_MS": "2000",
    "CROUPIER_WELCOME_MINOR": str(WELCOME_MINOR),
    "CROUPIER_ACCESS_TOKEN_S": "7200",
    "CROUPIER_BONUS_PERIOD_S": "30",
    "CROUPIER_CONNECTIONS_PER_ADDRESS": "0",
    "CROUPIER_LOG_LEVEL": "warning",
}
#: Kills begin when everybody has come, and end before the drain.
_KILLS_FROM, _KILLS_TO = 0.25, 0.95
_STOP_S: Final = 15
#: Master and workers meet, users enter: nothing of that takes longer.
_START_S: Final = 60
_WRITING_S: Final = 180
#: Bounds of p99 where none is given. Every kill holds up all players for seconds, and that is more than a hundredth of most runs.
_P99_MS, _P99_KILLED_MS = 10_000.0, 30_000.0


def options(parser: argparse.ArgumentParser) -> None:
    """Add what makes one swarm different from another."""
    parser.add_argument("--players", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0, help="without start and drain")
    parser.add_argument("--shape", choices=tuple(SHAPES), default="ramp")
    parser.add_argument("--kills", type=int, default=0, help="how many hosts are killed with -9")
    parser.add_argument("--processes", type=int, default=2, help="Locust's workers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--p99-ms", type=float, help="bound of p99 of every kind of request (10,000; with kills 30,000); 0: none"
    )
    parser.add_argument("--p99-of", nargs="*", default=[], metavar="KIND=MS", help="bounds of single kinds")
    parser.add_argument("--p99-over-p50", type=float, default=0.0, help="bound of that ratio; 0: none")
    parser.add_argument(
        "--late-ms", type=float, default=5_000.0, help="bound of the generator's own delay, p99; 0: none"
    )
    add_link(parser)


def limits_of(given: argparse.Namespace) -> Limits:
    """Return the limits that the command line names."""
    by_kind = {kind: float(ms) for kind, _, ms in (words.partition("=") for words in given.p99_of)}
    usual_ms = _P99_KILLED_MS if given.kills else _P99_MS
    return Limits(
        p99_ms=usual_ms if given.p99_ms is None else given.p99_ms,
        by_kind=by_kind,
        p99_over_p50=given.p99_over_p50,
        late_p99_ms=given.late_ms,
    )


def locust(http: str, given: argparse.Namespace, out: Path, players: Path) -> subprocess.Popen[bytes]:
    """Start Locust without its page, its master and its workers on loopback."""
    port = str(_free_port())
    files = ",".join(str(ROOT / "loadtest" / name) for name in ("locustfile.py", "shapes/traffic.py"))
    command = [sys.executable, "-m", "locust", "-f", files, "--host", http, "--headless", "--only-summary"]
    command += ["--processes", str(given.processes), "--master-bind-host", "127.0.0.1", "--master-bind-port", port]
    command += ["--master-host", "127.0.0.1", "--master-port", port, "--stop-timeout", str(_STOP_S)]
    command += ["--html", str(out / "locust.html"), "--book", str(out / "book"), "--accounts", str(players)]
    command += ["--share", str(given.processes), "--shape", given.shape, "--players", str(given.players)]
    command += ["--seconds", str(given.seconds), "--loglevel", "WARNING"]
    command += ["--killed"] if given.kills else []
    return subprocess.Popen(command, cwd=ROOT, env=_environ())


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of it behind, its workers neither."""
    if process.poll() is None:
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # Locust ends its workers itself, too
                child.kill()
        process.kill()
        process.wait(10)


def _environ() -> dict[str, str]:
    """Return our environment without settings of a platform."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CROUPIER_")}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def swarm(http: str, given: argparse.Namespace, out: Path, platform: Platform | None, tag: str) -> Run:
    """Play, and return what happened. Leaves `book/` and Locust's report in out."""
    (out / "book").mkdir(parents=True, exist_ok=True)
    for old in (out / "book").iterdir():
        old.unlink()
    began_s = time.monotonic()
    made = accounts.make(http, tag, given.players + 5 * given.processes)
    print(f"{len(made)} accounts in {time.monotonic() - began_s:.0f} s", flush=True)
    accounts.save(made, out / "book" / "accounts")
    killer = None
    if platform is not None and given.kills:
        span_s = given.seconds * (_KILLS_TO - _KILLS_FROM)
        killer = Killer(platform, given.kills, given.seconds * _KILLS_FROM, span_s, given.seed)
    began_s = time.time()
    process = locust(http, given, out, out / "book" / "accounts")
    try:
        if killer is not None:
            killer.start()
        code = process.wait(_START_S + given.seconds + DRAIN_S + 2 * _STOP_S + _WRITING_S)
    except subprocess.TimeoutExpired:
        code = -1
    finally:
        _end(process)
        if killer is not None:
            killer.stop()
        (out / "book" / "accounts").unlink(missing_ok=True)
    done: list[Kill] = killer.done if killer is not None else []
    return Run(began_s, given.players, given.seconds, given.shape, given.link, done, code)


def judged(run: Run, given: argparse.Namespace, out: Path, platform: Platform | None) -> Outcome:
    """Hold what players were told to itself, to the limits, and where there is a platform of our own to the books."""
    dsn = platform.cli("dsn").stdout.strip() if platform is not None else ""
    outcome = judge_run(out / "book", limits_of(given), dsn, given.processes)
    if run.locust_code not in (0, 1):
        outcome.findings.append(f"Locust ended with {run.locust_code}")
    if platform is not None:
        audit = platform.cli("audit", timeout_s=1800)
        outcome.audit = audit.returncode
        outcome.audit_text = (audit.stdout or audit.stderr).strip()
        if audit.returncode:
            outcome.findings.append("the audit found a law broken")
    return outcome


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, run, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options(parser)
    parser.add_argument("--host", default="", help="a platform that runs; none: one of its own")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "swarm")
    given = parser.parse_args(arguments)
    if given.host and given.kills:
        parser.error("only hosts of a platform of its own are killed")
    tag = f"swarm{int(time.time()):x}"
    with ExitStack() as stack:
        platform = None
        if not given.host:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="croupier-swarm-"))
            os.chmod(folder, 0o711)  # PostgreSQL's user must pass it when this runs as root
            platform = stack.enter_context(Platform(Path(folder) / "state", over(given.link, ENVIRON)))
            print(f"ready after {platform.ready_s:.1f} s", flush=True)
        run = swarm(platform.http if platform is not None else given.host, given, given.out, platform, tag)
        outcome = judged(run, given, given.out, platform)
        report = write(run, outcome, given.out)
    print(json.dumps(report, indent=1))
    print(outcome.audit_text)
    print(f"swarm: {report['verdict']}, see {given.out / 'index.html'}")
    raise SystemExit(0 if report["verdict"] == "passed" else 1)


if __name__ == "__main__":
    main()
