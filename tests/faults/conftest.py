"""What these tests may ask for: one whole platform with fast rounds, which they hurt and leave as they found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtest.endurance import ENVIRON
from loadtest.platform import Platform, over
from server.failpoints import POINTS, mark_of
from tests.faults.books import BONUS_PERIOD_S, Books, Watch
from tests.services import services_folder

__all__ = ["services_folder"]

LOG_LINES_SHOWN = 60


@pytest.fixture(scope="session")
def link(pytestconfig: pytest.Config) -> str:
    """What batches between hosts travel over in this run."""
    return str(pytestconfig.getoption("--link"))


@pytest.fixture(scope="session")
def platform(services_folder: Path, link: str, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """The one platform of all fault tests. A test that ends it starts it again. After a failure its logs are shown.

    Every failpoint of wallet/0 is there and disarmed; a test arms one by removing its mark.
    """
    cuts = " ".join(f"wallet/0:{point}" + ":3" * point.startswith("K") for point in POINTS)
    environ = {**ENVIRON, "CROUPIER_BONUS_PERIOD_S": str(BONUS_PERIOD_S), "WALLET_FAILPOINT": cuts}
    platform = Platform(services_folder / "faults", over(link, environ))
    for mark in (mark_of(platform.state, "wallet/0", point) for point in POINTS):
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    platform.start()
    watch = Watch(Books(platform).dsn)
    yield platform
    watch.stop()
    platform.stop()
    assert watch.wrong == []
    assert watch.looks > 0
    if request.session.testsfailed:
        for log in sorted((platform.state / "logs").glob("*.log")):
            print(f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:], sep="\n")
