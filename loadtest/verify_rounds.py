"""Rounds of every game, judged by all three verifiers: `python -m loadtest.verify_rounds --rounds 10000`.

The game code plays the rounds; every tenth is then tampered with. Judges: the house's verifier, the web page's (built
for Node from the page's sources), the stand-alone script. Each true round must be verified, and every verdict, with all
numbers found, must be the same in all three. `--chromium`: the built page itself judges all of them once more, in a browser
without a network. Writes `build/verify_rounds.json`; exit code 1: a verdict differs, or a true round was not verified.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from server.fairness.samples import GAMES, is_tampered, sample
from server.fairness.verify import verify

ROOT: Final = Path(__file__).resolve().parents[1]
WEB: Final = ROOT / "clients" / "web"
OUT: Final = ROOT / "build" / "verify_rounds"


def main(arguments: Sequence[str] | None = None) -> int:
    """Deal, judge, compare, print. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10_000, help="of each game")
    parser.add_argument("--chromium", action="store_true", help="let the built page judge them, too")
    options = parser.parse_args(arguments)
    node = _with_node()
    _build(node)
    results = {game: _compare(game, options.rounds, node) for game in GAMES}
    if options.chromium:
        for game in GAMES:
            results[game]["page_in_chromium"] = _in_chromium(game, options.rounds, node)
    for game, result in results.items():
        print(f"{game}: {json.dumps(result)}")
    (ROOT / "build" / "verify_rounds.json").write_text(json.dumps(results, indent=2) + "\n")
    same = all(result["same"] and result["all_true_ones_verified"] for result in results.values())
    total = sum(result["rounds"] for result in results.values())
    print(f"{total:,} rounds: {'all verdicts are the same' if same else 'VERDICTS DIFFER'}")
    return 0 if same else 1


def _with_node() -> dict[str, str]:
    path = subprocess.run(
        [str(ROOT / ".ci" / "node-path")], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return {**os.environ, "PATH": path.strip()}


def _build(node: dict[str, str]) -> None:
    command = ["npx", "vite", "build", "--ssr", "tests/verify/bulk.ts", "--outDir", str(OUT), "--logLevel", "error"]
    subprocess.run(command, cwd=WEB, env=node, check=True)


def _compare(game: str, rounds: int, node: dict[str, str]) -> dict[str, Any]:
    records = [sample(game, index) for index in range(rounds)]
    began = time.perf_counter()
    house = [json.loads(msgspec.json.encode(verify(record))) for record in records]
    took = {"python": time.perf_counter() - began}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rounds.jsonl"
        file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        began = time.perf_counter()
        page = _judged(["node", str(OUT / "bulk.js"), str(file)], node)
        took["page"] = time.perf_counter() - began
        began = time.perf_counter()
        script = _judged(["node", str(ROOT / "docs" / "verify" / "verify.mjs"), "--lines", str(file)], node)
        took["script"] = time.perf_counter() - began
    true = [verdict["ok"] for index, verdict in enumerate(house) if not is_tampered(index)]
    problems = Counter(problem for verdict in house for problem in verdict["problems"])
    return {
        "rounds": rounds,
        "true": len(true),
        "all_true_ones_verified": all(true),
        "tampered_with_and_found_out": sum(not verdict["ok"] for verdict in house),
        "problems": dict(sorted(problems.items())),
        "same": house == page == script,
        "took_s": {name: round(seconds, 1) for name, seconds in took.items()},
    }


def _judged(command: Sequence[str], node: dict[str, str]) -> list[Any]:
    done = subprocess.run(command, env=node, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _in_chromium(game: str, rounds: int, node: dict[str, str]) -> str:
    records = [sample(game, index) for index in range(rounds)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rounds.json"
        file.write_text(json.dumps(records), encoding="utf-8")
        command = ["node", str(WEB / "scripts" / "verify_page.mjs"), str(file)]
        done = subprocess.run(command, cwd=WEB, env=node, capture_output=True, text=True, check=True)
    counts = json.loads(done.stdout)
    good = sum(verify(record).ok for record in records)
    if (int(counts["good"]), int(counts["bad"])) != (good, rounds - good):
        raise RuntimeError(f"the page in Chromium counts {counts}, the house {good} of {rounds}")
    return f"{good:,} of {rounds:,} verified"


if __name__ == "__main__":
    sys.exit(main())
