"""One platform and one Chromium for all browser tests, ended with them; a page per person; pictures when a test fails."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from loadtest.platform import ROOT, Platform
from tests.e2e.browser import DESKTOP, Browser, BrowserError, Page
from tests.e2e.people import WINDOW_S, Person
from tests.services import services_folder

__all__ = ["services_folder"]

BUILD = ROOT / "build" / "e2e"
PICTURES = ROOT / "docs" / "screenshots" if os.environ.get("CROUPIER_SCREENSHOTS") == "1" else BUILD / "screenshots"
#: What Chromium itself writes when the server refuses or is away, which is what some tests are about.
EXPECTED = re.compile(
    r"Failed to load resource: .*(40[0-9]|429)|WebSocket connection to|ERR_(CONNECTION_REFUSED|INTERNET_DISCONNECTED)"
)

BROWSER = pytest.StashKey[Browser]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Take pictures of a failed test's pages before fixtures close them."""
    report = yield
    browser = item.config.stash.get(BROWSER, None)
    if report.failed and browser is not None:
        report.sections.append(("pages", _photograph(browser, item.name)))
    return report


def _photograph(browser: Browser, test: str) -> str:
    lines = []
    for page in list(browser.pages.values()):
        file = BUILD / "failures" / f"{test}-{page.name}.png"
        try:
            page.shoot(file)
            lines.append(f"{page.name}: at {page.path()}, see {file.relative_to(ROOT)}; {page.complaints()}")
        except BrowserError as error:
            lines.append(f"{page.name}: no picture: {error}")
    return "\n".join(lines)


@pytest.fixture(scope="package")
def casino(services_folder: Path) -> Iterator[Platform]:
    """A platform with short rounds. At the end its books must be found whole."""
    subprocess.run([".ci/web"], cwd=ROOT, check=True)
    platform = Platform(
        services_folder / "state of e2e",
        {
            "CROUPIER_BETTING_MS": str(WINDOW_S * 1_000),
            "CROUPIER_PAUSE_MS": "2500",
            "CROUPIER_BONUS_MINOR": "0",
        },
    )
    platform.start()
    yield platform
    audit = platform.cli("audit")
    code = platform.stop()
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert code == 0, platform.tail()


@pytest.fixture(scope="package")
def browser(casino: Platform, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Chromium from the npm package."""
    browser = Browser(casino.http)
    request.config.stash[BROWSER] = browser
    yield browser
    del request.config.stash[BROWSER]
    browser.stop()


Arrive = Callable[..., Person]


@pytest.fixture(scope="module")
def arrive(browser: Browser, casino: Platform) -> Iterator[Arrive]:
    """Make a person with a page; options: of the browser context. At the end no page may have complained."""
    people: list[Person] = []

    def come(name: str, *options: Mapping[str, Any]) -> Person:
        merged = {key: value for option in (DESKTOP, *options) for key, value in option.items()}
        people.append(Person(browser.open(name, merged), casino))
        return people[-1]

    yield come
    complaints = {person.name: _unexpected(person.page) for person in people}
    for person in people:
        person.page.close()
    assert not any(complaints.values()), complaints


def _unexpected(page: Page) -> list[str]:
    return [complaint for complaint in page.complaints() if not EXPECTED.search(complaint)]


@pytest.fixture(scope="package")
def shoot() -> Callable[[Person, str], None]:
    """Take a picture for the documentation; with CROUPIER_SCREENSHOTS=1 it replaces the one in docs/."""

    def take(person: Person, name: str) -> None:
        person.page.do("mouse.move", 1, 1)  # nothing is lit up because a pointer happens to lie there
        person.page.shoot(PICTURES / f"{name}.png")

    return take
