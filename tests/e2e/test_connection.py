"""A gateway that is killed while people play: the page says so, comes back by itself, and the bets stand."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from loadtest.platform import Platform
from tests.e2e.browser import CALM, by
from tests.e2e.people import CONNECTED, ON_RED, PASSWORD, Person, check_settled

pytestmark = pytest.mark.timeout(180)


def test_page_says_reconnecting_and_recovers_when_the_gateway_is_killed(
    arrive: Callable[..., Person], casino: Platform
) -> None:
    fritz = arrive("fritz", CALM)
    fritz.register()
    fritz.sit_down("roulette-2")
    before = fritz.balance()
    fritz.await_fresh_window()
    fritz.click_chips(1000, ON_RED)
    fritz.see_stake({ON_RED: 1000})

    old = casino.host_pid("gateway/0")
    os.kill(old, signal.SIGKILL)
    fritz.page.see(by("connection", state="reconnecting"))
    fritz.page.see(by("betting-blocked"))
    assert "Betting is not possible right now" in fritz.page.text(by("betting-blocked"))
    assert fritz.page.count(by("layout")) == 1

    fritz.page.see(CONNECTED, timeout_s=30)
    fritz.page.see(by("betting-blocked"), state="detached")
    assert casino.host_pid("gateway/0") != old
    check_settled(fritz, fritz.await_round(0), {ON_RED: 1000}, before)

    count = len(fritz.rounds())
    before = fritz.balance()
    fritz.await_fresh_window()
    fritz.click_chips(500, ON_RED)
    fritz.see_stake({ON_RED: 500})
    check_settled(fritz, fritz.await_round(count), {ON_RED: 500}, before)


def test_page_without_network_says_offline_and_recovers(arrive: Callable[..., Person]) -> None:
    gerda = arrive("gerda", CALM)
    gerda.register()
    gerda.sit_down("roulette-2")
    gerda.page.do("context.setOffline", True)
    gerda.page.see(by("connection", state="offline"), timeout_s=40)  # as soon as a heartbeat stays unanswered
    gerda.page.see(by("betting-blocked"))
    gerda.page.do("context.setOffline", False)
    gerda.page.see(CONNECTED, timeout_s=30)
    gerda.page.see(by("betting-blocked"), state="detached")


def test_second_window_takes_over_and_the_first_can_take_back(arrive: Callable[..., Person]) -> None:
    hans = arrive("hans", CALM)
    hans.register()
    other = arrive("hans elsewhere", CALM)
    other.page.goto("/login")
    other.fill_door("login", "hans", PASSWORD)
    other.page.see(CONNECTED)
    hans.page.see(by("interruption"))
    hans.page.click(by("play-here"))
    hans.page.see(CONNECTED)
    other.page.see(by("interruption"))
