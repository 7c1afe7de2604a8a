"""Entry for Locust: `locust -f loadtest/locustfile.py --host http://127.0.0.1:8080` loads a running platform by hand.

With `loadtest/shapes/traffic.py` behind it, `--shape` and `--players` a curve is followed; `python -m loadtest.swarm` does all of
that. Each process writes what its players were told to `--book`, and the master the figures by kind of request.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import gevent
import msgspec
from locust import events, runners

from loadtest.limits import FIGURES_FILE, Limits, judge
from loadtest.shapes.curves import DRAIN_S, SHAPES
from loadtest.users import tally
from loadtest.users.figures import figures_of
from loadtest.users.locusts import (
    Abusive,
    Baccarat,
    Blackjack,
    Casino,
    Casual,
    CrashAuto,
    CrashHand,
    Flaky,
    Hunter,
    Looker,
    Slot,
)

__all__ = [
    "Abusive",
    "Baccarat",
    "Blackjack",
    "Casual",
    "CrashAuto",
    "CrashHand",
    "Flaky",
    "Hunter",
    "Looker",
    "Slot",
]

#: Seconds. Beside a platform on two cores a worker's greenlets may all be busy for longer than Locust's three.
runners.HEARTBEAT_LIVENESS = 60


def options(parser: Any) -> None:
    """Add what a swarm is told."""
    group = parser.add_argument_group("Croupier")
    group.add_argument(
        "--shape", choices=("", *SHAPES), default="", help="curve of traffic; none: as many as Locust is told"
    )
    group.add_argument("--players", type=int, default=100, help="most players of the shape")
    group.add_argument("--seconds", type=float, default=60.0, help="how long the shape lasts, without its drain")
    group.add_argument("--accounts", default="", help="file with accounts; none: made as they are needed")
    group.add_argument("--share", type=int, default=1, help="processes that share the accounts")
    group.add_argument("--book", default="", help="folder to write down in what players were told")
    group.add_argument(
        "--killed", action="store_true", help="hosts will be killed: snapshots may stand for what was missed"
    )


def begin(environment: Any, **_: Any) -> None:
    """Open the casino where players are: in workers, or in a lone process."""
    if not isinstance(environment.runner, runners.MasterRunner):
        environment.casino = casino = Casino(environment)
        if casino.shape is not None:  # a master that ends its shape waits for this, and for nothing later
            gevent.spawn_later(casino.seconds + DRAIN_S, write_down, environment)


def write_down(environment: Any, **_: Any) -> None:
    """Write down what players were told, once, while they are still there."""
    given = environment.parsed_options
    casino = environment.casino
    if casino.written:
        return
    casino.written = True
    report = casino.tally.report(killed=given.killed)
    environment.laws_broken = bool(report.findings)
    for words in report.findings[:20]:
        print(words, flush=True)
    if given.book:
        tally.save(report, Path(given.book) / f"worker-{os.getpid()}.msgpack")


def end(environment: Any, **_: Any) -> None:
    """Write down what players were told, where no shape has said when."""
    if hasattr(environment, "casino"):
        write_down(environment)


def verdict(environment: Any, **_: Any) -> None:
    """Set the exit code by the pass marks, and write the figures down."""
    given = environment.parsed_options
    if given.worker:
        return
    figures = figures_of(environment.stats)
    if given.book:
        (Path(given.book) / FIGURES_FILE).write_bytes(msgspec.json.encode(figures))
    laws_broken: bool = getattr(environment, "laws_broken", False)
    environment.process_exit_code = 1 if laws_broken or judge(figures, Limits()) else 0


for hook, listener in (
    (events.init_command_line_parser, options),
    (events.test_start, begin),
    (events.test_stopping, end),
    (events.quitting, verdict),
):
    hook.add_listener(listener)  # type: ignore[no-untyped-call]
