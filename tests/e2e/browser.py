"""Chromium from Python: pages named as people, found by `data-testid`, driven through clients/web/e2e/driver.mjs."""

from __future__ import annotations

import itertools
import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from loadtest.platform import ROOT

WEB: Final = ROOT / "clients" / "web"
#: How long one order may take, above every timeout that the order itself may carry.
ORDER_TIMEOUT_S: Final = 75.0
START_TIMEOUT_S: Final = 60.0  # the first time, Chromium is unpacked

DESKTOP: Final[Mapping[str, Any]] = {"viewport": {"width": 1280, "height": 800}}
PHONE: Final[Mapping[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "deviceScaleFactor": 2,
    "isMobile": True,
    "hasTouch": True,
}
#: A size at which pictures of a table fit into a page of documentation, and into 400 kB.
PICTURE: Final[Mapping[str, Any]] = {"viewport": {"width": 1184, "height": 690}}
#: The ball lands at once, so that tests do not wait for an animation.
CALM: Final[Mapping[str, Any]] = {"reducedMotion": "reduce"}


class BrowserError(AssertionError):
    """What was expected of a page did not come; the text is Playwright's."""


def by(testid: str, **data: object) -> str:
    """Return the selector of an element by its `data-testid` and further `data-` attributes."""
    return f'[data-testid="{testid}"]' + "".join(f'[data-{name}="{value}"]' for name, value in data.items())


class Page:
    """One person's browser. Every method waits until it is done and raises BrowserError when it cannot be."""

    def __init__(self, browser: Browser, name: str, base_url: str) -> None:
        self.name = name
        self._browser = browser
        self._base_url = base_url

    def goto(self, path: str) -> None:
        """Open a path of the web client."""
        self.do("goto", self._base_url + path)

    def do(self, method: str, *args: Any) -> Any:
        """Call any method of Playwright's Page, such as "reload" or "keyboard.press"."""
        return self._browser.order(page=self.name, do=method, args=args)

    def at(self, selector: str, method: str, *args: Any) -> Any:
        """Call any method of Playwright's Locator."""
        return self._browser.order(page=self.name, at=selector, do=method, args=args)

    def click(self, selector: str) -> None:
        """Click with the mouse, as soon as the element can be hit."""
        self.at(selector, "click")

    def tap(self, selector: str) -> None:
        """Touch with a finger."""
        self.at(selector, "tap")

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        for key in keys:
            self.do("keyboard.press", key)

    def fill(self, selector: str, text: str) -> None:
        """Write into a field."""
        self.at(selector, "fill", text)

    def see(self, selector: str, timeout_s: float = 10.0, state: str = "visible") -> None:
        """Wait until the element is there; state: "visible", "attached" or "detached"."""
        self.at(selector, "waitFor", {"state": state, "timeout": timeout_s * 1000})

    def count(self, selector: str) -> int:
        """Return how many elements there are now."""
        return int(self.at(selector, "count"))

    def text(self, selector: str) -> str:
        """Return the text that a person reads."""
        return str(self.at(selector, "innerText"))

    def number(self, selector: str, attribute: str) -> int:
        """Return a whole number from an attribute."""
        return int(self.at(selector, "getAttribute", attribute))

    def path(self) -> str:
        """Return where the page is, without host."""
        return str(self.do("url")).removeprefix(self._base_url)

    def shoot(self, file: Path) -> None:
        """Take a picture of what is in view."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self.do("screenshot", {"path": str(file), "scale": "css"})

    def complaints(self) -> list[str]:
        """Return what the console and scripts have complained of since the last call."""
        return list(self.do("complaints"))

    def close(self) -> None:
        """Close this person's browser."""
        self._browser.close(self)


class Browser:
    """One Chromium for many people, each with storage of its own."""

    def __init__(self, base_url: str) -> None:
        node = shutil.which("node")
        if node is None:
            raise RuntimeError("no node on the PATH; run `make e2e`, or put what `.ci/node-path` prints on it")
        self.pages: dict[str, Page] = {}
        self._base_url = base_url
        self._ids = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any]]] = {0: queue.SimpleQueue()}
        self._process = subprocess.Popen(
            [node, "e2e/driver.mjs"], cwd=WEB, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._read, name="browser answers", daemon=True).start()
        self.version = str(self._answer(0, START_TIMEOUT_S))

    def open(self, name: str, options: Mapping[str, Any] = DESKTOP) -> Page:
        """Return a fresh page; options: of Playwright's browser context."""
        self.order(page=name, do="open", args=[options])
        self.pages[name] = Page(self, name, self._base_url)
        return self.pages[name]

    def close(self, page: Page) -> None:
        """Forget a page."""
        del self.pages[page.name]
        self.order(page=page.name, do="close")

    def order(self, **order: Any) -> Any:
        """Give an order to the driver and return its answer. Raises BrowserError."""
        number = next(self._ids)
        self._waiting[number] = queue.SimpleQueue()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, **order}) + "\n")
        self._process.stdin.flush()
        return self._answer(number, ORDER_TIMEOUT_S)

    def stop(self) -> None:
        """End Chromium."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answer(self, number: int, timeout_s: float) -> Any:
        try:
            answer = self._waiting[number].get(timeout=timeout_s)
        except queue.Empty:
            raise BrowserError(f"the driver of Chromium does not answer within {timeout_s:.0f} s") from None
        finally:
            del self._waiting[number]
        if "error" in answer:
            raise BrowserError(answer["error"])
        return answer["value"]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            waiting = self._waiting.get(answer["id"])
            if waiting is not None:
                waiting.put(answer)
        for waiting in list(self._waiting.values()):
            waiting.put({"error": f"the driver of Chromium ended, exit code {self._process.wait()}"})
