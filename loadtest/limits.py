"""Pass marks of a swarm, and what all personas share."""

from __future__ import annotations

from typing import Final

#: Accounts made by load tests hold play money on a local machine only.
LOADTEST_PASSWORD: Final = "load-test-only-password"
#: Share of requests that may fail before the run fails. None: every failure is a finding.
MAX_FAILED_SHARE: Final = 0.0
