"""What people do at the casino's pages: register, sit down, bet, read their balance; and what the books say of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from loadtest.platform import Platform
from tests.e2e.browser import Page, by

PASSWORD: Final = "correct horse battery"
WELCOME_MINOR: Final = 100_000
#: Betting windows at all tables: three people lay their chips in one, on a machine that does much else besides.
WINDOW_S: Final = 14
RED: Final = frozenset({1, 3, 5, 7, 9, 12, 14, 16, 18, 19, 21, 23, 25, 27, 30, 32, 34, 36})
FIRST_DOZEN: Final = 145
ON_RED: Final = 151
CONNECTED: Final = by("connection", state="connected")
#: One of my hands is asked at a blackjack table.
_ASKED: Final = by("question", mine="true")


def payout_minor(chips: Mapping[int, int], drawn: int) -> int:
    """Return what chips pay, stakes included, by a paytable of this test's own.

    Shape: chips maps position to stake; positions are straight numbers, the first dozen or red.
    Source: house rules: straight 35 to 1, dozen 2 to 1, red 1 to 1.
    """
    total = 0
    for position, stake in chips.items():
        if position <= 36:
            total += 36 * stake if position == drawn else 0
        elif position == FIRST_DOZEN:
            total += 3 * stake if 1 <= drawn <= 12 else 0
        elif position == ON_RED:
            total += 2 * stake if drawn in RED else 0
        else:
            raise AssertionError(f"position {position} is not in this paytable")
    return total


class Person:
    """Somebody with an account and a page."""

    def __init__(self, page: Page, platform: Platform) -> None:
        self.page = page
        self.name = page.name
        self._platform = platform
        self._token = ""

    # At the pages

    def register(self) -> None:
        """Make an account at the door."""
        self.page.goto("/register")
        self.fill_door("register", self.name, PASSWORD)
        self.page.see(by("lobby"))
        self.page.see(CONNECTED)

    def fill_door(self, door: str, name: str, password: str) -> None:
        """Write name and password at the door "login" or "register", and knock."""
        self.page.fill(by(f"{door}-name"), name)
        self.page.fill(by(f"{door}-password"), password)
        self.page.click(by(f"{door}-submit"))

    def sit_down(self, table_id: str) -> None:
        """Walk from the lobby to a table."""
        self.page.click(by(f"table-card-{table_id}"))
        self.page.see(by("table", table=table_id))
        self.page.see(by("layout"))

    def await_fresh_window(self, at_least_s: int = 10, timeout_s: float = 40) -> None:
        """Wait until betting is open and stays so for some seconds."""
        seconds = range(at_least_s, WINDOW_S + 1)
        fresh = ", ".join(f'.countdown:not(.resting)[data-seconds="{second}"]' for second in seconds)
        self.page.see(fresh, timeout_s=timeout_s)

    def click_chips(self, chip_minor: int, *positions: int) -> None:
        """Choose a chip and click it onto positions."""
        self.page.click(by(f"chip-{chip_minor}"))
        for position in positions:
            self.page.click(by("position", position=position))

    def tap_chips(self, chip_minor: int, *positions: int) -> None:
        """Choose a chip and lay it with a finger."""
        self.page.tap(by(f"chip-{chip_minor}"))
        for position in positions:
            self.page.tap(by("position", position=position))

    def walk_to_layout(self) -> None:
        """Press Tab until the focus is on the layout."""
        for _ in range(40):
            if self.page.count(f"{by('position')}:focus"):
                return
            self.page.press("Tab")
        raise AssertionError("Tab does not lead to the layout")

    def see_stake(self, chips: Mapping[int, int]) -> None:
        """Wait until exactly these chips are accepted: each on its position, and their sum as my stake."""
        self.page.see(by("my-stake", minor=sum(chips.values())))
        for position, stake in chips.items():
            self.page.see(by("position", position=position, stake=stake), state="attached")

    def see_balance(self, available_minor: int, timeout_s: float = 15.0) -> None:
        """Wait until the page shows this balance."""
        self.page.see(by("balance", minor=available_minor), timeout_s)

    def balance(self) -> int:
        """Return the balance that the page shows. Minor units."""
        return self.page.number(by("balance"), "data-minor")

    # At the blackjack table

    def await_question(self, chips: Mapping[int, int], rounds: int = 5) -> None:
        """Lay chips until a hand of mine is asked. (A dealer's blackjack ends a round before anybody is.)"""
        for _ in range(rounds):
            self.await_fresh_window(3)
            for position, stake in chips.items():
                self.click_chips(stake, position)
            self.see_stake(chips)
            self.page.see(f"{_ASKED}, {by('result')}", timeout_s=30)
            if self.page.count(_ASKED):
                return
        raise AssertionError(f"no hand was asked in {rounds} rounds")

    def play_boldly(self, questions: int = 20) -> None:
        """Put down all that the rules allow: insure, split, double; and take no card besides."""
        for _ in range(questions):
            self.page.see(f"{_ASKED}, {by('result')}", timeout_s=30)
            if not self.page.count(_ASKED):
                return
            self.page.press("i", "p", "d")  # a key of what is not offered does nothing
            self.page.do("waitForTimeout", 400)  # a second key so soon after the first is taken for a slip

    # At the slot

    def spin_until(self, selector: str, rounds: int = 5) -> None:
        """Order rounds until the page shows this. (A game knows within a second that it is suspended, or may go on.)"""
        for _ in range(rounds):
            self.page.see(by("spin", ready="true"))
            self.page.tap(by("spin"))
            self.page.see(f"{by('at-rest')}, {by('slot', show='over')}", timeout_s=10)
            if self.page.count(selector):
                return
        raise AssertionError(f"{selector} was not seen in {rounds} rounds")

    # In the books

    def token(self) -> str:
        """Return an access token."""
        if not self._token:
            answer = self._platform.post("/api/login", {"name": self.name, "password": PASSWORD})
            self._token = str(answer["access_token"])
        return self._token

    def books(self) -> tuple[int, int]:
        """Return (available, reserved) as the books have them. Minor units."""
        balance = self._platform.get("/api/me", self.token())["balance"]
        return int(balance["available_minor"]), int(balance["reserved_minor"])

    def rounds(self) -> Sequence[dict[str, Any]]:
        """Return my finished rounds from the books, newest first."""
        items = self._platform.get("/api/history?limit=100", self.token())["items"]
        return [item for item in items if item["kind"] == "round"]

    def await_round(self, finished_before: int, timeout_s: float = 30.0) -> dict[str, Any]:
        """Return my newest round of the books as soon as more are finished than before."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            rounds = self.rounds()
            if len(rounds) > finished_before:
                return rounds[0]
            time.sleep(0.1)
        raise AssertionError(f"no further round of {self.name} was finished within {timeout_s:.0f} s")


def check_settled(person: Person, round_: Mapping[str, Any], chips: Mapping[int, int], before_minor: int) -> int:
    """Check a settled round: books, page and this test's own paytable agree to the cent. Returns the balance after."""
    stake, paid = sum(chips.values()), payout_minor(chips, round_["number"])
    after_minor = before_minor - stake + paid
    assert (round_["stake_minor"], round_["payout_minor"], round_["net_minor"]) == (stake, paid, paid - stake)
    assert person.books() == (after_minor, 0)
    person.see_balance(after_minor)
    return after_minor
