"""What these tests may ask for: one whole platform with fast rounds, which they hurt and leave as they found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtest.endurance import ENVIRON
from loadtest.platform import Platform
from tests.faults.books import BONUS_PERIOD_S
from tests.services import services_folder

__all__ = ["services_folder"]

LOG_LINES_SHOWN = 60


@pytest.fixture(scope="session")
def platform(services_folder: Path, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """The one platform of all fault tests. A test that ends it starts it again. After a failure its logs are shown."""
    platform = Platform(services_folder / "faults", {**ENVIRON, "CROUPIER_BONUS_PERIOD_S": str(BONUS_PERIOD_S)})
    platform.start()
    yield platform
    platform.stop()
    if request.session.testsfailed:
        for log in sorted((platform.state / "logs").glob("*.log")):
            print(f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:], sep="\n")
