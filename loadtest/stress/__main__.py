"""`python -m loadtest.stress [STORM ...] --scale 1`: every storm by its name, or all. Exit code 1: a law is broken."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

import uvloop

from loadtest.listening import raise_descriptor_limit
from loadtest.stress import storms
from loadtest.stress.killed import SETTINGS, killed
from loadtest.stress.server import serving
from loadtest.stress.storms import LawBroken, Storm, churn, nothing_left

STORMS: Final[dict[str, tuple[Storm, dict[str, Any]]]] = {**storms.STORMS, "killed": (killed, SETTINGS)}


async def run(name: str, scale: float) -> dict[str, Any]:
    """Return what one storm found: its figures, or the law that it broke."""
    storm, settings = STORMS[name]
    began = time.monotonic()
    async with serving(**settings) as server:
        await churn(server, 0.002)  # what every process needs once is there before the count begins
        await asyncio.sleep(0.5)
        before = await server.ask("status")
        try:
            figures = await storm(server, scale)
            figures |= await nothing_left(server, before)
            verdict: dict[str, Any] = {"ok": True, **figures}
        except LawBroken as broken:
            verdict = {"ok": False, "seen": str(broken)}
    return {**verdict, "took_s": round(time.monotonic() - began, 1)}


async def main(names: list[str], scale: float) -> dict[str, Any]:
    """Run them one after the other; return what each found."""
    found = {}
    for name in names:
        storm = STORMS[name][0]
        print(f"{name}: {(storm.__doc__ or '').strip()}", flush=True)
        found[name] = await run(name, scale)
        words = ", ".join(
            f"{key} {value:,}" if isinstance(value, int) else f"{key} {value}" for key, value in found[name].items()
        )
        print(f"  {'kept' if found[name]['ok'] else 'BROKEN'}: {words}", flush=True)
    return found


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("storms", nargs="*", help=", ".join(STORMS))
    parser.add_argument("--scale", type=float, default=1.0, help="of what is recorded in docs/evidence/stress.md")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if unknown := set(given.storms) - set(STORMS):
        parser.error(f"no such storm: {', '.join(sorted(unknown))}")
    raise_descriptor_limit(20_000)
    verdicts = uvloop.run(main(given.storms or list(STORMS), given.scale))
    if given.json is not None:
        given.json.write_text(json.dumps(verdicts, indent=1))
    sys.exit(0 if all(one["ok"] for one in verdicts.values()) else 1)
