"""When `croupier up` calls itself ready."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from server import up
from server.config import Config
from server.embedded.processes import EmbeddedError
from server.progress import Progress

TAKEN = "api/0: OSError: [Errno 98] address already in use"


async def test_address_that_a_stranger_answers_on_does_not_make_us_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cause: two runs started at once and chose the same port; the second announced the first one's address."""
    monkeypatch.setattr(up, "_ask_ready", lambda _url: "")
    monkeypatch.setattr(up, "_bootstrap", lambda: SimpleNamespace(hosts_in_trouble=lambda: TAKEN))
    monkeypatch.setattr(up, "READY_TIMEOUT_S", 0.0)
    with pytest.raises(EmbeddedError, match=re.escape(f"not ready after 0 s: {TAKEN}")):
        await up.Up(Config(state=tmp_path), Progress())._wait_until_ready()


async def test_own_hosts_at_work_behind_the_address_make_us_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "_ask_ready", lambda _url: "")
    monkeypatch.setattr(up, "_bootstrap", lambda: SimpleNamespace(hosts_in_trouble=lambda: ""))
    await up.Up(Config(state=tmp_path), Progress())._wait_until_ready()
