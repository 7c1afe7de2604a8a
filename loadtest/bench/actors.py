"""What the courier carries from one host to another, beside plain Ray calls: `python -m loadtest.bench.actors`.

Two hosts of toys on real Ray, in processes of their own. Within a round they take turns: asks through the courier over the
link, each with one message, 1,000 always under way; then as many plain calls of an actor's method; then both with one under way,
which is latency. Keys of the result (`--json`; in `build/bench.json` under `actors`), medians over the rounds:
`messages_per_s`, `plain_calls_per_s`, `messages_ratio_ray` (the ratio taken within each round), `message_alone_us`,
`plain_call_alone_us`.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Final

from loadtest.bench.targets import median, ratio
from loadtest.bench.toys import RatedHostActor
from loadtest.platform import add_link
from server import bootstrap
from server.actor_refs import HostRef
from server.config import Config
from server.hosts import HostSpec
from server.secrets import KEY_BYTES, Secrets

NAMES: Final = ("wallet/0", "wallet/1")
UNDER_WAY: Final = 1_000
_ALONE_S: Final = 0.5


def measure(given: Namespace, state: Path) -> list[dict[str, float]]:
    """Return the rates of each round, a second."""
    (state / "logs").mkdir()
    config = Config(state=state, dashboard_port=0, standbys=0, link=given.link)
    keys = Secrets(
        ids=b"", token=b"", refresh=b"", link=os.urandom(KEY_BYTES), postgres_password="", valkey_password=""
    )
    bootstrap.start_ray(config)
    try:
        specs = [HostSpec(name=name, config=config, secrets=keys, all_processes=NAMES) for name in NAMES]
        bootstrap.start_actors(specs, RatedHostActor)
        bootstrap.wait_until_ready()
        return asyncio.run(_rounds(given))
    finally:
        bootstrap.stop_hosts()
        bootstrap.stop_ray()


async def _rounds(given: Namespace) -> list[dict[str, float]]:
    caller = HostRef(NAMES[0])
    return [await _round(caller, given.seconds, number) for number in range(given.rounds)]


async def _round(caller: HostRef, seconds: float, number: int) -> dict[str, float]:
    async def rate(way: str, under_way: int, for_s: float) -> float:
        reached: float = await caller.call(way, NAMES[1], under_way, for_s)
        return reached

    one = {
        "messages": await rate("rate", UNDER_WAY, seconds),
        "plain": await rate("plain_rate", UNDER_WAY, seconds),
        "messages_alone": await rate("rate", 1, _ALONE_S),
        "plain_alone": await rate("plain_rate", 1, _ALONE_S),
    }
    print(f"round {number + 1}: " + ", ".join(f"{name} {per_s:,.0f}/s" for name, per_s in one.items()), flush=True)
    return one


def summarise(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Return medians over the rounds, the ratio taken within each."""
    return {
        "messages_per_s": median([one["messages"] for one in rounds], 0),
        "plain_calls_per_s": median([one["plain"] for one in rounds], 0),
        "messages_ratio_ray": ratio([(one["messages"], one["plain"]) for one in rounds]),
        "message_alone_us": median([1e6 / one["messages_alone"] for one in rounds], 0),
        "plain_call_alone_us": median([1e6 / one["plain_alone"] for one in rounds], 0),
        "rounds": rounds,
    }


def main() -> None:
    """Read the command line, run, report."""
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each way in each round")
    parser.add_argument("--json", type=Path, help="write the result here")
    add_link(parser)
    parser.set_defaults(link="stream")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="croupier-bench-") as folder:
        found = summarise(measure(given, Path(folder)))
    print(
        f"courier over {given.link}: {found['messages_per_s']:,.0f} messages/s, plain Ray calls:"
        f" {found['plain_calls_per_s']:,.0f}/s, ratio {found['messages_ratio_ray']:.1f}; alone"
        f" {found['message_alone_us']:,.0f} and {found['plain_call_alone_us']:,.0f} us"
    )
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
