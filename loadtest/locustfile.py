"""Entry for Locust: `locust -f loadtest/locustfile.py --host http://127.0.0.1:8080`. A failed request fails the run."""

from __future__ import annotations

from typing import Any

from locust import events

from loadtest.limits import MAX_FAILED_SHARE
from loadtest.users.roulette import CasualRoulettePlayer

__all__ = ["CasualRoulettePlayer"]


def judge(environment: Any, **_: Any) -> None:
    """Set the exit code by the pass marks."""
    total = environment.stats.total
    if total.num_requests == 0 or total.fail_ratio > MAX_FAILED_SHARE:
        environment.process_exit_code = 1


events.quitting.add_listener(judge)  # type: ignore[no-untyped-call]
