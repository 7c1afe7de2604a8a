"""Punto banco and crash in a real browser: bets, cards, a cash-out by hand and one by itself, and what the books say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from tests.e2e.browser import CALM, PICTURE, by
from tests.e2e.people import WELCOME_MINOR, Person

#: A flight lasts 17 seconds on average, one in ten thousand two and a half minutes.
pytestmark = pytest.mark.timeout(300)
FLIGHT_S: Final = 200.0

PLAYER, BANKER, TIE, PLAYER_PAIR, BANKER_PAIR = range(5)
PHONE_SIZE: Final = {"width": 390, "height": 844}


def punto_payout_minor(chips: Mapping[int, int], number: int) -> int:
    """Return what chips pay, stakes included, by a paytable of this test's own.

    Source: house rules: player 1 to 1, banker 19 to 20, both back on a tie, tie 8 to 1, pairs 11 to 1. number: two bits
    for the winner, one for each pair.
    """
    winner, pairs = number & 3, {PLAYER_PAIR: number >> 2 & 1, BANKER_PAIR: number >> 3 & 1}
    twentieths = {PLAYER: {PLAYER: 40}, BANKER: {BANKER: 39}, TIE: {PLAYER: 20, BANKER: 20, TIE: 180}}[winner]
    on_pairs = sum(12 * stake * pairs.get(position, 0) for position, stake in chips.items())
    return on_pairs + sum(stake * twentieths.get(position, 0) // 20 for position, stake in chips.items())


def ride(**data: object) -> str:
    """Return the selector of one of my stakes in a flight."""
    return by("ride", **data)


def stake_on_flight(flyer: Person) -> None:
    """Stake ten by hand and five with an automatic cash-out at 1.01."""
    page = flyer.page
    flyer.await_fresh_window(timeout_s=FLIGHT_S)
    page.click(by("chip-1000"))
    page.click(by("bet"))
    page.see(by("my-stake", minor=1000))
    page.click(by("chip-500"))
    page.click(by("auto-on"))
    page.fill(by("auto-target"), "1.01")
    page.click(by("bet"))
    page.see(by("my-stake", minor=1500))
    page.see(ride(stake=1000, target=0))
    page.see(ride(stake=500, target=101))
    flyer.see_balance(WELCOME_MINOR - 1500)
    page.at(by("auto-target"), "blur")


def leave_flight(flyer: Person, shoot: Callable[[Person, str], None]) -> None:
    """Press the space bar once the flight has taken off; one in twenty has busted by then."""
    flyer.page.see(f"{by('flight', stage='flying')}, {by('flight', stage='over')}", timeout_s=30)
    flyer.page.press("Space")
    flyer.page.see(f"{by('cash-out')}:has-text('You are out'), {by('flight', stage='over')}", timeout_s=30)
    shoot(flyer, "crash")
    in_phone_size(flyer, "crash-phone", shoot)


def in_phone_size(person: Person, name: str, shoot: Callable[[Person, str], None]) -> None:
    """Take a picture as on a phone."""
    person.page.do("setViewportSize", PHONE_SIZE)
    person.page.do("evaluate", "scrollTo(0, 0)")
    shoot(person, name)
    person.page.do("setViewportSize", PICTURE["viewport"])


def play_coup(punter: Person, shoot: Callable[[Person, str], None]) -> None:
    """Play a round of punto banco; books, page and this test's paytable must agree to the cent."""
    page, chips = punter.page, {PLAYER: 2500, TIE: 500, BANKER_PAIR: 500}
    punter.await_fresh_window(4)
    punter.click_chips(2500, PLAYER)
    punter.click_chips(500, TIE, BANKER_PAIR)
    punter.see_stake(chips)
    punter.see_balance(WELCOME_MINOR - 3500)
    page.see(by("result"), timeout_s=20)
    item = punter.await_round(0)
    shoot(punter, "baccarat")
    in_phone_size(punter, "baccarat-phone", shoot)
    paid = punto_payout_minor(chips, item["number"])
    assert (item["stake_minor"], item["payout_minor"]) == (3500, paid)
    assert punter.books() == (WELCOME_MINOR - 3500 + paid, 0)
    punter.see_balance(WELCOME_MINOR - 3500 + paid)
    page.see(by("net", minor=paid - 3500))
    page.see(by("bead-plate"))


def check_flight(flyer: Person, item: Mapping[str, Any]) -> None:
    """Check a flight that ended: the books paid what the rules allow, and the page says the same.

    The space bar takes out all that rides: both stakes, if the curve shows 1.00 still.
    """
    bust, paid = item["number"], item["payout_minor"]
    by_itself = 505 * (bust >= 101)
    both_at_take_off = {15 * multiplier for multiplier in range(100, min(bust, 101))}
    one_by_hand = {by_itself + 10 * multiplier for multiplier in range(101, bust)}
    assert paid in {by_itself} | both_at_take_off | one_by_hand
    flyer.page.see(by("net", minor=paid - 1500))
    assert item["stake_minor"] == 1500
    assert flyer.books() == (WELCOME_MINOR - 1500 + item["payout_minor"], 0)
    flyer.see_balance(WELCOME_MINOR - 1500 + item["payout_minor"])


def test_cashed_out_flight_and_coup_played_meanwhile_are_settled_by_the_books(
    arrive: Callable[..., Person], shoot: Callable[[Person, str], None]
) -> None:
    flyer, punter = arrive("felix", PICTURE, CALM), arrive("paula", PICTURE, CALM)
    for person in (flyer, punter):
        person.register()
    punter.sit_down("baccarat-1")
    flyer.sit_down("crash-1")  # last: the first round opens with him, and what he misses is a whole flight
    stake_on_flight(flyer)
    leave_flight(flyer, shoot)
    play_coup(punter, shoot)
    check_flight(flyer, flyer.await_round(0, FLIGHT_S))


def test_rules_of_every_game_are_read_before_login(arrive: Callable[..., Person]) -> None:
    visitor = arrive("vera", CALM).page
    visitor.goto("/rules/crash")
    visitor.see(f"{by('paytable')} >> text=Cash-out at 2.00x")
    visitor.see(f"{by('rtp')} >> nth=0")
    visitor.see(by("rules-limits"))
    assert "1.00x" in visitor.text(by("rules-page"))
    for game, bet in (
        ("baccarat", "Banker pair"),
        ("baccarat-no-commission", "Super six"),
        ("roulette", "Straight up"),
    ):
        visitor.click(f'a[href="/rules/{game}"]')
        visitor.see(f"{by('paytable')} >> text={bet}")
        assert game.split("-")[0] in visitor.text(by("rules-version"))
