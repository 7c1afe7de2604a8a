"""What holds for all tests: property tests try the same examples every time, so that a run proves one commit.

`HYPOTHESIS_PROFILE=explore` looks for new ones (as `make test-all` does); what it finds becomes an `@example` or a test.
"""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

from server.config import LINKS, Config

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the fault tests be run over either link: `make faults ARGS="--link ray"`."""
    parser.addoption("--link", choices=LINKS, default=Config().link, help="what the fault tests' hosts speak over")


# Whoever started us in the background may have had SIGINT ignored; the platforms that tests start must hear Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests that end one host and look at the others need them apart, on whatever machine; those of the hall ask for it.
os.environ.setdefault("CROUPIER_LAYOUT", "apart")
