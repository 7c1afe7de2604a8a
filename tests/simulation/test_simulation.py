"""Seeds of the whole platform in one process; `python -m tests.simulation.run` runs thousands and replays a failing one.

Each worker is a process of its own with a fixed hash seed, because the order of sets of bytes is part of a run.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from loadtest.platform import ROOT

SEEDS_PER_PART = 100


def simulate(*words: str) -> subprocess.CompletedProcess[str]:
    """Run seeds in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation.run", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.timeout(320)
@pytest.mark.parametrize("part", range(3))
def test_simulated_seeds_keep_every_law(part: int) -> None:
    done = simulate("--seeds", str(SEEDS_PER_PART), "--first", str(1 + part * SEEDS_PER_PART))
    assert done.returncode == 0, done.stdout[-4000:]


def test_same_seed_gives_the_same_run() -> None:
    runs = [simulate("--seeds", "2", "--first", "53", "--trace").stdout for _ in range(2)]
    digests = [[line for line in run.splitlines() if "digest" in line] for run in runs]
    assert len(digests[0]) == 2
    assert digests[0] == digests[1]
