"""Seeds of the whole platform in one process; `make simulate` runs thousands and replays a failing one.

Each campaign is a process of its own with a fixed hash seed, because the order of sets of bytes is part of a run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from loadtest.platform import ROOT
from tests.simulation import report

SEEDS = 300


def simulate(*words: str) -> subprocess.CompletedProcess[str]:
    """Run seeds in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation.run", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )


@pytest.mark.timeout(600)
def test_simulated_seeds_keep_every_law_and_meet_every_class_of_trouble() -> None:
    done = simulate("--seeds", str(SEEDS))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_same_seed_gives_the_same_run_alone_among_others_and_with_a_trace() -> None:
    among = simulate("--seeds", "4", "--first", "52", "--digests", "--jobs", "1").stdout.splitlines()
    for seed in ("54", "55"):  # apart, and together in a hall
        traced = [simulate("--seeds", "1", "--first", seed, "--trace").stdout.splitlines() for _ in range(2)]
        digest = next(line for line in among if line.startswith(f"seed {seed}: digest"))
        assert digest in traced[0]
        one, other = (
            [line for line in lines if not line.startswith("1 seeds in ")] for lines in traced
        )  # how long it took
        assert one == other
        assert len(one) == len(traced[0]) - 1


def test_campaign_that_missed_a_class_of_trouble_says_which() -> None:
    all_but_one = Counter({name: 1 for name in report.MUST_HAPPEN if name != "crash wallet at K5"})
    assert report.absent(all_but_one) == ["crash wallet at K5"]
    assert "never happened: crash wallet at K5" in report.summary(300, [], all_but_one, 1.0, ["crash wallet at K5"])
