"""What a host keeps of memory is used again, and not asked of the system a second time. Each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent

_KEEP: Final = """
import asyncio, json, resource
from server import memory
memory._STEP_S = 0
memory._machine_mib = lambda: {machine_mib}
kept = asyncio.run(memory.keep_memory({mib}))
faults = []
for _ in range(4):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [bytes(400) for _ in range(16 * 2048)]
    del blocks
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(json.dumps([len(kept), faults]))
"""


def keeping(mib: int, machine_mib: int = 16_384) -> tuple[int, list[int]]:
    """Return how many blocks keep so much, and the page faults each time that 14 MB are taken and given back then."""
    words = [sys.executable, "-c", _KEEP.format(mib=mib, machine_mib=machine_mib)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    count, faults = json.loads(done.stdout)
    return count, faults


def test_kept_memory_is_used_again_and_again() -> None:
    count, faults = keeping(32)
    assert 30 <= count <= 70  # one in each of its megabytes
    assert max(faults) < 500  # of 3,500 pages
    assert min(keeping(0)[1]) > 3_000  # what is not kept is taken anew each time


def test_small_machine_keeps_little() -> None:
    assert 2 <= keeping(256, machine_mib=128)[0] <= 6


def test_nothing_may_be_kept() -> None:
    assert keeping(0)[0] == 0
