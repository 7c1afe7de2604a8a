"""Three players at one table, by mouse, by keyboard and by finger, and what the books say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.e2e.browser import CALM, PHONE, PICTURE, by
from tests.e2e.people import FIRST_DOZEN, ON_RED, WELCOME_MINOR, Person, check_settled

pytestmark = pytest.mark.timeout(180)

OTHERS_CHIPS = ".chip-other"


class Trio(NamedTuple):
    """Who plays with what."""

    mouse: Person
    keys: Person
    finger: Person


@pytest.fixture(scope="module")
def trio(arrive: Callable[..., Person]) -> Trio:
    """Three players who have just registered and sit at one table; one of them sees the ball roll."""
    trio = Trio(arrive("anna", PICTURE), arrive("bela", CALM), arrive("cleo", PHONE, CALM))
    for person in trio:
        person.register()
        person.see_balance(WELCOME_MINOR)
    for person in trio:
        person.sit_down("roulette-1")
    return trio


def test_three_players_bet_by_mouse_keys_and_finger_and_are_settled_by_the_books(
    trio: Trio, shoot: Callable[[Person, str], None]
) -> None:
    mouse, keys, finger = trio
    before = [person.balance() for person in trio]
    rounds = [len(person.rounds()) for person in trio]
    mouse.await_fresh_window()

    mouse.click_chips(500, 17, ON_RED)
    mouse.click_chips(1000, ON_RED)
    keys.walk_to_layout()  # it begins on 17; with Shift the next field to the right is 20
    keys.page.press("2", "Shift+ArrowRight", "Enter", "Enter", "3", "Shift+ArrowUp", "Space")
    finger.tap_chips(1000, FIRST_DOZEN, 0)

    chips = [{17: 500, ON_RED: 1500}, {20: 1000, 21: 1000}, {FIRST_DOZEN: 1000, 0: 1000}]
    for person, laid, had in zip(trio, chips, before, strict=True):
        person.see_stake(laid)
        person.see_balance(had - sum(laid.values()))
        assert person.books() == (had - sum(laid.values()), sum(laid.values()))
        for other in trio:
            person.page.see(by(f"seat-{other.name}"), state="attached")
    for person in trio:
        person.page.see(f"{OTHERS_CHIPS} >> nth=3", state="attached")  # what others stake is shown five times a second
        assert person.page.count(OTHERS_CHIPS) == 4
        assert "20.00" in person.page.text(by("seat-anna"))
    shoot(mouse, "table")
    shoot(finger, "phone")

    for person in trio:
        person.page.see(by("result"), timeout_s=20)
    shoot(mouse, "result")
    finished = [person.await_round(count) for person, count in zip(trio, rounds, strict=True)]
    assert len({(item["round_id"], item["number"]) for item in finished}) == 1
    for person, item, laid, had in zip(trio, finished, chips, before, strict=True):
        after = check_settled(person, item, laid, had)
        person.page.see(by("net", minor=after - WELCOME_MINOR))
        # Not "the newest": on a busy machine the next round may have ended while the others were looked at.
        person.page.see(f"{by('last-numbers')} {by_number(item['number'])} >> nth=0")


def by_number(number: int) -> str:
    """Return the selector of a ball with this number."""
    return f'[data-number="{number}"]'


def test_reload_repeat_double_and_undo_keep_the_stake_exact(trio: Trio) -> None:
    mouse = trio.mouse
    before, count = mouse.balance(), len(mouse.rounds())
    mouse.await_fresh_window()
    mouse.click_chips(2500, ON_RED)
    mouse.click_chips(100, 5, 8)
    chips = {ON_RED: 2500, 5: 100, 8: 100}
    mouse.see_stake(chips)

    net = mouse.page.number(by("net"), "data-minor")
    mouse.page.do("reload")
    mouse.see_stake(chips)
    mouse.see_balance(before - 2700)
    mouse.page.see(by("net", minor=net))

    before = check_settled(mouse, mouse.await_round(count), chips, before)

    mouse.await_fresh_window()
    mouse.page.click(by("repeat"))
    mouse.see_stake(chips)
    mouse.page.click(by("double"))
    mouse.see_stake({position: 2 * stake for position, stake in chips.items()})
    mouse.see_balance(before - 5400)
    mouse.page.click(by("undo"))
    mouse.see_stake(chips)
    mouse.see_balance(before - 2700)
    check_settled(mouse, mouse.await_round(count + 1), chips, before)


def test_bets_taken_back_leave_the_money_untouched(trio: Trio) -> None:
    keys = trio.keys
    before = keys.balance()
    keys.await_fresh_window()
    keys.walk_to_layout()
    keys.page.press("4", "Enter")
    keys.page.see(by("my-stake", minor=2500))
    keys.page.press("c")
    keys.page.see(by("my-stake", minor=0))
    keys.see_balance(before)
    assert keys.books() == (before, 0)
    newest = keys.rounds()[0]
    assert (newest["stake_minor"], newest["returned_minor"], newest["net_minor"]) == (0, 2500, 0)


def test_stake_above_the_balance_is_refused_in_words(trio: Trio) -> None:
    finger = trio.finger
    before = finger.balance()
    finger.await_fresh_window()
    finger.tap_chips(50_000, ON_RED, ON_RED, FIRST_DOZEN)
    finger.page.see(by("error-toast"))
    finger.page.see(by("pending-stake", minor=0), state="attached")  # taps may go as two orders
    finger.page.tap(by("clear"))
    finger.page.see(by("my-stake", minor=0))
    finger.see_balance(before)
    assert finger.books() == (before, 0)


def test_history_page_shows_what_the_books_have(trio: Trio, shoot: Callable[[Person, str], None]) -> None:
    mouse = trio.mouse
    mouse.page.click(by("nav-history"))
    mouse.page.see(by("history"))
    newest = mouse.rounds()[0]
    row = f"{by('history-row', kind='round')} >> nth=0"
    assert mouse.page.number(row, "data-seq") == newest["seq"]
    text = mouse.page.text(row)
    assert f"{newest['table_id']}, round {newest['round_no']}" in text
    assert f"{newest['stake_minor'] / 100:.2f}" in text
    mouse.page.see(by("history-row", kind="deposit"))
    mouse.page.click(by("nav-lobby"))
    mouse.page.see(by("table-phase-roulette-1", phase="betting"), timeout_s=20)
    shoot(mouse, "lobby")
