"""What a host keeps of memory is used again, and not asked of the system a second time."""

from __future__ import annotations

import resource

import pytest

from server import memory
from server.memory import keep_memory


def faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


async def test_kept_memory_is_used_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_STEP_S", 0)
    kept = await keep_memory(32)
    assert 30 <= len(kept) <= 70  # one in each of its megabytes
    for _ in range(3):
        before = faults()
        blocks = [bytes(400) for _ in range(16 * 2048)]
        assert faults() - before < 1_000  # of four thousand pages
        del blocks


async def test_small_machine_keeps_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_STEP_S", 0)
    monkeypatch.setattr(memory, "_machine_mib", lambda: 128)
    assert len(await keep_memory(256)) <= 6


async def test_nothing_may_be_kept() -> None:
    assert await keep_memory(0) == []
