"""The slot, with a reload in mid-spin, seeds that are revealed, and while it is suspended: the page and the books agree."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from loadtest.platform import Platform
from tests.e2e.browser import PHONE, by
from tests.e2e.people import WELCOME_MINOR, Person

pytestmark = pytest.mark.timeout(180)

STAKE_MINOR = 100


@pytest.fixture(scope="module")
def hugo(arrive: Callable[..., Person]) -> Person:
    """Somebody who has come to the slot; his reels take their time."""
    hugo = arrive("hugo", PHONE)
    hugo.register()
    hugo.page.goto("/play/slot")
    hugo.page.see(by("spin", ready="true"))
    return hugo


def test_slot_round_cut_off_by_a_reload_is_shown_as_it_ended(
    hugo: Person, shoot: Callable[[Person, str], None]
) -> None:
    commitment = hugo.page.text(by("commitment"))
    hugo.page.press("Space")
    hugo.page.see(by("slot", show="landing"))
    hugo.page.do("reload")

    hugo.page.see(by("slot-result"))

    first = hugo.page.number(by("slot-result"), "data-payout")
    hugo.see_balance(WELCOME_MINOR - STAKE_MINOR + first)
    assert hugo.books() == (WELCOME_MINOR - STAKE_MINOR + first, 0)
    hugo.page.see(by("net", minor=first - STAKE_MINOR))
    hugo.page.see(by("nonce", nonce=1))
    shoot(hugo, "slot")

    hugo.page.see(by("spin", ready="true"))
    hugo.page.tap(by("spin"))
    hugo.page.see(by("slot", show="landing"))
    hugo.page.see(by("slot", show="over"), timeout_s=10)
    second = hugo.page.number(by("slot-result"), "data-net")
    hugo.see_balance(WELCOME_MINOR - STAKE_MINOR + first + second)
    hugo.page.see(by("net", minor=first - STAKE_MINOR + second))

    hugo.page.click(by("rotate-open"))
    hugo.page.fill(by("client-seed-input"), "of-my-own")
    hugo.page.click(by("rotate-submit"))
    hugo.page.see(by("nonce", nonce=0))
    assert hugo.page.text(by("client-seed")) == "of-my-own"
    seed = hugo.page.at(by("revealed-seed"), "getAttribute", "data-seed")
    assert hashlib.sha256(seed.encode()).hexdigest() == commitment


def test_slot_rounds_are_in_the_history_and_can_be_looked_at_again(hugo: Person) -> None:
    newest, first = hugo.rounds()
    assert [(item["table_id"], item["round_no"]) for item in (newest, first)] == [("slot", 1), ("slot", 0)]
    hugo.page.goto("/history")
    hugo.page.click(f"{by('history-row', seq=newest['seq'])} {by('replay-open')}")

    hugo.page.see(by("replay", game="slot", round=newest["round_id"], number=newest["number"]))

    hugo.page.see(by("replay-mark"))
    hugo.page.see(by("replay-net", net=newest["net_minor"]))
    hugo.page.see(by("replay-spin", spin=0))
    record = hugo.page.at(by("replay-record"), "inputValue")
    hugo.page.goto("/verify")
    hugo.page.fill("textarea", record)
    hugo.page.do("keyboard.press", "Control+Enter")
    hugo.page.see(by("verdict", ok="good"))


def test_suspended_slot_says_so_and_goes_on_when_staff_lift_it(
    hugo: Person, casino: Platform, shoot: Callable[[Person, str], None]
) -> None:
    hugo.page.goto("/play/slot")
    assert casino.cli("table", "suspend", "slot", "--reason", "it looks wrong").returncode == 0

    hugo.spin_until(by("at-rest"))

    shoot(hugo, "slot-suspended")
    assert hugo.books() == (hugo.balance(), 0)
    assert casino.cli("table", "resume", "slot", "--reason", "it was mended").returncode == 0
    hugo.spin_until(by("slot", show="over"))
    assert hugo.page.count(by("at-rest")) == 0
